//! The journal: where every batch is committed before it is settled.
//!
//! decide → records → **journal**, on disk → answered ··· settled later, many at once → tables
//!
//! A message belongs into six places of the database: the log, its two indexes, the conversation's row and the
//! rows of its members. For a small batch those are more pages than messages, and each page is written and
//! waited for. So a batch is written to a file of this module, which takes one write and one wait; a later
//! transaction carries out what many batches asked for, at the price of one (`settle`). What is written says what
//! was decided: places, ids and positions, so that carrying it out after a crash cannot end otherwise than it would
//! have without one.
//!
//! There are two files, so that one can be written to while what the other has is carried out:
//!
//! ```text
//! -writes1:  HEAD │ batch 7 │ batch 8 │ batch 9 │ what is left of batch 2 …     being settled
//! -writes2:  HEAD │ batch 10 │ batch 11 │ zeros …                               being written
//! batch:     FORMAT │ length of the records, 4 bytes │ number, 8 │ check of the batch before, 4 │ CRC-32 of all of it, 4 │ records
//! ```
//!
//! Numbers are of the little endian. Each batch has a number above that of the batch before it, over all times; the
//! database says which was carried out last (the counter `journal`), in the transaction that carries it out. So what
//! follows that number is to be carried out, and what does not was, wherever it stands. A file ends where no batch
//! with the next number stands: at a batch that a crash cut short and nobody was answered, at one of an earlier
//! round, at zeros.
//!
//! What a crash does can be told from what it never does. It cuts the last batch short, and behind that there is none
//! that is still to be carried out. A batch that cannot be read with such a one behind it, one whose check the next does
//! not know, a file that is missing or has no head while the database says that there are two (the counter
//! `journal_files`): these are [damages](Damage), and the server does not start over them.
//!
//! Owns: the files, and where in them the next batch goes.
//! Promises: when [`append`](Journal::append) has returned, the batch survives a loss of power until it is carried
//! out; when it has failed, the batch is never carried out by this process.
//! Not here: the bytes of the records ([`record`]), when they are carried out, going on in spite of damage (`crate::repair`).

mod found;
mod pending;
mod record;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hongyan_protocol::UserId;
use rusqlite::ffi;
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Result};

use super::beside;
use crate::{connection, read};
pub(crate) use found::Found;
pub(super) use pending::{Pending, Shared, SharedEntries};
pub(super) use record::Payload;
pub(crate) use record::{Begun, Entry, Place, Reaction, Record, What};

/// The first bytes of a file. Its salt follows.
const HEAD: [u8; 16] = *b"Hongyan journal\x04";

/// What the checks of a file begin with, at random: so that no text that somebody sends looks like a batch.
type Salt = [u8; 8];

/// Where the first batch goes.
const START: u64 = HEAD.len() as u64 + size_of::<Salt>() as u64;

/// The first bytes of a batch. Another version's are not read, so it must have another schema as well, or carry these
/// out.
const FORMAT: [u8; 4] = *b"HyJ\x04";

/// What a file has when it is new, in bytes: zeros, in the place of some 5,000 messages of 100 bytes. A batch that makes
/// the file longer waits for the disk twice, for itself and for the file's new length.
const LENGTH: u64 = 1024 * 1024;

/// A file that is longer, in bytes, is cut when it is written to anew.
const MOST: u64 = 16 * LENGTH;

/// Both files.
pub(super) struct Journal {
    paths: [PathBuf; 2],
    /// `None` after a failure, until they are opened again.
    files: Option<[File; 2]>,
    /// Which of them is written to.
    current: usize,
    /// Where in it the next batch goes. Before the files were read for the first time: anywhere.
    end: u64,
    /// The number of the last batch.
    last: u64,
    /// Its check, which the next one repeats.
    check: u32,
    salts: [Salt; 2],
    /// Up to where each of them may have something else than zeros.
    used: [u64; 2],
}

impl Journal {
    /// For the database at `path`. Nothing is read or made before [`read`](Self::read).
    pub(super) fn new(database: &Path) -> Self {
        Self {
            paths: paths(database),
            files: None,
            current: 0,
            end: u64::MAX,
            last: 0,
            check: 0,
            salts: [Salt::default(); 2],
            used: [0; 2],
        }
    }

    /// Reads what is committed in the files and not carried out. To be appended to, the journal has to
    /// [begin](Self::begin) anew.
    pub(super) fn read(&mut self, conn: &Connection) -> Result<Vec<Record>> {
        let mut copy = Copy::of_files(&self.paths)?;
        // What a batch has left that failed is not of this journal.
        if let Some(bytes) = &mut copy.files[self.current] {
            bytes.truncate(usize::try_from(self.end).unwrap_or(usize::MAX));
        }
        let found = copy.found(conn)?;
        if let Some(damage) = found.damage {
            return Err(damage.into());
        }
        if found.cut_short > 0 {
            let bytes = found.cut_short;
            tracing::info!(
                bytes,
                "the last batch was cut short, before anybody was answered"
            );
        }
        self.last = self.last.max(found.last);
        Ok(found.records)
    }

    /// Opens the files, or makes them. All that is in them was carried out, by a transaction that is on disk; the next
    /// batch comes behind the one of this number.
    pub(super) fn begin(&mut self, conn: &Connection, last: u64) -> Result<()> {
        self.files = None;
        let salt = conn.query_row("SELECT randomblob(8)", [], |row| row.get(0))?;
        let [first, second] = &self.paths;
        let files = open(first, salt).and_then(|file| Ok([file, open(second, salt)?]));
        let [first, second] = files.map_err(|error| self.error(&error))?;
        self.salts = [first.salt, second.salt];
        self.used = [first.used, second.used];
        self.files = Some([first.file, second.file]);
        self.start_over(last);
        Ok(())
    }

    /// Commits a batch. A failure leaves the journal unfit until it is opened anew.
    pub(super) fn append(&mut self, payload: Payload) -> Result<()> {
        let (bytes, check) = framed(payload, self.last + 1, self.check, self.salts[self.current]);
        if let Err(error) = self.try_append(&bytes) {
            self.files = None;
            return Err(self.error(&error));
        }
        self.end += bytes.len() as u64;
        self.last += 1;
        self.check = check;
        Ok(())
    }

    fn try_append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let files = self.files.as_mut().ok_or(ErrorKind::NotConnected)?;
        let file = &mut files[self.current];
        let used = &mut self.used[self.current];
        *used = (*used).max(self.end + bytes.len() as u64);
        file.seek(SeekFrom::Start(self.end))?;
        file.write_all(bytes)?;
        file.sync_data()
    }

    /// The number of the last batch.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// What is to come goes into the other file. What that one has must have been carried out, by a transaction that is
    /// on disk.
    pub(super) fn switch(&mut self) {
        self.current = 1 - self.current;
        self.end = START;
        if let Some(files) = &self.files
            && let Err(error) = shorten(&files[self.current])
        {
            tracing::debug!(%error, "the journal could not be made shorter");
        }
    }

    /// All that is in the files was carried out, up to the batch of this number, by a transaction that is on disk.
    pub(super) fn start_over(&mut self, last: u64) {
        self.last = last;
        self.end = START;
    }

    /// Overwrites both files. All that is in them was carried out, by a transaction that is on disk.
    pub(super) fn wipe(&mut self) -> Result<()> {
        if let Err(error) = self.try_wipe() {
            self.files = None;
            return Err(self.error(&error));
        }
        self.end = START;
        Ok(())
    }

    fn try_wipe(&mut self) -> io::Result<()> {
        let files = self.files.as_mut().ok_or(ErrorKind::NotConnected)?;
        for (file, used) in files.iter_mut().zip(&mut self.used) {
            if *used <= START {
                continue;
            }
            if *used > LENGTH {
                file.set_len(LENGTH)?;
            }
            file.seek(SeekFrom::Start(START))?;
            file.write_all(&vec![0; ((*used).min(LENGTH) - START) as usize])?;
            file.sync_data()?;
            *used = 0;
        }
        Ok(())
    }

    /// Everything in it is carried out, and nothing will be appended any more.
    pub(super) fn remove(self) {
        for path in &self.paths {
            if let Err(error) = fs::remove_file(path) {
                tracing::debug!(%error, "the empty journal could not be removed");
            }
        }
    }

    /// As SQLite would say it of its own files.
    fn error(&self, error: &io::Error) -> Error {
        disk_error(&self.paths[self.current], error)
    }
}

/// What the files have; `None` for one that is not there.
pub(crate) struct Copy {
    database: PathBuf,
    files: [Option<Vec<u8>>; 2],
}

impl Copy {
    /// Reads both files of the database at `path`.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        Self::of_files(&paths(path))
    }

    fn of_files(paths: &[PathBuf; 2]) -> Result<Self> {
        let mut files = [None, None];
        for (bytes, path) in files.iter_mut().zip(paths) {
            match fs::read(path) {
                Ok(read) => *bytes = Some(read),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(disk_error(path, &error)),
            }
        }
        Ok(Self {
            database: database_of(&paths[0]),
            files,
        })
    }

    /// What was committed and not carried out. `conn` has to be in a snapshot that is later than the copy: what it does
    /// not have of an earlier one may have been written over.
    pub(crate) fn records(&self, conn: &Connection) -> Result<Vec<Record>> {
        let found = self.found(conn)?;
        match found.damage {
            None => Ok(found.records),
            Some(damage) => Err(damage.into()),
        }
    }

    /// The same, with what is damaged beside what can be read in spite of it.
    pub(crate) fn found(&self, conn: &Connection) -> Result<Found> {
        let are_expected = counter(conn, "journal_files")? != 0
            && counter(conn, "file")? == file_number(&self.database);
        found::find(
            &self.files,
            counter(conn, "journal")?.cast_unsigned(),
            are_expected,
        )
    }
}

/// What a version before the one of the files left in its table of the same name, which is empty then. In the caller's
/// transaction.
pub(super) fn of_an_older_version(conn: &Connection) -> Result<Vec<Record>> {
    const FORMAT: u8 = 2;
    let mut records = Vec::new();
    let mut select = conn.prepare("SELECT writes FROM journal ORDER BY id")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(0)?.as_blob()?;
        let batch = bytes.strip_prefix(&[FORMAT]);
        let batch = batch.ok_or_else(|| senseless("of another version"))?;
        record::read(batch, &mut records).map_err(senseless)?;
    }
    conn.execute("DELETE FROM journal", [])?;
    Ok(records)
}

/// Whose reads have to wait until what is in the journal of this database is carried out.
pub(super) fn concerned(database: &Path) -> Result<Vec<UserId>> {
    let copy = Copy::of(database)?;
    let conn = connection::open_reader(database)?;
    let mut users = Vec::new();
    let mut conversations = BTreeSet::new();
    for record in copy.found(&conn)?.records {
        conversations.insert(record.conv());
    }
    for conv in conversations {
        users.extend(read::member_ids(&conn, conv)?);
    }
    Ok(users)
}

/// Notes, in the transaction that carries it out, what was carried out.
pub(super) fn note_settled(conn: &Connection, number: u64) -> Result<()> {
    set_counter(conn, "journal", number.cast_signed())
}

/// Whether what is known of the files beside a database is of this one, and not of the one that it is a copy of.
pub(super) fn is_at_home(conn: &Connection, database: &Path) -> Result<bool> {
    Ok(counter(conn, "file")? == file_number(database))
}

/// Whether it is noted that the files are there.
pub(super) fn is_noted(conn: &Connection) -> Result<bool> {
    Ok(counter(conn, "journal_files")? != 0)
}

/// Notes, in the caller's transaction, whether the files are there, and beside which file.
pub(super) fn note_files(conn: &Connection, database: &Path, are_there: bool) -> Result<()> {
    set_counter(conn, "file", file_number(database))?;
    set_counter(conn, "journal_files", are_there.into())
}

/// By which a file is told from a copy of it.
fn file_number(path: &Path) -> i64 {
    fs::metadata(path).map_or(0, |file| file.ino().cast_signed())
}

fn counter(conn: &Connection, name: &str) -> Result<i64> {
    conn.prepare_cached("SELECT value FROM counters WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
}

fn set_counter(conn: &Connection, name: &str, value: i64) -> Result<()> {
    conn.prepare_cached("UPDATE counters SET value = ?2 WHERE name = ?1")?
        .execute((name, value))?;
    Ok(())
}

/// The journal cannot be carried out.
pub(super) fn senseless(what: &str) -> Error {
    Damage(what.into()).into()
}

/// What is wrong with a journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal: {0}")]
pub(crate) struct Damage(pub(crate) String);

impl From<Damage> for Error {
    fn from(damage: Damage) -> Self {
        Self::FromSqlConversionFailure(0, Type::Blob, damage.into())
    }
}

impl Damage {
    /// What is wrong with the journal, if that is what the error says.
    pub(crate) fn of(error: &Error) -> Option<&Self> {
        match error {
            Error::FromSqlConversionFailure(_, _, error) => error.downcast_ref(),
            _ => None,
        }
    }
}

/// The names of the files.
pub(super) fn paths(database: &Path) -> [PathBuf; 2] {
    ["-writes1", "-writes2"].map(|ending| beside(database, ending))
}

/// The database that this is the first file of.
fn database_of(first: &Path) -> PathBuf {
    let name = first.as_os_str().as_encoded_bytes();
    let name = name.strip_suffix(b"-writes1").unwrap_or(name);
    PathBuf::from(OsStr::from_bytes(name))
}

/// A file, open.
struct Opened {
    file: File,
    salt: Salt,
    /// Up to where it may have something else than zeros.
    used: u64,
}

/// Opens a file, or makes it, with this salt.
fn open(path: &Path, mut salt: Salt) -> io::Result<Opened> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.mode(0o600);
    let mut file = options.open(path)?;
    let mut head = [0; START as usize];
    let is_ours = file.read_exact(&mut head).is_ok() && head.starts_with(&HEAD);
    let used = if is_ours {
        salt.copy_from_slice(&head[HEAD.len()..]);
        file.metadata()?.len()
    } else {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        let mut bytes = [&HEAD[..], &salt].concat();
        bytes.resize(LENGTH as usize, 0);
        file.write_all(&bytes)?;
        START
    };
    // Whoever made it may not have come so far. A name that is not on disk would take the batches with it.
    file.sync_all()?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(Opened { file, salt, used })
}

/// Cuts a file that long texts made very long.
fn shorten(file: &File) -> io::Result<()> {
    if file.metadata()?.len() > MOST {
        file.set_len(LENGTH)?;
    }
    Ok(())
}

fn disk_error(path: &Path, error: &io::Error) -> Error {
    let code = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            ffi::SQLITE_FULL
        }
        _ => ffi::SQLITE_IOERR,
    };
    let what = format!("{}: {error}", path.display());
    Error::SqliteFailure(ffi::Error::new(code), Some(what))
}

/// The records with their header before them, and their check.
fn framed(payload: Payload, number: u64, before: u32, salt: Salt) -> (Vec<u8>, u32) {
    let records = payload.bytes();
    let length = (records.len() as u32).to_le_bytes();
    let number = number.to_le_bytes();
    let before = before.to_le_bytes();
    let check = checksum(&[&salt, &length, &number, &before, &records]);
    let bytes = [
        &FORMAT[..],
        &length,
        &number,
        &before,
        &check.to_le_bytes(),
        &records,
    ]
    .concat();
    (bytes, check)
}

fn checksum(parts: &[&[u8]]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    for part in parts {
        sum.update(part);
    }
    sum.finalize()
}

#[cfg(test)]
impl Journal {
    /// No append succeeds, until it is opened anew.
    pub(super) fn fill_disk(&mut self) {
        let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
        self.files = Some([full(), full()]);
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Puts a batch where the next one would go, as one does that fails after all.
    pub(super) fn write_after_all(&self, payload: Payload) {
        let mut file = OpenOptions::new()
            .write(true)
            .open(&self.paths[self.current])
            .unwrap();
        file.seek(SeekFrom::Start(self.end)).unwrap();
        let (bytes, _) = framed(payload, self.last + 1, self.check, self.salts[self.current]);
        file.write_all(&bytes).unwrap();
    }
}

/// Appends a batch to what a crash has left.
#[cfg(test)]
pub(super) fn append_by_hand(database: &Path, payload: Payload) {
    found::append_by_hand(&paths(database), payload);
}
