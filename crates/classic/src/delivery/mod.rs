//! The server half for clients of the classic protocol, which ack each push by its number.
//!
//! commit → **`Outgoing`** → fetch → push → socket
//!
//! Owns: for one connection, the pushes without an ack, and how far each conversation was pushed.
//! Promises: pushes are numbered 1, 2, 3 …; what waited is pushed oldest first, over all
//! conversations; each push that is not acked in time goes out again under its own number, a fixed
//! number of times, and then the connection is closed; a text that was removed is not pushed again;
//! the positions reported cover nothing that was not acked; what is held is bounded by the
//! [`Policy`](hongyan_delivery::server::Policy).
//! Not here: names, texts and JSON (payloads come ready-made), and reading the log (the caller
//! carries out [`Action::Fetch`]).
//!
//! Two things differ from [`server`](hongyan_delivery::server), because that protocol wants them so. An ack is
//! for a single push and acks come in any order, so each push has a time-out of its own. And a
//! commit is taken as a hint only: whatever is pushed was read from the log, in its present state.

mod conversation;
mod outgoing;

pub(crate) use outgoing::Outgoing;

use hongyan_protocol::{CloseCode, ConversationId, Seq};

/// What the caller has to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action<P> {
    /// Write this push to the socket, under this number.
    Push {
        /// The number on this connection; the same when it is pushed again.
        tid: u64,
        /// What is pushed.
        payload: P,
        /// Whether it was pushed on this connection before.
        again: bool,
    },
    /// Read these logs and answer with [`Outgoing::fetched`] or [`Outgoing::fetch_failed`]. At most
    /// one is outstanding.
    Fetch {
        /// The conversations that have something to push, and the seq above which.
        after: Vec<(ConversationId, Seq)>,
        /// The oldest entries of all these logs together: at most this many.
        limit: usize,
    },
    /// The client holds everything in `conv` up to `seq`.
    Delivered {
        /// The conversation.
        conv: ConversationId,
        /// The position.
        seq: Seq,
    },
    /// Close the connection. Nothing follows; every later input is ignored.
    Close(CloseCode),
}

/// An entry as it was read from a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry<P> {
    /// The conversation.
    pub(crate) conv: ConversationId,
    /// Its position.
    pub(crate) seq: Seq,
    /// What the client gets to see of it; `None` where that is nothing. Such an entry needs no ack.
    pub(crate) shown: Option<Shown<P>>,
}

/// What a push carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown<P> {
    /// Its size, in bytes.
    pub(crate) bytes: usize,
    /// The payload.
    pub(crate) payload: P,
}
