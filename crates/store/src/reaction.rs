//! Reactions: what members put beside a message, which is state and no entry.
//!
//! A message that many react to would cost every client as many entries. So what counts is how things stand: each change
//! of a conversation's reactions has a number, and a message has the number of its last one. Whoever knows all up to a
//! number asks what changed after it, and gets the messages as they stand.
//!
//! Owns: the words for reactions, and their bounds.
//! Not here: who may react to what (`rules`), and what is an emoji (`service`).

use std::sync::Arc;

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};

pub use hongyan_protocol::limits::REACTIONS_A_MESSAGE;

/// The largest number of messages in one page of [`reactions`](crate::Reactions::reactions), and of users in one of
/// [`reactors`](crate::Reactions::reactors).
pub const REACTIONS_PAGE: usize = 200;

/// A reaction to be set or taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct React {
    /// Who.
    pub user: UserId,
    /// Where.
    pub conv: ConversationId,
    /// To which message.
    pub seq: Seq,
    /// With what: short, and made of whatever the service lets through.
    pub value: Arc<str>,
    /// Whether it is to be there afterwards.
    pub on: bool,
    /// When the server took it.
    pub at: Millis,
}

/// How a message's reactions stand after one of them was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reacted {
    /// The conversation.
    pub conv: ConversationId,
    /// The message.
    pub seq: Seq,
    /// Whether that changed anything.
    pub changed: bool,
    /// The number of the conversation's last change of reactions; of this one, if it changed anything.
    pub number: u64,
    /// How often each stands there, in the order of the values' bytes.
    pub counts: Vec<(Arc<str>, u64)>,
    /// Everyone who may read the message, ascending.
    pub members: Arc<[UserId]>,
}

/// Why a reaction was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReactError {
    /// No such conversation, or the user is not a member.
    #[error("no such conversation")]
    NotMember,
    /// There is no message at this place.
    #[error("no such message")]
    NoSuchMessage,
    /// The message was recalled.
    #[error("the message was recalled")]
    Recalled,
    /// The message has [`REACTIONS_A_MESSAGE`] others.
    #[error("the message has too many different reactions")]
    TooMany,
    /// The other of two has blocked the user.
    #[error("not allowed here")]
    NotAllowed,
    /// A part of the log cannot be read.
    #[error("a part of the conversation cannot be read")]
    Damaged,
}

/// Which messages' reactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReactionRange {
    /// Of those whose reactions changed after this number, by the number of their last change.
    After(u64),
    /// Of those at these places, the first and the last among them, ascending.
    Within(Seq, Seq),
}

/// How the reactions of some messages stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReactionPage {
    /// The messages that have or had reactions, in the order of the [range](ReactionRange). Those that were recalled have
    /// none.
    pub messages: Vec<MessageReactions>,
    /// The number of the conversation's last change of reactions, in the same snapshot.
    pub number: u64,
    /// There may be others in the range.
    pub more: bool,
}

/// How the reactions of a message stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageReactions {
    /// The message.
    pub seq: Seq,
    /// The number of their last change.
    pub number: u64,
    /// Each that stands there, in the order of the values' bytes.
    pub reactions: Vec<Reaction>,
}

/// A reaction, and how often it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// With what.
    pub value: Arc<str>,
    /// How many members set it; at least one.
    pub count: u64,
    /// Whether the reader did.
    pub mine: bool,
}
