//! Notes of sessions being used, gathered so that thousands of clients that sign on at once cost a few
//! commits and not thousands.
//!
//! Owns: the last note of each session, until some transaction takes it along.
//! Promises: bounded; written with what is settled, or by themselves when the writer does what it has
//! put off.
//! Not here: durability at once. A crash loses notes, and that only makes `seen_at` a little old.

use std::collections::HashMap;

use hongyan_protocol::{Millis, SessionId};
use rusqlite::{Connection, Result};

use crate::row::sql;

/// Notes held at most. When there are as many, they are written as soon as that can be.
const PENDING: usize = 1024;

#[derive(Default)]
pub(in crate::writer) struct Touches {
    pending: HashMap<SessionId, (Option<String>, Millis)>,
}

impl Touches {
    pub(in crate::writer) fn note(
        &mut self,
        session: SessionId,
        client: Option<String>,
        now: Millis,
    ) {
        self.pending.insert(session, (client, now));
    }

    /// Whether nothing is noted.
    pub(in crate::writer) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether there are as many as may be held.
    pub(in crate::writer) fn is_full(&self) -> bool {
        self.pending.len() >= PENDING
    }

    /// Writes the notes.
    pub(in crate::writer) fn write(&self, conn: &Connection) -> Result<()> {
        let mut update = conn.prepare_cached(
            "UPDATE sessions SET seen_at = max(seen_at, ?2), client = coalesce(?3, client)
             WHERE id = ?1",
        )?;
        for (session, (client, now)) in &self.pending {
            update.execute((sql(*session), sql(*now), client))?;
        }
        Ok(())
    }
}
