//! The machine itself: its inputs, and the actions that follow from them.

mod requests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hongyan_protocol::{
    ConversationId, ConversationView, Entry, HistoryPage, Seq, Synced, UserId, limits,
};

use super::early::Early;
use super::fetches::Fetches;
use super::pages::Pages;
use super::strangers::Stranger;
use super::walk::Walk;
use super::{Action, Held, Policy, Snapshot, Start};
use crate::Tick;

/// Every conversation's log, exactly once and in order: see the [module](super).
#[derive(Debug)]
pub struct Incoming {
    pub(super) policy: Policy,
    /// Who is connected; `None` while nobody is.
    user: Option<UserId>,
    /// The name of the history that is held, where the server says it.
    epoch: Option<Box<str>>,
    /// How far each conversation was delivered: one number for each that the user ever had.
    pub(super) held: BTreeMap<ConversationId, Seq>,
    /// Conversations known to go on beyond what is held.
    pub(super) gaps: BTreeMap<ConversationId, Gap>,
    /// Conversations that wait for a sync to say where they begin.
    pub(super) strangers: BTreeMap<ConversationId, Stranger>,
    /// Early entries in all gaps and strangers.
    pub(super) early_total: usize,
    fetches: Fetches,
    pub(super) walk: Walk,
    pages: Pages,
    /// When the page of a sync was asked for last, and whether that was a list.
    asked: (Tick, bool),
    /// Earned, and not poured out yet.
    acks: BTreeSet<ConversationId>,
    /// How often the size of a page was halved, because one was too large.
    halvings: u32,
    /// Poured out while this walk was the last: a connection that breaks may have swallowed them. A later
    /// walk that is answered on the same connection proves that they arrived before it.
    unconfirmed: BTreeMap<ConversationId, u64>,
    /// How far those were held that moved since the page was asked for that is waited for. The page may be older than
    /// they are.
    asked_at: BTreeMap<ConversationId, Seq>,
}

/// What is missing from one conversation.
#[derive(Debug, Default)]
pub(super) struct Gap {
    /// The last entry known to exist.
    pub(super) head: Seq,
    pub(super) early: Early,
    /// Failed fetches in a row.
    pub(super) failures: u32,
}

impl Incoming {
    /// A client that holds nothing yet.
    pub fn new(policy: Policy) -> Self {
        Self::restore(policy, Snapshot::default())
    }

    /// A client that holds what an earlier one had held. The caller must have kept the entries that
    /// were delivered before the snapshot was taken.
    pub fn restore(policy: Policy, snapshot: Snapshot) -> Self {
        let held = &snapshot.held;
        let gaps = held.iter().filter(|held| held.head > held.seq).map(|held| {
            let gap = Gap {
                head: held.head,
                ..Gap::default()
            };
            (held.conv, gap)
        });
        let owed = held.iter().filter(|held| held.is_ack_owed);
        Self {
            policy,
            user: None,
            epoch: snapshot.epoch,
            unconfirmed: owed.map(|held| (held.conv, 0)).collect(),
            held: held.iter().map(|held| (held.conv, held.seq)).collect(),
            gaps: gaps.collect(),
            strangers: BTreeMap::new(),
            early_total: 0,
            fetches: Fetches::default(),
            pages: Pages::default(),
            asked: (Tick::default(), false),
            walk: Walk::restore(snapshot.cursor, snapshot.walk),
            acks: BTreeSet::new(),
            halvings: 0,
            asked_at: BTreeMap::new(),
        }
    }

    /// What has to be kept to go on after a restart. Keep it in one transaction with what was
    /// delivered, or after it: never before.
    pub fn snapshot(&self) -> Snapshot {
        let held = self.held.iter().map(|(&conv, &seq)| Held {
            conv,
            seq,
            head: self.gaps.get(&conv).map_or(seq, |gap| gap.head),
            is_ack_owed: self.acks.contains(&conv) || self.unconfirmed.contains_key(&conv),
        });
        Snapshot {
            epoch: self.epoch.clone(),
            cursor: self.walk.cursor.clone(),
            walk: self.walk.within.clone(),
            held: held.collect(),
        }
    }

    /// The server says the name of its history. Where another one is held, that is dropped. Call it before
    /// [`connected`](Self::connected).
    pub fn history_is(&mut self, epoch: &str, out: &mut Vec<Action>) {
        // What was held before histories had names is taken for this one.
        let known = self.epoch.replace(epoch.into());
        if known.is_some_and(|known| *known != *epoch) {
            self.drop_all(out);
        }
    }

    /// The connection is welcome, as this user. Repeats acks that may have been lost with the last
    /// connection, starts a sync, and goes on with fetches that were cut off.
    pub fn connected(&mut self, user: UserId, now: Tick, out: &mut Vec<Action>) {
        self.user = Some(user);
        self.acks.extend(self.unconfirmed.keys());
        self.flush(out);
        self.walk.connected(now);
        for &conv in self.gaps.keys() {
            self.fetches.plan(conv, now);
        }
        self.ask(now, out);
    }

    /// The connection broke: whatever was asked for will not be answered. Acks are kept for the next
    /// one.
    pub fn disconnected(&mut self) {
        self.user = None;
        self.walk.disconnected();
        self.fetches.clear();
        for gap in self.gaps.values_mut() {
            gap.failures = 0;
        }
    }

    /// What [`connected`](Self::connected) will ask first, where nothing has to be said before it: it may go along with
    /// the `hello`, and saves a round trip. Then it is not sent again.
    pub fn ahead(&self) -> Option<Action> {
        if !self.unconfirmed.is_empty() || !self.acks.is_empty() {
            return None;
        }
        Some(self.sync(self.walk.position().map(Box::from)))
    }

    /// From a small request, such as `hello`, to its answer it took so long. To be told before
    /// [`connected`](Self::connected).
    pub fn round_trip(&mut self, took: Duration) {
        self.pages.round_trip(took);
    }

    /// The answer that is given next has so many bytes.
    pub fn weigh(&mut self, bytes: usize) {
        self.pages.weigh(bytes);
    }

    /// Something comes: what was asked for is still to be expected.
    pub fn life(&mut self, now: Tick) {
        let until = now.after(self.patience());
        self.walk.put_off(until);
        self.fetches.put_off(until);
    }

    /// Bytes of a page that the link takes in good time; `None` where the server's own bounds are enough.
    pub fn page_bytes(&self) -> Option<usize> {
        let page = self.pages.page(self.policy.paging.as_ref()?);
        (page < limits::PAGE_BYTES).then_some(page)
    }

    /// The same for a page that somebody else asks for and waits for: only a link that was measured to be slow brings less
    /// than was asked for.
    pub fn wished_bytes(&self) -> Option<usize> {
        let is_slow = self.pages.is_slow(self.policy.paging.as_ref()?);
        self.page_bytes().filter(|_| is_slow == Some(true))
    }

    /// An entry was pushed.
    pub fn entry(&mut self, entry: Entry, now: Tick, out: &mut Vec<Action>) {
        let (conv, seq) = (entry.conv, entry.seq);
        if !self.held.contains_key(&conv) {
            if seq != Seq::ZERO.next() && self.policy.start == Start::Recent {
                self.meet_stranger(entry, now);
                return self.ask(now, out);
            }
            self.introduce(conv, Seq::ZERO);
            // A push says nothing of who is in the conversation; a sync does.
            self.walk.want_another(now);
        }
        if self.held.get(&conv).is_some_and(|held| seq <= *held) {
            // Pushed again because the server has no ack yet: the client's to repeat.
            self.acks.insert(conv);
            return;
        }
        let fetch_at = now.after(self.policy.reorder_wait);
        self.absorb(conv, [entry], seq, fetch_at, out);
        self.ask(now, out);
    }

    /// A request of one's own was answered, and the answer stands for the push of its entry. Where nothing else
    /// was missing, that earns no ack: the server knows that this device has it.
    pub fn answered(&mut self, entry: Entry, now: Tick, out: &mut Vec<Action>) {
        let (conv, seq) = (entry.conv, entry.seq);
        let held = self.held(conv).unwrap_or(Seq::ZERO);
        if seq <= held {
            // The log was faster.
            return;
        }
        let is_owed_already = self.acks.contains(&conv);
        self.entry(entry, now, out);
        if held.next() == seq && self.held(conv) == Some(seq) && !is_owed_already {
            self.acks.remove(&conv);
        }
    }

    /// Answers [`Action::Sync`].
    pub fn synced(&mut self, page: Synced, now: Tick, out: &mut Vec<Action>) {
        if !self.walk.is_outstanding() {
            return;
        }
        let (asked_at, was_list) = self.asked;
        if let Some(paging) = &self.policy.paging {
            self.pages.answered(paging, asked_at, now);
        }
        let user = self.user.unwrap_or_default();
        let listed = page.list.into_iter().map(|listed| listed.into_view(user));
        let views: Vec<ConversationView> = listed.chain(page.conversations).collect();
        if views.iter().any(|view| self.is_below(view)) {
            self.drop_all(out);
            self.walk.connected(now);
            return self.ask(now, out);
        }
        if was_list && self.may_have_all_at_once() {
            // The list is there; with the texts the walk takes few pages.
            out.extend(views.into_iter().map(|view| {
                let entries = Vec::new();
                Action::Conversation(Box::new(ConversationView { entries, ..view }))
            }));
            self.walk.restart(now);
            return self.ask(now, out);
        }
        for view in views {
            self.view(view, now, out);
        }
        let resync = self.policy.resync;
        if let Some(walk) = self.walk.page(page.cursor, page.more, now, resync) {
            self.unconfirmed.retain(|_, last| *last >= walk);
            self.settle_strangers(walk, now, out);
        }
        self.ask(now, out);
    }

    /// Answers [`Action::Sync`]: not now. `random` is uniform over all of `u64`.
    pub fn sync_failed(&mut self, retry_after_ms: Option<u64>, random: u64, now: Tick) {
        if self.walk.is_outstanding() {
            let failures = self.walk.failures();
            let wait = self.policy.backoff.wait(failures, retry_after_ms, random);
            self.walk.rest(now.after(wait));
        }
    }

    /// Answers [`Action::Sync`]: the server does not take the cursor. The walk begins from nothing;
    /// what is held stays held.
    pub fn sync_refused(&mut self, random: u64, now: Tick) {
        self.walk.cursor = None;
        self.walk.within = None;
        self.sync_failed(None, random, now);
    }

    /// A frame came that was too large to be taken: a page, as nothing else is large. To ask for as much again would
    /// end the same, so from now on pages are half as large, until everything is there. Call it before
    /// [`disconnected`](Self::disconnected).
    pub fn page_was_too_large(&mut self) {
        self.halvings = self.halvings.saturating_add(1).min(usize::BITS - 1);
    }

    /// So many entries, or so many fewer as pages are smaller now: for pages that others ask for on the same
    /// connection.
    pub fn page_of(&self, entries: usize) -> usize {
        (entries >> self.halvings).max(1)
    }

    /// Answers [`Action::Fetch`]. Pages of other `history` requests, such as older entries for
    /// scrolling back, do not belong here.
    pub fn fetched(&mut self, page: HistoryPage, now: Tick, out: &mut Vec<Action>) {
        let conv = page.conv;
        let Some((after, asked_at)) = self.fetches.answered(conv) else {
            return;
        };
        if let Some(paging) = &self.policy.paging {
            self.pages.answered(paging, asked_at, now);
        }
        if page.head < after {
            self.drop_all(out);
            self.walk.connected(now);
            return self.ask(now, out);
        }
        let before = self.held(conv);
        self.begin_at(conv, page.since);
        self.absorb(conv, page.entries, page.head, now, out);
        let made_progress = self.held(conv) > before;
        if let Some(gap) = self.gaps.get_mut(&conv) {
            if made_progress {
                gap.failures = 0;
                self.fetches.plan(conv, now);
            } else {
                // The log does not have what it should: asking again at once would spin.
                self.rest(conv, now);
            }
        }
        self.ask(now, out);
    }

    /// Answers [`Action::Fetch`]: not now. `random` is uniform over all of `u64`.
    pub fn fetch_failed(
        &mut self,
        conv: ConversationId,
        retry_after_ms: Option<u64>,
        random: u64,
        now: Tick,
        out: &mut Vec<Action>,
    ) {
        if self.fetches.answered(conv).is_none() {
            return;
        }
        if let Some(gap) = self.gaps.get_mut(&conv) {
            let backoff = self.policy.backoff;
            let wait = backoff.wait(gap.failures, retry_after_ms, random);
            gap.failures = gap.failures.saturating_add(1);
            self.fetches.plan(conv, now.after(wait));
        }
        self.ask(now, out);
    }

    /// The user may no longer read this conversation: nothing more of it is asked for.
    pub fn forget(&mut self, conv: ConversationId, now: Tick, out: &mut Vec<Action>) {
        let gap = self.gaps.remove(&conv).map(|gap| gap.early);
        let stranger = self.strangers.remove(&conv).map(|stranger| stranger.early);
        for early in gap.into_iter().chain(stranger) {
            self.early_total -= early.len();
        }
        self.fetches.cancel(conv);
        self.fetches.answered(conv);
        self.acks.remove(&conv);
        self.unconfirmed.remove(&conv);
        self.ask(now, out);
    }

    /// Pours out the acks that the inputs since the last call have earned, at most one for each
    /// conversation. Call it after a batch of inputs, when what was delivered is kept: at once or a moment
    /// later, well before the server pushes again.
    pub fn flush(&mut self, out: &mut Vec<Action>) {
        if self.user.is_none() {
            return;
        }
        for conv in std::mem::take(&mut self.acks) {
            if let Some(&seq) = self.held.get(&conv) {
                self.unconfirmed.insert(conv, self.walk.number());
                out.push(Action::Ack { conv, seq });
            }
        }
    }

    /// Whether [`flush`](Self::flush) would pour out an ack.
    pub fn owes_acks(&self) -> bool {
        self.user.is_some() && !self.acks.is_empty()
    }

    /// When to call [`tick`](Self::tick) next.
    pub fn next_deadline(&self) -> Option<Tick> {
        self.user?;
        let fetches = self.fetches.next_deadline(self.slots());
        self.walk.next_deadline().into_iter().chain(fetches).min()
    }

    /// Time passed.
    pub fn tick(&mut self, now: Tick, out: &mut Vec<Action>) {
        if self.walk.is_expired(now) {
            let wait = self.policy.backoff.ceiling(self.walk.failures());
            self.walk.rest(now.after(wait));
        }
        while let Some(conv) = self.fetches.expire(now) {
            self.rest(conv, now);
        }
        self.ask(now, out);
    }

    /// Everything in `conv` up to here was delivered; `None` where nothing is known of it.
    pub fn held(&self, conv: ConversationId) -> Option<Seq> {
        self.held.get(&conv).copied()
    }

    /// Whether a sync came to its end on this connection and nothing is known to be missing.
    pub fn is_caught_up(&self) -> bool {
        self.user.is_some()
            && self.walk.is_complete()
            && self.gaps.is_empty()
            && self.strangers.is_empty()
    }

    /// Entries that wait for earlier ones.
    pub fn early_entries(&self) -> usize {
        self.early_total
    }

    /// Whether less is there than was held when the page was asked for: an older state of the history was put back, and
    /// nobody said so.
    fn is_below(&self, view: &ConversationView) -> bool {
        let held = self.asked_at.get(&view.conv);
        let held = held.or_else(|| self.held.get(&view.conv));
        held.is_some_and(|held| view.head < *held)
    }

    /// What is held is of another history than the server's: nothing of it counts.
    fn drop_all(&mut self, out: &mut Vec<Action>) {
        self.held.clear();
        self.gaps.clear();
        self.strangers.clear();
        self.early_total = 0;
        self.fetches.clear();
        self.acks.clear();
        self.unconfirmed.clear();
        self.asked_at.clear();
        self.walk.cursor = None;
        self.walk.within = None;
        out.push(Action::Reset);
    }

    /// Takes up one conversation of a sync page.
    fn view(&mut self, mut view: ConversationView, now: Tick, out: &mut Vec<Action>) {
        let (conv, head) = (view.conv, view.head);
        let (entries, since) = (std::mem::take(&mut view.entries), view.since);
        // Where members are not told, the server does not keep how far it is delivered.
        let delivered = view.members.is_some().then_some(view.me.delivered);
        out.push(Action::Conversation(Box::new(view)));
        if !self.held.contains_key(&conv) {
            self.introduce(conv, self.start(entries.first(), head));
        }
        self.begin_at(conv, since);
        self.absorb(conv, entries, head, now, out);
        let is_unknown = delivered.is_some_and(|delivered| self.held(conv) > Some(delivered));
        if is_unknown && !self.gaps.contains_key(&conv) {
            self.acks.insert(conv);
        }
        if self.gaps.get(&conv).is_some_and(|gap| gap.failures == 0) {
            // A sync knows for certain what a push may only have overtaken: no wait.
            self.fetches.plan(conv, now);
        }
    }

    /// What stands before `since` is not this user's to read: the log goes on there, whatever is held before.
    fn begin_at(&mut self, conv: ConversationId, since: Option<Seq>) {
        let before = since.map(Seq::previous).unwrap_or_default();
        if let Some(held) = self.held.get_mut(&conv) {
            *held = before.max(*held);
        }
    }

    /// Delivers what is next, keeps what is early, and sees to it that what is missing is fetched,
    /// not before `fetch_at`. The log reaches at least to `head`.
    pub(super) fn absorb(
        &mut self,
        conv: ConversationId,
        entries: impl IntoIterator<Item = Entry>,
        head: Seq,
        fetch_at: Tick,
        out: &mut Vec<Action>,
    ) {
        let Some(held) = self.held.get_mut(&conv) else {
            return;
        };
        let before = *held;
        let mut gap = self.gaps.remove(&conv).unwrap_or_default();
        self.early_total -= gap.early.len();
        gap.head = gap.head.max(head);
        for entry in entries {
            if entry.seq <= *held {
                continue;
            }
            if entry.seq == held.next() {
                *held = entry.seq;
                out.push(Action::Deliver(entry));
            } else {
                gap.head = gap.head.max(entry.seq);
                let total = self.early_total + gap.early.len();
                let has_room = total < self.policy.reorder_entries_total
                    && gap.early.len() < self.policy.reorder_entries;
                gap.early.insert(entry, has_room);
            }
        }
        while let Some(entry) = gap.early.take(held.next()) {
            *held = entry.seq;
            out.push(Action::Deliver(entry));
        }
        let held = *held;
        if held > before {
            self.acks.insert(conv);
            if self.walk.is_outstanding() {
                self.asked_at.entry(conv).or_insert(before);
            }
        }
        if gap.head <= held {
            return self.fetches.cancel(conv);
        }
        self.early_total += gap.early.len();
        self.gaps.insert(conv, gap);
        if self.user.is_some() && self.fetches.is_unplanned(conv) {
            self.fetches.plan(conv, fetch_at);
        }
    }

    /// Puts off the fetch of a gap after a failure.
    fn rest(&mut self, conv: ConversationId, now: Tick) {
        if let Some(gap) = self.gaps.get_mut(&conv) {
            let wait = self.policy.backoff.ceiling(gap.failures);
            gap.failures = gap.failures.saturating_add(1);
            self.fetches.plan(conv, now.after(wait));
        }
    }
}

#[cfg(test)]
mod tests;
