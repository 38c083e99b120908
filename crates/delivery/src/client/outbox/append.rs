//! The requests that add an entry to a log.

use hongyan_protocol::{ClientFrame, ClientId, Edit, Recall, Send, Target};

/// A request that adds an entry to a log, under a name that makes repeating it harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Append {
    /// A message.
    Send(Send),
    /// A new body for an own message.
    Edit(Edit),
    /// The end of an own message.
    Recall(Recall),
}

impl Append {
    /// The sender's name for it.
    pub fn client_id(&self) -> &ClientId {
        match self {
            Self::Send(send) => &send.client_id,
            Self::Edit(edit) => &edit.client_id,
            Self::Recall(recall) => &recall.client_id,
        }
    }

    /// Which log it is for.
    pub fn target(&self) -> Target {
        match self {
            Self::Send(send) => send.target,
            Self::Edit(edit) => Target::Conversation(edit.conv),
            Self::Recall(recall) => Target::Conversation(recall.conv),
        }
    }
}

impl From<Append> for ClientFrame {
    fn from(append: Append) -> Self {
        match append {
            Append::Send(send) => Self::Send(send),
            Append::Edit(edit) => Self::Edit(edit),
            Append::Recall(recall) => Self::Recall(recall),
        }
    }
}
