//! When to connect again, or never.
//!
//! Owns: the time of the next attempt, over failures, goodbyes and wake-ups.
//! Promises: waits grow exponentially with full jitter ([`Backoff`]); a terminal close code ends
//! it; a network that comes back is tried at once, but never faster than [`Policy::spacing`].
//! Not here: sockets, and what made the connection break.

use std::time::Duration;

use hongyan_protocol::Bye;

use crate::{Backoff, Tick};

/// The times of [`Reconnect`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Between attempts.
    pub backoff: Backoff,
    /// The longest wait that the server's `bye` may ask for.
    pub bye_cap: Duration,
    /// A connection that stayed welcome for this long counts as a success: the waits start anew.
    pub stable: Duration,
    /// From one attempt to the next, at least, however often the network comes back.
    pub spacing: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            backoff: Backoff {
                base: Duration::from_millis(500),
                cap: Duration::from_secs(30),
            },
            bye_cap: Duration::from_secs(5 * 60),
            stable: Duration::from_secs(10),
            spacing: Duration::from_millis(500),
        }
    }
}

/// What to do now that there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Connect at this time.
    At(Tick),
    /// Do not: the server closed with this terminal code. Sign in again, or update the client.
    Never(u16),
}

/// When to connect again: see the [module](self).
#[derive(Debug, Clone)]
pub struct Reconnect {
    policy: Policy,
}

impl Reconnect {
    /// Nothing was tried yet.
    pub fn new(policy: Policy) -> Self {
        Self { policy }
    }

    /// An attempt begins.
    pub fn attempt(&mut self, now: Tick) {
        let _ = (now, &self.policy);
    }

    /// The attempt came to `welcome`.
    pub fn welcomed(&mut self, now: Tick) {
        let _ = now;
    }

    /// The server says when to come back; the close follows.
    pub fn bye(&mut self, bye: &Bye) {
        let _ = bye;
    }

    /// The attempt failed or the connection broke, with the close code if there was one. `random` is
    /// uniform over all of `u64`.
    pub fn lost(&mut self, code: Option<u16>, random: u64, now: Tick) -> Next {
        let _ = (code, random);
        Next::At(now)
    }

    /// The network is back, the machine woke up, or the user is impatient: the wait is cut short.
    /// `None` when nothing waits.
    pub fn wake(&mut self, now: Tick) -> Option<Next> {
        let _ = now;
        None
    }
}
