//! The heartbeat of both sides against simulated NATs: the client's machine measures, the server's
//! arithmetic decides, and a NAT of which neither knows forgets quiet connections.

mod table;
mod world;

#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use support::Random;
use world::{DAY, HOUR, MINUTE, Outcome, Plan, ROUND_TRIP, TIMER_LATE, World};

/// NATs from 30 s to 30 min: the round numbers, where arithmetic errors hide, and random ones between.
fn nats() -> Vec<Duration> {
    let round = [
        30, 31, 32, 40, 60, 90, 120, 180, 240, 300, 600, 900, 1200, 1680, 1800,
    ];
    let mut random = Random(2026);
    let between = (0..25).map(|_| Duration::from_millis(30_000 + random.below(1_770_000)));
    round
        .map(Duration::from_secs)
        .into_iter()
        .chain(between)
        .collect()
}

/// What a settled quiet time must reach. A failure ends the search where it is a quarter and a sixteenth
/// above what held, and a sixteenth is margin: 15/16 · 4/5 · 16/17 = 7/10.
fn least(nat: Duration, cap: Duration) -> Duration {
    (nat * 7 / 10).clamp(Duration::from_secs(25), cap * 15 / 16) - ROUND_TRIP
}

#[test]
fn one_failure_finds_the_limit_and_then_only_the_probes_fail() {
    for nat in nats() {
        let mut world = World::new(nat, Plan::Smart { background: true }, 1);
        world.run(7 * DAY);
        let failures = world.failures(Outcome::Forgotten);
        // One to find the limit, one after an hour to confirm it, then one a day.
        assert!(failures.len() <= 8, "{nat:?}: {} failures", failures.len());
        if let [first, second, third, ..] = failures[..] {
            assert!(
                first.at < 8 * nat.max(MINUTE),
                "{nat:?}: found at {:?}",
                first.at
            );
            assert!(second.at - first.at >= HOUR);
            assert!(third.at - second.at >= DAY);
        }
        for failure in failures {
            assert!(failure.was_probe, "{nat:?}: not a probe: {failure:?}");
        }
        let cap = Duration::from_secs(28 * 60);
        let settled = world.settled();
        assert!(settled < nat, "{nat:?}: settled at {settled:?}");
        assert!(
            settled >= least(nat, cap),
            "{nat:?}: settled at {settled:?}"
        );
    }
}

/// As nginx does after 60 s by default.
#[test]
fn a_proxy_that_cuts_the_quiet_is_learnt_at_its_first_cut() {
    for nat in nats() {
        let mut world = World::new(nat, Plan::Smart { background: true }, 1);
        world.cuts = true;
        world.run(7 * DAY);
        let cuts = &world.cut_at;
        assert!(cuts.len() <= 8, "{nat:?}: {} cuts", cuts.len());
        if let [first, second, third, ..] = cuts[..] {
            assert!(second - first >= HOUR, "{nat:?}: {cuts:?}");
            assert!(third - second >= DAY, "{nat:?}: {cuts:?}");
        }
    }
}

#[test]
fn in_the_foreground_three_minutes_are_the_most() {
    for nat in nats() {
        let mut world = World::new(nat, Plan::Smart { background: false }, 1);
        world.run(2 * DAY);
        let cap = 3 * MINUTE;
        assert!(
            world.events().all(|event| event.quiet <= cap + TIMER_LATE),
            "{nat:?}"
        );
        assert!(world.settled() >= least(nat, cap), "{nat:?}");
    }
}

#[test]
fn outages_do_not_spoil_it_for_ever() {
    let mut random = Random(77);
    for nat in nats() {
        let seed = random.next();
        println!("NAT {nat:?}, seed {seed}");
        let mut world = World::new(nat, Plan::Smart { background: true }, seed);
        world.outages_per_mille = 20;
        world.run(3 * DAY);
        let forgotten = world.failures(Outcome::Forgotten);
        assert!(forgotten.iter().all(|event| event.was_probe), "{nat:?}");
        // The outages end. What they taught wrongly is doubted within a day, and grown out of.
        world.outages_per_mille = 0;
        world.run(5 * DAY);
        let settled = world.settled();
        let cap = Duration::from_secs(28 * 60);
        assert!(settled < nat, "{nat:?}: settled at {settled:?}");
        assert!(
            settled >= least(nat, cap),
            "{nat:?}: settled at {settled:?}"
        );
    }
}

#[test]
fn a_nat_that_becomes_stricter_is_believed_after_two_failures() {
    for (before, after) in [(600, 120), (1800, 30), (300, 240)] {
        let mut world = World::new(
            Duration::from_secs(before),
            Plan::Smart { background: true },
            1,
        );
        world.run(2 * DAY);
        let known = world.failures(Outcome::Forgotten).len();
        world.nat = Duration::from_secs(after);
        world.run(2 * DAY + 6 * HOUR);
        let failures = world.failures(Outcome::Forgotten).len() - known;
        // Two in a row, one that finds the new limit, and the probes of a quarter of a day.
        assert!(
            failures <= 5,
            "from {before} to {after}: {failures} failures"
        );
        assert!(world.settled() < world.nat);
        assert!(world.settled() >= least(world.nat, 28 * MINUTE));
    }
}

#[test]
fn each_network_is_remembered_when_the_device_comes_back_to_it() {
    let mut world = World::new(5 * MINUTE, Plan::Smart { background: true }, 1);
    world.run(12 * HOUR);
    let at_home = world.settled();
    world.change_network("cell", 20 * MINUTE);
    world.run(24 * HOUR);
    let outside = world.settled();
    assert!(at_home < 5 * MINUTE && outside > 10 * MINUTE);
    let failures = world.failures(Outcome::Forgotten).len();
    world.change_network("wifi", 5 * MINUTE);
    world.run(24 * HOUR + MINUTE);
    let difference = world.settled().abs_diff(at_home);
    assert!(
        difference < Duration::from_secs(2),
        "known at the first ping"
    );
    assert_eq!(world.failures(Outcome::Forgotten).len(), failures);
}
