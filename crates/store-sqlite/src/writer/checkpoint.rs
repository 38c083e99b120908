//! Keeps the write-ahead log bounded.
//!
//! SQLite's own `wal_autocheckpoint` copies pages back, but starts the log over only if at that
//! moment no reader uses it; under constant reads that moment never comes and the file grows
//! without bound. And it copies within a commit: of a log of 64 MiB that takes some 30 ms, for which everybody
//! waits. So when the log is over its limit, first a thread of its own copies back what is there, while whoever writes
//! to the tables goes on; then that one checkpoints with RESTART: it copies the little that came meanwhile and waits a
//! short time for the readers that still use the log. New readers meanwhile read the database file and do not have to
//! be waited for.
//!
//! A reader that stays longer (a backup, a check) makes the attempt fail. The log then grows by a
//! step before the next attempt, so that the writer does not wait at every commit.

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, Result};

use crate::connection;

/// How long the writer waits for readers at each attempt.
const PATIENCE: Duration = Duration::from_millis(100);

/// Writes between two looks at the log's size. A look costs as much as two or three of them.
const LOOK_EVERY: usize = 32;

/// Pages that the writer copies itself rather than have them copied: less than a millisecond's work.
const FEW_PAGES: u64 = 64;

/// How often what came meanwhile is copied in its turn, before the writer copies the rest.
const ROUNDS: u32 = 3;

pub(super) struct Checkpointer {
    path: PathBuf,
    limit_pages: u64,
    attempt_at_pages: u64,
    writes: usize,
    copying: Option<JoinHandle<Result<Log>>>,
    rounds: u32,
}

impl Checkpointer {
    pub(super) fn new(path: &Path, limit_pages: u64) -> Self {
        Self {
            path: path.into(),
            limit_pages,
            attempt_at_pages: limit_pages,
            writes: 0,
            copying: None,
            rounds: 0,
        }
    }

    /// To be called after each commit. Its failure is logged and tried again later: what was
    /// committed is safe in the log.
    pub(super) fn after_commit(&mut self, conn: &Connection, writes: usize) {
        self.writes += writes;
        if self.writes < LOOK_EVERY {
            return;
        }
        self.writes = 0;
        if let Err(error) = self.bound(conn) {
            self.rounds = 0;
            self.attempt_at_pages += self.step();
            tracing::warn!(%error, "the write-ahead log could not be checkpointed");
        }
    }

    /// To be called before the connection goes: nobody copies any more.
    pub(super) fn finish(&mut self) {
        if let Err(error) = self.copied() {
            tracing::warn!(%error, "the write-ahead log could not be copied back");
        }
    }

    fn bound(&mut self, conn: &Connection) -> Result<()> {
        let log = Log::run(conn, "NOOP")?;
        if log.pages < self.attempt_at_pages {
            // Where all was copied and nobody read it, the log has started over by itself.
            self.rounds = 0;
            return Ok(());
        }
        // A disk that copies more slowly than it writes must be waited for.
        let too_long = log.pages >= self.attempt_at_pages + 2 * self.step();
        if self.is_copying() && !too_long {
            return Ok(());
        }
        self.copied()?;
        let is_worth_it = log.pages.saturating_sub(log.copied) > FEW_PAGES;
        if is_worth_it && !too_long && self.rounds < ROUNDS && self.copy() {
            self.rounds += 1;
            return Ok(());
        }
        self.rounds = 0;
        self.start_over(conn, log.pages)
    }

    fn start_over(&mut self, conn: &Connection, pages: u64) -> Result<()> {
        conn.busy_timeout(PATIENCE)?;
        let log = Log::run(conn, "RESTART");
        connection::restore_busy_timeout(conn)?;
        if log?.blocked {
            self.attempt_at_pages = pages + self.step();
            tracing::debug!(
                pages,
                "a reader keeps the write-ahead log from starting over"
            );
        } else {
            self.attempt_at_pages = self.limit_pages;
        }
        Ok(())
    }

    /// Lets a thread copy back what is in the log by now. `false` if there is no thread to be had.
    fn copy(&mut self) -> bool {
        let (path, limit_pages) = (self.path.clone(), self.limit_pages);
        let copy = move || {
            let conn = connection::open_writer(&path, limit_pages)?;
            Log::run(&conn, "PASSIVE")
        };
        let thread = std::thread::Builder::new().name("store-checkpoint".into());
        self.copying = thread.spawn(copy).ok();
        self.copying.is_some()
    }

    fn is_copying(&self) -> bool {
        let copying = self.copying.as_ref();
        copying.is_some_and(|thread| !thread.is_finished())
    }

    /// Waits until nobody copies.
    fn copied(&mut self) -> Result<()> {
        match self.copying.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(done)) => done.map(drop),
            Some(Err(_)) => {
                tracing::error!("the thread that copies the write-ahead log back panicked");
                Ok(())
            }
        }
    }

    fn step(&self) -> u64 {
        self.limit_pages / 4 + 1
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Copies everything back and empties the log; then all that was committed is on disk, in the database itself. Left
/// undone (`false`), the next opening does it.
pub(super) fn empty(conn: &Connection) -> bool {
    match Log::run(conn, "TRUNCATE") {
        Ok(log) if log.blocked => {
            tracing::debug!("the write-ahead log is still being read, and stays");
            false
        }
        Ok(_) => true,
        Err(error) => {
            tracing::warn!(%error, "the write-ahead log could not be emptied");
            false
        }
    }
}

/// What a checkpoint says of the log.
struct Log {
    /// A reader or another writer kept the checkpoint from completing.
    blocked: bool,
    pages: u64,
    /// Of these, how many are in the database file.
    copied: u64,
}

impl Log {
    fn run(conn: &Connection, mode: &str) -> Result<Self> {
        conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            // -1 when there is no log yet.
            let pages = |at| row.get(at).map(|pages: i64| pages.max(0).cast_unsigned());
            Ok(Self {
                blocked: row.get(0)?,
                pages: pages(1)?,
                copied: pages(2)?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const LIMIT: u64 = 1000;

    /// A database with a log of about so many pages.
    fn log_of(pages: u64) -> (TempDir, Connection, Checkpointer) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("any.db");
        let conn = connection::open_writer(&path, LIMIT).unwrap();
        conn.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x)")
            .unwrap();
        write(&conn, pages);
        (folder, conn, Checkpointer::new(&path, LIMIT))
    }

    fn log_pages(conn: &Connection) -> Result<u64> {
        Ok(Log::run(conn, "NOOP")?.pages)
    }

    fn write(conn: &Connection, pages: u64) {
        let bytes = i64::try_from(pages * connection::PAGE_BYTES).unwrap();
        conn.execute("INSERT INTO t VALUES (zeroblob(?1))", [bytes])
            .unwrap();
    }

    #[test]
    fn a_full_log_is_copied_by_a_thread_and_then_starts_over() {
        let (_folder, conn, mut checkpointer) = log_of(LIMIT);
        checkpointer.after_commit(&conn, LOOK_EVERY);
        assert!(checkpointer.copying.is_some());
        // Nothing is written meanwhile: a log that was copied whole would start over by that.
        while checkpointer.is_copying() {
            std::thread::yield_now();
        }
        assert!(Log::run(&conn, "NOOP").unwrap().copied >= LIMIT);
        checkpointer.after_commit(&conn, LOOK_EVERY);
        assert!(checkpointer.copying.is_none());
        write(&conn, 1);
        assert!(log_pages(&conn).unwrap() < 10, "it did not start over");
    }

    #[test]
    fn a_log_that_grows_while_it_is_copied_is_copied_again_some_times() {
        let (folder, conn, mut checkpointer) = log_of(LIMIT);
        // So that the log does not start over before it is told to.
        let reader = connection::open_reader(&folder.path().join("any.db")).unwrap();
        reader
            .execute_batch("BEGIN; SELECT count(*) FROM t;")
            .unwrap();
        for round in 1..=ROUNDS {
            checkpointer.after_commit(&conn, LOOK_EVERY);
            assert_eq!(checkpointer.rounds, round);
            while checkpointer.is_copying() {
                std::thread::yield_now();
            }
            write(&conn, 2 * FEW_PAGES);
        }
        checkpointer.after_commit(&conn, LOOK_EVERY);
        assert!(checkpointer.copying.is_none());
        assert!(
            checkpointer.attempt_at_pages > LIMIT,
            "the reader was there"
        );
    }

    #[test]
    fn a_log_that_is_much_too_long_is_not_left_to_a_thread() {
        let (_folder, conn, mut checkpointer) = log_of(2 * LIMIT);
        checkpointer.after_commit(&conn, LOOK_EVERY);
        assert!(checkpointer.copying.is_none());
        write(&conn, 1);
        assert!(log_pages(&conn).unwrap() < 10, "it did not start over");
    }
}
