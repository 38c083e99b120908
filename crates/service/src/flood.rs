//! How often somebody is put into groups by others.
//!
//! Owns: whom others brought in lately.
//! Promises: counts only who came in, not what was refused or repeated. Whoever comes in on their own account does not
//! count. A restart forgets it.
//! Not here: what a request costs its sender (the gateway's prices).

use std::time::Duration;

use hongyan_protocol::UserId;
use hongyan_store::Event;
use tokio::time::Instant;

use crate::ServiceError;
use crate::limits::{PUT_IN, PUT_IN_FORGIVES, PUT_IN_RECORDS};
use crate::throttle::Throttle;

pub(crate) struct Flood {
    started: Instant,
    put_in: Throttle<UserId>,
}

impl Flood {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            put_in: Throttle::new(PUT_IN, PUT_IN_FORGIVES, PUT_IN_RECORDS),
        }
    }

    /// Passes when others may put all of these into a group now.
    pub(crate) fn check(&self, by: UserId, users: &[UserId]) -> Result<(), ServiceError> {
        let now = self.now();
        let others = users.iter().filter(|user| **user != by);
        let wait = others.filter_map(|user| self.put_in.wait(user, now)).max();
        match wait {
            Some(wait) => Err(ServiceError::RateLimited(wait)),
            None => Ok(()),
        }
    }

    /// A group was changed, and that is on disk.
    pub(crate) fn note(&self, event: &Event) {
        let (Event::Created { users, .. } | Event::Added(users)) = event else {
            return;
        };
        let now = self.now();
        for user in users {
            self.put_in.fail(*user, now);
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_put_into_many_groups_is_left_in_peace_for_a_while() {
        let flood = Flood::new();
        let event = Event::Added(vec![user(1001)]);
        for _ in 0..PUT_IN {
            flood.check(user(1000), &[user(1001), user(1002)]).unwrap();
            flood.note(&event);
        }
        let refused = flood.check(user(1000), &[user(1001), user(1002)]);
        assert_eq!(refused, Err(ServiceError::RateLimited(PUT_IN_FORGIVES)));
        flood.check(user(1000), &[user(1002)]).unwrap();
        flood.check(user(1001), &[user(1001)]).unwrap();
        tokio::time::advance(PUT_IN_FORGIVES).await;
        flood.check(user(1000), &[user(1001)]).unwrap();
    }
}
