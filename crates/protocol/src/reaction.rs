//! Reactions: what members put beside a message.

use serde::{Deserialize, Serialize};

use crate::envelope::Refusal;
use crate::{ConversationId, ErrorCode, Seq, UserId, limits, value};

/// Sets a reaction of the caller's to a message, or takes it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct React {
    /// The conversation.
    pub conv: ConversationId,
    /// The message.
    pub seq: Seq,
    /// One emoji. At most [`limits::REACTION_BYTES`].
    pub value: Box<str>,
    /// Whether it is to be there afterwards.
    pub on: bool,
}

/// Asks how the reactions of messages stand: of those whose reactions changed `after` a number, or of those at the places
/// from `from` to `to`. With neither, of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reactions {
    /// The conversation.
    pub conv: ConversationId,
    /// The number up to which the client knows all.
    #[serde(
        default,
        deserialize_with = "value::optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    pub after: Option<u64>,
    /// The first place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Seq>,
    /// The last place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Seq>,
    /// Messages in the page, from 1; more than [`limits::REACTIONS_PAGE`] are read as that.
    #[serde(
        default,
        deserialize_with = "value::page_limit",
        skip_serializing_if = "Option::is_none"
    )]
    pub limit: Option<usize>,
}

/// A reaction, and how often it stands beside a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji.
    pub value: Box<str>,
    /// How many members set it.
    pub count: u64,
    /// Whether the reader did; never in a push.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mine: bool,
}

/// How the reactions of a message stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReactions {
    /// The message.
    pub seq: Seq,
    /// Which change of the conversation's reactions was the last of this message's.
    pub number: u64,
    /// All that stand there; none where all were taken back, or the message was recalled.
    pub reactions: Vec<Reaction>,
}

/// Answers [`Reactions`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionsPage {
    /// The conversation.
    pub conv: ConversationId,
    /// The messages: by `number` where `after` was said, by `seq` where `from` was.
    pub messages: Vec<MessageReactions>,
    /// The number of the conversation's last change of reactions.
    pub number: u64,
    /// Whether there are others behind the last one.
    pub more: bool,
}

/// A reaction that somebody set or took back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReactionChange {
    /// The message.
    pub seq: Seq,
    /// Who.
    pub user: UserId,
    /// The emoji.
    pub value: Box<str>,
    /// Whether it is there now.
    pub on: bool,
}

/// A push: reactions of a conversation changed. It may get lost: then `after` of the next one shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reacted {
    /// The conversation.
    pub conv: ConversationId,
    /// The number before the first of these changes.
    pub after: u64,
    /// The number of the last of them.
    pub number: u64,
    /// The messages whose reactions changed, as they stand.
    pub messages: Vec<MessageReactions>,
    /// Who changed what.
    pub changes: Vec<ReactionChange>,
    /// There were more changes than are told, so a user's other devices do not learn from it what that user set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

impl React {
    pub(crate) fn checked(self) -> Result<Self, Refusal> {
        if self.value.len() > limits::REACTION_BYTES {
            let most = limits::REACTION_BYTES;
            let message = format!("a reaction has at most {most} bytes");
            return Err((ErrorCode::TooLarge, message));
        }
        Ok(self)
    }
}
