//! How a connection to the database is set up: one kind for the writer, one for readers.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// How long a connection waits for a lock that another program holds. Between our own connections
/// none is ever waited for: there is one writer, and in WAL mode readers and the writer do not meet.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements kept compiled on each connection; the least recently used one goes.
const PREPARED_STATEMENTS: usize = 64;

/// Pages that the writer keeps in memory, in KiB.
const WRITER_CACHE_KIB: i64 = 64 * 1024;

/// Pages that a reader keeps in memory, in KiB. Few: it drops them all whenever something was written since its last
/// read, which on a busy server is always. More would be given back to the system and faulted in again each
/// time, and the system's own cache has them anyway.
const READER_CACHE_KIB: i64 = 2 * 1024;

/// A page of the database, in bytes: SQLite's default, which nothing here changes.
pub(crate) const PAGE_BYTES: u64 = 4096;

/// Opens the connection that writes. Nothing in the file changes by opening it.
pub(crate) fn open_writer(path: &Path, wal_limit_pages: u64) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    set_up(&conn, WRITER_CACHE_KIB)?;
    // A commit waits for the disk: what is committed survives the loss of power.
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // A recalled text is overwritten, in the pages that get free as well.
    conn.pragma_update(None, "secure_delete", true)?;
    // `writer::checkpoint` decides when.
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    // A log that a reader made grow beyond the limit is cut when it starts over. Only such a one:
    // within a file that has its length already, writing is cheaper.
    let bytes = wal_limit_pages.saturating_mul(2 * PAGE_BYTES);
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    conn.pragma_update_and_check(None, "journal_size_limit", bytes, |_| Ok(()))?;
    Ok(conn)
}

/// Opens a connection that only reads. It can open a database that a crash left with a WAL.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    set_up(&conn, READER_CACHE_KIB)?;
    Ok(conn)
}

/// Sets how long the connection waits for locks of others.
pub(crate) fn restore_busy_timeout(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY_TIMEOUT)
}

fn set_up(conn: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    restore_busy_timeout(conn)?;
    conn.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    // Plans that do not look at bound values. Otherwise SQLite compiles a statement anew at each use
    // where a value might make a partial index fit, and the statements kept compiled are of no use.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Negative means KiB, positive would mean pages.
    conn.pragma_update(None, "cache_size", -cache_kib)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn sqlite_is_compiled_as_the_workspace_says() {
        let conn = Connection::open_in_memory().unwrap();
        let mut options = conn.prepare("PRAGMA compile_options").unwrap();
        let options = options.query_map([], |row| row.get(0)).unwrap();
        let options: Vec<String> = options.map(Result::unwrap).collect();
        let has = |option: &str| options.iter().any(|found| found == option);
        assert!(has("DEFAULT_MEMSTATUS=0"), "{options:?}");
        assert!(!has("ENABLE_API_ARMOR"), "{options:?}");
    }

    #[test]
    fn bound_values_do_not_make_sqlite_compile_a_statement_anew() {
        let folder = tempfile::tempdir().unwrap();
        let conn = open_writer(&folder.path().join("any.db"), 1000).unwrap();
        conn.execute_batch("CREATE TABLE t (a, b); CREATE INDEX i ON t (a) WHERE b = 1;")
            .unwrap();
        let mut count = conn
            .prepare("SELECT count(*) FROM t WHERE a = ?1 AND b = ?2")
            .unwrap();
        for a in 0..3 {
            count.query_row([a, 1], |_| Ok(())).unwrap();
        }
        assert_eq!(count.get_status(StatementStatus::RePrepare), 0);
    }
}
