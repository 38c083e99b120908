//! Notes of sessions being used, gathered so that they cost no commit of their own under load.
//!
//! Owns: the last note of each session, until some transaction takes it along.
//! Promises: bounded; written when the writer's queue is empty, or by the next transaction.
//! Not here: durability at once. A crash loses notes, and that only makes `seen_at` a little old.

use std::collections::HashMap;

use hongyan_protocol::{Millis, SessionId};
use rusqlite::{Connection, Result};

use crate::row::sql;

/// Notes held at most. When there are as many, they are written before anything else.
const PENDING: usize = 1024;

#[derive(Default)]
pub(super) struct Touches {
    pending: HashMap<SessionId, (Option<String>, Millis)>,
}

impl Touches {
    pub(super) fn note(&mut self, session: SessionId, client: Option<String>, now: Millis) {
        self.pending.insert(session, (client, now));
    }

    /// Whether to write now, given that the writer has nothing else to do, or has.
    pub(super) fn are_due(&self, idle: bool) -> bool {
        self.pending.len() >= PENDING || (idle && !self.pending.is_empty())
    }

    /// Writes the notes; [`clear`](Self::clear) when that is committed.
    pub(super) fn write(&self, conn: &Connection) -> Result<()> {
        let mut update = conn.prepare_cached(
            "UPDATE sessions SET seen_at = max(seen_at, ?2), client = coalesce(?3, client)
             WHERE id = ?1",
        )?;
        for (session, (client, now)) in &self.pending {
            update.execute((sql(*session), sql(*now), client))?;
        }
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        self.pending.clear();
    }
}
