//! The one writer: a thread that owns the connection which writes.
//!
//! store → queue → **writer** → one transaction → answer
//!
//! Owns: the write connection, the lock against other servers, and what it remembers of hot
//! conversations.
//! Promises: commands run one after the other, in the order they were queued, each in one
//! transaction; after a failed one the connection is opened anew, so that a disk with room again
//! is all it takes to go on. No caller waits for ever, not even when the thread dies.
//! Not here: filling batches (`service`).
//!
//! ```text
//! small batch ──► journal, on disk ──► answered ··· settled later, many at once ──► tables
//! large batch, or anything but messages and moves ──► tables, on disk ──► answered
//! ```

mod accounts;
mod append;
mod batch;
mod cache;
mod checkpoint;
mod generations;
mod handle;
mod journal;
mod pace;
mod pending;
mod room;
#[cfg(test)]
mod tests;
mod touches;
mod unused;

use std::path::PathBuf;
use std::sync::Arc;

use hongyan_protocol::{SessionId, UserId};
use hongyan_store::{
    CreateUserError, NewSession, NewUser, Outcome, Session, StoreError, User, Write,
};
use rusqlite::Connection;
use tokio::time::Instant;

pub(crate) use handle::WriterHandle;
pub(crate) use journal::{Record, records as journaled};

use self::cache::Cache;
use self::checkpoint::Checkpointer;
use self::pace::Pace;
use self::pending::Pending;
use self::room::Room;
use self::touches::Touches;
use crate::connection;
use crate::error::store_error;
use crate::lock::WriterLock;
use crate::unsettled::Unsettled;

/// The state of the writing thread.
pub(crate) struct Writer {
    path: PathBuf,
    /// `None` after a failure, until the next command opens it again.
    open: Option<Open>,
    touches: Touches,
    checkpointer: Checkpointer,
    room: Room,
    pace: Pace,
    unsettled: Arc<Unsettled>,
    // Last, so that it is dropped after the connection.
    _lock: WriterLock,
}

/// The connection, and what is remembered of what it wrote. One is wrong without the other, so they are
/// dropped together.
struct Open {
    conn: Connection,
    cache: Cache,
    pending: Pending,
}

/// When a transaction is safe from a loss of power.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Durable {
    /// Before it is answered.
    AtOnce,
    /// With the next one that is, or the next checkpoint. In order, and whole or not at all.
    InTime,
}

impl Open {
    /// Carries out first what an earlier writer left in the journal.
    fn new(conn: Connection) -> rusqlite::Result<Self> {
        let mut open = Self {
            conn,
            cache: Cache::new(),
            pending: Pending::default(),
        };
        let left = journal::records(&open.conn)?;
        if !left.is_empty() {
            let Self {
                conn,
                cache,
                pending,
            } = &mut open;
            begin(conn)?;
            cache.skip_versions(conn, left.len() as u64)?;
            batch::take_up(conn, cache, pending, left)?;
            batch::settle(conn, cache, pending)?;
            commit(conn)?;
        }
        Ok(open)
    }
}

impl Writer {
    /// Ready to write: what an earlier writer left in the journal is carried out.
    pub(crate) fn new(
        path: PathBuf,
        conn: Connection,
        wal_limit_pages: u64,
        unsettled: Arc<Unsettled>,
        lock: WriterLock,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            checkpointer: Checkpointer::new(&path, wal_limit_pages),
            room: Room::new(&path, wal_limit_pages),
            pace: Pace::new(),
            path,
            open: Some(Open::new(conn)?),
            touches: Touches::default(),
            unsettled,
            _lock: lock,
        })
    }

    pub(crate) fn commit(&mut self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        let outcomes = self.transaction(Durable::AtOnce, |open| {
            let Open {
                conn,
                cache,
                pending,
            } = open;
            if cache.has_foreign_change(conn)? {
                batch::settle(conn, cache, pending)?;
                cache.clear();
            }
            cache.age();
            if batch::is_for_journal(conn, cache, writes)? {
                batch::journal(conn, cache, pending, writes)
            } else {
                batch::settle(conn, cache, pending)?;
                batch::write_through(conn, cache, writes)
            }
        })?;
        self.checkpoint(writes.len());
        Ok(outcomes)
    }

    /// Carries out what is journaled, and writes the notes of used sessions.
    ///
    /// Does not wait for the disk: should this get lost, the journal has it still.
    pub(crate) fn settle(&mut self) -> Result<(), StoreError> {
        let pending = self.open.as_ref().map(|open| open.pending.writes());
        if pending == Some(0) && self.touches.is_empty() {
            return Ok(());
        }
        let start = Instant::now();
        self.transaction(Durable::InTime, |open| {
            batch::settle(&open.conn, &mut open.cache, &mut open.pending)
        })?;
        self.pace.carried_out(start, Instant::now());
        self.checkpoint(pending.unwrap_or(1));
        Ok(())
    }

    pub(crate) fn create_user(&mut self, user: &NewUser) -> Result<User, CreateUserError> {
        self.write(|conn| accounts::create_user(conn, user))?
    }

    pub(crate) fn rename_user(
        &mut self,
        user: UserId,
        name: &str,
    ) -> Result<Option<User>, StoreError> {
        self.write(|conn| accounts::rename_user(conn, user, name))
    }

    pub(crate) fn set_password(
        &mut self,
        user: UserId,
        hash: &str,
        keep: Option<SessionId>,
    ) -> Result<Option<Vec<SessionId>>, StoreError> {
        self.write(|conn| accounts::set_password(conn, user, hash, keep))
    }

    pub(crate) fn open_session(
        &mut self,
        session: &NewSession,
    ) -> Result<(Session, Vec<SessionId>), StoreError> {
        self.write(|conn| accounts::open_session(conn, session))
    }

    pub(crate) fn close_session(
        &mut self,
        user: UserId,
        session: SessionId,
    ) -> Result<bool, StoreError> {
        self.write(|conn| accounts::close_session(conn, user, session))
    }

    pub(crate) fn probe(&mut self) -> Result<(), StoreError> {
        self.write(accounts::probe)
    }

    /// Whether enough was put off to be done before anything else.
    fn is_due(&self) -> bool {
        let is_due = |open: &Open| {
            let pending = &open.pending;
            pending.is_full() || self.pace.allows(pending.writes(), Instant::now())
        };
        self.touches.is_full() || self.open.as_ref().is_some_and(is_due)
    }

    /// [`settle`](Self::settle), where nobody waits to hear how it went.
    fn settle_unasked(&mut self) {
        if let Err(error) = self.settle() {
            // What is journaled is safe, what is noted stays noted: both are tried again with the next
            // command.
            tracing::debug!(%error, "what was put off could not be written");
        }
    }

    fn write<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let value = self.transaction(Durable::AtOnce, |open| work(&open.conn))?;
        self.checkpoint(1);
        Ok(value)
    }

    /// Runs `work` in one transaction: all of it counts when this returns `Ok`, none of it when it returns
    /// `Err`.
    fn transaction<T>(
        &mut self,
        durable: Durable,
        work: impl FnOnce(&mut Open) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let done = self.try_transaction(durable, work);
        done.map_err(|error| {
            self.open = None;
            store_error(&error)
        })
    }

    fn try_transaction<T>(
        &mut self,
        durable: Durable,
        work: impl FnOnce(&mut Open) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                let limit = self.checkpointer.limit_pages();
                let conn = connection::open_writer(&self.path, limit)?;
                none.insert(Open::new(conn)?)
            }
        };
        if durable == Durable::InTime {
            connection::synchronize(&open.conn, connection::Synchronous::Normal)?;
            let log_pages = checkpoint::log_pages(&open.conn)?;
            begin(&open.conn)?;
            self.room.make(log_pages);
        } else {
            begin(&open.conn)?;
        }
        let value = work(open)?;
        // Notes go along where the tables are written anyway.
        let takes_notes = open.pending.is_empty();
        if takes_notes {
            self.touches.write(&open.conn)?;
        }
        commit(&open.conn)?;
        if takes_notes {
            self.touches.clear();
            self.unsettled.clear();
        } else {
            self.unsettled.add(open.pending.take_concerned());
        }
        if durable == Durable::InTime {
            connection::synchronize(&open.conn, connection::Synchronous::Full)?;
        }
        Ok(value)
    }

    fn checkpoint(&mut self, writes: usize) {
        if let Some(open) = &self.open {
            self.checkpointer.after_commit(&open.conn, writes);
        }
    }

    /// The last act: everything put off is written, the log is copied back.
    fn finish(mut self) {
        self.settle_unasked();
        self.checkpointer.finish();
        if let Some(open) = &self.open {
            checkpoint::empty(&open.conn);
        }
    }
}

/// A transaction that fails is not rolled back: its connection is dropped, which does the same.
fn begin(conn: &Connection) -> rusqlite::Result<()> {
    conn.prepare_cached("BEGIN IMMEDIATE")?
        .execute([])
        .map(drop)
}

fn commit(conn: &Connection) -> rusqlite::Result<()> {
    conn.prepare_cached("COMMIT")?.execute([]).map(drop)
}
