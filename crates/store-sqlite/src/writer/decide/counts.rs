//! How many groups each of those is in who came into one lately.
//!
//! Promises: exact. Who is counted is counted on from there; of others nothing is remembered.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use hongyan_protocol::UserId;
use hongyan_store::{Effects, Event};

/// Users remembered. Beyond, all are forgotten and counted again when needed. About 40 bytes each.
const USERS: usize = 64 * 1024;

#[derive(Default)]
pub(super) struct GroupCounts(HashMap<UserId, usize, RandomState>);

impl GroupCounts {
    pub(super) fn of(&self, user: UserId) -> Option<usize> {
        self.0.get(&user).copied()
    }

    pub(super) fn learn(&mut self, user: UserId, groups: usize) {
        self.0.insert(user, groups);
    }

    /// A group was changed, which had these members.
    pub(super) fn change(&mut self, effects: &Effects, members: &[UserId]) {
        if effects.event == Event::Disbanded {
            members.iter().for_each(|user| self.go(*user));
        }
        for (user, role) in &effects.members {
            match (role, effects.brings_in()) {
                (Some(_), true) => {
                    if let Some(groups) = self.0.get_mut(user) {
                        *groups += 1;
                    }
                }
                (Some(_), false) => {}
                (None, _) => self.go(*user),
            }
        }
    }

    fn go(&mut self, user: UserId) {
        if let Some(groups) = self.0.get_mut(&user) {
            *groups = groups.saturating_sub(1);
        }
    }

    pub(super) fn is_overgrown(&self) -> bool {
        self.0.len() >= USERS
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
