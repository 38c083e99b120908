//! The times and bounds of the incoming half.

use std::time::Duration;

use hongyan_protocol::limits;

use super::Paging;
use crate::Backoff;

/// Where the log of a conversation begins for a client that sees it for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At its first entry: for archives and bots.
    Everything,
    /// At the last entries of the page of the *first* sync: for people, who fetch older ones by scrolling
    /// back. A conversation that begins after that begins at its first entry, like any other message that
    /// comes.
    Recent,
}

/// The times and bounds of [`Incoming`](super::Incoming).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// See [`Start`].
    pub start: Start,
    /// From the first entry that came too early to the fetch of those before it: reordered pushes
    /// have this long to sort themselves out.
    pub reorder_wait: Duration,
    /// Entries that came too early, kept for one conversation. Beyond it the highest are dropped, and
    /// fetched when their turn comes.
    pub reorder_entries: usize,
    /// The same over all conversations.
    pub reorder_entries_total: usize,
    /// Fetches outstanding at a time, over all conversations. More wait their turn.
    pub fetches: usize,
    /// Entries asked for by one fetch.
    pub fetch_entries: usize,
    /// A sync or fetch that is not answered for this long counts as failed.
    pub answer_timeout: Duration,
    /// Between failed syncs and fetches.
    pub backoff: Backoff,
    /// From the end of one sync to the next on the same connection. It finds what a push that was
    /// lost without a later one in the same conversation would hide.
    pub resync: Duration,
    /// How pages follow what the link takes; `None`: they are as large as the server makes them.
    pub paging: Option<Paging>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            start: Start::Recent,
            reorder_wait: Duration::from_millis(200),
            reorder_entries: 256,
            reorder_entries_total: 2048,
            fetches: 4,
            fetch_entries: limits::HISTORY_ENTRIES,
            answer_timeout: Duration::from_secs(15),
            backoff: Backoff {
                base: Duration::from_millis(500),
                cap: Duration::from_secs(30),
            },
            resync: Duration::from_secs(15 * 60),
            paging: None,
        }
    }
}
