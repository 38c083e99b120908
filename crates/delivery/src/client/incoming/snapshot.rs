//! What a client keeps over a restart, as plain data.

use hongyan_protocol::{ConversationId, Seq};

/// What a client keeps over a restart. Any encoding will do; the order of `held` means nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The name of the history that all of this is of; `None` where no server said it.
    pub epoch: Option<Box<str>>,
    /// The cursor of the last sync that came to its end.
    pub cursor: Option<Box<str>>,
    /// The cursor within a sync that was cut off.
    pub walk: Option<Box<str>>,
    /// Every conversation of which something is held.
    pub held: Vec<Held>,
}

/// How far one conversation is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The conversation.
    pub conv: ConversationId,
    /// Everything up to here was delivered.
    pub seq: Seq,
    /// The last entry known to exist; above `seq` while a gap is being filled. Kept because the cursor
    /// may already be beyond the change that told of it.
    pub head: Seq,
    /// Whether the server may not know that everything up to `seq` is held.
    pub is_ack_owed: bool,
}
