//! Client ids that are known to be fresh, without a look into the index.
//!
//! A client id has to be looked for before its write may be journaled. But where one was looked for, the
//! next one that is in use is found on the way, and between the two there is a gap. Ids that are made in the
//! order of time, as they should be, fall into that gap one after the other.
//!
//! Owns: one gap for each sender who wrote to a conversation lately.
//! Promises: never holds a used id to be fresh. Not the other way round: an id that is not known to be fresh has to be
//! looked for.

use hongyan_protocol::{ClientId, ConversationId, UserId};

use super::generations::Generations;

/// Who wrote to which conversation, remembered in each of two generations. About 200 bytes each.
const HALF: usize = 32 * 1024;

/// No client id between these two is used, neither of the ends counted in. Texts are ordered by their bytes, as
/// in the index.
struct Gap {
    after: ClientId,
    /// Up to the last of all, if there is none.
    before: Option<ClientId>,
}

/// To which conversation, and who.
type Writer = (ConversationId, UserId);

pub(super) struct FreshClientIds(Generations<Writer, Gap>);

impl FreshClientIds {
    pub(super) fn new() -> Self {
        Self(Generations::new(HALF))
    }

    /// Whether it is certain that the sender has not used this client id.
    pub(super) fn contains(&mut self, writer: Writer, id: &ClientId) -> bool {
        let gap = self.0.get_mut(writer);
        gap.is_some_and(|gap| gap.contains(id))
    }

    /// The sender was found to have used none from `id` on, up to `next`.
    pub(super) fn learn(&mut self, writer: Writer, id: ClientId, next: Option<ClientId>) {
        let gap = Gap {
            after: id,
            before: next,
        };
        self.0.insert(writer, gap);
    }

    /// The sender has used this client id now.
    pub(super) fn is_used(&mut self, writer: Writer, id: &ClientId) {
        if let Some(gap) = self.0.get_mut(writer)
            && gap.contains(id)
        {
            gap.after = id.clone();
        }
    }

    /// Whether there is too much.
    pub(super) fn is_overgrown(&self) -> bool {
        self.0.is_overgrown()
    }

    /// Forgets what is too much.
    pub(super) fn age(&mut self) {
        self.0.age();
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Gap {
    fn contains(&self, id: &ClientId) -> bool {
        self.after < *id && self.before.as_ref().is_none_or(|before| id < before)
    }
}
