//! The commands, one file each.

mod backup;
mod bench;
mod chat;
mod check;
mod restore;
mod send;
mod serve;
mod sign_in;
mod tail;
mod user;

use crate::cli::Database;
use crate::config::{Config, Flags};
use crate::output;

pub use backup::backup;
pub use bench::bench;
pub use chat::chat;
pub use check::check;
pub use restore::restore;
pub use send::send;
pub use serve::serve;
pub(crate) use sign_in::device;
pub use tail::tail;
pub use user::user;

/// A failure after which the same command may succeed later. The command ends with exit code 75, `EX_TEMPFAIL` of
/// sysexits(3); with 1 after any other failure.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TryAgain(pub String);

/// Returns when the person, or the system, wants the command to end.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => _ = signals.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

/// The configuration of a command beside the server; variables that name no setting are told of.
fn load_config(database: Database) -> anyhow::Result<Config> {
    let flags = Flags {
        data_dir: database.data_dir,
        ..Flags::default()
    };
    let config = Config::load(database.config, &flags)?;
    for unknown in Config::unknown_variables() {
        output::tell(format_args!("hongyan: {unknown}"));
    }
    Ok(config)
}
