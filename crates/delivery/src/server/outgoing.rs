//! The deliveries of one connection.

use std::collections::BTreeMap;
use std::sync::Arc;

use hongyan_protocol::{ConversationId, Seq};

use super::{Ack, Action, Policy, Ready};
use crate::Tick;

/// The deliveries of one connection: see the [module](super).
#[derive(Debug)]
pub struct Outgoing<P> {
    policy: Arc<Policy>,
    conversations: BTreeMap<ConversationId, P>,
}

impl<P: Clone> Outgoing<P> {
    /// A connection to which nothing was pushed yet.
    pub fn new(policy: Arc<Policy>) -> Self {
        Self {
            policy,
            conversations: BTreeMap::new(),
        }
    }

    /// An entry was committed that this connection's user may read.
    ///
    /// It is pushed if the window has room. Otherwise it is not kept: the conversation is
    /// remembered as behind, and is read from the log when acks have made room.
    pub fn live(
        &mut self,
        conv: ConversationId,
        entry: Ready<P>,
        now: Tick,
        out: &mut Vec<Action<P>>,
    ) {
        let _ = (conv, entry, now, out, &self.policy, &self.conversations);
    }

    /// The client holds everything in `conv` up to `seq`.
    pub fn ack(
        &mut self,
        conv: ConversationId,
        seq: Seq,
        now: Tick,
        out: &mut Vec<Action<P>>,
    ) -> Ack {
        let _ = (conv, seq, now, out);
        Ack::Unknown
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
        let _ = (conv, entries.into_iter().count(), head, now, out);
    }

    /// Answers [`Action::Fetch`]: the log could not be read now. It is asked for again later, through
    /// [`tick`](Self::tick).
    pub fn fetch_failed(&mut self, conv: ConversationId, now: Tick) {
        let _ = (conv, now);
    }

    /// The user may no longer read this conversation: nothing more of it is pushed or waited for.
    pub fn forget(&mut self, conv: ConversationId, now: Tick, out: &mut Vec<Action<P>>) {
        let _ = (conv, now, out);
    }

    /// When to call [`tick`](Self::tick) next. Never too late; it may be too early, and then `tick` does
    /// nothing but say a later time.
    pub fn next_deadline(&self) -> Option<Tick> {
        None
    }

    /// Time passed.
    pub fn tick(&mut self, now: Tick, out: &mut Vec<Action<P>>) {
        let _ = (now, out);
    }

    /// Entries pushed and not acked.
    pub fn unacked_entries(&self) -> usize {
        0
    }

    /// Bytes of the entries pushed and not acked: what this connection makes the process hold.
    pub fn unacked_bytes(&self) -> usize {
        0
    }

    /// Conversations whose entries are held back.
    pub fn behind(&self) -> usize {
        0
    }
}
