//! The time from a message's being due to its arrival, at a steady rate.

use std::collections::BTreeMap;

use super::pairs::Work;
use super::{Bench, announce, millis, percentiles, unexpected};
use crate::latency::Percentiles;
use crate::options::Latency;
use crate::order::{DiskOrder, Line, Order, Pace};
use crate::report::Measurement;
use crate::target::Target;

/// Within these of the relay's, one durable write aside.
const P50_US: u64 = 500;
const P99_US: u64 = 2000;

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
        warm_up: options.seconds.min(2.0),
        seconds: options.seconds,
    };
    let relay = work.on_relay(bench, &setting).await?;
    // A server that runs already has its own.
    if bench.common.server.is_none() {
        disk(bench, options).await?;
    }
    let target = Target::start(bench, 2 * options.pairs).await?;
    let hongyan = work.on_hongyan(bench, &target, &setting).await?;
    target.end().await?;
    if let Some((relay, hongyan)) = relay.times.zip(hongyan.times) {
        compare(bench, &relay, &hongyan);
    }
    Ok(())
}

/// What durable writes take in the same rhythm: judges nothing, but says what of a slow message in a hundred is the
/// disk's.
async fn disk(bench: &mut Bench, options: &Latency) -> anyhow::Result<()> {
    let folder = bench.make_folder()?;
    let order = Order::Disk(DiskOrder {
        folder: folder.path().to_path_buf(),
        rate: options.rate,
        measure_ms: (options.seconds.max(0.0) * 1000.0) as u64,
    });
    let mut disk = bench.yardstick(&order).await?;
    let times = match bench.wait(&mut disk, "latency of disk, second").await? {
        Line::Timed(times) => percentiles(&times)?,
        other => return unexpected(&other),
    };
    disk.end().await?;
    bench.add(Measurement {
        bench: "latency",
        subject: "disk",
        setting: format!("{} durable writes/s", options.rate),
        values: BTreeMap::new(),
        times,
        faults: None,
    });
    Ok(())
}

fn compare(bench: &mut Bench, relay: &Percentiles, hongyan: &Percentiles) {
    let fsync = bench.fsync_us();
    for (name, ours, theirs, allowed) in [
        ("p50", hongyan.p50_us, relay.p50_us, P50_US),
        ("p99", hongyan.p99_us, relay.p99_us, P99_US),
    ] {
        let extra = ours.saturating_sub(theirs + fsync);
        bench.goal(
            format!(
                "latency {name}: at most {} over the relay's, one durable write ({}) aside",
                millis(allowed),
                millis(fsync)
            ),
            format!("{} over {}", millis(extra), millis(theirs)),
            extra <= allowed,
        );
    }
}
