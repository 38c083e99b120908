//! Keeps two servers from writing one database.
//!
//! Owns: the file beside the database, named like it with `.lock` appended.
//! Promises: the kernel lets go of the lock when the process ends, however it ends; so no stale
//! lock is ever left behind.
//! Not here: other programs (`sqlite3`), which SQLite's own locks keep apart from a transaction.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The right to write one database. Dropped, it is given back.
#[derive(Debug)]
pub(crate) struct WriterLock {
    file: File,
}

impl WriterLock {
    /// Takes the lock; `None` while another process (or another store of this one) holds it.
    pub(crate) fn take(database: &Path) -> io::Result<Option<Self>> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(lock_path(database))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        // Closing the file would do, were it not that a process just being started by another thread
        // holds a copy of the descriptor, and with it the lock, until it has become another program.
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "the database's lock could not be given back early");
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
