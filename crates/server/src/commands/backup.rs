//! `hongyan backup`

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use hongyan_store_sqlite::{check_file, unfinished};

use super::load_config;
use crate::admin::{self, Answer, Request};
use crate::cli::Backup;
use crate::config::Config;
use crate::node::{Missing, Offline};
use crate::output;

/// Between two looks at how far it is, where a person watches.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Copies the database, by the running server if there is one, and checks the copy.
pub async fn backup(options: Backup) -> anyhow::Result<()> {
    let config = load_config(options.database)?;
    // The server may have another working directory.
    let file = std::path::absolute(&options.file)
        .with_context(|| format!("{}", options.file.display()))?;
    let done = tokio::select! {
        done = copy(&config, &file) => done,
        never = watch(unfinished(&file)) => match never {},
    };
    done?;
    let path = file.clone();
    let report = tokio::task::spawn_blocking(move || check_file(&path, &mut |_| ())).await??;
    if let Some(fault) = report.faults.first() {
        bail!(
            "{} is written, but contradicts itself, as the database does: {fault}",
            file.display()
        );
    }
    output::done(format_args!(
        "{}: {} users, {} conversations, {} entries, checked",
        file.display(),
        report.users,
        report.conversations,
        report.entries
    ));
    Ok(())
}

async fn copy(config: &Config, file: &Path) -> anyhow::Result<()> {
    let file = file.to_owned();
    let answer = if admin::is_running(&config.data_dir).await {
        admin::ask(&config.data_dir, &Request::Backup { file }).await?
    } else {
        let offline = Offline::open(config, Missing::Refuse)?;
        let answer = admin::backup(offline.store(), file).await;
        offline.close().await;
        answer
    };
    match answer {
        Answer::Done | Answer::Users { .. } => Ok(()),
        Answer::Refused { message } => bail!(message),
    }
}

/// Says how far it is, where a person watches.
async fn watch(part: PathBuf) -> std::convert::Infallible {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if let Ok(found) = std::fs::metadata(&part)
            && std::io::stderr().is_terminal()
        {
            output::ask(format_args!("\r{} MB", found.len() / 1_000_000));
        }
    }
}
