//! The deliveries of one connection of a classic client.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hongyan_delivery::Tick;
use hongyan_delivery::server::{Policy, Window};
use hongyan_protocol::{CloseCode, ConversationId, Seq};

use super::conversation::Conversation;
use super::{Action, Entry, Shown};

/// The deliveries of one connection of a classic client: see the [module](super).
#[derive(Debug)]
pub(crate) struct Outgoing<P> {
    policy: Arc<Policy>,
    /// At most [`Policy::tracked_conversations`]. Settled ones are kept while there is room, so that
    /// a hint that got lost shows at the next one.
    conversations: BTreeMap<ConversationId, Conversation>,
    /// By number.
    unacked: BTreeMap<u64, Pushed<P>>,
    /// When each un-acked push is due again.
    due: BTreeSet<(Tick, u64)>,
    window: Window,
    last_tid: u64,
    fetch: Fetch,
    /// Failed fetches in a row.
    fetch_failures: u32,
    /// See [`stand_back`](Outgoing::stand_back).
    stands_back: bool,
    /// While it stood back, more happened than it can remember.
    lost_track: bool,
    closed: bool,
}

/// A push without an ack.
#[derive(Debug)]
struct Pushed<P> {
    conv: ConversationId,
    seq: Seq,
    bytes: usize,
    /// `None` when its text was removed since: the log has what it is now.
    payload: Option<P>,
    due: Tick,
    repushes: u32,
}

/// Where reading from the logs stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fetch {
    /// Not before the user has come online.
    Asleep,
    Idle,
    Outstanding,
    /// Outstanding, and what comes may have a text that was removed since it was read.
    Outdated,
    /// Not before this time: the last one failed.
    Resting(Tick),
}

impl<P: Clone> Outgoing<P> {
    /// A connection to which nothing was pushed yet, and nothing is until [`resume`](Self::resume).
    pub(crate) fn new(policy: Arc<Policy>) -> Self {
        Self {
            policy,
            conversations: BTreeMap::new(),
            unacked: BTreeMap::new(),
            due: BTreeSet::new(),
            window: Window::default(),
            last_tid: 0,
            fetch: Fetch::Asleep,
            fetch_failures: 0,
            stands_back: false,
            lost_track: false,
            closed: false,
        }
    }

    /// The user comes online: of each of these conversations the user holds everything up to the
    /// first seq, and the log reaches the second. To be called once. What was committed while this
    /// was found out may have been told before.
    pub(crate) fn resume(
        &mut self,
        behind: impl IntoIterator<Item = (ConversationId, Seq, Seq)>,
        out: &mut Vec<Action<P>>,
    ) {
        if self.closed || self.fetch != Fetch::Asleep {
            return;
        }
        for (conv, held, head) in behind {
            match self.track(conv, held) {
                Some(conversation) => conversation.begin(held, head),
                None => return self.close(CloseCode::SlowReader, out),
            }
        }
        self.fetch = Fetch::Idle;
        self.fetch_next(out);
    }

    /// An entry was committed that this connection's user may read.
    pub(crate) fn committed(&mut self, conv: ConversationId, seq: Seq, out: &mut Vec<Action<P>>) {
        if self.closed {
            return;
        }
        let stands_back = self.stands_back;
        match self.track(conv, seq.previous()) {
            Some(conversation) => conversation.learn_latest(seq),
            // Its end would make a page come back that has another connection already.
            None if stands_back => self.lost_track = true,
            None => return self.close(CloseCode::SlowReader, out),
        }
        self.fetch_next(out);
    }

    /// Another connection of the same page has taken over: nothing is pushed, pushed again or given up
    /// any more. What is committed is still heard of, and acks still count.
    pub(crate) fn stand_back(&mut self) {
        self.stands_back = true;
    }

    /// It was no page that has another connection: everything goes on from where it stood. Each
    /// push without an ack has its whole time again.
    pub(crate) fn come_forward(&mut self, now: Tick, out: &mut Vec<Action<P>>) {
        if self.closed || !self.stands_back {
            return;
        }
        self.stands_back = false;
        if self.lost_track {
            return self.close(CloseCode::SlowReader, out);
        }
        let due = now.after(self.policy.ack_timeout);
        self.due = self.unacked.keys().map(|tid| (due, *tid)).collect();
        for pushed in self.unacked.values_mut() {
            (pushed.due, pushed.repushes) = (due, 0);
        }
        self.fetch_next(out);
    }

    /// The answer to a query showed the client everything in `conv` up to `seq`: what of it was not
    /// pushed yet need not be. What was pushed still wants its ack.
    pub(crate) fn queried(&mut self, conv: ConversationId, seq: Seq) {
        if self.closed {
            return;
        }
        // Without room it is not remembered, and some message may be shown twice.
        if let Some(conversation) = self.track(conv, seq) {
            conversation.pass(seq);
        }
    }

    /// The client has the push of this number; whether there is one without an ack. Unknown numbers change
    /// nothing: of another connection, acked before, or made up.
    pub(crate) fn ack(&mut self, tid: u64, out: &mut Vec<Action<P>>) -> bool {
        let Some(pushed) = self.unacked.remove(&tid) else {
            return false;
        };
        self.due.remove(&(pushed.due, tid));
        self.window.give_back(pushed.bytes);
        if let Some(conversation) = self.conversations.get_mut(&pushed.conv) {
            conversation.ack(pushed.seq);
            report(pushed.conv, conversation, out);
        }
        self.fetch_next(out);
        true
    }

    /// Answers [`Action::Fetch`]: the oldest entries of the logs, in the order in which to push them,
    /// within each log ascending and without holes. Whether they were taken: where a text was removed
    /// since they were read, they are asked for again.
    pub(crate) fn fetched(
        &mut self,
        entries: impl IntoIterator<Item = Entry<P>>,
        now: Tick,
        out: &mut Vec<Action<P>>,
    ) -> bool {
        let reading = self.fetch;
        if !self.is_fetching() {
            return true;
        }
        self.fetch = Fetch::Idle;
        // Who stands back reads them again when it comes forward.
        let is_taken = reading == Fetch::Outstanding;
        if is_taken && !self.stands_back {
            self.take(entries, now, out);
        }
        self.fetch_next(out);
        is_taken
    }

    fn take(
        &mut self,
        entries: impl IntoIterator<Item = Entry<P>>,
        now: Tick,
        out: &mut Vec<Action<P>>,
    ) {
        let mut moved = false;
        for entry in entries {
            let Some(conversation) = self.conversations.get_mut(&entry.conv) else {
                continue;
            };
            if entry.seq <= conversation.pushed_to() {
                continue;
            }
            let is_next = entry.seq == conversation.pushed_to().next();
            let bytes = entry.shown.as_ref().map_or(0, |shown| shown.bytes);
            if !is_next || !self.window.has_room(bytes, &self.policy) {
                break;
            }
            moved = true;
            match entry.shown {
                Some(shown) => self.push(entry.conv, entry.seq, shown, now, out),
                None => {
                    conversation.pass(entry.seq);
                    report(entry.conv, conversation, out);
                }
            }
        }
        if moved || !self.is_behind() {
            self.fetch_failures = 0;
        } else {
            // The log does not have what it should: asking again at once would spin.
            self.rest(now);
        }
    }

    /// Answers [`Action::Fetch`]: the logs could not be read now. They are asked for again later,
    /// through [`tick`](Self::tick).
    pub(crate) fn fetch_failed(&mut self, now: Tick) {
        if self.is_fetching() {
            self.rest(now);
        }
    }

    /// The text of the message at `target` was recalled or replaced: what is held of it is dropped. Pushed and
    /// without an ack, it is not pushed again, but still has its time: after it the connection is closed, and
    /// the next bind brings what the message is now.
    pub(crate) fn removed(&mut self, conv: ConversationId, target: Seq) {
        let conversation = self.conversations.get(&conv);
        let is_being_read = conversation.is_some_and(|known| target > known.pushed_to());
        if is_being_read && self.fetch == Fetch::Outstanding {
            self.fetch = Fetch::Outdated;
        }
        for pushed in self.unacked.values_mut() {
            let is_meant = pushed.conv == conv && pushed.seq == target;
            if is_meant && pushed.payload.take().is_some() {
                self.window.shrink(std::mem::take(&mut pushed.bytes));
            }
        }
    }

    /// The user may no longer read this conversation, or it is of a kind that this client cannot
    /// show: nothing more of it is pushed or waited for. Call it before [`fetched`](Self::fetched).
    pub(crate) fn forget(&mut self, conv: ConversationId) {
        self.conversations.remove(&conv);
        self.unacked.retain(|tid, pushed| {
            if pushed.conv == conv {
                self.due.remove(&(pushed.due, *tid));
                self.window.give_back(pushed.bytes);
            }
            pushed.conv != conv
        });
    }

    /// When to call [`tick`](Self::tick) next.
    pub(crate) fn next_deadline(&self) -> Option<Tick> {
        if self.stands_back {
            return None;
        }
        let resting = match self.fetch {
            Fetch::Resting(until) => Some(until),
            Fetch::Asleep | Fetch::Idle | Fetch::Outstanding | Fetch::Outdated => None,
        };
        let due = self.due.first().map(|(due, _)| *due);
        due.into_iter().chain(resting).min()
    }

    /// Time passed.
    pub(crate) fn tick(&mut self, now: Tick, out: &mut Vec<Action<P>>) {
        if self.stands_back {
            return;
        }
        while let Some(&(due, tid)) = self.due.first().filter(|(due, _)| *due <= now) {
            self.due.remove(&(due, tid));
            let Some(pushed) = self.unacked.get_mut(&tid) else {
                continue;
            };
            if pushed.repushes >= self.policy.repushes {
                return self.close(CloseCode::AckTimeout, out);
            }
            pushed.repushes += 1;
            pushed.due = now.after(self.policy.repush_interval);
            self.due.insert((pushed.due, tid));
            out.extend(pushed.payload.clone().map(|payload| Action::Push {
                tid,
                payload,
                again: true,
            }));
        }
        if matches!(self.fetch, Fetch::Resting(until) if until <= now) {
            self.fetch = Fetch::Idle;
        }
        self.fetch_next(out);
    }

    /// Whether the logs are being read: what was asked for is not pushed yet.
    pub(crate) fn is_fetching(&self) -> bool {
        matches!(self.fetch, Fetch::Outstanding | Fetch::Outdated)
    }

    /// Pushes without an ack.
    pub(crate) fn unacked(&self) -> usize {
        self.unacked.len()
    }

    fn push(
        &mut self,
        conv: ConversationId,
        seq: Seq,
        shown: Shown<P>,
        now: Tick,
        out: &mut Vec<Action<P>>,
    ) {
        if let Some(conversation) = self.conversations.get_mut(&conv) {
            conversation.push(seq);
        }
        self.last_tid += 1;
        let tid = self.last_tid;
        let due = now.after(self.policy.ack_timeout);
        self.window.take(shown.bytes);
        self.due.insert((due, tid));
        out.push(Action::Push {
            tid,
            payload: shown.payload.clone(),
            again: false,
        });
        let pushed = Pushed {
            conv,
            seq,
            bytes: shown.bytes,
            payload: Some(shown.payload),
            due,
            repushes: 0,
        };
        self.unacked.insert(tid, pushed);
    }

    /// The conversation, remembered from now on; `None` when there is no room for one more.
    fn track(&mut self, conv: ConversationId, held: Seq) -> Option<&mut Conversation> {
        let limit = self.policy.tracked_conversations;
        if self.conversations.len() >= limit && !self.conversations.contains_key(&conv) {
            self.conversations
                .retain(|_, conversation| !conversation.is_settled());
            if self.conversations.len() >= limit {
                return None;
            }
        }
        let tracked = self.conversations.entry(conv);
        Some(tracked.or_insert_with(|| Conversation::new(held)))
    }

    fn is_behind(&self) -> bool {
        self.conversations.values().any(Conversation::is_behind)
    }

    /// Asks for what is held back, if there is any and half of the window is free.
    fn fetch_next(&mut self, out: &mut Vec<Action<P>>) {
        let may_fetch = !self.closed && !self.stands_back && self.fetch == Fetch::Idle;
        if !may_fetch || !self.window.is_half_free(&self.policy) {
            return;
        }
        let behind = self
            .conversations
            .iter()
            .filter(|(_, conversation)| conversation.is_behind());
        let after: Vec<_> = behind
            .map(|(conv, conversation)| (*conv, conversation.pushed_to()))
            .collect();
        if after.is_empty() {
            return;
        }
        self.fetch = Fetch::Outstanding;
        let free = self.policy.window_entries - self.window.entries;
        out.push(Action::Fetch {
            after,
            limit: free.min(self.policy.fetch_entries).max(1),
        });
    }

    fn rest(&mut self, now: Tick) {
        let wait = self.policy.fetch_backoff.ceiling(self.fetch_failures);
        self.fetch_failures = self.fetch_failures.saturating_add(1);
        self.fetch = Fetch::Resting(now.after(wait));
    }

    fn close(&mut self, code: CloseCode, out: &mut Vec<Action<P>>) {
        *self = Self {
            closed: true,
            ..Self::new(Arc::clone(&self.policy))
        };
        out.push(Action::Close(code));
    }
}

/// Tells how far the client holds a conversation, where that is news.
fn report<P>(conv: ConversationId, conversation: &mut Conversation, out: &mut Vec<Action<P>>) {
    if let Some(seq) = conversation.progress() {
        out.push(Action::Delivered { conv, seq });
    }
}

#[cfg(test)]
mod tests;
