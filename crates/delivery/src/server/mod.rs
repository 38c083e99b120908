//! The server half: the entries that one connection still has to be pushed, and those that it has acked.
//!
//! commit → dispatch → **`Outgoing`** → socket
//!
//! Owns: for each connection, the entries pushed and not yet acked, and the conversations that wait because the
//! connection is too far behind.
//! Promises: held payloads stay within `Policy::window_bytes`. An idle connection owns no heap memory. No text is
//! held or pushed again once it was recalled or replaced. An entry that is not acked in time is pushed again a
//! fixed number of times; then the connection is closed, resumable.
//! Not here: encoding (payloads come ready-made and shared), and reading the log (the caller carries out
//! [`Action::Fetch`]).

mod conversation;
mod line;
mod outgoing;
mod policy;
mod window;

pub use outgoing::Outgoing;
pub use policy::Policy;
pub use window::Window;

use hongyan_protocol::{CloseCode, ConversationId, Seq};

/// What the caller has to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action<P> {
    /// Write this frame to the socket.
    Push {
        /// The shared, encoded frame.
        payload: P,
        /// Whether it was pushed on this connection before.
        again: bool,
    },
    /// Read the log and answer with [`Outgoing::fetched`], [`Outgoing::fetch_failed`] or
    /// [`Outgoing::forget`]. At most one is outstanding on a connection.
    Fetch {
        /// The conversation.
        conv: ConversationId,
        /// The oldest entries above this seq.
        after: Seq,
        /// Entries, at most.
        limit: usize,
    },
    /// Close the connection. Nothing follows; every later input is ignored.
    Close(CloseCode),
}

/// One committed entry, ready to be pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready<P> {
    /// Its position.
    pub seq: Seq,
    /// The frame's size, in bytes.
    pub bytes: usize,
    /// The message that it is about, where it is an edit or a recall.
    pub target: Option<Seq>,
    /// The shared, encoded frame.
    pub payload: P,
}

/// What is known of an acked position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ack {
    /// It names an entry that came to this connection, so it is the caller's to have and within
    /// the log: no need to check it again.
    Known,
    /// It may be anything: check membership and head before it is stored.
    Unknown,
}
