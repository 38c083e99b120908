//! The smart heartbeat: how long a connection may stay quiet. Pure arithmetic.
//!
//! A NAT forgets a quiet connection after a time that nobody tells. The client measures, the server
//! decides: each `ping` carries what the client has learnt of its network, each `pong` the next
//! interval. The server keeps nothing; what a client says is clamped, so a lie costs only the liar.
//!
//! `docs/HEARTBEAT.md` explains the numbers and what they save.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{HeartbeatPlan, Ping};

/// What a client has learnt of one network, in milliseconds of quiet time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learnt {
    /// The longest quiet time after which a ping was still answered.
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
}

/// The bounds within which the interval moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The first interval on a connection, and the shortest: below what NATs are known to allow.
    pub start: Duration,
    /// The longest interval while somebody is looking.
    pub foreground_cap: Duration,
    /// The longest interval while nobody is.
    pub background_cap: Duration,
    /// From a ping that is not answered to the end of the connection.
    pub timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(25),
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
    pub fn next_interval_ms(&self, ping: &Ping) -> u64 {
        let _ = ping;
        millis(self.start)
    }

    /// How long the server waits for any frame from a client whose interval this is: longer than the
    /// interval and the client's own time-out, so that the client always gets to try first.
    pub fn idle_limit(&self, interval_ms: u64) -> Duration {
        Duration::from_millis(interval_ms)
            .saturating_add(self.timeout)
            .saturating_add(IDLE_SLACK)
    }
}

/// Timers that fire late and slow networks, on top of what the client was told.
const IDLE_SLACK: Duration = Duration::from_secs(15);

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
