//! Keeps the write-ahead log bounded.
//!
//! SQLite's own `wal_autocheckpoint` copies pages back, but starts the log over only if at that
//! moment no reader uses it; under constant reads that moment never comes and the file grows
//! without bound. So the writer itself, when the log is over its limit, checkpoints with RESTART:
//! pages are copied back, then it waits a short time for the readers that still use the log. New
//! readers meanwhile read the database file and do not have to be waited for.
//!
//! A reader that stays longer (a backup, a check) makes the attempt fail. The log then grows by a
//! step before the next attempt, so that the writer does not wait at every commit.

use std::time::Duration;

use rusqlite::{Connection, Result};

use crate::connection;

/// How long the writer waits for readers at each attempt.
const PATIENCE: Duration = Duration::from_millis(100);

/// Writes between two looks at the log's size. A look costs as much as two or three of them.
const LOOK_EVERY: usize = 32;

pub(super) struct Checkpointer {
    limit_pages: u64,
    attempt_at_pages: u64,
    writes: usize,
}

impl Checkpointer {
    pub(super) fn new(limit_pages: u64) -> Self {
        Self {
            limit_pages,
            attempt_at_pages: limit_pages,
            writes: 0,
        }
    }

    pub(super) fn limit_pages(&self) -> u64 {
        self.limit_pages
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
            self.attempt_at_pages += self.step();
            tracing::warn!(%error, "the write-ahead log could not be checkpointed");
        }
    }

    fn bound(&mut self, conn: &Connection) -> Result<()> {
        let pages = log_pages(conn)?;
        if pages < self.attempt_at_pages {
            return Ok(());
        }
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

    fn step(&self) -> u64 {
        self.limit_pages / 4 + 1
    }
}

/// How many pages the log has. Not within a transaction.
pub(super) fn log_pages(conn: &Connection) -> Result<u64> {
    Ok(Log::run(conn, "NOOP")?.pages)
}

/// Copies everything back and empties the log. Left undone, the next opening does it.
pub(super) fn empty(conn: &Connection) {
    match Log::run(conn, "TRUNCATE") {
        Ok(log) if log.blocked => {
            tracing::debug!("the write-ahead log is still being read, and stays");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the write-ahead log could not be emptied"),
    }
}

/// What a checkpoint says of the log.
struct Log {
    /// A reader or another writer kept the checkpoint from completing.
    blocked: bool,
    pages: u64,
}

impl Log {
    fn run(conn: &Connection, mode: &str) -> Result<Self> {
        conn.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            Ok(Self {
                blocked: row.get(0)?,
                // -1 when there is no log yet.
                pages: row.get::<_, i64>(1)?.max(0).cast_unsigned(),
            })
        })
    }
}
