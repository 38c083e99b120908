//! The times and bounds of the server half.

use std::time::Duration;

use hongyan_protocol::limits;

use crate::Backoff;

/// The times and bounds of one connection's deliveries. One for all connections, shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// From a push, or the last progress of acks, to the first re-push.
    pub ack_timeout: Duration,
    /// From one re-push to the next, and from the last one to the close.
    pub repush_interval: Duration,
    /// Re-pushes before the connection is closed with `ack_timeout`.
    pub repushes: u32,
    /// Un-acked entries, over all conversations. Beyond it, pushes are held back.
    pub window_entries: usize,
    /// Bytes of un-acked frames, over all conversations. Beyond it, pushes are held back. A single
    /// frame is always let through, however large.
    pub window_bytes: usize,
    /// Conversations with something un-acked or held back. Beyond it the connection is closed with
    /// `slow_reader`: to forget one of them in silence would be a hole that no later push shows.
    pub tracked_conversations: usize,
    /// Entries asked for by one [`Action::Fetch`](super::Action::Fetch), at most.
    pub fetch_entries: usize,
    /// Between failed fetches.
    pub fetch_backoff: Backoff,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            ack_timeout: limits::ACK_TIMEOUT,
            repush_interval: limits::REPUSH_INTERVAL,
            repushes: limits::REPUSHES,
            window_entries: limits::UNACKED_ENTRIES,
            window_bytes: WINDOW_BYTES,
            tracked_conversations: TRACKED_CONVERSATIONS,
            fetch_entries: limits::HISTORY_ENTRIES,
            fetch_backoff: Backoff {
                base: Duration::from_millis(200),
                cap: Duration::from_secs(10),
            },
        }
    }
}

/// Twice the largest entry: half of the window, where fetching starts again, has room for any.
const WINDOW_BYTES: usize = 1024 * 1024;

/// A few times what a person follows at once; about 100 KiB when all are held back.
const TRACKED_CONVERSATIONS: usize = 1024;

const _: () = assert!(
    WINDOW_BYTES / 2 >= limits::CLIENT_FRAME_BYTES,
    "after a fetch at least one entry fits the window"
);
const _: () = assert!(
    TRACKED_CONVERSATIONS >= limits::UNACKED_ENTRIES,
    "a full window never overflows the tracked conversations by itself"
);
