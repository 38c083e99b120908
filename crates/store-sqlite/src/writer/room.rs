//! Makes the write-ahead log longer before it has to be.
//!
//! A commit that makes the file longer waits for the disk twice, for what it wrote and for the file's new length;
//! one within the file's length waits once. A log that starts over keeps its length, so this concerns its first
//! [limit](super::checkpoint) after each start: for a small team, days. So the writer fills the file with zeros
//! ahead of the log, when nobody waits for it. To SQLite these are no frames: none has their checksum.
//!
//! Not here: when the log starts over (`checkpoint`).

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::connection::PAGE_BYTES;

/// The header of the log, and what stands before each page in it, in bytes (<https://sqlite.org/fileformat2.html>).
const HEADER_BYTES: u64 = 32;
const FRAME_BYTES: u64 = 24 + PAGE_BYTES;

/// When there is room for fewer pages than these, some 70 commits of one message each, as many more are added
/// twice.
const PAGES: u64 = 256;

/// The file of the log, and how long it may be made.
pub(super) struct Room {
    path: PathBuf,
    limit_pages: u64,
}

impl Room {
    /// For the log of the database at `path`.
    pub(super) fn new(path: &Path, limit_pages: u64) -> Self {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        Self {
            path: name.into(),
            limit_pages,
        }
    }

    /// Sees to it that a log of so many pages can grow within its file, and waits for the disk if that takes
    /// writing. Nobody else may write to the log meanwhile, so this belongs into a transaction.
    ///
    /// Its failure is logged and else ignored: what it prepares for works without it.
    pub(super) fn make(&self, log_pages: u64) {
        if let Err(error) = self.try_make(log_pages) {
            tracing::debug!(%error, "the write-ahead log could not be made longer");
        }
    }

    fn try_make(&self, log_pages: u64) -> io::Result<()> {
        let bytes = |pages: u64| HEADER_BYTES + pages.min(self.limit_pages) * FRAME_BYTES;
        let file = OpenOptions::new().write(true).open(&self.path)?;
        let length = file.metadata()?.len();
        if length < bytes(log_pages + PAGES) {
            fill(file, length, bytes(log_pages + 2 * PAGES))?;
        }
        Ok(())
    }
}

fn fill(mut file: File, from: u64, to: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(from))?;
    let zeros = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX)];
    file.write_all(&zeros)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn lengths(limit_pages: u64, logs: &[u64]) -> Vec<u64> {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("any.db");
        let room = Room::new(&path, limit_pages);
        let log = folder.path().join("any.db-wal");
        File::create(&log).unwrap();
        let mut length = |pages: &u64| {
            room.make(*pages);
            (log.metadata().unwrap().len().saturating_sub(HEADER_BYTES)) / FRAME_BYTES
        };
        logs.iter().map(&mut length).collect()
    }

    #[test]
    fn there_is_room_for_some_pages_more_and_no_page_beyond_the_limit() {
        assert_eq!(lengths(16_384, &[0, 256, 257, 0]), [512, 512, 769, 769]);
        assert_eq!(lengths(300, &[0, 100, 300, 1000]), [300; 4]);
    }

    #[test]
    fn what_stands_in_the_file_stays() {
        let folder = TempDir::new().unwrap();
        let log = folder.path().join("any.db-wal");
        std::fs::write(&log, "a log").unwrap();
        Room::new(&folder.path().join("any.db"), 1000).make(0);
        let file = std::fs::read(&log).unwrap();
        assert!(file.starts_with(b"a log"));
        assert!(file[5..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn without_a_log_there_is_nothing_to_do() {
        let folder = TempDir::new().unwrap();
        Room::new(&folder.path().join("any.db"), 1000).make(0);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
