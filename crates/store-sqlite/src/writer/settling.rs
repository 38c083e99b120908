//! Carrying out what is journaled: many batches in one transaction, on a thread of its own.
//!
//! writer → settlement → **settler** → tables
//!
//! It takes some 30 ms for as many writes as there may be. So the writer hands it over, with the connection that writes,
//! and goes on committing to the journal. The thread may be one that others go before: whoever has to wait for it takes
//! what is left and does it itself, so that a thread that seldom gets the core is waited for only to its next entry.
//!
//! Owns: the connection that writes, while the writer does not need it itself; the bounds of its log.
//! Promises: a settlement is in the tables whole, and on disk, or not at all.
//! Not here: what is to be carried out, and when (`Writer`).

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::vec::IntoIter;

use rusqlite::{Connection, Error, Result};

use super::cache::Rows;
use super::checkpoint::{self, Checkpointer};
use super::pending::Entry;
use super::scrub::{self, Scrubber};
use super::touches::Touches;
use super::{append, beside, journal};
use crate::identity::Stamper;

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
    scrubber: Scrubber,
    stamper: Stamper,
}

/// How far removed texts are removed everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Forgotten {
    All,
    /// There is more to do, at once.
    InPart,
    /// Somebody still reads, or it takes a while to copy the log back.
    NotYet,
}

impl Tables {
    /// `first`: what the thread that copies the log back does before anything else.
    pub(super) fn new(
        path: &Path,
        conn: Connection,
        wal_limit_pages: u64,
        first: fn(),
    ) -> Result<Self> {
        let mut scrubber = Scrubber::new(beside(path, "-wal"));
        scrubber.look_at_all(checkpoint::pages(&conn)?);
        Ok(Self {
            conn,
            checkpointer: Checkpointer::new(path, wal_limit_pages, first),
            scrubber,
            stamper: Stamper::new(path),
        })
    }

    /// Runs `work` in one transaction: all of it is on disk when this returns `Ok`. When it returns `Err`, nothing
    /// is, and the connection is to be dropped.
    pub(super) fn transaction<T>(
        &mut self,
        writes: usize,
        work: impl FnOnce(&Connection) -> Result<T>,
    ) -> Result<T> {
        self.begin()?;
        let value = work(&self.conn)?;
        self.commit(writes)?;
        Ok(value)
    }

    fn begin(&self) -> Result<()> {
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(())
    }

    fn commit(&mut self, writes: usize) -> Result<()> {
        self.scrubber.clean(&self.conn)?;
        self.conn.prepare_cached("COMMIT")?.execute([])?;
        self.scrubber.after_commit();
        self.checkpointer.after_commit(&self.conn, writes);
        self.stamper.after_commit(&self.conn);
        Ok(())
    }

    /// Overwrites what removed texts have left in the tables and in their log.
    pub(super) fn forget(&mut self) -> Result<Forgotten> {
        self.scrub()?;
        if !scrub::is_complete(&self.conn)? {
            self.begin()?;
            let (is_more, pages) = scrub::step(&self.conn)?;
            self.commit(pages)?;
            if is_more {
                return Ok(Forgotten::InPart);
            }
        }
        let is_empty = self.checkpointer.empty(&self.conn)?;
        Ok(if is_empty {
            Forgotten::All
        } else {
            Forgotten::NotYet
        })
    }

    /// Overwrites what the last transaction has left. To do so leaves nothing in its turn.
    fn scrub(&mut self) -> Result<()> {
        if !self.scrubber.is_done() {
            self.transaction(1, |_| Ok(()))?;
        }
        Ok(())
    }

    /// The last act: the log is copied back. Whether that could be done.
    pub(super) fn finish(mut self) -> bool {
        if let Err(error) = self.scrub() {
            tracing::warn!(%error, "what removed texts have left is overwritten at the next start");
        }
        self.stamper.write(&self.conn);
        self.checkpointer.finish();
        checkpoint::empty(&self.conn)
    }
}

impl Settlement {
    /// In a transaction of the caller's.
    pub(super) fn carry_out(&self, conn: &Connection) -> Result<()> {
        self.insert(conn, &mut self.order(), || false)?;
        self.note(conn)
    }

    /// Inserts the entries that are left, until `is_stopped` says so.
    fn insert(
        &self,
        conn: &Connection,
        left: &mut IntoIter<usize>,
        is_stopped: impl Fn() -> bool,
    ) -> Result<()> {
        let mut insert = conn.prepare_cached(append::INSERT_ENTRY)?;
        while !is_stopped()
            && let Some(at) = left.next()
        {
            let entry = &self.entries[at];
            append::insert_entry(&mut insert, &entry.append, entry.place)?;
        }
        Ok(())
    }

    /// What there is beside the entries.
    fn note(&self, conn: &Connection) -> Result<()> {
        journal::note_carried_out(conn, self.last)?;
        self.rows.write(conn)?;
        self.touches.write(conn)
    }

    /// Where the entries are in the order of their ids: so each goes at the end of the table, and those of a log
    /// [together](super::entry_ids).
    fn order(&self) -> IntoIter<usize> {
        let numbered = self.entries.iter().enumerate();
        let mut order: Vec<_> = numbered.map(|(at, entry)| (entry.place.id, at)).collect();
        // There are long runs in it, which this finds, where an unstable one would not.
        order.sort();
        let places: Vec<_> = order.into_iter().map(|(_, at)| at).collect();
        places.into_iter()
    }
}

/// A settlement that is being carried out. Dropped before its end, nothing of it counts.
pub(super) struct Work {
    tables: Box<Tables>,
    settlement: Settlement,
    /// The entries still to be inserted, once the transaction has begun.
    left: Option<IntoIter<usize>>,
}

/// How far it is.
pub(super) enum Progress {
    Done(Box<Tables>),
    Stopped(Work),
}

impl Work {
    pub(super) fn new(tables: Box<Tables>, settlement: Settlement) -> Self {
        Self {
            tables,
            settlement,
            left: None,
        }
    }

    /// Carries out what is left, until `is_stopped` says so; the last steps are not stopped.
    pub(super) fn go_on(mut self, is_stopped: impl Fn() -> bool) -> Result<Progress> {
        let left = match &mut self.left {
            Some(left) => left,
            none => {
                self.tables.begin()?;
                none.insert(self.settlement.order())
            }
        };
        self.settlement
            .insert(&self.tables.conn, left, is_stopped)?;
        if !left.as_slice().is_empty() {
            return Ok(Progress::Stopped(self));
        }
        self.settlement.note(&self.tables.conn)?;
        self.tables.commit(self.settlement.entries.len().max(1))?;
        Ok(Progress::Done(self.tables))
    }

    pub(super) fn finish(self) -> Result<Box<Tables>> {
        match self.go_on(|| false)? {
            Progress::Done(tables) => Ok(tables),
            Progress::Stopped(_) => Err(Error::InvalidQuery),
        }
    }
}

/// The thread. It ends when this is dropped.
pub(super) struct Settler {
    jobs: Sender<Work>,
    done: Receiver<Result<Progress>>,
    is_busy: bool,
    /// Somebody waits, and will do what is left.
    is_waited_for: Arc<AtomicBool>,
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
        let (jobs, waiting) = channel::<Work>();
        let (tell, done) = channel();
        let is_waited_for = Arc::new(AtomicBool::new(false));
        let is_stopped = Arc::clone(&is_waited_for);
        let work = move || {
            first();
            for work in waiting {
                let progress = work.go_on(|| is_stopped.load(Ordering::Relaxed));
                if tell.send(progress).is_err() {
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
            is_waited_for,
        })
    }

    /// Gives it something to do. It must have been heard of what it did before.
    pub(super) fn begin(&mut self, work: Work) -> Result<()> {
        self.jobs.send(work).map_err(|_| ended())?;
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

    /// Sees to it that it is done, by doing here what is left. `None` when it has nothing to do.
    pub(super) fn wait(&mut self) -> Result<Option<Box<Tables>>> {
        if !self.is_busy {
            return Ok(None);
        }
        self.is_waited_for.store(true, Ordering::Relaxed);
        let result = self.done.recv().map_err(|_| ended());
        self.is_waited_for.store(false, Ordering::Relaxed);
        self.heard(result).map(Some)
    }

    /// As if somebody waited, until somebody does.
    #[cfg(test)]
    pub(super) fn stop(&self) {
        self.is_waited_for.store(true, Ordering::Relaxed);
    }

    fn heard(&mut self, result: Result<Result<Progress>>) -> Result<Box<Tables>> {
        self.is_busy = false;
        match result?? {
            Progress::Done(tables) => Ok(tables),
            Progress::Stopped(work) => work.finish(),
        }
    }
}

fn ended() -> Error {
    let what = "the settling thread ended; restart the server";
    Error::ToSqlConversionFailure(what.into())
}
