//! The few fields of a frame from the server that the benchmark looks at.

use std::borrow::Cow;

use serde::Deserialize;

/// A frame from the server: whichever of these fields it has.
#[derive(Debug, Deserialize)]
pub(crate) struct Seen<'a> {
    /// `sent`, `entry`, …
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Cow<'a, str>,
    /// What it answers.
    #[serde(default)]
    pub(crate) req: Option<u64>,
    /// The conversation.
    #[serde(default)]
    pub(crate) conv: Option<u64>,
    /// The position.
    #[serde(default)]
    pub(crate) seq: Option<u64>,
    /// What it says.
    #[serde(borrow, default)]
    pub(crate) body: Option<Body<'a>>,
    /// The message that an edit or a recall changes.
    #[serde(default)]
    pub(crate) target: Option<u64>,
    /// In `synced`.
    #[serde(default)]
    pub(crate) conversations: Vec<Conversation>,
    /// In `history`.
    #[serde(borrow, default)]
    pub(crate) entries: Vec<Entry<'a>>,
    /// In `synced`.
    #[serde(borrow, default)]
    pub(crate) cursor: Option<Cow<'a, str>>,
    /// In `synced` and `history`.
    #[serde(default)]
    pub(crate) more: bool,
    /// In `error`.
    #[serde(borrow, default)]
    pub(crate) code: Option<Cow<'a, str>>,
}

/// What a message says.
#[derive(Debug, Deserialize)]
pub(crate) struct Body<'a> {
    /// The text.
    #[serde(borrow)]
    pub(crate) text: Cow<'a, str>,
}

/// A conversation in a page of `synced`.
#[derive(Debug, Deserialize)]
pub(crate) struct Conversation {
    /// Its id.
    pub(crate) conv: u64,
    /// The last position.
    pub(crate) head: u64,
}

/// An entry inside a page.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry<'a> {
    /// Its position.
    pub(crate) seq: u64,
    /// What it says.
    #[serde(borrow, default)]
    pub(crate) body: Option<Body<'a>>,
    /// The message that an edit or a recall changes.
    #[serde(default)]
    pub(crate) target: Option<u64>,
    /// The entry that recalled it, or what it edits.
    #[serde(default)]
    pub(crate) recalled_by: Option<u64>,
}

/// The sender's name for an entry, where nothing else tells which it is.
#[derive(Debug, Deserialize)]
pub(crate) struct Named<'a> {
    /// The client id.
    #[serde(borrow)]
    pub(crate) client_id: Cow<'a, str>,
}

impl<'a> Seen<'a> {
    /// Reads a frame.
    pub(crate) fn decode(payload: &'a [u8]) -> std::io::Result<Self> {
        serde_json::from_slice(payload).map_err(Into::into)
    }
}

impl<'a> Named<'a> {
    /// Reads a frame with an entry.
    pub(crate) fn decode(payload: &'a [u8]) -> std::io::Result<Self> {
        serde_json::from_slice(payload).map_err(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_protocol::{ConversationId, Millis, Receipt, Sent, Seq, ServerFrame, UserId};

    #[test]
    fn what_the_protocol_writes_is_read() {
        let sent = ServerFrame::Sent(Sent {
            conv: ConversationId::from_trusted(3),
            seq: Seq::from_trusted(4),
            id: hongyan_protocol::EntryId::from_trusted(5),
            at: Millis::from_trusted(6),
            client_id: hongyan_protocol::ClientId::new("c").unwrap(),
        })
        .encode(Some(7));
        let seen = Seen::decode(sent.as_bytes()).unwrap();
        assert_eq!((&*seen.kind, seen.req), ("sent", Some(7)));
        assert_eq!((seen.conv, seen.seq), (Some(3), Some(4)));

        let receipt = ServerFrame::Receipt(Receipt {
            conv: ConversationId::from_trusted(3),
            user: UserId::from_trusted(1000),
            read: Seq::ZERO,
            delivered: Seq::from_trusted(9),
        })
        .encode(None);
        let seen = Seen::decode(receipt.as_bytes()).unwrap();
        assert_eq!(&*seen.kind, "receipt");
    }

    #[test]
    fn what_is_no_frame_is_an_error() {
        assert!(Seen::decode(b"{").is_err());
        assert!(Seen::decode(b"{}").is_err());
    }
}
