//! Which conversations are fetched now, and which wait for their turn.

use std::collections::{BTreeMap, BTreeSet};

use hongyan_protocol::{ConversationId, Seq};

use crate::Tick;

/// Which conversations are fetched now, and which wait for their turn. A conversation is in one of
/// both at most. Those that wait are served by the time they wait for, so that a long gap, which
/// queues again after every page, does not starve the others.
#[derive(Debug, Default)]
pub(super) struct Fetches {
    waiting: BTreeMap<ConversationId, Tick>,
    /// The same, by time.
    queue: BTreeSet<(Tick, ConversationId)>,
    /// With the time until which the answer is waited for, and what was asked for: the entries after.
    outstanding: BTreeMap<ConversationId, (Tick, Seq)>,
}

impl Fetches {
    /// Fetch not before this time, whatever was planned. No effect while one is outstanding.
    pub(super) fn plan(&mut self, conv: ConversationId, at: Tick) {
        if self.outstanding.contains_key(&conv) {
            return;
        }
        if let Some(planned) = self.waiting.insert(conv, at) {
            self.queue.remove(&(planned, conv));
        }
        self.queue.insert((at, conv));
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
        let (at, conv) = *self.queue.first()?;
        if at > now || self.outstanding.len() >= slots {
            return None;
        }
        self.queue.pop_first();
        self.waiting.remove(&conv);
        let after = after(conv);
        self.outstanding.insert(conv, (until, after));
        Some((conv, after))
    }

    /// The answer came to what was asked for after this seq. `None`: it was not waited for.
    pub(super) fn answered(&mut self, conv: ConversationId) -> Option<Seq> {
        self.outstanding.remove(&conv).map(|(_, after)| after)
    }

    /// One whose answer was waited for too long.
    pub(super) fn expire(&mut self, now: Tick) -> Option<ConversationId> {
        let mut outstanding = self.outstanding.iter();
        let conv = *outstanding.find(|(_, (until, _))| *until <= now)?.0;
        self.outstanding.remove(&conv);
        Some(conv)
    }

    /// No need any more. An answer that is still under way keeps its slot until it comes or expires.
    pub(super) fn cancel(&mut self, conv: ConversationId) {
        if let Some(planned) = self.waiting.remove(&conv) {
            self.queue.remove(&(planned, conv));
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// When the next one may start or expires.
    pub(super) fn next_deadline(&self, slots: usize) -> Option<Tick> {
        let may_start = self.outstanding.len() < slots;
        let start = self.queue.first().filter(|_| may_start).map(|(at, _)| *at);
        let expire = self.outstanding.values().map(|(until, _)| *until);
        expire.chain(start).min()
    }
}
