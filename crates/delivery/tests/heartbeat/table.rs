//! What the heartbeat costs a day, as the table in `docs/HEARTBEAT.md`.

use std::fmt::Write;
use std::time::Duration;

use crate::world::{DAY, Plan, World};

const DAYS: u32 = 7;

/// One line of the table: a week on this NAT, learning included, as an average day.
fn line(nat: Duration, name: &str, plan: Plan) -> String {
    let mut world = World::new(nat, plan, 1);
    world.run(DAYS * DAY);
    let a_day = |total: u64| (total + u64::from(DAYS) / 2) / u64::from(DAYS);
    let cost = world.cost;
    let unreachable = cost.unreachable.as_secs_f64() / f64::from(DAYS) / 60.0;
    format!(
        "| {} | {name} | {} | {} | {:.1} | {unreachable:.0} |\n",
        human(nat),
        a_day(cost.wake_ups),
        a_day(cost.bytes) / 1000,
        cost.reconnects as f64 / f64::from(DAYS),
    )
}

fn human(duration: Duration) -> String {
    match duration.as_secs() {
        seconds if seconds < 60 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

fn table() -> String {
    let mut table = String::from(
        "| NAT forgets after | heartbeat | wake-ups a day | kB a day | reconnects a day | unreachable, min a day |\n\
         |---|---|---:|---:|---:|---:|\n",
    );
    let fixed = |seconds| Plan::Fixed(Duration::from_secs(seconds));
    let plans = [
        ("smart, background", Plan::Smart { background: true }),
        ("smart, foreground", Plan::Smart { background: false }),
        ("fixed 30 s", fixed(30)),
        ("fixed 60 s", fixed(60)),
        ("fixed 120 s", fixed(120)),
    ];
    for seconds in [30, 60, 120, 300, 600, 1800] {
        for (name, plan) in plans {
            write!(table, "{}", line(Duration::from_secs(seconds), name, plan))
                .expect("writing to a string");
        }
    }
    table
}

#[test]
fn the_table_in_the_documentation_is_true() {
    let table = table();
    println!("{table}");
    insta::assert_snapshot!("table", table);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/HEARTBEAT.md");
    let document = std::fs::read_to_string(path).expect("docs/HEARTBEAT.md");
    assert!(
        document.contains(&table),
        "docs/HEARTBEAT.md does not have the table printed above"
    );
}
