//! The times and bounds of the outbox.

use std::time::Duration;

use crate::Backoff;

/// The times and bounds of [`Outbox`](super::Outbox).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Requests that are not answered. Beyond it `submit` refuses.
    pub capacity: usize,
    /// Requests in flight for one target. With more than one, a request that the server puts off is
    /// overtaken by those behind it: order is then only as good as the luck.
    pub in_flight_per_target: usize,
    /// Requests in flight over all targets. Keep it within the server's advertised `requests`.
    pub in_flight: usize,
    /// A request that is not answered for this long makes the connection suspect.
    pub answer_timeout: Duration,
    /// The slowest link that is served, in bytes a second: a request has the time that it takes for its text and those
    /// before it,
    pub slowest_link: u64,
    /// but for so much of it.
    pub at_once: Duration,
    /// Between attempts, where the server does not say. The number of attempts has no limit: giving
    /// up in silence would lose a message. The application may `cancel`.
    pub backoff: Backoff,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            capacity: 1000,
            in_flight_per_target: 1,
            in_flight: 16,
            answer_timeout: Duration::from_secs(15),
            slowest_link: 1000,
            at_once: Duration::from_secs(4),
            backoff: Backoff {
                base: Duration::from_millis(500),
                cap: Duration::from_secs(30),
            },
        }
    }
}

impl Policy {
    /// What a text of so many bytes takes over the slowest link.
    pub(super) fn time_for(&self, bytes: usize) -> Duration {
        let milliseconds = (bytes as u64).saturating_mul(1000) / self.slowest_link.max(1);
        Duration::from_millis(milliseconds)
    }
}
