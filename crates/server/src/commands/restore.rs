//! `hongyan restore`

use std::io::IsTerminal;

use super::load_config;
use crate::cli::Restore;
use crate::output;

/// Puts a backup in the place of the database.
pub async fn restore(options: Restore) -> anyhow::Result<()> {
    let config = load_config(options.database)?;
    let (file, database) = (options.file, config.database());
    let put_back = move || {
        let mut progress = |entries: u64| {
            if std::io::stderr().is_terminal() {
                output::ask(format_args!("\r{entries} entries"));
            }
        };
        hongyan_store_sqlite::restore(&file, &database, options.replace, &mut progress)
    };
    let restored = tokio::task::spawn_blocking(put_back).await??;
    output::done(format_args!(
        "restored: {} users, {} conversations, {} entries, checked",
        restored.report.users, restored.report.conversations, restored.report.entries
    ));
    if let Some(aside) = restored.aside {
        output::tell(format_args!("what was there is in {}", aside.display()));
    }
    output::tell(
        "What was sent after the backup is gone from here. Clients notice, read everything anew, and send again what \
         they had sent themselves. Devices that signed in after the backup have to sign in again.",
    );
    Ok(())
}
