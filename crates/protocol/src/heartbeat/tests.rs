use super::*;

const POLICY: fn() -> Policy = Policy::default;

fn ping(interval_s: u64, held_s: Option<u64>, failed_s: Option<u64>, background: bool) -> Ping {
    Ping {
        interval_ms: interval_s * 1000,
        learnt: Learnt {
            held_ms: held_s.map(|s| s * 1000),
            failed_ms: failed_s.map(|s| s * 1000),
        },
        background,
    }
}

fn next(interval_s: u64, held_s: Option<u64>, failed_s: Option<u64>, background: bool) -> u64 {
    POLICY().next_interval_ms(&ping(interval_s, held_s, failed_s, background))
}

#[test]
fn it_starts_safe_and_grows_by_a_quarter_up_to_the_cap() {
    let policy = POLICY();
    let mut interval_ms = policy.first_plan().interval_ms;
    let mut steps = vec![interval_ms];
    while steps.len() < 100 {
        let ping = Ping {
            interval_ms,
            learnt: Learnt::default(),
            background: true,
        };
        interval_ms = policy.next_interval_ms(&ping);
        if Some(&interval_ms) == steps.last() {
            break;
        }
        steps.push(interval_ms);
    }
    assert_eq!(steps[..4], [25_000, 31_250, 39_062, 48_827]);
    assert_eq!(steps.last(), Some(&(28 * 60 * 1000)));
    assert_eq!(steps.len(), 20);
}

#[test]
fn below_a_failure_it_stops_a_margin_below_what_held() {
    assert_eq!(next(80, Some(80), Some(100), true), 75_000);
    assert_eq!(next(80, Some(80), Some(106), true), 75_000, "too near");
    assert_eq!(next(80, Some(80), Some(107), true), 100_000);
    assert_eq!(next(75, Some(80), Some(100), true), 75_000, "and stays");
}

#[test]
fn without_evidence_it_stays_at_the_start() {
    assert_eq!(next(0, None, None, true), 25_000);
    assert_eq!(next(20, Some(21), Some(300), true), 25_000);
    assert_eq!(
        next(22, None, None, true),
        31_250,
        "short of 25 s by a slow round trip"
    );
}

#[test]
fn it_never_goes_below_the_start() {
    assert_eq!(next(25, None, Some(25), true), 31_250, "25 s just held");
    assert_eq!(next(1, None, Some(20), true), 25_000);
    assert_eq!(next(25, Some(25), Some(31), true), 25_000);
}

#[test]
fn somebody_looking_lowers_the_cap_and_forgets_nothing() {
    assert_eq!(next(25, Some(600), None, false), 180_000);
    assert_eq!(next(180, Some(600), None, true), 750_000);
}

#[test]
fn a_lie_stays_within_the_caps() {
    let extremes = [0, 1, 24_999, 25_000, u64::MAX - 1, u64::MAX];
    let policy = POLICY();
    for interval_ms in extremes {
        for held_ms in extremes.map(Some).into_iter().chain([None]) {
            for failed_ms in extremes.map(Some).into_iter().chain([None]) {
                for background in [false, true] {
                    let learnt = Learnt { held_ms, failed_ms };
                    let ping = Ping {
                        interval_ms,
                        learnt,
                        background,
                    };
                    let next = policy.next_interval_ms(&ping);
                    let cap = if background { 1_680_000 } else { 180_000 };
                    assert!((25_000..=cap).contains(&next), "{ping:?} gave {next}");
                }
            }
        }
    }
}

#[test]
fn evidence_overrules_older_evidence() {
    let learnt = Learnt::default().held(60_000).failed(90_000);
    assert_eq!(learnt.held(100_000).failed_ms, None);
    assert_eq!(learnt.held(70_000).failed_ms, Some(90_000));
    assert_eq!(learnt.failed(50_000).held_ms, None);
    assert_eq!(learnt.failed(80_000).failed_ms, Some(80_000));
    assert_eq!(learnt.failed(120_000), learnt);
}

#[test]
fn the_server_waits_longer_than_the_client() {
    let policy = POLICY();
    let plan = policy.first_plan();
    let client = Duration::from_millis(plan.interval_ms + plan.timeout_ms);
    assert!(policy.idle_limit(plan.interval_ms) > client + Duration::from_secs(10));
    assert_eq!(
        policy.idle_limit(u64::MAX - 1),
        Duration::from_millis(u64::MAX - 1) + Duration::from_secs(25)
    );
}
