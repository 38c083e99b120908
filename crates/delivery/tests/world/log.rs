//! The one true log of the simulated world, and what a server answers from it.

use std::collections::BTreeMap;

use hongyan_protocol::{
    Body, ClientId, ConversationId, ConversationKind, ConversationView, Entry, EntryId, EntryKind,
    HistoryPage, MemberPosition, Millis, Position, Sent, Seq, Synced, Target, UserId, limits,
};

/// Conversations in a page of `sync`: few, so that walks have several pages.
const SYNC_PAGE: usize = 2;

/// Entries of each conversation in a page of `sync`.
const SYNC_ENTRIES: usize = 3;

#[derive(Clone)]
pub(crate) struct Conversation {
    kind: ConversationKind,
    pub(crate) members: Vec<UserId>,
    pub(crate) entries: Vec<Entry>,
    delivered: BTreeMap<UserId, Seq>,
    /// The number of the first change in it.
    pub(crate) began: u64,
    /// The number of the last change in it.
    changed: u64,
}

/// What an entry does.
#[derive(Clone)]
pub(crate) enum Content {
    Message(Body),
    Recall(Seq),
}

impl Content {
    fn kind(&self) -> EntryKind {
        match self {
            Self::Message(_) => EntryKind::Message,
            Self::Recall(_) => EntryKind::Recall,
        }
    }

    fn body(&self) -> Option<Body> {
        match self {
            Self::Message(body) => Some(body.clone()),
            Self::Recall(_) => None,
        }
    }

    fn target(&self) -> Option<Seq> {
        match self {
            Self::Message(_) => None,
            Self::Recall(target) => Some(*target),
        }
    }
}

#[derive(Clone, Default)]
pub(crate) struct Log {
    /// Which history it is.
    epoch: u64,
    /// 1:1 conversations ever made.
    made: u64,
    pub(crate) conversations: BTreeMap<ConversationId, Conversation>,
    directs: BTreeMap<(UserId, UserId), ConversationId>,
    by_client_id: BTreeMap<(UserId, ClientId), Sent>,
    changes: u64,
    entries: u64,
}

impl Log {
    /// The name of the history.
    pub(crate) fn epoch(&self) -> String {
        format!("e{}", self.epoch)
    }

    /// Goes on from an earlier state, under another name. No number is given again.
    pub(crate) fn restore(&mut self, backup: Self) {
        *self = Self {
            epoch: self.epoch + 1,
            made: self.made,
            changes: self.changes,
            entries: self.entries,
            ..backup
        };
    }

    /// Whether an entry is what a request would make.
    pub(crate) fn is(&self, sent: &Sent, content: &Content) -> bool {
        let entry = &self.conversations[&sent.conv].entries[sent.seq.get() as usize - 1];
        let (kind, target) = (content.kind(), content.target());
        (entry.kind, entry.target, &entry.body) == (kind, target, &content.body())
    }

    pub(crate) fn open(
        &mut self,
        conv: ConversationId,
        kind: ConversationKind,
        members: Vec<UserId>,
    ) {
        let conversation = Conversation {
            kind,
            members,
            entries: Vec::new(),
            delivered: BTreeMap::new(),
            began: 0,
            changed: 0,
        };
        self.conversations.insert(conv, conversation);
    }

    /// The first attempt's answer, if there was one.
    pub(crate) fn earlier(&self, from: UserId, client_id: &ClientId) -> Option<Sent> {
        self.by_client_id.get(&(from, client_id.clone())).cloned()
    }

    /// Appends, and returns where.
    pub(crate) fn append(
        &mut self,
        from: UserId,
        target: Target,
        client_id: ClientId,
        content: Content,
    ) -> Sent {
        let conv = match target {
            Target::Conversation(conv) => conv,
            Target::User(user) => self.direct(from, user),
        };
        self.changes += 1;
        self.entries += 1;
        let conversation = self
            .conversations
            .get_mut(&conv)
            .expect("the world only sends to what it opened");
        conversation.changed = self.changes;
        if conversation.entries.is_empty() {
            conversation.began = self.changes;
        }
        let entry = Entry {
            event: None,
            conv,
            seq: Seq::from_trusted(conversation.entries.len() as u64 + 1),
            id: EntryId::from_trusted(self.entries),
            kind: content.kind(),
            from,
            at: Millis::from_trusted(0),
            client_id: client_id.clone(),
            body: content.body(),
            reply_to: None,
            mentions: Vec::new(),
            mentions_all: false,
            topic: None,
            expires_at: None,
            origin: None,
            target: content.target(),
            edited_by: None,
            recalled_by: None,
        };
        let sent = Sent {
            conv,
            seq: entry.seq,
            id: entry.id,
            at: entry.at,
            client_id: client_id.clone(),
        };
        if entry.kind == EntryKind::Message {
            conversation.delivered.insert(from, entry.seq);
        }
        conversation.entries.push(entry);
        self.by_client_id.insert((from, client_id), sent.clone());
        sent
    }

    pub(crate) fn deliver(&mut self, user: UserId, conv: ConversationId, seq: Seq) {
        self.changes += 1;
        if let Some(conversation) = self.conversations.get_mut(&conv) {
            let head = conversation.head();
            assert!(seq <= head, "a client acked {seq} of {head}");
            if conversation.is_large() {
                return;
            }
            let delivered = conversation.delivered.entry(user).or_default();
            if seq > *delivered {
                *delivered = seq;
                conversation.changed = self.changes;
            }
        }
    }

    pub(crate) fn after(&self, conv: ConversationId, after: Seq, limit: usize) -> HistoryPage {
        let conversation = &self.conversations[&conv];
        let entries = conversation.entries.iter().skip(after.get() as usize);
        let entries: Vec<Entry> = entries.take(limit).cloned().collect();
        let last = entries.last().map_or(after, |entry| entry.seq);
        HistoryPage {
            since: None,
            conv,
            entries,
            head: conversation.head(),
            more: last < conversation.head(),
        }
    }

    /// The cursor is `since` between walks and `since.top.below` within one.
    pub(crate) fn sync(&self, user: UserId, cursor: Option<&str>) -> Synced {
        let numbers = cursor.unwrap_or("0").split('.');
        let numbers: Vec<u64> = numbers
            .map(|n| n.parse().expect("our own cursor"))
            .collect();
        let (since, top, below) = match numbers[..] {
            [since] => (since, self.changes, u64::MAX),
            [since, top, below] => (since, top, below),
            _ => panic!("not our own cursor: {cursor:?}"),
        };
        let conversations = self.conversations.iter();
        let mut changed: Vec<_> = conversations
            .filter(|(_, found)| found.members.contains(&user) && !found.entries.is_empty())
            .filter(|(_, found)| found.changed > since && found.changed < below)
            .filter(|(_, found)| found.changed <= top)
            .collect();
        changed.sort_by_key(|(_, found)| std::cmp::Reverse(found.changed));
        let more = changed.len() > SYNC_PAGE;
        changed.truncate(SYNC_PAGE);
        let below = changed.last().map_or(0, |(_, found)| found.changed);
        let cursor = if more {
            format!("{since}.{top}.{below}")
        } else {
            top.to_string()
        };
        Synced {
            conversations: changed
                .iter()
                .map(|(conv, found)| found.view(**conv, user))
                .collect(),
            list: Vec::new(),
            users: Vec::new(),
            total_unread: 0,
            total_muted: 0,
            cursor: cursor.into(),
            more,
        }
    }

    /// Of each conversation of a user that is not large: what the server thinks delivered, and the head.
    pub(crate) fn positions(&self, user: UserId) -> Vec<(ConversationId, Seq, Seq)> {
        let conversations = self.conversations.iter();
        let own = conversations.filter(|(_, found)| found.members.contains(&user));
        let small = own.filter(|(_, found)| !found.is_large());
        small
            .map(|(conv, found)| {
                let delivered = found.delivered.get(&user).copied().unwrap_or(Seq::ZERO);
                (*conv, delivered, found.head())
            })
            .collect()
    }

    /// The 1:1 conversation of these two, if they ever spoke.
    pub(crate) fn known_direct(&self, from: UserId, to: UserId) -> Option<ConversationId> {
        let pair = (from.min(to), from.max(to));
        self.directs.get(&pair).copied()
    }

    fn direct(&mut self, from: UserId, to: UserId) -> ConversationId {
        if let Some(conv) = self.known_direct(from, to) {
            return conv;
        }
        let pair = (from.min(to), from.max(to));
        self.made += 1;
        let conv = ConversationId::from_trusted(100 + self.made);
        self.open(conv, ConversationKind::Direct, vec![pair.0, pair.1]);
        self.directs.insert(pair, conv);
        conv
    }
}

impl Conversation {
    pub(crate) fn head(&self) -> Seq {
        Seq::from_trusted(self.entries.len() as u64)
    }

    fn is_large(&self) -> bool {
        self.members.len() > limits::MEMBERS_TOLD
    }

    fn view(&self, conv: ConversationId, caller: UserId) -> ConversationView {
        let delivered = |user| self.delivered.get(&user).copied().unwrap_or(Seq::ZERO);
        let members = self.members.iter().map(|&user| MemberPosition {
            user,
            read: Seq::ZERO,
            delivered: delivered(user),
        });
        let first = self.entries.len().saturating_sub(SYNC_ENTRIES);
        ConversationView {
            pins: Vec::new(),
            since: None,
            floor: Seq::ZERO,
            left: false,
            mentions: 0,
            view: None,
            group: None,
            conv,
            kind: self.kind,
            head: self.head(),
            unread: 0,
            me: Position {
                read: Seq::ZERO,
                delivered: delivered(caller),
            },
            size: self.members.len() as u64,
            members: (!self.is_large()).then(|| members.collect()),
            entries: self.entries[first..].to_vec(),
        }
    }
}
