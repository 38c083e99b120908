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
pub(crate) struct Unsettled(Mutex<Users>);

#[derive(Default)]
struct Users {
    waiting: HashSet<UserId, RandomState>,
    being_settled: HashSet<UserId, RandomState>,
}

impl Unsettled {
    pub(crate) fn contains(&self, user: UserId) -> bool {
        let users = self.0.lock();
        users.waiting.contains(&user) || users.being_settled.contains(&user)
    }

    pub(crate) fn is_empty(&self) -> bool {
        let users = self.0.lock();
        users.waiting.is_empty() && users.being_settled.is_empty()
    }

    pub(crate) fn add<'a>(&self, users: impl IntoIterator<Item = &'a UserId>) {
        self.0.lock().waiting.extend(users);
    }

    /// What is journaled for all that are in here is being carried out.
    pub(crate) fn are_being_settled(&self) {
        let mut users = self.0.lock();
        let waiting = std::mem::take(&mut users.waiting);
        users.being_settled.extend(waiting);
    }

    /// What was [being carried out](Self::are_being_settled) is.
    pub(crate) fn are_settled(&self) {
        self.0.lock().being_settled.clear();
    }

    pub(crate) fn clear(&self) {
        *self.0.lock() = Users::default();
    }
}
