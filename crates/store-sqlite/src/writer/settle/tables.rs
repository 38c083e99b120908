//! The connection that writes to the tables, with what every commit of it needs after it.
//!
//! Owns: the connection; the bounds of its log; what removed texts have left in it.
//! Promises: a transaction is on disk whole when it returns, or not at all.
//! Not here: what is written, and when.

use std::path::Path;

use rusqlite::{Connection, Result};

use super::checkpoint::{self, Checkpointer};
use super::scrub::{self, Scrubber};
use crate::identity::Stamper;
use crate::writer::beside;

/// The connection that writes to the tables.
pub(in crate::writer) struct Tables {
    pub(in crate::writer) conn: Connection,
    checkpointer: Checkpointer,
    scrubber: Scrubber,
    stamper: Stamper,
}

/// How far removed texts are removed everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::writer) enum Forgotten {
    All,
    /// There is more to do, at once.
    InPart,
    /// Somebody still reads, or it takes a while to copy the log back.
    NotYet,
}

impl Tables {
    /// `first`: what the thread that copies the log back does before anything else.
    pub(in crate::writer) fn new(
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
    pub(in crate::writer) fn transaction<T>(
        &mut self,
        writes: usize,
        work: impl FnOnce(&Connection) -> Result<T>,
    ) -> Result<T> {
        self.begin()?;
        let value = work(&self.conn)?;
        self.commit(writes)?;
        Ok(value)
    }

    pub(super) fn begin(&self) -> Result<()> {
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(())
    }

    pub(super) fn commit(&mut self, writes: usize) -> Result<()> {
        self.scrubber.clean(&self.conn)?;
        self.conn.prepare_cached("COMMIT")?.execute([])?;
        self.scrubber.after_commit();
        self.checkpointer.after_commit(&self.conn, writes);
        self.stamper.after_commit(&self.conn);
        Ok(())
    }

    /// Overwrites what removed texts have left in the tables and in their log.
    pub(in crate::writer) fn forget(&mut self) -> Result<Forgotten> {
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
    pub(in crate::writer) fn finish(mut self) -> bool {
        if let Err(error) = self.scrub() {
            tracing::warn!(%error, "what removed texts have left is overwritten at the next start");
        }
        self.stamper.write(&self.conn);
        self.checkpointer.finish();
        checkpoint::empty(&self.conn)
    }
}
