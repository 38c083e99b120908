//! The bytes of a journaled batch.
//!
//! A number is in LEB128: seven bits a byte, the lowest first, and the eighth says that more follow. A journaled text
//! is written three times, so each byte counts: with numbers of eight bytes a message of 100 had 250.
//!
//! Promises: what does not read back as it was written is an error, never another write.

use hongyan_protocol::{ClientId, ConversationId, EntryId, Millis, Seq, UserId};
use hongyan_store::{Append, Body, Change, Position, Target};
use rusqlite::{Error, Result};

use crate::writer::append::Place;

const MESSAGE: u8 = 1;
const MOVE: u8 = 2;

/// The row of one batch, being written.
#[derive(Default)]
pub(in crate::writer) struct Row(Vec<u8>);

/// One write, read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// A message took this place. It is aimed at the conversation itself.
    Message { append: Append, place: Place },
    /// A member's positions came to stand here.
    Move {
        conv: ConversationId,
        position: Position,
    },
}

impl Record {
    /// What it is about.
    pub(crate) fn conv(&self) -> ConversationId {
        match self {
            Self::Message { place, .. } => place.conv,
            Self::Move { conv, .. } => *conv,
        }
    }
}

impl Row {
    /// Writes down a message. Other changes do not come here, see [`is_for_journal`].
    ///
    /// [`is_for_journal`]: crate::writer::batch::is_for_journal
    pub(in crate::writer) fn message(&mut self, append: &Append, place: Place) -> Result<()> {
        let Change::Message {
            body: Body::Text(text),
            reply_to,
            mentions,
        } = &append.change
        else {
            return Err(Error::InvalidQuery);
        };
        self.0.push(MESSAGE);
        self.number(place.conv.get());
        self.number(place.seq.get());
        self.number(place.id.get());
        self.number(place.messages);
        self.number(append.from.get());
        self.number(append.at.get());
        self.number(reply_to.map_or(0, Seq::get));
        self.number(mentions.len() as u64);
        for user in mentions {
            self.number(user.get());
        }
        self.text(append.client_id.as_str());
        self.text(text);
        Ok(())
    }

    /// Writes down where a member's positions stand now.
    pub(in crate::writer) fn moved(&mut self, conv: ConversationId, position: Position) {
        self.0.push(MOVE);
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

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }
}

/// Reads a row back, behind what `records` has.
pub(super) fn read(
    bytes: &[u8],
    records: &mut Vec<Record>,
) -> std::result::Result<(), &'static str> {
    let mut rest = Reader(bytes);
    while !rest.0.is_empty() {
        records.push(match rest.byte()? {
            MESSAGE => rest.message()?,
            MOVE => rest.moved()?,
            _ => return Err("a journaled write of an unknown kind"),
        });
    }
    Ok(())
}

struct Reader<'a>(&'a [u8]);

type Read<T> = std::result::Result<T, &'static str>;

impl<'a> Reader<'a> {
    fn message(&mut self) -> Read<Record> {
        let place = Place {
            conv: self.id(ConversationId::new)?,
            seq: self.id(Seq::new)?,
            id: self.id(EntryId::new)?,
            messages: self.number()?,
        };
        let from = self.id(UserId::new)?;
        let at = self.id(Millis::new)?;
        let reply_to = Some(self.id(Seq::new)?).filter(|seq| *seq != Seq::ZERO);
        let mentions = (0..self.number()?).map(|_| self.id(UserId::new));
        let mentions = mentions.collect::<Read<Vec<_>>>()?;
        let client_id = ClientId::new(self.text()?).map_err(|_| "a journaled client id is none")?;
        let body = Body::Text(self.text()?.into());
        let append = Append {
            from,
            target: Target::Conversation(place.conv),
            client_id,
            change: Change::Message {
                body,
                reply_to,
                mentions,
            },
            at,
        };
        Ok(Record::Message { append, place })
    }

    fn moved(&mut self) -> Read<Record> {
        Ok(Record::Move {
            conv: self.id(ConversationId::new)?,
            position: Position {
                user: self.id(UserId::new)?,
                read: self.id(Seq::new)?,
                delivered: self.id(Seq::new)?,
            },
        })
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
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            number |= bits << shift;
            if number >> shift != bits {
                return Err(TOO_LARGE);
            }
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(TOO_LARGE)
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

    fn records() -> Vec<Record> {
        let conv = ConversationId::new(7).unwrap();
        let message = |seq: u64, reply_to: Option<u64>, mentions: &[u64], text: &str| {
            let user = |id| UserId::new(id).unwrap();
            Record::Message {
                append: Append {
                    from: user(1000),
                    target: Target::Conversation(conv),
                    client_id: ClientId::new(format!("c{seq}")).unwrap(),
                    change: Change::Message {
                        body: Body::Text(text.into()),
                        reply_to: reply_to.map(|seq| Seq::new(seq).unwrap()),
                        mentions: mentions.iter().map(|id| user(*id)).collect(),
                    },
                    at: Millis::new(1_700_000_000_000).unwrap(),
                },
                place: Place {
                    conv,
                    seq: Seq::new(seq).unwrap(),
                    id: EntryId::new(seq + 100).unwrap(),
                    messages: seq,
                },
            }
        };
        let moved = Record::Move {
            conv,
            position: Position {
                user: UserId::new(1001).unwrap(),
                read: Seq::new(1).unwrap(),
                delivered: Seq::new(2).unwrap(),
            },
        };
        vec![
            message(1, None, &[], ""),
            moved,
            message(2, Some(1), &[1001, 1002], "大家好"),
        ]
    }

    fn written(records: &[Record]) -> Row {
        let mut row = Row::default();
        for record in records {
            match record {
                Record::Message { append, place } => row.message(append, *place).unwrap(),
                Record::Move { conv, position } => row.moved(*conv, *position),
            }
        }
        row
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut found = Vec::new();
        read(&written(&records()).0, &mut found).unwrap();
        assert_eq!(found, records());
    }

    #[test]
    fn every_number_reads_back_and_none_is_too_large() {
        let mut numbers = vec![0, u64::MAX];
        numbers.extend((0..u64::BITS).flat_map(|bit| [1 << bit, (1 << bit) - 1]));
        for number in numbers {
            let mut row = Row::default();
            row.number(number);
            let mut rest = Reader(&row.0);
            assert_eq!(rest.number(), Ok(number));
            assert!(rest.0.is_empty());
        }
        let one_bit_more = [[0x80; 9].as_slice(), &[0x02]].concat();
        let one_byte_more = [[0x80; 10].as_slice(), &[0x00]].concat();
        for bytes in [one_bit_more, one_byte_more] {
            assert_eq!(Reader(&bytes).number(), Err(TOO_LARGE));
        }
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
