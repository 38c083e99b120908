//! Copies of a database, and putting one back.
//!
//! ```text
//! backup:   what is journaled ──► tables ──► one snapshot ──► FILE.part ──► on disk ──► FILE
//! restore:  FILE ──► a folder beside the database ──► schema, new epoch ──► checked ──► the old one aside ──► in its place
//! ```
//!
//! Promises: a backup has everything that was acknowledged before it began, in one file, and takes the time that it
//! takes to write it, however much is written meanwhile: it is one snapshot, and begins only once. A file is there
//! under its name only when it is whole and on disk. What is put back has another epoch, and gives no id that was
//! given before. Files are readable by their owner only.
//! Refuses: to overwrite anything, and to put back what contradicts itself.
//! Not here: when backups are made, and where they go.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hongyan_store::VerifyReport;
use rusqlite::{Connection, OpenFlags};

use crate::connection;
use crate::identity::{self, Stamp};
use crate::lock::WriterLock;
use crate::open::{self, OpenError};
use crate::verify::{CheckError, check_file};

/// Pages of the log of a database that is put back, after which they are copied back: nobody waits.
const WAL_LIMIT_PAGES: u64 = 1024;

/// Why a copy could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something has that name.
    #[error("{} is there already; choose another name, or move it away", .0.display())]
    Exists(PathBuf),
    /// The file system says no.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// SQLite says no.
    #[error("the copy could not be written: {0}")]
    Sqlite(rusqlite::Error),
    /// What is in the journal could not be put into the tables.
    #[error(transparent)]
    Store(#[from] hongyan_store::StoreError),
}

/// Why a backup was not put back. The database that was there is unchanged, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is a database, and it was not said to put it aside.
    #[error("there is a database already: {}; --replace puts it aside", .0.display())]
    Exists(PathBuf),
    /// The backup, or the place for it, cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The backup cannot be checked.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The backup contradicts itself.
    #[error("{}: the backup contradicts itself: {first}", path.display())]
    Faulty {
        /// The backup.
        path: PathBuf,
        /// What is wrong with it first.
        first: String,
    },
    /// The file system says no.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// What was put back.
#[derive(Debug)]
pub struct Restored {
    /// What is in it.
    pub report: VerifyReport,
    /// Where the files are that were there before.
    pub aside: Option<PathBuf>,
}

/// Where a backup is written before it is whole: its size tells how far it is.
pub fn unfinished(to: &Path) -> PathBuf {
    with_ending(to, ".part")
}

/// Copies what is in the tables at this moment. Blocks for as long as it takes to write the file.
pub(crate) fn copy(database: &Path, to: &Path) -> Result<(), BackupError> {
    let failed = |path: &Path, error| BackupError::Io {
        path: path.into(),
        error,
    };
    if fs::symlink_metadata(to).is_ok() {
        return Err(BackupError::Exists(to.into()));
    }
    let part = unfinished(to);
    new_file(&part).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => BackupError::Exists(part.clone()),
        _ => failed(&part, error),
    })?;
    let written = write_copy(database, &part).map_err(BackupError::Sqlite);
    let written = written.and_then(|()| {
        // A link is refused where somebody else took the name meanwhile; a rename would overwrite it.
        let linked = File::open(&part)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::hard_link(&part, to))
            .and_then(|()| sync_folder(to));
        linked.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => BackupError::Exists(to.into()),
            _ => failed(to, error),
        })
    });
    let removed = fs::remove_file(&part).map_err(|error| failed(&part, error));
    written.and(removed)
}

/// One statement, and so one snapshot: who writes does not make it begin anew. Free pages, and what is left in them, are
/// not copied.
fn write_copy(database: &Path, part: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(database, flags)?;
    connection::restore_busy_timeout(&conn)?;
    // So that a database of an earlier version, put back, gives the disk back that gets free.
    conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    conn.execute("VACUUM INTO ?1", [part.to_string_lossy()])?;
    Ok(())
}

/// Puts a backup in the place of a database, which no server may have open. Blocks.
pub fn restore(
    backup: &Path,
    database: &Path,
    replace: bool,
    progress: &mut dyn FnMut(u64),
) -> Result<Restored, RestoreError> {
    let folder = folder_of(database);
    let mut builder = fs::DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(folder);
    made.map_err(|error| io_error(folder, error))?;
    let lock = WriterLock::take(database).map_err(|error| io_error(database, error))?;
    let _lock = lock.ok_or_else(|| OpenError::InUse(database.into()))?;
    if database.exists() && !replace {
        return Err(RestoreError::Exists(database.into()));
    }
    // A folder of its own, since the lock of this one is taken.
    let making = folder.join("restoring");
    // What an attempt has left that was cut off.
    let _ = fs::remove_dir_all(&making);
    let mut builder = fs::DirBuilder::new();
    let made = builder.mode(0o700).create(&making);
    made.map_err(|error| io_error(&making, error))?;
    let fresh = making.join(database.file_name().unwrap_or_default());
    let restored = prepare(backup, &fresh, database, progress).and_then(|report| {
        let aside = put_aside(database)?;
        fs::rename(&fresh, database).map_err(|error| io_error(database, error))?;
        sync_folder(database).map_err(|error| io_error(database, error))?;
        Ok(Restored { report, aside })
    });
    let _ = fs::remove_dir_all(&making);
    restored
}

/// Makes a whole and checked database of a backup, with another epoch.
fn prepare(
    backup: &Path,
    fresh: &Path,
    database: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<VerifyReport, RestoreError> {
    let copied = new_file(fresh).and_then(|mut to| {
        io::copy(&mut File::open(backup)?, &mut to)?;
        to.sync_all()
    });
    copied.map_err(|error| io_error(backup, error))?;
    let (conn, lock) = open::open_for_writing(fresh, WAL_LIMIT_PAGES)?;
    let sqlite = |error| open::sqlite_error(backup, error);
    let others = earlier(database);
    conn.execute_batch("BEGIN IMMEDIATE").map_err(sqlite)?;
    identity::renew(&conn, &others).map_err(sqlite)?;
    // It has no journal yet.
    conn.execute(
        "UPDATE counters SET value = 0 WHERE name IN ('journal_files', 'file')",
        [],
    )
    .map_err(sqlite)?;
    conn.execute_batch("COMMIT").map_err(sqlite)?;
    // One file, whose log nothing has to be read from.
    conn.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
        .map_err(sqlite)?;
    let stamp = Stamp::of(&conn).map_err(sqlite)?;
    drop(conn);
    drop(lock);
    let report = check_file(fresh, progress)?;
    if let Some(first) = report.faults.first() {
        return Err(RestoreError::Faulty {
            path: backup.into(),
            first: first.to_string(),
        });
    }
    stamp
        .write(database)
        .map_err(|error| io_error(database, error))?;
    Ok(report)
}

/// How far the histories had come that were here. That they cannot be read is why somebody puts a backup back.
fn earlier(database: &Path) -> Vec<Stamp> {
    let of_database = open::open_for_reading(database).ok();
    let of_database = of_database.and_then(|conn| Stamp::of(&conn).ok());
    of_database
        .into_iter()
        .chain(Stamp::read(database))
        .collect()
}

/// Moves the database and what belongs to it into a folder beside it. The lock and the stamp stay.
fn put_aside(database: &Path) -> Result<Option<PathBuf>, RestoreError> {
    let folder = folder_of(database);
    let name = database.file_name().unwrap_or_default().to_string_lossy();
    let read = fs::read_dir(folder).map_err(|error| io_error(folder, error))?;
    let names = read.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let belongs = |file: &String| {
        let rest = file.strip_prefix(&*name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let files: Vec<String> = names.filter(belongs).collect();
    if files.is_empty() {
        return Ok(None);
    }
    let aside = new_folder(folder).map_err(|error| io_error(folder, error))?;
    // The database first: what is left without it is passed over, and it without what is left is not.
    for file in files
        .iter()
        .filter(|file| **file == name)
        .chain(files.iter().filter(|file| **file != name))
    {
        let from = folder.join(file);
        fs::rename(&from, aside.join(file)).map_err(|error| io_error(&from, error))?;
    }
    Ok(Some(aside))
}

/// The first of `replaced-1`, `replaced-2` … that is not there.
fn new_folder(beside: &Path) -> io::Result<PathBuf> {
    let mut number = 1_u64;
    loop {
        let folder = beside.join(format!("replaced-{number}"));
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            made => return made.map(|()| folder),
        }
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create_new(true).write(true).mode(0o600).open(path)
}

fn sync_folder(file: &Path) -> io::Result<()> {
    File::open(folder_of(file))?.sync_all()
}

fn folder_of(file: &Path) -> &Path {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn io_error(path: &Path, error: io::Error) -> RestoreError {
    RestoreError::Io {
        path: path.into(),
        error,
    }
}
