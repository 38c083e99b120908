//! A whole world in one thread: a server that loses its memory, five devices, and weather between
//! them. After the storm every device must have exactly the log, and the log exactly what was sent.
//!
//! More worlds: `PROPTEST_CASES=5000 cargo test -p hongyan-delivery --test world`.

mod check;
mod client;
mod log;
mod server;
mod storm;
mod weather;
mod world;

#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;
use std::time::Duration;

use check::check;
use client::Sabotage;
use hongyan_delivery::Tick;
use hongyan_delivery::server::{Action, Outgoing, Policy, Ready};
use hongyan_protocol::{CloseCode, ConversationId, Seq};
use proptest::prelude::*;
use support::Random;
use weather::{Weather, any_weather};
use world::World;

/// Long enough for two syncs on a connection that never breaks: the first one may still be asked for in
/// the storm.
const HEALING: Duration = Duration::from_secs(35 * 60);

fn weathered(weather: Weather, sabotage: Sabotage, seed: u64, strokes: u32) -> World {
    let mut world = World::new(weather, sabotage, seed);
    world.storm(strokes);
    world.heal(HEALING);
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn after_any_weather_everybody_has_the_log(
        weather in any_weather(),
        seed: u64,
        strokes in 20..300_u32,
    ) {
        let world = weathered(weather, Sabotage::None, seed, strokes);
        prop_assert_eq!(check(&world), Ok(()));
    }

    #[test]
    fn a_client_that_never_acks_is_closed_nine_seconds_after_its_first_push(
        gaps in prop::collection::vec(0..900_u64, 1..60),
    ) {
        let conv = ConversationId::from_trusted(1);
        let mut outgoing = Outgoing::new(Arc::new(Policy::default()));
        let mut out = Vec::new();
        let mut now = 1_000;
        let mut arrivals = gaps.iter().scan(now, |at, gap| { *at += gap; Some(*at) }).zip(1..).peekable();
        let first = 1_000 + gaps[0];
        let closed = loop {
            let deadline = outgoing.next_deadline().map(Tick::as_millis);
            match arrivals.peek() {
                Some(&(at, seq)) if deadline.is_none_or(|deadline| at <= deadline) => {
                    arrivals.next();
                    now = at;
                    let seq = Seq::from_trusted(seq);
                    let ready = Ready { seq, bytes: 1, target: None, payload: () };
                    outgoing.live(conv, ready, Tick::from_millis(now), &mut out);
                }
                _ => {
                    now = deadline.expect("something is un-acked");
                    outgoing.tick(Tick::from_millis(now), &mut out);
                }
            }
            if let Some(Action::Close(code)) = out.last() {
                break *code;
            }
        };
        prop_assert_eq!(closed, CloseCode::AckTimeout);
        prop_assert_eq!(now, first + 9_000);
    }
}

#[test]
fn storms_reach_every_corner() {
    let mut seeds = Random(1);
    let mut closes = std::collections::BTreeMap::<u16, u32>::new();
    for _ in 0..20 {
        let seed = seeds.next();
        println!("seed {seed}");
        let world = weathered(Weather::STORM, Sabotage::None, seed, 240);
        assert_eq!(check(&world), Ok(()));
        for (code, times) in world.closes {
            *closes.entry(code).or_default() += times;
        }
    }
    println!("closes: {closes:?}");
    for code in [CloseCode::AckTimeout, CloseCode::SlowReader] {
        let times = closes.get(&code.number()).copied().unwrap_or(0);
        assert!(
            times >= 5,
            "{code:?} came {times} times: the storm is too weak"
        );
    }
}

/// An operator puts backups back, in the middle of everything else.
#[test]
fn after_restores_everybody_has_the_log_and_nothing_is_lost() {
    let mut seeds = Random(2);
    for _ in 0..20 {
        let seed = seeds.next();
        println!("seed {seed}");
        let world = weathered(RESTORES, Sabotage::None, seed, 240);
        assert_ne!(world.log.epoch(), "e0", "some were put back");
        assert_eq!(check(&world), Ok(()));
    }
    for seed in 1..=5 {
        let world = weathered(RESTORES, Sabotage::NoResend, seed, 240);
        let verdict = check(&world).expect_err("a broken client passed");
        assert!(verdict.contains("in the log 0 times"), "{verdict}");
        let world = weathered(RESTORES, Sabotage::GroupsForPairs, seed, 240);
        let verdict = check(&world).expect_err("a broken client passed");
        assert!(verdict.contains("is in conversation"), "{verdict}");
    }
}

const RESTORES: Weather = Weather {
    restore_log: 20,
    ..Weather::STORM
};

/// The checks notice what they are there to notice: each broken client is found out, in every storm.
#[test]
fn a_broken_client_is_found_out() {
    let broken = [
        (Sabotage::NoDedup, "it was given"),
        (Sabotage::NoFetch, "it was given"),
        (Sabotage::NewNameForRetry, "still waits"),
        (Sabotage::Pipeline, "in the order"),
    ];
    for (sabotage, expected) in broken {
        for seed in 1..=5 {
            let world = weathered(Weather::STORM, sabotage, seed, 240);
            let verdict = check(&world).expect_err("a broken client passed");
            println!("{sabotage:?}, seed {seed}: {verdict}");
            assert!(verdict.contains(expected), "{sabotage:?}: {verdict}");
        }
    }
}
