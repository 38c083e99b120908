//! A store so simple that it is plainly right: vectors in memory, everything counted by definition.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use hongyan_protocol::{ClientId, ConversationId, EntryId, Millis, Seq, UserId};

use super::fixture::seq;
use super::groups_model;
use super::joining_model::Doors;
use crate::{
    Append, AppendError, Appended, Change, Content, Conversation, Entry, Event, GroupChange,
    Member, Move, MoveError, Moved, Outcome, Role, Settings, Target, View, Who, Write,
};

pub(super) struct Log {
    pub(super) conv: ConversationId,
    pub(super) entries: Vec<Entry>,
    /// Ascending by user.
    pub(super) positions: Vec<Member>,
    /// Of all members.
    pub(super) roles: HashMap<UserId, Role>,
    /// The first seq that each member may read; 1 where it is not here.
    pub(super) since: HashMap<UserId, Seq>,
    /// Nothing up to here is told to anybody.
    pub(super) floor: Seq,
    /// Of a group.
    pub(super) settings: Option<Settings>,
    pub(super) banned: BTreeSet<UserId>,
    /// Until when.
    pub(super) muted: BTreeMap<UserId, Millis>,
    pub(super) pinned: BTreeSet<Seq>,
    pub(super) doors: Doors,
    /// When each member of a group said something last.
    pub(super) said: HashMap<UserId, Millis>,
    /// Who made it, if it is a group, under which client id.
    made: Option<(UserId, ClientId)>,
    /// The batch that last changed it.
    pub(super) changed_in: u64,
    /// Who reacted, to what, with what.
    pub(super) reactions: BTreeSet<(Seq, Arc<str>, UserId)>,
    /// By which change of its reactions a message's were changed last, the last change behind all others.
    pub(super) reacted: Vec<Seq>,
    /// What members made of it for themselves, as it counts now.
    pub(super) views: HashMap<UserId, View>,
    /// The batch that last changed that.
    pub(super) view_changed_in: HashMap<UserId, u64>,
}

impl Log {
    pub(super) fn head(&self) -> Seq {
        self.entries.last().map_or(Seq::ZERO, |entry| entry.seq)
    }

    pub(super) fn has(&self, user: UserId) -> bool {
        self.positions.iter().any(|position| position.user == user)
    }

    pub(super) fn since(&self, user: UserId) -> Seq {
        let since = self.since.get(&user).copied().unwrap_or(seq(1));
        since.max(self.floor.next())
    }

    /// The members who may read what stands here.
    pub(super) fn members_who_read(&self, at: Seq) -> Vec<UserId> {
        let mut members = self.members();
        members.retain(|user| at >= self.since(*user));
        members
    }

    /// The log as this member may read it.
    pub(super) fn read_by(&self, user: UserId) -> Vec<Entry> {
        let since = self.told_from(user);
        let mut entries = self.entries.clone();
        entries.retain(|entry| entry.seq >= since);
        for entry in &mut entries {
            match &mut entry.content {
                Content::Edit { target, body, .. } if *target < since => *body = None,
                _ => {}
            }
        }
        entries
    }

    /// The conversation is as it should be, for this member.
    pub(super) fn compare(
        &self,
        conversation: &Conversation,
        user: UserId,
        blocks: &BTreeMap<(UserId, UserId), (Seq, Seq)>,
    ) {
        let mut told = self.positions.clone();
        for member in &mut told {
            let is_pair = self.settings.is_none() && member.user != user;
            if let Some((read, delivered)) = blocks.get(&(member.user, user)).filter(|_| is_pair) {
                member.read = member.read.min(*read);
                member.delivered = member.delivered.min(*delivered);
            }
        }
        assert_eq!(*conversation.members, told);
        assert_eq!(conversation.size, self.positions.len());
        let requests = match self.leads(user) {
            true => self.waiting().len(),
            false => 0,
        };
        assert_eq!(conversation.requests, requests);
        let mut positions = self.positions.iter();
        assert_eq!(
            positions.find(|own| own.user == user),
            Some(&conversation.me)
        );
        assert_eq!(conversation.since, self.told_from(user));
        assert_eq!(conversation.floor, self.floor);
        assert_eq!(
            conversation.view,
            self.view(user),
            "of {user} in {}",
            self.conv
        );
        let shown = self.pinned.range(self.told_from(user)..);
        assert!(conversation.pinned.iter().eq(shown));
        assert_eq!(conversation.muted_until, self.muted.get(&user).copied());
        assert_eq!(conversation.role, self.roles.get(&user).copied());
        assert_eq!(conversation.group.as_deref(), self.settings.as_ref());
    }

    pub(super) fn members(&self) -> Vec<UserId> {
        self.positions
            .iter()
            .map(|position| position.user)
            .collect()
    }

    /// Messages by others, not recalled, after the read position.
    pub(super) fn unread(&self, user: UserId) -> u64 {
        let position = self.positions.iter().find(|p| p.user == user).unwrap();
        let counts = |entry: &&Entry| {
            let kept = matches!(
                entry.content,
                Content::Message {
                    recalled_by: None,
                    ..
                }
            );
            let is_told = entry.seq >= self.told_from(user);
            kept && is_told && entry.from != user && entry.seq > position.read
        };
        self.entries.iter().filter(counts).count() as u64
    }

    fn advance(&mut self, user: UserId, read: Seq, delivered: Seq) -> (Member, bool) {
        let position = self.positions.iter_mut().find(|p| p.user == user).unwrap();
        let before = *position;
        position.read = position.read.max(read);
        position.delivered = position.delivered.max(delivered).max(position.read);
        let moved = *position;
        if moved.read != before.read {
            self.read_on(user);
        }
        (moved, moved != before)
    }
}

pub(super) struct Model {
    pub(super) users: Vec<UserId>,
    /// Who has blocked whom, and how far they had come in the conversation of the two by then.
    pub(super) blocks: BTreeMap<(UserId, UserId), (Seq, Seq)>,
    /// Who has blocked whom at any time.
    pub(super) ever_blocked: BTreeSet<(UserId, UserId)>,
    pub(super) logs: Vec<Log>,
    /// By the log, the sender and the client id.
    first_attempts: HashMap<(usize, UserId, ClientId), (Append, Seq)>,
    ids: HashSet<EntryId>,
    pub(super) batch: u64,
}

impl Model {
    pub(super) fn new(users: Vec<UserId>) -> Self {
        Self {
            users,
            blocks: BTreeMap::new(),
            ever_blocked: BTreeSet::new(),
            logs: Vec::new(),
            first_attempts: HashMap::new(),
            ids: HashSet::new(),
            batch: 0,
        }
    }

    /// Applies a batch and compares with what the store made of it. From the store come only the
    /// ids that it is free to choose.
    pub(super) fn batch(&mut self, writes: &[Write], outcomes: &[Outcome]) {
        assert_eq!(writes.len(), outcomes.len());
        self.batch += 1;
        for (write, outcome) in writes.iter().zip(outcomes) {
            let expected = match (write, outcome) {
                (Write::Append(append), Outcome::Append(got)) => {
                    Outcome::Append(self.append(append, got.as_ref().ok()))
                }
                (Write::Move(change), _) => Outcome::Move(self.advance(*change)),
                (Write::View(change), _) => Outcome::View(self.set_view(change)),
                (Write::Joining(joining), _) => Outcome::Joining(self.joining(joining)),
                (Write::React(react), _) => Outcome::React(self.react(react)),
                (Write::Append(_), other) => panic!("another outcome for an append: {other:?}"),
            };
            assert_eq!(*outcome, expected, "of {write:?}");
        }
    }

    pub(super) fn find(&self, conv: ConversationId) -> Option<usize> {
        self.logs.iter().position(|log| log.conv == conv)
    }

    fn pair(&self, a: UserId, b: UserId) -> Option<usize> {
        let members = if a == b { 1 } else { 2 };
        let both = |log: &Log| {
            let is_pair = log.settings.is_none() && log.positions.len() == members;
            is_pair && log.has(a) && log.has(b)
        };
        self.logs.iter().position(both)
    }

    fn append(&mut self, append: &Append, got: Option<&Appended>) -> Result<Appended, AppendError> {
        let found = match append.target {
            Target::Conversation(conv) => self.find(conv),
            Target::Direct(user) => self.pair(append.from, user),
            Target::NewGroup => {
                let made = Some((append.from, append.client_id.clone()));
                self.logs.iter().position(|log| log.made == made)
            }
        };
        if let Some(at) = found {
            let key = (at, append.from, append.client_id.clone());
            if let Some((first, seq)) = self.first_attempts.get(&key) {
                return if same_wish(&first.change, &append.change) {
                    Ok(self.appended(at, *seq, true))
                } else {
                    Err(AppendError::ClientIdConflict)
                };
            }
        }
        let event = match found {
            Some(at) => self.allowed(at, append)?,
            None if matches!(append.change, Change::Group(GroupChange::Join(_))) => {
                return Err(AppendError::DeadLink);
            }
            None => self.may_begin(append)?,
        };
        // Nothing refuses it, so the store must have taken it.
        let got = got.expect("an append that breaks no rule");
        let at = found.unwrap_or_else(|| self.begin(append, got.conv));
        assert!(self.ids.insert(got.id), "an id is given once");
        let before = self.logs[at].entries.last().map(|entry| entry.id);
        assert!(before < Some(got.id), "ids ascend within a log");
        let seq = self.write(at, append, event.clone(), got.id);
        let key = (at, append.from, append.client_id.clone());
        self.first_attempts.insert(key, (append.clone(), seq));
        let appended = Appended {
            blind: self.blind(at, &append.change),
            ..self.appended(at, seq, false)
        };
        Ok(match event {
            None => appended,
            Some(event) => Appended {
                members: self.logs[at].happened(append, &event).into(),
                event: Some(event.into()),
                asking: self.logs[at].asking_after(),
                ..appended
            },
        })
    }

    fn appended(&self, at: usize, seq: Seq, duplicate: bool) -> Appended {
        let log = &self.logs[at];
        let entry = log.entries.iter().find(|entry| entry.seq == seq).unwrap();
        Appended {
            conv: log.conv,
            seq,
            id: entry.id,
            at: entry.at,
            duplicate,
            members: log.members().into(),
            blind: [].into(),
            event: None,
            asking: None,
        }
    }

    /// Whoever may not read the message that is edited.
    fn blind(&self, at: usize, change: &Change) -> Arc<[UserId]> {
        let Change::Edit { target, .. } = change else {
            return [].into();
        };
        let log = &self.logs[at];
        let mut blind = log.members();
        blind.retain(|user| *target < log.since(*user));
        blind.into()
    }

    /// Somebody blocks another, or no more; whether that is news.
    pub(super) fn set_block(&mut self, user: UserId, other: UserId, on: bool) -> bool {
        let at = self.pair(user, other);
        let stands = at.map(|at| {
            let positions = &self.logs[at].positions;
            let own = positions.iter().find(|own| own.user == user).unwrap();
            (own.read, own.delivered)
        });
        match (on, self.blocks.contains_key(&(user, other))) {
            (true, false) => {
                let stands = stands.unwrap_or_default();
                self.blocks.insert((user, other), stands);
                self.ever_blocked.insert((user, other));
                true
            }
            (false, true) => self.blocks.remove(&(user, other)).is_some(),
            (true, true) | (false, false) => false,
        }
    }

    /// Whether the other of two has blocked somebody.
    pub(super) fn is_blocked_in(&self, log: &Log, user: UserId) -> bool {
        let blocks = |other: &UserId| self.blocks.contains_key(&(*other, user));
        log.settings.is_none() && log.members().iter().any(blocks)
    }

    /// The event, where it is a group that begins.
    fn may_begin(&self, append: &Append) -> Result<Option<Event>, AppendError> {
        let known = |user| self.users.contains(&user);
        let other = match (append.target, &append.change) {
            (Target::Direct(other), Change::Group(_)) => {
                return Err(match known(other) && known(append.from) {
                    true => AppendError::NotMember,
                    false => AppendError::NoSuchUser,
                });
            }
            (Target::Direct(other), _) => other,
            (Target::NewGroup, Change::Group(GroupChange::Create { name, users })) => {
                if !known(append.from) || users.iter().any(|user| !known(*user)) {
                    return Err(AppendError::NoSuchUser);
                }
                if users
                    .iter()
                    .any(|user| self.blocks.contains_key(&(*user, append.from)))
                {
                    return Err(AppendError::ListFull);
                }
                let mut users = users.clone();
                users.retain(|user| *user != append.from);
                let name = name.clone();
                return Ok(Some(Event::Created { name, users }));
            }
            (Target::NewGroup | Target::Conversation(_), _) => return Err(AppendError::NotMember),
        };
        if !known(other) || !known(append.from) {
            return Err(AppendError::NoSuchUser);
        }
        match &append.change {
            Change::Message {
                reply_to: None,
                header,
                ..
            } => match header.mentions_all() || self.blocks.contains_key(&(other, append.from)) {
                true => Err(AppendError::NotAllowed),
                false => Ok(None),
            },
            _ => Err(AppendError::NoSuchMessage),
        }
    }

    fn begin(&mut self, append: &Append, conv: ConversationId) -> usize {
        assert_eq!(self.find(conv), None, "a new conversation has a new id");
        let mut members = match append.target {
            Target::Direct(other) => vec![append.from, other],
            Target::NewGroup | Target::Conversation(_) => Vec::new(),
        };
        let is_group = append.target == Target::NewGroup;
        let (name, made) = match &append.change {
            Change::Group(GroupChange::Create { name, .. }) => {
                (name.clone(), (append.from, append.client_id.clone()).into())
            }
            _ => (Default::default(), None),
        };
        members.sort();
        members.dedup();
        self.logs.push(Log {
            conv,
            entries: Vec::new(),
            roles: members.iter().map(|user| (*user, Role::Member)).collect(),
            since: HashMap::new(),
            floor: Seq::ZERO,
            banned: BTreeSet::new(),
            muted: BTreeMap::new(),
            pinned: BTreeSet::new(),
            doors: Doors::default(),
            said: HashMap::new(),
            settings: is_group.then(|| Settings::named(name)),
            made,
            positions: members
                .into_iter()
                .map(|user| Member {
                    user,
                    read: Seq::ZERO,
                    delivered: Seq::ZERO,
                })
                .collect(),
            changed_in: 0,
            reactions: BTreeSet::new(),
            reacted: Vec::new(),
            views: HashMap::new(),
            view_changed_in: HashMap::new(),
        });
        self.logs.len() - 1
    }

    /// The event, where a group is changed.
    fn allowed(&self, at: usize, append: &Append) -> Result<Option<Event>, AppendError> {
        let log = &self.logs[at];
        if let Change::Group(GroupChange::Join(token)) = append.change {
            let is_user = self.users.contains(&append.from);
            return log.may_join(append, token, is_user).map(Some);
        }
        if !log.has(append.from) {
            return Err(AppendError::NotMember);
        }
        let takes_back = matches!(append.change, Change::Recall { .. });
        if self.is_blocked_in(log, append.from) && !takes_back {
            return Err(AppendError::NotAllowed);
        }
        let is_chief = log.settings.is_some() && log.roles[&append.from] != Role::Member;
        let is_closed = log
            .settings
            .as_ref()
            .is_some_and(|set| set.post == Who::Admins);
        let is_message = matches!(append.change, Change::Message { .. });
        if is_message && is_closed && !is_chief {
            return Err(AppendError::NotAllowed);
        }
        if let Change::Message { header, .. } = &append.change
            && header.mentions_all()
        {
            log.may_mention_all(append, is_chief)?;
        }
        if is_message || matches!(append.change, Change::Edit { .. }) {
            log.may_write_now(append, is_chief)?;
        }
        let (target, not_before) = match &append.change {
            Change::Message { reply_to, .. } => match reply_to {
                Some(seq) => return message(log, *seq, append.from).map(|_| None),
                None => return Ok(None),
            },
            Change::Group(change) => {
                let is_user = |user| self.users.contains(&user);
                let blocks = |user| self.blocks.contains_key(&(user, append.from));
                return groups_model::judge(log, append, change, is_user, blocks).map(Some);
            }
            Change::Edit {
                target, not_before, ..
            }
            | Change::Recall { target, not_before } => (*target, *not_before),
        };
        let (sender, at, recalled) = message(log, target, append.from)?;
        if is_chief && matches!(append.change, Change::Recall { .. }) {
            return match recalled {
                true => Err(AppendError::Recalled),
                false => Ok(None),
            };
        }
        if sender != append.from {
            Err(AppendError::NotSender)
        } else if recalled {
            Err(AppendError::Recalled)
        } else if at < not_before {
            Err(AppendError::TooLate)
        } else {
            Ok(None)
        }
    }

    fn write(&mut self, at: usize, append: &Append, event: Option<Event>, id: EntryId) -> Seq {
        let batch = self.batch;
        let log = &mut self.logs[at];
        log.changed_in = batch;
        let seq = log.head().next();
        let content = match append.change.clone() {
            Change::Message {
                body,
                reply_to,
                mentions,
                header,
            } => {
                log.advance(append.from, seq, seq);
                log.message_came(append.at);
                if log.settings.is_some() {
                    log.said.insert(append.from, append.at);
                }
                Content::Message {
                    body: Some(body),
                    reply_to,
                    mentions,
                    header,
                    edited_by: None,
                    recalled_by: None,
                }
            }
            Change::Edit { target, body, .. } => {
                edit(&mut log.entries, target, seq, &body);
                Content::Edit {
                    target,
                    body: Some(body),
                    recalled_by: None,
                }
            }
            Change::Recall { target, .. } => {
                recall(&mut log.entries, target, seq);
                log.pinned.remove(&target);
                Content::Recall { target }
            }
            Change::Group(_) => Content::Event(event.expect("a change is an event")),
        };
        log.entries.push(Entry {
            conv: log.conv,
            seq,
            id,
            from: append.from,
            at: append.at,
            client_id: append.client_id.clone(),
            content,
        });
        seq
    }

    fn advance(&mut self, change: Move) -> Result<Moved, MoveError> {
        let batch = self.batch;
        let is_blocked = |other: &&UserId| self.blocks.contains_key(&(change.user, **other));
        let blocked: Vec<UserId> = self.users.iter().filter(is_blocked).copied().collect();
        let log = self.logs.iter_mut().find(|log| log.conv == change.conv);
        let log = log.filter(|log| log.has(change.user));
        let log = log.ok_or(MoveError::NotMember)?;
        let read = change.read.unwrap_or(Seq::ZERO);
        let delivered = change.delivered.unwrap_or(Seq::ZERO);
        if read > log.head() || delivered > log.head() {
            return Err(MoveError::BeyondHead);
        }
        let before = log
            .positions
            .iter()
            .find(|p| p.user == change.user)
            .unwrap()
            .read;
        let (position, changed) = log.advance(change.user, read, delivered);
        if changed {
            log.changed_in = batch;
        }
        let reads_again = change.read == Some(before) && position.read == before;
        let view = reads_again
            .then(|| log.read_again(change.user, batch))
            .flatten();
        Ok(Moved {
            conv: change.conv,
            user: change.user,
            read: position.read,
            delivered: position.delivered,
            changed,
            members: match log.settings {
                None => log
                    .members()
                    .into_iter()
                    .filter(|one| !blocked.contains(one))
                    .collect(),
                Some(_) => log.members().into(),
            },
            view,
        })
    }
}

/// The same, but for the time limit, which is not the sender's wish.
fn same_wish(a: &Change, b: &Change) -> bool {
    let timeless = |change: &Change| {
        let mut change = change.clone();
        match &mut change {
            Change::Message { .. } | Change::Group(_) => {}
            Change::Edit { not_before, .. } | Change::Recall { not_before, .. } => {
                *not_before = Millis::default();
            }
        }
        change
    };
    timeless(a) == timeless(b)
}

/// The message at this place, as far as somebody may read the log.
pub(super) fn message(
    log: &Log,
    at: Seq,
    reader: UserId,
) -> Result<(UserId, Millis, bool), AppendError> {
    if at < log.since(reader) {
        return Err(AppendError::NoSuchMessage);
    }
    let found = log.entries.iter().find(|entry| entry.seq == at);
    let entry = found.ok_or(AppendError::NoSuchMessage)?;
    match entry.content {
        Content::Message { recalled_by, .. } => Ok((entry.from, entry.at, recalled_by.is_some())),
        Content::Edit { .. } | Content::Recall { .. } | Content::Event(_) => {
            Err(AppendError::NoSuchMessage)
        }
    }
}

fn edit(entries: &mut [Entry], message: Seq, by: Seq, new: &crate::Body) {
    for entry in entries {
        match &mut entry.content {
            Content::Message {
                body, edited_by, ..
            } if entry.seq == message => {
                *body = Some(new.clone());
                *edited_by = Some(by);
            }
            Content::Edit { target, body, .. } if *target == message => *body = None,
            _ => {}
        }
    }
}

fn recall(entries: &mut [Entry], message: Seq, by: Seq) {
    for entry in entries {
        match &mut entry.content {
            Content::Message {
                body, recalled_by, ..
            } if entry.seq == message => {
                *body = None;
                *recalled_by = Some(by);
            }
            Content::Edit {
                target,
                body,
                recalled_by,
            } if *target == message => {
                *body = None;
                *recalled_by = Some(by);
            }
            _ => {}
        }
    }
}

/// A seq that is often in the log and sometimes just outside.
pub(super) fn about(rng: &mut super::Rng, head: Seq) -> Seq {
    seq(rng.below(head.get() + 2))
}
