//! Keeps two servers from writing one database, and notices when it is no longer the one that it was.
//!
//! Owns: a lock on the folder, and one on the file beside the database, named like it with `.lock` appended.
//! Promises: the kernel lets go of the locks when the process ends, however it ends; so no stale lock is ever left
//! behind. Removing the file does not let a second server in: the folder cannot be removed while something is in it.
//! Not here: other programs (`sqlite3`), which SQLite's own locks keep apart from a transaction.

use std::fs::{File, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The right to write one database. Dropped, it is given back.
#[derive(Debug)]
pub(crate) struct WriterLock {
    folder: Option<File>,
    file: File,
}

/// Which file a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

/// The database's file as it was when it was opened.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    path: PathBuf,
    database: Identity,
}

impl WriterLock {
    /// Takes the locks; `None` while another process (or another store of this one) holds one of them.
    pub(crate) fn take(database: &Path) -> io::Result<Option<Self>> {
        let path = lock_path(database);
        let folder = path.parent().filter(|path| !path.as_os_str().is_empty());
        let folder = File::open(folder.unwrap_or(Path::new(".")))?;
        let folder = match folder.try_lock() {
            Ok(()) => Some(folder),
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, "the file system cannot lock a folder; do not remove the .lock file");
                None
            }
        };
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { folder, file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        // Closing the files would do, were it not that a process just being started by another thread
        // holds a copy of the descriptors, and with them the locks, until it has become another program.
        for file in [Some(&self.file), self.folder.as_ref()]
            .into_iter()
            .flatten()
        {
            if let Err(error) = file.unlock() {
                tracing::warn!(%error, "the database's lock could not be given back early");
            }
        }
    }
}

impl Watch {
    /// For the database at `path`, which was just opened.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let path = std::fs::canonicalize(path)?;
        let database = Identity::of(&std::fs::metadata(&path)?);
        Ok(Self { path, database })
    }

    /// Why the database is no longer the one that was opened, if it is not: what is written would be found by nobody.
    pub(crate) fn complaint(&self) -> Option<String> {
        let what = match std::fs::metadata(&self.path) {
            Ok(found) if Identity::of(&found) == self.database => return None,
            Ok(_) => "another file was put in its place",
            Err(error) if error.kind() == io::ErrorKind::NotFound => "it was removed",
            // Not known, and the next write tells.
            Err(_) => return None,
        };
        let path = self.path.display();
        Some(format!(
            "the database {path} is not the one that was opened: {what}, while the server was running"
        ))
    }
}

impl Identity {
    fn of(file: &Metadata) -> Self {
        Self {
            device: file.dev(),
            inode: file.ino(),
        }
    }
}

fn lock_path(database: &Path) -> PathBuf {
    // By its real name, or a symbolic link would be a way around the lock. A database that is still
    // to be made has only the name it was given.
    let path = std::fs::canonicalize(database).unwrap_or_else(|_| database.into());
    let mut path = path.into_os_string();
    path.push(".lock");
    path.into()
}
