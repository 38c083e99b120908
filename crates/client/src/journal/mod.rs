//! What a client keeps over a restart: one append-only file, with a lock beside it.
//!
//! driver → [`Journal::commit`] → `journal` (and now and then, rewritten, `journal.new` → `journal`)
//!
//! Owns: the state directory. Files are readable by their owner only: the token is in there.
//! Promises: what [`Journal::commit`] said yes to is there after any crash, in whole; a torn last
//! line is cut off, for nobody was told of it; damage anywhere else is reported, never skipped. The
//! file is rewritten before it grows beyond a few times what it says.
//! Refuses: a directory that another client has open, and a format newer than this program's.
//! Not here: which changes are worth a record (`driver::persist`). Every call blocks on the disk.

mod checksum;
mod kept;
mod line;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::path::{Path, PathBuf};

pub(crate) use kept::{Kept, KeptSecret, KeptToken, Record};

use crate::StateError;
use line::BadLine;

/// Below this many bytes the file is not rewritten.
const COMPACT_BYTES: u64 = 1024 * 1024;

/// The file is rewritten when it is this many times as long as after the last rewriting.
const COMPACT_FACTOR: u64 = 4;

/// The state directory of one client, open and locked.
#[derive(Debug)]
pub(crate) struct Journal {
    directory: PathBuf,
    file: File,
    /// The end of the last whole line.
    length: u64,
    /// The length after the last rewriting.
    compacted: u64,
    kept: Kept,
    poisoned: bool,
    /// Held for as long as the journal is; the system lets go of it when the process dies.
    _lock: File,
}

impl Journal {
    /// Opens the directory, makes it if it is missing, and reads what it keeps.
    ///
    /// # Errors
    /// See [`StateError`].
    pub(crate) fn open(directory: &Path) -> Result<Self, StateError> {
        make_directory(directory)?;
        let lock = lock(directory)?;
        let path = directory.join("journal");
        let (mut file, fresh) = match private().read(true).write(true).open(&path) {
            Ok(file) => (file, false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                (rewrite(directory, &Kept::default())?, true)
            }
            Err(error) => return Err(error.into()),
        };
        file.rewind()?;
        let (kept, mut length) = read(&file)?;
        if !fresh {
            cut(&mut file, length)?;
        }
        if !is_current(&mut file)? {
            file = rewrite(directory, &kept)?;
            length = file.stream_position()?;
        }
        file.seek(io::SeekFrom::Start(length))?;
        Ok(Self {
            directory: directory.to_owned(),
            file,
            length,
            compacted: length,
            kept,
            poisoned: false,
            _lock: lock,
        })
    }

    /// What is kept.
    pub(crate) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Adds these changes, all or none, and returns when they are on the disk.
    ///
    /// # Errors
    /// [`StateError::Io`] when there is no room: nothing was added, and a later try may succeed.
    /// [`StateError::Poisoned`] once it is not known what the disk holds.
    pub(crate) fn commit(&mut self, records: Vec<Record>) -> Result<(), StateError> {
        if self.poisoned {
            return Err(StateError::Poisoned);
        }
        let line = line::encode(&records);
        if let Err(error) = self.file.write_all(&line) {
            // The next line must not begin behind half of this one.
            self.poisoned = cut(&mut self.file, self.length).is_err();
            return Err(error.into());
        }
        // After a failed sync nobody knows which pages are on the disk, and a second sync may
        // succeed without having written them.
        self.file
            .sync_data()
            .inspect_err(|_| self.poisoned = true)?;
        self.length += u64::try_from(line.len()).unwrap_or(u64::MAX);
        for record in records {
            self.kept.apply(record);
        }
        if self.length > COMPACT_BYTES.max(COMPACT_FACTOR * self.compacted) {
            self.compact();
        }
        Ok(())
    }

    /// Forgets everything, the file's earlier contents included.
    ///
    /// # Errors
    /// [`StateError::Io`]: the earlier contents may still be there.
    pub(crate) fn erase(mut self) -> Result<(), StateError> {
        self.kept = Kept::default();
        // In place first: the blocks of a file that is only replaced keep what was in them.
        let zeros = vec![0; usize::try_from(self.length).unwrap_or(0)];
        self.file.rewind()?;
        self.file.write_all(&zeros)?;
        self.file.sync_data()?;
        rewrite(&self.directory, &self.kept)?;
        Ok(())
    }

    /// Rewrites the file. When that fails the longer one is still good, so it is only tried again
    /// after as much has been added.
    fn compact(&mut self) {
        match rewrite(&self.directory, &self.kept) {
            Ok(mut file) => match file.stream_position() {
                Ok(length) => {
                    self.file = file;
                    self.length = length;
                }
                // The old file has lost its name, so going on with it would lose what is added.
                Err(_) => self.poisoned = true,
            },
            Err(error) => tracing::warn!(%error, "cannot rewrite the journal; it grows on"),
        }
        self.compacted = self.length;
    }
}

/// Whether the file says that it is of this program's version. One of an older version is rewritten, since it may not get
/// what that does not know.
fn is_current(file: &mut File) -> io::Result<bool> {
    file.rewind()?;
    let mut line = Vec::new();
    BufReader::new(file).read_until(b'\n', &mut line)?;
    Ok(line == line::header())
}

/// Reads every line, and gives the end of the last good one.
fn read(file: &File) -> Result<(Kept, u64), StateError> {
    let mut reader = BufReader::new(file);
    let mut kept = Kept::default();
    let mut offset = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if length == 0 {
            return Ok((kept, offset));
        }
        match line::decode(&line) {
            Ok(records) => records.into_iter().for_each(|record| kept.apply(record)),
            Err(BadLine::Newer(found)) => {
                let known = line::VERSION;
                return Err(StateError::Newer { found, known });
            }
            // Only the last line can be torn by a crash: each was on the disk before the next.
            Err(BadLine::Torn) if reader.fill_buf()?.is_empty() => return Ok((kept, offset)),
            Err(BadLine::Torn | BadLine::Unknown) => return Err(StateError::Corrupt { offset }),
        }
        offset += u64::try_from(length).unwrap_or(u64::MAX);
    }
}

/// Writes a new file with just what is kept, and puts it in the place of the old one, if any.
fn rewrite(directory: &Path, kept: &Kept) -> io::Result<File> {
    let new = directory.join("journal.new");
    let mut file = private()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&new)?;
    file.write_all(&line::header())?;
    file.write_all(&line::encode(&kept.records()))?;
    file.sync_all()?;
    fs::rename(&new, directory.join("journal"))?;
    sync_directory(directory)?;
    Ok(file)
}

/// Cuts the file off behind the last whole line.
fn cut(file: &mut File, length: u64) -> io::Result<()> {
    file.set_len(length)?;
    file.seek(io::SeekFrom::Start(length))?;
    file.sync_data()
}

/// Locks a file that is never renamed, so that two clients always meet at the same one.
fn lock(directory: &Path) -> Result<File, StateError> {
    let lock = private()
        .write(true)
        .create(true)
        .truncate(false)
        .open(directory.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StateError::Locked(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn make_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Makes files that only their owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a rename last. Elsewhere than on Unix a directory cannot be opened, and need not be.
fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
