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
use hongyan_store::{MEMBERS_TOLD, Member};
use rusqlite::{Connection, OptionalExtension, Result};

use super::entry_ids::{Block, EntryIds};
use super::fresh::FreshClientIds;
use super::generations::Generations;
use crate::row::{self, sql};
use crate::writer::journal::Begun;

/// Conversations, and pairs of users, remembered in each of two generations. Beyond, those not
/// used for longest are forgotten and read again when needed. About 200 bytes each, and 8 for each member.
const HALF: usize = 32 * 1024;

/// Members remembered in each of two generations: those who wrote or read lately. About 80 bytes each.
const MEMBERS_HALF: usize = 2 * HALF;

/// The part of a conversation that writes need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::writer) struct Hot {
    pub(in crate::writer) head: Seq,
    /// Entries of kind message, up to the head.
    pub(super) messages: u64,
    /// The seq of the last message; 0 before the first.
    pub(super) last_message: Seq,
    /// Its members, ascending. Shared with every outcome.
    pub(super) members: Arc<[UserId]>,
    /// Which of all changes was its last one; `None` where this is not ahead of the row in the file.
    changed: Option<u64>,
    ids: Block,
}

impl Hot {
    fn new(head: Seq, messages: u64, last_message: Seq, members: Arc<[UserId]>) -> Self {
        Self {
            head,
            messages,
            last_message,
            members,
            changed: None,
            ids: Block::default(),
        }
    }

    pub(super) fn has(&self, user: UserId) -> bool {
        self.members.binary_search(&user).is_ok()
    }

    /// Whether each member is told how far the others have come.
    fn tells_positions(&self) -> bool {
        self.members.len() <= MEMBERS_TOLD
    }
}

/// How far a member has come.
struct HotMember {
    member: Member,
    /// As [`Hot::changed`].
    changed: Option<u64>,
}

/// A row that is ahead of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    Log(ConversationId),
    Member(ConversationId, UserId),
}

pub(in crate::writer) struct Cache {
    conversations: Generations<ConversationId, Hot>,
    members: Generations<(ConversationId, UserId), HotMember>,
    directs: Generations<(UserId, UserId), ConversationId>,
    /// Exact like the rest, so it lives as long.
    pub(super) fresh: FreshClientIds,
    pub(super) ids: EntryIds,
    /// The id of the next conversation; `None` before it was read.
    next_conv: Option<ConversationId>,
    /// What is ahead of its row.
    changed: Vec<Changed>,
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
            members: Generations::new(MEMBERS_HALF),
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
        self.members.clear();
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
            || self.members.is_overgrown()
            || self.directs.is_overgrown()
            || self.fresh.is_overgrown()
    }

    /// Forgets what is too much. Nothing may be ahead of the file.
    pub(in crate::writer) fn age(&mut self) {
        self.conversations.age();
        self.members.age();
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

    /// The conversation, which is known to be there.
    fn known(&mut self, conn: &Connection, conv: ConversationId) -> Result<&mut Hot> {
        let hot = self.conversation(conn, conv)?;
        hot.ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// A member, read if not remembered; `None` for somebody who is none.
    pub(super) fn member(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        user: UserId,
    ) -> Result<Option<Member>> {
        let hot = self.conversation(conn, conv)?;
        if !hot.is_some_and(|hot| hot.has(user)) {
            return Ok(None);
        }
        self.known_member(conn, conv, user)
            .map(|known| Some(known.member))
    }

    /// A member, who is known to be one.
    fn known_member(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        user: UserId,
    ) -> Result<&mut HotMember> {
        let key = (conv, user);
        if self.members.get_mut(key).is_none() {
            let member = crate::read::member(conn, conv, user)?;
            let member = member.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let changed = None;
            self.members.insert(key, HotMember { member, changed });
        }
        let known = self.members.get_mut(key);
        known.ok_or(rusqlite::Error::QueryReturnedNoRows)
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
        for user in begun.members() {
            let member = Member::new(user);
            let changed = None;
            self.members
                .insert((begun.conv, user), HotMember { member, changed });
        }
        let members = begun.members().into();
        let mut hot = Hot::new(Seq::ZERO, 0, Seq::ZERO, members);
        self.changes += 1;
        hot.changed = Some(self.changes);
        self.conversations.insert(begun.conv, hot);
        self.changed.push(Changed::Log(begun.conv));
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

    /// An entry of `from` takes the next place of a log. Its sender has read a message; an edit or a recall moves nobody's
    /// position, since it may be made from a list of old messages, with newer ones unread.
    pub(super) fn append(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        from: UserId,
        is_message: bool,
    ) -> Result<&Hot> {
        let hot = self.note_log(conn, conv)?;
        let head = hot.head.next();
        hot.head = head;
        if is_message {
            hot.last_message = head;
            hot.messages += 1;
            let member = self.note_member(conn, conv, from)?;
            *member = member.advanced(Some(head), Some(head));
        }
        self.known(conn, conv).map(|hot| &*hot)
    }

    /// A member has come to stand here.
    pub(super) fn move_member(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        moved: Member,
    ) -> Result<()> {
        if self.known(conn, conv)?.tells_positions() {
            self.note_log(conn, conv)?;
        }
        *self.note_member(conn, conv, moved.user)? = moved;
        Ok(())
    }

    /// The conversation, to be changed.
    fn note_log(&mut self, conn: &Connection, conv: ConversationId) -> Result<&mut Hot> {
        self.changes += 1;
        let change = self.changes;
        let hot = self.known(conn, conv)?;
        let is_first = hot.changed.replace(change).is_none();
        if is_first {
            self.changed.push(Changed::Log(conv));
        }
        self.known(conn, conv)
    }

    /// A member, to be changed.
    fn note_member(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        user: UserId,
    ) -> Result<&mut Member> {
        self.changes += 1;
        let change = self.changes;
        let known = self.known_member(conn, conv, user)?;
        let is_first = known.changed.replace(change).is_none();
        if is_first {
            self.changed.push(Changed::Member(conv, user));
        }
        let known = self.known_member(conn, conv, user)?;
        Ok(&mut known.member)
    }

    /// What all changed rows are to be, with a number for each change that a sync has to find: the later it came, the
    /// higher. They are to be written, or everything here to be dropped. Entries that come later get ids above those of
    /// before.
    pub(in crate::writer) fn take_rows(&mut self, conn: &Connection) -> Result<Rows> {
        self.ids.begin_round();
        let mut version = self.version(conn)?;
        let changed = std::mem::take(&mut self.changed);
        let mut changed: Vec<_> = changed
            .into_iter()
            .filter_map(|row| Some((self.take_change(row)?, row)))
            .collect();
        changed.sort_unstable_by_key(|(change, _)| *change);
        let mut rows = Rows::default();
        for (_, row) in changed {
            match row {
                Changed::Log(conv) => {
                    if let Some(hot) = self.conversations.get_mut(conv) {
                        version += 1;
                        rows.logs.push(LogRow {
                            conv,
                            head: hot.head,
                            messages: hot.messages,
                            last_message: hot.last_message,
                            version,
                        });
                    }
                }
                Changed::Member(conv, user) => {
                    let hot = self.conversations.get_mut(conv);
                    let is_told = hot.is_some_and(|hot| hot.tells_positions());
                    if let Some(known) = self.members.get_mut((conv, user)) {
                        version += u64::from(!is_told);
                        rows.members.push(MemberRow {
                            conv,
                            member: known.member,
                            version: (!is_told).then_some(version),
                        });
                    }
                }
            }
        }
        self.version = Some(version);
        rows.version = version;
        Ok(rows)
    }

    /// Which change was the last of what is in this row. From here on it is not ahead of it.
    fn take_change(&mut self, row: Changed) -> Option<u64> {
        match row {
            Changed::Log(conv) => self.conversations.get_mut(conv)?.changed.take(),
            Changed::Member(conv, user) => self.members.get_mut((conv, user))?.changed.take(),
        }
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

/// The rows of conversations and members, to be written.
#[derive(Default)]
pub(in crate::writer) struct Rows {
    logs: Vec<LogRow>,
    members: Vec<MemberRow>,
    /// The last number given to a change.
    version: u64,
}

struct LogRow {
    conv: ConversationId,
    head: Seq,
    messages: u64,
    last_message: Seq,
    version: u64,
}

struct MemberRow {
    conv: ConversationId,
    member: Member,
    /// `None` where the conversation's number says it to all members.
    version: Option<u64>,
}

impl Rows {
    /// Writes them. Their entries must be in the table.
    pub(in crate::writer) fn write(&self, conn: &Connection) -> Result<()> {
        let mut log = conn.prepare_cached(
            "UPDATE conversations SET head = ?2, messages = ?3, last_message = ?4, version = ?5
             WHERE id = ?1",
        )?;
        for row in &self.logs {
            log.execute((
                sql(row.conv),
                sql(row.head),
                row.messages.cast_signed(),
                sql(row.last_message),
                row.version.cast_signed(),
            ))?;
        }
        let mut member = conn.prepare_cached(
            "UPDATE members SET read_seq = ?3, delivered_seq = ?4, version = coalesce(?5, version)
             WHERE conv_id = ?1 AND user_id = ?2",
        )?;
        for row in &self.members {
            member.execute((
                sql(row.conv),
                sql(row.member.user),
                sql(row.member.read),
                sql(row.member.delivered),
                row.version.map(u64::cast_signed),
            ))?;
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
    let members = crate::read::member_ids(conn, conv)?.into();
    Ok(Some(Hot::new(head, messages, last_message, members)))
}
