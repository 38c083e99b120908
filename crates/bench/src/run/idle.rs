//! Memory of idle connections, and how fast they are made.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::sleep;

use super::{Bench, announce, percentiles, unexpected};
use crate::child::Worker;
use crate::latency::Times;
use crate::options::Idle;
use crate::order::{Hold, HoldResult, Line, Order};
use crate::report::Measurement;
use crate::system::Memory;
use crate::target::Target;

/// Resident memory of the server for a connection.
const BYTES: f64 = 6.0 * 1024.0;

/// Connections made in a second, `hello` and `welcome` included.
const CONNECTS: f64 = 5000.0;

/// Connections of one load process: open files are limited for each.
const EACH_PROCESS: usize = 15_000;

pub(super) async fn run(bench: &mut Bench, options: &Idle) -> anyhow::Result<()> {
    let setting = format!("{} connections", options.connections);
    announce(&format!("idle: {setting}"));
    let rest = Duration::from_secs(options.rest);
    let target = Target::start(bench, options.connections).await?;
    sleep(rest.min(Duration::from_secs(1))).await;
    let (memory_before, cpu_before) = (target.memory()?, target.cpu()?);
    let (workers, result) = hold(bench, &target, options.opening, false).await?;
    let cpu = target.cpu()?.zip(cpu_before);
    sleep(rest).await;
    let memory = target.memory()?.zip(memory_before);
    for worker in workers {
        worker.end().await?;
    }
    sleep(rest).await;
    let memory_after = target.memory()?;
    target.end().await?;

    let connections = result.clients.max(1) as f64;
    let connects = connections / result.seconds;
    let mut values = BTreeMap::from([("connects_per_s", connects)]);
    if let Some((after, before)) = cpu {
        let cpu = after.since(before).as_secs_f64();
        values.insert("server_cpu_us_per_connect", cpu * 1e6 / connections);
    }
    if let Some((during, before)) = memory {
        add_memory(&mut values, before, during, connections);
    }
    if let Some(after) = memory_after {
        values.insert("resident_mib_afterwards", after.resident as f64 / 1048576.0);
    }
    let bytes = values.get("resident_bytes_per_connection").copied();
    bench.add(Measurement {
        bench: "idle",
        subject: "hongyan",
        setting,
        values,
        times: percentiles(&result.times)?,
        faults: Some(result.faults),
    });
    if let Some(bytes) = bytes {
        bench.goal(
            "idle: at most 6 KiB of resident memory a connection",
            format!("{:.2} KiB", bytes / 1024.0),
            bytes <= BYTES,
        );
    }
    bench.goal(
        format!("idle: at least {CONNECTS} authenticated connects a second"),
        format!("{connects:.0}"),
        connects >= CONNECTS,
    );
    Ok(())
}

fn add_memory(
    values: &mut BTreeMap<&'static str, f64>,
    before: Memory,
    during: Memory,
    connections: f64,
) {
    let mib = 1048576.0;
    let resident = during.resident.saturating_sub(before.resident) as f64;
    let anonymous = during.anonymous.saturating_sub(before.anonymous) as f64;
    values.insert("resident_mib_before", before.resident as f64 / mib);
    values.insert("resident_mib_with_all", during.resident as f64 / mib);
    values.insert("resident_bytes_per_connection", resident / connections);
    values.insert("anonymous_bytes_per_connection", anonymous / connections);
}

/// Connects one client for each account, in as many load processes as it takes, and waits until all are in.
pub(super) async fn hold(
    bench: &Bench,
    target: &Target,
    opening: usize,
    sync: bool,
) -> anyhow::Result<(Vec<Worker>, HoldResult)> {
    let mut workers = Vec::new();
    for (process, clients) in target.accounts.chunks(EACH_PROCESS).enumerate() {
        let order = Order::Hold(Hold {
            address: target.address(process),
            clients: clients.to_vec(),
            opening,
            sync,
        });
        workers.push(bench.load(&order).await?);
    }
    let result = gather(bench, &mut workers, "connected").await?;
    Ok((workers, result))
}

/// Waits until the clients of all load processes are in.
pub(super) async fn gather(
    bench: &Bench,
    workers: &mut [Worker],
    what: &str,
) -> anyhow::Result<HoldResult> {
    let mut sum = HoldResult::default();
    let mut times = Times::new()?;
    for worker in workers {
        let held = match bench.wait(worker, what).await? {
            Line::Held(held) => held,
            other => return unexpected(&other),
        };
        sum.clients += held.clients;
        sum.seconds = sum.seconds.max(held.seconds);
        sum.retries += held.retries;
        sum.faults.add(&held.faults);
        times.add(&held.times);
    }
    sum.times = times.to_data();
    Ok(sum)
}
