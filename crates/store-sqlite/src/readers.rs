//! The connections that read.
//!
//! Owns: a few read-only connections, opened when first needed.
//! Promises: each read sees one snapshot; at most as many reads run as there are connections, and
//! the others wait their turn.
//! Not here: what is read (`read`).

use std::path::PathBuf;
use std::sync::Arc;

use hongyan_store::StoreError;
use parking_lot::Mutex;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::Semaphore;

use crate::connection;
use crate::error::store_error;

pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, connections: usize) -> Arc<Self> {
        Arc::new(Self {
            path,
            idle: Mutex::new(Vec::with_capacity(connections)),
            turns: Arc::new(Semaphore::new(connections)),
        })
    }

    /// Runs `read` on a thread that may block, in one snapshot.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run_after(|| (), |conn, ()| read(conn)).await
    }

    /// The same, with what `first` gives just before the snapshot begins.
    pub(crate) async fn run_after<F, T: Send + 'static>(
        self: &Arc<Self>,
        first: impl FnOnce() -> F + Send + 'static,
        read: impl FnOnce(&Connection, F) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shutting_down = || StoreError::Unavailable("shutting down".into());
        let turns = Arc::clone(&self.turns);
        let turn = turns.acquire_owned().await.map_err(|_| shutting_down())?;
        let readers = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            // Here, because the read goes on when its caller is cancelled.
            let _turn = turn;
            let before = first();
            readers.read(|conn| read(conn, before))
        });
        match done.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(store_error(&error)),
            Err(join) if join.is_cancelled() => Err(shutting_down()),
            Err(_) => Err(StoreError::Failed("a read panicked".into())),
        }
    }

    /// Closes the idle connections and refuses new reads. Those under way end by themselves.
    pub(crate) fn close(&self) {
        self.turns.close();
        self.idle.lock().clear();
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let idle = self.idle.lock().pop();
        let conn = match idle {
            Some(conn) => conn,
            None => connection::open_reader(&self.path)?,
        };
        // On an error the connection is dropped with the transaction, and the next read opens another.
        let snapshot = Transaction::new_unchecked(&conn, TransactionBehavior::Deferred)?;
        let value = read(&snapshot)?;
        snapshot.finish()?;
        if !self.turns.is_closed() {
            self.idle.lock().push(conn);
        }
        Ok(value)
    }
}
