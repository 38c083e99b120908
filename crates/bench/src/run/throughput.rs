//! Messages a second, with so many on their way in each pair.

use std::collections::BTreeMap;
use std::path::Path;

use super::mixed::{self, Mixed};
use super::pairs::Work;
use super::rounds::{ROUNDS, say_share, share, warm_up};
use super::{Bench, announce, percentiles, unexpected};
use crate::child::Worker;
use crate::options::Throughput;
use crate::order::{Line, Order, Pace, PairsResult, StoreOrder, StoreResult, Stretch};
use crate::prepare;
use crate::report::Measurement;
use crate::target::{Target, database};

/// Of the store's rate, where many messages are on their way.
const OF_STORE: f64 = 0.6;

/// Of the relay's rate, with one message on its way in each pair.
const OF_RELAY: f64 = 0.4;

/// The server's processor time for a message, where many are on their way.
const SERVER_CPU_US: f64 = 20.0;

pub(super) async fn run(bench: &mut Bench, options: &Throughput) -> anyhow::Result<()> {
    anyhow::ensure!(
        !options.mix || bench.common.server.is_none(),
        "--mix needs a server of the benchmark's own: leave --server away"
    );
    for window in &options.window {
        let setting = format!("{} pairs, window {window}", options.pairs);
        announce(&format!("throughput: {setting}"));
        let work = Work {
            bench: "throughput",
            pairs: options.pairs,
            pace: Pace::Window(*window),
            warm_up: warm_up(options.seconds),
            seconds: options.seconds / f64::from(ROUNDS),
        };
        let rounds = in_turns(bench, work, options.mix, *window, &setting).await?;
        report(bench, work, *window, &setting, &rounds)?;
    }
    Ok(())
}

/// What came of each round.
struct Rounds {
    relay: Vec<PairsResult>,
    store: Vec<StoreResult>,
    hongyan: Vec<PairsResult>,
    /// None where it was not asked for.
    mixed: Vec<PairsResult>,
}

async fn in_turns(
    bench: &mut Bench,
    work: Work,
    with_mix: bool,
    window: u32,
    setting: &str,
) -> anyhow::Result<Rounds> {
    let target = Target::start(bench, 2 * work.pairs).await?;
    let folder = bench.make_folder()?;
    let (relay_worker, relay) = work.relay(bench).await?;
    let mut store_worker = store(bench, work, window, folder.path()).await?;
    let hongyan = work.hongyan(&target);
    let mut mixed = match with_mix {
        true => Some(Mixed::start(bench, work).await?),
        false => None,
    };
    let mut rounds = Rounds {
        relay: Vec::new(),
        store: Vec::new(),
        hongyan: Vec::new(),
        mixed: Vec::new(),
    };
    for round in 1..=ROUNDS {
        let of_round = format!("{setting}, round {round} of {ROUNDS}");
        let on_relay = work.measure(bench, &relay, &of_round).await?;
        rounds.relay.push(on_relay);
        let on_hongyan = work.measure(bench, &hongyan, &of_round).await?;
        rounds.hongyan.push(on_hongyan);
        if let Some(mixed) = &mut mixed {
            mixed.measure(bench, work, &of_round).await?;
        }
        let on_store = measure_store(bench, &mut store_worker, work, &of_round).await?;
        rounds.store.push(on_store);
    }
    relay_worker.end().await?;
    store_worker.end().await?;
    target.end().await?;
    if let Some(mixed) = mixed {
        rounds.mixed = mixed.end().await?;
    }
    Ok(rounds)
}

/// A store of its own for the same messages, on the server's core. It writes when told to.
async fn store(
    bench: &mut Bench,
    work: Work,
    window: u32,
    folder: &Path,
) -> anyhow::Result<Worker> {
    let accounts = {
        let store = (bench.host.open_store)(&database(folder))?;
        prepare::accounts(&store, 2 * work.pairs, bench.host.now).await?
    };
    let order = Order::Store(StoreOrder {
        database: database(folder),
        users: accounts.iter().map(|account| account.user).collect(),
        window,
        text_bytes: bench.common.text_bytes,
        run: bench.run_number(),
        now: bench.host.now.get(),
    });
    bench.yardstick(&order).await
}

/// One stretch of the store's work.
async fn measure_store(
    bench: &Bench,
    worker: &mut Worker,
    work: Work,
    setting: &str,
) -> anyhow::Result<StoreResult> {
    worker.tell(&Stretch::of(work.seconds)).await?;
    let what = format!("throughput of the store, {setting}");
    match bench.wait(worker, &what).await? {
        Line::Stored(result) => Ok(result),
        other => unexpected(&other),
    }
}

/// Adds the rows and the goals to the report.
fn report(
    bench: &mut Bench,
    work: Work,
    window: u32,
    setting: &str,
    rounds: &Rounds,
) -> anyhow::Result<()> {
    let rates = |results: &[PairsResult]| results.iter().map(PairsResult::rate).collect::<Vec<_>>();
    let hongyan_rates = rates(&rounds.hongyan);
    let store_rates: Vec<_> = rounds.store.iter().map(StoreResult::rate).collect();
    work.add(bench, "relay", setting, &PairsResult::sum(&rounds.relay))?;
    bench.add(store_row(&StoreResult::sum(&rounds.store), setting)?);
    let hongyan = PairsResult::sum(&rounds.hongyan);
    let row = work.add(bench, "hongyan", setting, &hongyan)?;
    let (of, wanted, reached) = match window {
        1 => (
            "relay",
            OF_RELAY,
            share(&hongyan_rates, &rates(&rounds.relay)),
        ),
        _ => ("store", OF_STORE, share(&hongyan_rates, &store_rates)),
    };
    if let Some(reached) = reached {
        bench.goal(
            format!("window {window}: at least {wanted} of the {of}'s rate"),
            say_share(reached),
            reached.median >= wanted,
        );
    }
    if !rounds.mixed.is_empty() {
        let of_plain = share(&rates(&rounds.mixed), &hongyan_rates);
        mixed::report(bench, work, window, setting, of_plain, &rounds.mixed)?;
    }
    if window == 1 {
        return Ok(());
    }
    if let Some(cpu) = row.values.get("server_cpu_us_per_message") {
        bench.goal(
            format!("window {window}: at most {SERVER_CPU_US} µs of server CPU a message"),
            format!("{cpu:.1} µs"),
            *cpu <= SERVER_CPU_US,
        );
    }
    Ok(())
}

fn store_row(result: &StoreResult, setting: &str) -> anyhow::Result<Measurement> {
    let messages = result.messages as f64;
    Ok(Measurement {
        bench: "throughput",
        subject: "store",
        setting: setting.to_owned(),
        values: BTreeMap::from([
            ("messages_per_s", result.rate()),
            ("server_cpu_us_per_message", result.cpu * 1e6 / messages),
            ("server_cpu_percent", 100.0 * result.cpu / result.seconds),
            ("messages_per_commit", messages / result.commits as f64),
        ]),
        times: percentiles(&result.times)?,
        faults: None,
    })
}
