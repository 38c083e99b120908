//! How long it takes to find people among many: `cargo run --release -p hongyan-store-sqlite --example people [USERS]`.
//!
//! Makes a database in a temporary folder, times the making of users, the filling of keys at an opening, and searches.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measurement ends where its set-up fails"
)]

use std::time::Duration;

use hongyan_protocol::Millis;
use hongyan_store::people::Query;
use hongyan_store::{Accounts, NewUser};
use hongyan_store_sqlite::{Options, SqliteStore};
use rusqlite::Connection;
use tokio::time::Instant;

const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑单曾吕仇";
const GIVEN: &str = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂文辉小晓建国华";
const FIRST: [&str; 8] = [
    "Alice", "Boris", "Carla", "Dmitri", "Émile", "Fatima", "Goran", "Hanna",
];
const LAST: [&str; 8] = [
    "Weber",
    "Lindgren",
    "Kowalski",
    "O’Neill",
    "García",
    "Papadopoulos",
    "Nguyen",
    "Smith",
];

/// Of each query a hundred.
const ROUNDS: usize = 100;

fn name(at: usize) -> String {
    let pick = |from: &str, at: usize| from.chars().nth(at % from.chars().count()).unwrap();
    if at.is_multiple_of(3) {
        let (first, last) = (FIRST[at / 3 % 8], LAST[at / 24 % 8]);
        return format!("{first} {last} {at}");
    }
    let given = |at| pick(GIVEN, at);
    format!(
        "{}{}{}",
        pick(SURNAMES, at * 7 / 3),
        given(at / 5),
        given(at * 11 / 7)
    )
}

#[tokio::main]
async fn main() {
    let users: usize = std::env::args()
        .nth(1)
        .map_or(10_000, |users| users.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.db");
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    let begin = Instant::now();
    for at in 0..1000 {
        store.create_user(user(at)).await.unwrap();
    }
    println!("create_user: {:?} each", begin.elapsed() / 1000);
    store.close().await;
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch("BEGIN").unwrap();
    for at in 1000..users {
        raw.prepare_cached(
            "INSERT INTO users (login, name, password_hash, created_at) VALUES (?1, ?2, '*', 0)",
        )
        .unwrap()
        .execute((user(at).login, name(at)))
        .unwrap();
    }
    raw.execute_batch("COMMIT").unwrap();
    drop(raw);
    let begin = Instant::now();
    let store = SqliteStore::open(&path, &Options::default()).unwrap();
    println!(
        "open, and fill in {} users: {:?}",
        users - 1000,
        begin.elapsed()
    );
    for typed in [
        "w",
        "wang",
        "wangwei",
        "wei",
        "wxm",
        "yu",
        "ann",
        "lind",
        "weber alice",
        "wei wang",
        "a b c d",
        "zzz",
        "eb",
        "xiao ming wang",
        "no such person here",
        "e e e w",
        "u9@",
        "99",
    ] {
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            let query = Query::parse(typed, true).unwrap();
            found = store.search_users(query, 20).await.unwrap().users.len();
            times.push(begin.elapsed());
        }
        times.sort_unstable();
        let at = |share: usize| -> Duration { times[(times.len() - 1) * share / 100] };
        println!(
            "{typed:20} {found:3} found   p50 {:?}   p99 {:?}",
            at(50),
            at(99)
        );
    }
    store.close().await;
    let bytes = std::fs::metadata(&path).unwrap().len();
    println!("the file: {} bytes a user", bytes / users as u64);
}

fn user(at: usize) -> NewUser {
    NewUser {
        id: None,
        login: format!("u{at}@example.org"),
        name: name(at),
        avatar: None,
        password_hash: "*".into(),
        created_at: Millis::from_trusted(0),
    }
}
