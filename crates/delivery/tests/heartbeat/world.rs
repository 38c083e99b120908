//! One device behind one NAT, and a server: idle, but for the heartbeat.

use std::time::Duration;

use hongyan_delivery::Tick;
use hongyan_delivery::client::Heartbeat;
use hongyan_delivery::client::heartbeat::{Action, Policy};
use hongyan_protocol::heartbeat::Policy as ServerPolicy;
use hongyan_protocol::{ClientFrame, HeartbeatPlan, Millis, Ping, Pong, ServerFrame};

use crate::support::Random;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(60 * 60);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// From a ping to its pong.
pub(crate) const ROUND_TRIP: Duration = Duration::from_millis(100);

/// How late a timer may fire.
pub(crate) const TIMER_LATE: Duration = Duration::from_secs(1);

/// From the end of one connection to the welcome of the next, when the network is there.
const RECONNECT: Duration = Duration::from_secs(1);

/// An outage that outlasts the ping, and keeps the device off the network.
const LONG_OUTAGE: Duration = Duration::from_secs(5 * 60);

/// Who decides the interval.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Plan {
    /// What this project does.
    Smart { background: bool },
    /// The same interval always, whatever happens.
    Fixed(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered,
    /// The NAT had forgotten the connection.
    Forgotten,
    /// The network was away just then.
    Outage,
}

/// One ping.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) at: Duration,
    pub(crate) quiet: Duration,
    pub(crate) outcome: Outcome,
    /// The client knew of no failure: the interval was on the way up.
    pub(crate) was_probe: bool,
}

/// What the heartbeat cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// Pings and reconnects: each wakes the radio.
    pub(crate) wake_ups: u64,
    pub(crate) bytes: u64,
    pub(crate) reconnects: u64,
    /// While a push would not have arrived.
    pub(crate) unreachable: Duration,
}

pub(crate) struct World {
    pub(crate) nat: Duration,
    pub(crate) outages_per_mille: u64,
    /// It ends a connection that it would have forgotten, as proxies do: the client learns of it at once.
    pub(crate) cuts: bool,
    /// When it did so.
    pub(crate) cut_at: Vec<Duration>,
    pub(crate) cost: Cost,
    plan: Plan,
    heartbeat: Heartbeat,
    now: Duration,
    /// When the NAT last saw a packet of the connection.
    seen: Duration,
    random: Random,
    events: Vec<Event>,
}

impl World {
    pub(crate) fn new(nat: Duration, plan: Plan, seed: u64) -> Self {
        let mut heartbeat = Heartbeat::new(Policy::default(), "wifi");
        heartbeat.set_background(matches!(plan, Plan::Smart { background: true }));
        let mut world = Self {
            nat,
            outages_per_mille: 0,
            cuts: false,
            cut_at: Vec::new(),
            cost: Cost::default(),
            plan,
            heartbeat,
            now: Duration::ZERO,
            seen: Duration::ZERO,
            random: Random(seed),
            events: Vec::new(),
        };
        world.connect();
        world
    }

    /// Lets the time pass up to `end`.
    pub(crate) fn run(&mut self, end: Duration) {
        while let Some(at) = self.heartbeat.next_deadline() {
            let at = Duration::from_millis(at.as_millis());
            if at > end {
                break;
            }
            let late = Duration::from_millis(self.random.below(TIMER_LATE.as_millis() as u64));
            if self.cuts && at + late >= self.seen + self.nat {
                self.cut();
                continue;
            }
            self.now = self.now.max(at + late);
            let mut actions = Vec::new();
            self.heartbeat.tick(self.tick(), &mut actions);
            for action in actions {
                match action {
                    Action::Ping(ping) => self.ping(ping),
                    Action::Dead => self.reconnect(),
                }
            }
        }
    }

    fn cut(&mut self) {
        self.now = self.now.max(self.seen + self.nat);
        self.cut_at.push(self.now);
        self.heartbeat.cut(self.tick());
        self.now += RECONNECT;
        self.connect();
    }

    /// The device moves to another network, and its connection breaks.
    pub(crate) fn change_network(&mut self, network: &str, nat: Duration) {
        self.heartbeat.disconnected(self.tick());
        self.heartbeat.network_changed(network, self.tick());
        self.nat = nat;
        self.connect();
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> + Clone {
        self.events.iter()
    }

    pub(crate) fn failures(&self, outcome: Outcome) -> Vec<Event> {
        let failures = self.events().filter(|event| event.outcome == outcome);
        failures.copied().collect()
    }

    /// The quiet time that the last answered ping ended.
    pub(crate) fn settled(&self) -> Duration {
        let answered = self
            .events()
            .filter(|event| event.outcome == Outcome::Answered);
        answered.last().map_or(Duration::ZERO, |event| event.quiet)
    }

    fn tick(&self) -> Tick {
        Tick::default().after(self.now)
    }

    fn connect(&mut self) {
        let plan = match self.plan {
            Plan::Smart { .. } => ServerPolicy::default().first_plan(),
            Plan::Fixed(interval) => HeartbeatPlan {
                interval_ms: interval.as_millis() as u64,
                ..ServerPolicy::default().first_plan()
            },
        };
        self.heartbeat.connected(plan, self.tick());
        // The first requests, and their answers a round trip later.
        self.heartbeat.sent(self.tick());
        self.now += ROUND_TRIP;
        self.heartbeat.received(self.tick());
        self.seen = self.now;
    }

    fn reconnect(&mut self) {
        let outage = self.events.last().map(|event| event.outcome) == Some(Outcome::Outage);
        let stays_away = outage && self.random.chance(300);
        self.now += if stays_away { LONG_OUTAGE } else { RECONNECT };
        let gone_at = if outage {
            self.now
        } else {
            self.seen + self.nat
        };
        self.cost.unreachable += self.now.saturating_sub(gone_at);
        self.cost.wake_ups += 1;
        self.cost.reconnects += 1;
        self.cost.bytes += RECONNECT_BYTES;
        self.connect();
    }

    fn ping(&mut self, ping: Ping) {
        let outcome = if self.now - self.seen >= self.nat {
            Outcome::Forgotten
        } else if self.random.chance(self.outages_per_mille) {
            Outcome::Outage
        } else {
            Outcome::Answered
        };
        self.events.push(Event {
            at: self.now,
            quiet: Duration::from_millis(ping.interval_ms),
            outcome,
            was_probe: ping.learnt.failed_ms.is_none(),
        });
        self.cost.wake_ups += 1;
        if outcome == Outcome::Answered {
            self.answer(ping);
        } else {
            self.cost.bytes += TRANSMISSIONS * sent_bytes(ping);
        }
    }

    fn answer(&mut self, ping: Ping) {
        self.now += ROUND_TRIP;
        self.seen = self.now;
        let next_interval_ms = match self.plan {
            Plan::Smart { .. } => ServerPolicy::default().next_interval_ms(&ping),
            Plan::Fixed(interval) => interval.as_millis() as u64,
        };
        let pong = Pong {
            next_interval_ms,
            server_time: Millis::from_trusted(1_800_000_000_000),
        };
        self.cost.bytes += sent_bytes(ping) + received_bytes(pong) + SEGMENT_BYTES;
        self.heartbeat.received(self.tick());
        self.heartbeat.pong(pong);
    }
}

/// The headers of a TCP segment: IPv4 20, TCP 20, time stamps 12. The ping is acked by the pong's
/// segment, the pong by an empty one.
const SEGMENT_BYTES: u64 = 52;

/// A TLS 1.3 record: header 5, content type 1, tag 16.
const TLS_BYTES: u64 = 22;

/// How often TCP sends a segment that nobody acks within 10 s: after 0, 0.2, 0.6, 1.4, 3.0 and 6.2 s.
const TRANSMISSIONS: u64 = 6;

/// A new connection, roughly: TCP 0.2 kB, TLS 1.3 with a chain of two certificates 4 kB, the upgrade
/// to WebSocket 0.6 kB, `hello`, `welcome` and an empty `sync` 1.2 kB.
const RECONNECT_BYTES: u64 = 6_000;

fn sent_bytes(ping: Ping) -> u64 {
    let frame = ClientFrame::Ping(ping).encode(Some(1000)).len() as u64;
    // A frame's header: 2 bytes, 2 more from 126 bytes on, and the mask.
    let header = 2 + if frame < 126 { 0 } else { 2 } + 4;
    SEGMENT_BYTES + TLS_BYTES + header + frame
}

fn received_bytes(pong: Pong) -> u64 {
    let frame = ServerFrame::Pong(pong).encode(Some(1000)).len() as u64;
    SEGMENT_BYTES + TLS_BYTES + 2 + frame
}
