//! What a message costs in groups of different sizes, and what a sync costs a user in many:
//! `cargo run --release -p hongyan-store-sqlite --example groups [MEMBERS]`.
//!
//! Makes a database in a temporary folder, and tells times of the store alone: no sockets, no pushes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measurement ends where its set-up fails"
)]

use std::path::Path;
use std::time::Duration;

use hongyan_protocol::{ClientId, ConversationId, Millis, UserId};
use hongyan_store::{
    Accounts, Append, Body, Change, GroupChange, Header, Logs, NewUser, Outcome, SyncCursor,
    SyncLimits, Target, USERS_A_CHANGE, Write,
};
use hongyan_store_sqlite::{Options, SqliteStore};
use rusqlite::Connection;
use tokio::time::Instant;

/// Messages to each group, in batches of as many.
const MESSAGES: usize = 20_000;
const BATCH: usize = 100;

const ROUNDS: usize = 3;

/// Groups of the user who syncs, and the members of each.
const GROUPS: usize = 500;
const MEMBERS_OF_EACH: usize = 1_000;

struct Bench {
    store: SqliteStore,
    users: Vec<UserId>,
    client_ids: u64,
}

impl Bench {
    fn append(&mut self, from: UserId, target: Target, change: Change) -> Write {
        self.client_ids += 1;
        Write::Append(Append {
            from,
            target,
            client_id: ClientId::new(format!("c{:012}", self.client_ids)).unwrap(),
            change,
            at: Millis::new(1_800_000_000_000 + self.client_ids).unwrap(),
        })
    }

    async fn commit(&self, writes: Vec<Write>) -> Vec<Outcome> {
        self.store.commit(writes.into()).await.unwrap()
    }

    /// A group of the first `members` users, whose owner is the first.
    async fn group(&mut self, members: usize) -> ConversationId {
        let owner = self.users[0];
        let users = self.users[1..members].to_vec();
        let create = GroupChange::Create {
            name: "雁群".into(),
            users: Vec::new(),
        };
        let create = self.append(owner, Target::NewGroup, Change::Group(create));
        let outcomes = self.commit(vec![create]).await;
        let [Outcome::Append(Ok(made))] = &outcomes[..] else {
            panic!("{outcomes:?}");
        };
        let conv = made.conv;
        for some in users.chunks(USERS_A_CHANGE) {
            let add = Change::Group(GroupChange::Add(some.to_vec()));
            let add = self.append(owner, Target::Conversation(conv), add);
            self.commit(vec![add]).await;
        }
        conv
    }

    /// Messages by members in turns.
    fn messages(&mut self, conv: ConversationId, members: usize) -> Vec<Write> {
        let texts = (0..BATCH).map(|at| {
            let from = self.users[at * 7 % members];
            let body =
                Body::Text("a message of some sixty bytes, as people write them all day".into());
            let change = Change::Message {
                body,
                reply_to: None,
                mentions: Vec::new(),
                header: Header::default(),
            };
            (from, change)
        });
        let texts: Vec<_> = texts.collect();
        texts
            .into_iter()
            .map(|(from, change)| self.append(from, Target::Conversation(conv), change))
            .collect()
    }
}

#[tokio::main]
async fn main() {
    let largest: usize = std::env::args()
        .nth(1)
        .map_or(10_000, |members| members.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("groups.db");
    let store = SqliteStore::open(path.clone(), &Options::default()).unwrap();
    let mut users = Vec::new();
    for at in 0..largest.max(MEMBERS_OF_EACH) {
        let user = NewUser {
            id: None,
            login: format!("user{at}"),
            name: format!("User {at}"),
            avatar: None,
            password_hash: String::new(),
            created_at: Millis::default(),
        };
        users.push(store.create_user(user).await.unwrap().id);
    }
    let mut bench = Bench {
        store,
        users,
        client_ids: 0,
    };
    println!("members  µs a message  bytes a message");
    // By turns, since a machine has other things to do as well.
    let sizes = [3, 100, 1_000, largest];
    let mut groups = Vec::new();
    for members in sizes {
        groups.push((members, bench.group(members).await));
    }
    for _ in 0..ROUNDS {
        for (members, conv) in &groups {
            messages(&mut bench, &path, *members, *conv).await;
        }
    }
    sync(&mut bench).await;
}

async fn messages(bench: &mut Bench, path: &Path, members: usize, conv: ConversationId) {
    settle(bench).await;
    let before = size(path);
    let start = Instant::now();
    for _ in 0..MESSAGES / BATCH {
        let writes = bench.messages(conv, members);
        for outcome in bench.commit(writes).await {
            assert!(matches!(outcome, Outcome::Append(Ok(_))), "{outcome:?}");
        }
    }
    settle(bench).await;
    let took = start.elapsed();
    let bytes = size(path).saturating_sub(before) / MESSAGES as u64;
    println!(
        "{members:7}  {:12.2}  {bytes:15}",
        micros(took) / MESSAGES as f64
    );
}

/// After a day away: each group has news.
async fn sync(bench: &mut Bench) {
    let reader = bench.users[1];
    let mut groups = Vec::new();
    for _ in 0..GROUPS {
        groups.push(bench.group(MEMBERS_OF_EACH).await);
    }
    let limits = SyncLimits {
        conversations: 50,
        entries: 10,
        bytes: 1 << 20,
    };
    settle(bench).await;
    for conv in groups {
        let writes = bench.messages(conv, MEMBERS_OF_EACH);
        bench.commit(writes).await;
    }
    settle(bench).await;
    let mut times = Vec::new();
    for _ in 0..20 {
        let start = Instant::now();
        let page = bench.store.sync(reader, SyncCursor::Since(0), limits).await;
        assert_eq!(page.unwrap().conversations.len(), 50);
        times.push(start.elapsed());
    }
    times.sort();
    println!(
        "a first page of sync, of {GROUPS} groups of {MEMBERS_OF_EACH} with news: {:.1} ms, at worst {:.1}",
        micros(times[10]) / 1000.0,
        micros(times[19]) / 1000.0
    );
}

/// Waits until all is in the tables.
async fn settle(bench: &Bench) {
    bench.store.total_unread(bench.users[0]).await.unwrap();
}

/// Bytes of all pages.
fn size(path: &Path) -> u64 {
    let conn = Connection::open(path).unwrap();
    let pages: i64 = conn
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    4096 * pages.cast_unsigned()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
