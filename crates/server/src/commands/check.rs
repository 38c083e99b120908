//! `hongyan check`

use std::io::{IsTerminal, Write};

use anyhow::bail;
use hongyan_store::VerifyReport;
use hongyan_store_sqlite::check_file;

use crate::cli::Check;
use crate::config::{Config, Flags};

/// Reads the whole database and says what is wrong with it. Works beside a running server.
pub async fn check(options: Check) -> anyhow::Result<()> {
    let flags = Flags {
        listen: None,
        data_dir: options.data_dir,
    };
    let config = Config::load(options.config, &flags)?;
    let path = config.database();
    println!("checking {}", path.display());
    let report = tokio::task::spawn_blocking(move || check_file(&path, &mut progress)).await??;
    print(&report);
    if report.is_clean() {
        return Ok(());
    }
    bail!("the database contradicts itself; keep a copy of it, and restore a backup")
}

/// A line that counts up, where a person looks.
fn progress(entries: u64) {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r{entries} entries");
        let _ = stderr.flush();
    }
}

fn print(report: &VerifyReport) {
    if std::io::stderr().is_terminal() {
        eprint!("\r");
    }
    println!(
        "{} users, {} conversations, {} entries",
        report.users, report.conversations, report.entries
    );
    for fault in &report.faults {
        println!("FAULT {fault}");
    }
    if report.faults.len() >= VerifyReport::FAULTS {
        println!(
            "… and perhaps more: only the first {} are shown",
            VerifyReport::FAULTS
        );
    }
    if report.is_clean() {
        println!("clean");
    }
}
