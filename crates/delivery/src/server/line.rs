//! The bytes that are on their way to the client.
//!
//! A connection brings its bytes in order. So an ack of a later entry proves that the earlier bytes have arrived.
//! And an entry behind many bytes cannot have arrived yet where the link is slow.
//!
//! Owns: how far the client is known to have come.
//! Not here: the acks themselves (`Conversation`).

use std::time::Duration;

use super::Policy;
use crate::Tick;

/// What is on its way to the client: see the [module](self).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Line {
    /// Bytes written so far.
    written: u64,
    /// Of these, the bytes that have surely arrived.
    arrived: u64,
    /// When an ack last told of more that had arrived.
    arrived_at: Tick,
    /// When all of it has arrived over the slowest link that is served.
    drained_at: Tick,
}

impl Line {
    /// So many bytes are being written; where they end.
    pub(super) fn write(&mut self, bytes: usize, policy: &Policy, now: Tick) -> u64 {
        if self.drained_at <= now {
            self.arrived = self.written;
        }
        self.written += bytes as u64;
        self.drain(policy, now);
        self.written
    }

    /// What ended here has arrived.
    pub(super) fn arrive(&mut self, end: u64, policy: &Policy, now: Tick) {
        if end > self.arrived {
            self.arrived = end;
            self.arrived_at = now;
            self.drain(policy, now);
        }
    }

    /// Bytes that waited to go have gone.
    pub(super) fn moved(&mut self, now: Tick) {
        self.arrived_at = now;
    }

    /// When the client was last heard to have come closer to what ends here; `None` where it has come as far.
    pub(super) fn closer_at(&self, end: u64) -> Option<Tick> {
        (end > self.arrived).then_some(self.arrived_at)
    }

    /// How long the slowest link that is served takes for what ends here, beyond what every link takes at once.
    pub(super) fn travel(&self, end: u64, policy: &Policy) -> Duration {
        let bytes = end.saturating_sub(self.arrived);
        time_for(bytes.saturating_sub(policy.at_once_bytes), policy)
    }

    fn drain(&mut self, policy: &Policy, now: Tick) {
        self.drained_at = now.after(time_for(self.written - self.arrived, policy));
    }
}

fn time_for(bytes: u64, policy: &Policy) -> Duration {
    let milliseconds = bytes.saturating_mul(1000) / policy.slowest_link.max(1);
    Duration::from_millis(milliseconds).min(policy.longest_travel)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Tick {
        Tick::from_millis(milliseconds)
    }

    #[test]
    fn what_is_behind_much_else_has_longer() {
        let (policy, mut line) = (Policy::default(), Line::default());
        let first = line.write(4096, &policy, at(0));
        assert_eq!(line.travel(first, &policy), Duration::ZERO);
        let second = line.write(10_000, &policy, at(0));
        assert_eq!(line.travel(second, &policy), Duration::from_secs(10));
        let third = line.write(1_000_000, &policy, at(0));
        assert_eq!(line.travel(third, &policy), policy.longest_travel);

        line.arrive(first, &policy, at(3000));
        assert_eq!(line.travel(second, &policy), Duration::from_millis(5904));
        assert_eq!(line.closer_at(second), Some(at(3000)));
        assert_eq!(line.closer_at(first), None);
        line.arrive(first, &policy, at(9000));
        assert_eq!(line.closer_at(second), Some(at(3000)), "that is no news");
    }

    #[test]
    fn after_a_while_all_has_arrived_though_nobody_says_so() {
        let (policy, mut line) = (Policy::default(), Line::default());
        line.write(10_000, &policy, at(0));
        let soon = line.write(1, &policy, at(9_999));
        assert!(line.travel(soon, &policy) > Duration::from_secs(5));
        let later = line.write(1, &policy, at(70_000));
        assert_eq!(line.travel(later, &policy), Duration::ZERO);
    }
}
