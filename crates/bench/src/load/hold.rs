//! Clients that connect and stay, and reconnect all at once when told to.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use hongyan_protocol::{ClientFrame, Ping, Sync};
use tokio::io::{BufReader, Lines, Stdin};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::say;
use super::sign_on::{FIRST_REQ, sign_on};
use crate::client::{Connection, Seen};
use crate::latency::Times;
use crate::order::{Account, Hold, HoldResult, Line, Reconnect};

/// Between an attempt that failed and the next; each client's is a little different.
const PAUSE: Duration = Duration::from_millis(100);

/// For all clients to get in. Who is not in by then is reported, and the run fails.
const ALL_IN: Duration = Duration::from_secs(120);

/// A sign of life, well within any server's patience.
const PING_EVERY: Duration = Duration::from_secs(20);

/// What all clients share.
struct Shared {
    order: Hold,
    opening: Semaphore,
    retries: AtomicU64,
    /// One message a client and round: when it was in, and the head that its sync showed.
    arrivals: mpsc::UnboundedSender<u64>,
}

/// Connects all, says so, and reconnects them as often as `orders` says.
pub(super) async fn run(order: Hold, orders: &mut Lines<BufReader<Stdin>>) -> anyhow::Result<()> {
    // As many messages as there are clients in each round, so it is bounded.
    let (arrivals, mut arrived) = mpsc::unbounded_channel();
    let (rounds, round) = watch::channel(0u64);
    let shared = Arc::new(Shared {
        opening: Semaphore::new(order.opening),
        retries: AtomicU64::new(0),
        arrivals,
        order,
    });
    let mut clients = JoinSet::new();
    let mut start = Instant::now();
    for index in 0..shared.order.clients.len() {
        let (shared, round) = (Arc::clone(&shared), round.clone());
        clients.spawn(async move { client(&shared, index, round).await });
    }
    let mut heads = gather(&shared, &mut arrived, start, 0).await?;
    while let Some(line) = orders.next_line().await? {
        let order: Reconnect = serde_json::from_str(&line).context("not an order to reconnect")?;
        shared.opening.add_permits(shared.order.clients.len());
        start = Instant::now();
        rounds.send_modify(|round| *round += 1);
        heads = gather(
            &shared,
            &mut arrived,
            start,
            heads + order.news * clients.len() as u64,
        )
        .await?;
    }
    clients.shutdown().await;
    Ok(())
}

/// Waits until every client is in, and says so. Returns the sum of the heads that they saw; less than
/// expected means that something was lost.
async fn gather(
    shared: &Shared,
    arrived: &mut mpsc::UnboundedReceiver<u64>,
    start: Instant,
    expected_heads: u64,
) -> anyhow::Result<u64> {
    let total = shared.order.clients.len() as u64;
    let mut result = HoldResult::default();
    let mut times = Times::new()?;
    let mut heads = 0;
    let step = (total / 20).max(1);
    while result.clients < total {
        let left = ALL_IN.saturating_sub(start.elapsed());
        let Ok(Some(head)) = timeout(left, arrived.recv()).await else {
            bail!(
                "{} of {total} clients are in after {ALL_IN:?}",
                result.clients
            );
        };
        times.record(start.elapsed());
        heads += head;
        result.clients += 1;
        if result.clients.is_multiple_of(step) {
            say(&Line::Progress(result.clients, total))?;
        }
    }
    result.seconds = start.elapsed().as_secs_f64();
    result.times = times.to_data();
    result.retries = shared.retries.swap(0, Ordering::Relaxed);
    result.faults.lost = expected_heads.saturating_sub(heads);
    say(&Line::Held(result))?;
    Ok(heads)
}

/// One client, in every round.
async fn client(shared: &Shared, index: usize, mut round: watch::Receiver<u64>) {
    let Some(account) = shared.order.clients.get(index) else {
        return;
    };
    loop {
        let mut connection = get_in(shared, account, index).await;
        tokio::select! {
            () = stay(&mut connection) => {
                // The server is gone. It is no use to come back before the coordinator says so.
                if round.changed().await.is_err() {
                    return;
                }
            }
            told = round.changed() => {
                if told.is_err() {
                    return;
                }
            }
        }
    }
}

/// Tries until it is in, and reports it.
async fn get_in(shared: &Shared, account: &Account, index: usize) -> Connection {
    loop {
        let attempt = async {
            // Never closed.
            let _turn = shared.opening.acquire().await;
            let mut connection = sign_on(&shared.order.address, account).await?;
            let head = if shared.order.sync {
                sync(&mut connection).await?
            } else {
                0
            };
            Ok::<_, io::Error>((connection, head))
        };
        match attempt.await {
            Ok((connection, head)) => {
                // The receiver is there as long as the clients are.
                let _ = shared.arrivals.send(head);
                return connection;
            }
            Err(_) => {
                shared.retries.fetch_add(1, Ordering::Relaxed);
                let spread = Duration::from_millis(index as u64 % 100);
                sleep(PAUSE + spread).await;
            }
        }
    }
}

/// The first page of what changed: the sum of the heads in it.
async fn sync(connection: &mut Connection) -> io::Result<u64> {
    let sync = ClientFrame::Sync(Sync::default());
    connection.frame(FIRST_REQ, &sync);
    let heads = |seen: &Seen<'_>| seen.conversations.iter().map(|it| it.head).sum();
    connection.answer(FIRST_REQ, heads).await
}

/// Answers pushes with acks and pings now and then, until the server goes.
async fn stay(connection: &mut Connection) {
    let mut req = FIRST_REQ;
    loop {
        let came = tokio::select! {
            read = connection.read() => read,
            () = sleep(PING_EVERY) => {
                req += 1;
                let interval_ms = u64::try_from(PING_EVERY.as_millis()).unwrap_or(u64::MAX);
                let ping = Ping { interval_ms, ..Ping::default() };
                connection.frame(req, &ClientFrame::Ping(ping));
                Ok(())
            }
        };
        let mut ack = None;
        let took = came.and_then(|()| {
            connection.frames(|payload| {
                let seen = Seen::decode(payload)?;
                if seen.kind == "entry" {
                    ack = seen.conv.zip(seen.seq);
                }
                Ok(())
            })
        });
        if let Some((conv, seq)) = ack {
            connection.ack(conv, seq);
        }
        if took.is_err() || connection.flush().await.is_err() {
            return;
        }
    }
}
