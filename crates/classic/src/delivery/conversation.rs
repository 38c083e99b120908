//! One conversation on one connection.

use std::collections::BTreeSet;

use hongyan_protocol::Seq;

/// How far one conversation was pushed on one connection, and what of that was acked.
#[derive(Debug)]
pub(super) struct Conversation {
    /// Everything up to here was pushed, shown otherwise, or was the user's already.
    pushed_to: Seq,
    /// The last entry known to be committed. Above `pushed_to`, the conversation is behind.
    latest: Seq,
    /// Pushed and not acked.
    unacked: BTreeSet<Seq>,
    /// The position reported last.
    reported: Seq,
}

impl Conversation {
    /// A conversation of which the user holds everything up to `held`.
    pub(super) fn new(held: Seq) -> Self {
        Self {
            pushed_to: held,
            latest: held,
            unacked: BTreeSet::new(),
            reported: held,
        }
    }

    /// The user holds less than was thought, and the log reaches `head`. Only before the first push.
    pub(super) fn begin(&mut self, held: Seq, head: Seq) {
        self.pushed_to = self.pushed_to.min(held);
        self.reported = self.reported.min(held);
        self.learn_latest(head);
    }

    pub(super) fn pushed_to(&self) -> Seq {
        self.pushed_to
    }

    pub(super) fn is_behind(&self) -> bool {
        self.latest > self.pushed_to
    }

    /// Nothing is un-acked and nothing is held back.
    pub(super) fn is_settled(&self) -> bool {
        self.unacked.is_empty() && !self.is_behind()
    }

    /// The log reaches at least this far.
    pub(super) fn learn_latest(&mut self, seq: Seq) {
        self.latest = self.latest.max(seq);
    }

    /// Everything up to here needs no push any more.
    pub(super) fn pass(&mut self, seq: Seq) {
        self.pushed_to = self.pushed_to.max(seq);
        self.learn_latest(seq);
    }

    /// The next entry was pushed.
    pub(super) fn push(&mut self, seq: Seq) {
        self.pass(seq);
        self.unacked.insert(seq);
    }

    pub(super) fn ack(&mut self, seq: Seq) {
        self.unacked.remove(&seq);
    }

    /// The position up to which nothing is un-acked, where that is news.
    pub(super) fn progress(&mut self) -> Option<Seq> {
        let held = match self.unacked.first() {
            Some(first) => first.previous(),
            None => self.pushed_to,
        };
        (held > self.reported).then(|| {
            self.reported = held;
            held
        })
    }
}
