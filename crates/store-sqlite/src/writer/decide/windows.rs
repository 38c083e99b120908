//! The members of a log who may not read it from its beginning.

use std::sync::Arc;

use hongyan_protocol::{Seq, UserId};
use hongyan_store::{Effects, Event};

/// Each with where they may begin. 16 bytes each; others take nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Windows {
    /// Ascending by user.
    members: Vec<(UserId, Seq)>,
    /// No member begins behind it.
    last: Seq,
}

impl Windows {
    /// `members` stand ascending by user.
    pub(super) fn new(members: Vec<(UserId, Seq)>) -> Self {
        let last = members.iter().map(|(_, since)| *since).max();
        Self {
            members,
            last: last.unwrap_or_default(),
        }
    }

    /// The first seq that this member may read.
    pub(super) fn since(&self, user: UserId) -> Seq {
        match self.find(user) {
            Ok(at) => self.members[at].1,
            Err(_) => FIRST,
        }
    }

    /// The members who may not read what stands here. Ascending.
    pub(super) fn blind(&self, target: Seq) -> Arc<[UserId]> {
        if target >= self.last {
            return Arc::default();
        }
        let blind = self.members.iter().filter(|(_, since)| target < *since);
        blind.map(|(user, _)| *user).collect()
    }

    /// Who came and went.
    pub(super) fn change(&mut self, effects: &Effects) {
        if effects.event == Event::Disbanded {
            *self = Self::default();
        }
        for (user, role) in &effects.members {
            if role.is_some() && !effects.brings_in() {
                continue;
            }
            let found = self.find(*user);
            let begins_later = role.is_some() && effects.since > FIRST;
            match found {
                Ok(at) if begins_later => self.members[at].1 = effects.since,
                Ok(at) => {
                    self.members.remove(at);
                }
                Err(at) if begins_later => self.members.insert(at, (*user, effects.since)),
                Err(_) => {}
            }
        }
        if effects.brings_in() {
            self.last = self.last.max(effects.since);
        }
    }

    fn find(&self, user: UserId) -> Result<usize, usize> {
        self.members.binary_search_by_key(&user, |(user, _)| *user)
    }
}

/// The first seq of a log.
const FIRST: Seq = Seq::ZERO.next();
