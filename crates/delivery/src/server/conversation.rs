//! One conversation on one connection, while something of it is un-acked or held back.

use std::collections::VecDeque;

use hongyan_protocol::Seq;

use super::line::Line;
use super::window::Window;
use super::{Action, Policy, Ready};
use crate::Tick;

/// One conversation on one connection, while something of it is un-acked or held back.
#[derive(Debug)]
pub(super) struct Conversation<P> {
    /// Everything up to here was pushed, or was the client's already.
    pushed_to: Seq,
    /// The last entry known to be committed. Above `pushed_to`, the conversation is behind.
    latest: Seq,
    /// The highest position acked on this connection.
    acked: Seq,
    /// Pushed and not acked, ascending.
    unacked: VecDeque<Held<P>>,
    /// Since when an ack is waited for: the push, the last progress, or the last re-push. Means nothing while nothing
    /// is un-acked.
    since: Tick,
    /// When the un-acked entries are pushed again, or before: what is learnt meanwhile may put it off.
    deadline: Tick,
    /// How often the un-acked entries were pushed again since acks last made progress.
    repushes: u32,
}

/// An entry that was pushed and is not acked.
#[derive(Debug)]
struct Held<P> {
    seq: Seq,
    target: Option<Seq>,
    bytes: usize,
    /// `None` when its text was removed since: the log has what it is now.
    payload: Option<P>,
    at: Tick,
    /// Where on the [line](Line) it ends.
    end: u64,
}

/// What all conversations of a connection share.
pub(super) struct Shared<'a> {
    pub(super) window: &'a mut Window,
    pub(super) line: &'a mut Line,
    pub(super) policy: &'a Policy,
}

impl<P: Clone> Conversation<P> {
    /// A conversation of which everything up to `pushed_to` is the client's already.
    pub(super) fn new(pushed_to: Seq) -> Self {
        Self {
            pushed_to,
            latest: pushed_to,
            acked: Seq::ZERO,
            unacked: VecDeque::new(),
            since: Tick::default(),
            deadline: Tick::default(),
            repushes: 0,
        }
    }

    pub(super) fn pushed_to(&self) -> Seq {
        self.pushed_to
    }

    pub(super) fn is_behind(&self) -> bool {
        self.latest > self.pushed_to
    }

    /// Nothing is un-acked and nothing is held back: it need not be remembered.
    pub(super) fn is_settled(&self) -> bool {
        self.unacked.is_empty() && !self.is_behind()
    }

    /// When the un-acked entries are pushed again, or before.
    pub(super) fn deadline(&self) -> Option<Tick> {
        (!self.unacked.is_empty()).then_some(self.deadline)
    }

    /// Puts the time off, where what is un-acked may still be on its way: it has the time that it takes, from when the
    /// client was last heard to have come closer to it.
    pub(super) fn put_off(&mut self, line: &Line, policy: &Policy) {
        let Some(first) = self.unacked.front() else {
            return;
        };
        let closer_at = line.closer_at(first.end).unwrap_or_default();
        let wait = if self.repushes == 0 {
            policy.ack_timeout
        } else {
            policy.repush_interval
        };
        let since = self.since.max(closer_at).after(wait);
        self.deadline = since.after(line.travel(first.end, policy));
    }

    /// Whether the last re-push, too, stayed without an ack.
    pub(super) fn is_given_up(&self, policy: &Policy, now: Tick) -> bool {
        self.deadline().is_some_and(|at| at <= now) && self.repushes >= policy.repushes
    }

    /// The log reaches at least this far.
    pub(super) fn learn_latest(&mut self, seq: Seq) {
        self.latest = self.latest.max(seq);
    }

    /// The client was given the entry at `seq` otherwise than by a push. If it is not the next one, what lies
    /// before it is missing here, and makes the conversation behind.
    pub(super) fn pass(&mut self, seq: Seq) {
        self.learn_latest(seq);
        if seq == self.pushed_to.next() {
            self.pushed_to = seq;
        }
    }

    /// Pushes the next entry, and nothing but the next, if there is room. `false`: it stays held
    /// back. A skipped seq, as a cluster's notices may bring, thus makes the conversation behind;
    /// the log then fills the hole at once, without waiting for the client to miss it.
    pub(super) fn push(
        &mut self,
        entry: Ready<P>,
        shared: &mut Shared<'_>,
        now: Tick,
        out: &mut Vec<Action<P>>,
    ) -> bool {
        let Shared {
            window,
            line,
            policy,
        } = shared;
        self.learn_latest(entry.seq);
        if entry.seq != self.pushed_to.next() || !window.has_room(entry.bytes, policy) {
            return false;
        }
        let is_first = self.unacked.is_empty();
        self.pushed_to = entry.seq;
        window.take(entry.bytes);
        out.push(Action::Push {
            payload: entry.payload.clone(),
            again: false,
        });
        self.unacked.push_back(Held {
            seq: entry.seq,
            target: entry.target,
            bytes: entry.bytes,
            payload: Some(entry.payload),
            at: now,
            end: line.write(entry.bytes, policy, now),
        });
        if is_first {
            self.rearm(line, policy, now);
        }
        true
    }

    /// Pushes all un-acked entries again. From one on whose text was removed they are held back, and so read anew.
    pub(super) fn push_again(
        &mut self,
        shared: &mut Shared<'_>,
        now: Tick,
        out: &mut Vec<Action<P>>,
    ) {
        let Shared {
            window,
            line,
            policy,
        } = shared;
        self.repushes += 1;
        self.since = now;
        for at in 0..self.unacked.len() {
            let entry = &mut self.unacked[at];
            let Some(payload) = &entry.payload else {
                let before = entry.seq.previous();
                self.learn_latest(self.pushed_to);
                self.pushed_to = before;
                for held in self.unacked.drain(at..) {
                    window.give_back(held.bytes);
                }
                break;
            };
            entry.end = line.write(entry.bytes, policy, now);
            out.push(Action::Push {
                payload: payload.clone(),
                again: true,
            });
        }
        self.put_off(line, policy);
    }

    /// The text of the message at `target`, and of each edit of it up to the entry at `by`, is no more.
    pub(super) fn remove(&mut self, target: Seq, by: Seq, window: &mut Window) {
        for entry in &mut self.unacked {
            let is_meant = entry.seq == target || entry.target == Some(target);
            if is_meant && entry.seq < by && entry.payload.take().is_some() {
                window.shrink(std::mem::take(&mut entry.bytes));
            }
        }
    }

    /// The client holds everything up to `seq`. Whether that is known to be true.
    pub(super) fn ack(&mut self, seq: Seq, shared: &mut Shared<'_>, now: Tick) -> bool {
        let known = seq <= self.latest;
        // A client may hold more than it was pushed, through `history`. Beyond what is known to
        // exist it is not believed: a made-up position must not hold back real entries.
        let seq = seq.min(self.latest);
        self.release(seq, |unacked| {
            let Shared {
                window,
                line,
                policy,
            } = &mut *shared;
            window.acked(unacked.bytes, unacked.at, policy, now);
            line.arrive(unacked.end, policy, now);
        });
        self.pushed_to = self.pushed_to.max(seq);
        if seq > self.acked {
            // Progress, even below the un-acked entries: the client is filling a gap.
            self.acked = seq;
            self.rearm(shared.line, shared.policy, now);
        }
        known
    }

    /// Gives back all that the window holds for this conversation.
    pub(super) fn release_all(&mut self, window: &mut Window) {
        self.release(self.pushed_to, |unacked| {
            window.give_back(unacked.bytes);
        });
    }

    fn release(&mut self, up_to: Seq, mut each: impl FnMut(&Held<P>)) {
        while let Some(unacked) = self.unacked.front()
            && unacked.seq <= up_to
        {
            each(unacked);
            self.unacked.pop_front();
        }
        if self.unacked.is_empty() {
            self.unacked = VecDeque::new();
        }
    }

    fn rearm(&mut self, line: &Line, policy: &Policy, now: Tick) {
        self.repushes = 0;
        self.since = now;
        self.put_off(line, policy);
    }
}
