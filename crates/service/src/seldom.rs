//! Log lines that would repeat: each is written at most once in [`SELDOM`], with its count.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Between two lines about the same thing.
pub const SELDOM: Duration = Duration::from_secs(60);

/// One thing that may happen often; see the [module](self).
#[derive(Debug, Default)]
pub struct Seldom(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    said_at: Option<Instant>,
    unsaid: u64,
}

impl Seldom {
    /// One that has not happened yet.
    pub const fn new() -> Self {
        Self(Mutex::new(State {
            said_at: None,
            unsaid: 0,
        }))
    }

    /// It happened. How often since it was last said, if it is to be said now.
    pub fn count(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock();
        state.unsaid += 1;
        let is_due = state
            .said_at
            .is_none_or(|said_at| now.saturating_duration_since(said_at) >= SELDOM);
        is_due.then(|| {
            state.said_at = Some(now);
            std::mem::take(&mut state.unsaid)
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_said_at_once_and_then_once_a_minute_with_a_count() {
        let seldom = Seldom::new();
        let mut said = Vec::new();
        for _ in 0..180 {
            said.extend(seldom.count(Instant::now()));
            advance(Duration::from_secs(1)).await;
        }
        assert_eq!(said, [1, 60, 60]);
    }
}
