//! Settling: carrying what is journaled out in the tables, many batches in one transaction.
//!
//! journal → settlement → **settle** → tables
//!
//! Owns: what one settlement writes, and in which order.
//! Promises: a settlement is in the tables whole, and on disk, or not at all. Carried out again after a crash it ends in
//! the same state.
//! Not here: what was decided (`decide`), and when to settle (`Writer`).

mod checkpoint;
mod entries;
mod feed;
mod groups;
mod joining;
mod mentions;
mod order;
mod pack;
mod reactions;
mod retain;
mod scrub;
mod settler;
mod tables;
mod touches;
mod views;

use std::sync::Arc;
use std::vec::IntoIter;

use rusqlite::{Connection, Error, Result};

pub(crate) use self::feed::fill as fill_feed;
pub(crate) use self::mentions::fill as fill_mentions;
pub(super) use self::pack::step as pack;
pub(super) use self::retain::{Taken, give_back, take};
pub(super) use self::scrub::begin as begin_scrubbing;
pub(super) use self::settler::Settler;
pub(super) use self::tables::{Forgotten, Tables};
pub(super) use self::touches::Touches;
use super::decide::Rows;
use super::journal::{self, Begun, Entry, Reaction, Shared, SharedEntries};

/// What one transaction carries out.
pub(super) struct Settlement {
    pub(super) begun: Vec<Begun>,
    /// In the order in which they were journaled.
    pub(super) entries: Arc<[Arc<Entry>]>,
    /// In the order in which they were journaled.
    pub(super) reactions: Vec<Arc<Reaction>>,
    pub(super) rows: Rows,
    /// The number of the last batch of these.
    pub(super) last: u64,
    /// Should it fail, they are gone, and that only makes `seen_at` a little old.
    pub(super) touches: Touches,
}

/// One step of a settlement. An index is that of an entry.
#[derive(Debug, Clone, Copy)]
enum Step {
    Insert(usize),
    /// What an edit or a recall does to earlier entries, or an event to its group.
    Replace(usize),
}

impl Settlement {
    /// Of what is pending, whose entries are given back. `last`: the number of the last batch of it.
    pub(super) fn of(shared: Shared, rows: Rows, last: u64) -> (Self, SharedEntries) {
        let Shared {
            entries,
            begun,
            reactions,
        } = shared;
        let settlement = Self {
            begun,
            entries: entries.all(),
            reactions,
            rows,
            last,
            touches: Touches::default(),
        };
        (settlement, entries)
    }

    /// In a transaction of the caller's.
    pub(super) fn carry_out(&self, conn: &Connection) -> Result<()> {
        self.begin(conn)?;
        self.do_steps(conn, &mut self.steps(), || false)?;
        self.note(conn)
    }

    fn begin(&self, conn: &Connection) -> Result<()> {
        for begun in &self.begun {
            entries::begin(conn, *begun)?;
        }
        for entry in self.entries.iter().filter(|entry| entry.begins_group()) {
            groups::begin(conn, entry)?;
        }
        Ok(())
    }

    /// Does the steps that are left, until `is_stopped` says so.
    fn do_steps(
        &self,
        conn: &Connection,
        left: &mut IntoIter<Step>,
        is_stopped: impl Fn() -> bool,
    ) -> Result<()> {
        let mut insert = conn.prepare_cached(entries::INSERT)?;
        while !is_stopped()
            && let Some(step) = left.next()
        {
            match step {
                Step::Insert(at) => {
                    entries::insert(&mut insert, &self.entries[at])?;
                    mentions::insert(conn, &self.entries[at])?;
                }
                Step::Replace(at) => {
                    entries::replace(conn, &self.entries[at])?;
                    mentions::recall(conn, &self.entries[at])?;
                    groups::change(conn, &self.entries[at])?;
                    joining::came(conn, &self.entries[at])?;
                }
            }
        }
        Ok(())
    }

    /// What there is beside the entries.
    fn note(&self, conn: &Connection) -> Result<()> {
        journal::note_settled(conn, self.last)?;
        feed::add(conn, &self.entries)?;
        for reaction in &self.reactions {
            reactions::write(conn, reaction)?;
        }
        self.rows.write(conn)?;
        self.touches.write(conn)
    }

    /// First all entries in the order of their ids: so each goes at the end of the table, and those of a log
    /// [together](super::decide). Then what they replace, in the order in which it was decided.
    fn steps(&self) -> IntoIter<Step> {
        let numbered = || self.entries.iter().enumerate();
        let mut order: Vec<_> = numbered().map(|(at, entry)| (entry.place.id, at)).collect();
        // There are long runs in it, which this finds, where an unstable one would not.
        order.sort();
        let inserts = order.into_iter().map(|(_, at)| Step::Insert(at));
        let replaces = numbered().filter(|(_, entry)| !entry.is_message());
        let replaces = replaces.map(|(at, _)| Step::Replace(at));
        inserts.chain(replaces).collect::<Vec<_>>().into_iter()
    }
}

/// A settlement that is being carried out. Dropped before its end, nothing of it counts.
pub(super) struct Work {
    tables: Box<Tables>,
    settlement: Settlement,
    /// What is left to do, once the transaction has begun.
    left: Option<IntoIter<Step>>,
}

/// How far it is.
pub(super) enum Progress {
    Done(Box<Tables>),
    Stopped(Box<Work>),
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
                self.settlement.begin(&self.tables.conn)?;
                none.insert(self.settlement.steps())
            }
        };
        self.settlement
            .do_steps(&self.tables.conn, left, is_stopped)?;
        if !left.as_slice().is_empty() {
            return Ok(Progress::Stopped(Box::new(self)));
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
