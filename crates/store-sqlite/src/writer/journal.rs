//! How a batch is written down before it is carried out.
//!
//! A message belongs into six places of the file: the log, its two indexes, the conversation's row and
//! the rows of its members. For a small batch those are more pages than messages, and each page is
//! written and waited for. So a small batch is committed as one row of this table, a page or a few; a
//! later transaction carries out what many batches asked for, at the price of one ([`settle`]).
//! What a row says is decided already: places, ids and positions, so that carrying it out
//! after a crash cannot end otherwise than it would have without one.
//!
//! [`settle`]: super::batch::settle
//!
//! Owns: the bytes of a row. A number is in LEB128: seven bits a byte, the lowest first, and the eighth says that
//! more follow. A journaled text is written three times, so each byte counts: with numbers of eight bytes a
//! message of 100 had 250.
//! Promises: what does not read back as it was written is an error, never another write.

use hongyan_protocol::{ClientId, ConversationId, EntryId, Millis, Seq, UserId};
use hongyan_store::{Append, Body, Change, Position, Target};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Result};

use super::append::Place;

/// The first byte of a row, so that another version's rows are known as such.
const FORMAT: u8 = 2;

const MESSAGE: u8 = 1;
const MOVE: u8 = 2;

/// The row of one batch, being written.
pub(super) struct Row(Vec<u8>);

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

impl Row {
    pub(super) fn new() -> Self {
        Self(vec![FORMAT])
    }

    /// Writes down a message. Other changes do not come here, see [`is_for_journal`].
    ///
    /// [`is_for_journal`]: super::batch::is_for_journal
    pub(super) fn message(&mut self, append: &Append, place: Place) -> Result<()> {
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
    pub(super) fn moved(&mut self, conv: ConversationId, position: Position) {
        self.0.push(MOVE);
        self.number(conv.get());
        self.number(position.user.get());
        self.number(position.read.get());
        self.number(position.delivered.get());
    }

    /// Puts the row into the table, unless nothing was written down.
    pub(super) fn insert(&self, conn: &Connection) -> Result<()> {
        if self.0.len() <= 1 {
            return Ok(());
        }
        conn.prepare_cached("INSERT INTO journal (writes) VALUES (?1)")?
            .execute([&self.0])?;
        Ok(())
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

/// Everything written down and not carried out, in order.
pub(crate) fn records(conn: &Connection) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    let mut select = conn.prepare_cached("SELECT writes FROM journal ORDER BY id")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let bytes: &[u8] = row.get_ref(0)?.as_blob()?;
        read(bytes, &mut records).map_err(senseless)?;
    }
    Ok(records)
}

/// The journal cannot be carried out.
pub(super) fn senseless(what: &str) -> Error {
    let what = format!("the journal: {what}");
    Error::FromSqlConversionFailure(0, Type::Blob, what.into())
}

/// Forgets what was carried out: everything.
pub(super) fn clear(conn: &Connection) -> Result<()> {
    conn.prepare_cached("DELETE FROM journal")?.execute([])?;
    Ok(())
}

fn read(bytes: &[u8], records: &mut Vec<Record>) -> std::result::Result<(), &'static str> {
    let mut rest = Reader(bytes);
    if rest.byte()? != FORMAT {
        return Err("of another format");
    }
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
        let mut row = Row::new();
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
            let mut row = Row::new();
            row.number(number);
            let mut rest = Reader(&row.0[1..]);
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
        let mut ends = vec![1];
        for count in 1..=records().len() {
            ends.push(written(&records()[..count]).0.len());
        }
        for length in 0..whole.len() {
            let result = read(&whole[..length], &mut Vec::new());
            assert_eq!(result.is_ok(), ends.contains(&length), "{length} bytes");
        }
        for (at, wrong) in [(0, 9), (1, 9)] {
            let mut bytes = whole.clone();
            bytes[at] = wrong;
            assert!(read(&bytes, &mut Vec::new()).is_err());
        }
    }
}
