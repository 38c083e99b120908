//! How many messages a second the store can commit, by itself.
//!
//! ```text
//! cargo run --release -p hongyan-store-sqlite --example ceiling [CONVERSATIONS [SECONDS]]
//! ```
//!
//! One task commits batches of 100-byte messages, spread over the conversations, one batch after
//! the other as the service does; each size runs for some seconds on a fresh database. A probe
//! follows: on the same file, what a commit of a single page costs, most of which is the fsync.

#![allow(
    clippy::unwrap_used,
    reason = "a measurement ends where its set-up fails"
)]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use hongyan_protocol::{ClientId, Millis, UserId};
use hongyan_store::{Append, Body, Change, NewUser, Outcome, Store, Target, Write};
use hongyan_store_sqlite::{Options, SqliteStore};
use tokio::time::Instant;

const TEXT_BYTES: usize = 100;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let conversations = arguments.next().map_or(Ok(200), |text| text.parse())?;
    let seconds = arguments.next().map_or(Ok(5), |text| text.parse())?;
    println!("{conversations} conversations, {TEXT_BYTES}-byte texts, {seconds} s each");
    println!("batch   rows/s   commits/s   ms p50   ms p99   ms max   log MiB");
    for size in [1, 16, 256, 1024] {
        measure(conversations, size, Duration::from_secs(seconds)).await?;
    }
    Ok(())
}

async fn measure(conversations: u64, size: usize, time: Duration) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ceiling.db");
    let store = SqliteStore::open(&path, &Options::default())?;
    let hub = user(&store, 0).await?;
    let mut others = Vec::new();
    for n in 1..=conversations {
        others.push(user(&store, n).await?);
    }
    let mut messages = 0;
    let mut batch = |size: usize| -> Arc<[Write]> {
        let next = |_| {
            messages += 1;
            // Consecutive messages go to conversations far apart, as in life.
            let other = (messages * 7919) % conversations;
            message(hub, others[usize::try_from(other).unwrap()], messages)
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
    times.sort();
    let ms = |part: f64| {
        let at = (times.len() - 1) as f64 * part;
        times[at as usize].as_secs_f64() * 1000.0
    };
    println!(
        "{size:5} {:8.0} {:11.0} {:8.2} {:8.2} {:8.1} {log:9}",
        (times.len() * size) as f64 / elapsed,
        times.len() as f64 / elapsed,
        ms(0.5),
        ms(0.99),
        ms(1.0),
    );
    store.close().await;
    Ok(())
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
        },
        at: Millis::new(1_700_000_000_000 + number).unwrap(),
    })
}
