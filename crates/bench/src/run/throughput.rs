//! Messages a second, with so many on their way in each pair.

use std::collections::BTreeMap;

use super::pairs::Work;
use super::{Bench, announce, percentiles, unexpected};
use crate::options::Throughput;
use crate::order::{Line, Order, Pace, PairsResult, StoreOrder, StoreResult};
use crate::prepare;
use crate::report::Measurement;
use crate::target::{Target, database};

/// Before the time counts, in seconds, in each round.
const WARM_UP: f64 = 1.0;

/// Relay and server take turns, so many each: a machine that changes its speed within the run changes it for
/// both.
const ROUNDS: u32 = 5;

/// Of the store's rate, where many messages are on their way.
const OF_STORE: f64 = 0.6;

/// Of the relay's rate, with one message on its way in each pair.
const OF_RELAY: f64 = 0.4;

/// The server's processor time for a message, where many are on their way.
const SERVER_CPU_US: f64 = 20.0;

pub(super) async fn run(bench: &mut Bench, options: &Throughput) -> anyhow::Result<()> {
    for window in &options.window {
        let setting = format!("{} pairs, window {window}", options.pairs);
        announce(&format!("throughput: {setting}"));
        let work = Work {
            bench: "throughput",
            pairs: options.pairs,
            pace: Pace::Window(*window),
            warm_up: options.seconds.min(WARM_UP),
            seconds: options.seconds / f64::from(ROUNDS),
        };
        let shares = in_turns(bench, work, &setting).await?;
        let store = on_store(bench, options, *window, &setting).await?;
        let hongyan = shares.hongyan;
        if *window == 1 {
            let (share, least, most) = shares.of_relay;
            bench.goal(
                format!("window 1: at least {OF_RELAY} of the relay's rate"),
                format!("{share:.2} ({least:.2} to {most:.2} in {ROUNDS} rounds)"),
                share >= OF_RELAY,
            );
        } else {
            compare(bench, *window, &hongyan, &store);
        }
    }
    Ok(())
}

/// What came of relay and server in turns.
struct Shares {
    hongyan: Measurement,
    /// The server's rate in the relay's: the median of the rounds, the least and the most.
    of_relay: (f64, f64, f64),
}

async fn in_turns(bench: &mut Bench, work: Work, setting: &str) -> anyhow::Result<Shares> {
    let target = Target::start(bench, 2 * work.pairs).await?;
    let (worker, relay) = work.relay(bench).await?;
    let hongyan = work.hongyan(&target);
    let mut shares = Vec::new();
    let mut sums: Option<(PairsResult, PairsResult)> = None;
    for round in 1..=ROUNDS {
        let of_round = format!("{setting}, round {round} of {ROUNDS}");
        let on_relay = work.measure(bench, &relay, &of_round).await?;
        let on_hongyan = work.measure(bench, &hongyan, &of_round).await?;
        shares.push(on_hongyan.rate() / on_relay.rate());
        match &mut sums {
            None => sums = Some((on_relay, on_hongyan)),
            Some((relay, hongyan)) => {
                relay.add(on_relay);
                hongyan.add(on_hongyan);
            }
        }
    }
    worker.end().await?;
    target.end().await?;
    let (on_relay, on_hongyan) = sums.unwrap_or_default();
    work.add(bench, relay.name, setting, &on_relay)?;
    shares.sort_by(f64::total_cmp);
    Ok(Shares {
        hongyan: work.add(bench, hongyan.name, setting, &on_hongyan)?,
        of_relay: (
            shares[shares.len() / 2],
            shares[0],
            shares[shares.len() - 1],
        ),
    })
}

fn compare(bench: &mut Bench, window: u32, hongyan: &Measurement, store: &Measurement) {
    let share = rate(hongyan) / rate(store);
    bench.goal(
        format!("window {window}: at least {OF_STORE} of the store's rate"),
        format!("{share:.2}"),
        share >= OF_STORE,
    );
    if let Some(cpu) = hongyan.values.get("server_cpu_us_per_message") {
        bench.goal(
            format!("window {window}: at most {SERVER_CPU_US} µs of server CPU a message"),
            format!("{cpu:.1} µs"),
            *cpu <= SERVER_CPU_US,
        );
    }
}

/// The same messages through the store alone, on the server's core.
async fn on_store(
    bench: &mut Bench,
    options: &Throughput,
    window: u32,
    setting: &str,
) -> anyhow::Result<Measurement> {
    let folder = bench.make_folder()?;
    let accounts = {
        let store = (bench.host.open_store)(&database(folder.path()))?;
        prepare::accounts(&store, 2 * options.pairs, bench.host.now).await?
    };
    let order = Order::Store(StoreOrder {
        database: database(folder.path()),
        users: accounts.iter().map(|account| account.user).collect(),
        window,
        text_bytes: bench.common.text_bytes,
        measure_ms: (options.seconds * 1000.0) as u64,
        run: bench.run_number(),
        now: bench.host.now.get(),
    });
    let mut worker = bench.yardstick(&order).await?;
    let result = match bench.wait(&mut worker, "throughput of the store").await? {
        Line::Stored(result) => result,
        other => return unexpected(&other),
    };
    worker.end().await?;
    let measurement = measurement(&result, setting)?;
    bench.add(measurement.clone());
    Ok(measurement)
}

fn measurement(result: &StoreResult, setting: &str) -> anyhow::Result<Measurement> {
    let messages = result.messages as f64;
    Ok(Measurement {
        bench: "throughput",
        subject: "store",
        setting: setting.to_owned(),
        values: BTreeMap::from([
            ("messages_per_s", messages / result.seconds),
            ("server_cpu_us_per_message", result.cpu * 1e6 / messages),
            ("server_cpu_percent", 100.0 * result.cpu / result.seconds),
            ("messages_per_commit", messages / result.commits as f64),
        ]),
        times: percentiles(&result.times)?,
        faults: None,
    })
}

fn rate(measurement: &Measurement) -> f64 {
    measurement
        .values
        .get("messages_per_s")
        .copied()
        .unwrap_or(0.0)
}
