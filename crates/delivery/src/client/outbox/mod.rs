//! Requests that append, in order, sent again until they are answered.
//!
//! application → **`Outbox`** → socket
//!
//! Owns: every request from its submission to its answer, over any number of connections. It also owns the lately
//! answered messages, to [send them again](Outbox::history_replaced) when the server's history was replaced.
//! Promises: for each target, requests take effect in the order of submission, each once. The same `client_id` at
//! every attempt makes a retry harmless. By default only one request for a target is in flight, so that a retry
//! never overtakes or is overtaken.
//! Refuses: more than [`Policy::capacity`] requests at a time.
//! Not here: numbers for `req` (the SDK's), and keeping requests over a restart: save [`Outbox::pending`] and
//! submit them again in that order.

pub mod answered;
mod append;
mod machine;
mod policy;

pub use answered::{Answered, AnsweredList, Reply};
pub use append::Append;
pub use machine::Outbox;
pub use policy::Policy;

use hongyan_protocol::{ClientId, ConversationId, Failure, Sent, Seq};

/// What the SDK has to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send this request; answer with [`Outbox::sent`] or [`Outbox::failed`].
    Request(Append),
    /// Look up the entry at this place, with a `history` of one; answer with [`Outbox::looked`] or [`Outbox::failed`].
    Look {
        /// The request that waits for it.
        client_id: ClientId,
        /// The conversation.
        conv: ConversationId,
        /// The position.
        seq: Seq,
    },
    /// Tell the application: it is on the server's disk. The answer is also the push of the entry, see
    /// [`Append::into_entry`]: give it to [`Incoming::answered`](super::incoming::Incoming::answered).
    Done {
        /// The request.
        append: Append,
        /// The answer.
        sent: Sent,
    },
    /// Tell the application: it will never be; sending the same again would fail the same.
    Failed {
        /// The request.
        append: Append,
        /// Why.
        failure: Failure,
    },
    /// What was sent again is there in another form than the one that was sent: nothing more is to be done.
    Found {
        /// Which.
        client_id: ClientId,
    },
    /// What was sent again has nothing to do any more.
    Dropped {
        /// Which.
        client_id: ClientId,
    },
    /// A request stayed without an answer: break the connection and make a new one.
    Reconnect,
}

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Too many are waiting. Nothing was changed.
    #[error("the outbox is full")]
    Full,
    /// One under the same client id is waiting.
    #[error("the client id is already in the outbox")]
    Duplicate,
}
