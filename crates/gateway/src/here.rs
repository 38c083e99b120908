//! The connections of this node, by user.
//!
//! Owns: user → connections.
//! Promises: to reach members costs what they are, or what all are who are here, whichever are fewer.
//! Not here: what they are told (`hub`), and when (`lane`).

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hongyan_protocol::UserId;
use hongyan_service::ConnectionId;
use parking_lot::{Mutex, MutexGuard};

use crate::outbox::Outbox;

/// Locks over which users are spread, so that deliveries and registrations seldom meet.
const SHARDS: usize = 64;

/// So many members of a group cost to be looked up here as it costs to look up one who is here among them.
const FEW: usize = 2;

/// So many members are looked up in the time in which one connection writes.
const LOOKS: usize = 32;

/// Ids are the server's to give, so nobody can choose them to collide, and a fast hash will do.
type Users = HashMap<UserId, Vec<Arc<Outbox>>, foldhash::fast::RandomState>;

/// The connections of some users.
#[derive(Default)]
pub(crate) struct Shard {
    pub(crate) users: Users,
    /// No session of theirs ends by itself before, in milliseconds since 1970. So a look at the clock need not
    /// look at each.
    pub(crate) no_end_before: u64,
}

/// The connections of this node: see the [module](self).
pub(crate) struct Here {
    shards: Vec<Mutex<Shard>>,
    connections: AtomicUsize,
}

/// How members are reached, in units from 0 to the [end](Way::units).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// One by one; a unit is a member.
    Members,
    /// By way of all who are here; a unit is a shard.
    Shards,
}

impl Way {
    /// How many units there are to go.
    pub(crate) fn units(self, users: &[UserId]) -> usize {
        match self {
            Self::Members => users.len(),
            Self::Shards => SHARDS,
        }
    }

    /// The unit of one of these users; none where it is not among them.
    pub(crate) fn unit(self, users: &[UserId], user: UserId) -> Option<usize> {
        let at = users.binary_search(&user).ok()?;
        match self {
            Self::Members => Some(at),
            Self::Shards => Some(shard_of(user)),
        }
    }
}

impl Here {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            connections: AtomicUsize::new(0),
        }
    }

    /// Connections that said `hello` and are not gone.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// One more.
    pub(crate) fn count_in(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// One less. Whether it was the last.
    pub(crate) fn count_out(&self) -> bool {
        self.connections.fetch_sub(1, Ordering::Relaxed) == 1
    }

    /// The shard with this user.
    pub(crate) fn shard(&self, user: UserId) -> MutexGuard<'_, Shard> {
        self.shards[shard_of(user)].lock()
    }

    /// All of them, one after the other.
    pub(crate) fn shards(&self) -> impl Iterator<Item = MutexGuard<'_, Shard>> {
        self.shards.iter().map(Mutex::lock)
    }

    /// Every connection of these users, who ascend.
    pub(crate) fn for_each(&self, users: &[UserId], mut act: impl FnMut(&Arc<Outbox>)) {
        let way = self.way(users);
        let (mut at, end) = (0, way.units(users));
        while at < end {
            at += self.reach(users, way, at..end, usize::MAX, &mut act);
        }
    }

    /// The cheaper way to these users.
    pub(crate) fn way(&self, users: &[UserId]) -> Way {
        debug_assert!(users.is_sorted());
        match users.len() > FEW.saturating_mul(self.connections()) {
            true => Way::Shards,
            false => Way::Members,
        }
    }

    /// One connection of a user.
    pub(crate) fn connection(&self, user: UserId, connection: ConnectionId) -> Option<Arc<Outbox>> {
        let shard = self.shard(user);
        let mut mine = shard.users.get(&user)?.iter();
        mine.find(|outbox| outbox.connection() == connection)
            .map(Arc::clone)
    }

    /// The connections of these users in the first of these units: about `most` connections, or fewer where many users had to
    /// be looked up. Returns how many units those are, at least 1; there must be one.
    pub(crate) fn reach(
        &self,
        users: &[UserId],
        way: Way,
        units: Range<usize>,
        most: usize,
        mut act: impl FnMut(&Arc<Outbox>),
    ) -> usize {
        debug_assert!(!units.is_empty());
        let mut reached = 0;
        let mut reach = |outboxes: &Vec<Arc<Outbox>>| {
            reached += outboxes.len();
            outboxes.iter().for_each(&mut act);
            reached < most
        };
        match way {
            Way::Members => {
                let looks = units.len().min(most.saturating_mul(LOOKS));
                for (index, user) in users[units].iter().take(looks).enumerate() {
                    let shard = self.shard(*user);
                    if shard.users.get(user).is_some_and(|all| !reach(all)) {
                        return index + 1;
                    }
                }
                looks
            }
            Way::Shards => {
                for (index, shard) in self.shards[units.clone()].iter().enumerate() {
                    let shard = shard.lock();
                    let here = shard.users.iter();
                    let meant = here.filter(|(user, _)| users.binary_search(user).is_ok());
                    // All of a shard, as it has no order in which one could go on.
                    if meant.fold(false, |is_enough, (_, all)| !reach(all) || is_enough) {
                        return index + 1;
                    }
                }
                units.len()
            }
        }
    }
}

fn shard_of(user: UserId) -> usize {
    // Ids are dense, so the remainder spreads them evenly.
    (user.get() % SHARDS as u64) as usize
}
