//! Which conversations have more members than are told of each other.
//!
//! Owns: the conversations that were found to be large, in memory. Of one that nobody touched since the start it is found
//! out at its next write: the store keeps no delivered position in a large conversation, whoever asks.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use hongyan_protocol::ConversationId;
use hongyan_protocol::limits::MEMBERS_TOLD;
use parking_lot::Mutex;

use crate::limits::LARGE_KNOWN;

/// The large conversations, as far as is known.
#[derive(Default)]
pub(crate) struct Large {
    known: Mutex<BTreeSet<ConversationId>>,
    /// How many are known. While there are none, nobody waits for the lock.
    count: AtomicUsize,
}

/// Whether so many are too many to be told of each other.
pub(crate) fn is_large(members: usize) -> bool {
    members > MEMBERS_TOLD
}

impl Large {
    /// Takes in how many members a conversation has now.
    pub(crate) fn note(&self, conv: ConversationId, members: usize) {
        let is_large = is_large(members);
        if !is_large && self.count.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut known = self.known.lock();
        if !is_large {
            known.remove(&conv);
        } else if known.insert(conv) && known.len() > LARGE_KNOWN {
            known.pop_first();
        }
        self.count.store(known.len(), Ordering::Relaxed);
    }

    /// Whether this one is known to be large.
    pub(crate) fn contains(&self, conv: ConversationId) -> bool {
        self.count.load(Ordering::Relaxed) > 0 && self.known.lock().contains(&conv)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conv(number: u64) -> ConversationId {
        ConversationId::new(number).unwrap()
    }

    #[test]
    fn a_conversation_is_large_above_the_limit_and_only_then() {
        let large = Large::default();
        large.note(conv(1), MEMBERS_TOLD);
        assert!(!large.contains(conv(1)));
        large.note(conv(1), MEMBERS_TOLD + 1);
        assert!(large.contains(conv(1)));
        assert!(!large.contains(conv(2)));
        large.note(conv(1), MEMBERS_TOLD);
        assert!(!large.contains(conv(1)), "members left");
    }

    #[test]
    fn no_more_are_known_than_the_limit() {
        let large = Large::default();
        for number in 1..=LARGE_KNOWN as u64 + 1 {
            large.note(conv(number), 100);
        }
        assert_eq!(large.known.lock().len(), LARGE_KNOWN);
        assert!(large.contains(conv(LARGE_KNOWN as u64 + 1)));
    }
}
