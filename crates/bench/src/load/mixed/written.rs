//! What a writer has put into the pair's log: what may still be changed, and what is to arrive.

use std::collections::VecDeque;

use tokio::time::Instant;

use crate::order::Kind;

/// Messages that are remembered for changing them: more than the pattern goes back, and than are on their way.
const RECENT: usize = 128;

/// An entry that is on its way to the reader.
#[derive(Debug, Clone, Copy)]
struct OnItsWay {
    number: u64,
    kind: Kind,
    /// The number of the message that it changes.
    target: Option<u64>,
    due: Instant,
}

/// An entry that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrived {
    pub(super) kind: Kind,
    /// The number of the message that it is to change.
    pub(super) target: Option<u64>,
    pub(super) due: Instant,
}

/// The entries of one writer, who numbers them from 0.
#[derive(Debug, Default)]
pub(super) struct Written {
    next: u64,
    /// Messages that were neither edited nor recalled, the oldest first. Each is changed once at most: then no entry on
    /// its way to the reader loses its text to a later one.
    unchanged: VecDeque<u64>,
    on_their_way: VecDeque<OnItsWay>,
}

impl Written {
    /// The number of the next entry.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// A message. Its number.
    pub(super) fn message(&mut self, due: Instant) -> u64 {
        if self.unchanged.len() >= RECENT {
            self.unchanged.pop_front();
        }
        self.unchanged.push_back(self.next);
        self.add(Kind::Message, None, due)
    }

    /// A change of a message so many messages back, counted from the last one below `known`: the numbers of the change
    /// and of that message. Nothing where there is no such message.
    pub(super) fn change(
        &mut self,
        kind: Kind,
        back: usize,
        known: u64,
        due: Instant,
    ) -> Option<(u64, u64)> {
        let candidates = self.unchanged.partition_point(|number| *number < known);
        let target = self.unchanged.remove(candidates.checked_sub(back + 1)?)?;
        Some((self.add(kind, Some(target), due), target))
    }

    /// The entry with this number arrived.
    pub(super) fn arrived(&mut self, number: u64) -> Option<Arrived> {
        // What was skipped is missed by the check of the log.
        while self.on_their_way.front()?.number < number {
            self.on_their_way.pop_front();
        }
        if self.on_their_way.front()?.number != number {
            return None;
        }
        let OnItsWay {
            kind, target, due, ..
        } = self.on_their_way.pop_front()?;
        Some(Arrived { kind, target, due })
    }

    fn add(&mut self, kind: Kind, target: Option<u64>, due: Instant) -> u64 {
        let number = self.next;
        self.next += 1;
        self.on_their_way.push_back(OnItsWay {
            number,
            kind,
            target,
            due,
        });
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_of_a_known_message_that_was_not_changed_before() {
        let now = Instant::now();
        let mut written = Written::default();
        for number in 0..5 {
            assert_eq!(written.message(now), number);
        }
        assert_eq!(written.change(Kind::Edit, 0, 0, now), None, "none is known");
        assert_eq!(written.change(Kind::Edit, 1, 4, now), Some((5, 2)));
        assert_eq!(written.change(Kind::Recall, 1, 4, now), Some((6, 1)));
        assert_eq!(written.change(Kind::Edit, 2, 4, now), None, "too far back");
        assert_eq!(written.change(Kind::Edit, 0, 7, now), Some((7, 4)));
    }

    #[test]
    fn what_arrives_is_told_with_what_it_was_to_change() {
        let now = Instant::now();
        let mut written = Written::default();
        written.message(now);
        written.message(now);
        written.change(Kind::Edit, 0, 1, now);
        let message = Arrived {
            kind: Kind::Message,
            target: None,
            due: now,
        };
        assert_eq!(written.arrived(0), Some(message));
        assert_eq!(written.arrived(0), None, "again");
        // One is missing.
        let edit = Arrived {
            kind: Kind::Edit,
            target: Some(0),
            due: now,
        };
        assert_eq!(written.arrived(2), Some(edit));
        assert_eq!(written.arrived(1), None);
    }
}
