//! `hongyan check`

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::bail;
use hongyan_store::{Repaired, VerifyReport};
use hongyan_store_sqlite::{check_file, repair_file};

use super::load_config;
use crate::cli::Check;
use crate::output::{self, OutputError};

/// Reads the whole database and says what is wrong with it. Works beside a running server.
pub async fn check(options: Check) -> anyhow::Result<()> {
    let config = load_config(options.database)?;
    let path = config.database();
    if options.repair {
        return repair(path).await;
    }
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

/// Mends what can be mended, and says what could not be.
async fn repair(path: PathBuf) -> anyhow::Result<()> {
    output::tell(format_args!("repairing {}", path.display()));
    let repaired = tokio::task::spawn_blocking(move || repair_file(&path, &mut progress)).await??;
    match print_repaired(&repaired).and_then(|()| print(&repaired.report)) {
        Ok(()) | Err(OutputError::Closed) => {}
        Err(error) => return Err(error.into()),
    }
    if repaired.report.is_clean() && repaired.salvage.lost.is_empty() {
        return Ok(());
    }
    bail!("not everything could be mended; keep a copy of it, and restore a backup")
}

fn print_repaired(repaired: &Repaired) -> Result<(), OutputError> {
    let salvage = &repaired.salvage;
    if let Some(damage) = &salvage.damage {
        output::line(format_args!("FOUND {damage}"))?;
    }
    match &repaired.indexes {
        None => {}
        Some(Ok(())) => output::line("the indexes were built anew")?,
        Some(Err(why)) => output::line(format_args!("the indexes could not be built anew: {why}"))?,
    }
    output::line(format_args!(
        "{} messages of the journal carried out as they were told",
        salvage.as_told
    ))?;
    for moved in &salvage.moved {
        output::line(format_args!(
            "MOVED conversation {}: the message told as seq {} stands at {}, since one before it is lost",
            moved.conv, moved.told, moved.now
        ))?;
    }
    for lost in &salvage.lost {
        output::line(format_args!("LOST {lost}"))?;
    }
    Ok(())
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
