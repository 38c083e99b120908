//! How often somebody is put into groups by others, and how often one tries to come into some.
//!
//! Owns: whom others brought in lately, and who looked at links.
//! Promises: counts only who came in, not what was refused or repeated. Whoever comes in on their own account does not
//! count. A restart forgets it.
//! Not here: what a request costs its sender (the gateway's prices).

use std::time::Duration;

use hongyan_protocol::UserId;
use hongyan_store::Event;
use tokio::time::Instant;

use crate::ServiceError;
use crate::limits::{
    JOIN_TRIES, JOIN_TRY_FORGIVES, JOIN_TRY_RECORDS, PUT_IN, PUT_IN_FORGIVES, PUT_IN_RECORDS,
};
use crate::throttle::Throttle;

pub(crate) struct Flood {
    started: Instant,
    put_in: Throttle<UserId>,
    tries: Throttle<UserId>,
}

impl Flood {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            put_in: Throttle::new(PUT_IN, PUT_IN_FORGIVES, PUT_IN_RECORDS),
            tries: Throttle::new(JOIN_TRIES, JOIN_TRY_FORGIVES, JOIN_TRY_RECORDS),
        }
    }

    /// Passes when this user may look at a group from outside, or try to come in, now. It counts, whatever comes of it.
    pub(crate) fn try_joining(&self, user: UserId) -> Result<(), ServiceError> {
        let now = self.now();
        if let Some(wait) = self.tries.wait(&user, now) {
            return Err(ServiceError::RateLimited(wait));
        }
        self.tries.fail(user, now);
        Ok(())
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

    #[tokio::test(start_paused = true)]
    async fn who_tries_many_links_waits_and_others_do_not() {
        let flood = Flood::new();
        for _ in 0..JOIN_TRIES {
            flood.try_joining(user(1000)).unwrap();
        }
        let refused = flood.try_joining(user(1000));
        assert_eq!(refused, Err(ServiceError::RateLimited(JOIN_TRY_FORGIVES)));
        flood.try_joining(user(1001)).unwrap();
        tokio::time::advance(JOIN_TRY_FORGIVES).await;
        flood.try_joining(user(1000)).unwrap();
        assert!(flood.try_joining(user(1000)).is_err());
    }
}
