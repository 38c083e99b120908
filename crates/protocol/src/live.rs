//! What is told only to those who look: which conversation a client shows, who writes in it now, who is
//! there, and by how many it was read.

use serde::{Deserialize, Serialize};

use crate::envelope::Refusal;
use crate::{ConversationId, ErrorCode, Millis, Seq, UserId, limits, value};

/// Says which conversation the client shows. It holds until the next one, and as long as the connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The conversation; absent where the client shows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conv: Option<ConversationId>,
}

/// Says that the user is writing something. Not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// The conversation.
    pub conv: ConversationId,
}

/// Who is writing something in a conversation now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typists {
    /// The conversation.
    pub conv: ConversationId,
    /// Those who began first, at most [`TYPISTS_NAMED`](crate::limits::TYPISTS_NAMED). Nobody, where nobody is any more.
    pub users: Vec<UserId>,
    /// How many others.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub others: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Whether somebody is there.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// On no device, or not to be seen.
    #[default]
    Offline,
    /// On a device at which nobody looks.
    Away,
    /// On a device.
    Online,
    /// A state that this version does not know: a client takes it for `offline`.
    #[serde(other)]
    Unknown,
}

/// Whether one user is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPresence {
    /// Who.
    pub user: UserId,
    /// The state.
    pub state: PresenceState,
    /// When somebody who is offline was last there, within a minute or so, where both of them let that be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Millis>,
}

/// Asks whether users are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskPresence {
    /// Who; at most [`PRESENCE_USERS`](crate::limits::PRESENCE_USERS).
    #[serde(deserialize_with = "value::capped_list::<{ limits::PRESENCE_USERS + 1 }, _, _>")]
    pub users: Vec<UserId>,
}

/// Answers `presence`; as a push, it tells of members of the conversation that the client looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The conversation; absent in an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conv: Option<ConversationId>,
    /// Those who were asked for, or whose state is another one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<UserPresence>,
    /// How many members are online or away, in a conversation of more than
    /// [`PRESENCE_MEMBERS`](crate::limits::PRESENCE_MEMBERS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<u64>,
}

/// Who sees when a user was last there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastSeen {
    /// Everybody who lets others see it.
    #[default]
    Everybody,
    /// Nobody; and the user does not see when others were.
    Nobody,
    /// Somebody whom this version does not know: a client takes it for nobody.
    #[serde(other)]
    Unknown,
}

impl AskPresence {
    pub(crate) fn checked(self) -> Result<Self, Refusal> {
        if self.users.len() > limits::PRESENCE_USERS {
            let message = format!("at most {} users at a time", limits::PRESENCE_USERS);
            return Err((ErrorCode::TooLarge, message));
        }
        Ok(self)
    }
}

/// Says which messages of the conversation that it looks at a client shows, and wants to know by how many they are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskReadBy {
    /// The conversation.
    pub conv: ConversationId,
    /// The messages; at most [`READ_BY_MESSAGES`](crate::limits::READ_BY_MESSAGES), or none.
    #[serde(deserialize_with = "value::capped_list::<{ limits::READ_BY_MESSAGES + 1 }, _, _>")]
    pub seqs: Vec<Seq>,
}

/// Answers `read_by`; as a push, it tells of those messages that were read by another number than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadByCounts {
    /// The conversation.
    pub conv: ConversationId,
    /// The messages, ascending.
    pub messages: Vec<ReadByCount>,
}

/// By how many a message was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadByCount {
    /// The message.
    pub seq: Seq,
    /// Members who have read it, who were members when it was sent, without its sender.
    pub count: u64,
}

impl AskReadBy {
    pub(crate) fn checked(self) -> Result<Self, Refusal> {
        if self.seqs.len() > limits::READ_BY_MESSAGES {
            let message = format!("at most {} messages at a time", limits::READ_BY_MESSAGES);
            return Err((ErrorCode::TooLarge, message));
        }
        Ok(self)
    }
}
