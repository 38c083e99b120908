//! The store alone: the same messages, in the batches that they would come in, and nothing around it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use hongyan_protocol::{ClientId, Millis, UserId};
use hongyan_store::{Append, Body, Change, Outcome, Store, Target, Write};
use tokio::io::{BufReader, Lines, Stdin};
use tokio::time::Instant;

use crate::Host;
use crate::latency::Times;
use crate::load::say;
use crate::order::{Line, StoreOrder, StoreResult, Stretch};
use crate::{system, text};

/// Writes in one commit, as in the service.
pub(crate) const BATCH_WRITES: usize = 4096;

/// Commits before the time counts, in each stretch.
const WARM_UP: u64 = 16;

/// Writes for as many stretches as `orders` says.
pub(crate) async fn store(
    order: StoreOrder,
    orders: &mut Lines<BufReader<Stdin>>,
    host: &Host,
) -> anyhow::Result<()> {
    let store = (host.open_store)(&order.database)?;
    let mut writer = Writer { order, next: 0 };
    while let Some(line) = orders.next_line().await? {
        let stretch: Stretch = serde_json::from_str(&line).context("not a stretch")?;
        let measure = Duration::from_millis(stretch.measure_ms);
        say(&Line::Stored(write(&*store, &mut writer, measure).await?))?;
    }
    Ok(())
}

/// Commits one batch after the other. Only the commits are timed, not the making of batches.
async fn write(
    store: &dyn Store,
    writer: &mut Writer,
    measure: Duration,
) -> anyhow::Result<StoreResult> {
    let batch_size = writer.batch_size();
    let mut times = Times::new()?;
    let mut result = StoreResult::default();
    let mut spent = Duration::ZERO;
    for commit in 0.. {
        let batch = writer.batch(batch_size)?;
        let cpu_before = system::cpu(std::process::id())?;
        let start = Instant::now();
        let outcomes = store.commit(batch).await.context("a commit failed")?;
        let took = start.elapsed();
        let stored = |outcome: &Outcome| matches!(outcome, Outcome::Append(Ok(_)));
        ensure!(outcomes.iter().all(stored), "the store refused a message");
        if commit < WARM_UP {
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
struct Writer {
    order: StoreOrder,
    next: u64,
}

impl Writer {
    /// What a commit gets when all pairs have as many on their way as they may.
    fn batch_size(&self) -> usize {
        let pairs = self.order.users.len() / 2;
        let on_their_way = pairs.saturating_mul(self.order.window as usize);
        on_their_way.clamp(1, BATCH_WRITES)
    }

    fn batch(&mut self, size: usize) -> anyhow::Result<Arc<[Write]>> {
        (0..size).map(|_| self.write()).collect()
    }

    fn write(&mut self) -> anyhow::Result<Write> {
        let (order, number) = (&self.order, self.next);
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
