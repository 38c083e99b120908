//! Order in a conversation: who may not come in, who may not write for a time, and what is pinned.
//!
//! Promises: it follows from the entries of a log alone.
//! Not here: who may change it (`rules`).

use std::collections::{BTreeMap, BTreeSet};

use hongyan_protocol::{Millis, Seq, UserId};

use crate::Event;

/// People whom one group may have banned.
pub const BANS: usize = 10_000;

/// Members whom one group may have muted at a time.
pub const MUTES: usize = 1_000;

/// Messages that may be pinned in one conversation at a time.
pub const PINS: usize = 100;

/// The longest time between two messages that a group may ask of a member, in seconds.
pub const SLOW_S: u32 = 6 * 60 * 60;

/// What an engine keeps of a conversation beside its members and settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Who cannot be brought in.
    pub banned: BTreeSet<UserId>,
    /// Until when whom cannot write. Of those whose time is over, some may be here still.
    pub muted: BTreeMap<UserId, Millis>,
    /// The messages that are pinned.
    pub pinned: BTreeSet<Seq>,
}

impl Order {
    /// What an event at this time makes of it.
    pub fn change(&mut self, event: &Event, at: Millis) {
        match event {
            Event::Banned(users, _) => self.banned.extend(users),
            Event::Unbanned(users) => self.banned.retain(|user| !users.contains(user)),
            Event::Muted(user, until) => {
                self.muted.retain(|_, until| *until > at);
                match *until > at {
                    true => self.muted.insert(*user, *until),
                    false => self.muted.remove(user),
                };
            }
            Event::Pinned(seq) => {
                self.pinned.insert(*seq);
            }
            Event::Unpinned(seq) => {
                self.pinned.remove(seq);
            }
            Event::Created { .. }
            | Event::Added(_)
            | Event::Removed(_)
            | Event::Left
            | Event::Role(..)
            | Event::Set(_)
            | Event::Joined(_)
            | Event::Approved(..)
            | Event::Disbanded => {}
        }
    }

    /// Whether an event changes any of it.
    pub fn is_changed_by(event: &Event) -> bool {
        matches!(
            event,
            Event::Banned(..)
                | Event::Unbanned(_)
                | Event::Muted(..)
                | Event::Pinned(_)
                | Event::Unpinned(_)
        )
    }

    /// Until when somebody may not write, if that is still so at this time.
    pub fn muted_until(&self, user: UserId, at: Millis) -> Option<Millis> {
        self.muted.get(&user).copied().filter(|until| *until > at)
    }
}
