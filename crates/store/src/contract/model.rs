//! A store so simple that it is plainly right: vectors in memory, everything counted by definition.

use std::collections::{HashMap, HashSet};

use hongyan_protocol::{ClientId, ConversationId, EntryId, Millis, Seq, UserId};

use super::fixture::seq;
use crate::{
    Append, AppendError, Appended, Change, Content, Conversation, Entry, Member, Move, MoveError,
    Moved, Outcome, Target, Write,
};

pub(super) struct Log {
    pub(super) conv: ConversationId,
    pub(super) entries: Vec<Entry>,
    /// Ascending by user.
    pub(super) positions: Vec<Member>,
    /// The batch that last changed it.
    pub(super) changed_in: u64,
}

impl Log {
    pub(super) fn head(&self) -> Seq {
        self.entries.last().map_or(Seq::ZERO, |entry| entry.seq)
    }

    pub(super) fn has(&self, user: UserId) -> bool {
        self.positions.iter().any(|position| position.user == user)
    }

    /// The conversation is as it should be, for this member.
    pub(super) fn compare(&self, conversation: &Conversation, user: UserId) {
        assert_eq!(*conversation.members, self.positions);
        assert_eq!(conversation.size, self.positions.len());
        let mut positions = self.positions.iter();
        assert_eq!(
            positions.find(|own| own.user == user),
            Some(&conversation.me)
        );
    }

    fn members(&self) -> Vec<UserId> {
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
            kept && entry.from != user && entry.seq > position.read
        };
        self.entries.iter().filter(counts).count() as u64
    }

    fn advance(&mut self, user: UserId, read: Seq, delivered: Seq) -> (Member, bool) {
        let position = self.positions.iter_mut().find(|p| p.user == user).unwrap();
        let before = *position;
        position.read = position.read.max(read);
        position.delivered = position.delivered.max(delivered).max(position.read);
        (*position, *position != before)
    }
}

pub(super) struct Model {
    pub(super) users: Vec<UserId>,
    pub(super) logs: Vec<Log>,
    /// By the log, the sender and the client id.
    first_attempts: HashMap<(usize, UserId, ClientId), (Append, Seq)>,
    ids: HashSet<EntryId>,
    batch: u64,
}

impl Model {
    pub(super) fn new(users: Vec<UserId>) -> Self {
        Self {
            users,
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
                (Write::Append(_), Outcome::Move(_)) => panic!("a move's outcome for an append"),
            };
            assert_eq!(*outcome, expected, "of {write:?}");
        }
    }

    pub(super) fn find(&self, conv: ConversationId) -> Option<usize> {
        self.logs.iter().position(|log| log.conv == conv)
    }

    fn pair(&self, a: UserId, b: UserId) -> Option<usize> {
        let members = if a == b { 1 } else { 2 };
        let both = |log: &Log| log.positions.len() == members && log.has(a) && log.has(b);
        self.logs.iter().position(both)
    }

    fn append(&mut self, append: &Append, got: Option<&Appended>) -> Result<Appended, AppendError> {
        let found = match append.target {
            Target::Conversation(conv) => self.find(conv),
            Target::Direct(user) => self.pair(append.from, user),
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
            self.allowed(at, append)?;
        } else {
            self.may_begin(append)?;
        }
        // Nothing refuses it, so the store must have taken it.
        let got = got.expect("an append that breaks no rule");
        let at = found.unwrap_or_else(|| self.begin(append, got.conv));
        assert!(self.ids.insert(got.id), "an id is given once");
        let before = self.logs[at].entries.last().map(|entry| entry.id);
        assert!(before < Some(got.id), "ids ascend within a log");
        let seq = self.write(at, append, got.id);
        let key = (at, append.from, append.client_id.clone());
        self.first_attempts.insert(key, (append.clone(), seq));
        Ok(self.appended(at, seq, false))
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
        }
    }

    fn may_begin(&self, append: &Append) -> Result<(), AppendError> {
        let Target::Direct(other) = append.target else {
            return Err(AppendError::NotMember);
        };
        let known = |user| self.users.contains(&user);
        if !known(other) || !known(append.from) {
            return Err(AppendError::NoSuchUser);
        }
        match append.change {
            Change::Message { reply_to: None, .. } => Ok(()),
            _ => Err(AppendError::NoSuchMessage),
        }
    }

    fn begin(&mut self, append: &Append, conv: ConversationId) -> usize {
        let Target::Direct(other) = append.target else {
            panic!("only a 1:1 conversation is made by an append");
        };
        assert_eq!(self.find(conv), None, "a new conversation has a new id");
        let mut members = vec![append.from, other];
        members.sort();
        members.dedup();
        self.logs.push(Log {
            conv,
            entries: Vec::new(),
            positions: members
                .into_iter()
                .map(|user| Member {
                    user,
                    read: Seq::ZERO,
                    delivered: Seq::ZERO,
                })
                .collect(),
            changed_in: 0,
        });
        self.logs.len() - 1
    }

    fn allowed(&self, at: usize, append: &Append) -> Result<(), AppendError> {
        let log = &self.logs[at];
        if !log.has(append.from) {
            return Err(AppendError::NotMember);
        }
        let (target, not_before) = match &append.change {
            Change::Message { reply_to, .. } => match reply_to {
                Some(seq) => return message(log, *seq).map(|_| ()),
                None => return Ok(()),
            },
            Change::Edit {
                target, not_before, ..
            }
            | Change::Recall { target, not_before } => (*target, *not_before),
        };
        let (sender, at, recalled) = message(log, target)?;
        if sender != append.from {
            Err(AppendError::NotSender)
        } else if recalled {
            Err(AppendError::Recalled)
        } else if at < not_before {
            Err(AppendError::TooLate)
        } else {
            Ok(())
        }
    }

    fn write(&mut self, at: usize, append: &Append, id: EntryId) -> Seq {
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
                Content::Recall { target }
            }
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
        let log = self.logs.iter_mut().find(|log| log.conv == change.conv);
        let log = log.filter(|log| log.has(change.user));
        let log = log.ok_or(MoveError::NotMember)?;
        let read = change.read.unwrap_or(Seq::ZERO);
        let delivered = change.delivered.unwrap_or(Seq::ZERO);
        if read > log.head() || delivered > log.head() {
            return Err(MoveError::BeyondHead);
        }
        let (position, changed) = log.advance(change.user, read, delivered);
        if changed {
            log.changed_in = batch;
        }
        Ok(Moved {
            conv: change.conv,
            user: change.user,
            read: position.read,
            delivered: position.delivered,
            changed,
            members: log.members().into(),
        })
    }
}

/// The same, but for the time limit, which is not the sender's wish.
fn same_wish(a: &Change, b: &Change) -> bool {
    let timeless = |change: &Change| {
        let mut change = change.clone();
        match &mut change {
            Change::Message { .. } => {}
            Change::Edit { not_before, .. } | Change::Recall { not_before, .. } => {
                *not_before = Millis::default();
            }
        }
        change
    };
    timeless(a) == timeless(b)
}

fn message(log: &Log, at: Seq) -> Result<(UserId, Millis, bool), AppendError> {
    let found = log.entries.iter().find(|entry| entry.seq == at);
    let entry = found.ok_or(AppendError::NoSuchMessage)?;
    match entry.content {
        Content::Message { recalled_by, .. } => Ok((entry.from, entry.at, recalled_by.is_some())),
        Content::Edit { .. } | Content::Recall { .. } => Err(AppendError::NoSuchMessage),
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
