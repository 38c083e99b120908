//! The store alone: the same messages, in the batches that they would come in, and nothing around it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use hongyan_protocol::{ClientId, Millis, UserId};
use hongyan_store::{Append, Body, Change, Outcome, Target, Write};
use tokio::time::Instant;

use crate::Host;
use crate::latency::Times;
use crate::order::{StoreOrder, StoreResult};
use crate::{system, text};

/// Writes in one commit, as in the service.
pub(crate) const BATCH_WRITES: usize = 4096;

/// Commits before the time counts.
const WARM_UP: u64 = 16;

/// Commits one batch after the other. Only the commits are timed, not the making of batches.
pub(crate) async fn store(order: StoreOrder, host: &Host) -> anyhow::Result<StoreResult> {
    let store = (host.open_store)(&order.database)?;
    let pairs = order.users.len() / 2;
    let on_their_way = pairs.saturating_mul(order.window as usize);
    let batch_size = on_their_way.clamp(1, BATCH_WRITES);
    let measure = Duration::from_millis(order.measure_ms);
    let mut writer = Writer {
        order: &order,
        next: 0,
    };
    let mut times = Times::new()?;
    let mut result = StoreResult::default();
    let mut spent = Duration::ZERO;
    for round in 0.. {
        let batch = writer.batch(batch_size)?;
        let cpu_before = system::cpu(std::process::id())?;
        let start = Instant::now();
        let outcomes = store.commit(batch).await.context("a commit failed")?;
        let took = start.elapsed();
        let stored = |outcome: &Outcome| matches!(outcome, Outcome::Append(Ok(_)));
        ensure!(outcomes.iter().all(stored), "the store refused a message");
        if round < WARM_UP {
            continue;
        }
        spent += took;
        times.record(took);
        result.cpu += system::cpu(std::process::id())?
            .since(cpu_before)
            .as_secs_f64();
        result.messages += batch_size as u64;
        result.commits += 1;
        if spent >= measure {
            break;
        }
    }
    result.seconds = spent.as_secs_f64();
    result.times = times.to_data();
    Ok(result)
}

/// Makes the messages of the pairs. Each pair's come in a row, as many as its window: so they come
/// from a socket, and so they are cheapest to store.
struct Writer<'a> {
    order: &'a StoreOrder,
    next: u64,
}

impl Writer<'_> {
    fn batch(&mut self, size: usize) -> anyhow::Result<Arc<[Write]>> {
        (0..size).map(|_| self.write()).collect()
    }

    fn write(&mut self) -> anyhow::Result<Write> {
        let (order, number) = (self.order, self.next);
        self.next += 1;
        let (pairs, window) = (order.users.len() as u64 / 2, u64::from(order.window.max(1)));
        let pair = usize::try_from(number / window % pairs)?;
        let in_pair = number / (window * pairs) * window + number % window;
        let [from, to] = order.users[2 * pair..2 * pair + 2] else {
            anyhow::bail!("users come in pairs");
        };
        let mut body = Vec::with_capacity(order.text_bytes);
        text::write(&mut body, pair as u64, in_pair, order.text_bytes);
        Ok(Write::Append(Append {
            from: UserId::new(from)?,
            target: Target::Direct(UserId::new(to)?),
            client_id: ClientId::new(format!("{}-{pair}-{in_pair:010}", order.run))?,
            change: Change::Message {
                body: Body::Text(String::from_utf8(body)?.into()),
                reply_to: None,
                mentions: Vec::new(),
            },
            at: Millis::new(order.now + number / 1000)?,
        }))
    }
}
