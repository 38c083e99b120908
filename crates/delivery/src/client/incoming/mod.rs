//! Every conversation's log, exactly once and in order.
//!
//! socket → **`Incoming`** → application
//!
//! Owns: how far each conversation is held, which ones have a gap, and where sync stands.
//! Promises: [`Action::Deliver`] comes once for each entry, in the order of the log and without
//! holes; buffered entries and outstanding fetches are bounded; whatever pushes were lost,
//! doubled or overtaken, the gap is found and filled.
//! Not here: the entries themselves once delivered, older history on demand, and read positions.

use hongyan_protocol::{ConversationId, ConversationView, Entry, HistoryPage, Seq, Synced, UserId};

mod policy;
mod snapshot;

pub use policy::{Policy, Start};
pub use snapshot::{Held, Snapshot};

use crate::Tick;

/// What the SDK has to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
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
    },
}

/// Every conversation's log, exactly once and in order: see the [module](self).
#[derive(Debug)]
pub struct Incoming {
    policy: Policy,
}

impl Incoming {
    /// A client that holds nothing yet.
    pub fn new(policy: Policy) -> Self {
        Self { policy }
    }

    /// A client that holds what an earlier one had held. The caller must have kept the entries that
    /// were delivered before the snapshot was taken.
    pub fn restore(policy: Policy, snapshot: Snapshot) -> Self {
        let _ = snapshot;
        Self { policy }
    }

    /// What has to be kept to go on after a restart. Take it together with what was delivered, in
    /// one transaction or after it: never before.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::default()
    }

    /// The connection is welcome, as this user. Starts a sync, and fetches that were cut off.
    pub fn connected(&mut self, user: UserId, now: Tick, out: &mut Vec<Action>) {
        let _ = (user, now, out, &self.policy);
    }

    /// The connection broke: whatever was asked for will not be answered.
    pub fn disconnected(&mut self) {}

    /// An entry was pushed.
    pub fn entry(&mut self, entry: Entry, now: Tick, out: &mut Vec<Action>) {
        let _ = (entry, now, out);
    }

    /// Answers [`Action::Sync`].
    pub fn synced(&mut self, page: Synced, now: Tick, out: &mut Vec<Action>) {
        let _ = (page, now, out);
    }

    /// Answers [`Action::Sync`]: not now. `random` is uniform over all of `u64`.
    pub fn sync_failed(&mut self, retry_after_ms: Option<u64>, random: u64, now: Tick) {
        let _ = (retry_after_ms, random, now);
    }

    /// Answers [`Action::Fetch`]. Pages of other `history` requests, such as older entries for
    /// scrolling back, do not belong here.
    pub fn fetched(&mut self, page: HistoryPage, now: Tick, out: &mut Vec<Action>) {
        let _ = (page, now, out);
    }

    /// Answers [`Action::Fetch`]: not now. `random` is uniform over all of `u64`.
    pub fn fetch_failed(
        &mut self,
        conv: ConversationId,
        retry_after_ms: Option<u64>,
        random: u64,
        now: Tick,
        out: &mut Vec<Action>,
    ) {
        let _ = (conv, retry_after_ms, random, now, out);
    }

    /// The user may no longer read this conversation: nothing more of it is asked for.
    pub fn forget(&mut self, conv: ConversationId, now: Tick, out: &mut Vec<Action>) {
        let _ = (conv, now, out);
    }

    /// Pours out the acks that the inputs since the last call have earned, at most one for each
    /// conversation. Call it after each batch of inputs, when what was delivered is kept.
    pub fn flush(&mut self, out: &mut Vec<Action>) {
        let _ = out;
    }

    /// When to call [`tick`](Self::tick) next.
    pub fn next_deadline(&self) -> Option<Tick> {
        None
    }

    /// Time passed.
    pub fn tick(&mut self, now: Tick, out: &mut Vec<Action>) {
        let _ = (now, out);
    }

    /// Everything in `conv` up to here was delivered; `None` where nothing of it was.
    pub fn held(&self, conv: ConversationId) -> Option<Seq> {
        let _ = conv;
        None
    }

    /// Whether a sync has been completed on this connection and no gap is known.
    pub fn is_caught_up(&self) -> bool {
        false
    }
}
