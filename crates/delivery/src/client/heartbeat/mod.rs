//! When to ping, and when the connection is dead.
//!
//! Owns: the quiet time of the connection, and what was learnt of each kind of network.
//! Promises: a server that hears from its clients as often as it planned always does; a silent
//! connection is found dead within the interval and the time-out; networks remembered are bounded.
//! Not here: how the interval grows and shrinks (`hongyan_protocol::heartbeat`, run by the server).

use std::time::Duration;

use hongyan_protocol::heartbeat::Learnt;
use hongyan_protocol::{HeartbeatPlan, Ping, Pong};

use crate::Tick;

/// The times and bounds of [`Heartbeat`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Networks remembered. Beyond it the one used longest ago is forgotten.
    pub networks: usize,
    /// A connection that comes back within this time of a dead one says that the network was there
    /// and the quiet time was too long. Later than this, the network itself was gone, and nothing
    /// is learnt.
    pub blame: Duration,
    /// A failure seen once is forgotten after this long, and tried again: it may have been chance.
    pub recheck: Duration,
    /// The same for a failure that was confirmed.
    pub recheck_confirmed: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            networks: 16,
            blame: Duration::from_secs(30),
            recheck: Duration::from_secs(60 * 60),
            recheck_confirmed: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// What the SDK has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send this ping. It counts as sent; do not call [`Heartbeat::sent`] for it.
    Ping(Ping),
    /// Nothing came back: break the connection and make a new one.
    Dead,
}

/// What is remembered of one network, as plain data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The caller's name for it, such as `wifi:<id>` or `cell`.
    pub key: Box<str>,
    /// The quiet times that held and failed.
    pub learnt: Learnt,
    /// How long ago the failure was, in milliseconds.
    pub failed_age_ms: u64,
    /// How often the failure was seen.
    pub confirmations: u32,
}

/// When to ping, and when the connection is dead: see the [module](self).
#[derive(Debug)]
pub struct Heartbeat {
    policy: Policy,
}

impl Heartbeat {
    /// On a network of this name, in the foreground, not connected.
    pub fn new(policy: Policy, network: &str) -> Self {
        let _ = network;
        Self { policy }
    }

    /// What was learnt, to be kept over a restart.
    pub fn networks(&self, now: Tick) -> Vec<Network> {
        let _ = (now, &self.policy);
        Vec::new()
    }

    /// Takes up what an earlier client had learnt.
    pub fn remember(&mut self, networks: Vec<Network>, now: Tick) {
        let _ = (networks, now);
    }

    /// The connection is welcome.
    pub fn connected(&mut self, plan: HeartbeatPlan, now: Tick) {
        let _ = (plan, now);
    }

    /// The connection is gone, whoever ended it.
    pub fn disconnected(&mut self, now: Tick) {
        let _ = now;
    }

    /// A frame was sent.
    pub fn sent(&mut self, now: Tick) {
        let _ = now;
    }

    /// A frame was received, whatever it says.
    pub fn received(&mut self, now: Tick) {
        let _ = now;
    }

    /// The frame received is the answer to a ping. Call it after [`received`](Self::received).
    pub fn pong(&mut self, pong: Pong) {
        let _ = pong;
    }

    /// The device is on another network now. A connection that survives it is pinged carefully again.
    pub fn network_changed(&mut self, network: &str, now: Tick) {
        let _ = (network, now);
    }

    /// Whether nobody is looking. Back in the foreground, a ping is due at once: a break that the long
    /// interval hid shows now.
    pub fn set_background(&mut self, background: bool, now: Tick) {
        let _ = (background, now);
    }

    /// When to call [`tick`](Self::tick) next; `None` while not connected.
    pub fn next_deadline(&self) -> Option<Tick> {
        None
    }

    /// Time passed.
    pub fn tick(&mut self, now: Tick, out: &mut Vec<Action>) {
        let _ = (now, out);
    }
}
