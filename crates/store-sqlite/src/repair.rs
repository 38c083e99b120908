//! Going on in spite of damage, when an operator says so.
//!
//! Owns: nothing that lasts; it holds the database's lock while it works, so no server may run.
//! Promises: carries out of the journal what can be read, builds the indexes anew where they contradict their tables, and
//! says what it could not do. Nothing that can be read is removed.
//! Not here: finding damage ([`verify`](crate::check_file)).

use std::path::Path;

use hongyan_store::{Repaired, VerifyReport};
use rusqlite::{Connection, Result};

use crate::connection;
use crate::identity::{self, Stamp};
use crate::open::{self, sqlite_error};
use crate::verify::CheckError;
use crate::writer;

/// Mends what can be mended of the database in this file, which no server may have open.
/// `progress` is told how many entries were read so far.
pub fn repair_file(
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> std::result::Result<Repaired, CheckError> {
    // Whoever is not there has nothing to be mended; SQLite would make it.
    std::fs::metadata(path).map_err(|error| open::io_error(path, error))?;
    let limit = crate::Options::default().wal_limit_pages;
    let (mut conn, lock) = open::open_for_writing(path, limit)?;
    let sqlite = |error| sqlite_error(path, error);
    let indexes = indexes(&conn).map_err(sqlite)?;
    let salvage = writer::carry_out_what_can_be(&mut conn, path).map_err(sqlite)?;
    if salvage.damage.is_some() {
        // Something that was acknowledged is gone, or stands elsewhere: this is another history.
        let transaction = conn.transaction().map_err(sqlite)?;
        identity::renew(&transaction, &[]).map_err(sqlite)?;
        transaction.commit().map_err(sqlite)?;
        let stamp = Stamp::of(&conn).map_err(sqlite)?;
        stamp
            .write(path)
            .map_err(|error| open::io_error(path, error))?;
    }
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .map_err(sqlite)?;
    conn.close().map_err(|(_, error)| sqlite(error))?;
    drop(lock);
    let report: VerifyReport = crate::check_file(path, progress)?;
    Ok(Repaired {
        salvage,
        indexes,
        report,
    })
}

/// Builds the indexes anew, if SQLite finds anything wrong. Whether that was so; the reason, if it could not be done.
fn indexes(conn: &Connection) -> Result<Option<std::result::Result<(), String>>> {
    let first: Result<String> = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0));
    if matches!(&first, Ok(line) if line == "ok") {
        return Ok(None);
    }
    connection::restore_busy_timeout(conn)?;
    let done = conn.execute_batch("REINDEX");
    Ok(Some(done.map_err(|error| error.to_string())))
}
