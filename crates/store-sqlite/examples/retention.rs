//! What retention gives back of the disk, and what a message costs meanwhile:
//! `cargo run --release -p hongyan-store-sqlite --example retention [MEGABYTES] [TEXT_BYTES] [PAUSE_MS]`.
//!
//! Makes a database in a temporary folder, and tells times of the store alone: no sockets, no pushes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measurement ends where its set-up fails"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hongyan_protocol::{ClientId, ConversationId, Millis, UserId};
use hongyan_store::{
    Accounts, Append, Body, Change, Header, Logs, Maintenance, NewUser, RetainStep, Retention,
    Target, Write,
};
use hongyan_store_sqlite::{Options, SqliteStore};
use tokio::time::Instant;

const USERS: u64 = 40;
const BATCH: u64 = 1_000;

/// What the service uses.
const BODIES: usize = 256;

fn message(number: u64, text_bytes: usize) -> Write {
    let user = |number: u64| UserId::new(1000 + number % USERS).unwrap();
    let from = number % USERS;
    Write::Append(Append {
        from: user(from),
        target: Target::Direct(user(from + 1 + number / USERS % 20)),
        client_id: ClientId::new(format!("019ab000-0000-7000-8000-{number:012}")).unwrap(),
        change: Change::Message {
            body: Body::Text("w".repeat(text_bytes).into()),
            reply_to: None,
            mentions: Vec::new(),
            header: Header::default(),
        },
        at: Millis::new(1_800_000_000_000 + number).unwrap(),
    })
}

/// Sends one message after the other, until it is stopped. How long each took, ascending.
async fn sends(store: Arc<SqliteStore>, first: u64, is_stopped: Arc<AtomicBool>) -> Vec<Duration> {
    let mut took = Vec::new();
    for number in first.. {
        if is_stopped.load(Ordering::Relaxed) {
            break;
        }
        let begun = Instant::now();
        store.commit([message(number, 60)].into()).await.unwrap();
        took.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    took.sort_unstable();
    took
}

fn say(what: &str, took: &[Duration]) {
    let at = |share: usize| took[(took.len() - 1) * share / 1000];
    println!(
        "{what}: {} messages, p50 {:?}, p99 {:?}, most {:?}",
        took.len(),
        at(500),
        at(990),
        at(1000)
    );
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |default: u64| {
        arguments
            .next()
            .map_or(default, |text| text.parse().unwrap())
    };
    let (megabytes, text_bytes, pause_ms) = (argument(100), argument(100), argument(100));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("retention.db");
    let store = Arc::new(SqliteStore::open(&path, &Options::default()).unwrap());
    for number in 0..USERS {
        let user = NewUser {
            id: UserId::new(1000 + number).ok(),
            login: format!("user{number}"),
            name: String::new(),
            avatar: None,
            password_hash: String::new(),
            created_at: Millis::default(),
        };
        store.create_user(user).await.unwrap();
    }
    let length = || std::fs::metadata(&path).unwrap().len() / 1_000_000;
    let mut number = 0;
    while length() < megabytes {
        let batch = (number..number + BATCH).map(|number| message(number, text_bytes as usize));
        store.commit(batch.collect()).await.unwrap();
        number += BATCH;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!("{number} messages of {text_bytes} bytes: {} MB", length());

    let send = async |first| {
        let is_stopped = Arc::new(AtomicBool::new(false));
        let sends = sends(Arc::clone(&store), first, Arc::clone(&is_stopped));
        (tokio::spawn(sends), is_stopped)
    };
    let (before, is_stopped) = send(number).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    is_stopped.store(true, Ordering::Relaxed);
    say("without", &before.await.unwrap());

    let (meanwhile, is_stopped) = send(number + 1_000_000).await;
    let (begun, mut bodies, mut bytes, mut steps) = (Instant::now(), 0, 0, Vec::new());
    let mut step = RetainStep {
        keep: Retention {
            days: 0,
            entries: 10,
        },
        now: Millis::default(),
        after: ConversationId::default(),
        bodies: BODIES,
    };
    loop {
        let step_begun = Instant::now();
        let done = store.retain(step).await.unwrap();
        steps.push(step_begun.elapsed());
        bodies += done.bodies;
        bytes += done.bytes;
        let Some(next) = done.next else {
            break;
        };
        step.after = next;
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    }
    is_stopped.store(true, Ordering::Relaxed);
    steps.sort_unstable();
    println!(
        "{bodies} bodies went in {:?}, {bytes} bytes came back",
        begun.elapsed()
    );
    say("steps", &steps);
    say("meanwhile", &meanwhile.await.unwrap());
    tokio::time::sleep(Duration::from_secs(12)).await;
    println!("then: {} MB", length());
    Arc::into_inner(store).unwrap().close().await;
}
