//! How soon all clients are back after the server went down, without a warning, and up again.

use std::collections::BTreeMap;
use std::path::Path;

use hongyan_protocol::{ClientId, Millis, UserId};
use hongyan_store::{Append, Body, Change, Outcome, Target as To, Write};

use super::{Bench, announce, idle, percentiles};
use crate::options::Reconnect;
use crate::order::{self, Account};
use crate::report::Measurement;
use crate::target::Target;

/// From the first attempt to the last answered sync.
const SECONDS: f64 = 10.0;

/// Connections being opened at the same time at first, before the measurement.
const OPENING: usize = 128;

pub(super) async fn run(bench: &mut Bench, options: &Reconnect) -> anyhow::Result<()> {
    let connections = options.connections.next_multiple_of(2);
    let setting = format!("{connections} clients");
    announce(&format!("reconnect: {setting}"));
    let target = Target::start(bench, connections).await?;
    let (mut workers, _) = idle::hold(bench, &target, OPENING, true).await?;

    let accounts = target.accounts.clone();
    let is_own = target.own().is_some();
    let (open_store, now) = (bench.host.open_store, bench.host.now);
    // While the server is down, every client misses a message: a sync that does not show it is a loss.
    let target = target
        .restart(bench, async |database: &Path| {
            let store = open_store(database)?;
            write_to_all(&*store, &accounts, now).await
        })
        .await?;
    let start_up = target.own().map(|(server, _)| server.start_up);
    let cpu_before = target.cpu()?;
    let news = order::Reconnect {
        news: u64::from(is_own),
    };
    for worker in &mut workers {
        worker.tell(&news).await?;
    }
    let result = idle::gather(bench, &mut workers, "back and synced").await?;
    let cpu = target.cpu()?.zip(cpu_before);
    for worker in workers {
        worker.end().await?;
    }
    target.end().await?;

    let mut values = BTreeMap::from([
        ("seconds_until_all_synced", result.seconds),
        ("attempts_repeated", result.retries as f64),
    ]);
    if let Some(start_up) = start_up {
        values.insert("start_up_s", start_up.as_secs_f64());
    }
    if let Some((after, before)) = cpu {
        let cpu = after.since(before).as_secs_f64();
        values.insert("server_cpu_us_per_client", cpu * 1e6 / connections as f64);
    }
    bench.add(Measurement {
        bench: "reconnect",
        subject: "hongyan",
        setting,
        values,
        times: percentiles(&result.times)?,
        faults: Some(result.faults),
    });
    bench.goal(
        format!("reconnect: all synced within {SECONDS} s"),
        format!("{:.2} s", result.seconds),
        result.seconds <= SECONDS,
    );
    Ok(())
}

/// One message in each pair of neighbours, straight into the store.
async fn write_to_all(
    store: &dyn hongyan_store::Store,
    accounts: &[Account],
    now: Millis,
) -> anyhow::Result<()> {
    let message = |pair: &[Account]| {
        Ok(Write::Append(Append {
            from: UserId::new(pair[0].user)?,
            target: To::Direct(UserId::new(pair[1].user)?),
            client_id: ClientId::new(format!("away-{now}"))?,
            change: Change::Message {
                body: Body::Text("while you were away".into()),
                reply_to: None,
                mentions: Vec::new(),
                header: hongyan_store::Header::default(),
            },
            at: now,
        }))
    };
    for some in accounts.chunks(2 * crate::yardstick::BATCH_WRITES) {
        let batch = some
            .chunks_exact(2)
            .map(message)
            .collect::<anyhow::Result<_>>()?;
        let outcomes = store.commit(batch).await?;
        let stored = |outcome: &Outcome| matches!(outcome, Outcome::Append(Ok(_)));
        anyhow::ensure!(outcomes.iter().all(stored), "the store refused a message");
    }
    Ok(())
}
