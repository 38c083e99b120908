//! What is remembered of each network.

use hongyan_protocol::heartbeat::Learnt;

use super::Policy;
use crate::Tick;

/// What is remembered of one network, as plain data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The caller's name for it, such as `wifi:<id>` or `cell`.
    pub key: Box<str>,
    /// The quiet times that held and failed.
    pub learnt: Learnt,
    /// How long ago the failure was, in milliseconds. Means nothing where none is known.
    pub failed_age_ms: u64,
    /// How often in a row the failure was seen.
    pub confirmations: u32,
}

/// Networks, the one in use first.
#[derive(Debug)]
pub(super) struct Memory {
    networks: Vec<Known>,
}

/// One network, with moments instead of ages.
#[derive(Debug)]
pub(super) struct Known {
    key: Box<str>,
    learnt: Learnt,
    /// When the failure was last seen.
    failed_at: Tick,
    /// How often in a row the failure was seen.
    confirmations: u32,
    /// A failure that was forgotten in order to try again.
    doubted_ms: Option<u64>,
    /// A quiet time that failed once although it, or a longer one, had held.
    struck_ms: Option<u64>,
}

impl Memory {
    pub(super) fn new(key: &str) -> Self {
        Self {
            networks: vec![Known::new(key)],
        }
    }

    /// The network in use.
    pub(super) fn current(&mut self) -> &mut Known {
        // `new` and `switch` leave at least one; an empty name stands in for none.
        if self.networks.is_empty() {
            self.networks.push(Known::new(""));
        }
        &mut self.networks[0]
    }

    /// Makes `key` the network in use, known or not, and forgets the one used longest ago if there
    /// are too many.
    pub(super) fn switch(&mut self, key: &str, limit: usize) {
        let known = self.networks.iter().position(|known| *known.key == *key);
        let known = match known {
            Some(index) => self.networks.remove(index),
            None => Known::new(key),
        };
        self.networks.insert(0, known);
        self.networks.truncate(limit.max(1));
    }

    pub(super) fn save(&self, now: Tick) -> Vec<Network> {
        let networks = self.networks.iter();
        let networks = networks.map(|known| Network {
            key: known.key.clone(),
            learnt: known.learnt,
            failed_age_ms: now.as_millis().saturating_sub(known.failed_at.as_millis()),
            confirmations: known.confirmations,
        });
        networks.collect()
    }

    /// Adds what was saved. The network in use stays in use, and takes up what was saved of it.
    pub(super) fn load(&mut self, saved: Vec<Network>, now: Tick, limit: usize) {
        for network in saved {
            let failed_at = now.as_millis().saturating_sub(network.failed_age_ms);
            let loaded = Known {
                learnt: network.learnt,
                failed_at: Tick::from_millis(failed_at),
                confirmations: network.confirmations,
                ..Known::new(&network.key)
            };
            let mut networks = self.networks.iter_mut();
            match networks.find(|known| known.key == network.key) {
                Some(known) => *known = loaded,
                None => self.networks.push(loaded),
            }
        }
        self.networks.truncate(limit.max(1));
    }
}

impl Known {
    fn new(key: &str) -> Self {
        Self {
            key: key.into(),
            learnt: Learnt::default(),
            failed_at: Tick::default(),
            confirmations: 0,
            doubted_ms: None,
            struck_ms: None,
        }
    }

    /// What to tell the server. A failure that is old enough is doubted from here on.
    pub(super) fn learnt(&mut self, now: Tick, policy: &Policy) -> Learnt {
        let patience = if self.confirmations > 1 {
            policy.recheck_confirmed
        } else {
            policy.recheck
        };
        if self.learnt.failed_ms.is_some() && now.since(self.failed_at) >= patience {
            self.doubted_ms = self.learnt.failed_ms.take();
        }
        self.learnt
    }

    /// The connection was alive after this much quiet.
    pub(super) fn held(&mut self, quiet_ms: u64) {
        self.struck_ms = self.struck_ms.filter(|struck| quiet_ms < *struck);
        if self.doubted_ms.is_some_and(|doubted| quiet_ms >= doubted) {
            self.doubted_ms = None;
            self.confirmations = 0;
        }
        self.learnt = self.learnt.held(quiet_ms);
    }

    /// The connection was dead after this much quiet. If that had held before, it counts from the
    /// second time in a row: a single failure is more likely chance than a NAT that changed its mind.
    pub(super) fn failed(&mut self, quiet_ms: u64, now: Tick) {
        if self.learnt.failed_ms.is_some_and(|known| known <= quiet_ms) {
            return;
        }
        let had_held = self.learnt.held_ms.is_some_and(|held| quiet_ms <= held);
        if had_held && self.struck_ms.is_none() {
            self.struck_ms = Some(quiet_ms);
            return;
        }
        self.struck_ms = None;
        self.doubted_ms = None;
        self.confirmations = self.confirmations.saturating_add(1);
        self.failed_at = now;
        self.learnt = self.learnt.failed(quiet_ms);
    }
}
