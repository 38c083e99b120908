//! Log lines, and the last words of a command that failed.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;
use crate::output;

/// The WebSocket library writes whole messages at its most talkative, tokens and texts included: it
/// is never let.
const NO_FRAMES: &str = "tungstenite=info";

/// Starts logging to standard error.
pub fn start(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| {
        format!("the setting \"log\" = {filter:?} is no level and no target=level list")
    })?;
    let filter = filter.add_directive(NO_FRAMES.parse()?);
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // A line that cannot be written is lost. By default the library would print that, and panic where the
        // printing fails as well, as on a full disk.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => logging.try_init(),
        LogFormat::Json => logging.json().try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("cannot start logging: {error}"))
}

/// Tells a person why a command failed: what failed, and each cause that says something new.
pub fn report(error: &anyhow::Error) {
    output::tell(format_args!("hongyan: {}", explain(error)));
}

fn explain(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if said.is_empty() {
            said = cause;
        } else if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let io = std::io::Error::other("disk on fire");
        let error = anyhow::Error::new(io)
            .context("cannot write: disk on fire")
            .context("no backup");
        assert_eq!(explain(&error), "no backup: cannot write: disk on fire");
    }
}
