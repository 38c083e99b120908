//! One line of the journal: the records of one commit, under one checksum.
//!
//! `<CRC-32 of the rest, 8 hexadecimal digits> <a JSON list of records>\n`
//!
//! JSON writes a line break inside a text as `\n`, so a line never holds another. A commit is one
//! line, so it is there or not, never in part.

use hongyan_delivery::client::heartbeat::Network;
use hongyan_delivery::client::incoming::Held;
use hongyan_delivery::client::outbox::{Answered, Append, Reply};
use hongyan_protocol::heartbeat::Learnt;
use hongyan_protocol::{ClientFrame, ClientId, ConversationId, EntryId, Millis, Sent, Seq, UserId};
use serde::{Deserialize, Serialize};

use super::checksum::crc32;
use super::{KeptSecret, KeptToken, Record};

/// The version of the format that this program writes, and the newest it reads.
pub(super) const VERSION: u32 = 3;

/// A line that cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadLine {
    /// It does not match its checksum, or does not end.
    Torn,
    /// It matches, and says what this program does not know.
    Unknown,
    /// It says that a newer program wrote it.
    Newer(u32),
}

/// Writes one commit.
pub(super) fn encode(records: &[Record]) -> Vec<u8> {
    lines(records.iter().map(Stored::from).collect())
}

/// Writes the first line of a journal.
pub(super) fn header() -> Vec<u8> {
    header_of(VERSION)
}

/// The first line of a journal of this version.
pub(super) fn header_of(version: u32) -> Vec<u8> {
    lines(vec![Stored::Format { version }])
}

/// Reads one line with its end.
pub(super) fn decode(line: &[u8]) -> Result<Vec<Record>, BadLine> {
    let line = line.strip_suffix(b"\n").ok_or(BadLine::Torn)?;
    let (checksum, body) = line.split_at_checked(9).ok_or(BadLine::Torn)?;
    let checksum = std::str::from_utf8(checksum)
        .ok()
        .and_then(|text| text.strip_suffix(' '))
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .ok_or(BadLine::Torn)?;
    if checksum != crc32(body) {
        return Err(BadLine::Torn);
    }
    let stored: Vec<Stored> = serde_json::from_slice(body).map_err(|_| BadLine::Unknown)?;
    let mut records = Vec::with_capacity(stored.len());
    for record in stored {
        records.extend(record.into_record()?);
    }
    Ok(records)
}

fn lines(records: Vec<Stored>) -> Vec<u8> {
    let body = match serde_json::to_vec(&records) {
        Ok(body) => body,
        Err(error) => unreachable!("texts, integers and lists always encode: {error}"),
    };
    let mut line = format!("{:08x} ", crc32(&body)).into_bytes();
    line.extend_from_slice(&body);
    line.push(b'\n');
    line
}

/// A record as it stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Stored {
    Format {
        version: u32,
    },
    User {
        user: UserId,
    },
    Token {
        login: Box<str>,
        token: Box<str>,
    },
    NoToken,
    Secret {
        login: Box<str>,
        secret: Box<str>,
    },
    /// The frame as it goes over the wire: one dictionary for both.
    Submitted {
        frame: String,
    },
    Settled {
        client_id: ClientId,
    },
    Answered {
        sent: Sent,
    },
    Found {
        client_id: ClientId,
    },
    Remembered {
        frame: String,
        conv: ConversationId,
        seq: Seq,
        at: Millis,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follow_up: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply: Option<StoredReply>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_open: bool,
    },
    Direct {
        conv: ConversationId,
        user: UserId,
    },
    Reset,
    Held {
        conv: ConversationId,
        seq: Seq,
        head: Seq,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_ack_owed: bool,
    },
    Cursor {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<Box<str>>,
        cursor: Option<Box<str>>,
        walk: Option<Box<str>>,
    },
    Networks {
        networks: Vec<StoredNetwork>,
    },
}

#[derive(Serialize, Deserialize)]
struct StoredReply {
    conv: ConversationId,
    seq: Seq,
    before: EntryId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    own: Option<ClientId>,
}

impl From<&Reply> for StoredReply {
    fn from(reply: &Reply) -> Self {
        Self {
            conv: reply.conv,
            seq: reply.seq,
            before: reply.before,
            own: reply.own.clone(),
        }
    }
}

impl From<StoredReply> for Reply {
    fn from(stored: StoredReply) -> Self {
        Self {
            conv: stored.conv,
            seq: stored.seq,
            before: stored.before,
            own: stored.own,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredNetwork {
    key: Box<str>,
    learnt: Learnt,
    failed_age_ms: u64,
    confirmations: u32,
}

impl From<&Record> for Stored {
    fn from(record: &Record) -> Self {
        match record {
            Record::User(user) => Self::User { user: *user },
            Record::Token(Some(kept)) => Self::Token {
                login: kept.login.clone(),
                token: kept.token.clone(),
            },
            Record::Token(None) => Self::NoToken,
            Record::Secret(kept) => Self::Secret {
                login: kept.login.clone(),
                secret: kept.secret.clone(),
            },
            Record::Submitted(append) => Self::Submitted {
                frame: frame(append),
            },
            Record::Settled(client_id) => Self::Settled {
                client_id: client_id.clone(),
            },
            Record::Answered(sent) => Self::Answered { sent: sent.clone() },
            Record::Found(client_id) => Self::Found {
                client_id: client_id.clone(),
            },
            Record::Remembered(answered) => Self::Remembered {
                frame: frame(&answered.append),
                conv: answered.conv,
                seq: answered.seq,
                at: answered.at,
                follow_up: answered.follow_up.as_ref().map(frame),
                reply: answered.reply.as_ref().map(StoredReply::from),
                is_open: answered.is_open,
            },
            Record::Direct(conv, user) => Self::Direct {
                conv: *conv,
                user: *user,
            },
            Record::Reset => Self::Reset,
            Record::Held(held) => Self::Held {
                conv: held.conv,
                seq: held.seq,
                head: held.head,
                is_ack_owed: held.is_ack_owed,
            },
            Record::Cursor {
                epoch,
                cursor,
                walk,
            } => Self::Cursor {
                epoch: epoch.clone(),
                cursor: cursor.clone(),
                walk: walk.clone(),
            },
            Record::Networks(networks) => Self::Networks {
                networks: networks.iter().map(StoredNetwork::from).collect(),
            },
        }
    }
}

impl Stored {
    /// `None` for the header, which says nothing but its version.
    fn into_record(self) -> Result<Option<Record>, BadLine> {
        Ok(Some(match self {
            Self::Format { version } if version > VERSION => return Err(BadLine::Newer(version)),
            Self::Format { .. } => return Ok(None),
            Self::User { user } => Record::User(user),
            Self::Token { login, token } => Record::Token(Some(KeptToken { login, token })),
            Self::NoToken => Record::Token(None),
            Self::Secret { login, secret } => Record::Secret(KeptSecret { login, secret }),
            Self::Submitted { frame } => Record::Submitted(append(&frame)?),
            Self::Settled { client_id } => Record::Settled(client_id),
            Self::Held {
                conv,
                seq,
                head,
                is_ack_owed,
            } => Record::Held(Held {
                conv,
                seq,
                head,
                is_ack_owed,
            }),
            Self::Answered { sent } => Record::Answered(sent),
            Self::Found { client_id } => Record::Found(client_id),
            Self::Remembered {
                frame,
                conv,
                seq,
                at,
                follow_up,
                reply,
                is_open,
            } => Record::Remembered(Box::new(Answered {
                append: append(&frame)?,
                conv,
                seq,
                at,
                follow_up: follow_up.as_deref().map(append).transpose()?,
                reply: reply.map(Reply::from),
                is_open,
            })),
            Self::Direct { conv, user } => Record::Direct(conv, user),
            Self::Reset => Record::Reset,
            Self::Cursor {
                epoch,
                cursor,
                walk,
            } => Record::Cursor {
                epoch,
                cursor,
                walk,
            },
            Self::Networks { networks } => {
                Record::Networks(networks.into_iter().map(Network::from).collect())
            }
        }))
    }
}

fn frame(append: &Append) -> String {
    ClientFrame::from(append.clone()).encode(None)
}

fn append(frame: &str) -> Result<Append, BadLine> {
    match ClientFrame::decode(frame) {
        Ok((_, ClientFrame::Send(send))) => Ok(Append::Send(send)),
        Ok((_, ClientFrame::Edit(edit))) => Ok(Append::Edit(edit)),
        Ok((_, ClientFrame::Recall(recall))) => Ok(Append::Recall(recall)),
        Ok(_) | Err(_) => Err(BadLine::Unknown),
    }
}

impl From<&Network> for StoredNetwork {
    fn from(network: &Network) -> Self {
        Self {
            key: network.key.clone(),
            learnt: network.learnt,
            failed_age_ms: network.failed_age_ms,
            confirmations: network.confirmations,
        }
    }
}

impl From<StoredNetwork> for Network {
    fn from(stored: StoredNetwork) -> Self {
        Self {
            key: stored.key,
            learnt: stored.learnt,
            failed_age_ms: stored.failed_age_ms,
            confirmations: stored.confirmations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::one_of_each;
    use super::*;

    #[test]
    fn every_record_reads_back() {
        let records = one_of_each();
        assert_eq!(decode(&encode(&records)), Ok(records));
        assert_eq!(decode(&header()), Ok(Vec::new()));
    }

    #[test]
    fn any_cut_and_any_changed_byte_is_found() {
        let line = encode(&one_of_each());
        for end in 0..line.len() {
            assert_eq!(decode(&line[..end]), Err(BadLine::Torn), "cut at {end}");
        }
        for index in 0..line.len() {
            let mut line = line.clone();
            line[index] ^= 0x04;
            assert_eq!(decode(&line), Err(BadLine::Torn), "changed at {index}");
        }
    }

    #[test]
    fn a_newer_format_and_an_unknown_record_are_told_apart_from_damage() {
        let newer = lines(vec![Stored::Format {
            version: VERSION + 1,
        }]);
        assert_eq!(decode(&newer), Err(BadLine::Newer(VERSION + 1)));
        let body = br#"[{"type":"of_a_newer_version"}]"#;
        let mut line = format!("{:08x} ", crc32(body)).into_bytes();
        line.extend_from_slice(body);
        line.push(b'\n');
        assert_eq!(decode(&line), Err(BadLine::Unknown));
    }
}
