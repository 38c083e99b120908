//! The window: how many bytes a connection may have pushed and not acked.
//!
//! As TCP's own window does, it follows the link. It begins small, grows with early acks, and shrinks when acks
//! come late. So over a slow link little is on its way: an answer is not stuck behind it, and little is lost with
//! the connection.

use std::time::Duration;

use super::Policy;
use crate::Tick;

/// How much a connection has been pushed and has not acked yet, over all conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Entries that are not acked.
    pub entries: usize,
    /// Their bytes.
    pub bytes: usize,
    /// The bytes that the link took lately, within the policy's bounds.
    limit: usize,
    /// What was pushed before that tells nothing of the present limit.
    narrowed_at: Tick,
}

/// Acked this soon, the link may take more.
const SOON: Duration = Duration::from_secs(1);

/// Acked this late, it took too much.
const LATE: Duration = Duration::from_secs(2);

impl Default for Window {
    /// One that does not follow the link.
    fn default() -> Self {
        Self {
            entries: 0,
            bytes: 0,
            limit: usize::MAX,
            narrowed_at: Tick::default(),
        }
    }
}

impl Window {
    /// One that follows the link.
    pub(super) fn following(policy: &Policy) -> Self {
        Self {
            limit: policy.window_first_bytes,
            ..Self::default()
        }
    }

    /// Whether one more frame of this size may be pushed. A single frame always may.
    pub fn has_room(self, bytes: usize, policy: &Policy) -> bool {
        let within = self.entries < policy.window_entries
            && self.bytes.saturating_add(bytes) <= self.limit(policy);
        within || self.entries == 0
    }

    /// Whether it is worth reading the log again: at least half of the window is free, so that one
    /// fetch serves many acks.
    pub fn is_half_free(self, policy: &Policy) -> bool {
        self.entries <= policy.window_entries / 2 && self.bytes <= self.limit(policy) / 2
    }

    /// How many entries have room that are as large as those that are un-acked, at least one.
    pub(super) fn room(self, policy: &Policy) -> usize {
        let free = policy.window_entries.saturating_sub(self.entries);
        let average = self.bytes.checked_div(self.entries).unwrap_or(0);
        let free_bytes = self.limit(policy).saturating_sub(self.bytes);
        let by_bytes = free_bytes.checked_div(average).unwrap_or(usize::MAX);
        free.min(by_bytes).max(1)
    }

    /// An entry of this size is pushed.
    pub fn take(&mut self, bytes: usize) {
        self.entries += 1;
        self.bytes += bytes;
    }

    /// An entry that stays has so many bytes less.
    pub fn shrink(&mut self, bytes: usize) {
        self.bytes -= bytes;
    }

    /// An entry of this size is not waited for any more.
    pub fn give_back(&mut self, bytes: usize) {
        self.entries -= 1;
        self.bytes -= bytes;
    }

    /// A frame of this size, which was pushed then, is acked now.
    pub(super) fn acked(&mut self, bytes: usize, pushed_at: Tick, policy: &Policy, now: Tick) {
        let took = now.since(pushed_at);
        let was_in_use = self.bytes >= self.limit / 2;
        self.give_back(bytes);
        if took > LATE {
            if pushed_at >= self.narrowed_at {
                self.narrowed_at = now;
                self.limit = (self.limit / 2).max(policy.window_least_bytes);
            }
        } else if took < SOON && was_in_use {
            self.limit = self.limit.saturating_add(bytes).min(policy.window_bytes);
        }
    }

    fn limit(self, policy: &Policy) -> usize {
        self.limit.min(policy.window_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: usize = 1000;

    /// Fills the window and acks all of it so much later, once.
    fn round(window: &mut Window, policy: &Policy, from: u64, took: u64) -> usize {
        let pushed_at = Tick::from_millis(from);
        let mut pushed = 0;
        while window.has_room(FRAME, policy) {
            window.take(FRAME);
            pushed += 1;
        }
        for _ in 0..pushed {
            window.acked(FRAME, pushed_at, policy, Tick::from_millis(from + took));
        }
        assert_eq!((window.entries, window.bytes), (0, 0));
        pushed
    }

    #[test]
    fn it_follows_what_the_link_takes() {
        let policy = Policy {
            window_entries: usize::MAX,
            ..Policy::default()
        };
        let mut window = Window::following(&policy);
        let first = round(&mut window, &policy, 0, 100);
        assert_eq!(first, policy.window_first_bytes / FRAME);
        let mut last = first;
        for turn in 1..20 {
            let next = round(&mut window, &policy, turn * 1000, 100);
            assert!(next >= last && next <= 2 * last + 1);
            last = next;
        }
        assert_eq!(last, policy.window_bytes / FRAME);
        for turn in 1..20 {
            let next = round(&mut window, &policy, turn * 100_000, 5000);
            assert!(
                next >= last / 2,
                "halved once a round at most: {next} after {last}"
            );
            last = next;
        }
        assert_eq!(last, policy.window_least_bytes / FRAME);
    }

    #[test]
    fn what_does_not_fill_it_does_not_widen_it() {
        let policy = Policy::default();
        let mut window = Window::following(&policy);
        for turn in 0..10_000 {
            window.take(FRAME);
            window.acked(
                FRAME,
                Tick::from_millis(turn),
                &policy,
                Tick::from_millis(turn + 50),
            );
        }
        assert_eq!(window.limit, policy.window_first_bytes);
    }
}
