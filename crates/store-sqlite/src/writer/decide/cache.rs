//! What the writer remembers of hot conversations, so that an append reads nothing.
//!
//! Owns: head, message count and positions of the conversations lately written. Where these are
//! ahead of the rows in the file, the cache is the truth until what [`Cache::take_rows`] gives is written.
//! Promises: exact. There is one writer; a failure drops everything here, and so does
//! a change by another program ([`Cache::has_foreign_change`]).
//! Not here: client ids (`fresh`, which is kept and dropped together with this), and entries. What an edit or a
//! recall needs of its target is looked up (`facts`).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use hongyan_protocol::{ClientId, ConversationId, EntryId, Millis, Seq, UserId};
use hongyan_store::{
    ALLS_A_DAY, ConversationKind, Effects, Event, MEMBERS_TOLD, Member, Order, Role, Settings,
    Ways, WaysEnded,
};
use rusqlite::{Connection, OptionalExtension, Result};

use super::counts::GroupCounts;
use super::entry_ids::{Block, EntryIds};
use super::fresh::FreshClientIds;
use super::generations::Generations;
use super::joining::{Asked, Doors};
use super::reactions::Reactions;
use super::roster;
use super::rows::{LogRow, MemberRow, OutRow, Rows, ViewRow};
use super::views::Views;
use super::windows::Windows;
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
    /// Nothing up to here is kept.
    pub(super) floor: Seq,
    /// The seq of the last message; 0 before the first.
    pub(super) last_message: Seq,
    /// Its members, ascending. Shared with every outcome.
    pub(super) members: Arc<[UserId]>,
    /// Those of them who may not read all.
    pub(super) windows: Windows,
    pub(super) order: Order,
    /// When the last messages that mention all were taken, at most [`ALLS_A_DAY`], in the order of the log.
    pub(super) alls: VecDeque<Millis>,
    /// The group's settings; `None` for a conversation of two.
    pub(super) group: Option<Arc<Settings>>,
    /// The ways into the group; `None` for a conversation of two.
    pub(super) doors: Option<Box<Doors>>,
    /// Which of all changes was its last one; `None` where this is not ahead of the row in the file.
    changed: Option<u64>,
    ids: Block,
}

impl Hot {
    fn new(members: Arc<[UserId]>, group: Option<Arc<Settings>>) -> Self {
        Self {
            head: Seq::ZERO,
            floor: Seq::ZERO,
            messages: 0,
            last_message: Seq::ZERO,
            members,
            windows: Windows::default(),
            order: Order::default(),
            alls: VecDeque::new(),
            doors: group.is_some().then(Box::default),
            group,
            changed: None,
            ids: Block::default(),
        }
    }

    /// The first seq that this member may read, and that is kept.
    pub(super) fn since(&self, user: UserId) -> Seq {
        self.windows.since(user).max(self.floor.next())
    }

    pub(in crate::writer) fn has(&self, user: UserId) -> bool {
        self.members.binary_search(&user).is_ok()
    }

    /// When the message was taken with which the group had mentioned all as often as it may in a day.
    pub(super) fn spent_all_at(&self) -> Option<Millis> {
        (self.alls.len() == ALLS_A_DAY).then(|| self.alls.front().copied())?
    }

    /// Whether each member is told how far the others have come.
    fn tells_positions(&self) -> bool {
        self.members.len() <= MEMBERS_TOLD
    }
}

/// How far a member has come, and what the member may do. Who goes is remembered with the rest, so only
/// [`Hot::has`] tells who is one.
pub(super) struct HotMember {
    member: Member,
    role: Role,
    /// When the member of a group said something last.
    said_at: Option<Millis>,
    /// As [`Hot::changed`].
    changed: Option<u64>,
}

/// A row that is ahead of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changed {
    Log(ConversationId),
    Member(ConversationId, UserId),
    View(ConversationId, UserId),
    /// A link of a group.
    Link(ConversationId, u64),
    /// That somebody asks to be let into a group.
    Request(ConversationId, UserId),
    /// Somebody who was put out by the entry with this seq, or all by the last one of a group.
    Out(ConversationId, Option<UserId>, Seq),
}

pub(in crate::writer) struct Cache {
    conversations: Generations<ConversationId, Hot>,
    members: Generations<(ConversationId, UserId), HotMember>,
    pub(super) views: Views,
    directs: Generations<(UserId, UserId), ConversationId>,
    /// Whether the first has blocked the second.
    blocks: Generations<(UserId, UserId), bool>,
    /// Groups that began since the last [aging](Self::age), by who made them under which client id.
    groups: HashMap<(UserId, ClientId), ConversationId>,
    /// Exact like the rest, so it lives as long.
    pub(super) fresh: FreshClientIds,
    pub(super) ids: EntryIds,
    pub(super) reactions: Reactions,
    pub(super) group_counts: GroupCounts,
    pub(super) asked: Asked,
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
            views: Views::new(),
            directs: Generations::new(HALF),
            blocks: Generations::new(HALF),
            groups: HashMap::new(),
            fresh: FreshClientIds::new(),
            ids: EntryIds::default(),
            reactions: Reactions::default(),
            group_counts: GroupCounts::default(),
            asked: Asked::default(),
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
        self.views.clear();
        self.directs.clear();
        self.blocks.clear();
        self.groups.clear();
        self.fresh.clear();
        self.changed.clear();
        self.version = None;
        self.next_conv = None;
        self.ids = EntryIds::default();
        self.reactions.clear();
        self.group_counts.clear();
        self.asked.clear();
    }

    /// Whether there is so much that something has to be [forgotten](Self::age).
    pub(in crate::writer) fn is_overgrown(&self) -> bool {
        self.conversations.is_overgrown()
            || self.members.is_overgrown()
            || self.views.is_overgrown()
            || self.directs.is_overgrown()
            || self.blocks.is_overgrown()
            || self.groups.len() >= HALF
            || self.fresh.is_overgrown()
            || self.reactions.is_overgrown()
            || self.group_counts.is_overgrown()
            || self.asked.is_overgrown()
    }

    /// Forgets what is too much. Nothing may be ahead of the file.
    pub(in crate::writer) fn age(&mut self) {
        self.conversations.age();
        self.members.age();
        self.views.age();
        self.directs.age();
        self.blocks.age();
        self.groups.clear();
        self.fresh.age();
        if self.group_counts.is_overgrown() {
            self.group_counts.clear();
        }
        if self.asked.is_overgrown() {
            self.asked.clear();
        }
        if self.reactions.is_overgrown() {
            self.reactions.clear();
        }
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
    pub(in crate::writer) fn member(
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

    /// What somebody may do in a conversation that is there; `None` for somebody who is no member.
    pub(super) fn role(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        user: UserId,
    ) -> Result<Option<Role>> {
        let hot = self.known(conn, conv)?;
        if !hot.has(user) {
            return Ok(None);
        }
        if hot.group.is_none() {
            return Ok(Some(Role::Member));
        }
        self.known_member(conn, conv, user)
            .map(|known| Some(known.role))
    }

    /// When a member of a group, who is one, said something last.
    pub(super) fn said_at(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        user: UserId,
    ) -> Result<Option<Millis>> {
        self.known_member(conn, conv, user)
            .map(|known| known.said_at)
    }

    /// A message that mentions all took its place.
    pub(super) fn mentioned_all(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        at: Millis,
    ) -> Result<()> {
        let alls = &mut self.known(conn, conv)?.alls;
        if alls.len() == ALLS_A_DAY {
            alls.pop_front();
        }
        alls.push_back(at);
        Ok(())
    }

    /// A message was recalled: it is not pinned any more.
    pub(super) fn recalled(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        target: Seq,
    ) -> Result<()> {
        self.known(conn, conv)?.order.pinned.remove(&target);
        Ok(())
    }

    /// The tables have another floor of a log. Its members.
    pub(in crate::writer) fn floor_has_risen(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        floor: Seq,
    ) -> Result<Arc<[UserId]>> {
        // A number was given to it there.
        self.version = None;
        let hot = self.known(conn, conv)?;
        hot.floor = floor;
        hot.order.pinned = hot.order.pinned.split_off(&floor.next());
        Ok(Arc::clone(&hot.members))
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
            let found = crate::read::member(conn, conv, user)?;
            let found = found.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let known = HotMember {
                member: found.member,
                role: found.role,
                said_at: found.said_at,
                changed: None,
            };
            self.members.insert(key, known);
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
        self.directs.insert((begun.low, begun.high), begun.conv);
        for user in begun.members() {
            let known = HotMember {
                member: Member::new(user),
                role: Role::Member,
                said_at: None,
                changed: None,
            };
            self.members.insert((begun.conv, user), known);
        }
        self.begin_log(begun.conv, Hot::new(begun.members().into(), None));
    }

    /// A group begins, with nobody in it yet.
    pub(in crate::writer) fn begin_group(
        &mut self,
        conv: ConversationId,
        creator: UserId,
        client_id: ClientId,
    ) {
        self.groups.insert((creator, client_id), conv);
        self.begin_log(conv, Hot::new([].into(), Some(Arc::default())));
    }

    fn begin_log(&mut self, conv: ConversationId, mut hot: Hot) {
        let next = ConversationId::new(conv.get() + 1).ok();
        self.next_conv = self.next_conv.max(next);
        self.changes += 1;
        hot.changed = Some(self.changes);
        self.conversations.insert(conv, hot);
        self.changed.push(Changed::Log(conv));
    }

    /// The group that this user made under this client id, if there is one.
    pub(super) fn group(
        &mut self,
        conn: &Connection,
        creator: UserId,
        client_id: &ClientId,
    ) -> Result<Option<ConversationId>> {
        let key = (creator, client_id.clone());
        if let Some(conv) = self.groups.get(&key) {
            return Ok(Some(*conv));
        }
        conn.prepare_cached("SELECT conv_id FROM groups WHERE creator_id = ?1 AND client_id = ?2")?
            .query_row((sql(creator), client_id.as_str()), |row| row::id(row, 0))
            .optional()
    }

    /// What the last entry of a log makes of its group.
    pub(super) fn change_group(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        from: UserId,
        effects: &Effects,
        at: Millis,
    ) -> Result<WaysEnded> {
        let hot = self.note_log(conn, conv)?;
        hot.order.change(&effects.event, at);
        let before = Arc::clone(&hot.members);
        let seq = hot.head;
        let settings = hot.group.clone().unwrap_or_default();
        match &effects.event {
            Event::Created { name, .. } => hot.group = Some(Settings::named(name.clone()).into()),
            Event::Set(setting) => hot.group = Some(settings.with(setting).into()),
            Event::Disbanded => {
                let members = std::mem::take(&mut hot.members);
                self.views.end(conv, &members);
                self.changed.push(Changed::Out(conv, None, seq));
            }
            Event::Added(_)
            | Event::Removed(_)
            | Event::Left
            | Event::Role(..)
            | Event::Banned(..)
            | Event::Unbanned(_)
            | Event::Muted(..)
            | Event::Pinned(_)
            | Event::Joined(_)
            | Event::Approved(..)
            | Event::Unpinned(_) => {}
        }
        for (user, role) in &effects.members {
            match role {
                Some(role) => self.is_in(conn, conv, *user, *role, seq)?,
                None => {
                    self.end_view(conn, conv, *user)?;
                    self.changed.push(Changed::Out(conv, Some(*user), seq));
                }
            }
        }
        self.group_counts.change(effects, &before);
        let hot = self.known(conn, conv)?;
        hot.windows.change(effects);
        hot.members = roster::with(&hot.members, &effects.members);
        self.change_ways(conn, conv, from, effects)
    }

    /// Whether each member of a conversation that is there is told how far the others have come.
    pub(super) fn tells_positions(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
    ) -> Result<bool> {
        self.known(conn, conv).map(|hot| hot.tells_positions())
    }

    /// Somebody is a member with this role, from the entry with this seq on or since before.
    fn is_in(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        user: UserId,
        role: Role,
        seq: Seq,
    ) -> Result<()> {
        if self.known(conn, conv)?.has(user) {
            self.known_member(conn, conv, user)?.role = role;
            return Ok(());
        }
        self.changes += 1;
        // What was said before is nothing that this member has still to read.
        let member = Member::new(user).advanced(Some(seq), Some(seq));
        // Who comes back has said something perhaps.
        let said_at = match self.members.get_mut((conv, user)) {
            Some(before) => before.said_at,
            None => crate::read::said_at(conn, conv, user)?,
        };
        let known = HotMember {
            member,
            role,
            said_at,
            changed: Some(self.changes),
        };
        self.members.insert((conv, user), known);
        self.changed.push(Changed::Member(conv, user));
        Ok(())
    }

    /// The 1:1 conversation of two users, if there is one.
    pub(in crate::writer) fn direct(
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

    /// Whether a user has blocked another.
    pub(super) fn has_blocked(
        &mut self,
        conn: &Connection,
        user: UserId,
        other: UserId,
    ) -> Result<bool> {
        if let Some(blocks) = self.blocks.get_mut((user, other)) {
            return Ok(*blocks);
        }
        let blocks = crate::read::has_blocked(conn, user, other)?;
        self.blocks.insert((user, other), blocks);
        Ok(blocks)
    }

    /// Whether the other of a conversation of two has blocked somebody; never, in a group.
    pub(super) fn is_blocked_in(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        user: UserId,
    ) -> Result<bool> {
        match self.other_of_two(conn, conv, user)? {
            Some(other) => self.has_blocked(conn, other, user),
            None => Ok(false),
        }
    }

    /// The other member of a conversation of two.
    pub(super) fn other_of_two(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        user: UserId,
    ) -> Result<Option<UserId>> {
        let hot = self.conversation(conn, conv)?;
        let hot = hot.filter(|hot| hot.group.is_none());
        Ok(hot.and_then(|hot| hot.members.iter().copied().find(|other| *other != user)))
    }

    /// A user has blocked another from now on, or no more.
    pub(in crate::writer) fn set_block(&mut self, user: UserId, other: UserId, on: bool) {
        self.blocks.insert((user, other), on);
    }

    /// An entry of `from` takes the next place of a log. Its sender has read a message; an edit or a recall moves nobody's
    /// position, since it may be made from a list of old messages, with newer ones unread.
    pub(super) fn append(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        from: UserId,
        said_at: Option<Millis>,
    ) -> Result<&Hot> {
        let hot = self.note_log(conn, conv)?;
        let head = hot.head.next();
        hot.head = head;
        if said_at.is_some() {
            hot.last_message = head;
            hot.messages += 1;
            let is_group = hot.group.is_some();
            let known = self.note_member(conn, conv, from)?;
            known.member = known.member.advanced(Some(head), Some(head));
            known.said_at = said_at.filter(|_| is_group);
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
        self.note_member(conn, conv, moved.user)?.member = moved;
        Ok(())
    }

    /// The number of a change that is made now.
    pub(super) fn next_change(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    /// This is ahead of its row from here on.
    pub(super) fn note(&mut self, changed: Changed) {
        self.changed.push(changed);
    }

    /// The conversation, to be changed.
    pub(super) fn note_log(&mut self, conn: &Connection, conv: ConversationId) -> Result<&mut Hot> {
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
    pub(super) fn note_member(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        user: UserId,
    ) -> Result<&mut HotMember> {
        self.changes += 1;
        let change = self.changes;
        let known = self.known_member(conn, conv, user)?;
        let is_first = known.changed.replace(change).is_none();
        if is_first {
            self.changed.push(Changed::Member(conv, user));
        }
        self.known_member(conn, conv, user)
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
                            size: hot.members.len(),
                            version,
                        });
                    }
                }
                Changed::Link(conv, id) => {
                    if let Some(ways) = self.ways(conv) {
                        let link = ways.links.get(&id).cloned();
                        rows.links.push((conv, id, link));
                    }
                }
                Changed::Request(conv, user) => {
                    if let Some(ways) = self.ways(conv) {
                        let request = ways.requests.get(&user).copied();
                        rows.requests.push((conv, user, request));
                    }
                }
                Changed::Out(conv, user, seq) => {
                    let hot = self.conversations.get_mut(conv);
                    let is_back = user.is_some_and(|user| hot.is_some_and(|hot| hot.has(user)));
                    if !is_back {
                        version += 1;
                        rows.out.push(OutRow {
                            conv,
                            user,
                            seq,
                            version,
                        });
                    }
                }
                Changed::View(conv, user) => {
                    let hot = self.conversations.get_mut(conv);
                    let is_in = hot.is_some_and(|hot| hot.has(user));
                    if let Some(view) = self.views.known(conv, user) {
                        version += u64::from(is_in);
                        rows.views.push(ViewRow {
                            conv,
                            user,
                            view: view.clone(),
                            version: is_in.then_some(version),
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
                            said_at: known.said_at,
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

    fn ways(&mut self, conv: ConversationId) -> Option<&Ways> {
        let doors = self.conversations.get_mut(conv)?.doors.as_deref()?;
        Some(&doors.ways)
    }

    /// Which change was the last of what is in this row. From here on it is not ahead of it.
    fn take_change(&mut self, row: Changed) -> Option<u64> {
        match row {
            Changed::Log(conv) => self.conversations.get_mut(conv)?.changed.take(),
            Changed::Member(conv, user) => self.members.get_mut((conv, user))?.changed.take(),
            Changed::View(conv, user) => self.views.take_change(conv, user),
            // No sync finds them by a number.
            Changed::Link(..) | Changed::Request(..) => Some(0),
            // Behind all others: nothing else is told to those who are out.
            Changed::Out(..) => Some(u64::MAX),
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

fn load(conn: &Connection, conv: ConversationId) -> Result<Option<Hot>> {
    let found = conn
        .prepare_cached(
            "SELECT head, messages, last_message, kind, floor_seq FROM conversations WHERE id = ?1",
        )?
        .query_row([sql(conv)], |row| {
            let kind = row::conversation_kind(row, 3)?;
            Ok((
                row::id(row, 0)?,
                row::count(row, 1)?,
                row::id(row, 2)?,
                kind,
                row::id(row, 4)?,
            ))
        })
        .optional()?;
    let Some((head, messages, last_message, kind, floor)) = found else {
        return Ok(None);
    };
    let members = crate::read::member_ids(conn, conv)?.into();
    let mut alls = VecDeque::new();
    let doors = match kind {
        ConversationKind::Direct => None,
        ConversationKind::Group => Some(Box::new(Doors::load(conn, conv)?)),
    };
    let (group, windows) = match kind {
        ConversationKind::Direct => (None, Vec::new()),
        ConversationKind::Group => {
            let settings = crate::read::settings(conn, conv)?;
            alls = crate::read::last_alls(conn, conv, ALLS_A_DAY)?;
            (Some(settings.into()), crate::read::windows(conn, conv)?)
        }
    };
    Ok(Some(Hot {
        head,
        floor,
        messages,
        last_message,
        windows: Windows::new(windows),
        order: crate::read::order(conn, conv)?,
        alls,
        doors,
        ..Hot::new(members, group)
    }))
}
