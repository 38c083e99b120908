//! Scripts for `client::Heartbeat`, with the default policy, on the network `home`.
//!
//! Events: `sent`, `received`, `moved`, `disconnected`, `cut`, `tick`, `save`, `connected` (the plan), `pong` (the next
//! interval, in ms), `network` (its name), and `background` (whether nobody looks). Actions: `ping` (the
//! frame), `dead`, and `networks`: what was learnt, after `save`.

use hongyan_delivery::Tick;
use hongyan_delivery::client::Heartbeat;
use hongyan_delivery::client::heartbeat::{Action, Network, Policy};
use hongyan_protocol::{ClientFrame, HeartbeatPlan, Pong};
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::script::{Machine, replay, to_text};

/// The plan of every connection.
const PLAN: HeartbeatPlan = HeartbeatPlan {
    interval_ms: 25_000,
    timeout_ms: 10_000,
};

pub(crate) fn vectors() -> String {
    let scripts = [
        ("a quiet connection is pinged, and grows", growing()),
        ("one side's silence is enough for a ping", one_sided()),
        ("silence is death, and is blamed on the quiet time", death()),
        ("a cut in the quiet teaches as well", a_cut()),
        ("what may have come is looked at once", standing_still()),
        ("another network starts carefully", another_network()),
        ("back in the foreground", foreground()),
        ("a failure is doubted after an hour", doubt()),
        ("a long life", long_life(11)),
        ("another long life", long_life(12)),
    ];
    let scripts = scripts.map(|(name, steps)| replay(name, machine(), steps));
    to_text(&scripts)
}

fn machine() -> Heartbeat {
    Heartbeat::new(Policy::default(), "home")
}

fn growing() -> Vec<(u64, Value)> {
    vec![
        (0, connected()),
        (24_999, json!("tick")),
        (25_000, json!("tick")),
        (25_080, json!("received")),
        (25_080, pong(31_250)),
        (56_250, json!("tick")),
        (56_330, json!("received")),
        (56_330, pong(39_062)),
        (60_000, json!("save")),
    ]
}

fn one_sided() -> Vec<(u64, Value)> {
    vec![
        (0, connected()),
        (20_000, json!("received")),
        (25_000, json!("tick")),
        (25_100, json!("received")),
        (40_000, json!("sent")),
        (50_100, json!("tick")),
    ]
}

fn death() -> Vec<(u64, Value)> {
    vec![
        (0, connected()),
        (25_000, json!("tick")),
        (34_999, json!("tick")),
        (35_000, json!("tick")),
        (36_000, connected()),
        (36_001, json!("save")),
        (61_000, json!("tick")),
        (61_100, json!("received")),
        (70_000, json!("disconnected")),
        (71_000, connected()),
        (71_001, json!("save")),
    ]
}

fn a_cut() -> Vec<(u64, Value)> {
    vec![
        (0, connected()),
        (25_000, json!("tick")),
        (25_100, json!("received")),
        (25_100, pong(31_250)),
        (56_250, json!("tick")),
        (56_350, json!("received")),
        (56_350, pong(70_000)),
        (116_350, json!("cut")),
        (117_000, connected()),
        (117_001, json!("save")),
        (127_000, json!("cut")),
        (128_000, connected()),
        (128_001, json!("save")),
    ]
}

fn standing_still() -> Vec<(u64, Value)> {
    vec![
        (0, connected()),
        (25_000, json!("tick")),
        (34_000, json!("moved")),
        (46_001, json!("tick")),
        (48_000, json!("received")),
        (73_000, json!("tick")),
        (90_000, json!("tick")),
        (95_000, json!("tick")),
    ]
}

fn another_network() -> Vec<(u64, Value)> {
    vec![
        (0, connected()),
        (25_000, json!("tick")),
        (25_100, json!("received")),
        (25_100, pong(60_000)),
        (40_000, network("cell")),
        (40_000, json!("tick")),
        (40_200, json!("received")),
        (40_200, json!("save")),
        (65_000, network("home")),
        (65_000, json!("save")),
    ]
}

fn foreground() -> Vec<(u64, Value)> {
    vec![
        (0, json!({ "background": true })),
        (0, connected()),
        (25_000, json!("tick")),
        (25_100, json!("received")),
        (25_100, pong(240_000)),
        (90_000, json!({ "background": false })),
        (90_000, json!("tick")),
    ]
}

fn doubt() -> Vec<(u64, Value)> {
    vec![
        (0, connected()),
        (25_000, json!("tick")),
        (35_000, json!("tick")),
        (36_000, connected()),
        (61_000, json!("tick")),
        (61_100, json!("received")),
        (3_700_000, json!("tick")),
        (3_700_100, json!("received")),
        (3_700_200, json!("save")),
    ]
}

/// Minutes and hours of everything, with ticks when the machine wants them.
fn long_life(seed: u64) -> Vec<(u64, Value)> {
    let mut chance = Chance::new(seed);
    let mut machine = machine();
    let mut now = 0;
    let mut steps = Vec::new();
    for _ in 0..250 {
        let deadline = machine.next_deadline().map(Tick::as_millis);
        let event = match (chance.below(20), deadline) {
            (_, None) => {
                now += chance.below(40_000);
                connected()
            }
            (0, _) => json!(["disconnected", "cut"][usize::try_from(now % 2).unwrap_or(0)]),
            (1, _) => {
                network(["home", "cell", "work"][usize::try_from(chance.below(3)).unwrap_or(0)])
            }
            (2, _) => json!({ "background": chance.below(2) == 0 }),
            (3, _) => json!("save"),
            (4..8, _) => {
                now += chance.below(8_000);
                json!("sent")
            }
            (8..13, _) => {
                now += chance.below(8_000);
                json!("received")
            }
            (13, _) => pong(1_000 * (25 + chance.below(300))),
            (_, Some(deadline)) => {
                now = now.max(deadline) + chance.below(3);
                json!("tick")
            }
        };
        machine.take(&event, Tick::from_millis(now));
        steps.push((now, event));
    }
    steps
}

fn connected() -> Value {
    json!({ "connected": PLAN })
}

fn pong(next_interval_ms: u64) -> Value {
    json!({ "pong": next_interval_ms })
}

fn network(key: &str) -> Value {
    json!({ "network": key })
}

impl Machine for Heartbeat {
    fn take(&mut self, event: &Value, now: Tick) -> Vec<Value> {
        let mut out = Vec::new();
        match event.as_str() {
            Some("sent") => self.sent(now),
            Some("received") => self.received(now),
            Some("moved") => self.moved(now),
            Some("disconnected") => self.disconnected(now),
            Some("cut") => self.cut(now),
            Some("tick") => self.tick(now, &mut out),
            Some("save") => {
                let networks: Vec<Value> = self.networks(now).iter().map(saved).collect();
                return vec![json!({ "networks": networks })];
            }
            Some(other) => panic!("no such event: {other}"),
            None if event["connected"].is_object() => self.connected(PLAN, now),
            None => told(self, event, now),
        }
        out.into_iter().map(action).collect()
    }

    fn next_deadline(&self) -> Option<Tick> {
        self.next_deadline()
    }
}

fn told(heartbeat: &mut Heartbeat, event: &Value, now: Tick) {
    if let Some(next_interval_ms) = event["pong"].as_u64() {
        heartbeat.pong(Pong {
            next_interval_ms,
            server_time: hongyan_protocol::Millis::default(),
        });
    } else if let Some(key) = event["network"].as_str() {
        heartbeat.network_changed(key, now);
    } else {
        let background = event["background"].as_bool();
        heartbeat.set_background(background.expect("the last kind of event"));
    }
}

/// The age of a failure means nothing where none is known.
fn saved(network: &Network) -> Value {
    let age = network.learnt.failed_ms.map(|_| network.failed_age_ms);
    json!({
        "key": network.key, "learnt": network.learnt, "failed_age_ms": age,
        "confirmations": network.confirmations,
    })
}

fn action(action: Action) -> Value {
    match action {
        Action::Ping(ping) => {
            let frame = ClientFrame::Ping(ping).encode(None);
            json!({ "ping": serde_json::from_str::<Value>(&frame).expect("a frame is JSON") })
        }
        Action::Dead => json!("dead"),
    }
}
