//! The machine itself: quiet times, pings, and whom to blame for a silence.

use std::time::Duration;

use hongyan_protocol::heartbeat::is_telling;
use hongyan_protocol::{HeartbeatPlan, Ping, Pong};

use super::memory::{Memory, Network};
use super::{Action, Policy};
use crate::Tick;

/// When to ping, and when the connection is dead: see the [module](super).
#[derive(Debug)]
pub struct Heartbeat {
    policy: Policy,
    memory: Memory,
    is_background: bool,
    connection: Option<Connection>,
    suspicion: Option<Suspicion>,
}

/// The connection that is welcome.
#[derive(Debug)]
struct Connection {
    /// What `welcome` said: safe on any network.
    first: Duration,
    interval: Duration,
    timeout: Duration,
    sent: Tick,
    received: Tick,
    /// Quiet that began before this was on another network, and tells nothing of this one.
    network_since: Tick,
    ping: Option<Outstanding>,
    /// Ping at once, however short the quiet.
    is_due: bool,
}

/// A ping that is not answered yet.
#[derive(Debug)]
struct Outstanding {
    /// Until when its answer is waited for.
    until: Tick,
    /// The time was up, and nobody had looked at what had come by then: it is looked at now.
    is_looked_at: bool,
    /// The quiet time that it ended; `None` where it tells nothing of this network.
    quiet: Option<Duration>,
}

/// A connection that died of a quiet time, perhaps: whether the network was there all the while shows
/// when the next one comes.
#[derive(Debug)]
struct Suspicion {
    quiet: Duration,
    died_at: Tick,
}

impl Heartbeat {
    /// On a network of this name, in the foreground, not connected.
    pub fn new(policy: Policy, network: &str) -> Self {
        Self {
            policy,
            memory: Memory::new(network),
            is_background: false,
            connection: None,
            suspicion: None,
        }
    }

    /// What was learnt, to be kept over a restart; the network in use first.
    pub fn networks(&self, now: Tick) -> Vec<Network> {
        self.memory.save(now)
    }

    /// Takes up what an earlier client had learnt.
    pub fn remember(&mut self, networks: Vec<Network>, now: Tick) {
        self.memory.load(networks, now, self.policy.networks);
    }

    /// The connection is welcome.
    pub fn connected(&mut self, plan: HeartbeatPlan, now: Tick) {
        let first = interval(plan.interval_ms);
        if let Some(suspicion) = self.suspicion.take() {
            let was_there = now.since(suspicion.died_at) <= self.policy.blame;
            let quiet_ms = millis(suspicion.quiet);
            if was_there && is_telling(quiet_ms, millis(first)) {
                self.memory.current().failed(quiet_ms, now);
            }
        }
        self.connection = Some(Connection {
            first,
            interval: first,
            timeout: interval(plan.timeout_ms),
            sent: now,
            received: now,
            network_since: now,
            ping: None,
            is_due: false,
        });
    }

    /// The connection is gone, whoever ended it. If a ping was not answered by then, that may be why:
    /// a NAT may also answer for the server, with a reset.
    pub fn disconnected(&mut self, now: Tick) {
        let ping = self.connection.take().and_then(|gone| gone.ping);
        if let Some(quiet) = ping.and_then(|ping| ping.quiet) {
            let died_at = now;
            self.suspicion = Some(Suspicion { quiet, died_at });
        }
    }

    /// The connection was cut without a word, as a proxy does that allows only so much quiet. What is quiet now
    /// may be why, as an unanswered ping may be.
    pub fn cut(&mut self, now: Tick) {
        let connection = self.connection.as_ref();
        let idle = connection.filter(|connection| connection.ping.is_none());
        let quiet = idle.and_then(|connection| connection.quiet(now));
        self.disconnected(now);
        if let Some(quiet) = quiet {
            let died_at = now;
            self.suspicion = Some(Suspicion { quiet, died_at });
        }
    }

    /// What was to be sent before a ping is still on its way, and moves: its answer is waited for anew.
    pub fn moved(&mut self, now: Tick) {
        if let Some(connection) = &mut self.connection
            && let Some(ping) = &mut connection.ping
        {
            ping.until = now.after(connection.timeout);
        }
    }

    /// A frame was sent.
    pub fn sent(&mut self, now: Tick) {
        if let Some(connection) = &mut self.connection {
            connection.sent = now;
        }
    }

    /// A frame was received, whatever it says: the connection is alive. If it came after a quiet time,
    /// or after a ping that ended one, that quiet time has held.
    pub fn received(&mut self, now: Tick) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        let quiet = match connection.ping.take() {
            Some(ping) => ping.quiet,
            None => connection.quiet(now),
        };
        connection.received = now;
        let (quiet_ms, first_ms) = (millis(quiet.unwrap_or_default()), millis(connection.first));
        if is_telling(quiet_ms, first_ms) {
            self.memory.current().held(quiet_ms);
        }
    }

    /// The frame received is the answer to a ping. Call it after [`received`](Self::received).
    pub fn pong(&mut self, pong: Pong) {
        if let Some(connection) = &mut self.connection {
            connection.interval = interval(pong.next_interval_ms);
        }
    }

    /// The device is on another network now. A connection that survives it is pinged carefully again.
    pub fn network_changed(&mut self, network: &str, now: Tick) {
        self.memory.switch(network, self.policy.networks);
        self.suspicion = None;
        if let Some(connection) = &mut self.connection {
            connection.network_since = now;
            connection.interval = connection.first;
            connection.is_due = true;
            if let Some(ping) = &mut connection.ping {
                ping.quiet = None;
            }
        }
    }

    /// Whether nobody is looking. Back in the foreground, a ping is due at once: a break that the long
    /// interval hid shows now.
    pub fn set_background(&mut self, background: bool) {
        if let Some(connection) = &mut self.connection {
            connection.is_due |= self.is_background && !background;
        }
        self.is_background = background;
    }

    /// When to call [`tick`](Self::tick) next; `None` while not connected.
    pub fn next_deadline(&self) -> Option<Tick> {
        let connection = self.connection.as_ref()?;
        Some(match &connection.ping {
            Some(ping) => ping.until,
            None if connection.is_due => Tick::default(),
            None => connection.ping_at(),
        })
    }

    /// Time passed.
    pub fn tick(&mut self, now: Tick, out: &mut Vec<Action>) {
        let Some(deadline) = self.next_deadline().filter(|at| *at <= now) else {
            return;
        };
        let Some(connection) = &mut self.connection else {
            return;
        };
        if connection.ping.is_none() {
            let quiet = connection.quiet(now);
            connection.ping = Some(Outstanding {
                until: now.after(connection.timeout),
                is_looked_at: false,
                quiet,
            });
            connection.sent = now;
            connection.is_due = false;
            out.push(Action::Ping(Ping {
                interval_ms: millis(quiet.unwrap_or_default()),
                learnt: self.memory.current().learnt(now, &self.policy),
                background: self.is_background,
            }));
        } else if !connection.may_have_come(deadline, now) {
            self.disconnected(now);
            out.push(Action::Dead);
        }
    }
}

impl Connection {
    /// How long nothing went either way; `None` if that began on another network.
    fn quiet(&self, now: Tick) -> Option<Duration> {
        let last = self.sent.max(self.received);
        (last >= self.network_since).then(|| now.since(last))
    }

    /// Whether the answer may have come while nobody could look: the clock is read much later than it was
    /// to be, because the process or the machine stood still. Then a moment is left to look, once.
    fn may_have_come(&mut self, deadline: Tick, now: Tick) -> bool {
        let Some(ping) = &mut self.ping else {
            return false;
        };
        let may_have = now.since(deadline) > LATE && !ping.is_looked_at;
        if may_have {
            ping.is_looked_at = true;
            ping.until = now.after(LOOK);
        }
        may_have
    }

    /// When a ping is due: the server must hear of the client in time even while only it speaks, and
    /// the client of the server.
    fn ping_at(&self) -> Tick {
        self.sent.min(self.received).after(self.interval)
    }
}

/// A timer that is later than this was not merely late.
const LATE: Duration = Duration::from_secs(2);

/// How long it takes to look at what came meanwhile.
const LOOK: Duration = Duration::from_secs(2);

/// What a server may ask for, in milliseconds: anything from a second to a day.
fn interval(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds.clamp(1_000, 24 * 60 * 60 * 1_000))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
