use hongyan_protocol::Millis;
use hongyan_protocol::heartbeat::Learnt;

use super::*;

const PLAN: HeartbeatPlan = HeartbeatPlan {
    interval_ms: 25_000,
    timeout_ms: 10_000,
};

fn at(seconds: u64) -> Tick {
    Tick::from_millis(seconds * 1000)
}

fn connected() -> Heartbeat {
    let mut heartbeat = Heartbeat::new(Policy::default(), "wifi:home");
    heartbeat.connected(PLAN, at(0));
    heartbeat
}

fn pong(next_s: u64) -> Pong {
    Pong {
        next_interval_ms: next_s * 1000,
        server_time: Millis::from_trusted(0),
    }
}

/// What `tick` says at this time.
fn tick(heartbeat: &mut Heartbeat, now: Tick) -> Vec<Action> {
    let mut out = Vec::new();
    heartbeat.tick(now, &mut out);
    out
}

fn learnt(heartbeat: &Heartbeat) -> Learnt {
    heartbeat.networks(at(0))[0].learnt
}

fn seconds(held: Option<u64>, failed: Option<u64>) -> Learnt {
    Learnt {
        held_ms: held.map(|s| s * 1000),
        failed_ms: failed.map(|s| s * 1000),
    }
}

/// Connects, lets a quiet time pass, pings, and gets no answer; then comes back after `away` seconds.
/// Returns when that is.
fn die_after(heartbeat: &mut Heartbeat, start: u64, quiet: u64, away: u64) -> u64 {
    heartbeat.connected(PLAN, at(start));
    heartbeat.pong(pong(quiet));
    assert_eq!(tick(heartbeat, at(start + quiet)).len(), 1);
    let dead = start + quiet + 10;
    assert_eq!(tick(heartbeat, at(dead)), [Action::Dead]);
    heartbeat.connected(PLAN, at(dead + away));
    dead + away
}

#[test]
fn a_quiet_connection_is_pinged_and_the_answer_sets_the_next_interval() {
    let mut heartbeat = connected();
    assert_eq!(heartbeat.next_deadline(), Some(at(25)));
    assert_eq!(tick(&mut heartbeat, at(24)), []);
    let ping = Ping {
        interval_ms: 25_000,
        learnt: Learnt::default(),
        background: false,
    };
    assert_eq!(tick(&mut heartbeat, at(25)), [Action::Ping(ping)]);
    heartbeat.received(at(26));
    heartbeat.pong(pong(40));
    assert_eq!(heartbeat.next_deadline(), Some(at(25 + 40)));
    assert_eq!(learnt(&heartbeat), seconds(Some(25), None));
}

#[test]
fn one_way_traffic_does_not_put_the_ping_off_and_teaches_nothing() {
    for speaks in [Heartbeat::sent, Heartbeat::received] {
        let mut heartbeat = connected();
        for second in 1..=24 {
            speaks(&mut heartbeat, at(second));
        }
        let actions = tick(&mut heartbeat, at(25));
        assert!(matches!(&actions[..], [Action::Ping(ping)] if ping.interval_ms == 1_000));
        heartbeat.received(at(26));
        assert_eq!(learnt(&heartbeat), Learnt::default());
    }
}

#[test]
fn any_frame_is_an_answer_and_none_is_the_end() {
    let mut heartbeat = connected();
    tick(&mut heartbeat, at(25));
    heartbeat.received(at(34));
    assert_eq!(tick(&mut heartbeat, at(35)), []);
    assert_eq!(tick(&mut heartbeat, at(50)).len(), 1);
    assert_eq!(heartbeat.next_deadline(), Some(at(60)));
    assert_eq!(tick(&mut heartbeat, at(60)), [Action::Dead]);
    assert_eq!(heartbeat.next_deadline(), None);
    assert_eq!(tick(&mut heartbeat, at(600)), []);
}

#[test]
fn a_push_after_a_long_silence_proves_as_much_as_a_pong() {
    let mut heartbeat = connected();
    heartbeat.pong(pong(100));
    heartbeat.received(at(90));
    assert_eq!(learnt(&heartbeat), seconds(Some(90), None));
}

#[test]
fn a_quick_return_blames_the_quiet_time_and_a_slow_one_the_network() {
    for (away, expected) in [(30, seconds(None, Some(40))), (31, Learnt::default())] {
        let mut heartbeat = connected();
        die_after(&mut heartbeat, 0, 40, away);
        assert_eq!(learnt(&heartbeat), expected, "back after {away} s");
    }
}

#[test]
fn a_reset_in_answer_to_a_ping_counts_as_silence() {
    let mut heartbeat = connected();
    heartbeat.pong(pong(40));
    tick(&mut heartbeat, at(40));
    heartbeat.disconnected(at(41));
    heartbeat.connected(PLAN, at(42));
    assert_eq!(learnt(&heartbeat), seconds(None, Some(40)));
}

#[test]
fn a_time_that_held_is_only_given_up_after_two_failures_in_a_row() {
    let mut heartbeat = connected();
    heartbeat.pong(pong(100));
    heartbeat.received(at(100));
    let back = die_after(&mut heartbeat, 200, 90, 1);
    assert_eq!(learnt(&heartbeat), seconds(Some(100), None));
    die_after(&mut heartbeat, back, 90, 1);
    assert_eq!(learnt(&heartbeat), seconds(None, Some(90)));
}

#[test]
fn a_failure_is_doubted_after_an_hour_and_once_confirmed_after_a_day() {
    let mut heartbeat = connected();
    let back = die_after(&mut heartbeat, 0, 40, 1);
    let told = |heartbeat: &mut Heartbeat, now| {
        let current = heartbeat.memory.current();
        current.learnt(at(now), &Policy::default()).failed_ms
    };
    let hour = 3_600;
    assert_eq!(told(&mut heartbeat, back + hour - 1), Some(40_000));
    assert_eq!(told(&mut heartbeat, back + hour), None);
    let back = die_after(&mut heartbeat, back + hour, 40, 1);
    assert_eq!(learnt(&heartbeat), seconds(None, Some(40)));
    assert_eq!(heartbeat.networks(at(back))[0].confirmations, 2);
    assert_eq!(told(&mut heartbeat, back + 24 * hour - 1), Some(40_000));
    assert_eq!(told(&mut heartbeat, back + 24 * hour), None);
    // A longer quiet that holds clears its name.
    heartbeat.memory.current().held(41_000);
    assert_eq!(heartbeat.networks(at(back))[0].confirmations, 0);
}

#[test]
fn each_network_has_a_memory_of_its_own_and_they_are_bounded() {
    let mut heartbeat = connected();
    heartbeat.pong(pong(100));
    heartbeat.received(at(60));
    heartbeat.network_changed("cell", at(61));
    assert_eq!(learnt(&heartbeat), Learnt::default());
    let actions = tick(&mut heartbeat, at(62));
    assert!(
        matches!(&actions[..], [Action::Ping(_)]),
        "a careful ping at once"
    );
    heartbeat.received(at(63));
    assert_eq!(
        learnt(&heartbeat),
        Learnt::default(),
        "the silence began elsewhere"
    );
    assert_eq!(heartbeat.next_deadline(), Some(at(62 + 25)));
    heartbeat.network_changed("wifi:home", at(64));
    assert_eq!(learnt(&heartbeat), seconds(Some(60), None));
    for n in 0..40 {
        heartbeat.network_changed(&format!("wifi:{n}"), at(65));
    }
    assert_eq!(heartbeat.networks(at(65)).len(), 16);
}

#[test]
fn memory_survives_a_restart() {
    let mut heartbeat = connected();
    let back = die_after(&mut heartbeat, 0, 40, 1);
    heartbeat.network_changed("cell", at(back));
    let saved = heartbeat.networks(at(back + 60));
    let mut next = Heartbeat::new(Policy::default(), "wifi:home");
    next.remember(saved, at(1_000));
    assert_eq!(learnt(&next), seconds(None, Some(40)));
    assert_eq!(next.networks(at(1_000))[0].failed_age_ms, 60_000);
    assert_eq!(next.networks(at(1_000)).len(), 2);
}

#[test]
fn back_in_the_foreground_a_ping_is_due_at_once() {
    let mut heartbeat = connected();
    heartbeat.set_background(true);
    heartbeat.pong(pong(1_000));
    assert_eq!(tick(&mut heartbeat, at(300)), []);
    heartbeat.set_background(false);
    let actions = tick(&mut heartbeat, at(301));
    assert!(matches!(&actions[..], [Action::Ping(ping)] if !ping.background));
}

#[test]
fn an_absurd_interval_is_not_obeyed() {
    let mut heartbeat = connected();
    heartbeat.pong(pong(0));
    assert_eq!(heartbeat.next_deadline(), Some(at(1)));
}

#[test]
fn a_connection_that_is_cut_in_the_quiet_teaches_as_an_unanswered_ping_does() {
    let mut heartbeat = connected();
    heartbeat.pong(pong(60));
    heartbeat.received(at(1));
    heartbeat.sent(at(1));
    heartbeat.cut(at(41));
    assert_eq!(heartbeat.next_deadline(), None);
    heartbeat.connected(PLAN, at(42));
    assert_eq!(learnt(&heartbeat), seconds(None, Some(40)));

    // A short quiet tells nothing, and neither does a cut that is followed by a long absence.
    let mut heartbeat = connected();
    heartbeat.cut(at(10));
    heartbeat.connected(PLAN, at(11));
    assert!(learnt(&heartbeat).is_empty());
    heartbeat.cut(at(41));
    heartbeat.connected(PLAN, at(72));
    assert!(learnt(&heartbeat).is_empty());
}

#[test]
fn a_cut_while_a_ping_is_on_its_way_tells_of_the_quiet_before_the_ping() {
    let mut heartbeat = connected();
    assert_eq!(tick(&mut heartbeat, at(25)).len(), 1);
    heartbeat.cut(at(27));
    heartbeat.connected(PLAN, at(28));
    assert_eq!(learnt(&heartbeat), seconds(None, Some(25)));
}

#[test]
fn who_was_stopped_looks_at_what_came_before_judging() {
    let mut heartbeat = connected();
    assert_eq!(tick(&mut heartbeat, at(25)).len(), 1);
    assert_eq!(tick(&mut heartbeat, at(100)), []);
    heartbeat.received(at(101));
    assert_eq!(heartbeat.next_deadline(), Some(at(50)));

    let mut heartbeat = connected();
    assert_eq!(tick(&mut heartbeat, at(25)).len(), 1);
    assert_eq!(tick(&mut heartbeat, at(100)), []);
    assert_eq!(heartbeat.next_deadline(), Some(at(102)));
    assert_eq!(tick(&mut heartbeat, at(200)), [Action::Dead], "once");
}

#[test]
fn a_ping_behind_what_moves_is_waited_for() {
    let mut heartbeat = connected();
    assert_eq!(tick(&mut heartbeat, at(25)).len(), 1);
    heartbeat.moved(at(34));
    assert_eq!(tick(&mut heartbeat, at(43)), []);
    assert_eq!(tick(&mut heartbeat, at(44)), [Action::Dead]);
}
