//! The bytes of a journaled batch.
//!
//! Numbers are in LEB128 (`crate::varint`). A journaled text is written three times, so each byte counts: with numbers
//! of eight bytes a message of 100 had 250.
//!
//! Promises: what does not read back as it was written is an error, never another write.

use std::sync::Arc;

use hongyan_protocol::{ClientId, ConversationId, EntryId, Millis, Seq, UserId};
use hongyan_store::{
    Body, Change, ChangeDigest, Draft, Effects, Event, Header, HeaderFields, KeptEvent, Member,
    Role, View, WaysChange,
};

use crate::varint::{self, Unreadable};

mod ways;

/// What a record begins with. A code has its meaning for ever: a crash may have left it to a later version.
mod code {
    /// A message, whose text has no type before it: what versions before types wrote.
    pub(super) const TEXT: u8 = 1;
    pub(super) const MOVE: u8 = 2;
    pub(super) const MESSAGE: u8 = 3;
    pub(super) const EDIT: u8 = 4;
    pub(super) const RECALL: u8 = 5;
    pub(super) const BEGIN: u8 = 6;
    /// A message that has a header, which stands behind its mentions.
    pub(super) const MESSAGE_WITH_HEADER: u8 = 7;
    /// A change of a group, with what it makes of its members.
    pub(super) const EVENT: u8 = 8;
    pub(super) const REACTION: u8 = 9;
    /// A change of a group that has a number in it, or that brings in people who may not read all. Both stand behind its
    /// members.
    pub(super) const EVENT_WITH_NUMBERS: u8 = 10;
    /// What a member made of a conversation for oneself.
    pub(super) const VIEW: u8 = 11;
    /// The same of a member who cleared some of it. Up to where stands behind all else.
    pub(super) const VIEW_CLEARED: u8 = 12;
    /// A message that mentions all. It has a header as one [with a header](MESSAGE_WITH_HEADER) has.
    pub(super) const MESSAGE_TO_ALL: u8 = 13;
    /// What was done about the ways into a group. Which of them, the byte behind it says.
    pub(super) const WAYS: u8 = 14;
}

/// The records of one batch, being written down.
#[derive(Default)]
pub(in crate::writer) struct Payload(Vec<u8>);

/// What was decided of one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// A 1:1 conversation begins.
    Begin(Begun),
    /// An append took its place.
    Entry(Arc<Entry>),
    /// A member's positions came to stand here.
    Move {
        conv: ConversationId,
        position: Member,
    },
    /// A reaction was set or taken back.
    Reaction(Arc<Reaction>),
    /// What a member made of a conversation for oneself came to be this.
    View {
        conv: ConversationId,
        user: UserId,
        view: View,
    },
    /// What was done about the ways into a group.
    Ways {
        conv: ConversationId,
        change: WaysChange,
    },
}

/// A reaction that was set or taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reaction {
    pub(crate) conv: ConversationId,
    pub(crate) seq: Seq,
    pub(crate) user: UserId,
    pub(crate) value: Arc<str>,
    pub(crate) on: bool,
    pub(crate) at: Millis,
    /// How many have set it then.
    pub(crate) count: u64,
    /// Which change of the conversation's reactions it is.
    pub(crate) number: u64,
}

/// An append that was given its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) from: UserId,
    pub(crate) at: Millis,
    pub(crate) client_id: ClientId,
    pub(crate) what: What,
    pub(crate) place: Place,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// What its sender asked for: a message, an edit or a recall.
    Said(Change),
    /// What became of the change of a group that its sender asked for.
    Changed {
        effects: Effects,
        /// Of what was asked for.
        digest: ChangeDigest,
    },
}

impl Entry {
    /// What its sender said; `None` for a change of a group.
    pub(crate) fn said(&self) -> Option<&Change> {
        match &self.what {
            What::Said(change) => Some(change),
            What::Changed { .. } => None,
        }
    }

    /// What it makes of a group.
    pub(crate) fn effects(&self) -> Option<&Effects> {
        match &self.what {
            What::Said(_) => None,
            What::Changed { effects, .. } => Some(effects),
        }
    }

    pub(crate) fn is_message(&self) -> bool {
        self.said().is_some_and(Change::is_message)
    }

    /// Whether it changes what was said before.
    pub(crate) fn replaces(&self) -> bool {
        self.said().is_some_and(|change| !change.is_message())
    }

    /// Whether a group begins with it.
    pub(crate) fn begins_group(&self) -> bool {
        let event = self.effects().map(|effects| &effects.event);
        matches!(event, Some(Event::Created { .. }))
    }

    /// Whether its sender, who was no member, comes in with it.
    pub(crate) fn comes_by_link(&self) -> bool {
        let event = self.effects().map(|effects| &effects.event);
        matches!(event, Some(Event::Joined(_)))
    }

    /// The message that it is about.
    pub(crate) fn subject(&self) -> Option<Seq> {
        self.said().and_then(Change::subject)
    }

    pub(crate) fn digest(&self) -> ChangeDigest {
        match &self.what {
            What::Said(change) => change.digest(),
            What::Changed { digest, .. } => *digest,
        }
    }
}

/// Where a new entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) conv: ConversationId,
    pub(crate) seq: Seq,
    pub(crate) id: EntryId,
    /// Entries of kind message in the log, up to and including this one.
    pub(crate) messages: u64,
}

/// A conversation of two, or of a user with oneself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Begun {
    pub(crate) conv: ConversationId,
    pub(crate) low: UserId,
    pub(crate) high: UserId,
}

impl Begun {
    pub(crate) fn has(&self, user: UserId) -> bool {
        user == self.low || user == self.high
    }

    /// Its members, ascending.
    pub(crate) fn members(&self) -> Vec<UserId> {
        let mut members = vec![self.low, self.high];
        members.dedup();
        members
    }
}

impl Record {
    /// What it is about.
    pub(crate) fn conv(&self) -> ConversationId {
        match self {
            Self::Begin(begun) => begun.conv,
            Self::Entry(entry) => entry.place.conv,
            Self::Move { conv, .. } | Self::View { conv, .. } | Self::Ways { conv, .. } => *conv,
            Self::Reaction(reaction) => reaction.conv,
        }
    }
}

impl Payload {
    pub(in crate::writer) fn begin(&mut self, begun: Begun) {
        self.0.push(code::BEGIN);
        self.number(begun.conv.get());
        self.number(begun.low.get());
        self.number(begun.high.get());
    }

    pub(in crate::writer) fn entry(&mut self, entry: &Entry) {
        self.0.push(match &entry.what {
            What::Said(change) if change.mentions_all() => code::MESSAGE_TO_ALL,
            What::Said(Change::Message { header, .. }) if !header.is_empty() => {
                code::MESSAGE_WITH_HEADER
            }
            What::Said(Change::Message { .. }) => code::MESSAGE,
            What::Said(Change::Edit { .. }) => code::EDIT,
            What::Said(Change::Recall { .. }) => code::RECALL,
            What::Changed { effects, .. } if has_numbers(effects) => code::EVENT_WITH_NUMBERS,
            What::Said(Change::Group(_)) | What::Changed { .. } => code::EVENT,
        });
        let place = entry.place;
        self.number(place.conv.get());
        self.number(place.seq.get());
        self.number(place.id.get());
        self.number(place.messages);
        self.number(entry.from.get());
        self.number(entry.at.get());
        match &entry.what {
            What::Said(change) => self.said(change, &entry.client_id),
            What::Changed { effects, digest } => {
                self.text(entry.client_id.as_str());
                self.effects(effects, *digest);
            }
        }
    }

    fn said(&mut self, change: &Change, client_id: &ClientId) {
        match change {
            Change::Message {
                reply_to,
                mentions,
                header,
                body: _,
            } => {
                self.number(reply_to.map_or(0, Seq::get));
                self.users(mentions);
                if let Some(fields) = header.fields() {
                    // An empty text, and the time 0, stand for none.
                    self.text(fields.topic.as_deref().unwrap_or_default());
                    self.number(fields.expires_at.map_or(0, Millis::get));
                    self.text(fields.origin.as_deref().unwrap_or_default());
                }
            }
            Change::Edit { target, .. } | Change::Recall { target, .. } => {
                self.number(target.get());
            }
            Change::Group(_) => {}
        }
        self.text(client_id.as_str());
        if let Some(body) = change.body() {
            let (code, text) = body.kept();
            self.0.push(code);
            self.text(text);
        }
    }

    fn effects(&mut self, effects: &Effects, digest: ChangeDigest) {
        self.0.extend_from_slice(&digest.0.to_le_bytes());
        let kept = effects.event.kept();
        self.0.push(kept.code);
        self.text(kept.text);
        self.users(kept.users);
        self.number(effects.members.len() as u64);
        for (user, role) in &effects.members {
            self.number(user.get());
            self.0.push(role.map_or(OUT, Role::code));
        }
        if has_numbers(effects) {
            self.number(kept.number);
            self.number(effects.since.get());
        }
    }

    fn users(&mut self, users: &[UserId]) {
        self.number(users.len() as u64);
        for user in users {
            self.number(user.get());
        }
    }

    /// Where a member's positions stand now.
    pub(in crate::writer) fn moved(&mut self, conv: ConversationId, position: Member) {
        self.0.push(code::MOVE);
        self.number(conv.get());
        self.number(position.user.get());
        self.number(position.read.get());
        self.number(position.delivered.get());
    }

    pub(in crate::writer) fn reaction(&mut self, reaction: &Reaction) {
        self.0.push(code::REACTION);
        self.number(reaction.conv.get());
        self.number(reaction.seq.get());
        self.number(reaction.user.get());
        self.text(&reaction.value);
        self.0.push(reaction.on.into());
        self.number(reaction.at.get());
        self.number(reaction.count);
        self.number(reaction.number);
    }

    /// What a member's view is now.
    pub(in crate::writer) fn view(&mut self, conv: ConversationId, user: UserId, view: &View) {
        let is_cleared = view.cleared > Seq::ZERO;
        self.0.push(match is_cleared {
            true => code::VIEW_CLEARED,
            false => code::VIEW,
        });
        self.number(conv.get());
        self.number(user.get());
        self.number(view.rev);
        self.number(view.muted_until.get());
        self.number(view.pinned);
        self.number(view.archived.get());
        self.number(view.hidden.get());
        self.number(view.marked.map_or(0, |marked| marked.get() + 1));
        // One more than it is, where 0 stands for none.
        self.number(view.draft.as_ref().map_or(0, |draft| draft.at.get() + 1));
        if let Some(draft) = &view.draft {
            self.number(draft.reply_to.map_or(0, |seq| seq.get() + 1));
            self.text(&draft.text);
        }
        if is_cleared {
            self.number(view.cleared.get());
        }
    }

    /// What was done about the ways into a group.
    pub(in crate::writer) fn ways(&mut self, conv: ConversationId, change: &WaysChange) {
        self.0.push(code::WAYS);
        ways::write(self, conv, change);
    }

    /// Whether nothing was written down.
    pub(in crate::writer) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.0
    }

    #[cfg(test)]
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    fn number(&mut self, number: u64) {
        varint::write(&mut self.0, number);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }
}

fn has_numbers(effects: &Effects) -> bool {
    effects.event.kept().number != 0 || effects.since != FIRST
}

/// The first seq of a log.
const FIRST: Seq = Seq::ZERO.next();

/// Reads a batch back, behind what `records` has.
pub(super) fn read(
    bytes: &[u8],
    records: &mut Vec<Record>,
) -> std::result::Result<(), &'static str> {
    let mut rest = Reader(bytes);
    while !rest.0.is_empty() {
        records.push(match rest.byte()? {
            code::BEGIN => rest.begin()?,
            code::MOVE => rest.moved()?,
            code::REACTION => rest.reaction()?,
            code::WAYS => ways::read(&mut rest)?,
            code @ (code::VIEW | code::VIEW_CLEARED) => rest.view(code)?,
            code @ (code::TEXT
            | code::MESSAGE
            | code::MESSAGE_WITH_HEADER
            | code::MESSAGE_TO_ALL
            | code::EDIT
            | code::RECALL
            | code::EVENT
            | code::EVENT_WITH_NUMBERS) => rest.entry(code)?,
            _ => return Err("a journaled write of an unknown kind"),
        });
    }
    Ok(())
}

struct Reader<'a>(&'a [u8]);

type Read<T> = std::result::Result<T, &'static str>;

impl<'a> Reader<'a> {
    fn begin(&mut self) -> Read<Record> {
        Ok(Record::Begin(Begun {
            conv: self.id(ConversationId::new)?,
            low: self.id(UserId::new)?,
            high: self.id(UserId::new)?,
        }))
    }

    fn entry(&mut self, code: u8) -> Read<Record> {
        let place = Place {
            conv: self.id(ConversationId::new)?,
            seq: self.id(Seq::new)?,
            id: self.id(EntryId::new)?,
            messages: self.number()?,
        };
        let from = self.id(UserId::new)?;
        let at = self.id(Millis::new)?;
        let (client_id, what) = match code {
            code::EVENT | code::EVENT_WITH_NUMBERS => {
                let client_id = self.client_id()?;
                (client_id, self.changed(code)?)
            }
            _ => {
                let (client_id, change) = self.said(code)?;
                (client_id, What::Said(change))
            }
        };
        Ok(Record::Entry(Arc::new(Entry {
            from,
            at,
            client_id,
            what,
            place,
        })))
    }

    fn said(&mut self, code: u8) -> Read<(ClientId, Change)> {
        // What it is about; 0 for a message that answers none.
        let subject = self.id(Seq::new)?;
        let is_message = !matches!(code, code::EDIT | code::RECALL);
        let mentions = if is_message {
            self.users()?
        } else {
            Vec::new()
        };
        let header = match code {
            code::MESSAGE_WITH_HEADER | code::MESSAGE_TO_ALL => {
                self.header(code == code::MESSAGE_TO_ALL)?
            }
            _ => Header::default(),
        };
        let client_id = self.client_id()?;
        // Whether it is in time was decided.
        let not_before = Millis::default();
        let change = match code {
            code::RECALL => Change::Recall {
                target: subject,
                not_before,
            },
            code::EDIT => Change::Edit {
                target: subject,
                body: self.body()?,
                not_before,
            },
            _ => Change::Message {
                body: match code {
                    code::TEXT => Body::Text(self.text()?.into()),
                    _ => self.body()?,
                },
                reply_to: Some(subject).filter(|seq| *seq != Seq::ZERO),
                mentions,
                header,
            },
        };
        Ok((client_id, change))
    }

    fn changed(&mut self, record: u8) -> Read<What> {
        let (digest, rest) = self.0.split_first_chunk::<8>().ok_or(CUT)?;
        self.0 = rest;
        let digest = ChangeDigest(i64::from_le_bytes(*digest));
        let code = self.byte()?;
        let text = self.text()?;
        let users = self.users()?;
        let mut members = Vec::new();
        for _ in 0..self.number()? {
            let user = self.id(UserId::new)?;
            let role = match self.byte()? {
                OUT => None,
                code => Some(Role::of_code(code).ok_or("a journaled role of an unknown kind")?),
            };
            members.push((user, role));
        }
        let (number, since) = match record {
            code::EVENT_WITH_NUMBERS => (self.number()?, self.id(Seq::new)?),
            _ => (0, FIRST),
        };
        let event = Event::of_kept(KeptEvent {
            code,
            text,
            users: &users,
            number,
        });
        let effects = Effects {
            event: event.ok_or("a journaled event of an unknown kind")?,
            members,
            since,
        };
        Ok(What::Changed { effects, digest })
    }

    fn users(&mut self) -> Read<Vec<UserId>> {
        let mut users = Vec::new();
        for _ in 0..self.number()? {
            users.push(self.id(UserId::new)?);
        }
        Ok(users)
    }

    fn client_id(&mut self) -> Read<ClientId> {
        ClientId::new(self.text()?).map_err(|_| "a journaled client id is none")
    }

    fn moved(&mut self) -> Read<Record> {
        Ok(Record::Move {
            conv: self.id(ConversationId::new)?,
            position: Member {
                user: self.id(UserId::new)?,
                read: self.id(Seq::new)?,
                delivered: self.id(Seq::new)?,
            },
        })
    }

    fn reaction(&mut self) -> Read<Record> {
        Ok(Record::Reaction(Arc::new(Reaction {
            conv: self.id(ConversationId::new)?,
            seq: self.id(Seq::new)?,
            user: self.id(UserId::new)?,
            value: self.text()?.into(),
            on: self.byte()? != 0,
            at: self.id(Millis::new)?,
            count: self.number()?,
            number: self.number()?,
        })))
    }

    fn view(&mut self, code: u8) -> Read<Record> {
        Ok(Record::View {
            conv: self.id(ConversationId::new)?,
            user: self.id(UserId::new)?,
            view: View {
                rev: self.number()?,
                muted_until: self.id(Millis::new)?,
                pinned: self.number()?,
                archived: self.id(Seq::new)?,
                hidden: self.id(Seq::new)?,
                marked: self.one_less(Seq::new)?,
                draft: match self.one_less(Millis::new)? {
                    None => None,
                    Some(at) => Some(Arc::new(Draft {
                        at,
                        reply_to: self.one_less(Seq::new)?,
                        text: self.text()?.into(),
                    })),
                },
                cleared: match code {
                    code::VIEW_CLEARED => self.id(Seq::new)?,
                    _ => Seq::ZERO,
                },
            },
        })
    }

    /// What is written as one more than it is; 0 for none.
    fn one_less<T, E>(
        &mut self,
        make: impl Fn(u64) -> std::result::Result<T, E>,
    ) -> Read<Option<T>> {
        match self.number()?.checked_sub(1) {
            None => Ok(None),
            Some(number) => make(number).map(Some).map_err(|_| TOO_LARGE),
        }
    }

    fn header(&mut self, mentions_all: bool) -> Read<Header> {
        let some = |text: &str| (!text.is_empty()).then(|| text.into());
        let fields = HeaderFields {
            topic: some(self.text()?),
            expires_at: Some(self.id(Millis::new)?).filter(|at| *at != Millis::default()),
            origin: some(self.text()?),
            mentions_all,
        };
        Ok(fields.into())
    }

    fn body(&mut self) -> Read<Body> {
        let code = self.byte()?;
        Body::of_kept(code, self.text()?).ok_or("a journaled body of an unknown type")
    }

    fn id<T, E>(&mut self, make: impl Fn(u64) -> std::result::Result<T, E>) -> Read<T> {
        make(self.number()?).map_err(|_| TOO_LARGE)
    }

    fn byte(&mut self) -> Read<u8> {
        let (&byte, rest) = self.0.split_first().ok_or(CUT)?;
        self.0 = rest;
        Ok(byte)
    }

    fn number(&mut self) -> Read<u64> {
        varint::read(&mut self.0).map_err(|error| match error {
            Unreadable::Cut => CUT,
            Unreadable::TooLarge => TOO_LARGE,
        })
    }

    fn text(&mut self) -> Read<&'a str> {
        let length = usize::try_from(self.number()?).map_err(|_| CUT)?;
        let (text, rest) = self.0.split_at_checked(length).ok_or(CUT)?;
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| "a journaled text is not UTF-8")
    }
}

/// What stands for the role of somebody who is out.
const OUT: u8 = 0;

const CUT: &str = "a journaled write is cut short";
const TOO_LARGE: &str = "a journaled number is too large";

#[cfg(test)]
mod tests;
