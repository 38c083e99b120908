//! What the writer remembers of hot conversations, so that an append reads nothing.
//!
//! Owns: head, message count and positions of the conversations lately written.
//! Promises: exact. There is one writer; a failed transaction drops everything here, and so does
//! a change by another program ([`Cache::note_data_version`]).
//! Not here: entries. What an edit or a recall needs of its target is read from the log.

use std::sync::Arc;

use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::Position;
use rusqlite::{Connection, OptionalExtension, Result};

use super::generations::Generations;
use crate::row::{self, sql};

/// Conversations, and pairs of users, remembered in each of two generations. Beyond, those not
/// used for longest are forgotten and read again when needed. About 300 bytes each.
const HALF: usize = 32 * 1024;

/// The part of a conversation that writes need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hot {
    pub(super) head: Seq,
    /// Entries of kind message, up to the head.
    pub(super) messages: u64,
    /// The seq of the last message; 0 before the first.
    pub(super) last_message: Seq,
    /// Ascending by user.
    pub(super) members: Vec<Position>,
    /// The same users, shared with every outcome.
    pub(super) member_ids: Arc<[UserId]>,
    /// Whether this batch changed anything, and so owes an update of the rows.
    pub(super) changed: bool,
}

impl Hot {
    pub(super) fn new(head: Seq, messages: u64, last_message: Seq, members: Vec<Position>) -> Self {
        let member_ids = members.iter().map(|member| member.user).collect();
        Self {
            head,
            messages,
            last_message,
            members,
            member_ids,
            changed: false,
        }
    }

    pub(super) fn member(&self, user: UserId) -> Option<&Position> {
        let at = self.member_ids.binary_search(&user).ok()?;
        self.members.get(at)
    }

    pub(super) fn member_mut(&mut self, user: UserId) -> Option<&mut Position> {
        let at = self.member_ids.binary_search(&user).ok()?;
        self.members.get_mut(at)
    }
}

pub(super) struct Cache {
    conversations: Generations<ConversationId, Hot>,
    directs: Generations<(UserId, UserId), ConversationId>,
    /// The last number given to a change; `None` before it was read.
    version: Option<u64>,
    data_version: Option<i64>,
}

impl Cache {
    pub(super) fn new() -> Self {
        Self {
            conversations: Generations::new(HALF),
            directs: Generations::new(HALF),
            version: None,
            data_version: None,
        }
    }

    pub(super) fn clear(&mut self) {
        self.conversations.clear();
        self.directs.clear();
        self.version = None;
    }

    /// To be called between batches: forgets what is too much.
    pub(super) fn age(&mut self) {
        self.conversations.age();
        self.directs.age();
    }

    /// Drops everything when another program wrote to the file, as an operator with `sqlite3` may.
    pub(super) fn note_data_version(&mut self, conn: &Connection) -> Result<()> {
        let now = conn
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        if self.data_version != Some(now) {
            self.clear();
            self.data_version = Some(now);
        }
        Ok(())
    }

    /// The conversation, read if it is not remembered; `None` if there is none.
    pub(super) fn conversation(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
    ) -> Result<Option<&mut Hot>> {
        if self.conversations.get_mut(conv).is_none() {
            let Some(hot) = load(conn, conv)? else {
                return Ok(None);
            };
            self.conversations.insert(conv, hot);
        }
        Ok(self.conversations.get_mut(conv))
    }

    pub(super) fn insert(&mut self, conv: ConversationId, hot: Hot) {
        self.conversations.insert(conv, hot);
    }

    /// The 1:1 conversation of two users, if there is one.
    pub(super) fn direct(
        &mut self,
        conn: &Connection,
        a: UserId,
        b: UserId,
    ) -> Result<Option<ConversationId>> {
        let pair = (a.min(b), a.max(b));
        if let Some(conv) = self.directs.get_mut(pair) {
            return Ok(Some(*conv));
        }
        let found = crate::read::direct_conversation(conn, pair.0, pair.1)?;
        if let Some(conv) = found {
            self.directs.insert(pair, conv);
        }
        Ok(found)
    }

    /// The last version given to a change.
    pub(super) fn version(&mut self, conn: &Connection) -> Result<u64> {
        if let Some(version) = self.version {
            return Ok(version);
        }
        let version = conn.query_row(
            "SELECT value FROM counters WHERE name = 'version'",
            [],
            |row| row::count(row, 0),
        )?;
        self.version = Some(version);
        Ok(version)
    }

    pub(super) fn set_version(&mut self, version: u64) {
        self.version = Some(version);
    }
}

fn load(conn: &Connection, conv: ConversationId) -> Result<Option<Hot>> {
    let found = conn
        .prepare_cached("SELECT head, messages, last_message FROM conversations WHERE id = ?1")?
        .query_row([sql(conv)], |row| {
            Ok((row::id(row, 0)?, row::count(row, 1)?, row::id(row, 2)?))
        })
        .optional()?;
    let Some((head, messages, last_message)) = found else {
        return Ok(None);
    };
    let members = crate::read::positions(conn, conv)?;
    Ok(Some(Hot::new(head, messages, last_message, members)))
}
