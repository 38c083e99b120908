//! When what is journaled is carried out.
//!
//! Carrying out many writes at once is cheaper for each, since they share pages; but nothing is committed
//! meanwhile, and 4,096 take some 20 ms, for which everybody waits. So as long as there is time, few are carried
//! out at a time, in pauses that hardly show; and the less time there is, the more.

use tokio::time::Instant;

/// Writes that are worth being carried out before [the usual delay](super::handle). To different conversations, so
/// many take about a millisecond.
const WRITES: usize = 64;

/// Of all time, carrying out takes one part in so many at most. Where that is not enough, more comes together and
/// takes less time for each, in the end as much as [is held at most](super::pending::Pending::is_full).
const SHARE: u32 = 8;

/// When the next carrying out may begin, by how long the last one took.
pub(super) struct Pace {
    next: Instant,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self {
            next: Instant::now(),
        }
    }

    /// Something was carried out between the two.
    pub(super) fn carried_out(&mut self, start: Instant, end: Instant) {
        self.next = end + (SHARE - 1) * end.saturating_duration_since(start);
    }

    /// Whether so many writes are to be carried out now, though there is room for more.
    pub(super) fn allows(&self, writes: usize, now: Instant) -> bool {
        writes >= WRITES && now >= self.next
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn few_writes_wait() {
        let pace = Pace::new();
        let later = pace.next + Duration::from_secs(1);
        assert!(!pace.allows(WRITES - 1, later));
        assert!(pace.allows(WRITES, later));
    }

    #[test]
    fn most_of_the_time_is_for_commits() {
        let mut pace = Pace::new();
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        pace.carried_out(start, after(2));
        assert!(!pace.allows(1000, after(15)));
        assert!(pace.allows(1000, after(16)));
    }
}
