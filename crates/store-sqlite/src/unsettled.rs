//! What is journaled and not settled yet, as readers need it.
//!
//! writer → **unsettled** → reads
//!
//! The tables lag behind by up to 200 ms. So a read of one conversation takes what it has here first, and then a
//! snapshot of the tables: what is settled in between is in both, and says the same.
//!
//! ```text
//! tables, at some settlement:  1 2 3 4 5
//! here:                              4 5 6 7        7 edits 2: so the 2 of the tables is read as 7 has it
//! the read sees:               1 2 3 4 5 6 7
//! ```
//!
//! Owns: the unsettled end of each log, whose conversations begin in it, and the users whom it concerns.
//! Promises: a write is in here from before it is answered until it is settled; a batch comes and goes whole. Bounded,
//! as what is pending is.
//! Not here: a walk over all of a user's conversations. It waits for the settlement (`store`).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::{
    Body, Change, Content, Conversation, ConversationKind, Effects, Entry, Event, HistoryRange,
    LastMessage, MEMBERS_TOLD, Member, Role, View, WaysChange,
};
use parking_lot::Mutex;

use crate::read::Seen;
use crate::writer::{Begun, JournaledEntry, Record, What};

#[derive(Default)]
pub(crate) struct Unsettled(Mutex<Rounds>);

#[derive(Default)]
struct Rounds {
    waiting: Round,
    being_settled: Round,
}

/// What one settlement carries out.
#[derive(Default)]
struct Round {
    users: HashSet<UserId, RandomState>,
    /// Members of large groups, as they were at each write: they are too many to be gathered for each.
    groups: HashMap<ConversationId, Vec<Arc<[UserId]>>, RandomState>,
    directs: HashMap<(UserId, UserId), ConversationId, RandomState>,
    logs: HashMap<ConversationId, LogEnd, RandomState>,
    /// Whether it changes any group.
    has_event: bool,
}

/// The unsettled end of a log.
#[derive(Default)]
struct LogEnd {
    /// If the conversation begins in it.
    begun: Option<Begun>,
    /// Dense, ascending.
    entries: Vec<Arc<JournaledEntry>>,
    /// What they make of earlier ones, by the message that it is about.
    replaced: HashMap<Seq, Replaced, RandomState>,
    /// Where members have come to in it, one each, ascending by user.
    positions: Vec<Member>,
    /// What members made of it for themselves.
    views: HashMap<UserId, View, RandomState>,
    /// Its last message.
    last: Option<LastMessage>,
    membership: Membership,
    /// Whether it changes a group, or the ways into one.
    has_event: bool,
}

/// Who came and went, if it is a group.
#[derive(Debug, Default, Clone)]
struct Membership {
    /// All went who were there before.
    has_ended: bool,
    /// From where somebody may read who came in; `None` for somebody who is out.
    changed: HashMap<UserId, Option<Seq>, RandomState>,
}

/// What of the unsettled end of a log a stretch of it needs.
#[derive(Debug)]
pub(crate) struct Tail {
    /// Where it begins, and where it ends: it has this and all between.
    pub(crate) first: Seq,
    pub(crate) head: Seq,
    begun: Option<Begun>,
    /// Of the entries those that may be in the stretch. Ascending.
    entries: Vec<Arc<JournaledEntry>>,
    replaced: HashMap<Seq, Replaced, RandomState>,
    membership: Membership,
}

/// What became of a message.
#[derive(Debug, Default, Clone)]
struct Replaced {
    /// The last edit, and what it says.
    edit: Option<(Seq, Body)>,
    recall: Option<Seq>,
}

/// What is unsettled of a conversation beside its entries.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    begun: Option<Begun>,
    head: Seq,
    positions: Vec<Member>,
    /// The reader's.
    view: Option<View>,
    last: Option<LastMessage>,
    recalled: Vec<Seq>,
}

impl Unsettled {
    /// Whether something is unsettled in any conversation of this user's.
    pub(crate) fn concerns(&self, user: UserId) -> bool {
        let rounds = self.0.lock();
        rounds.waiting.concerns(user) || rounds.being_settled.concerns(user)
    }

    pub(crate) fn is_empty(&self) -> bool {
        let rounds = self.0.lock();
        rounds.waiting.is_empty() && rounds.being_settled.is_empty()
    }

    /// The unsettled conversation of these two, the lower id first.
    pub(crate) fn direct(&self, low: UserId, high: UserId) -> Option<ConversationId> {
        let rounds = self.0.lock();
        let pair = &(low, high);
        let found = rounds.waiting.directs.get(pair);
        found
            .or_else(|| rounds.being_settled.directs.get(pair))
            .copied()
    }

    /// What of the unsettled end of this log a stretch of at most `limit` entries needs. `None` where no entry is
    /// unsettled.
    pub(crate) fn tail(
        &self,
        conv: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Option<Tail> {
        let rounds = self.0.lock();
        let ends = rounds.of(conv);
        let entries = || ends.iter().flatten().map(|end| &end.entries);
        let first = entries().find_map(|entries| entries.first())?.place.seq;
        let head = entries()
            .rev()
            .find_map(|entries| entries.last())?
            .place
            .seq;
        let (from, to) = window(range, head, limit as u64);
        let mut tail = Tail {
            first,
            head,
            begun: None,
            entries: Vec::new(),
            replaced: HashMap::default(),
            membership: Membership::default(),
        };
        for end in ends.into_iter().flatten() {
            tail.begun = tail.begun.or(end.begun);
            tail.membership.go_on(&end.membership);
            let at = |seq: u64| {
                end.entries
                    .partition_point(|entry| entry.place.seq.get() < seq)
            };
            tail.entries
                .extend(end.entries[at(from)..at(to)].iter().cloned());
            for (target, replaced) in &end.replaced {
                tail.replaced.entry(*target).or_default().go_on(replaced);
            }
        }
        Some(tail)
    }

    /// What is unsettled of this conversation beside its entries, for this reader. `None` where nothing is.
    pub(crate) fn beside(&self, conv: ConversationId, user: UserId) -> Option<Beside> {
        let rounds = self.0.lock();
        let mut found = None::<Beside>;
        for end in rounds.of(conv).into_iter().flatten() {
            let beside = found.get_or_insert_default();
            beside.begun = beside.begun.or(end.begun);
            if let Some(last) = end.entries.last() {
                beside.head = last.place.seq;
            }
            for position in &end.positions {
                put(&mut beside.positions, *position);
            }
            beside.view = end.views.get(&user).cloned().or(beside.view.take());
            beside.last = end.last.or(beside.last);
            let replaced = end.replaced.iter();
            let recalled = replaced.filter(|(_, replaced)| replaced.recall.is_some());
            beside.recalled.extend(recalled.map(|(target, _)| *target));
        }
        found
    }

    /// The reader's view of this conversation, where it is unsettled.
    pub(crate) fn view(&self, conv: ConversationId, user: UserId) -> Option<View> {
        let rounds = self.0.lock();
        let ends = rounds.of(conv).into_iter().flatten();
        ends.filter_map(|end| end.views.get(&user))
            .next_back()
            .cloned()
    }

    /// Whether a change of this group is unsettled.
    pub(crate) fn changes_group(&self, conv: ConversationId) -> bool {
        let rounds = self.0.lock();
        rounds
            .of(conv)
            .into_iter()
            .flatten()
            .any(|end| end.has_event)
    }

    /// Whether a change of any group is unsettled.
    pub(crate) fn changes_any_group(&self) -> bool {
        let rounds = self.0.lock();
        rounds.waiting.has_event || rounds.being_settled.has_event
    }

    /// Adds a journaled batch, and the members of each conversation whom it concerns.
    pub(crate) fn add<'a>(
        &self,
        news: Vec<Record>,
        concerned: impl IntoIterator<Item = (ConversationId, &'a Arc<[UserId]>)>,
    ) {
        let mut rounds = self.0.lock();
        let round = &mut rounds.waiting;
        for (conv, members) in concerned {
            round.add_members(conv, members);
        }
        for record in news {
            round.add(record);
        }
    }

    /// These users have to wait for what a crash has left, since the disk takes nothing.
    pub(crate) fn add_users(&self, users: &[UserId]) {
        self.0.lock().waiting.users.extend(users);
    }

    /// All that is in here is being settled.
    pub(crate) fn are_being_settled(&self) {
        let mut rounds = self.0.lock();
        debug_assert!(rounds.being_settled.is_empty());
        rounds.being_settled = std::mem::take(&mut rounds.waiting);
    }

    /// What was [being settled](Self::are_being_settled) is.
    pub(crate) fn are_settled(&self) {
        let settled = std::mem::take(&mut self.0.lock().being_settled);
        // Readers need not wait until it is taken apart.
        drop(settled);
    }

    pub(crate) fn clear(&self) {
        let cleared = std::mem::take(&mut *self.0.lock());
        drop(cleared);
    }
}

impl Rounds {
    /// The unsettled ends of a log, the older one first.
    fn of(&self, conv: ConversationId) -> [Option<&LogEnd>; 2] {
        [&self.being_settled, &self.waiting].map(|round| round.logs.get(&conv))
    }
}

impl Round {
    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty()
    }

    fn concerns(&self, user: UserId) -> bool {
        let has = |members: &Arc<[UserId]>| members.binary_search(&user).is_ok();
        self.users.contains(&user) || self.groups.values().flatten().any(has)
    }

    /// What follows concerns these. However many they are, it costs no more than for a few.
    fn add_members(&mut self, conv: ConversationId, members: &Arc<[UserId]>) {
        if members.len() <= MEMBERS_TOLD {
            self.users.extend(members.iter());
            return;
        }
        let known = self.groups.entry(conv).or_default();
        if !known.last().is_some_and(|last| Arc::ptr_eq(last, members)) {
            known.push(Arc::clone(members));
        }
    }

    fn add(&mut self, record: Record) {
        let end = self.logs.entry(record.conv()).or_default();
        match record {
            Record::Begin(begun) => {
                end.begun = Some(begun);
                self.directs.insert((begun.low, begun.high), begun.conv);
            }
            Record::Entry(entry) => {
                let (from, seq) = (entry.from, entry.place.seq);
                match &entry.what {
                    What::Said(Change::Message { .. }) => {
                        // Its sender has read it.
                        let position = Member {
                            user: from,
                            read: seq,
                            delivered: seq,
                        };
                        let at = entry.at;
                        end.last = Some(LastMessage { seq, at });
                        put(&mut end.positions, position);
                    }
                    What::Said(Change::Edit { target, body, .. }) => {
                        let replaced = end.replaced.entry(*target).or_default();
                        replaced.edit = Some((seq, body.clone()));
                    }
                    What::Said(Change::Recall { target, .. }) => {
                        end.replaced.entry(*target).or_default().recall = Some(seq);
                    }
                    What::Changed { effects, .. } => {
                        end.has_event = true;
                        self.has_event = true;
                        end.membership.change(effects);
                    }
                    What::Said(Change::Group(_)) => {}
                }
                end.entries.push(entry);
            }
            Record::Move { position, .. } => put(&mut end.positions, position),
            // Whoever reads them waits for the settlement.
            Record::Reaction(_) => {}
            Record::Ways { change, .. } => {
                end.has_event = true;
                self.has_event = true;
                if let WaysChange::Request(user, _) = change {
                    self.users.insert(user);
                }
            }
            Record::View { user, view, .. } => {
                end.views.insert(user, view);
                self.users.insert(user);
            }
        }
    }
}

/// Moves a member's position forward.
fn put(positions: &mut Vec<Member>, position: Member) {
    match positions.binary_search_by_key(&position.user, |known| known.user) {
        Ok(at) => {
            let known = positions[at];
            positions[at] = known.advanced(Some(position.read), Some(position.delivered));
        }
        Err(at) => positions.insert(at, position),
    }
}

/// The seqs that a stretch can have of a log with this head: from the first, to before the second.
fn window(range: HistoryRange, head: Seq, limit: u64) -> (u64, u64) {
    let below = |end: u64| (end.saturating_sub(limit), end);
    match range {
        HistoryRange::Latest => below(head.get() + 1),
        HistoryRange::Before(seq) => below(seq.get().min(head.get() + 1)),
        HistoryRange::After(seq) => (seq.get() + 1, (seq.get() + 1).saturating_add(limit)),
    }
}

impl Tail {
    /// From where this user may read, where it makes a member of the user, or the contrary; `None` where it does neither.
    pub(crate) fn reads_from(&self, user: UserId) -> Option<Option<Seq>> {
        let begun = self.begun.map(|begun| begun.has(user));
        let first = begun.map(|is_in| is_in.then_some(Seq::ZERO.next()));
        first.or_else(|| self.membership.reads_from(user))
    }

    /// The entries that may be in the stretch, as they are now. Ascending.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = Entry> {
        self.entries.iter().map(|entry| {
            let mut entry = as_appended(entry);
            self.replace(&mut entry);
            entry
        })
    }

    /// Makes of an entry what those that are unsettled have made of it. What the entry knows already does nothing.
    pub(crate) fn replace(&self, entry: &mut Entry) {
        let target = match entry.content {
            Content::Message { .. } => entry.seq,
            Content::Edit { target, .. } => target,
            Content::Recall { .. } | Content::Event(_) => return,
        };
        let Some(Replaced { edit, recall }) = self.replaced.get(&target) else {
            return;
        };
        if let Some((by, body)) = edit {
            entry.content.edit(entry.seq, target, *by, body);
        }
        if let Some(by) = recall {
            entry.content.recall(entry.seq, target, *by);
        }
    }
}

impl Membership {
    fn change(&mut self, effects: &Effects) {
        if effects.event == Event::Disbanded {
            *self = Self {
                has_ended: true,
                changed: HashMap::default(),
            };
        }
        for (user, role) in &effects.members {
            match role {
                Some(_) if effects.brings_in() => {
                    self.changed.insert(*user, Some(effects.since));
                }
                Some(_) => {}
                None => {
                    self.changed.insert(*user, None);
                }
            }
        }
    }

    /// What happened afterwards.
    fn go_on(&mut self, later: &Self) {
        if later.has_ended {
            self.clone_from(later);
        } else {
            let changed = later.changed.iter();
            self.changed
                .extend(changed.map(|(user, since)| (*user, *since)));
        }
    }

    fn reads_from(&self, user: UserId) -> Option<Option<Seq>> {
        let changed = self.changed.get(&user).copied();
        changed.or(self.has_ended.then_some(None))
    }
}

impl Replaced {
    /// What became of it afterwards.
    fn go_on(&mut self, later: &Self) {
        self.edit = later.edit.clone().or(self.edit.take());
        self.recall = later.recall.or(self.recall);
    }
}

impl Beside {
    /// The conversation as this user sees it now. `settled`: as the tables have it; `None` where they have none.
    pub(crate) fn completed(&self, settled: Option<Seen>, user: UserId) -> Option<Seen> {
        let Seen {
            mut conversation,
            last,
            shown,
        } = settled.or_else(|| new(self.begun?, user))?;
        conversation.head = conversation.head.max(self.head);
        conversation
            .pinned
            .retain(|seq| !self.recalled.contains(seq));
        conversation.me = self.now(conversation.me);
        let members = conversation.members.iter();
        conversation.members = members.map(|member| self.now(*member)).collect();
        if let Some(view) = &self.view
            && view.rev > conversation.view.rev
        {
            conversation.view = view.clone();
        }
        let last = self.last.filter(|own| own.seq > last.seq).unwrap_or(last);
        Some(Seen {
            conversation,
            last,
            shown,
        })
    }

    /// How far a member has come now.
    pub(crate) fn now(&self, member: Member) -> Member {
        let positions = &self.positions;
        match positions.binary_search_by_key(&member.user, |at| at.user) {
            Ok(at) => member.advanced(Some(positions[at].read), Some(positions[at].delivered)),
            Err(_) => member,
        }
    }
}

/// A conversation that has nothing in it yet; `None` for somebody who is no member.
fn new(begun: Begun, user: UserId) -> Option<Seen> {
    let members = begun.members();
    let conversation = || Conversation {
        id: begun.conv,
        kind: ConversationKind::Direct,
        head: Seq::ZERO,
        since: Seq::ZERO.next(),
        floor: Seq::ZERO,
        pinned: Vec::new(),
        muted_until: None,
        size: members.len(),
        requests: 0,
        me: Member::new(user),
        view: View::default(),
        role: Some(Role::Member),
        group: None,
        members: members.iter().copied().map(Member::new).collect(),
    };
    begun.has(user).then(|| Seen {
        conversation: conversation(),
        last: LastMessage::default(),
        shown: None,
    })
}

/// An entry as its sender made it.
fn as_appended(entry: &JournaledEntry) -> Entry {
    let place = entry.place;
    let content = match &entry.what {
        What::Said(Change::Message {
            body,
            reply_to,
            mentions,
            header,
        }) => Content::Message {
            body: Some(body.clone()),
            reply_to: *reply_to,
            mentions: mentions.clone(),
            header: header.clone(),
            edited_by: None,
            recalled_by: None,
        },
        What::Said(Change::Edit { target, body, .. }) => Content::Edit {
            target: *target,
            body: Some(body.clone()),
            recalled_by: None,
        },
        What::Said(Change::Recall { target, .. }) => Content::Recall { target: *target },
        What::Changed { effects, .. } => Content::Event(effects.event.clone()),
        // What was asked for is not what is kept of it.
        What::Said(Change::Group(_)) => Content::Recall { target: place.seq },
    };
    Entry {
        conv: place.conv,
        seq: place.seq,
        id: place.id,
        from: entry.from,
        at: entry.at,
        client_id: entry.client_id.clone(),
        content,
    }
}
