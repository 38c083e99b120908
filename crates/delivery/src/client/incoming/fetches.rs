//! Which conversations are fetched now, and which wait for their turn.

use std::collections::{BTreeMap, BTreeSet};

use hongyan_protocol::{ConversationId, Seq};

use crate::Tick;

/// Which conversations are fetched now, and which wait for their turn. A conversation is in one of
/// both at most. Those that wait are served by the time they wait for, so that a long gap, which
/// queues again after every page, does not starve the others.
#[derive(Debug, Default)]
pub(super) struct Fetches {
    waiting: BTreeMap<ConversationId, (Tick, u64)>,
    /// The same, by time, and at the same time by the order in which they were planned.
    queue: BTreeSet<(Tick, u64, ConversationId)>,
    /// How many were planned.
    planned: u64,
    outstanding: BTreeMap<ConversationId, Outstanding>,
}

/// A fetch that is not answered yet.
#[derive(Debug)]
struct Outstanding {
    asked_at: Tick,
    /// What was asked for: the entries after.
    after: Seq,
    /// Until when the answer is waited for.
    until: Tick,
}

impl Fetches {
    /// Fetch not before this time, whatever was planned. No effect while one is outstanding.
    pub(super) fn plan(&mut self, conv: ConversationId, at: Tick) {
        if self.outstanding.contains_key(&conv) {
            return;
        }
        self.planned += 1;
        let order = self.planned;
        if let Some((planned, order)) = self.waiting.insert(conv, (at, order)) {
            self.queue.remove(&(planned, order, conv));
        }
        self.queue.insert((at, order, conv));
    }

    /// Neither waits nor is outstanding.
    pub(super) fn is_unplanned(&self, conv: ConversationId) -> bool {
        !self.waiting.contains_key(&conv) && !self.outstanding.contains_key(&conv)
    }

    /// The next one whose time has come, if there is a free slot, and the seq after which to fetch; it is outstanding from
    /// now on.
    pub(super) fn start(
        &mut self,
        slots: usize,
        now: Tick,
        until: Tick,
        after: impl Fn(ConversationId) -> Seq,
    ) -> Option<(ConversationId, Seq)> {
        let (at, _, conv) = *self.queue.first()?;
        if at > now || self.outstanding.len() >= slots {
            return None;
        }
        self.queue.pop_first();
        self.waiting.remove(&conv);
        let (after, asked_at) = (after(conv), now);
        let asked = Outstanding {
            asked_at,
            after,
            until,
        };
        self.outstanding.insert(conv, asked);
        Some((conv, after))
    }

    /// The answer came to what was asked for after this seq, and then. `None`: it was not waited for.
    pub(super) fn answered(&mut self, conv: ConversationId) -> Option<(Seq, Tick)> {
        let found = self.outstanding.remove(&conv)?;
        Some((found.after, found.asked_at))
    }

    /// Every answer is waited for until then, or later.
    pub(super) fn put_off(&mut self, until: Tick) {
        for outstanding in self.outstanding.values_mut() {
            outstanding.until = outstanding.until.max(until);
        }
    }

    /// One whose answer was waited for too long.
    pub(super) fn expire(&mut self, now: Tick) -> Option<ConversationId> {
        let mut outstanding = self.outstanding.iter();
        let conv = *outstanding.find(|(_, found)| found.until <= now)?.0;
        self.outstanding.remove(&conv);
        Some(conv)
    }

    /// No need any more. An answer that is still under way keeps its slot until it comes or expires.
    pub(super) fn cancel(&mut self, conv: ConversationId) {
        if let Some((planned, order)) = self.waiting.remove(&conv) {
            self.queue.remove(&(planned, order, conv));
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// When the next one may start or expires.
    pub(super) fn next_deadline(&self, slots: usize) -> Option<Tick> {
        let may_start = self.outstanding.len() < slots;
        let start = self.queue.first().filter(|_| may_start);
        let start = start.map(|(at, ..)| *at);
        let outstanding = self.outstanding.values().map(|found| found.until);
        outstanding.chain(start).min()
    }
}
