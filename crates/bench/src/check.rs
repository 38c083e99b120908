//! Checks that every message arrived, once, and in order.
//!
//! The n-th message of a pair carries its number. A [`Log`] is fed the pushes of one connection, and counts the
//! faults that a user would notice.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Numbers that were skipped and may still come. More are counted as lost at once.
const MISSING: usize = 64 * 1024;

/// What went wrong with messages. Any but `repeated` is a defect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Faults {
    /// Acknowledged, and never arrived.
    pub(crate) lost: u64,
    /// Arrived under two positions of the log.
    pub(crate) doubled: u64,
    /// Arrived after a later one, or at a position that does not follow the one before.
    pub(crate) misordered: u64,
    /// Held something else than what was sent.
    pub(crate) garbled: u64,
    /// Sends that were refused, or never answered.
    pub(crate) refused: u64,
    /// Pushed again at the same position. Every client drops these: the log says which they are.
    pub(crate) repeated: u64,
}

impl Faults {
    /// Whether anything happened that must not.
    pub(crate) fn is_clean(&self) -> bool {
        let Self {
            lost,
            doubled,
            misordered,
            garbled,
            refused,
            repeated: _,
        } = self;
        [lost, doubled, misordered, garbled, refused]
            .iter()
            .all(|count| **count == 0)
    }

    /// Adds another count.
    pub(crate) fn add(&mut self, other: &Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.misordered += other.misordered;
        self.garbled += other.garbled;
        self.refused += other.refused;
        self.repeated += other.repeated;
    }
}

/// What one connection saw of one conversation that a single sender writes to.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The number of the next message.
    next: u64,
    /// The position of the last one.
    position: Option<u64>,
    missing: BTreeSet<u64>,
    faults: Faults,
}

impl Log {
    /// The message with this number came, at this position (a relay has none). Whether it is new.
    pub(crate) fn saw(&mut self, number: u64, position: Option<u64>) -> bool {
        if let (Some(last), Some(position)) = (self.position, position) {
            if position <= last && number < self.next && !self.missing.contains(&number) {
                self.faults.repeated += 1;
                return false;
            }
            if position != last + 1 {
                self.faults.misordered += 1;
            }
        }
        self.position = position.max(self.position);
        if number < self.next {
            let late = self.missing.remove(&number);
            if late {
                self.faults.misordered += 1;
            } else {
                self.faults.doubled += 1;
            }
            return late;
        }
        self.skip_to(number);
        self.next = number + 1;
        true
    }

    /// How many different messages came.
    pub(crate) fn count(&self) -> u64 {
        self.next - self.missing.len() as u64 - self.faults.lost
    }

    /// A message that is not what was sent.
    pub(crate) fn saw_garbled(&mut self) {
        self.faults.garbled += 1;
    }

    /// No more will come; messages `0..sent` were acknowledged.
    pub(crate) fn finish(mut self, sent: u64) -> Faults {
        self.skip_to(sent);
        self.faults.lost += self.missing.len() as u64;
        self.faults
    }

    fn skip_to(&mut self, number: u64) {
        for skipped in self.next..number {
            if self.missing.len() < MISSING {
                self.missing.insert(skipped);
            } else {
                self.faults.lost += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(seen: &[(u64, u64)], sent: u64) -> Faults {
        let mut log = Log::default();
        for (number, position) in seen {
            log.saw(*number, Some(*position));
        }
        log.finish(sent)
    }

    #[test]
    fn a_whole_log_is_clean() {
        let found = faults(&[(0, 7), (1, 8), (2, 9)], 3);
        assert_eq!(found, Faults::default());
        assert!(found.is_clean());
    }

    #[test]
    fn a_hole_and_a_missing_end_are_lost() {
        let hole = faults(&[(0, 1), (2, 2)], 3);
        assert_eq!((hole.lost, hole.is_clean()), (1, false));
        let end = faults(&[(0, 1), (1, 2)], 4);
        assert_eq!((end.lost, end.is_clean()), (2, false));
        let all = faults(&[], 5);
        assert_eq!((all.lost, all.is_clean()), (5, false));
    }

    #[test]
    fn the_same_message_at_two_positions_is_doubled() {
        let found = faults(&[(0, 1), (1, 2), (0, 3), (2, 4)], 3);
        assert_eq!((found.doubled, found.lost, found.is_clean()), (1, 0, false));
    }

    #[test]
    fn without_positions_a_second_copy_is_doubled() {
        let mut relay = Log::default();
        assert!(relay.saw(0, None));
        assert!(!relay.saw(0, None));
        assert_eq!(relay.finish(1).doubled, 1);
    }

    #[test]
    fn one_that_overtakes_is_misordered_but_not_lost() {
        let found = faults(&[(0, 1), (2, 3), (1, 2), (3, 4)], 4);
        assert_eq!((found.lost, found.doubled), (0, 0));
        assert!(found.misordered > 0 && !found.is_clean());
    }

    #[test]
    fn content_out_of_order_at_dense_positions_is_misordered() {
        let found = faults(&[(0, 1), (2, 2), (1, 3)], 3);
        assert_eq!(
            (found.lost, found.misordered, found.is_clean()),
            (0, 1, false)
        );
    }

    #[test]
    fn a_skipped_position_is_misordered() {
        let found = faults(&[(0, 1), (1, 3)], 2);
        assert_eq!((found.misordered, found.is_clean()), (1, false));
    }

    #[test]
    fn a_repetition_at_its_own_position_is_no_fault() {
        let found = faults(&[(0, 1), (1, 2), (0, 1), (1, 2), (2, 3)], 3);
        assert_eq!((found.repeated, found.is_clean()), (2, true));
    }

    #[test]
    fn what_is_missing_stays_bounded() {
        let mut log = Log::default();
        log.saw(1_000_000, Some(1));
        assert!(log.missing.len() <= MISSING);
        assert_eq!(log.count(), 1);
        assert_eq!(log.finish(1_000_001).lost, 1_000_000);
    }
}
