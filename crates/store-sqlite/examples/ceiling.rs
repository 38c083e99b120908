//! How many messages a second the store can commit, and how long reads take, by itself.
//!
//! ```text
//! cargo run --release -p hongyan-store-sqlite --example ceiling [CONVERSATIONS [SECONDS [LOG_PAGES]]]
//! ```
//!
//! One task commits batches of 100-byte messages, spread over the conversations of one user, one
//! batch after the other as the service does; each size runs for some seconds on a fresh database.
//! What a fsync costs on this machine decides the first lines of the table, SQLite the last.
//! On the last database that user then reads, with nothing written meanwhile.

#![allow(
    clippy::unwrap_used,
    reason = "a measurement ends where its set-up fails"
)]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hongyan_protocol::{ClientId, Millis, UserId};
use hongyan_store::{
    Accounts, Append, Body, Change, Header, HistoryRange, Logs, NewUser, Outcome, SyncCursor,
    SyncLimits, Target, Write,
};
use hongyan_store_sqlite::{Options, SqliteStore};
use tokio::time::Instant;

const TEXT_BYTES: usize = 100;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let conversations = arguments.next().map_or(Ok(200), |text| text.parse())?;
    let seconds = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let mut options = Options::default();
    if let Some(pages) = arguments.next() {
        options.wal_limit_pages = pages.parse()?;
    }
    println!(
        "{conversations} conversations, {TEXT_BYTES}-byte texts, {seconds} s each, {options:?}"
    );
    println!("batch   rows/s   commits/s   ms p50   ms p99   ms max   log MiB");
    for size in [1, 16, 256, 1024] {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("ceiling.db");
        let store = SqliteStore::open(&path, &options)?;
        let users = users(&store, conversations).await?;
        commits(&store, &path, &users, size, Duration::from_secs(seconds)).await?;
        if size == 1024 {
            reads(&store, users[0], users[1]).await?;
        }
        store.close().await;
    }
    Ok(())
}

/// The first one talks to all others.
async fn commits(
    store: &SqliteStore,
    path: &Path,
    users: &[UserId],
    size: usize,
    time: Duration,
) -> Result<(), Box<dyn Error>> {
    let (hub, others) = users.split_first().ok_or("no users")?;
    let conversations = others.len() as u64;
    let mut messages = 0;
    let mut batch = |size: usize| -> Arc<[Write]> {
        let next = |_| {
            messages += 1;
            // Consecutive messages go to conversations far apart, as in life.
            let other = (messages * 7919) % conversations;
            message(*hub, others[usize::try_from(other).unwrap()], messages)
        };
        (0..size).map(next).collect()
    };
    // The conversations are made before the clock starts.
    for _ in 0..conversations.div_ceil(1024) {
        store.commit(batch(1024)).await?;
    }
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < time {
        let batch = batch(size);
        let began = Instant::now();
        let outcomes = store.commit(batch).await?;
        times.push(began.elapsed());
        assert!(
            outcomes
                .iter()
                .all(|outcome| matches!(outcome, Outcome::Append(Ok(_))))
        );
    }
    let elapsed = start.elapsed().as_secs_f64();
    let log = std::fs::metadata(path.with_extension("db-wal"))?.len() >> 20;
    let rows = (times.len() * size) as f64 / elapsed;
    let commits = times.len() as f64 / elapsed;
    let [p50, p99, max] = milliseconds(times);
    println!("{size:5} {rows:8.0} {commits:11.0} {p50:8.2} {p99:8.2} {max:8.1} {log:9}");
    Ok(())
}

async fn reads(store: &SqliteStore, hub: UserId, other: UserId) -> Result<(), Box<dyn Error>> {
    let conv = store.direct_conversation(hub, other).await?;
    let conv = conv.ok_or("they never spoke")?;
    let limits = SyncLimits {
        conversations: 50,
        entries: 10,
        bytes: 1 << 20,
    };
    println!("read                     ms p50   ms p99   ms max");
    for name in ["first page of sync", "last 50 of a log", "total unread"] {
        let mut times = Vec::new();
        for _ in 0..500 {
            let began = Instant::now();
            match name {
                "first page of sync" => drop(store.sync(hub, SyncCursor::Since(0), limits).await?),
                "last 50 of a log" => {
                    drop(store.history(hub, conv, HistoryRange::Latest, 50).await?);
                }
                _ => _ = store.total_unread(hub).await?,
            }
            times.push(began.elapsed());
        }
        let [p50, p99, max] = milliseconds(times);
        println!("{name:22} {p50:8.2} {p99:8.2} {max:8.1}");
    }
    Ok(())
}

/// The median, the 99th percentile and the longest.
fn milliseconds(mut times: Vec<Duration>) -> [f64; 3] {
    times.sort();
    [0.5, 0.99, 1.0].map(|part| {
        let at = (times.len() - 1) as f64 * part;
        times[at as usize].as_secs_f64() * 1000.0
    })
}

async fn users(store: &SqliteStore, others: u64) -> Result<Vec<UserId>, Box<dyn Error>> {
    let mut users = Vec::new();
    for number in 0..=others {
        users.push(user(store, number).await?);
    }
    Ok(users)
}

async fn user(store: &SqliteStore, number: u64) -> Result<UserId, Box<dyn Error>> {
    let user = NewUser {
        id: None,
        login: format!("user{number}"),
        name: format!("User {number}"),
        avatar: None,
        password_hash: String::new(),
        created_at: Millis::default(),
    };
    Ok(store.create_user(user).await?.id)
}

fn message(from: UserId, to: UserId, number: u64) -> Write {
    Write::Append(Append {
        from,
        target: Target::Direct(to),
        client_id: ClientId::new(format!("0198c0de-7a5e-7000-8000-{number:012}")).unwrap(),
        change: Change::Message {
            body: Body::Text("x".repeat(TEXT_BYTES).into()),
            reply_to: None,
            mentions: Vec::new(),
            header: Header::default(),
        },
        at: Millis::new(1_700_000_000_000 + number).unwrap(),
    })
}
