//! The time at which owed acks go out.
//!
//! An ack is cumulative, and the server only gathers it. The server tells others of it a tenth of a second later,
//! and pushes again after five seconds. An ack for every push would be a frame, a system call and a wake-up of the
//! server for nothing. So an ack waits a moment for another frame.
//!
//! Not here: which acks are owed (`hongyan_delivery::client::Incoming`).

use std::time::Duration;

use hongyan_delivery::Tick;

/// The longest that an owed ack waits.
const WAIT: Duration = Duration::from_millis(50);

/// Entries delivered from which on their acks do not wait: well below the number after which the server
/// pushes no more.
const ENTRIES: u32 = 32;

/// Since the last acks.
#[derive(Debug, Default)]
pub(super) struct Acks {
    entries: u32,
    due: Option<Tick>,
}

impl Acks {
    /// An entry was delivered.
    pub(super) fn delivered(&mut self) {
        self.entries += 1;
    }

    /// Whether to send what is owed now. `has_company` says that something else is being written.
    pub(super) fn are_due(&mut self, are_owed: bool, has_company: bool, now: Tick) -> bool {
        if !are_owed {
            *self = Self::default();
            return false;
        }
        let due = *self.due.get_or_insert(now.after(WAIT));
        let are_due = has_company || self.entries >= ENTRIES || due <= now;
        if are_due {
            *self = Self::default();
        }
        are_due
    }

    /// When to ask again.
    pub(super) fn next_deadline(&self) -> Option<Tick> {
        self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Tick {
        Tick::from_millis(ms)
    }

    #[test]
    fn an_ack_waits_for_company_but_not_long() {
        let mut acks = Acks::default();
        acks.delivered();
        assert!(!acks.are_due(true, false, at(100)));
        assert_eq!(acks.next_deadline(), Some(at(150)));
        acks.delivered();
        assert!(!acks.are_due(true, false, at(149)));
        assert_eq!(acks.next_deadline(), Some(at(150)), "the first one counts");
        assert!(acks.are_due(true, false, at(150)));
        assert_eq!(acks.next_deadline(), None);
        assert!(!acks.are_due(true, false, at(151)));
        assert!(
            acks.are_due(true, true, at(151)),
            "in company it goes at once"
        );
    }

    #[test]
    fn many_do_not_wait() {
        let mut acks = Acks::default();
        for _ in 1..ENTRIES {
            acks.delivered();
            assert!(!acks.are_due(true, false, at(0)));
        }
        acks.delivered();
        assert!(acks.are_due(true, false, at(0)));
        acks.delivered();
        assert!(
            !acks.are_due(true, false, at(0)),
            "and then others do again"
        );
    }

    #[test]
    fn nothing_owed_is_nothing_due() {
        let mut acks = Acks::default();
        assert!(!acks.are_due(true, false, at(0)));
        assert!(!acks.are_due(false, true, at(60)));
        assert_eq!(acks.next_deadline(), None);
    }
}
