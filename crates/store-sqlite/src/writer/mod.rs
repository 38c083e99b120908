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

mod accounts;
mod append;
mod batch;
mod cache;
mod checkpoint;
mod generations;
mod handle;
#[cfg(test)]
mod tests;
mod touches;

use std::path::PathBuf;
use std::sync::Arc;

use hongyan_protocol::{SessionId, UserId};
use hongyan_store::{
    CreateUserError, NewSession, NewUser, Outcome, Session, StoreError, User, Write,
};
use rusqlite::{Connection, Transaction, TransactionBehavior};

pub(crate) use handle::WriterHandle;

use self::cache::Cache;
use self::checkpoint::Checkpointer;
use self::touches::Touches;
use crate::connection;
use crate::error::store_error;
use crate::lock::WriterLock;

/// The state of the writing thread.
pub(crate) struct Writer {
    path: PathBuf,
    /// `None` after a failure, until the next command opens it again.
    conn: Option<Connection>,
    cache: Cache,
    touches: Touches,
    checkpointer: Checkpointer,
    // Last, so that it is dropped after the connection.
    _lock: WriterLock,
}

impl Writer {
    pub(crate) fn new(
        path: PathBuf,
        conn: Connection,
        wal_limit_pages: u64,
        lock: WriterLock,
    ) -> Self {
        Self {
            path,
            conn: Some(conn),
            cache: Cache::new(),
            touches: Touches::default(),
            checkpointer: Checkpointer::new(wal_limit_pages),
            _lock: lock,
        }
    }

    pub(crate) fn commit(&mut self, writes: &Arc<[Write]>) -> Result<Vec<Outcome>, StoreError> {
        self.transaction(|conn, cache| batch::apply(conn, cache, writes))
    }

    pub(crate) fn create_user(&mut self, user: &NewUser) -> Result<User, CreateUserError> {
        self.transaction(|conn, _| accounts::create_user(conn, user))?
    }

    pub(crate) fn rename_user(
        &mut self,
        user: UserId,
        name: &str,
    ) -> Result<Option<User>, StoreError> {
        self.transaction(|conn, _| accounts::rename_user(conn, user, name))
    }

    pub(crate) fn set_password(
        &mut self,
        user: UserId,
        hash: &str,
        keep: Option<SessionId>,
    ) -> Result<Option<Vec<SessionId>>, StoreError> {
        self.transaction(|conn, _| accounts::set_password(conn, user, hash, keep))
    }

    pub(crate) fn open_session(
        &mut self,
        session: &NewSession,
    ) -> Result<(Session, Vec<SessionId>), StoreError> {
        self.transaction(|conn, _| accounts::open_session(conn, session))
    }

    pub(crate) fn close_session(
        &mut self,
        user: UserId,
        session: SessionId,
    ) -> Result<bool, StoreError> {
        self.transaction(|conn, _| accounts::close_session(conn, user, session))
    }

    pub(crate) fn probe(&mut self) -> Result<(), StoreError> {
        self.transaction(|conn, _| accounts::probe(conn))
    }

    /// Writes the notes of used sessions by themselves, if there are any.
    fn write_touches(&mut self) {
        if let Err(error) = self.transaction(|_, _| Ok(())) {
            // They stay noted, and go along with the next transaction that succeeds.
            tracing::debug!(%error, "session notes could not be written");
        }
    }

    /// Runs `work` in one transaction: all of it is on disk when this returns `Ok`, none of it counts
    /// when it returns `Err`.
    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Connection, &mut Cache) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let done = self.try_transaction(work);
        done.map_err(|error| {
            self.cache.clear();
            self.conn = None;
            store_error(&error)
        })
    }

    fn try_transaction<T>(
        &mut self,
        work: impl FnOnce(&Connection, &mut Cache) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let conn = match &mut self.conn {
            Some(conn) => conn,
            none => {
                let limit = self.checkpointer.limit_pages();
                none.insert(connection::open_writer(&self.path, limit)?)
            }
        };
        // Dropped on an error, it rolls back.
        let transaction = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
        let value = work(&transaction, &mut self.cache)?;
        self.touches.write(&transaction)?;
        transaction.commit()?;
        self.touches.clear();
        self.checkpointer.after_commit(conn);
        Ok(value)
    }

    /// The last act: everything noted is written, the log is copied back.
    fn finish(mut self) {
        if !self.touches.is_empty() {
            self.write_touches();
        }
        if let Some(conn) = &self.conn {
            checkpoint::empty(conn);
        }
    }
}
