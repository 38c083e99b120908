//! Entries of one conversation that came too early.

use std::collections::BTreeMap;

use hongyan_protocol::{Entry, Seq};

/// Entries of one conversation that came too early, by their seq.
#[derive(Debug, Default)]
pub(super) struct Early(BTreeMap<Seq, Entry>);

impl Early {
    /// Keeps an entry until its turn comes. With no room left, the highest gives way: what is lost
    /// here is fetched in its turn.
    pub(super) fn insert(&mut self, entry: Entry, has_room: bool) {
        let is_new = self.0.insert(entry.seq, entry).is_none();
        if is_new && !has_room {
            self.0.pop_last();
        }
    }

    /// The entry at `seq`, and none below it any more: those came in another way.
    pub(super) fn take(&mut self, seq: Seq) -> Option<Entry> {
        while self.0.first_entry().is_some_and(|first| *first.key() < seq) {
            self.0.pop_first();
        }
        self.0.remove(&seq)
    }

    /// The lowest position kept.
    pub(super) fn first(&self) -> Option<Seq> {
        self.0.keys().next().copied()
    }

    /// The highest position kept.
    pub(super) fn last(&self) -> Option<Seq> {
        self.0.keys().next_back().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
