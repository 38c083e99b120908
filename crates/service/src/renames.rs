//! Names that changed, told to those who see them.
//!
//! rename → **renames** → (once a second) who sees whom → sink (this node) and bus (the others)
//!
//! What changes within a second is one frame for each connection, and one more where its own user is among them. A name that is lost on the way, or that had no room,
//! shows when the client next asks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use hongyan_bus::{Bus, Event, Notice};
use hongyan_protocol::{Profiles, ServerFrame, UserId, UserProfile};
use hongyan_store::{Store, StoreError, User};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::limits::{PENDING_RENAMES, RENAME_DELAY, RENAMES_A_STEP};
use crate::{Sink, sight};

/// The users whose names changed, and the task that tells of them.
pub(crate) struct Renames {
    store: Arc<dyn Store>,
    sink: Arc<dyn Sink>,
    bus: Arc<dyn Bus>,
    show_logins: bool,
    pending: Mutex<BTreeSet<UserId>>,
    wake: Arc<Notify>,
}

/// The users of whom somebody is told, by who is told of the same ones.
type Audiences = BTreeMap<BTreeSet<UserId>, Vec<UserId>>;

impl Renames {
    /// Starts the task that tells of them. It ends with them.
    pub(crate) fn start(
        store: Arc<dyn Store>,
        sink: Arc<dyn Sink>,
        bus: Arc<dyn Bus>,
        show_logins: bool,
    ) -> Arc<Self> {
        let wake = Arc::new(Notify::new());
        let renames = Arc::new(Self {
            store,
            sink,
            bus,
            show_logins,
            pending: Mutex::default(),
            wake: Arc::clone(&wake),
        });
        tokio::spawn(run(Arc::downgrade(&renames), wake));
        renames
    }

    /// The user has another name, and the store has it. It is told from there: of two changes, what is kept counts.
    pub(crate) fn note(&self, user: UserId) {
        let mut pending = self.pending.lock();
        if pending.len() < PENDING_RENAMES {
            pending.insert(user);
            self.wake.notify_one();
        }
    }

    /// Tells of some that wait. Whether others still do.
    async fn tell_some(&self) -> bool {
        let (some, remain) = {
            let mut pending = self.pending.lock();
            let last = pending.iter().nth(RENAMES_A_STEP).copied();
            let rest = last.map_or_else(BTreeSet::new, |last| pending.split_off(&last));
            let some = std::mem::replace(&mut *pending, rest);
            (some, !pending.is_empty())
        };
        if let Err(error) = self.tell(&some).await {
            tracing::warn!(%error, "new names show only to those who ask");
        }
        remain
    }

    async fn tell(&self, renamed: &BTreeSet<UserId>) -> Result<(), StoreError> {
        if renamed.is_empty() {
            return Ok(());
        }
        let ids: Vec<UserId> = renamed.iter().copied().collect();
        let users = self.store.users(&ids).await?;
        let mut seen = BTreeMap::new();
        for user in &users {
            self.publish(Arc::new([user.id]), vec![self.profile(user, true)]);
            seen.insert(user.id, sight::who_sees(&*self.store, user.id).await?);
        }
        for (whom, audience) in audiences(&seen) {
            let users = users.iter().filter(|user| whom.contains(&user.id));
            let profiles = users.map(|user| self.profile(user, false)).collect();
            self.publish(audience.into(), profiles);
        }
        Ok(())
    }

    /// What its owner, or anybody else, may know of a user.
    fn profile(&self, user: &User, is_own: bool) -> UserProfile {
        crate::wire::profile_for(user, is_own || self.show_logins)
    }

    fn publish(&self, recipients: Arc<[UserId]>, users: Vec<UserProfile>) {
        let frame = ServerFrame::Profiles(Profiles { users }).encode(None);
        let frame = Bytes::from(frame);
        let notice = Notice {
            recipients,
            event: Event::Droppable { frame },
        };
        self.sink.deliver(&notice, None);
        self.bus.publish(notice);
    }
}

impl Drop for Renames {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

async fn run(renames: Weak<Renames>, wake: Arc<Notify>) {
    loop {
        wake.notified().await;
        loop {
            sleep(RENAME_DELAY).await;
            let Some(renames) = renames.upgrade() else {
                return;
            };
            if !renames.tell_some().await {
                break;
            }
        }
    }
}

/// Turns who sees each user into who is told of which users, so that nobody gets two frames, and each frame is made
/// once for all who get it.
fn audiences(seen: &BTreeMap<UserId, BTreeSet<UserId>>) -> Audiences {
    let mut told = BTreeMap::<UserId, BTreeSet<UserId>>::new();
    for (user, viewers) in seen {
        for viewer in viewers {
            told.entry(*viewer).or_default().insert(*user);
        }
    }
    let mut audiences = Audiences::new();
    for (viewer, whom) in told {
        audiences.entry(whom).or_default().push(viewer);
    }
    audiences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> UserId {
        UserId::new(1000 + number).unwrap()
    }

    fn ids(numbers: impl IntoIterator<Item = u64>) -> BTreeSet<UserId> {
        numbers.into_iter().map(id).collect()
    }

    #[test]
    fn who_sees_the_same_users_gets_the_same_frame() {
        let seen = BTreeMap::from([(id(1), ids([2, 3, 4])), (id(2), ids([1, 3, 4]))]);
        let expected = Audiences::from([
            (ids([1, 2]), vec![id(3), id(4)]),
            (ids([1]), vec![id(2)]),
            (ids([2]), vec![id(1)]),
        ]);
        assert_eq!(audiences(&seen), expected);
    }
}
