//! Retention: how much of a log is kept.
//!
//! Owns: the words for it.
//! Promises: what is gone is a stretch from the beginning of a log up to its floor, and the floor only rises. Of the
//! entries in it the skeleton stays: who, when, of what kind, under which client id. Changes of a group stay whole,
//! because its members follow from them.
//! Not here: how far a floor rises ([`rules::raised_floor`](crate::rules::raised_floor)).

use std::sync::Arc;

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};

/// How much of a log is kept. In both, 0 stands for all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Retention {
    /// What is younger than so many days; at most [`KEEP_DAYS`].
    pub days: u32,
    /// The newest so many entries; at most [`KEEP_ENTRIES`].
    pub entries: u64,
}

/// The most days that a [`Retention`] may say.
pub const KEEP_DAYS: u32 = 36_500;

/// The most entries that a [`Retention`] may say.
pub const KEEP_ENTRIES: u64 = 1_000_000_000;

impl Retention {
    /// What both keep.
    #[must_use]
    pub fn shorter(self, other: Self) -> Self {
        let days = [self.days, other.days].into_iter().filter(|days| *days > 0);
        let entries = [self.entries, other.entries].into_iter();
        Self {
            days: days.min().unwrap_or(0),
            entries: entries.filter(|entries| *entries > 0).min().unwrap_or(0),
        }
    }

    /// What was said before this time is gone; `None` where that does not count.
    pub fn earliest(self, now: Millis) -> Option<Millis> {
        let reach_ms = u64::from(self.days) * 24 * 60 * 60 * 1000;
        (self.days > 0).then(|| now.minus(reach_ms))
    }
}

/// A step of taking away what is not to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetainStep {
    /// What is kept of any log. A group may keep less of its own.
    pub keep: Retention,
    /// The present.
    pub now: Millis,
    /// Conversations above this id are looked at, ascending.
    pub after: ConversationId,
    /// After so many bodies no other is taken away in this step; at least 1.
    pub bodies: usize,
}

/// What a step did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retained {
    /// The floors that have risen. From now on nobody is told what is below.
    pub floors: Vec<Floor>,
    /// Bodies that were taken away.
    pub bodies: u64,
    /// Entries that were put closer together, because many among them have become short.
    pub packed: u64,
    /// Bytes of the file that were given back.
    pub bytes: u64,
    /// Where the next step goes on. `None` at the end: all is done that was to be done at that time.
    pub next: Option<ConversationId>,
}

/// A floor that has risen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floor {
    /// The conversation.
    pub conv: ConversationId,
    /// Nothing up to here is told any more.
    pub floor: Seq,
    /// Everyone in the conversation, ascending.
    pub members: Arc<[UserId]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_counts_and_all_is_longest() {
        let keep = |days, entries| Retention { days, entries };
        let all = Retention::default();
        assert_eq!(all.shorter(all), all);
        assert_eq!(keep(3, 0).shorter(keep(0, 5)), keep(3, 5));
        assert_eq!(keep(3, 9).shorter(keep(2, 10)), keep(2, 9));
        assert_eq!(all.earliest(Millis::new(9).unwrap()), None);
        let day = Millis::new(86_400_007).unwrap();
        assert_eq!(keep(1, 0).earliest(day), Millis::new(7).ok());
    }
}
