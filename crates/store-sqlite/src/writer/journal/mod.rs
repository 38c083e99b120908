//! The journal: where messages and moves are committed before they are carried out.
//!
//! batch → row → **journal**, on disk → answered ··· settled later, many at once → tables
//!
//! A message belongs into six places of the database: the log, its two indexes, the conversation's row and the
//! rows of its members. For a small batch those are more pages than messages, and each page is written and
//! waited for. So a batch is written to a file of this module, which takes one write and one wait; a later
//! transaction carries out what many batches asked for, at the price of one (`settling`). What is written says what
//! was decided: places, ids and positions, so that carrying it out after a crash cannot end otherwise than it would
//! have without one.
//!
//! There are two files, so that one can be written to while what the other has is carried out:
//!
//! ```text
//! -writes1:  batch 7 │ batch 8 │ batch 9 │ what is left of batch 2 …     being carried out
//! -writes2:  batch 10 │ batch 11 │ zeros …                               being written
//! batch:     FORMAT │ length of the row, 4 bytes │ number, 8 │ CRC-32 of these two and the row, 4 │ row
//! ```
//!
//! Numbers are of the little endian. Each batch has a number above that of the batch before it, over all times; the
//! database says which was carried out last (the counter `journal`), in the transaction that carries it out. So what
//! follows that number is to be carried out, and what does not was, wherever it stands. A file ends where no batch
//! with the next number stands: at a batch that a crash cut short and nobody was answered, at one of an earlier
//! round, at zeros.
//!
//! Owns: the files, and where in them the next batch goes.
//! Promises: when [`append`](Journal::append) has returned, the batch survives a loss of power until it is carried
//! out; when it has failed, the batch is never carried out by this process.
//! Not here: the bytes of a batch ([`row`]), when it is carried out.

mod row;

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::ffi;
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Result};

use super::beside;
pub(crate) use row::Record;
pub(super) use row::Row;

/// The first bytes of a batch. Another version's are not read, so it must have another schema as well, or carry these
/// out.
const FORMAT: [u8; 4] = *b"HyJ\x03";

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
    /// Up to where each of them may have something else than zeros.
    used: [u64; 2],
}

/// A batch, read back.
struct Batch<'a> {
    number: u64,
    row: &'a [u8],
}

impl Journal {
    /// For the database at `path`. Nothing is read or made before [`reopen`](Self::reopen).
    pub(super) fn new(database: &Path) -> Self {
        Self {
            paths: paths(database),
            files: None,
            current: 0,
            end: u64::MAX,
            last: 0,
            used: [0; 2],
        }
    }

    /// Opens the files, makes them if there are none, and reads what is committed in them and not carried out.
    ///
    /// To be appended to, the journal has to [start over](Self::start_over) first.
    pub(super) fn reopen(&mut self, conn: &Connection) -> Result<Vec<Record>> {
        let carried_out = carried_out(conn)?;
        let mut bytes = [Vec::new(), Vec::new()];
        let [first, second] = &self.paths;
        let files =
            open(first, &mut bytes[0]).and_then(|file| Ok([file, open(second, &mut bytes[1])?]));
        self.files = Some(files.map_err(|error| self.error(&error))?);
        self.used = [&bytes[0], &bytes[1]].map(|bytes| bytes.len() as u64);
        // What a batch has left that failed is not of this journal.
        bytes[self.current].truncate(usize::try_from(self.end).unwrap_or(usize::MAX));
        let (records, last) = read(&bytes, carried_out)?;
        self.last = self.last.max(last);
        Ok(records)
    }

    /// Commits a batch. A failure leaves the journal unfit until it is opened anew.
    pub(super) fn append(&mut self, row: Row) -> Result<()> {
        let bytes = framed(row, self.last + 1);
        if let Err(error) = self.try_append(&bytes) {
            self.files = None;
            return Err(self.error(&error));
        }
        self.end += bytes.len() as u64;
        self.last += 1;
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
        self.end = 0;
        if let Some(files) = &self.files
            && let Err(error) = shorten(&files[self.current])
        {
            tracing::debug!(%error, "the journal could not be made shorter");
        }
    }

    /// All that is in the files was carried out, up to the batch of this number, by a transaction that is on disk.
    pub(super) fn start_over(&mut self, last: u64) {
        self.last = last;
        self.end = 0;
    }

    /// Overwrites both files. All that is in them was carried out, by a transaction that is on disk.
    pub(super) fn wipe(&mut self) -> Result<()> {
        if let Err(error) = self.try_wipe() {
            self.files = None;
            return Err(self.error(&error));
        }
        self.end = 0;
        Ok(())
    }

    fn try_wipe(&mut self) -> io::Result<()> {
        let files = self.files.as_mut().ok_or(ErrorKind::NotConnected)?;
        for (file, used) in files.iter_mut().zip(&mut self.used) {
            if *used == 0 {
                continue;
            }
            if *used > LENGTH {
                file.set_len(LENGTH)?;
            }
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&vec![0; (*used).min(LENGTH) as usize])?;
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

/// What the files have, for who only looks on.
pub(crate) struct Copy([Vec<u8>; 2]);

impl Copy {
    /// Reads both files.
    pub(crate) fn of(database: &Path) -> Result<Self> {
        let mut files = [Vec::new(), Vec::new()];
        for (bytes, path) in files.iter_mut().zip(paths(database)) {
            match fs::read(&path) {
                Ok(read) => *bytes = read,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(disk_error(&path, &error)),
            }
        }
        Ok(Self(files))
    }

    /// What was committed and not carried out. `conn` has to be in a snapshot that is later than the copy: what it does
    /// not have of an earlier one may have been written over.
    pub(crate) fn records(&self, conn: &Connection) -> Result<Vec<Record>> {
        Ok(read(&self.0, carried_out(conn)?)?.0)
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
        let row = bytes.strip_prefix(&[FORMAT]);
        let row = row.ok_or_else(|| senseless("of another version"))?;
        row::read(row, &mut records).map_err(senseless)?;
    }
    conn.execute("DELETE FROM journal", [])?;
    Ok(records)
}

/// Notes, in the transaction that carries it out, what was carried out.
pub(super) fn note_carried_out(conn: &Connection, number: u64) -> Result<()> {
    conn.prepare_cached("UPDATE counters SET value = ?1 WHERE name = 'journal'")?
        .execute([number.cast_signed()])?;
    Ok(())
}

/// The journal cannot be carried out.
pub(super) fn senseless(what: &str) -> Error {
    let what = format!("the journal: {what}");
    Error::FromSqlConversionFailure(0, Type::Blob, what.into())
}

/// The names of the files.
pub(super) fn paths(database: &Path) -> [PathBuf; 2] {
    ["-writes1", "-writes2"].map(|ending| beside(database, ending))
}

fn carried_out(conn: &Connection) -> Result<u64> {
    conn.prepare_cached("SELECT value FROM counters WHERE name = 'journal'")?
        .query_row([], |row| crate::row::count(row, 0))
}

/// Opens or makes a file, and reads it.
fn open(path: &Path, bytes: &mut Vec<u8>) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.mode(0o600);
    let mut file = options.open(path)?;
    *bytes = fs::read(path)?;
    if bytes.is_empty() {
        file.write_all(&vec![0; LENGTH as usize])?;
    }
    // Whoever made it may not have come so far. A name that is not on disk would take the batches with it.
    file.sync_all()?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(file)
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
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ffi::SQLITE_FULL,
        _ => ffi::SQLITE_IOERR,
    };
    let what = format!("{}: {error}", path.display());
    Error::SqliteFailure(ffi::Error::new(code), Some(what))
}

/// What follows the batch that was carried out last, and the number of the last batch.
fn read(files: &[Vec<u8>; 2], carried_out: u64) -> Result<(Vec<Record>, u64)> {
    let mut left: Vec<_> = files.iter().flat_map(|bytes| batches(bytes)).collect();
    left.retain(|batch| batch.number > carried_out);
    left.sort_by_key(|batch| batch.number);
    let mut records = Vec::new();
    let mut last = carried_out;
    for batch in left {
        if batch.number != last + 1 {
            return Err(senseless(GAP));
        }
        row::read(batch.row, &mut records).map_err(senseless)?;
        last = batch.number;
    }
    Ok((records, last))
}

/// The batches in a file, from its beginning on.
fn batches(mut bytes: &[u8]) -> impl Iterator<Item = Batch<'_>> {
    let mut expected = None;
    std::iter::from_fn(move || {
        let (batch, rest) = split(bytes)?;
        if expected.is_some_and(|expected| expected != batch.number) {
            return None;
        }
        expected = batch.number.checked_add(1);
        bytes = rest;
        Some(batch)
    })
}

/// The batch at the beginning, if one is there whole.
fn split(bytes: &[u8]) -> Option<(Batch<'_>, &[u8])> {
    let rest = bytes.strip_prefix(&FORMAT)?;
    let (length, rest) = rest.split_first_chunk()?;
    let (number, rest) = rest.split_first_chunk()?;
    let (sum, rest) = rest.split_first_chunk()?;
    let (row, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let is_whole = u32::from_le_bytes(*sum) == checksum(length, number, row);
    let number = u64::from_le_bytes(*number);
    is_whole.then_some((Batch { number, row }, rest))
}

/// The row with its header before it.
fn framed(row: Row, number: u64) -> Vec<u8> {
    let row = row.bytes();
    let length = (row.len() as u32).to_le_bytes();
    let number = number.to_le_bytes();
    let sum = checksum(&length, &number, &row).to_le_bytes();
    [&FORMAT[..], &length, &number, &sum, &row].concat()
}

fn checksum(length: &[u8; 4], number: &[u8; 8], row: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(length);
    sum.update(number);
    sum.update(row);
    sum.finalize()
}

const GAP: &str = "it does not go on where the tables end; was an older database put in its place?";

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
    pub(super) fn write_after_all(&self, row: Row) {
        let mut file = OpenOptions::new()
            .write(true)
            .open(&self.paths[self.current])
            .unwrap();
        file.seek(SeekFrom::Start(self.end)).unwrap();
        file.write_all(&framed(row, self.last + 1)).unwrap();
    }
}

/// Appends a batch to what a crash has left.
#[cfg(test)]
pub(super) fn append_by_hand(database: &Path, row: Row) {
    let Copy(files) = Copy::of(database).unwrap();
    let last = |bytes: &[u8]| batches(bytes).map(|batch| batch.number).last();
    let at = usize::from(last(&files[0]) < last(&files[1]));
    let end: usize = batches(&files[at])
        .map(|batch| HEADER + batch.row.len())
        .sum();
    let mut bytes = files[at][..end].to_vec();
    bytes.extend(framed(row, last(&files[at]).unwrap() + 1));
    fs::write(&paths(database)[at], bytes).unwrap();
}

#[cfg(test)]
const HEADER: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(bytes: &[u8]) -> Vec<u64> {
        batches(bytes).map(|batch| batch.number).collect()
    }

    /// Batches of these numbers, of different lengths, and where each ends.
    fn file(of: &[u64]) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for number in of {
            bytes.extend(framed(Row::of_bytes(vec![7; *number as usize]), *number));
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    #[test]
    fn a_file_ends_with_its_last_whole_batch() {
        let (bytes, ends) = file(&[5, 6, 7]);
        for cut in 0..=bytes.len() {
            let whole = ends.iter().filter(|end| **end <= cut).count();
            for rest in [&[][..], &[0; 100]] {
                let bytes = [&bytes[..cut], rest].concat();
                assert_eq!(numbers(&bytes), [5, 6, 7][..whole], "cut at {cut}");
            }
        }
    }

    #[test]
    fn a_batch_with_a_wrong_bit_is_none() {
        let (bytes, ends) = file(&[5, 6]);
        for bit in 8 * ends[0]..8 * ends[1] {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(numbers(&bytes), [5], "bit {bit}");
        }
    }

    #[test]
    fn what_is_left_of_an_earlier_round_is_not_read() {
        let (mut bytes, _) = file(&[5, 5 + 1, 7]);
        let (new, _) = file(&[8]);
        bytes[..new.len()].copy_from_slice(&new);
        assert_eq!(numbers(&bytes), [8]);
        // Though it may begin just where the new one ends.
        let (old, _) = file(&[2, 3]);
        assert_eq!(numbers(&[new, old].concat()), [8]);
    }

    fn last(files: [&[u64]; 2], carried_out: u64) -> Option<u64> {
        let files = files.map(|of| {
            let rows = of.iter().map(|number| framed(Row::default(), *number));
            rows.collect::<Vec<_>>().concat()
        });
        read(&files, carried_out).ok().map(|(_, last)| last)
    }

    #[test]
    fn both_files_are_read_in_the_order_of_their_numbers() {
        assert_eq!(last([&[], &[]], 4), Some(4));
        assert_eq!(last([&[5, 6], &[7, 8]], 4), Some(8));
        assert_eq!(last([&[9, 10], &[7, 8]], 6), Some(10));
        assert_eq!(last([&[9, 10], &[7, 8]], 9), Some(10));
        assert_eq!(last([&[3, 4], &[1, 2]], 8), Some(8));
    }

    #[test]
    fn a_gap_is_an_error() {
        assert_eq!(last([&[6], &[]], 4), None);
        assert_eq!(last([&[5, 6], &[8]], 4), None);
        assert_eq!(last([&[5, 6], &[8]], 5), None);
    }
}
