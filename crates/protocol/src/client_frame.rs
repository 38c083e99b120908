//! Frames from a client, and the decoder that no input may hurt.
//!
//! A frame is read in two passes over the same text: first its `type` and `req`, skipping all
//! else, then the frame of that type. So a frame with a broken body is still answered under its
//! own `req`, unknown types and fields are told apart from broken ones, and nothing is copied
//! into an intermediate tree. serde_json stops at 128 nested brackets by itself.

use serde::{Deserialize, Serialize};

use crate::envelope::{Head, encode};
use crate::{Body, ClientId, ConversationId, ErrorCode, Seq, UserId, limits};

/// The first frame on a connection.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The session's token. Absent when a session cookie came with the upgrade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Box<str>>,
    /// The client's name and version, for logs and the list of devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Box<str>>,
}

impl std::fmt::Debug for Hello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hello")
            .field("token", &"…")
            .field("client", &self.client)
            .finish()
    }
}

/// Asks for a sign of life and for the next heartbeat interval.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    /// The quiet time, in milliseconds, that this ping ends: what the client now waits.
    pub interval_ms: u64,
    /// What the client has learnt of the network it is on.
    #[serde(default, skip_serializing_if = "crate::heartbeat::Learnt::is_empty")]
    pub learnt: crate::heartbeat::Learnt,
    /// Nobody is looking: a longer interval is worth a later notice of a break.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub background: bool,
}

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
    /// Users who should notice it.
    pub mentions: Vec<UserId>,
}

/// Replaces the body of a message of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// Says that this device holds everything in `conv` up to `seq`. Not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// The conversation.
    pub conv: ConversationId,
    /// The last entry held, with everything before it.
    pub seq: Seq,
}

/// Says that the user has read `conv` up to `seq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The conversation.
    pub conv: ConversationId,
    /// The last entry read.
    pub seq: Seq,
}

/// Asks for the conversations that changed since `cursor`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sync {
    /// The cursor of the last `synced`; absent the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Box<str>>,
    /// Conversations in the page, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// Asks for a stretch of a log: either the entries `before` a seq or those `after` one, or,
/// with neither, the newest. Always answered in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The conversation.
    pub conv: ConversationId,
    /// The newest entries below this seq.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Seq>,
    /// The oldest entries above this seq.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
    /// Entries in the page, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// A frame from a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFrame {
    /// See [`Hello`].
    Hello(Hello),
    /// See [`Ping`].
    Ping(Ping),
    /// See [`Send`].
    Send(Send),
    /// See [`Edit`].
    Edit(Edit),
    /// See [`Recall`].
    Recall(Recall),
    /// See [`Ack`].
    Ack(Ack),
    /// See [`Read`].
    Read(Read),
    /// See [`Sync`].
    Sync(Sync),
    /// See [`History`].
    History(History),
}

/// Why a frame could not be read. The connection stays; the frame is answered with `error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code:?}: {message}")]
pub struct DecodeError {
    /// The frame's `req`, if that much could be read.
    pub req: Option<u64>,
    /// What is wrong with it.
    pub code: ErrorCode,
    /// Where, for people.
    pub message: String,
}

/// `send` as it stands on the wire, before `conv` and `to` become one [`Target`].
#[derive(Serialize, Deserialize)]
struct SendOnWire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conv: Option<ConversationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<UserId>,
    client_id: ClientId,
    body: Body,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<Seq>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<UserId>,
}

impl ClientFrame {
    /// Reads one text frame; the number is its `req`.
    pub fn decode(text: &str) -> Result<(Option<u64>, Self), DecodeError> {
        let head: Head<'_> = serde_json::from_str(text).map_err(|error| DecodeError {
            req: None,
            code: ErrorCode::BadRequest,
            message: format!("not a frame: {error}"),
        })?;
        let req = head.req;
        let frame = Self::decode_kind(&head.kind, text).map_err(|(code, message)| DecodeError {
            req,
            code,
            message,
        })?;
        Ok((req, frame))
    }

    fn decode_kind(kind: &str, text: &str) -> Result<Self, (ErrorCode, String)> {
        match kind {
            "hello" => parse(text).map(Self::Hello),
            "ping" => parse(text).map(Self::Ping),
            "send" => parse(text).and_then(Send::from_wire).map(Self::Send),
            "edit" => parse(text).and_then(Edit::checked).map(Self::Edit),
            "recall" => parse(text).map(Self::Recall),
            "ack" => parse(text).map(Self::Ack),
            "read" => parse(text).map(Self::Read),
            "sync" => parse(text).and_then(Sync::checked).map(Self::Sync),
            "history" => parse(text).and_then(History::checked).map(Self::History),
            other => {
                let shown: String = other.chars().take(32).collect();
                Err((ErrorCode::Unsupported, format!("no frame type {shown:?}")))
            }
        }
    }

    /// Writes one text frame.
    pub fn encode(&self, req: Option<u64>) -> String {
        match self {
            Self::Hello(frame) => encode("hello", req, frame),
            Self::Ping(frame) => encode("ping", req, frame),
            Self::Send(frame) => encode("send", req, &frame.to_wire()),
            Self::Edit(frame) => encode("edit", req, frame),
            Self::Recall(frame) => encode("recall", req, frame),
            Self::Ack(frame) => encode("ack", req, frame),
            Self::Read(frame) => encode("read", req, frame),
            Self::Sync(frame) => encode("sync", req, frame),
            Self::History(frame) => encode("history", req, frame),
        }
    }
}

impl Send {
    /// Reads the same fields from the body of an HTTP request.
    pub fn from_json(body: &[u8]) -> Result<Self, (ErrorCode, String)> {
        let text = std::str::from_utf8(body)
            .map_err(|error| (ErrorCode::BadRequest, error.to_string()))?;
        parse(text).and_then(Self::from_wire)
    }

    fn from_wire(wire: SendOnWire) -> Result<Self, (ErrorCode, String)> {
        let target = match (wire.conv, wire.to) {
            (Some(conv), None) => Target::Conversation(conv),
            (None, Some(user)) => Target::User(user),
            _ => {
                return Err((
                    ErrorCode::BadRequest,
                    "say exactly one of conv and to".into(),
                ));
            }
        };
        if wire.mentions.len() > limits::MENTIONS {
            return Err((
                ErrorCode::TooLarge,
                format!("at most {} mentions", limits::MENTIONS),
            ));
        }
        Ok(Self {
            target,
            client_id: wire.client_id,
            body: checked_body(wire.body)?,
            reply_to: wire.reply_to,
            mentions: wire.mentions,
        })
    }

    fn to_wire(&self) -> SendOnWire {
        let (conv, to) = match self.target {
            Target::Conversation(conv) => (Some(conv), None),
            Target::User(user) => (None, Some(user)),
        };
        SendOnWire {
            conv,
            to,
            client_id: self.client_id.clone(),
            body: self.body.clone(),
            reply_to: self.reply_to,
            mentions: self.mentions.clone(),
        }
    }
}

impl Edit {
    fn checked(self) -> Result<Self, (ErrorCode, String)> {
        let body = checked_body(self.body)?;
        Ok(Self { body, ..self })
    }
}

impl Sync {
    fn checked(self) -> Result<Self, (ErrorCode, String)> {
        match &self.cursor {
            Some(cursor) if cursor.len() > limits::CURSOR_BYTES => Err((
                ErrorCode::TooLarge,
                format!("a cursor has at most {} bytes", limits::CURSOR_BYTES),
            )),
            _ => Ok(self),
        }
    }
}

impl History {
    fn checked(self) -> Result<Self, (ErrorCode, String)> {
        match (self.before, self.after) {
            (Some(_), Some(_)) => Err((
                ErrorCode::BadRequest,
                "say at most one of before and after".into(),
            )),
            _ => Ok(self),
        }
    }
}

/// Refuses a body that no client could show.
fn checked_body(body: Body) -> Result<Body, (ErrorCode, String)> {
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
        Body::Text { .. } => Ok(body),
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, (ErrorCode, String)> {
    serde_json::from_str(text).map_err(|error| (ErrorCode::BadRequest, error.to_string()))
}
