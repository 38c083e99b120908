//! `hongyan check`

use std::io::IsTerminal;

use anyhow::bail;
use hongyan_store::VerifyReport;
use hongyan_store_sqlite::check_file;

use super::load_config;
use crate::cli::Check;
use crate::output::{self, OutputError};

/// Reads the whole database and says what is wrong with it. Works beside a running server.
pub async fn check(options: Check) -> anyhow::Result<()> {
    let config = load_config(options.config, options.data_dir)?;
    let path = config.database();
    output::tell(format_args!("checking {}", path.display()));
    let report = tokio::task::spawn_blocking(move || check_file(&path, &mut progress)).await??;
    // How the command ends tells the result, also where nobody reads the rest.
    match print(&report) {
        Ok(()) | Err(OutputError::Closed) => {}
        Err(error) => return Err(error.into()),
    }
    if report.is_clean() {
        return Ok(());
    }
    bail!("the database contradicts itself; keep a copy of it, and restore a backup")
}

/// A line that counts up, where a person looks.
fn progress(entries: u64) {
    if std::io::stderr().is_terminal() {
        output::ask(format_args!("\r{entries} entries"));
    }
}

fn print(report: &VerifyReport) -> Result<(), OutputError> {
    if std::io::stderr().is_terminal() {
        output::ask("\r");
    }
    output::line(format_args!(
        "{} users, {} conversations, {} entries",
        report.users, report.conversations, report.entries
    ))?;
    for fault in &report.faults {
        output::line(format_args!("FAULT {fault}"))?;
    }
    if report.faults.len() >= VerifyReport::FAULTS {
        output::line(format_args!(
            "… and perhaps more: only the first {} are shown",
            VerifyReport::FAULTS
        ))?;
    }
    if report.is_clean() {
        output::line("clean")?;
    }
    Ok(())
}
