//! The time from a message's being due to its arrival, at a steady rate.

use std::collections::BTreeMap;

use super::pairs::Work;
use super::rounds::{ROUNDS, Spread, warm_up};
use super::{Bench, announce, percentiles, unexpected};
use crate::child::Worker;
use crate::latency::{Percentiles, TimesData};
use crate::options::Latency;
use crate::order::{DiskOrder, Line, Order, Pace, PairsResult, Stretch};
use crate::report::Measurement;
use crate::target::Target;

/// Within these of the relay's, one durable write aside.
const P50_MS: f64 = 0.5;
const P99_MS: f64 = 2.0;

pub(super) async fn run(bench: &mut Bench, options: &Latency) -> anyhow::Result<()> {
    anyhow::ensure!(
        options.rate.is_finite() && options.rate > 0.0,
        "--rate is a number of messages a second, and more than 0"
    );
    let setting = format!("{} messages/s, {} pairs", options.rate, options.pairs);
    announce(&format!("latency: {setting}"));
    let work = Work {
        bench: "latency",
        pairs: options.pairs,
        pace: Pace::Rate(options.rate),
        warm_up: warm_up(options.seconds),
        seconds: options.seconds / f64::from(ROUNDS),
    };
    let rounds = in_turns(bench, work, options.rate, &setting).await?;
    work.add(bench, "relay", &setting, &PairsResult::sum(&rounds.relay))?;
    if !rounds.disk.is_empty() {
        bench.add(disk_row(&rounds.disk, options.rate)?);
    }
    let hongyan = PairsResult::sum(&rounds.hongyan);
    work.add(bench, "hongyan", &setting, &hongyan)?;
    compare(bench, &rounds)
}

/// What came of each round.
#[derive(Default)]
struct Rounds {
    relay: Vec<PairsResult>,
    /// None where the server is not the benchmark's own: it has a disk of its own.
    disk: Vec<TimesData>,
    hongyan: Vec<PairsResult>,
}

async fn in_turns(
    bench: &mut Bench,
    work: Work,
    rate: f64,
    setting: &str,
) -> anyhow::Result<Rounds> {
    let target = Target::start(bench, 2 * work.pairs).await?;
    let (relay_worker, relay) = work.relay(bench).await?;
    let folder = bench.make_folder()?;
    let mut disk_worker = match bench.common.server {
        Some(_) => None,
        None => {
            let folder = folder.path().to_path_buf();
            let order = Order::Disk(DiskOrder { folder, rate });
            Some(bench.yardstick(&order).await?)
        }
    };
    let hongyan = work.hongyan(&target);
    let mut rounds = Rounds::default();
    for round in 1..=ROUNDS {
        let of_round = format!("{setting}, round {round} of {ROUNDS}");
        let on_relay = work.measure(bench, &relay, &of_round).await?;
        rounds.relay.push(on_relay);
        if let Some(worker) = &mut disk_worker {
            let of_disk = measure_disk(bench, worker, work, &of_round).await?;
            rounds.disk.push(of_disk);
        }
        let on_hongyan = work.measure(bench, &hongyan, &of_round).await?;
        rounds.hongyan.push(on_hongyan);
    }
    relay_worker.end().await?;
    if let Some(worker) = disk_worker {
        worker.end().await?;
    }
    target.end().await?;
    Ok(rounds)
}

/// What durable writes take in the same rhythm: judges nothing, but says what of a slow message in a hundred is the
/// disk's.
async fn measure_disk(
    bench: &Bench,
    worker: &mut Worker,
    work: Work,
    setting: &str,
) -> anyhow::Result<TimesData> {
    worker.tell(&Stretch::of(work.seconds)).await?;
    let what = format!("latency of the disk, {setting}, second");
    match bench.wait(worker, &what).await? {
        Line::Timed(times) => Ok(times),
        other => unexpected(&other),
    }
}

fn disk_row(rounds: &[TimesData], rate: f64) -> anyhow::Result<Measurement> {
    let mut times = TimesData::default();
    rounds.iter().for_each(|round| times.add(round));
    Ok(Measurement {
        bench: "latency",
        subject: "disk",
        setting: format!("{rate} durable writes/s"),
        values: BTreeMap::new(),
        times: percentiles(&times)?,
        faults: None,
    })
}

/// Adds the goals to the report: none where a round was too short for a message.
fn compare(bench: &mut Bench, rounds: &Rounds) -> anyhow::Result<()> {
    let of_each = |results: &[PairsResult]| -> anyhow::Result<Option<Vec<Percentiles>>> {
        results.iter().map(|it| percentiles(&it.times)).collect()
    };
    if let Some((ours, theirs)) = of_each(&rounds.hongyan)?.zip(of_each(&rounds.relay)?) {
        let both = || ours.iter().zip(&theirs);
        goal(
            bench,
            "p50",
            P50_MS,
            both().map(|(ours, theirs)| (ours.p50_us, theirs.p50_us)),
        );
        goal(
            bench,
            "p99",
            P99_MS,
            both().map(|(ours, theirs)| (ours.p99_us, theirs.p99_us)),
        );
    }
    Ok(())
}

/// `both`: ours and the relay's, in microseconds, of each round.
fn goal(bench: &mut Bench, name: &str, allowed: f64, both: impl Iterator<Item = (u64, u64)>) {
    let fsync_us = bench.fsync_us() as f64;
    let extra = both.map(|(ours, theirs)| (ours as f64 - theirs as f64 - fsync_us) / 1000.0);
    let Some(extra) = Spread::new(extra) else {
        return;
    };
    bench.goal(
        format!(
            "latency {name}: at most {allowed} ms over the relay's, one durable write ({:.3} ms) aside",
            fsync_us / 1000.0
        ),
        format!(
            "{:.2} ms ({:.2} to {:.2} in {ROUNDS} rounds)",
            extra.median, extra.least, extra.most
        ),
        extra.median <= allowed,
    );
}
