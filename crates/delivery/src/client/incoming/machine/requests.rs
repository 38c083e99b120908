//! The requests of the machine: pages of a sync, and fetches of gaps.
//!
//! Owns: how large a page is asked for, how many fetches go at a time, and how long an answer is waited for.

use std::time::Duration;

use hongyan_protocol::{ConversationId, Seq, limits};

use super::super::{Action, Start};
use super::Incoming;
use crate::Tick;

impl Incoming {
    /// Asks for all whose time has come.
    pub(super) fn ask(&mut self, now: Tick, out: &mut Vec<Action>) {
        if self.user.is_none() {
            return;
        }
        if self.is_caught_up() {
            self.halvings = 0;
        }
        let until = now.after(self.patience());
        if let Some(cursor) = self.walk.ask(now, until) {
            self.asked_at.clear();
            let sync = self.sync(cursor);
            self.asked = (now, matches!(sync, Action::Sync { list: true, .. }));
            out.push(sync);
        }
        let slots = self.slots();
        loop {
            let held = &self.held;
            let after = |conv| held.get(&conv).copied().unwrap_or(Seq::ZERO);
            let Some((conv, _)) = self.fetches.start(slots, now, until, after) else {
                return;
            };
            out.push(self.fetch(conv));
        }
    }

    /// A page of a sync. Over a link that is slow, or was never measured and has everything to bring, the list comes
    /// first, and then what is missing by itself.
    pub(super) fn sync(&self, cursor: Option<Box<str>>) -> Action {
        let is_smaller = self.halvings > 0;
        let mut limit = is_smaller.then(|| self.page_of(limits::SYNC_CONVERSATIONS));
        let (mut list, mut bytes) = (false, None);
        if let Some(paging) = &self.policy.paging {
            let has_nothing = cursor.is_none() && self.held.is_empty();
            let is_slow = self.pages.is_slow(paging).unwrap_or(has_nothing);
            list = is_slow || self.policy.start == Start::Everything;
            if list {
                limit = Some(self.page_of(self.pages.rows(paging)));
            } else {
                bytes = self.page_bytes();
            }
        }
        Action::Sync {
            cursor,
            list,
            limit,
            bytes,
        }
    }

    /// The next page of a gap, up to what is there already.
    fn fetch(&self, conv: ConversationId) -> Action {
        let after = self.held(conv).unwrap_or(Seq::ZERO);
        let mut limit = self.page_of(self.policy.fetch_entries);
        let mut bytes = None;
        if self.policy.paging.is_some() {
            let early = self.gaps.get(&conv).and_then(|gap| gap.early.first());
            if let Some(missing) = early.map(|early| early.get() - after.get() - 1) {
                limit = limit
                    .min(usize::try_from(missing).unwrap_or(usize::MAX))
                    .max(1);
            }
            bytes = self.page_bytes().map(|page| page / self.slots().max(1));
        }
        Action::Fetch {
            conv,
            after,
            limit,
            bytes,
        }
    }

    /// Whether the list that has just come was to find out how fast the link is, and it is fast.
    pub(super) fn may_have_all_at_once(&self) -> bool {
        let paging = self.policy.paging.as_ref();
        let is_fast = paging.and_then(|paging| self.pages.is_slow(paging)) == Some(false);
        let is_first = self.walk.position().is_none() && self.held.is_empty();
        is_fast && is_first && self.policy.start == Start::Recent
    }

    /// Fetches at a time.
    pub(super) fn slots(&self) -> usize {
        let paging = self.policy.paging.as_ref();
        let slow = paging.filter(|paging| self.pages.is_slow(paging) == Some(true));
        slow.map_or(self.policy.fetches, |paging| paging.slow_fetches)
    }

    /// How long an answer is waited for.
    pub(super) fn patience(&self) -> Duration {
        let paging = self.policy.paging.as_ref();
        let allowance = paging.map_or(Duration::ZERO, |paging| self.pages.allowance(paging));
        self.policy.answer_timeout.saturating_add(allowance)
    }
}
