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

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
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
    limit_pages: u64,
    attempt_at_pages: u64,
    writes: usize,
    /// `None` if there is no thread to be had.
    copier: Option<Copier>,
    rounds: u32,
}

impl Checkpointer {
    /// Starts the thread that copies, which calls `first` before anything else.
    pub(super) fn new(path: &Path, limit_pages: u64, first: fn()) -> Self {
        Self {
            limit_pages,
            attempt_at_pages: limit_pages,
            writes: 0,
            copier: Copier::start(path, limit_pages, first).ok(),
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

    /// Copies all back and empties the log's file, in which there may be texts that were removed. `false`: later, since
    /// it takes a while, which the thread is used for, or somebody reads.
    pub(super) fn empty(&mut self, conn: &Connection) -> Result<bool> {
        if self.is_copying() {
            return Ok(false);
        }
        self.copied()?;
        let log = Log::run(conn, "NOOP")?;
        let is_much = log.pages.saturating_sub(log.copied) > FEW_PAGES;
        if is_much && self.rounds < ROUNDS && self.copy() {
            self.rounds += 1;
            return Ok(false);
        }
        self.rounds = 0;
        conn.busy_timeout(PATIENCE)?;
        let log = Log::run(conn, "TRUNCATE");
        connection::restore_busy_timeout(conn)?;
        Ok(!log?.blocked)
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

    /// Has what is in the log by now copied back. `false` if there is nobody to do it.
    fn copy(&mut self) -> bool {
        self.copier.as_mut().is_some_and(Copier::begin)
    }

    fn is_copying(&mut self) -> bool {
        self.copier.as_mut().is_some_and(Copier::is_busy)
    }

    /// Waits until nobody copies.
    fn copied(&mut self) -> Result<()> {
        self.copier.as_mut().map_or(Ok(()), Copier::wait)
    }

    fn step(&self) -> u64 {
        self.limit_pages / 4 + 1
    }
}

/// The thread that copies the log back. It lives as long as this, and not only while it copies, because a thread has the
/// precedence of the one that starts it: of whoever opens the database, not of whoever writes to the tables.
struct Copier {
    asked: Sender<()>,
    done: Receiver<Result<()>>,
    is_asked: bool,
    /// What it did, until somebody wants to know.
    result: Result<()>,
    thread: Option<JoinHandle<()>>,
}

impl Copier {
    fn start(path: &Path, limit_pages: u64, first: fn()) -> std::io::Result<Self> {
        let (asked, waiting) = channel();
        let (tell, done) = channel();
        let path = path.to_owned();
        let work = move || {
            first();
            for () in waiting {
                let copied = connection::open_writer(&path, limit_pages)
                    .and_then(|conn| Log::run(&conn, "PASSIVE"));
                if tell.send(copied.map(drop)).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("store-checkpoint".into());
        Ok(Self {
            thread: Some(thread.spawn(work)?),
            asked,
            done,
            is_asked: false,
            result: Ok(()),
        })
    }

    /// Asks for a copy. `false` if the thread has ended.
    fn begin(&mut self) -> bool {
        self.is_asked = self.asked.send(()).is_ok();
        self.is_asked
    }

    fn is_busy(&mut self) -> bool {
        if self.is_asked
            && let Ok(result) = self.done.try_recv()
        {
            self.is_asked = false;
            self.result = result;
        }
        self.is_asked
    }

    /// Waits until it is done with what it was asked for, and tells how that went.
    fn wait(&mut self) -> Result<()> {
        if std::mem::take(&mut self.is_asked) {
            // Without an answer the thread has panicked, which is told when it is joined.
            self.result = self.done.recv().unwrap_or(Ok(()));
        }
        std::mem::replace(&mut self.result, Ok(()))
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        // The thread ends when its last sender is gone; so ours goes first, a dead one in its place.
        self.asked = channel().0;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that copies the write-ahead log back panicked");
        }
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

/// Pages in the log.
pub(super) fn pages(conn: &Connection) -> Result<u64> {
    Ok(Log::run(conn, "NOOP")?.pages)
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
        (folder, conn, Checkpointer::new(&path, LIMIT, || ()))
    }

    fn has_asked(checkpointer: &Checkpointer) -> bool {
        checkpointer.copier.as_ref().unwrap().is_asked
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
        assert!(has_asked(&checkpointer));
        // Nothing is written meanwhile: a log that was copied whole would start over by that.
        while checkpointer.is_copying() {
            std::thread::yield_now();
        }
        assert!(Log::run(&conn, "NOOP").unwrap().copied >= LIMIT);
        checkpointer.after_commit(&conn, LOOK_EVERY);
        assert!(!has_asked(&checkpointer));
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
        assert!(!has_asked(&checkpointer));
        assert!(
            checkpointer.attempt_at_pages > LIMIT,
            "the reader was there"
        );
    }

    #[test]
    fn a_log_that_is_much_too_long_is_not_left_to_a_thread() {
        let (_folder, conn, mut checkpointer) = log_of(2 * LIMIT);
        checkpointer.after_commit(&conn, LOOK_EVERY);
        assert!(!has_asked(&checkpointer));
        write(&conn, 1);
        assert!(log_pages(&conn).unwrap() < 10, "it did not start over");
    }
}
