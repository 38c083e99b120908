//! How much a connection has been pushed and has not acked yet.

use super::Policy;

/// How much a connection has been pushed and has not acked yet, over all conversations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
}

impl Window {
    /// Whether one more frame of this size may be pushed. A single frame always may.
    pub(crate) fn has_room(self, bytes: usize, policy: &Policy) -> bool {
        let within = self.entries < policy.window_entries
            && self.bytes.saturating_add(bytes) <= policy.window_bytes;
        within || self.entries == 0
    }

    /// Whether it is worth reading the log again: at least half of the window is free, so that one
    /// fetch serves many acks.
    pub(crate) fn is_half_free(self, policy: &Policy) -> bool {
        self.entries <= policy.window_entries / 2 && self.bytes <= policy.window_bytes / 2
    }

    pub(crate) fn take(&mut self, bytes: usize) {
        self.entries += 1;
        self.bytes += bytes;
    }

    /// An entry that stays has so many bytes less.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        self.bytes -= bytes;
    }

    pub(crate) fn give_back(&mut self, bytes: usize) {
        self.entries -= 1;
        self.bytes -= bytes;
    }
}
