//! Frames of a client that append nothing: signing in, staying alive, positions and reading.

use serde::{Deserialize, Serialize};

use crate::envelope::Refusal;
use crate::{ConversationId, ErrorCode, Seq, limits, value};

/// The first frame on a connection.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The session's token. Absent when a session cookie came with the upgrade.
    /// At most [`limits::TOKEN_BYTES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Box<str>>,
    /// The client's name and version, for logs and the list of devices: so without control
    /// characters, and at most [`limits::CLIENT_NAME_BYTES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Box<str>>,
}

impl std::fmt::Debug for Hello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hello")
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("client", &self.client)
            .finish()
    }
}

/// Asks for a sign of life and for the next heartbeat interval.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    /// The quiet time, in milliseconds, that this ping ended: nothing had gone either way. 0 where
    /// that shows nothing.
    #[serde(deserialize_with = "value::integer")]
    pub interval_ms: u64,
    /// What the client has learnt of the network it is on.
    #[serde(
        default,
        deserialize_with = "value::or_default",
        skip_serializing_if = "crate::heartbeat::Learnt::is_empty"
    )]
    pub learnt: crate::heartbeat::Learnt,
    /// Nobody is looking: a longer interval is worth a later notice of a break.
    #[serde(
        default,
        deserialize_with = "value::or_default",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub background: bool,
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
    /// Conversations in the page, from 1; more than [`limits::SYNC_CONVERSATIONS`] are read as that, in a list more
    /// than [`limits::LIST_CONVERSATIONS`].
    #[serde(
        default,
        deserialize_with = "value::page_limit",
        skip_serializing_if = "Option::is_none"
    )]
    pub limit: Option<usize>,
    /// Only what a list of conversations shows, without entries and as short as can be: see [`Listed`](crate::Listed).
    #[serde(
        default,
        deserialize_with = "value::or_default",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub list: bool,
    /// Bytes of entries after which the page is to have no more, from 1: a wish, for a slow link.
    #[serde(
        default,
        deserialize_with = "value::page_limit",
        skip_serializing_if = "Option::is_none"
    )]
    pub bytes: Option<usize>,
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
    /// Entries in the page, from 1; more than [`limits::HISTORY_ENTRIES`] are read as that.
    #[serde(
        default,
        deserialize_with = "value::page_limit",
        skip_serializing_if = "Option::is_none"
    )]
    pub limit: Option<usize>,
    /// Bytes of entries after which the page is to end, from 1: a wish, for a slow link. One entry is always given.
    #[serde(
        default,
        deserialize_with = "value::page_limit",
        skip_serializing_if = "Option::is_none"
    )]
    pub bytes: Option<usize>,
}

impl Hello {
    pub(crate) fn checked(self) -> Result<Self, Refusal> {
        at_most(&self.token, limits::TOKEN_BYTES, "a token")?;
        at_most(&self.client, limits::CLIENT_NAME_BYTES, "a client's name")?;
        match &self.client {
            Some(client) if client.contains(char::is_control) => Err((
                ErrorCode::BadRequest,
                "a client's name holds no control characters".into(),
            )),
            _ => Ok(self),
        }
    }
}

impl Sync {
    /// Refuses a cursor that no server made, as [`ClientFrame::decode`](crate::ClientFrame::decode) does.
    ///
    /// # Errors
    /// The code to answer with and a message for people.
    pub fn checked(self) -> Result<Self, (ErrorCode, String)> {
        at_most(&self.cursor, limits::CURSOR_BYTES, "a cursor")?;
        Ok(self)
    }
}

impl History {
    /// Refuses two ends at a time, as [`ClientFrame::decode`](crate::ClientFrame::decode) does.
    ///
    /// # Errors
    /// The code to answer with and a message for people.
    pub fn checked(self) -> Result<Self, (ErrorCode, String)> {
        match (self.before, self.after) {
            (Some(_), Some(_)) => Err((
                ErrorCode::BadRequest,
                "say at most one of before and after".into(),
            )),
            _ => Ok(self),
        }
    }
}

fn at_most(text: &Option<Box<str>>, bytes: usize, what: &str) -> Result<(), Refusal> {
    match text {
        Some(text) if text.len() > bytes => Err((
            ErrorCode::TooLarge,
            format!("{what} has at most {bytes} bytes"),
        )),
        _ => Ok(()),
    }
}
