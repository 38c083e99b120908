//! Conversations of which a part cannot be read.
//!
//! readers → **damaged** → commits, health
//!
//! Owns: which they are, as far as a read has met the damage since the database was opened.
//! Promises: while there are none, to ask costs one look at a flag. Nothing is appended to one: it could be read only in
//! part, and so would be acknowledged and lost to people.
//! Not here: saying what of one can be read (`verify`).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use hongyan_protocol::ConversationId;
use parking_lot::Mutex;
use rusqlite::ErrorCode;

/// Conversations that are remembered. Beyond, reads of others fail as well, but what is sent to them is taken.
const CONVERSATIONS: usize = 10_000;

#[derive(Default)]
pub(crate) struct Damaged {
    is_any: AtomicBool,
    conversations: Mutex<BTreeSet<ConversationId>>,
}

impl Damaged {
    pub(crate) fn is_any(&self) -> bool {
        self.is_any.load(Ordering::Relaxed)
    }

    pub(crate) fn contains(&self, conv: ConversationId) -> bool {
        self.is_any() && self.conversations.lock().contains(&conv)
    }

    pub(crate) fn all(&self) -> Vec<ConversationId> {
        self.conversations.lock().iter().copied().collect()
    }

    /// Takes note of what reading this conversation has met. Whether it is news that it is damaged.
    pub(crate) fn note<T>(&self, conv: ConversationId, read: &rusqlite::Result<T>) -> bool {
        let Err(error) = read else { return false };
        if !is_damage(error) {
            return false;
        }
        let mut conversations = self.conversations.lock();
        if conversations.len() >= CONVERSATIONS || !conversations.insert(conv) {
            return false;
        }
        self.is_any.store(true, Ordering::Relaxed);
        tracing::error!(
            %conv, %error,
            "a part of this conversation cannot be read, so nothing is taken for it any more; `hongyan check` says \
             which part, and `hongyan check --repair` mends what can be mended"
        );
        true
    }
}

/// The error tells of the file, and not of the circumstances of reading it.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt)
}
