//! One conversation: its messages, everybody's positions, and what is unread.

use std::collections::HashMap;

use hongyan_client::protocol::{ConversationKind, HistoryPage};
use hongyan_client::{
    ClientId, ConversationId, ConversationView, Entry, EntryKind, Group, GroupEvent, Receipt, Seq,
    Target, UserId,
};

use super::messages::{Delivery, Messages, Shown};

/// Whom a conversation is with, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum Peer {
    /// Not told yet.
    Unknown,
    /// This user.
    User(UserId),
    /// More than one.
    Many,
}

/// What tells conversations apart, before and after the first message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// One that the server knows.
    Conversation(ConversationId),
    /// One that begins with the first message to this user.
    User(UserId),
}

/// How far one member has come.
#[derive(Debug, Clone, Copy, Default)]
struct Position {
    read: Seq,
    delivered: Seq,
}

impl Position {
    /// It only grows; an old one may come late.
    fn advance(&mut self, read: Seq, delivered: Seq) {
        self.read = self.read.max(read);
        self.delivered = self.delivered.max(delivered);
    }
}

/// One conversation: see the [module](self).
#[derive(Debug)]
pub(in crate::chat) struct Conversation {
    key: Key,
    peer: Peer,
    /// What is known of a group; `None` for a conversation of two.
    group: Option<Group>,
    me: UserId,
    messages: Messages,
    /// One's own positions.
    mine: Position,
    /// Those of the others, as far as they are told.
    others: HashMap<UserId, Position>,
    /// What the server said of the unread messages, corrected by what came since.
    told_unread: u64,
    /// The last entry that `told_unread` knows of.
    told_head: Seq,
    is_asking_older: bool,
    /// The first entry that the user may read.
    since: Seq,
}

impl Conversation {
    pub(super) fn new(key: Key, me: UserId) -> Self {
        let peer = match key {
            Key::User(user) => Peer::User(user),
            Key::Conversation(_) => Peer::Unknown,
        };
        Self {
            key,
            peer,
            group: None,
            me,
            messages: Messages::default(),
            mine: Position::default(),
            others: HashMap::new(),
            told_unread: 0,
            told_head: Seq::ZERO,
            is_asking_older: false,
            since: Seq::ZERO.next(),
        }
    }

    pub(super) fn key(&self) -> Key {
        self.key
    }

    /// The id; `None` before the first message.
    pub(in crate::chat) fn conv(&self) -> Option<ConversationId> {
        match self.key {
            Key::Conversation(conv) => Some(conv),
            Key::User(_) => None,
        }
    }

    /// The other, where there is one.
    pub(in crate::chat) fn peer(&self) -> Option<UserId> {
        match self.peer {
            Peer::User(user) => Some(user),
            Peer::Unknown | Peer::Many => None,
        }
    }

    /// What the group is called, where this is one and its name is known.
    pub(in crate::chat) fn group_name(&self) -> Option<&str> {
        let view = self.group.as_ref()?.view.as_ref()?;
        Some(&view.name)
    }

    pub(in crate::chat) fn is_group(&self) -> bool {
        self.group.is_some()
    }

    /// Whether the user was in this group and is no more.
    pub(super) fn is_left(&self) -> bool {
        self.group.as_ref().is_some_and(|group| group.is_left)
    }

    /// Where a message goes.
    pub(super) fn target(&self) -> Target {
        match self.key {
            Key::Conversation(conv) => Target::Conversation(conv),
            Key::User(user) => Target::User(user),
        }
    }

    /// Messages by others that were not seen here or on another device.
    pub(in crate::chat) fn unread(&self) -> u64 {
        let read = self.mine.read;
        match self.messages.first() {
            // Everything after the read position is here: it can be counted.
            Some(first) if first <= read.next() => self.messages.unread_after(read, self.me),
            _ => self.told_unread,
        }
    }

    /// Every message, oldest first.
    pub(in crate::chat) fn messages(&self) -> impl DoubleEndedIterator<Item = Shown> {
        self.messages.iter().map(|(seq, shown)| {
            let mut shown = shown.clone();
            if let (Some(seq), Some(Delivery::Sent)) = (seq, shown.delivery) {
                shown.delivery = Some(self.delivery(seq));
            }
            shown
        })
    }

    /// The newest message.
    pub(in crate::chat) fn newest(&self) -> Option<&Shown> {
        self.messages.iter().next_back().map(|(_, shown)| shown)
    }

    /// When something last happened here, in milliseconds; a new one comes before all.
    pub(super) fn latest(&self) -> i64 {
        self.newest().map_or(i64::MAX, |shown| shown.at)
    }

    /// One's own last message that can be changed.
    pub(super) fn last_own(&self) -> Option<(ConversationId, Seq, &str)> {
        let (seq, text) = self.messages.last_own(self.me)?;
        Some((self.conv()?, seq, text))
    }

    pub(super) fn submitted(&mut self, client_id: ClientId, shown: Shown) {
        self.messages.submitted(client_id, shown);
    }

    pub(super) fn has_pending(&self, client_id: &ClientId) -> bool {
        self.messages.is_pending(client_id)
    }

    /// One's own message was refused; `false` if it is not of this conversation.
    pub(super) fn failed(&mut self, client_id: &ClientId) -> bool {
        self.messages.failed(client_id)
    }

    /// The server has given it an id.
    pub(super) fn begin(&mut self, conv: ConversationId) {
        self.key = Key::Conversation(conv);
    }

    /// Takes in what a sync says.
    pub(super) fn view(&mut self, view: &ConversationView) {
        if view.kind == ConversationKind::Group {
            self.group.get_or_insert_with(Group::unknown).told(view);
        }
        self.mine.advance(view.me.read, view.me.delivered);
        let told: HashMap<UserId, Position> = view
            .others(self.me)
            .map(|member| {
                let mut position = self.others.remove(&member.user).unwrap_or_default();
                position.advance(member.read, member.delivered);
                (member.user, position)
            })
            .collect();
        self.others = told;
        self.peer = view.peer(self.me).map_or(Peer::Many, Peer::User);
        self.since = view.since.unwrap_or(Seq::ZERO.next());
        self.told_unread = view.unread;
        self.told_head = view.head;
    }

    /// Takes in the next entry.
    pub(super) fn entry(&mut self, entry: &Entry) {
        let is_by_other = entry.from != self.me;
        // What of a group's changes a conversation of two has as well.
        let is_of_both = |event: &GroupEvent| {
            matches!(
                event,
                GroupEvent::Pinned { .. } | GroupEvent::Unpinned { .. }
            )
        };
        if let Some(event) = entry.event.as_deref().filter(|event| !is_of_both(event)) {
            self.peer = Peer::Many;
            self.event(entry, event);
        }
        if self.peer == Peer::Unknown && is_by_other {
            self.peer = Peer::User(entry.from);
        }
        if entry.seq > self.told_head {
            self.told_head = entry.seq;
            let is_message = entry.kind == EntryKind::Message;
            self.told_unread += u64::from(is_by_other && is_message && entry.body.is_some());
        }
        if !is_by_other && entry.kind == EntryKind::Message {
            // To send is to have read.
            self.mine.advance(entry.seq, entry.seq);
            self.told_unread = 0;
        }
        self.messages.entry(entry, self.me, self.is_group());
        self.messages.trim();
    }

    fn event(&mut self, entry: &Entry, event: &GroupEvent) {
        let group = self.group.get_or_insert_with(Group::unknown);
        group.entry(entry, self.me);
        if group.is_left {
            self.told_unread = 0;
        }
        // What was said before is nothing that who comes in has still to read.
        let comes = match event {
            GroupEvent::Created { users, .. } | GroupEvent::Added { users } => {
                users.contains(&self.me) || entry.from == self.me
            }
            GroupEvent::Joined { .. } => entry.from == self.me,
            GroupEvent::Approved { user, .. } => *user == self.me || entry.from == self.me,
            _ => false,
        };
        if comes {
            self.mine.advance(entry.seq, entry.seq);
            self.told_unread = 0;
        }
    }

    /// Takes in a page of older entries, newest first, so that each meets those that change it.
    pub(super) fn older(&mut self, page: Option<HistoryPage>) {
        self.is_asking_older = false;
        let Some(page) = page else { return };
        let Some(first) = self.messages.first() else {
            return;
        };
        // A page gives every message as it is now, so the changes need not be applied again.
        for entry in page.entries.iter().rev().filter(|entry| entry.seq < first) {
            self.messages.entry(entry, self.me, self.is_group());
        }
    }

    /// Asks for older messages, unless there are none or they are on their way.
    pub(super) fn ask_older(&mut self) -> Option<(ConversationId, Seq)> {
        let conv = self.conv().filter(|_| !self.is_left())?;
        let first = self.messages.first()?;
        if self.is_asking_older || first <= self.since {
            return None;
        }
        self.is_asking_older = true;
        Some((conv, first))
    }

    pub(super) fn receipt(&mut self, receipt: &Receipt) {
        let is_own = receipt.user == self.me;
        if is_own {
            self.mine.advance(receipt.read, receipt.delivered);
        } else {
            let other = self.others.entry(receipt.user).or_default();
            other.advance(receipt.read, receipt.delivered);
        }
        if is_own && receipt.read >= self.told_head {
            self.told_unread = 0;
        }
    }

    /// Counts everything as read; gives what to tell the server, if that is news.
    pub(super) fn read_all(&mut self) -> Option<(ConversationId, Seq)> {
        if self.is_left() {
            return None;
        }
        let conv = self.conv()?;
        let last = self.messages.last()?;
        if last <= self.mine.read {
            return None;
        }
        self.mine.advance(last, last);
        self.told_unread = 0;
        Some((conv, last))
    }

    /// How far one's own message at this seq has come, at the slowest of the others.
    fn delivery(&self, seq: Seq) -> Delivery {
        let others = self.others();
        if others.is_empty() {
            Delivery::Sent
        } else if others.iter().all(|position| position.read >= seq) {
            Delivery::Read
        } else if others.iter().all(|position| position.delivered >= seq) {
            Delivery::Delivered
        } else {
            Delivery::Sent
        }
    }

    /// How far the others have come, as far as they are told; of a group, those who are in it.
    fn others(&self) -> Vec<Position> {
        let Some(group) = &self.group else {
            return self.others.values().copied().collect();
        };
        let members = group.members.iter().flatten();
        let others = members.filter(|user| **user != self.me);
        let position = |user| self.others.get(user).copied().unwrap_or_default();
        others.map(position).collect()
    }
}
