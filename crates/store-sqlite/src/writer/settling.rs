//! Carrying out what is journaled: many batches in one transaction, on a thread of its own.
//!
//! writer → settlement → **settler** → tables
//!
//! It takes some 20 ms for as many writes as there may be. So the writer hands it over, with the connection that writes,
//! and goes on committing to the journal.
//!
//! Owns: the connection that writes, while the writer does not need it itself; the bounds of its log.
//! Promises: a settlement is in the tables whole, and on disk, or not at all.
//! Not here: what is to be carried out, and when (`Writer`).

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, Error, Result};

use super::cache::Rows;
use super::checkpoint::{self, Checkpointer};
use super::pending::Entry;
use super::touches::Touches;
use super::{append, journal};

/// What one transaction carries out.
pub(super) struct Settlement {
    pub(super) entries: Arc<[Entry]>,
    pub(super) rows: Rows,
    /// The number of the last batch of these.
    pub(super) last: u64,
    /// Should it fail, they are gone, and that only makes `seen_at` a little old.
    pub(super) touches: Touches,
}

/// The connection that writes to the tables.
pub(super) struct Tables {
    pub(super) conn: Connection,
    checkpointer: Checkpointer,
}

impl Tables {
    pub(super) fn new(path: &Path, conn: Connection, wal_limit_pages: u64) -> Self {
        Self {
            conn,
            checkpointer: Checkpointer::new(path, wal_limit_pages),
        }
    }

    /// Runs `work` in one transaction: all of it is on disk when this returns `Ok`. When it returns `Err`, nothing
    /// is, and the connection is to be dropped.
    pub(super) fn transaction<T>(
        &mut self,
        writes: usize,
        work: impl FnOnce(&Connection) -> Result<T>,
    ) -> Result<T> {
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let value = work(&self.conn)?;
        self.conn.prepare_cached("COMMIT")?.execute([])?;
        self.checkpointer.after_commit(&self.conn, writes);
        Ok(value)
    }

    fn carry_out(&mut self, settlement: &Settlement) -> Result<()> {
        let writes = settlement.entries.len().max(1);
        self.transaction(writes, |conn| settlement.carry_out(conn))
    }

    /// The last act: the log is copied back. Whether that could be done.
    pub(super) fn finish(mut self) -> bool {
        self.checkpointer.finish();
        checkpoint::empty(&self.conn)
    }
}

impl Settlement {
    /// In a transaction of the caller's.
    pub(super) fn carry_out(&self, conn: &Connection) -> Result<()> {
        journal::note_carried_out(conn, self.last)?;
        let mut insert = conn.prepare_cached(append::INSERT_ENTRY)?;
        for entry in self.in_order_of_ids() {
            append::insert_entry(&mut insert, &entry.append, entry.place)?;
        }
        self.rows.write(conn)?;
        self.touches.write(conn)
    }

    /// Each at the end of the table, and those of a log [together](super::entry_ids).
    fn in_order_of_ids(&self) -> impl Iterator<Item = &Entry> {
        let numbered = self.entries.iter().enumerate();
        let mut order: Vec<_> = numbered.map(|(at, entry)| (entry.place.id, at)).collect();
        // There are long runs in it, which this finds, where an unstable one would not.
        order.sort();
        order.into_iter().map(|(_, at)| &self.entries[at])
    }
}

type Job = (Box<Tables>, Settlement);

/// The thread. It ends when this is dropped.
pub(super) struct Settler {
    jobs: Sender<Job>,
    done: Receiver<Result<Box<Tables>>>,
    is_busy: bool,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Settler {
    fn drop(&mut self) {
        // The thread ends when its last sender is gone; so ours goes first, a dead one in its place.
        self.jobs = channel().0;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the settling thread had panicked");
        }
    }
}

impl Settler {
    /// Starts the thread. It calls `first` before anything else, and `settled` after each settlement.
    pub(super) fn start(first: fn(), settled: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (jobs, waiting) = channel::<Job>();
        let (tell, done) = channel();
        let work = move || {
            first();
            for (mut tables, settlement) in waiting {
                let carried_out = tables.carry_out(&settlement);
                let result = carried_out.map(|()| tables);
                if tell.send(result).is_err() {
                    return;
                }
                settled();
            }
        };
        let thread = std::thread::Builder::new().name("store-settler".into());
        let thread = Some(thread.spawn(work)?);
        Ok(Self {
            thread,
            jobs,
            done,
            is_busy: false,
        })
    }

    /// Gives it something to do. It must have been heard of what it did before.
    pub(super) fn begin(&mut self, tables: Box<Tables>, settlement: Settlement) -> Result<()> {
        self.jobs.send((tables, settlement)).map_err(|_| ended())?;
        self.is_busy = true;
        Ok(())
    }

    /// What it has done, if it is ready by now.
    pub(super) fn poll(&mut self) -> Result<Option<Box<Tables>>> {
        match self.done.try_recv() {
            Err(TryRecvError::Empty) => Ok(None),
            result => self.heard(result.map_err(|_| ended())).map(Some),
        }
    }

    /// Waits until it is ready. `None` when it has nothing to do.
    pub(super) fn wait(&mut self) -> Result<Option<Box<Tables>>> {
        if !self.is_busy {
            return Ok(None);
        }
        let result = self.done.recv().map_err(|_| ended());
        self.heard(result).map(Some)
    }

    fn heard(&mut self, result: Result<Result<Box<Tables>>>) -> Result<Box<Tables>> {
        self.is_busy = false;
        result?
    }
}

fn ended() -> Error {
    let what = "the settling thread ended; restart the server";
    Error::ToSqlConversionFailure(what.into())
}
