//! Frames of a client that append to a log: `send`, `edit`, `recall`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::entry::GivenBody;
use crate::envelope::{Refusal, read_object};
use crate::{Body, ClientId, ConversationId, ErrorCode, Millis, Seq, UserId, limits, value};

/// Whom a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A conversation that exists.
    Conversation(ConversationId),
    /// The 1:1 conversation with this user, made at the first message.
    User(UserId),
}

/// Appends a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Send {
    /// `conv` or `to` on the wire; exactly one.
    pub target: Target,
    /// The sender's name for this message.
    pub client_id: ClientId,
    /// What it says.
    pub body: Body,
    /// The message it answers.
    pub reply_to: Option<Seq>,
    /// Users who should notice it; at most [`limits::MENTIONS`].
    pub mentions: Vec<UserId>,
    /// Whether all members of the group should notice it; for its admins, [`limits::ALLS_A_DAY`] times.
    pub mentions_all: bool,
    /// What it belongs to within the conversation: 1 to [`limits::TOPIC_BYTES`].
    pub topic: Option<Box<str>>,
    /// When it loses its worth.
    pub expires_at: Option<Millis>,
    /// Where it comes from, if not from its sender's own hand: 1 to [`limits::ORIGIN_BYTES`].
    pub origin: Option<Box<str>>,
}

/// Replaces the body of a message of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// The conversation.
    pub conv: ConversationId,
    /// The message.
    pub seq: Seq,
    /// The sender's name for this edit.
    pub client_id: ClientId,
    /// The new body.
    pub body: Body,
}

/// Blanks a message of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recall {
    /// The conversation.
    pub conv: ConversationId,
    /// The message.
    pub seq: Seq,
    /// The sender's name for this recall.
    pub client_id: ClientId,
}

/// `send` as it is read, before `conv` and `to` become one [`Target`].
#[derive(Deserialize)]
pub(crate) struct SendRead {
    #[serde(default)]
    conv: Option<ConversationId>,
    #[serde(default)]
    to: Option<UserId>,
    client_id: ClientId,
    body: GivenBody,
    #[serde(default)]
    reply_to: Option<Seq>,
    /// One more than allowed, so that too many can be told from just enough.
    #[serde(
        default,
        deserialize_with = "value::capped_list::<{ limits::MENTIONS + 1 }, _, _>"
    )]
    mentions: Vec<UserId>,
    #[serde(default, deserialize_with = "value::or_default")]
    mentions_all: bool,
    #[serde(default)]
    topic: Option<Box<str>>,
    #[serde(default)]
    expires_at: Option<Millis>,
    #[serde(default)]
    origin: Option<Box<str>>,
}

/// `edit` as it is read, before its body is checked.
#[derive(Deserialize)]
pub(crate) struct EditRead {
    conv: ConversationId,
    seq: Seq,
    client_id: ClientId,
    body: GivenBody,
}

/// What an HTTP request to edit has in its body; the rest is in its path.
#[derive(Deserialize)]
struct EditBody {
    client_id: ClientId,
    body: GivenBody,
}

/// `send` as it is written, borrowed from a [`Send`].
#[derive(Serialize)]
pub(crate) struct SendWritten<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    conv: Option<ConversationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<UserId>,
    client_id: &'a ClientId,
    body: &'a Body,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Seq>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    mentions: &'a [UserId],
    #[serde(skip_serializing_if = "value::is_false")]
    mentions_all: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
}

impl Send {
    /// Reads the same fields from the body of an HTTP request.
    ///
    /// # Errors
    /// The code to answer with and a message for people, as [`ClientFrame::decode`](crate::ClientFrame::decode) gives them.
    pub fn from_json(body: &[u8]) -> Result<Self, (ErrorCode, String)> {
        Self::checked(read_object(body)?)
    }

    /// A message of plain text and nothing else, for senders that speak another protocol.
    ///
    /// # Errors
    /// Those of [`from_json`](Self::from_json): the text is empty, too long, or holds U+0000.
    pub fn text(
        target: Target,
        client_id: ClientId,
        text: impl Into<Arc<str>>,
    ) -> Result<Self, (ErrorCode, String)> {
        Ok(Self {
            target,
            client_id,
            body: checked_text(Body::text(text))?,
            reply_to: None,
            mentions: Vec::new(),
            mentions_all: false,
            topic: None,
            expires_at: None,
            origin: None,
        })
    }

    pub(crate) fn checked(read: SendRead) -> Result<Self, Refusal> {
        let target = match (read.conv, read.to) {
            (Some(conv), None) => Target::Conversation(conv),
            (None, Some(user)) => Target::User(user),
            _ => {
                return Err((
                    ErrorCode::BadRequest,
                    "say exactly one of conv and to".into(),
                ));
            }
        };
        if read.mentions.len() > limits::MENTIONS {
            return Err((
                ErrorCode::TooLarge,
                format!("at most {} mentions", limits::MENTIONS),
            ));
        }
        Ok(Self {
            target,
            client_id: read.client_id,
            body: checked_body(read.body)?,
            reply_to: read.reply_to,
            mentions: read.mentions,
            mentions_all: read.mentions_all,
            topic: checked_label("topic", read.topic, limits::TOPIC_BYTES)?,
            expires_at: read.expires_at,
            origin: checked_label("origin", read.origin, limits::ORIGIN_BYTES)?,
        })
    }

    /// Writes the same fields as the body of an HTTP request.
    pub fn to_json(&self) -> String {
        match serde_json::to_string(&self.written()) {
            Ok(body) => body,
            Err(error) => unreachable!("ids, texts and lists of ids are always JSON: {error}"),
        }
    }

    pub(crate) fn written(&self) -> SendWritten<'_> {
        let (conv, to) = match self.target {
            Target::Conversation(conv) => (Some(conv), None),
            Target::User(user) => (None, Some(user)),
        };
        SendWritten {
            conv,
            to,
            client_id: &self.client_id,
            body: &self.body,
            reply_to: self.reply_to,
            mentions: &self.mentions,
            mentions_all: self.mentions_all,
            topic: self.topic.as_deref(),
            expires_at: self.expires_at,
            origin: self.origin.as_deref(),
        }
    }
}

impl Edit {
    /// Reads what an HTTP request to edit the message at `seq` has in its body.
    ///
    /// # Errors
    /// The code to answer with and a message for people, as [`ClientFrame::decode`](crate::ClientFrame::decode) gives them.
    pub fn from_json(
        conv: ConversationId,
        seq: Seq,
        body: &[u8],
    ) -> Result<Self, (ErrorCode, String)> {
        let EditBody { client_id, body } = read_object(body)?;
        Self::checked(EditRead {
            conv,
            seq,
            client_id,
            body,
        })
    }

    pub(crate) fn checked(read: EditRead) -> Result<Self, Refusal> {
        Ok(Self {
            conv: read.conv,
            seq: read.seq,
            client_id: read.client_id,
            body: checked_body(read.body)?,
        })
    }
}

/// Refuses a body that says what this version would drop: what a client wrote must not vanish in silence.
fn checked_body(given: GivenBody) -> Result<Body, Refusal> {
    let body = checked_text(given.body)?;
    match given.unknown_field {
        Some(name) => Err((
            ErrorCode::Unsupported,
            format!("a body of type text has no field {name:?}"),
        )),
        None => Ok(body),
    }
}

/// Refuses a short text beside the body that says nothing, is too long, or that not every store could keep.
fn checked_label(
    name: &str,
    text: Option<Box<str>>,
    most: usize,
) -> Result<Option<Box<str>>, Refusal> {
    let refused = |code, message| Err((code, message));
    match text.as_deref() {
        Some("") => refused(ErrorCode::BadRequest, format!("an empty {name}")),
        Some(text) if text.len() > most => refused(
            ErrorCode::TooLarge,
            format!("the {name} has at most {most} bytes"),
        ),
        Some(text) if text.contains('\0') => {
            refused(ErrorCode::BadRequest, format!("the {name} holds no U+0000"))
        }
        _ => Ok(text),
    }
}

/// Refuses a body that no client could show or not every store could keep.
fn checked_text(body: Body) -> Result<Body, Refusal> {
    match &body {
        Body::Unknown => Err((
            ErrorCode::Unsupported,
            "no such body type; this server knows text".into(),
        )),
        Body::Text { text } if text.is_empty() => {
            Err((ErrorCode::BadRequest, "an empty text".into()))
        }
        Body::Text { text } if text.len() > limits::TEXT_BYTES => Err((
            ErrorCode::TooLarge,
            format!("a text has at most {} bytes", limits::TEXT_BYTES),
        )),
        // PostgreSQL's text type cannot hold it.
        Body::Text { text } if text.contains('\0') => {
            Err((ErrorCode::BadRequest, "a text holds no U+0000".into()))
        }
        Body::Text { .. } => Ok(body),
    }
}
