//! Scripts for `client::Reconnect`, with the default policy.
//!
//! Events: `attempt`, `welcomed`, `wake`, `bye` (what it asks for, in ms), and `lost` (the close code and
//! chance). Actions: `at` (connect then), `never` (the terminal close code).

use hongyan_delivery::Tick;
use hongyan_delivery::client::Reconnect;
use hongyan_delivery::client::reconnect::{Next, Policy};
use hongyan_protocol::{Bye, CloseCode};
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::script::{Machine, replay, to_text};

pub(crate) fn vectors() -> String {
    let scripts = [
        ("waits double, up to the cap", growing_waits()),
        (
            "a stable connection starts anew, a short one does not",
            stable_and_short(),
        ),
        ("the server ends it", ended_by_the_server()),
        ("a wake-up cuts the wait short", woken()),
        ("many outages", many_outages()),
    ];
    let scripts =
        scripts.map(|(name, steps)| replay(name, Reconnect::new(Policy::default()), steps));
    to_text(&scripts)
}

fn growing_waits() -> Vec<(u64, Value)> {
    let mut now = 0;
    let mut steps = Vec::new();
    for _ in 0..9 {
        steps.push((now, json!("attempt")));
        steps.push((now + 10, lost(None, u64::MAX << 44)));
        now += 40_000;
    }
    steps
}

fn stable_and_short() -> Vec<(u64, Value)> {
    vec![
        (0, json!("attempt")),
        (10, lost(None, 1 << 63)),
        (1_000, json!("attempt")),
        (1_100, json!("welcomed")),
        (11_099, lost(Some(1006), 1 << 63)),
        (20_000, json!("attempt")),
        (20_100, json!("welcomed")),
        (30_100, lost(Some(4102), 1 << 63)),
    ]
}

fn ended_by_the_server() -> Vec<(u64, Value)> {
    vec![
        (0, json!("attempt")),
        (10, json!("welcomed")),
        (20, json!({ "bye": 1_740 })),
        (30, lost(Some(CloseCode::Shutdown.number()), 1 << 63)),
        (1_770, json!("attempt")),
        (1_780, json!({ "bye": 86_400_000 })),
        (1_790, lost(Some(CloseCode::Overloaded.number()), 0)),
        (1_800, json!("wake")),
        (2_270, json!("attempt")),
        (2_280, lost(Some(CloseCode::SessionRevoked.number()), 0)),
        (2_290, json!("wake")),
    ]
}

fn woken() -> Vec<(u64, Value)> {
    vec![
        (0, json!("wake")),
        (0, json!("attempt")),
        (10, lost(None, 1 << 63)),
        (20, json!("attempt")),
        (30, lost(None, u64::MAX << 44)),
        (40, json!("wake")),
        (100, json!("wake")),
        (900, json!("wake")),
    ]
}

fn many_outages() -> Vec<(u64, Value)> {
    let mut chance = Chance::new(7);
    let mut now = 0;
    let mut steps = Vec::new();
    for _ in 0..60 {
        now += chance.below(45_000);
        steps.push((now, json!("attempt")));
        if chance.below(2) == 0 {
            now += chance.below(500);
            steps.push((now, json!("welcomed")));
            now += chance.below(20_000);
        }
        if chance.below(4) == 0 {
            steps.push((now, json!({ "bye": chance.below(10_000) })));
        }
        let code = (chance.below(3) == 0).then(|| 4100 + chance.below(8));
        let code = code.and_then(|code| u16::try_from(code).ok());
        steps.push((now, lost(code, chance.share())));
        if chance.below(3) == 0 {
            now += chance.below(1_000);
            steps.push((now, json!("wake")));
        }
    }
    steps
}

fn lost(code: Option<u16>, random: u64) -> Value {
    json!({ "lost": { "code": code, "random": random } })
}

impl Machine for Reconnect {
    fn take(&mut self, event: &Value, now: Tick) -> Vec<Value> {
        let next = match event.as_str() {
            Some("attempt") => {
                self.attempt(now);
                None
            }
            Some("welcomed") => {
                self.welcomed(now);
                None
            }
            Some("wake") => self.wake(now),
            Some(other) => panic!("no such event: {other}"),
            None => match event["bye"].as_u64() {
                Some(retry_after_ms) => {
                    let code = "shutdown".into();
                    self.bye(&Bye {
                        code,
                        retry_after_ms,
                    });
                    None
                }
                None => {
                    let code = event["lost"]["code"].as_u64();
                    let code = code.and_then(|code| u16::try_from(code).ok());
                    let random = event["lost"]["random"].as_u64().expect("chance");
                    Some(self.lost(code, random, now))
                }
            },
        };
        let action = next.map(|next| match next {
            Next::At(at) => json!({ "at": at.as_millis() }),
            Next::Never(code) => json!({ "never": code }),
        });
        action.into_iter().collect()
    }

    fn next_deadline(&self) -> Option<Tick> {
        None
    }
}
