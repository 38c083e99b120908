//! An entry: one line of a conversation's log, as it stands on the wire.

use std::fmt;
use std::sync::Arc;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::envelope::encode_long;
use crate::json::escaped_bytes;
use crate::value::{self, Scalar};
use crate::{ClientId, ConversationId, EntryId, GroupEvent, Millis, Seq, UserId};

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Body {
    /// Plain text, at most [`limits::TEXT_BYTES`](crate::limits::TEXT_BYTES).
    Text {
        /// The text.
        text: Arc<str>,
    },
    /// A kind this version does not know. A client shows a placeholder; a server refuses it.
    Unknown,
}

impl Body {
    /// A body of plain text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text { text: text.into() }
    }
}

impl<'de> Deserialize<'de> for Body {
    /// Written out, because what serde derives for a tagged enum first copies all of the object
    /// into a tree, many times its size when a stranger wrote it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        GivenBody::deserialize(deserializer).map(|given| given.body)
    }
}

/// A body, and whether it says more than this version can read.
pub(crate) struct GivenBody {
    pub(crate) body: Body,
    /// The beginning of a field's name that a body of this type does not have, if there is one.
    pub(crate) unknown_field: Option<Box<str>>,
}

/// Characters of an unknown field's name that are kept.
const SHOWN: usize = 32;

impl<'de> Deserialize<'de> for GivenBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct GivenVisitor;

        impl<'de> Visitor<'de> for GivenVisitor {
            type Value = GivenBody;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<GivenBody, A::Error> {
                let (mut kind, mut text) = (None, None);
                let mut unknown_field = None;
                while let Some(name) = map.next_key()? {
                    let Scalar::Text(name) = name else {
                        return Err(A::Error::custom("the name of a field is a string"));
                    };
                    let known = match &*name {
                        "type" => &mut kind,
                        "text" => &mut text,
                        _ => {
                            if map.next_value::<Scalar<'de>>()? != Scalar::Absent {
                                unknown_field = Some(name.chars().take(SHOWN).collect());
                            }
                            continue;
                        }
                    };
                    if known.replace(map.next_value()?).is_some() {
                        return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                    }
                }
                let body = body(kind.unwrap_or_default(), text.unwrap_or_default())?;
                Ok(GivenBody {
                    body,
                    unknown_field,
                })
            }
        }

        deserializer.deserialize_map(GivenVisitor)
    }
}

fn body<E: Error>(kind: Scalar<'_>, text: Scalar<'_>) -> Result<Body, E> {
    match (kind, text) {
        (Scalar::Text(kind), Scalar::Text(text)) if kind == "text" => Ok(Body::text(text)),
        (Scalar::Text(kind), _) if kind == "text" => {
            Err(E::custom("a body of type text has a string text"))
        }
        (Scalar::Text(_), _) => Ok(Body::Unknown),
        _ => Err(E::custom("a body has a string type")),
    }
}

/// What an entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Says something: `body`, perhaps `reply_to` and `mentions`.
    Message,
    /// Replaces the body of the message at `target` with its own.
    Edit,
    /// Blanks the message at `target`, and every edit of it.
    Recall,
    /// Changed the group: `event`.
    Event,
    /// A kind this version does not know: keep its place in the log, show nothing.
    #[serde(other)]
    Unknown,
}

/// One line of a conversation's log.
///
/// A push of it is the same bytes for every recipient, so nothing in it is of one reader's view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The conversation.
    pub conv: ConversationId,
    /// The position in its log.
    pub seq: Seq,
    /// The id in the whole system.
    pub id: EntryId,
    /// What the entry does.
    pub kind: EntryKind,
    /// Who appended it.
    pub from: UserId,
    /// When the server took it.
    pub at: Millis,
    /// The sender's name for it: how the sender's own devices match it to what they show as pending.
    pub client_id: ClientId,
    /// What it says. Absent once recalled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The message that this one answers, in the same conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// The users that this message wants to notice it.
    #[serde(
        default,
        deserialize_with = "value::or_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub mentions: Vec<UserId>,
    /// Whether this message wants all members of its group to notice it.
    #[serde(
        default,
        deserialize_with = "value::or_default",
        skip_serializing_if = "value::is_false"
    )]
    pub mentions_all: bool,
    /// What the message belongs to within the conversation, as its sender says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Box<str>>,
    /// When the message loses its worth, as its sender says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Millis>,
    /// Where the message comes from, if not from its sender's own hand, as its sender says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Box<str>>,
    /// What was changed of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Box<GroupEvent>>,
    /// The message that an edit or a recall changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Seq>,
    /// The entry that last edited this message: `body` is already the edited one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_by: Option<Seq>,
    /// The entry that recalled this message, or the message that this edit changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recalled_by: Option<Seq>,
}

/// The most that an entry takes as JSON, its client id, text and mentions aside: every field is there, and every
/// integer as long as one can be.
const ENTRY_BYTES: usize = 408;

/// The most that one mention takes as JSON: 16 digits and a comma.
const MENTION_BYTES: usize = 17;

impl Entry {
    /// At most so many bytes are written of an entry with these parts, in a page or as a push. It is more than
    /// are written by less than half a kilobyte and a mention's digits, however the texts are to be escaped.
    pub fn bytes_of(client_id: &ClientId, text: Option<&str>, mentions: usize) -> usize {
        let texts = escaped_bytes(client_id.as_str()) + text.map_or(0, escaped_bytes);
        ENTRY_BYTES + texts + MENTION_BYTES * mentions
    }

    /// Writes the push of this entry: what [`ServerFrame::Entry`](crate::ServerFrame::Entry)
    /// encodes to, without having to own the entry.
    pub fn encode(&self) -> String {
        let text_bytes = match &self.body {
            Some(Body::Text { text }) => text.len(),
            Some(Body::Unknown) | None => 0,
        };
        encode_long("entry", None, self, text_bytes)
    }
}
