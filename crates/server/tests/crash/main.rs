//! The server is killed at random moments under load, again and again; and nothing that was
//! acknowledged is missing, doubled or out of order at any client.
//!
//! Twenty kills in every test run; `make soak` goes on for as long as it is told.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]
#![allow(unreachable_pub, reason = "the modules of a test are its own")]

mod disk_full;
mod groups;
mod network;
mod person;
mod proxy;
mod resources;
mod server;

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::Instant;

use person::Person;
use server::Server;

/// The demo's users.
const PEOPLE: [(&str, u64); 3] = [
    ("zhangsan@gmail.com", 1000),
    ("lisi@gmail.com", 1001),
    ("wangwu@hotmail.com", 1002),
];

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_lose_nothing() {
    kill_under_load(seed(), Kills::Count(20)).await;
}

/// Runs where `SOAK_SECONDS` asks for it; see `make soak`.
#[tokio::test(flavor = "multi_thread")]
async fn soak() {
    #[allow(
        clippy::disallowed_methods,
        reason = "the one knob of a test that people start by hand"
    )]
    let Ok(seconds) = std::env::var("SOAK_SECONDS") else {
        return;
    };
    let end = Instant::now() + Duration::from_secs(seconds.parse().unwrap());
    while Instant::now() < end {
        kill_under_load(
            seed(),
            Kills::Until(end.min(Instant::now() + Duration::from_secs(60))),
        )
        .await;
    }
}

/// When to stop killing.
#[derive(Clone, Copy)]
enum Kills {
    Count(u32),
    Until(Instant),
}

async fn kill_under_load(seed: u64, kills: Kills) {
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut server = Server::start().await;
    let mut people = Vec::new();
    for (login, id) in PEOPLE {
        let others = PEOPLE
            .iter()
            .map(|(_, other)| *other)
            .filter(|other| *other != id)
            .collect();
        people.push(Person::start(&server.url(), login, id, others).await);
    }

    let mut killed = 0;
    while match kills {
        Kills::Count(count) => killed < count,
        Kills::Until(end) => Instant::now() < end,
    } {
        tokio::time::sleep(Duration::from_millis(random.random_range(20..400))).await;
        server.kill().await;
        killed += 1;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..100))).await;
        server.start_again().await;
    }

    let mut acknowledged = Vec::new();
    for person in &mut people {
        acknowledged.extend(person.stop_sending().await);
    }
    println!(
        "{killed} kills, {} messages acknowledged",
        acknowledged.len()
    );
    assert!(acknowledged.len() > 100, "the load was no load");
    for person in people {
        person.check(&acknowledged).await;
    }
    server.kill().await;
    server.check();
}

fn seed() -> u64 {
    rand::random()
}
