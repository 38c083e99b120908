//! The store alone: the same messages, in the batches that they would come in, and nothing around it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hongyan_protocol::{ClientId, Millis, UserId};
use hongyan_store::{Append, Body, Change, Header, Outcome, Store, Target, Write};
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
const WARM_UP: usize = 16;

/// Writes that are made ahead, so that between their commits nothing else is done: some 100 MiB of them.
const RUN_WRITES: usize = 256 * 1024;

/// Commits of one run at most, so that small batches are not committed for minutes where a fraction of a second is asked
/// for.
const RUN_COMMITS: usize = 4 * 1024;

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

/// Commits one batch after the other, in runs that are made ahead of the time that counts.
async fn write(
    store: &dyn Store,
    writer: &mut Writer,
    measure: Duration,
) -> anyhow::Result<StoreResult> {
    let size = writer.batch_size();
    let mut times = Times::new()?;
    let mut result = StoreResult::default();
    run(store, &writer.batches(size, WARM_UP)?, |_| ()).await?;
    let mut spent = Duration::ZERO;
    while spent < measure {
        let batches = writer.batches(size, (RUN_WRITES / size).clamp(1, RUN_COMMITS))?;
        let cpu_before = system::cpu(std::process::id())?;
        let start = Instant::now();
        run(store, &batches, |took| times.record(took)).await?;
        spent += start.elapsed();
        let cpu = system::cpu(std::process::id())?.since(cpu_before);
        result.cpu += cpu.as_secs_f64();
        result.messages += (batches.len() * size) as u64;
        result.commits += batches.len() as u64;
    }
    result.seconds = spent.as_secs_f64();
    result.times = times.to_data();
    Ok(result)
}

/// Commits these batches, and returns when nothing of them is left to be done: a store may put off what nobody has asked
/// to read yet.
async fn run(
    store: &dyn Store,
    batches: &[Arc<[Write]>],
    mut committed: impl FnMut(Duration),
) -> anyhow::Result<()> {
    let mut reader = None;
    for batch in batches {
        let start = Instant::now();
        let outcomes = store.commit(Arc::clone(batch)).await;
        committed(start.elapsed());
        for outcome in outcomes.context("a commit failed")? {
            let Outcome::Append(Ok(appended)) = outcome else {
                anyhow::bail!("the store refused a message");
            };
            reader = appended.members.first().copied();
        }
    }
    if let Some(user) = reader {
        store.total_unread(user).await?;
    }
    Ok(())
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

    fn batches(&mut self, size: usize, count: usize) -> anyhow::Result<Vec<Arc<[Write]>>> {
        let mut batch = || (0..size).map(|_| self.write()).collect();
        (0..count).map(|_| batch()).collect()
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
                header: Header::default(),
            },
            at: Millis::new(order.now + number / 1000)?,
        }))
    }
}
