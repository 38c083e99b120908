//! What a client tells its application.

use std::time::Duration;

use hongyan_protocol::{
    ClientId, ConversationView, Entry, Failure, Receipt, Sent, UserId, UserProfile,
};

use crate::HttpError;

/// What happened, in the order in which it did. New kinds may come with new versions.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// An attempt to connect begins; 1 is the first since the last connection.
    Connecting {
        /// Attempts since the last connection, this one counted.
        attempt: u32,
    },
    /// The server said welcome. What was missed comes as entries from here on.
    Connected {
        /// Who the server says this client is.
        user: UserProfile,
    },
    /// The server has another history than the one that came until now: its operator has put a backup back. Everything
    /// that was shown of conversations is to be forgotten. What there is comes from here on, as if it were new: profiles,
    /// conversations, entries. What this client had sent and what is gone is sent again; of each such message
    /// [`SendState::Sent`] tells once more, perhaps with another seq.
    Reset,
    /// Every conversation is held up to its head. Comes once for each connection.
    CaughtUp,
    /// The attempt failed or the connection broke. The client connects again by itself.
    Disconnected {
        /// Why.
        reason: Reason,
        /// The next attempt begins after this long, or at [`Client::wake`](crate::Client::wake).
        retry_in: Duration,
    },
    /// Names to show for ids: of people whom the next conversations mention, or who have another name now.
    Profiles(Vec<UserProfile>),
    /// What the server says of a conversation: head, unread count, everybody's positions. Its
    /// `entries` are empty; they come as [`Event::Entry`].
    Conversation(Box<ConversationView>),
    /// The next entry of its conversation: exactly once, in the order of the log, without holes.
    Entry(Entry),
    /// How far a member has come. Both positions only ever grow; an older one may come late.
    Receipt(Receipt),
    /// A request of this client's outbox moved on.
    Send {
        /// Which.
        client_id: ClientId,
        /// To where.
        state: SendState,
    },
    /// The client has stopped for good; nothing follows. What is in the outbox stays in the state
    /// directory, if there is one, for the next client.
    Terminal(Terminal),
}

/// How far a request of the outbox has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendState {
    /// In the outbox, waiting for a connection or its turn.
    Pending,
    /// On its way. Told once, however often a lost connection makes it go again.
    Sending,
    /// On the server's disk.
    Sent(Sent),
    /// Refused, and out of the outbox.
    Failed(Failure),
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The server's address does not answer, or TLS or the upgrade to WebSocket failed.
    #[error("cannot connect: {0}")]
    Unreachable(Box<str>),
    /// No `welcome` within [`CONNECT_TIMEOUT`](crate::CONNECT_TIMEOUT).
    #[error("the server does not answer in time")]
    ConnectTimeout,
    /// Signing in failed for now.
    #[error(transparent)]
    SignIn(HttpError),
    /// The server closed, and said why.
    #[error("closed by the server: {code} {text}")]
    Closed {
        /// The number in the close frame; [`CloseCode`](hongyan_protocol::CloseCode) knows some.
        code: u16,
        /// The reason in the close frame; for people.
        text: Box<str>,
    },
    /// The connection broke without a word.
    #[error("the connection broke: {0}")]
    Broken(Box<str>),
    /// Nothing came back within the heartbeat's time-out.
    #[error("the server fell silent")]
    Silent,
    /// A request was not answered in time.
    #[error("a request was not answered")]
    Unanswered,
    /// The server sent what is no frame of the protocol.
    #[error("not a frame: {0}")]
    Garbage(Box<str>),
}

/// Why a client has stopped for good.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Terminal {
    /// The server closed with this code, and connecting again would end the same: see
    /// [`CloseCode`](hongyan_protocol::CloseCode). For the first two of them, sign in again.
    #[error("closed by the server for good: {code}")]
    Closed {
        /// The number in the close frame.
        code: u16,
    },
    /// The login name and password are no longer good.
    #[error(transparent)]
    SignIn(HttpError),
    /// The state directory belongs to another user than the token.
    #[error("the state directory belongs to user {kept}, the token to user {welcomed}")]
    OtherUser {
        /// Whose outbox and positions the directory keeps.
        kept: UserId,
        /// Who the server says this is.
        welcomed: UserId,
    },
}

impl Terminal {
    /// The close code, where the server gave one.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Closed { code } => Some(*code),
            Self::SignIn(_) | Self::OtherUser { .. } => None,
        }
    }
}
