//! Pairs of clients at work, and the clock over them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::mixed::MixedPair;
use super::pair::Pair;
use super::say;
use crate::check::Faults;
use crate::latency::{Times, TimesData};
use crate::order::{Kind, Line, Pairs, PairsResult};
use crate::system;

/// Pairs that connect at the same time.
const CONNECTING: usize = 64;

/// For the last messages to arrive; the rest counts as lost.
const LAST_MESSAGES: Duration = Duration::from_secs(15);

/// What all pairs share.
pub(super) struct Shared {
    pub(super) start: Instant,
    pub(super) measure_from: Instant,
    /// No message is due from then on.
    pub(super) stop: Instant,
    /// What has not come by then is lost.
    pub(super) give_up: Instant,
    done: AtomicU64,
    /// Of a mix.
    by_kind: Mutex<BTreeMap<Kind, Times>>,
}

impl Shared {
    /// Something of a mix was due then and is done now.
    pub(super) fn record(&self, kind: Kind, due: Instant, now: Instant) {
        if due < self.measure_from {
            return;
        }
        if let Some(times) = self.by_kind.lock().get_mut(&kind) {
            times.record(now.saturating_duration_since(due));
        }
    }

    /// Messages were answered, pushed and acked.
    pub(super) fn add_done(&self, messages: u64) {
        self.done.fetch_add(messages, Ordering::Relaxed);
    }
}

/// Runs all pairs.
pub(super) async fn run(order: Pairs) -> anyhow::Result<PairsResult> {
    let order = Arc::new(order);
    let pairs = connect(&order).await?;
    let by_kind = match order.mix {
        Some(_) => Kind::ALL
            .into_iter()
            .map(|kind| Ok((kind, Times::new()?)))
            .collect::<anyhow::Result<_>>()?,
        None => BTreeMap::new(),
    };
    let start = Instant::now();
    let measure_from = start + Duration::from_millis(order.warm_up_ms);
    let stop = measure_from + Duration::from_millis(order.measure_ms);
    let shared = Arc::new(Shared {
        start,
        measure_from,
        stop,
        give_up: stop + LAST_MESSAGES,
        done: AtomicU64::new(0),
        by_kind: Mutex::new(by_kind),
    });
    let mut running = JoinSet::new();
    for pair in pairs {
        let (order, shared) = (Arc::clone(&order), Arc::clone(&shared));
        running.spawn(async move { pair.run(&order, &shared).await });
    }
    let mut result = measure(&order, &shared).await?;
    let mut times = Times::new()?;
    while let Some(ended) = running.join_next().await {
        let (faults, data) = ended.context("a pair panicked")??;
        result.faults.add(&faults);
        times.add(&data);
    }
    for (kind, of_kind) in &*shared.by_kind.lock() {
        let data = of_kind.to_data();
        if *kind != Kind::Page {
            times.add(&data);
        }
        result.by_kind.insert(*kind, data);
    }
    result.times = times.to_data();
    Ok(result)
}

/// A pair at work.
enum Working {
    Plain(Box<Pair>),
    Mixed(Box<MixedPair>),
}

impl Working {
    async fn connect(order: &Pairs, index: usize) -> anyhow::Result<Self> {
        Ok(match order.mix {
            Some(mix) => Self::Mixed(Box::new(MixedPair::connect(order, mix, index).await?)),
            None => Self::Plain(Box::new(Pair::connect(order, index).await?)),
        })
    }

    /// The times of a mix are [recorded](Shared::record) by kind instead.
    async fn run(self, order: &Pairs, shared: &Shared) -> anyhow::Result<(Faults, TimesData)> {
        match self {
            Self::Plain(pair) => pair.run(order, shared).await,
            Self::Mixed(pair) => Ok((pair.run(shared).await?, TimesData::default())),
        }
    }
}

async fn connect(order: &Arc<Pairs>) -> anyhow::Result<Vec<Working>> {
    let total = order.pairs.len();
    let mut pairs = Vec::with_capacity(total);
    let mut connecting = JoinSet::new();
    for index in 0..total {
        if connecting.len() >= CONNECTING
            && let Some(pair) = connecting.join_next().await
        {
            pairs.push(pair.context("a pair panicked")??);
        }
        let order = Arc::clone(order);
        connecting.spawn(async move { Working::connect(&order, index).await });
    }
    while let Some(pair) = connecting.join_next().await {
        pairs.push(pair.context("a pair panicked")??);
    }
    Ok(pairs)
}

/// Waits for the time to pass, and reads the counters at both ends of it.
async fn measure(order: &Pairs, shared: &Shared) -> anyhow::Result<PairsResult> {
    sleep_until(shared.measure_from).await;
    let before = Reading::take(order, shared)?;
    let second = Duration::from_secs(1);
    let mut next = shared.measure_from + second;
    while next < shared.stop {
        sleep_until(next).await;
        let passed = next.duration_since(shared.measure_from).as_secs();
        say(&Line::Progress(passed, order.measure_ms / 1000))?;
        next += second;
    }
    sleep_until(shared.stop).await;
    let after = Reading::take(order, shared)?;
    Ok(PairsResult {
        messages: after.done - before.done,
        seconds: after.at.duration_since(before.at).as_secs_f64(),
        server_cpu: after
            .server
            .zip(before.server)
            .map(|(after, before)| after.since(before).as_secs_f64()),
        load_cpu: after.load.since(before.load).as_secs_f64(),
        ..PairsResult::default()
    })
}

/// The counters at one moment.
struct Reading {
    at: Instant,
    done: u64,
    server: Option<system::Cpu>,
    load: system::Cpu,
}

impl Reading {
    fn take(order: &Pairs, shared: &Shared) -> anyhow::Result<Self> {
        Ok(Self {
            at: Instant::now(),
            done: shared.done.load(Ordering::Relaxed),
            server: order.server_pid.map(system::cpu).transpose()?,
            load: system::cpu(std::process::id())?,
        })
    }
}
