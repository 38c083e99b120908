//! Tells whether this node itself stood still.
//!
//! After a process was stopped, or a machine slept, all its clocks have run out at once, and its clients' frames
//! are unread. So the node waits a moment, and reads what has come, before it judges by a time that is long over.

use hongyan_delivery::Tick;

use crate::limits::{LOOK, STOOD_STILL};

/// What one connection knows of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stall {
    /// Until when it is looked.
    until: Tick,
}

impl Stall {
    /// Whether what was due then is not to be judged yet.
    pub fn excuses(&mut self, due: Tick, now: Tick) -> bool {
        // Once for each thing that is due: it was looked after that time already, or is now.
        if now.since(due) > STOOD_STILL && self.until <= due {
            self.until = now.after(LOOK);
        }
        now < self.until
    }

    /// When to judge what is due then.
    pub fn not_before(&self, due: Tick) -> Tick {
        due.max(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Tick {
        Tick::from_millis(milliseconds)
    }

    #[test]
    fn who_is_late_looks_once() {
        let mut stall = Stall::default();
        assert!(!stall.excuses(at(50_000), at(50_900)));
        assert!(stall.excuses(at(50_000), at(65_000)));
        assert!(stall.excuses(at(50_000), at(66_999)));
        assert_eq!(stall.not_before(at(50_000)), at(67_000));
        assert!(!stall.excuses(at(50_000), at(67_000)));
        assert!(!stall.excuses(at(50_000), at(99_000)));
        assert_eq!(stall.not_before(at(115_000)), at(115_000));
        assert!(!stall.excuses(at(115_000), at(115_000)));
    }
}
