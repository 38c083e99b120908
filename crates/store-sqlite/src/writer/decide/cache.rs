//! What the writer remembers of hot conversations, so that an append reads nothing.
//!
//! Owns: head, message count and positions of the conversations lately written. Where these are
//! ahead of the rows in the file, the cache is the truth until what [`Cache::take_rows`] gives is written.
//! Promises: exact. There is one writer; a failure drops everything here, and so does
//! a change by another program ([`Cache::has_foreign_change`]).
//! Not here: client ids (`fresh`, which is kept and dropped together with this), and entries. What an edit or a
//! recall needs of its target is looked up (`facts`).

use std::sync::Arc;

use hongyan_protocol::{ConversationId, EntryId, Seq, UserId};
use hongyan_store::Member;
use rusqlite::{Connection, OptionalExtension, Result};

use super::entry_ids::{Block, EntryIds};
use super::fresh::FreshClientIds;
use super::generations::Generations;
use crate::row::{self, sql};
use crate::writer::journal::Begun;

/// Conversations, and pairs of users, remembered in each of two generations. Beyond, those not
/// used for longest are forgotten and read again when needed. About 300 bytes each.
const HALF: usize = 32 * 1024;

/// The part of a conversation that writes need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::writer) struct Hot {
    pub(in crate::writer) head: Seq,
    /// Entries of kind message, up to the head.
    pub(super) messages: u64,
    /// The seq of the last message; 0 before the first.
    pub(super) last_message: Seq,
    /// Ascending by user.
    pub(super) members: Vec<Member>,
    /// The same users, shared with every outcome.
    pub(super) member_ids: Arc<[UserId]>,
    /// Which of all changes was its last one; `None` where this is not ahead of the rows in the file.
    changed: Option<u64>,
    ids: Block,
}

impl Hot {
    pub(super) fn new(head: Seq, messages: u64, last_message: Seq, members: Vec<Member>) -> Self {
        let member_ids = members.iter().map(|member| member.user).collect();
        Self {
            head,
            messages,
            last_message,
            members,
            member_ids,
            changed: None,
            ids: Block::default(),
        }
    }

    pub(super) fn member(&self, user: UserId) -> Option<&Member> {
        let at = self.member_ids.binary_search(&user).ok()?;
        self.members.get(at)
    }

    pub(super) fn member_mut(&mut self, user: UserId) -> Option<&mut Member> {
        let at = self.member_ids.binary_search(&user).ok()?;
        self.members.get_mut(at)
    }

    /// An entry of `from` takes the next place. Its sender has read a message; an edit or a recall moves nobody's
    /// position, since it may be made from a list of old messages, with newer ones unread.
    pub(super) fn append(&mut self, from: UserId, is_message: bool) {
        let head = self.head.next();
        self.head = head;
        if is_message {
            self.last_message = head;
            self.messages += 1;
            if let Some(member) = self.member_mut(from) {
                *member = member.advanced(Some(head), Some(head));
            }
        }
    }
}

pub(in crate::writer) struct Cache {
    conversations: Generations<ConversationId, Hot>,
    directs: Generations<(UserId, UserId), ConversationId>,
    /// Exact like the rest, so it lives as long.
    pub(super) fresh: FreshClientIds,
    pub(super) ids: EntryIds,
    /// The id of the next conversation; `None` before it was read.
    next_conv: Option<ConversationId>,
    /// The conversations that are ahead of their rows.
    changed: Vec<ConversationId>,
    /// Changes so far.
    changes: u64,
    /// The last number given to a change; `None` before it was read.
    version: Option<u64>,
    data_version: Option<i64>,
}

impl Cache {
    pub(in crate::writer) fn new() -> Self {
        Self {
            conversations: Generations::new(HALF),
            directs: Generations::new(HALF),
            fresh: FreshClientIds::new(),
            ids: EntryIds::default(),
            next_conv: None,
            changed: Vec::new(),
            changes: 0,
            version: None,
            data_version: None,
        }
    }

    pub(in crate::writer) fn clear(&mut self) {
        self.conversations.clear();
        self.directs.clear();
        self.fresh.clear();
        self.changed.clear();
        self.version = None;
        self.next_conv = None;
        self.ids = EntryIds::default();
    }

    /// Whether there is so much that something has to be [forgotten](Self::age).
    pub(in crate::writer) fn is_overgrown(&self) -> bool {
        self.conversations.is_overgrown()
            || self.directs.is_overgrown()
            || self.fresh.is_overgrown()
    }

    /// Forgets what is too much. Nothing may be ahead of the file.
    pub(in crate::writer) fn age(&mut self) {
        self.conversations.age();
        self.directs.age();
        self.fresh.age();
    }

    /// Whether another program wrote to the file since the last call, as an operator with `sqlite3`
    /// may. Then everything here is to be dropped.
    pub(in crate::writer) fn has_foreign_change(&mut self, conn: &Connection) -> Result<bool> {
        let now = conn
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        let before = self.data_version.replace(now);
        Ok(before.is_some_and(|before| before != now))
    }

    /// The conversation, read if it is not remembered; `None` if there is none.
    pub(in crate::writer) fn conversation(
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

    /// A conversation that nobody had before: its id.
    pub(super) fn next_conversation(&mut self, conn: &Connection) -> Result<ConversationId> {
        if let Some(conv) = self.next_conv {
            return Ok(conv);
        }
        let conv = conn
            .prepare_cached(
                "SELECT 1 + max((SELECT coalesce(max(id), 0) FROM conversations),
                                (SELECT value FROM counters WHERE name = 'floor'))",
            )?
            .query_row([], |row| row::id(row, 0))?;
        self.next_conv = Some(conv);
        Ok(conv)
    }

    /// A 1:1 conversation begins.
    pub(in crate::writer) fn begin(&mut self, begun: Begun) {
        let next = ConversationId::new(begun.conv.get() + 1).ok();
        self.next_conv = self.next_conv.max(next);
        self.directs.insert((begun.low, begun.high), begun.conv);
        let members = begun.members().into_iter().map(|user| Member {
            user,
            read: Seq::ZERO,
            delivered: Seq::ZERO,
        });
        let mut hot = Hot::new(Seq::ZERO, 0, Seq::ZERO, members.collect());
        self.changes += 1;
        hot.changed = Some(self.changes);
        self.conversations.insert(begun.conv, hot);
        self.changed.push(begun.conv);
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

    /// Changes what is remembered of a conversation, for [`take_rows`](Self::take_rows) to give.
    pub(super) fn change<T>(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        change: impl FnOnce(&mut Hot) -> T,
    ) -> Result<T> {
        self.change_if(conn, conv, true, change)
    }

    /// The same, where it is known whether `change` changes anything.
    pub(super) fn change_if<T>(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        changes: bool,
        change: impl FnOnce(&mut Hot) -> T,
    ) -> Result<T> {
        if self.conversation(conn, conv)?.is_none() {
            return Err(rusqlite::Error::QueryReturnedNoRows);
        }
        let (known, changed) = (&mut self.conversations, &mut self.changed);
        let hot = known
            .get_mut(conv)
            .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        if changes {
            self.changes += 1;
            if hot.changed.replace(self.changes).is_none() {
                changed.push(conv);
            }
        }
        Ok(change(hot))
    }

    /// What the rows of all changed conversations and their members are to be, with a number for each of these
    /// changes: the later the last change of a conversation, the higher. They are to be written, or everything here to be dropped. Entries that come later get ids above those of
    /// before.
    pub(in crate::writer) fn take_rows(&mut self, conn: &Connection) -> Result<Rows> {
        self.ids.begin_round();
        let mut version = self.version(conn)?;
        let changed = std::mem::take(&mut self.changed);
        let last_change = |conv| Some((self.conversations.get_mut(conv)?.changed?, conv));
        let mut changed: Vec<_> = changed.into_iter().filter_map(last_change).collect();
        changed.sort_unstable();
        let mut rows = Vec::with_capacity(changed.len());
        for (_, conv) in changed {
            version += 1;
            if let Some(hot) = self.conversations.get_mut(conv) {
                hot.changed = None;
                rows.push(LogRow {
                    conv,
                    head: hot.head,
                    messages: hot.messages,
                    last_message: hot.last_message,
                    version,
                    members: hot.members.clone(),
                });
            }
        }
        self.version = Some(version);
        Ok(Rows { rows, version })
    }

    /// Leaves out numbers for changes that were perhaps given to them once, and lost with the power.
    /// A client may have been told such a number, and would miss another change that gets it.
    pub(in crate::writer) fn skip_versions(&mut self, conn: &Connection, count: u64) -> Result<()> {
        self.version = Some(self.version(conn)? + count);
        Ok(())
    }

    /// An id for the next entry of a conversation, out of a [block](EntryIds::in_block) of its own.
    pub(super) fn next_id(&mut self, conn: &Connection, conv: ConversationId) -> Result<EntryId> {
        let hot = self.conversations.get_mut(conv);
        let hot = hot.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        self.ids.in_block(conn, &mut hot.ids)
    }

    fn version(&mut self, conn: &Connection) -> Result<u64> {
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
}

/// The rows of conversations and their members, to be written.
pub(in crate::writer) struct Rows {
    rows: Vec<LogRow>,
    /// The last number given to a change.
    version: u64,
}

struct LogRow {
    conv: ConversationId,
    head: Seq,
    messages: u64,
    last_message: Seq,
    version: u64,
    members: Vec<Member>,
}

impl Rows {
    /// Writes them. Their entries must be in the table.
    pub(in crate::writer) fn write(&self, conn: &Connection) -> Result<()> {
        let mut log = conn.prepare_cached(
            "UPDATE conversations SET head = ?2, messages = ?3, last_message = ?4 WHERE id = ?1",
        )?;
        let mut member_row = conn.prepare_cached(
            "UPDATE members SET read_seq = ?3, delivered_seq = ?4, version = ?5, unseen = ?6
             WHERE conv_id = ?1 AND user_id = ?2",
        )?;
        for row in &self.rows {
            log.execute((
                sql(row.conv),
                sql(row.head),
                row.messages.cast_signed(),
                sql(row.last_message),
            ))?;
            for member in &row.members {
                member_row.execute((
                    sql(row.conv),
                    sql(member.user),
                    sql(member.read),
                    sql(member.delivered),
                    row.version.cast_signed(),
                    row.last_message > member.read,
                ))?;
            }
        }
        conn.prepare_cached("UPDATE counters SET value = ?1 WHERE name = 'version'")?
            .execute([self.version.cast_signed()])?;
        Ok(())
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
    let members = crate::read::members(conn, conv)?;
    Ok(Some(Hot::new(head, messages, last_message, members)))
}
