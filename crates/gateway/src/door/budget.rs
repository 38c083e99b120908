//! The rate limit: the units that a user (all devices and connections together) or a source without a token may
//! spend.
//!
//! It is the generic cell rate algorithm. Each limiter is one time, at which everything so far is paid for. A
//! request moves it by its [price](crate::price), and may move it up to [`BURST_SECONDS`] ahead of the clock.
//!
//! Promises: one atomic number for each limiter, which only its own connections touch. A limiter without recent
//! requests is forgotten.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use hongyan_protocol::UserId;
use hongyan_service::ServiceError;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::source::Source;
use crate::limits::{BUDGETS_PER_SHARD, BURST_SECONDS};
use crate::price::Price;

/// Locks over which budgets are spread: each is taken once a connection or a request over HTTP.
const SHARDS: usize = 16;

/// What one user or source has spent.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    /// When everything so far is paid for, in nanoseconds on the budgets' clock.
    paid_at: AtomicU64,
    /// Bytes of bodies and answers that the server holds for it.
    pub(super) held: AtomicUsize,
}

/// How fast what is spent comes back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    started: Instant,
    nanos_per_milliunit: u64,
}

/// A clock's reading, for [`Rate::try_spend`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(u64);

impl Rate {
    /// So many units come back in a second.
    pub(crate) fn new(units_per_second: u32) -> Self {
        Self {
            started: Instant::now(),
            nanos_per_milliunit: (1_000_000 / u64::from(units_per_second.max(1))).max(1),
        }
    }

    /// What the clock says.
    pub(crate) fn now(&self) -> Moment {
        self.moment(Instant::now())
    }

    /// A moment by another clock.
    pub(crate) fn moment(&self, instant: Instant) -> Moment {
        let since = instant.saturating_duration_since(self.started);
        Moment(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    /// Pays, whatever is left: for what was done already.
    pub(crate) fn spend(&self, budget: &Budget, price: Price, Moment(now): Moment) {
        let cost = price.milliunits() * self.nanos_per_milliunit;
        if cost == 0 {
            return;
        }
        let paid = |paid_at: u64| Some(paid_at.max(now).saturating_add(cost));
        // Never fails: the closure always has an answer.
        let _ = budget
            .paid_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, paid);
    }

    /// Pays, or says how long to wait. Somebody who has anything left may spend all of it and more, so that no request is
    /// too dear for ever.
    pub(crate) fn try_spend(
        &self,
        budget: &Budget,
        price: Price,
        moment: Moment,
    ) -> Result<(), ServiceError> {
        let credit = BURST_SECONDS * 1_000_000_000;
        let paid_at = budget.paid_at.load(Ordering::Relaxed);
        // Two at the same moment may both pass: they pay all the same.
        match paid_at.checked_sub(moment.0.saturating_add(credit)) {
            None | Some(0) => {
                self.spend(budget, price, moment);
                Ok(())
            }
            Some(ahead) => Err(ServiceError::RateLimited(Duration::from_millis(
                ahead.div_ceil(1_000_000),
            ))),
        }
    }

    /// Whether nothing is owed any more.
    fn is_settled(&self, budget: &Budget, Moment(now): Moment) -> bool {
        budget.paid_at.load(Ordering::Relaxed) <= now && budget.held.load(Ordering::Relaxed) == 0
    }
}

/// Everybody's budgets, of one kind.
pub(crate) struct Budgets<K> {
    /// How fast they come back.
    pub(crate) rate: Rate,
    shards: Vec<Mutex<Shard<K>>>,
}

type Shard<K> = HashMap<K, Arc<Budget>, foldhash::quality::RandomState>;

/// Over which locks these are spread.
pub(crate) trait Spread {
    /// Any number that differs between most.
    fn number(&self) -> u64;
}

impl Spread for UserId {
    fn number(&self) -> u64 {
        self.get()
    }
}

impl Spread for Source {
    fn number(&self) -> u64 {
        match *self {
            Self::V4(address) => u64::from(address.to_bits()),
            Self::V6(bits) => bits,
        }
    }
}

impl<K: Hash + Eq + Copy + Spread> Budgets<K> {
    /// Budgets of which so many units come back in a second.
    pub(crate) fn new(units_per_second: u32) -> Self {
        Self {
            rate: Rate::new(units_per_second),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }

    /// The budget of this one.
    pub(crate) fn of(&self, key: K) -> Arc<Budget> {
        let shard = key.number() % SHARDS as u64;
        let mut shard = self.shards[usize::try_from(shard).unwrap_or(0)].lock();
        if let Some(budget) = shard.get(&key) {
            return Arc::clone(budget);
        }
        // Each time as many came as stayed: what it takes to look through them is shared by those.
        if shard.len() >= BUDGETS_PER_SHARD.min(shard.capacity()) {
            let now = self.rate.now();
            shard.retain(|_, budget| {
                Arc::strong_count(budget) > 1 || !self.rate.is_settled(budget, now)
            });
            if shard.len() >= BUDGETS_PER_SHARD {
                // All of them owe something: the one that comes has to share with one of them.
                return shard.values().next().map(Arc::clone).unwrap_or_default();
            }
        }
        let budget = Arc::<Budget>::default();
        shard.insert(key, Arc::clone(&budget));
        budget
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::price;

    fn spend_all(rate: &Rate, budget: &Budget, price: Price) -> u64 {
        let mut count = 0;
        while rate.try_spend(budget, price, rate.now()).is_ok() {
            count += 1;
        }
        count
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_then_the_rate_holds_and_it_says_how_long_to_wait() {
        let rate = Rate::new(1000);
        let budget = Budget::default();
        let burst = spend_all(&rate, &budget, price::SEND);
        assert_eq!(burst, BURST_SECONDS * 1000 + 1);
        let refused = rate.try_spend(&budget, price::SEND, rate.now());
        let Err(ServiceError::RateLimited(wait)) = refused else {
            panic!("{refused:?}");
        };
        advance(wait).await;
        assert!(rate.try_spend(&budget, price::SEND, rate.now()).is_ok());
        advance(Duration::from_secs(1)).await;
        let later = spend_all(&rate, &budget, price::SEND);
        assert!((999..=1001).contains(&later), "{later}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_dear_is_had_less_often_and_what_is_over_is_paid_later() {
        let rate = Rate::new(1000);
        let budget = Budget::default();
        assert!(spend_all(&rate, &budget, price::CHANGE) < BURST_SECONDS * 1000 / 10);
        let other = Budget::default();
        rate.spend(&other, price::bytes_in(1 << 30), rate.now());
        let refused = rate.try_spend(&other, price::SEND, rate.now());
        assert!(
            matches!(refused, Err(ServiceError::RateLimited(wait)) if wait > Duration::from_secs(60))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn one_user_has_one_budget_and_nobody_elses() {
        let budgets = Budgets::<UserId>::new(1000);
        let user = |id: u64| UserId::new(id).unwrap();
        let (one, again, other) = (
            budgets.of(user(1)),
            budgets.of(user(1)),
            budgets.of(user(2)),
        );
        assert!(Arc::ptr_eq(&one, &again) && !Arc::ptr_eq(&one, &other));
    }

    #[tokio::test(start_paused = true)]
    async fn who_owes_nothing_is_forgotten_and_who_does_is_not() {
        let budgets = Budgets::<UserId>::new(1000);
        let user = |id: u64| UserId::new(id).unwrap();
        let debtor = budgets.of(user(0));
        budgets
            .rate
            .spend(&debtor, price::bytes_in(1 << 30), budgets.rate.now());
        drop(debtor);
        for id in 1..200_000 {
            budgets.of(user(id));
        }
        let kept: usize = budgets.shards.iter().map(|shard| shard.lock().len()).sum();
        assert!(kept <= SHARDS * BUDGETS_PER_SHARD, "{kept}");
        let debtor = budgets.of(user(0));
        let refused = budgets
            .rate
            .try_spend(&debtor, price::SEND, budgets.rate.now());
        assert!(refused.is_err());
    }
}
