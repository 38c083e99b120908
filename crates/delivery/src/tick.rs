//! The one notion of time that the machines know.

use std::time::Duration;

/// A moment on the caller's monotonic clock, in milliseconds since any fixed moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(u64);

impl Tick {
    /// The moment this many milliseconds after the clock's own beginning.
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the clock's own beginning.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The moment this much later. Saturates.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        let delay = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(delay))
    }

    /// The time since an earlier moment; zero where it is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}
