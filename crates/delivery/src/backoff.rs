//! Exponential backoff, with and without jitter.

use std::time::Duration;

/// How long to wait before trying again: doubling from `base` up to `cap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The ceiling of the first wait.
    pub base: Duration,
    /// The ceiling of every wait.
    pub cap: Duration,
}

impl Backoff {
    /// The longest wait after this many earlier failures in a row: `min(cap, base · 2^failures)`.
    pub fn ceiling(&self, failures: u32) -> Duration {
        let factor = 1_u32.checked_shl(failures).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }

    /// A wait drawn evenly from zero to the ceiling ("full jitter"), so that many who failed
    /// together do not come back together. `random` is uniform over all of `u64`.
    ///
    /// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    pub fn full_jitter(&self, failures: u32, random: u64) -> Duration {
        let ceiling = self.ceiling(failures).as_millis();
        let drawn = (ceiling * u128::from(random)) >> 64;
        Duration::from_millis(u64::try_from(drawn).unwrap_or(u64::MAX))
    }

    /// What the server asked for, and full jitter on top of it: a server in trouble tells many
    /// clients the same time. It is believed up to [`RETRY_AFTER_CAP`].
    pub fn wait(&self, failures: u32, retry_after_ms: Option<u64>, random: u64) -> Duration {
        let asked = Duration::from_millis(retry_after_ms.unwrap_or(0)).min(RETRY_AFTER_CAP);
        asked + self.full_jitter(failures, random)
    }
}

/// The longest `retry_after_ms` that is believed: beyond it, a client would seem dead.
pub const RETRY_AFTER_CAP: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        base: Duration::from_millis(500),
        cap: Duration::from_secs(30),
    };

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        let seconds: Vec<f64> = (0..8).map(|n| BACKOFF.ceiling(n).as_secs_f64()).collect();
        assert_eq!(seconds, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
        assert_eq!(BACKOFF.ceiling(u32::MAX), BACKOFF.cap);
    }

    #[test]
    fn the_jitter_fills_the_whole_range() {
        assert_eq!(BACKOFF.full_jitter(3, 0), Duration::ZERO);
        assert_eq!(
            BACKOFF.full_jitter(3, u64::MAX / 2),
            Duration::from_millis(1999)
        );
        assert_eq!(
            BACKOFF.full_jitter(3, u64::MAX),
            Duration::from_millis(3999)
        );
    }
}
