//! A rate limit on failures.
//!
//! It is the generic cell rate algorithm (ITU-T I.371): one time for each key, at which all its failures are
//! forgiven. It counts failures only, so people who share an address and know their passwords never wait. Its time
//! is not the wall clock's, which somebody may set.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use parking_lot::Mutex;

/// Who shares a limit by address: one IPv4 address, or one IPv6 /64, which is what one customer of a
/// provider has at least and may use all of.
pub fn limited_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)))
        }
    }
}

/// Failures on record, by key.
pub(crate) struct Throttle<K> {
    /// When each key's failures are all forgiven.
    forgiven_at: Mutex<HashMap<K, u64>>,
    /// Failures that cost nothing yet.
    burst: u64,
    /// The time that forgives one failure, in milliseconds.
    forgives_ms: u64,
    /// Keys on record. Overflow: those whose records are over go, then the one that ends first.
    capacity: usize,
}

impl<K: Hash + Eq + Clone> Throttle<K> {
    pub(crate) fn new(burst: u32, forgives: Duration, capacity: usize) -> Self {
        Self {
            forgiven_at: Mutex::default(),
            burst: u64::from(burst),
            forgives_ms: millis(forgives),
            capacity,
        }
    }

    /// How long this key has to wait; `None` when it need not.
    pub(crate) fn wait(&self, key: &K, now: Duration) -> Option<Duration> {
        let forgiven_at = *self.forgiven_at.lock().get(key)?;
        let allowed_at = forgiven_at.saturating_sub((self.burst - 1) * self.forgives_ms);
        let wait = allowed_at.checked_sub(millis(now))?;
        (wait > 0).then(|| Duration::from_millis(wait))
    }

    /// Records a failure.
    pub(crate) fn fail(&self, key: K, now: Duration) {
        let mut records = self.forgiven_at.lock();
        if records.len() >= self.capacity && !records.contains_key(&key) {
            make_room(&mut records, now);
        }
        let forgiven_at = records.entry(key).or_default();
        *forgiven_at = millis(now).max(*forgiven_at) + self.forgives_ms;
    }

    /// Forgets a key: it proved itself.
    pub(crate) fn forgive(&self, key: &K) {
        self.forgiven_at.lock().remove(key);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn make_room<K: Hash + Eq + Clone>(records: &mut HashMap<K, u64>, now: Duration) {
    let before = records.len();
    records.retain(|_, forgiven_at| *forgiven_at > millis(now));
    if records.len() == before {
        let first = records
            .iter()
            .min_by_key(|(_, at)| **at)
            .map(|(key, _)| key.clone());
        if let Some(key) = first {
            records.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_burst_is_free_then_each_failure_waits_its_turn() {
        let throttle = Throttle::new(3, Duration::from_secs(10), 100);
        for _ in 0..3 {
            assert_eq!(throttle.wait(&"key", at(1000)), None);
            throttle.fail("key", at(1000));
        }
        assert_eq!(
            throttle.wait(&"key", at(1000)),
            Some(Duration::from_secs(10))
        );
        assert_eq!(
            throttle.wait(&"key", at(10_999)),
            Some(Duration::from_millis(1))
        );
        assert_eq!(throttle.wait(&"key", at(11_000)), None);
        assert_eq!(throttle.wait(&"other", at(1000)), None);
    }

    #[test]
    fn a_customers_ipv6_addresses_share_one_limit() {
        let limited = |address: &str| limited_as(address.parse().unwrap()).to_string();
        assert_eq!(limited("2001:db8:1:2:3::4"), "2001:db8:1:2::");
        assert_eq!(limited("192.0.2.7"), "192.0.2.7");
        assert_eq!(limited("::ffff:192.0.2.7"), "192.0.2.7");
    }

    #[test]
    fn who_proves_itself_is_forgiven() {
        let throttle = Throttle::new(1, Duration::from_secs(10), 100);
        throttle.fail("key", at(0));
        assert!(throttle.wait(&"key", at(0)).is_some());
        throttle.forgive(&"key");
        assert_eq!(throttle.wait(&"key", at(0)), None);
    }

    #[test]
    fn a_flood_of_keys_stays_within_capacity() {
        let throttle = Throttle::new(1, Duration::from_secs(10), 4);
        for key in 0..100 {
            throttle.fail(key, at(key));
        }
        assert_eq!(throttle.forgiven_at.lock().len(), 4);
        assert!(
            throttle.wait(&99, at(100)).is_some(),
            "the latest is on record"
        );
    }
}
