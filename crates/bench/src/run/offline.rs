//! How soon somebody who was away has everything.

use std::collections::BTreeMap;

use super::{Bench, announce, unexpected};
use crate::options::Offline;
use crate::order::{Drain, Fill, Line, MovedResult, Order};
use crate::report::Measurement;
use crate::target::Target;

/// From the first packet of the sign-in to the last message.
const SECONDS: f64 = 0.5;

pub(super) async fn run(bench: &mut Bench, options: &Offline) -> anyhow::Result<()> {
    let senders = options.senders.max(1);
    let each = options.messages.div_ceil(senders as u64);
    let setting = format!("{} messages from {senders} senders", each * senders as u64);
    announce(&format!("offline: {setting}"));
    let target = Target::start(bench, senders + 1).await?;
    let Some((receiver, senders)) = target.accounts.split_first() else {
        anyhow::bail!("no accounts");
    };
    let fill = Order::Fill(Fill {
        address: target.address(0),
        senders: senders.to_vec(),
        to: receiver.user,
        messages: each,
        text_bytes: bench.common.text_bytes,
        run: bench.run_number(),
    });
    moved(bench, fill, "offline: messages stored").await?;
    let cpu_before = target.cpu()?;
    let drain = Order::Drain(Drain {
        address: target.address(0),
        account: receiver.clone(),
        conversations: senders.len() as u64,
        messages: each,
        text_bytes: bench.common.text_bytes,
    });
    let result = moved(bench, drain, "offline: messages fetched").await?;
    let cpu = target.cpu()?.zip(cpu_before);
    target.end().await?;

    let messages = result.messages.max(1) as f64;
    let mut values = BTreeMap::from([
        ("seconds_to_everything", result.seconds),
        ("messages_per_s", messages / result.seconds),
    ]);
    if let Some((after, before)) = cpu {
        let cpu = after.since(before).as_secs_f64();
        values.insert("server_cpu_us_per_message", cpu * 1e6 / messages);
    }
    bench.add(Measurement {
        bench: "offline",
        subject: "hongyan",
        setting,
        values,
        times: None,
        faults: Some(result.faults),
    });
    bench.goal(
        format!("offline: all messages within {SECONDS} s of the sign-in"),
        format!("{:.3} s", result.seconds),
        result.seconds <= SECONDS,
    );
    Ok(())
}

async fn moved(bench: &Bench, order: Order, what: &str) -> anyhow::Result<MovedResult> {
    let mut worker = bench.load(&order).await?;
    let result = match bench.wait(&mut worker, what).await? {
        Line::Moved(result) => result,
        other => return unexpected(&other),
    };
    worker.end().await?;
    Ok(result)
}
