//! Read marks on their way to the server.
//!
//! Owns: the furthest mark of each conversation that the server has not confirmed.
//! Promises: a mark is sent again on every connection until it is answered; an older mark never
//! follows a newer one; at most [`CONVERSATIONS`] wait, and at most [`IN_FLIGHT`] are on the wire.
//! Not here: keeping marks over a restart. A lost one costs a message shown as unread.

use std::collections::BTreeMap;

use hongyan_protocol::{ConversationId, Seq};

/// Conversations with a mark that waits. Beyond it a mark for another one is refused.
const CONVERSATIONS: usize = 4096;

/// Marks on the wire at a time.
pub(crate) const IN_FLIGHT: usize = 8;

#[derive(Debug)]
struct Mark {
    seq: Seq,
    in_flight: bool,
}

/// Read marks on their way: see the [module](self).
#[derive(Debug, Default)]
pub(crate) struct Reads {
    marks: BTreeMap<ConversationId, Mark>,
    in_flight: usize,
}

impl Reads {
    /// Takes a mark; `false` when there is no room for it.
    pub(crate) fn mark(&mut self, conv: ConversationId, seq: Seq) -> bool {
        if let Some(mark) = self.marks.get_mut(&conv) {
            mark.seq = mark.seq.max(seq);
            return true;
        }
        if self.marks.len() >= CONVERSATIONS {
            return false;
        }
        self.marks.insert(
            conv,
            Mark {
                seq,
                in_flight: false,
            },
        );
        true
    }

    /// The next mark to send, counted as sent.
    pub(crate) fn next(&mut self) -> Option<(ConversationId, Seq)> {
        if self.in_flight >= IN_FLIGHT {
            return None;
        }
        let (conv, mark) = self.marks.iter_mut().find(|(_, mark)| !mark.in_flight)?;
        mark.in_flight = true;
        self.in_flight += 1;
        Some((*conv, mark.seq))
    }

    /// The server has answered the mark, for good or bad. A further one for the same conversation,
    /// taken meanwhile, is next.
    pub(crate) fn answered(&mut self, conv: ConversationId, seq: Seq) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(mark) = self.marks.get_mut(&conv) {
            mark.in_flight = false;
            if mark.seq <= seq {
                self.marks.remove(&conv);
            }
        }
    }

    /// The connection is gone: what was on the wire waits again.
    pub(crate) fn disconnected(&mut self) {
        self.in_flight = 0;
        for mark in self.marks.values_mut() {
            mark.in_flight = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conv(id: u64) -> ConversationId {
        ConversationId::from_trusted(id)
    }

    fn seq(seq: u64) -> Seq {
        Seq::from_trusted(seq)
    }

    #[test]
    fn only_the_furthest_mark_is_sent_and_a_later_one_follows() {
        let mut reads = Reads::default();
        assert!(reads.mark(conv(1), seq(5)));
        assert!(reads.mark(conv(1), seq(3)));
        assert_eq!(reads.next(), Some((conv(1), seq(5))));
        assert_eq!(reads.next(), None);
        assert!(reads.mark(conv(1), seq(9)));
        assert_eq!(reads.next(), None, "one on the wire for a conversation");
        reads.answered(conv(1), seq(5));
        assert_eq!(reads.next(), Some((conv(1), seq(9))));
        reads.answered(conv(1), seq(9));
        assert_eq!(reads.next(), None);
    }

    #[test]
    fn a_lost_connection_loses_no_mark() {
        let mut reads = Reads::default();
        for id in 0..20 {
            reads.mark(conv(id), seq(1));
        }
        let sent = std::iter::from_fn(|| reads.next()).count();
        assert_eq!(sent, IN_FLIGHT);
        reads.disconnected();
        assert_eq!(reads.next(), Some((conv(0), seq(1))));
    }

    #[test]
    fn marks_are_bounded() {
        let mut reads = Reads::default();
        for id in 0..CONVERSATIONS as u64 {
            assert!(reads.mark(conv(id), seq(1)));
        }
        assert!(!reads.mark(conv(1 << 40), seq(1)));
        assert!(reads.mark(conv(0), seq(2)));
    }
}
