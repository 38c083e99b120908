//! The bytes of a journaled batch.
//!
//! Numbers are in LEB128 (`crate::varint`). A journaled text is written three times, so each byte counts: with numbers
//! of eight bytes a message of 100 had 250.
//!
//! Promises: what does not read back as it was written is an error, never another write.

use std::sync::Arc;

use hongyan_protocol::{ClientId, ConversationId, EntryId, Millis, Seq, UserId};
use hongyan_store::{Append, Body, Change, Header, HeaderFields, Member, Target};

use crate::varint::{self, Unreadable};

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
}

/// An append, aimed at the conversation itself, and the place that it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) append: Append,
    pub(crate) place: Place,
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
            Self::Move { conv, .. } => *conv,
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

    pub(in crate::writer) fn entry(&mut self, append: &Append, place: Place) {
        self.0.push(match &append.change {
            Change::Message { header, .. } if !header.is_empty() => code::MESSAGE_WITH_HEADER,
            Change::Message { .. } => code::MESSAGE,
            Change::Edit { .. } => code::EDIT,
            Change::Recall { .. } => code::RECALL,
        });
        self.number(place.conv.get());
        self.number(place.seq.get());
        self.number(place.id.get());
        self.number(place.messages);
        self.number(append.from.get());
        self.number(append.at.get());
        match &append.change {
            Change::Message {
                reply_to,
                mentions,
                header,
                body: _,
            } => {
                self.number(reply_to.map_or(0, Seq::get));
                self.number(mentions.len() as u64);
                for user in mentions {
                    self.number(user.get());
                }
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
        }
        self.text(append.client_id.as_str());
        if let Some(body) = append.change.body() {
            let (code, text) = body.kept();
            self.0.push(code);
            self.text(text);
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
            code @ (code::TEXT
            | code::MESSAGE
            | code::MESSAGE_WITH_HEADER
            | code::EDIT
            | code::RECALL) => rest.entry(code)?,
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
        // What it is about; 0 for a message that answers none.
        let subject = self.id(Seq::new)?;
        let mut mentions = Vec::new();
        if matches!(code, code::TEXT | code::MESSAGE | code::MESSAGE_WITH_HEADER) {
            for _ in 0..self.number()? {
                mentions.push(self.id(UserId::new)?);
            }
        }
        let header = match code {
            code::MESSAGE_WITH_HEADER => self.header()?,
            _ => Header::default(),
        };
        let client_id = ClientId::new(self.text()?).map_err(|_| "a journaled client id is none")?;
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
            code::MESSAGE | code::MESSAGE_WITH_HEADER => Change::Message {
                body: self.body()?,
                reply_to: Some(subject).filter(|seq| *seq != Seq::ZERO),
                mentions,
                header,
            },
            _ => Change::Message {
                body: Body::Text(self.text()?.into()),
                reply_to: Some(subject).filter(|seq| *seq != Seq::ZERO),
                mentions,
                header,
            },
        };
        let append = Append {
            from,
            target: Target::Conversation(place.conv),
            client_id,
            change,
            at,
        };
        Ok(Record::Entry(Arc::new(Entry { append, place })))
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

    fn header(&mut self) -> Read<Header> {
        let some = |text: &str| (!text.is_empty()).then(|| text.into());
        let fields = HeaderFields {
            topic: some(self.text()?),
            expires_at: Some(self.id(Millis::new)?).filter(|at| *at != Millis::default()),
            origin: some(self.text()?),
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

const CUT: &str = "a journaled write is cut short";
const TOO_LARGE: &str = "a journaled number is too large";

#[cfg(test)]
mod tests {
    use super::*;

    fn conv() -> ConversationId {
        ConversationId::new(7).unwrap()
    }

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    fn seq(value: u64) -> Seq {
        Seq::new(value).unwrap()
    }

    fn entry(at: u64, change: Change) -> Record {
        Record::Entry(Arc::new(Entry {
            append: Append {
                from: user(1000),
                target: Target::Conversation(conv()),
                client_id: ClientId::new(format!("c{at}")).unwrap(),
                change,
                at: Millis::new(1_700_000_000_000).unwrap(),
            },
            place: Place {
                conv: conv(),
                seq: seq(at),
                id: EntryId::new(at + 100).unwrap(),
                messages: at,
            },
        }))
    }

    fn message(at: u64, reply_to: Option<u64>, mentions: &[u64], text: &str) -> Record {
        entry(
            at,
            Change::Message {
                body: Body::Text(text.into()),
                reply_to: reply_to.map(seq),
                mentions: mentions.iter().map(|id| user(*id)).collect(),
                header: Header::default(),
            },
        )
    }

    fn records() -> Vec<Record> {
        let not_before = Millis::default();
        vec![
            Record::Begin(Begun {
                conv: conv(),
                low: user(1000),
                high: user(1001),
            }),
            message(1, None, &[], ""),
            Record::Move {
                conv: conv(),
                position: Member {
                    user: user(1001),
                    read: seq(1),
                    delivered: seq(2),
                },
            },
            message(2, Some(1), &[1001, 1002], "大家好"),
            entry(
                3,
                Change::Message {
                    body: Body::Text("later".into()),
                    reply_to: None,
                    mentions: vec![user(1001)],
                    header: HeaderFields {
                        topic: Some("雁".into()),
                        expires_at: Some(Millis::new(1_800_000_000_000).unwrap()),
                        origin: None,
                    }
                    .into(),
                },
            ),
            entry(
                4,
                Change::Edit {
                    target: seq(2),
                    body: Body::Text("各位好".into()),
                    not_before,
                },
            ),
            entry(
                5,
                Change::Recall {
                    target: seq(2),
                    not_before,
                },
            ),
        ]
    }

    fn written(records: &[Record]) -> Payload {
        let mut payload = Payload::default();
        for record in records {
            match record {
                Record::Begin(begun) => payload.begin(*begun),
                Record::Entry(entry) => payload.entry(&entry.append, entry.place),
                Record::Move { conv, position } => payload.moved(*conv, *position),
            }
        }
        payload
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut found = Vec::new();
        read(&written(&records()).0, &mut found).unwrap();
        assert_eq!(found, records());
    }

    #[test]
    fn what_the_version_before_types_wrote_reads_back() {
        let record = message(2, Some(1), &[1001, 1002], "大家好");
        let mut bytes = written(std::slice::from_ref(&record)).0;
        bytes[0] = code::TEXT;
        // The type stands before the length of the text, which ends the record.
        let at = bytes.len() - "大家好".len() - 2;
        assert_eq!(bytes.remove(at), 1);
        let mut found = Vec::new();
        read(&bytes, &mut found).unwrap();
        assert_eq!(found, [record]);
    }

    #[test]
    fn a_body_of_an_unknown_type_is_an_error() {
        let mut bytes = written(&[message(2, None, &[], "x")]).0;
        let at = bytes.len() - 3;
        bytes[at] = 99;
        assert!(read(&bytes, &mut Vec::new()).is_err());
    }

    #[test]
    fn what_is_cut_short_or_unknown_is_an_error() {
        let whole = written(&records()).0;
        let mut ends = vec![0];
        for count in 1..=records().len() {
            ends.push(written(&records()[..count]).0.len());
        }
        for length in 0..whole.len() {
            let result = read(&whole[..length], &mut Vec::new());
            assert_eq!(result.is_ok(), ends.contains(&length), "{length} bytes");
        }
        let unknown = [&[9], &whole[1..]].concat();
        assert!(read(&unknown, &mut Vec::new()).is_err());
    }
}
