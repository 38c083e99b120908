//! Which history a database holds.
//!
//! A position, a cursor or an id means something within one history. When an older state is put back, the history
//! goes on from there, and what somebody knew of the later one is wrong. So a history has a name, its epoch, and a
//! history that was put back gets another.
//!
//! Owns: the epoch, the ids that a new epoch leaves out, and the stamp: a small file beside the database that says how
//! far its history had come.
//! Promises: no id that an earlier epoch gave is given again, whatever became of the database that gave it. An older
//! database that somebody copied into the place of this one is noticed when it is opened, unless the stamp was put back
//! too, or is missing.
//! Not here: putting a backup back.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Result};

use crate::row;
use crate::writer::JournalCopy;

/// What a history may have given beyond what is known of it, where the clock does not say more.
const MARGIN: u64 = 1 << 32;

/// The largest id that a new epoch begins with. It leaves as many again below 2^53.
const LAST_FLOOR: u64 = 1 << 52;

/// The stamp is written anew after so many commits, and at each opening and closing.
const COMMITS: u32 = 64;

/// The first line of a stamp.
const FORMAT: &str = "hongyan-epoch 1";

/// How far a history has come. Each number only ever grows in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) epoch: Box<str>,
    /// The last number given to a change.
    version: u64,
    /// The last batch carried out of the journal.
    journal: u64,
    /// The last session.
    session: u64,
    /// The highest id of any kind.
    highest: u64,
}

/// The history's name.
pub(crate) fn epoch(conn: &Connection) -> Result<Box<str>> {
    conn.query_row("SELECT epoch FROM identity", [], |row| row.get(0))
}

/// Gives the history another name, and leaves out all ids that anybody may have seen: those of this database, of the
/// `others`, and of what these may have become since. In the caller's transaction.
///
/// Chance and time are SQLite's own, as those of the migration are that names a new history.
pub(crate) fn renew(conn: &Connection, others: &[Stamp]) -> Result<()> {
    let own = Stamp::of(conn)?;
    let seen = others.iter().map(|other| other.highest);
    let seen = seen.fold(own.highest, u64::max).saturating_add(MARGIN);
    // Microseconds: more ids than one in each are never given, so that a later floor is above all of an earlier one.
    let clock: i64 = conn.query_row(
        "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
        [],
        |row| row.get(0),
    )?;
    let clock = clock.max(0).cast_unsigned();
    let floor = clock
        .max(seen)
        .min(LAST_FLOOR)
        .max(own.highest)
        .cast_signed();
    conn.execute("UPDATE identity SET epoch = lower(hex(randomblob(16)))", [])?;
    conn.execute(
        "UPDATE counters SET value = ?1 WHERE name IN ('floor', 'version')",
        [floor],
    )?;
    // The search for a free one begins here.
    conn.execute(
        "UPDATE counters SET value = ?1 + 1 WHERE name = 'user'",
        [floor],
    )?;
    // Its row is missing before the first session.
    conn.execute("DELETE FROM sqlite_sequence WHERE name = 'sessions'", [])?;
    conn.execute(
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('sessions', ?1)",
        [floor],
    )?;
    Ok(())
}

/// Gives the history another name if the stamp beside it says that it is an older one than the one that was here.
/// Called when a database was opened, before anything is written to it.
pub(crate) fn notice_replaced(conn: &mut Connection, path: &Path) -> Result<()> {
    let Some(stamp) = Stamp::read(path) else {
        return Ok(());
    };
    let own = Stamp::of(conn)?;
    // With a journal that does not fit it is not opened at all, and so not changed.
    if own.goes_on(&stamp) || JournalCopy::of(path)?.records(conn).is_err() {
        return Ok(());
    }
    let transaction = conn.transaction()?;
    renew(&transaction, &[stamp])?;
    transaction.commit()?;
    tracing::warn!(
        database = %path.display(),
        "this is an older database than the one that was here: its history has a new epoch, so that clients read it anew"
    );
    Ok(())
}

impl Stamp {
    /// What the database says of itself.
    pub(crate) fn of(conn: &Connection) -> Result<Self> {
        let counter = |name: &str| {
            conn.query_row(
                "SELECT value FROM counters WHERE name = ?1",
                [name],
                |row| row::count(row, 0),
            )
        };
        let number = |sql: &str| conn.query_row(sql, [], |row| row::count(row, 0));
        let session = number(
            "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'sessions'), 0)",
        )?;
        let version = counter("version")?;
        let ids = [
            session,
            version,
            counter("floor")?,
            number("SELECT coalesce(max(id), 0) FROM users")?,
            number("SELECT coalesce(max(id), 0) FROM conversations")?,
            number("SELECT coalesce(max(id), 0) FROM entries")?,
        ];
        Ok(Self {
            epoch: epoch(conn)?,
            version,
            journal: counter("journal")?,
            session,
            highest: ids.into_iter().fold(0, u64::max),
        })
    }

    /// Whether this is the same history as that of an earlier stamp, at least as far.
    fn goes_on(&self, earlier: &Self) -> bool {
        self.epoch == earlier.epoch
            && self.version >= earlier.version
            && self.journal >= earlier.journal
            && self.session >= earlier.session
    }

    /// The stamp beside a database. `None` where there is none that can be read: then nothing is known.
    pub(crate) fn read(database: &Path) -> Option<Self> {
        let text = fs::read_to_string(path(database)).ok()?;
        let mut lines = text.lines();
        if lines.next() != Some(FORMAT) {
            return None;
        }
        let epoch = lines.next()?.strip_prefix("epoch ")?.into();
        let mut number = |name: &str| {
            let rest = lines.next()?.strip_prefix(name)?;
            rest.trim_start().parse().ok()
        };
        Some(Self {
            epoch,
            version: number("version")?,
            journal: number("journal")?,
            session: number("session")?,
            highest: number("highest")?,
        })
    }

    /// Puts the stamp beside a database.
    pub(crate) fn write(&self, database: &Path) -> io::Result<()> {
        let path = path(database);
        let mut text = format!("{FORMAT}\nepoch {}\n", self.epoch);
        for (name, number) in [
            ("version", self.version),
            ("journal", self.journal),
            ("session", self.session),
            ("highest", self.highest),
        ] {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name} {number}");
        }
        let mut new = path.clone().into_os_string();
        new.push(".new");
        let mut options = File::options();
        options.create(true).truncate(true).write(true).mode(0o600);
        options.open(&new)?.write_all(text.as_bytes())?;
        fs::rename(&new, &path)
    }
}

/// Keeps the stamp of a database that is written to.
pub(crate) struct Stamper {
    database: PathBuf,
    /// Commits since it was written.
    commits: u32,
}

impl Stamper {
    pub(crate) fn new(database: &Path) -> Self {
        Self {
            database: database.into(),
            commits: COMMITS,
        }
    }

    /// Something was committed: mostly by the thread that settles, which nobody waits for.
    pub(crate) fn after_commit(&mut self, conn: &Connection) {
        self.commits += 1;
        if self.commits >= COMMITS {
            self.write(conn);
        }
    }

    /// Writes it. That it cannot be is no reason to stop: it is a help for a mistake that hardly anybody makes.
    pub(crate) fn write(&mut self, conn: &Connection) {
        self.commits = 0;
        let written = Stamp::of(conn).map_err(io::Error::other);
        if let Err(error) = written.and_then(|stamp| stamp.write(&self.database)) {
            tracing::debug!(%error, "the history's stamp could not be written");
        }
    }
}

/// Beside the database, and named so that who moves `hongyan.db*` away leaves it.
fn path(database: &Path) -> PathBuf {
    // By its real name, as for the other files beside it.
    let database = fs::canonicalize(database).unwrap_or_else(|_| database.into());
    let mut name = std::ffi::OsString::from("epoch-of-");
    name.push(database.file_name().unwrap_or_default());
    database.with_file_name(name)
}
