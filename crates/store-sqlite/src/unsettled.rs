//! Whose reads have to wait.
//!
//! writer → **unsettled** → store
//!
//! Owns: the users for whom something is journaled, and so not yet where readers look.
//! Promises: a user is in here from before the write is answered until it is carried out.

use std::collections::HashSet;

use foldhash::fast::RandomState;
use hongyan_protocol::UserId;
use parking_lot::Mutex;

#[derive(Default)]
pub(crate) struct Unsettled(Mutex<HashSet<UserId, RandomState>>);

impl Unsettled {
    pub(crate) fn contains(&self, user: UserId) -> bool {
        self.0.lock().contains(&user)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    pub(crate) fn add(&self, users: impl IntoIterator<Item = UserId>) {
        self.0.lock().extend(users);
    }

    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}
