//! What the model asks of the client, and what comes of it.

use hongyan_client::protocol::HistoryPage;
use hongyan_client::{ClientId, ConversationId, Seq, Target, UserId, UserProfile};

use crate::chat::groups::{Answer, Command};

/// What the model asks of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) enum Effect {
    /// Send a message; answer with [`Outcome::Submitted`].
    Send { target: Target, text: String },
    /// Change one's own message.
    Edit {
        conv: ConversationId,
        seq: Seq,
        text: String,
    },
    /// Blank one's own message.
    Recall { conv: ConversationId, seq: Seq },
    /// Tell that everything up to here was seen.
    Read { conv: ConversationId, seq: Seq },
    /// Read older messages; answer with [`Outcome::Older`].
    Older { conv: ConversationId, before: Seq },
    /// Find somebody by login name; answer with [`Outcome::Found`].
    Find(String),
    /// Find out who this is; answer with [`Outcome::Known`].
    Know(UserId),
    /// Do this, in this conversation; answer with [`Outcome::Asked`].
    Ask(Option<ConversationId>, Command),
    /// Whether nobody is looking.
    Background(bool),
    /// Try to connect now.
    Wake,
    /// End the program.
    Quit,
}

/// What came of an [`Effect`].
#[derive(Debug)]
pub(in crate::chat) enum Outcome {
    /// A message is in the outbox.
    Submitted {
        target: Target,
        client_id: ClientId,
        text: String,
        /// When, in milliseconds since the Unix epoch.
        at: i64,
    },
    /// A page of older messages; `None` when it did not come.
    Older(ConversationId, Option<HistoryPage>),
    /// Who has this login name.
    Found(String, Option<UserProfile>),
    /// Who this is.
    Known(UserProfile),
    /// What came of a command.
    Asked(Answer),
    /// Something was refused.
    Failed(String),
}
