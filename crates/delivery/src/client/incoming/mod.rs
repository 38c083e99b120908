//! Every conversation's log, exactly once and in order.
//!
//! socket → **`Incoming`** → application
//!
//! Owns: how far each conversation is held, which ones have a gap, and where sync stands.
//! Promises: [`Action::Deliver`] comes once for each entry, in the order of the log and without
//! holes; buffered entries and outstanding fetches are bounded; whatever pushes were lost,
//! doubled or overtaken, the gap is found and filled.
//! Not here: the entries themselves once delivered, older history on demand, and read positions.

mod early;
mod fetches;
mod machine;
mod pages;
mod policy;
mod snapshot;
mod strangers;
mod walk;

pub use machine::Incoming;
pub use pages::Paging;
pub use policy::{Policy, Start};
pub use snapshot::{Held, Snapshot};

use hongyan_protocol::{ConversationId, ConversationView, Entry, Seq};

/// What the SDK has to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Forget what was delivered, and what sync said: it is of another history than the one that the server has now,
    /// which comes from here on. See [`Outbox::history_replaced`](super::Outbox::history_replaced).
    Reset,
    /// Give this entry to the application: the next one of its conversation.
    Deliver(Entry),
    /// Tell the application what a sync says of a conversation. `entries` is empty: they come as
    /// `Deliver`, each in its turn.
    Conversation(Box<ConversationView>),
    /// Send `ack`.
    Ack {
        /// The conversation.
        conv: ConversationId,
        /// Everything up to here is held.
        seq: Seq,
    },
    /// Send `sync`; answer with [`Incoming::synced`] or [`Incoming::sync_failed`]. At most one is
    /// outstanding.
    Sync {
        /// What to say; absent the first time.
        cursor: Option<Box<str>>,
        /// Only the list.
        list: bool,
        /// Conversations, at most; absent, as many as the server gives.
        limit: Option<usize>,
        /// Bytes of entries, at most; absent, as many as the server gives.
        bytes: Option<usize>,
    },
    /// Send `history`; answer with [`Incoming::fetched`], [`Incoming::fetch_failed`] or
    /// [`Incoming::forget`]. At most one is outstanding for each conversation.
    Fetch {
        /// The conversation.
        conv: ConversationId,
        /// The oldest entries above this seq.
        after: Seq,
        /// Entries, at most.
        limit: usize,
        /// Bytes of entries, at most; absent, as many as the server gives.
        bytes: Option<usize>,
    },
}
