//! The deliveries of one connection.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use hongyan_protocol::{CloseCode, ConversationId, Seq};

use super::conversation::{Conversation, Shared};
use super::line::Line;
use super::window::Window;
use super::{Ack, Action, Policy, Ready};
use crate::Tick;

/// The deliveries of one connection: see the [module](super).
#[derive(Debug)]
pub struct Outgoing<P> {
    policy: Arc<Policy>,
    /// Only conversations with something un-acked or held back: none on an idle connection.
    conversations: BTreeMap<ConversationId, Conversation<P>>,
    window: Window,
    line: Line,
    /// How many of the conversations are held back.
    behind: usize,
    fetch: Fetch,
    /// Failed fetches in a row.
    fetch_failures: u32,
    /// The conversation fetched last: the next one takes its turn after it.
    turn: ConversationId,
    /// Not later than any deadline. Acks leave it too early rather than search for the next one.
    deadline: Option<Tick>,
    closed: bool,
}

/// Where reading from the log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fetch {
    Idle,
    Outstanding(ConversationId),
    /// Outstanding, and what comes may have a text that was removed since it was read.
    Outdated(ConversationId),
    /// Not before this time: the last one failed.
    Resting(Tick),
}

impl<P: Clone> Outgoing<P> {
    /// A connection to which nothing was pushed yet.
    pub fn new(policy: Arc<Policy>) -> Self {
        Self {
            window: Window::following(&policy),
            policy,
            conversations: BTreeMap::new(),
            line: Line::default(),
            behind: 0,
            fetch: Fetch::Idle,
            fetch_failures: 0,
            turn: ConversationId::default(),
            deadline: None,
            closed: false,
        }
    }

    /// An entry was committed that this connection's user may read.
    ///
    /// It is pushed if it is the next one and the window has room. Otherwise it is not kept: the
    /// conversation is remembered as behind, and is read from the log when acks have made room. An
    /// entry that was pushed already is ignored.
    pub fn live(
        &mut self,
        conv: ConversationId,
        entry: Ready<P>,
        now: Tick,
        out: &mut Vec<Action<P>>,
    ) {
        if !self.admits(conv, out) {
            return;
        }
        let before = entry.seq.previous();
        self.with(conv, Some(before), |conversation, mut shared| {
            if entry.seq > conversation.pushed_to() {
                conversation.push(entry, &mut shared, now, out);
            }
        });
        self.fetch_next(out);
    }

    /// As [`live`](Self::live), for an entry whose text was removed since: the log has what it is now.
    pub fn outdated(&mut self, conv: ConversationId, seq: Seq, out: &mut Vec<Action<P>>) {
        if self.admits(conv, out) {
            self.with(conv, Some(seq.previous()), |conversation, _| {
                conversation.learn_latest(seq);
            });
            self.fetch_next(out);
        }
    }

    /// Whether there is room to track the conversation; without it, the connection is closed.
    fn admits(&mut self, conv: ConversationId, out: &mut Vec<Action<P>>) -> bool {
        let is_new = !self.conversations.contains_key(&conv);
        if is_new && self.conversations.len() >= self.policy.tracked_conversations {
            self.close(CloseCode::SlowReader, out);
        }
        !self.closed
    }

    /// Entries from `first` to `last` were committed, of which there was no room to keep more than that. Like those
    /// beyond the window they are read from the log when there is room.
    pub fn missed(
        &mut self,
        conv: ConversationId,
        first: Seq,
        last: Seq,
        out: &mut Vec<Action<P>>,
    ) {
        if !self.admits(conv, out) {
            return;
        }
        self.with(conv, Some(first.previous()), |conversation, _| {
            conversation.learn_latest(last);
        });
        self.fetch_next(out);
    }

    /// What had been written was not taken at once, and has been now: what is un-acked was on its way all the while.
    pub fn moved(&mut self, now: Tick) {
        self.line.moved(now);
    }

    /// So many bytes of something else are being written, before what is pushed from now on.
    pub fn wrote(&mut self, bytes: usize, now: Tick) {
        self.line.write(bytes, &self.policy, now);
    }

    /// The answer to a request of this connection's own has told the client of the entry at `seq`: it is
    /// not pushed, and needs no ack.
    pub fn answered(&mut self, conv: ConversationId, seq: Seq, out: &mut Vec<Action<P>>) {
        self.with(conv, None, |conversation, _| conversation.pass(seq));
        self.fetch_next(out);
    }

    /// The client holds everything in `conv` up to `seq`.
    pub fn ack(
        &mut self,
        conv: ConversationId,
        seq: Seq,
        now: Tick,
        out: &mut Vec<Action<P>>,
    ) -> Ack {
        let known = self.with(conv, None, |conversation, mut shared| {
            conversation.ack(seq, &mut shared, now)
        });
        self.fetch_next(out);
        match known {
            Some(true) => Ack::Known,
            Some(false) | None => Ack::Unknown,
        }
    }

    /// Answers [`Action::Fetch`]: entries above its `after`, ascending and without holes, and the
    /// log's last seq in the same snapshot.
    pub fn fetched(
        &mut self,
        conv: ConversationId,
        entries: impl IntoIterator<Item = Ready<P>>,
        head: Seq,
        now: Tick,
        out: &mut Vec<Action<P>>,
    ) {
        if self.fetch == Fetch::Outdated(conv) {
            self.fetch = Fetch::Idle;
            return self.fetch_next(out);
        }
        if self.fetch != Fetch::Outstanding(conv) {
            return;
        }
        self.fetch = Fetch::Idle;
        let progress = self.with(conv, None, |conversation, mut shared| {
            let before = conversation.pushed_to();
            conversation.learn_latest(head);
            for entry in entries {
                let is_held = entry.seq <= conversation.pushed_to();
                if !is_held && !conversation.push(entry, &mut shared, now, out) {
                    break;
                }
            }
            conversation.pushed_to() > before || !conversation.is_behind()
        });
        if progress == Some(false) && self.window.is_half_free(&self.policy) {
            // The log does not have what it should: asking again at once would spin.
            self.rest(now);
        } else {
            self.fetch_failures = 0;
        }
        self.fetch_next(out);
    }

    /// Answers [`Action::Fetch`]: the log could not be read now. It is asked for again later, through
    /// [`tick`](Self::tick).
    pub fn fetch_failed(&mut self, conv: ConversationId, now: Tick) {
        if self.is_fetching(conv) {
            self.rest(now);
        }
    }

    fn is_fetching(&self, conv: ConversationId) -> bool {
        self.fetch == Fetch::Outstanding(conv) || self.fetch == Fetch::Outdated(conv)
    }

    /// The user may no longer read this conversation: nothing more of it is pushed or waited for.
    pub fn forget(&mut self, conv: ConversationId, out: &mut Vec<Action<P>>) {
        if let Some(mut conversation) = self.conversations.remove(&conv) {
            conversation.release_all(&mut self.window);
            self.behind -= usize::from(conversation.is_behind());
            self.free_if_idle();
        }
        if self.is_fetching(conv) {
            self.fetch = Fetch::Idle;
        }
        self.fetch_next(out);
    }

    /// The text of the message at `target` was recalled or replaced by the entry at `by`: what is held of it is dropped,
    /// and is not pushed again as it was.
    pub fn removed(&mut self, conv: ConversationId, target: Seq, by: Seq) {
        if self.fetch == Fetch::Outstanding(conv) {
            self.fetch = Fetch::Outdated(conv);
        }
        self.with(conv, None, |conversation, shared| {
            conversation.remove(target, by, shared.window);
        });
    }

    /// When to call [`tick`](Self::tick) next. Never too late; it may be too early, and then `tick` does
    /// nothing but find a later time.
    pub fn next_deadline(&self) -> Option<Tick> {
        self.deadline
    }

    /// Time passed.
    pub fn tick(&mut self, now: Tick, out: &mut Vec<Action<P>>) {
        if self.deadline.is_none_or(|at| now < at) {
            return;
        }
        let policy = &*self.policy;
        for conversation in self.conversations.values_mut() {
            if conversation.deadline().is_some_and(|at| at <= now) {
                conversation.put_off(&self.line, policy);
            }
        }
        let mut conversations = self.conversations.values();
        if conversations.any(|conversation| conversation.is_given_up(policy, now)) {
            return self.close(CloseCode::AckTimeout, out);
        }
        for conversation in self.conversations.values_mut() {
            if conversation.deadline().is_some_and(|at| at <= now) {
                let was_behind = usize::from(conversation.is_behind());
                let mut shared = Shared {
                    window: &mut self.window,
                    line: &mut self.line,
                    policy,
                };
                conversation.push_again(&mut shared, now, out);
                self.behind = self.behind - was_behind + usize::from(conversation.is_behind());
            }
        }
        if matches!(self.fetch, Fetch::Resting(until) if until <= now) {
            self.fetch = Fetch::Idle;
        }
        self.deadline = self.find_deadline();
        self.fetch_next(out);
    }

    /// Entries pushed and not acked.
    pub fn unacked_entries(&self) -> usize {
        self.window.entries
    }

    /// Bytes of the entries pushed and not acked: what this connection makes the process hold.
    pub fn unacked_bytes(&self) -> usize {
        self.window.bytes
    }

    /// Conversations with something un-acked or held back.
    pub fn tracked(&self) -> usize {
        self.conversations.len()
    }

    /// Conversations whose entries are held back.
    pub fn behind(&self) -> usize {
        self.behind
    }

    /// Changes one conversation and keeps what is derived from it right. With `start`, one that is not
    /// remembered begins there; without, it is left alone.
    fn with<R>(
        &mut self,
        conv: ConversationId,
        start: Option<Seq>,
        change: impl FnOnce(&mut Conversation<P>, Shared<'_>) -> R,
    ) -> Option<R> {
        let conversation = match start {
            Some(start) => self
                .conversations
                .entry(conv)
                .or_insert_with(|| Conversation::new(start)),
            None => self.conversations.get_mut(&conv)?,
        };
        let was_behind = usize::from(conversation.is_behind());
        let shared = Shared {
            window: &mut self.window,
            line: &mut self.line,
            policy: &self.policy,
        };
        let result = change(conversation, shared);
        self.behind = self.behind - was_behind + usize::from(conversation.is_behind());
        if let Some(deadline) = conversation.deadline() {
            self.deadline = earliest(self.deadline, Some(deadline));
        }
        if conversation.is_settled() {
            self.conversations.remove(&conv);
            self.free_if_idle();
        }
        Some(result)
    }

    /// Asks for the next conversation that is behind, if there is room for it.
    fn fetch_next(&mut self, out: &mut Vec<Action<P>>) {
        let may_fetch = self.fetch == Fetch::Idle && self.window.is_half_free(&self.policy);
        if self.behind == 0 || !may_fetch {
            return;
        }
        let later = self.conversations.range((Excluded(self.turn), Unbounded));
        let earlier = self.conversations.range(..=self.turn);
        let next = later.chain(earlier).find(|(_, found)| found.is_behind());
        if let Some((&conv, conversation)) = next {
            let room = self.window.room(&self.policy);
            self.fetch = Fetch::Outstanding(conv);
            self.turn = conv;
            out.push(Action::Fetch {
                conv,
                after: conversation.pushed_to(),
                limit: room.min(self.policy.fetch_entries).max(1),
            });
        }
    }

    fn rest(&mut self, now: Tick) {
        let until = now.after(self.policy.fetch_backoff.ceiling(self.fetch_failures));
        self.fetch_failures = self.fetch_failures.saturating_add(1);
        self.fetch = Fetch::Resting(until);
        self.deadline = earliest(self.deadline, Some(until));
    }

    fn find_deadline(&self) -> Option<Tick> {
        let resting = match self.fetch {
            Fetch::Resting(until) => Some(until),
            Fetch::Idle | Fetch::Outstanding(_) | Fetch::Outdated(_) => None,
        };
        let conversations = self.conversations.values();
        conversations
            .filter_map(Conversation::deadline)
            .chain(resting)
            .min()
    }

    /// A map that was filled once keeps a node for ever; an idle connection should own nothing.
    fn free_if_idle(&mut self) {
        if self.conversations.is_empty() {
            self.conversations = BTreeMap::new();
            self.deadline = self.find_deadline();
        }
    }

    fn close(&mut self, code: CloseCode, out: &mut Vec<Action<P>>) {
        *self = Self {
            closed: true,
            ..Self::new(Arc::clone(&self.policy))
        };
        out.push(Action::Close(code));
    }
}

fn earliest(a: Option<Tick>, b: Option<Tick>) -> Option<Tick> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests;
