//! Opening a database: is it one, is it ours, is it free, is it not newer than this program.
//!
//! Promises: a file that is refused is not changed, but for who may read it. The file is only ever opened through SQLite: on
//! Unix, closing a file descriptor of one's own drops the locks that SQLite holds on the same file
//! in this process, and other programs would then take the database for abandoned. One that is not there yet is made
//! empty before, so that it is private from the beginning.

use std::io;
use std::path::{Path, PathBuf};

use hongyan_store::login_key;
use rusqlite::{Connection, ErrorCode, OptionalExtension};

use crate::connection;
use crate::identity;
use crate::lock::WriterLock;
use crate::people;
use crate::private;
use crate::writer::Damage;

/// "Hong" in ASCII, set by the first migration.
const APPLICATION_ID: i64 = 0x486F_6E67;

/// Where refinery notes the migrations it ran.
const MIGRATIONS_TABLE: &str = "refinery_schema_history";

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server (or another store of this process) is using it.
    #[error("another process has the database {} open; stop it first, or choose another file", .0.display())]
    InUse(PathBuf),
    /// The file holds something else.
    #[error("{} is not a SQLite database; choose another file, or move it away", .0.display())]
    NotADatabase(PathBuf),
    /// A SQLite database, but of another program.
    #[error("{} is a database of another program; choose another file", .0.display())]
    NotOurs(PathBuf),
    /// A newer program has changed the schema.
    #[error(
        "the database {} has schema version {found}, this program knows up to {known}; \
         install a version at least as new as the one that wrote it",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema's version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// To be checked, the file must be there with the schema that this program knows.
    #[error(
        "the database {} has schema version {found}, this program checks version {known}; \
         start the server once to bring it up to date",
        path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema's version; 0 for none.
        found: i64,
        /// The version that this program knows.
        known: i64,
    },
    /// The file system says no.
    #[error("{}: {error}; check that its folder exists and may be written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// SQLite says no.
    #[error("{}: {error}; if it stays so, check the file and go back to a backup", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        error: rusqlite::Error,
    },
    /// What a crash left in the journal cannot be carried out as it is.
    #[error(
        "{}: {what}. Nothing was changed. Put back the files that belong together, if there are others; or keep a copy \
         of all of them and run `hongyan check --repair`, which carries out what can be read and says what is lost",
        path.display()
    )]
    Journal {
        /// The database.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The schema could not be brought up to date. What it had before, it still has.
    #[error("{}: the schema could not be brought up to date: {error}", path.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// Why.
        error: Box<refinery::Error>,
    },
}

/// Opens a database for writing, makes it if there is none, and brings its schema up to date.
pub(crate) fn open_for_writing(
    path: &Path,
    wal_limit_pages: u64,
) -> Result<(Connection, WriterLock), OpenError> {
    let lock = WriterLock::take(path)
        .map_err(|error| io_error(path, error))?
        .ok_or_else(|| OpenError::InUse(path.into()))?;
    private::make_private(path).map_err(|error| io_error(path, error))?;
    let sqlite = |error| sqlite_error(path, error);
    let mut conn = connection::open_writer(path, wal_limit_pages).map_err(sqlite)?;
    let found = schema_version(&conn, path)?;
    if found > known_version() {
        return Err(newer(path, found));
    }
    if found == 0 {
        // It gives the disk back that gets free (`writer::settle::retain`). Of a database that is there this changes
        // nothing, but writes, for which a full disk has no room.
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")
            .map_err(sqlite)?;
    }
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
        .map_err(sqlite)?;
    embedded::migrations::runner()
        .run(&mut conn)
        .map_err(|error| OpenError::Migration {
            path: path.into(),
            error: Box::new(error),
        })?;
    identity::notice_replaced(&mut conn, path).map_err(sqlite)?;
    fill_login_keys(&mut conn).map_err(sqlite)?;
    fill_feed(&mut conn).map_err(sqlite)?;
    fill_mentions(&mut conn).map_err(sqlite)?;
    people::fill(&mut conn).map_err(sqlite)?;
    Ok((conn, lock))
}

/// Notes how login names are compared, where an earlier version had made them. Of several that compare equal the
/// oldest account's gets the key; the others are found by their own spelling only, so nobody is locked out. Their
/// key is one that no name has: there is a space in it.
fn fill_login_keys(conn: &mut Connection) -> rusqlite::Result<()> {
    let transaction = conn.transaction()?;
    {
        let mut missing = transaction
            .prepare("SELECT id, login FROM users WHERE login_key IS NULL ORDER BY id")?;
        let missing = missing.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let missing: Vec<(i64, String)> = missing.collect::<Result<_, _>>()?;
        let mut taken = transaction.prepare("SELECT 1 FROM users WHERE login_key = ?1")?;
        let mut note = transaction.prepare("UPDATE users SET login_key = ?2 WHERE id = ?1")?;
        for (id, login) in missing {
            let mut key = login_key(&login);
            if taken.exists([&key])? {
                tracing::warn!(
                    user = id,
                    "another account has a login name that compares equal; this one is found only as it is spelled"
                );
                key = format!(" {id}");
            }
            note.execute((id, key))?;
        }
    }
    transaction.commit()
}

/// Notes in which order entries were committed, where an earlier version had made them.
fn fill_feed(conn: &mut Connection) -> rusqlite::Result<()> {
    let transaction = conn.transaction()?;
    crate::writer::fill_feed(&transaction)?;
    transaction.commit()
}

/// Notes whom messages mention, where an earlier version had made them.
fn fill_mentions(conn: &mut Connection) -> rusqlite::Result<()> {
    let transaction = conn.transaction()?;
    crate::writer::fill_mentions(&transaction)?;
    transaction.commit()
}

/// Opens a database only to look at it: beside a running server, or after a crash.
pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, OpenError> {
    // SQLite would only say that it cannot open it.
    std::fs::metadata(path).map_err(|error| io_error(path, error))?;
    let conn = connection::open_reader(path).map_err(|error| sqlite_error(path, error))?;
    let found = schema_version(&conn, path)?;
    let known = known_version();
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(conn),
        std::cmp::Ordering::Greater => Err(newer(path, found)),
        std::cmp::Ordering::Less => Err(OpenError::Older {
            path: path.into(),
            found,
            known,
        }),
    }
}

fn newer(path: &Path, found: i64) -> OpenError {
    OpenError::Newer {
        path: path.into(),
        found,
        known: known_version(),
    }
}

pub(crate) fn io_error(path: &Path, error: io::Error) -> OpenError {
    OpenError::Io {
        path: path.into(),
        error,
    }
}

pub(crate) fn sqlite_error(path: &Path, error: rusqlite::Error) -> OpenError {
    if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
        return OpenError::NotADatabase(path.into());
    }
    if let Some(damage) = Damage::of(&error) {
        return OpenError::Journal {
            path: path.into(),
            what: damage.to_string(),
        };
    }
    OpenError::Sqlite {
        path: path.into(),
        error,
    }
}

/// The newest migration that the database has seen, 0 for an empty database. Refuses other programs'.
fn schema_version(conn: &Connection, path: &Path) -> Result<i64, OpenError> {
    let sqlite = |error| sqlite_error(path, error);
    let application_id: i64 = conn
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .map_err(sqlite)?;
    let strange_table: Option<String> = conn
        .query_row(
            "SELECT name FROM sqlite_schema WHERE tbl_name <> ?1 LIMIT 1",
            [MIGRATIONS_TABLE],
            |row| row.get(0),
        )
        .optional()
        .map_err(sqlite)?;
    // A crash during the very first start leaves a database without tables, or with that of the
    // migrations alone: ours to go on with.
    if application_id != APPLICATION_ID {
        return if application_id == 0 && strange_table.is_none() {
            Ok(0)
        } else {
            Err(OpenError::NotOurs(path.into()))
        };
    }
    conn.query_row(
        &format!("SELECT coalesce(max(version), 0) FROM {MIGRATIONS_TABLE}"),
        [],
        |row| row.get(0),
    )
    .map_err(sqlite)
}

fn known_version() -> i64 {
    let runner = embedded::migrations::runner();
    let versions = runner.get_migrations().iter();
    versions
        .map(|migration| i64::from(migration.version()))
        .max()
        .unwrap_or(0)
}
