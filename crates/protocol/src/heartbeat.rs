//! The smart heartbeat: how long a connection may stay quiet. Pure arithmetic.
//!
//! A NAT forgets a quiet connection after a time that it tells nobody. The client measures, the
//! server decides: each `ping` carries what the client has learnt of its network, each `pong` the
//! next interval. The server keeps nothing; what a client says is clamped, so a lie costs only
//! the liar.
//!
//! `docs/HEARTBEAT.md` explains the numbers, names their sources, and shows what they save.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{HeartbeatPlan, Ping};

/// What a client has learnt of one network, in milliseconds of quiet time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learnt {
    /// The longest quiet time after which the connection was still alive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_ms: Option<u64>,
    /// The shortest quiet time after which the connection turned out to be dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_ms: Option<u64>,
}

impl Learnt {
    /// Whether nothing was learnt yet.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The connection was alive after this much quiet. A failure at no longer a time is thereby
    /// disproved.
    #[must_use]
    pub fn held(self, quiet_ms: u64) -> Self {
        Self {
            held_ms: Some(quiet_ms.max(self.held_ms.unwrap_or(0))),
            failed_ms: self.failed_ms.filter(|failed_ms| *failed_ms > quiet_ms),
        }
    }

    /// The connection was dead after this much quiet. What held for as long or longer is thereby
    /// disproved, and the search begins anew below.
    #[must_use]
    pub fn failed(self, quiet_ms: u64) -> Self {
        Self {
            held_ms: self.held_ms.filter(|held_ms| *held_ms < quiet_ms),
            failed_ms: Some(quiet_ms.min(self.failed_ms.unwrap_or(u64::MAX))),
        }
    }
}

/// The bounds within which the interval moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The first interval on a connection, and the shortest of all: NATs hold for longer.
    pub start: Duration,
    /// The longest interval while somebody is looking: a break should show soon.
    pub foreground_cap: Duration,
    /// The longest interval while nobody is.
    pub background_cap: Duration,
    /// From a ping that is not answered to the end of the connection.
    pub timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            start: START,
            foreground_cap: Duration::from_secs(3 * 60),
            background_cap: Duration::from_secs(28 * 60),
            timeout: Duration::from_secs(10),
        }
    }
}

impl Policy {
    /// What `welcome` tells a client of which nothing is known yet.
    pub fn first_plan(&self) -> HeartbeatPlan {
        HeartbeatPlan {
            interval_ms: millis(self.start),
            timeout_ms: millis(self.timeout),
        }
    }

    /// The next interval, in milliseconds, for a client that sent this ping.
    ///
    /// That the ping arrived counts as held. Without a quiet time that tells anything, the answer is
    /// the start. While the interval holds, the next one is longer by a quarter. Where that would
    /// come near a time that failed, the search is over: the interval stays a sixteenth below what
    /// held. So one failure finds the limit of a NAT, and the interval then lies between 7/10 of
    /// that limit and the limit itself.
    pub fn next_interval_ms(&self, ping: &Ping) -> u64 {
        let cap = if ping.background {
            self.background_cap
        } else {
            self.foreground_cap
        };
        let (start, cap) = (millis(self.start), millis(cap));
        let believable = ping.interval_ms.min(cap);
        let learnt = ping.learnt.held(believable);
        let held = learnt.held_ms.unwrap_or(0);
        if !is_telling(held, start) {
            return start;
        }
        let held = held.clamp(start, cap.max(start));
        let grown = held.saturating_add(held / GROWTH_DIVISOR);
        let next = match learnt.failed_ms {
            Some(failed) if grown.saturating_add(grown / MARGIN_DIVISOR) >= failed => {
                held - held / MARGIN_DIVISOR
            }
            Some(_) | None => grown,
        };
        next.clamp(start, cap.max(start))
    }

    /// How long the server waits for any frame from a client whose interval this is: longer than the
    /// interval and the client's own time-out, so that the client always gets to try first.
    pub fn idle_limit(&self, interval_ms: u64) -> Duration {
        Duration::from_millis(interval_ms)
            .saturating_add(self.timeout)
            .saturating_add(IDLE_SLACK)
    }
}

const START: Duration = Duration::from_secs(25);

/// The interval grows by a quarter of itself.
const GROWTH_DIVISOR: u64 = 4;

/// And stays a sixteenth away from what held and what failed: timers fire late, and NATs look at their
/// tables in steps.
const MARGIN_DIVISOR: u64 = 16;

/// Whether a quiet time is long enough to tell anything of a network. It falls short of the interval
/// that it was planned with by a round trip, because the answer to a ping is traffic too; so nearly
/// the shortest interval will do.
pub const fn is_telling(quiet_ms: u64, start_ms: u64) -> bool {
    quiet_ms >= start_ms - start_ms / 8
}

/// Timers that fire late and slow networks, on top of what the client was told.
const IDLE_SLACK: Duration = Duration::from_secs(15);

const _: () = assert!(
    START.as_secs() <= 25,
    "the shortest NAT time-outs seen on real networks are 30 s"
);

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
