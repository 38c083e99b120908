//! The times and bounds of the server half.

use std::time::Duration;

use hongyan_protocol::limits;

use crate::Backoff;

/// The times and bounds of one connection's deliveries. One for all connections, shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// From a push, or the last progress of acks, to the first re-push. What is on its way behind much else has
    /// [longer](Self::slowest_link).
    pub ack_timeout: Duration,
    /// From one re-push to the next, and from the last one to the close.
    pub repush_interval: Duration,
    /// Re-pushes before the connection is closed with `ack_timeout`.
    pub repushes: u32,
    /// Un-acked entries, over all conversations. Beyond it, pushes are held back.
    pub window_entries: usize,
    /// Bytes of un-acked frames, over all conversations, at most. Beyond it, pushes are held back. A single
    /// frame is always let through, however large.
    pub window_bytes: usize,
    /// The same at the beginning; from then on it follows what the link takes.
    pub window_first_bytes: usize,
    /// The same on the slowest of links.
    pub window_least_bytes: usize,
    /// The slowest link that is served, in bytes a second: acks are given the time that it takes for what was
    /// written before them.
    pub slowest_link: u64,
    /// Bytes for which no time is given: every link has these soon.
    pub at_once_bytes: u64,
    /// The time given in this way, at most.
    pub longest_travel: Duration,
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
            window_first_bytes: WINDOW_FIRST_BYTES,
            window_least_bytes: WINDOW_LEAST_BYTES,
            slowest_link: SLOWEST_LINK,
            at_once_bytes: AT_ONCE_BYTES,
            longest_travel: LONGEST_TRAVEL,
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

/// Two seconds of a link of 32 kB/s. A faster one has doubled it after a round trip.
const WINDOW_FIRST_BYTES: usize = 64 * 1024;

/// Two seconds of a link of 2 kB/s.
const WINDOW_LEAST_BYTES: usize = 4 * 1024;

/// Half of what a 2G phone has at the edge of its cell.
const SLOWEST_LINK: u64 = 1000;

/// Four seconds of that, less than the time for an ack.
const AT_ONCE_BYTES: u64 = 4096;

/// A text of the longest over the slowest link.
const LONGEST_TRAVEL: Duration = Duration::from_secs(70);

/// More than write to anybody at once; about 2 MiB when all are held back.
const TRACKED_CONVERSATIONS: usize = 16 * 1024;

const _: () = assert!(
    WINDOW_BYTES / 2 >= limits::CLIENT_FRAME_BYTES,
    "after a fetch at least one entry fits the window"
);
const _: () = assert!(
    LONGEST_TRAVEL.as_secs() * SLOWEST_LINK > limits::TEXT_BYTES as u64,
    "the longest text arrives before its ack is overdue"
);
const _: () = assert!(
    TRACKED_CONVERSATIONS >= limits::UNACKED_ENTRIES,
    "a full window never overflows the tracked conversations by itself"
);
