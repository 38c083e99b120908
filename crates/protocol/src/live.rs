//! What is told only to those who look: which conversation a client shows, and who writes in it now.

use serde::{Deserialize, Serialize};

use crate::{ConversationId, UserId};

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
