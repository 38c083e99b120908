//! What is not kept is gone from every file, its disk is given back, and a kill does not stop it for good.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};
use hongyan_store::{HistoryRange, Logs, Maintenance, RetainStep, Retained, Retention, Target};
use hongyan_store_sqlite::{Options, SqliteStore, check_file};
use rusqlite::Connection;
use support::{Case, Sqlite};
use tokio::time::Instant;

/// The path, for the child.
const CHILD: &str = "HONGYAN_TEST_RETAINING_CHILD";

/// Removed texts are promised to be gone everywhere within a minute.
const PROMISED: Duration = Duration::from_secs(60);

const MESSAGES: u64 = 3_000;
const KEPT: u64 = 100;

fn options() -> Options {
    Options {
        forget_after: Duration::from_millis(20),
        ..Options::default()
    }
}

fn first_step(bodies: usize) -> RetainStep {
    RetainStep {
        keep: Retention {
            days: 0,
            entries: KEPT,
        },
        now: Millis::default(),
        after: ConversationId::default(),
        bodies,
    }
}

/// Two people and a conversation, whose texts are of many lengths, some of them with pages of their own.
async fn filled() -> (Sqlite, UserId, ConversationId) {
    let mut f = Case::fresh().await;
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "the first").await.conv;
    for at in 0..MESSAGES / 100 {
        let texts = (0..100).map(|n| {
            let length = if n == 7 {
                900
            } else {
                3 + (at * n) as usize % 20
            };
            let text = "s3cr3t ".repeat(length);
            f.message(a, Target::Conversation(conv), &text)
        });
        let appends: Vec<_> = texts.collect();
        f.append_all(&appends).await;
    }
    for _ in 0..KEPT {
        f.say(b, a, "it stays").await;
    }
    (f.into_engine().await, a, conv)
}

/// Steps to the end. What they did together.
async fn retain(store: &SqliteStore, mut step: RetainStep) -> Retained {
    let mut all = Retained::default();
    loop {
        let done = store.retain(step).await.unwrap();
        all.floors.extend(done.floors);
        all.bodies += done.bodies;
        all.bytes += done.bytes;
        match done.next {
            Some(next) => step.after = next,
            None => return all,
        }
    }
}

/// Another process reads the files: closing a descriptor of the database's file would drop the locks that SQLite has on it
/// in this one.
fn has_secrets(folder: &Path) -> bool {
    let found = Command::new("grep")
        .args(["-rqa", "s3cr3t"])
        .arg(folder)
        .status();
    found.unwrap().success()
}

async fn assert_gone(folder: &Path) {
    let begun = Instant::now();
    while has_secrets(folder) {
        assert!(begun.elapsed() < PROMISED, "a text is still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_go_from_every_file_and_the_disk_comes_back() {
    let (engine, reader, conv) = filled().await;
    let folder = engine.path().parent().unwrap().to_owned();
    assert!(has_secrets(&folder));
    let before = std::fs::metadata(engine.path()).unwrap().len();
    let store = SqliteStore::open(engine.path(), &options()).unwrap();
    let done = retain(&store, first_step(200)).await;
    assert_eq!(done.bodies, MESSAGES + 1);
    assert!(done.bytes > before / 4, "{} of {before}", done.bytes);
    assert_gone(&folder).await;
    let shorter = async || {
        let begun = Instant::now();
        while std::fs::metadata(engine.path()).unwrap().len() > before - done.bytes {
            assert!(begun.elapsed() < PROMISED, "the file is as long as before");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    shorter().await;
    let page = store
        .history(reader, conv, HistoryRange::After(Seq::ZERO), 1000)
        .await;
    assert_eq!(page.unwrap().entries.len() as u64, KEPT);
    let report = store.verify(Box::new(|_| ())).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.faults);
    // A copy has nothing of it either, and gives its disk back as well.
    let copy = folder.join("copy.db");
    store.backup(copy.clone()).await.unwrap();
    assert!(!has_secrets(&folder));
    store.close().await;
    let copied = Connection::open(&copy).unwrap();
    let mode: i64 = copied
        .query_row("PRAGMA auto_vacuum", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, 2);
}

/// Where the pages have messages of many conversations, none of which is long.
#[tokio::test(flavor = "multi_thread")]
async fn the_disk_of_many_small_conversations_comes_back_as_well() {
    let mut f = Case::fresh().await;
    let mut users = Vec::new();
    for _ in 0..20 {
        users.push(f.user().await);
    }
    for round in 0..40 {
        let mut appends = Vec::new();
        for (at, from) in users.iter().enumerate() {
            for to in &users[..at] {
                let text = format!("s3cr3t {round} {}", "w".repeat(140));
                appends.push(f.message(*from, Target::Direct(*to), &text));
            }
        }
        f.append_all(&appends).await;
    }
    let engine = f.into_engine().await;
    let before = std::fs::metadata(engine.path()).unwrap().len();
    let store = SqliteStore::open(engine.path(), &options()).unwrap();
    let mut step = first_step(256);
    step.keep.entries = 1;
    let done = retain(&store, step).await;
    assert_eq!(done.bodies, 190 * 39);
    assert!(done.bytes > before / 5, "{} of {before}", done.bytes);
    let report = store.verify(Box::new(|_| ())).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.faults);
    store.close().await;
}

/// As an earlier version made it.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_gives_nothing_back_uses_it_again_until_it_is_put_back() {
    let (engine, ..) = filled().await;
    let raw = Connection::open(engine.path()).unwrap();
    // What `VACUUM` leaves in free space the server goes through, once it is told to.
    raw.execute_batch(
        "PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM; PRAGMA journal_mode = WAL;
         UPDATE counters SET value = 0 WHERE name = 'scrubbed'",
    )
    .unwrap();
    drop(raw);
    let store = SqliteStore::open(engine.path(), &options()).unwrap();
    let copy = engine.path().with_file_name("copy.db");
    store.backup(copy.clone()).await.unwrap();
    let done = retain(&store, first_step(1000)).await;
    assert_eq!((done.bodies, done.bytes), (MESSAGES + 1, 0));
    assert_gone(&engine.path()).await;
    store.close().await;
    let store = SqliteStore::open(&copy, &options()).unwrap();
    let done = retain(&store, first_step(1000)).await;
    assert!(done.bytes > 0);
    // The whole of a copy is gone through for what removed texts have left, its pages that are no trees as well.
    assert_gone(&copy).await;
    let report = store.verify(Box::new(|_| ())).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.faults);
    store.close().await;
}

/// Not a test of its own: the other process. Without being asked it does nothing.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the other test of this file, in a process of its own"]
#[allow(
    clippy::disallowed_methods,
    reason = "how a test tells its other process what to do"
)]
async fn child() {
    let Ok(path) = std::env::var(CHILD) else {
        return;
    };
    let store = SqliteStore::open(path, &options()).unwrap();
    let mut step = first_step(20);
    loop {
        let done = store.retain(step).await.unwrap();
        std::io::stdout()
            .write_all(format!("took {}\n", done.bodies).as_bytes())
            .unwrap();
        step.after = done.next.unwrap_or_default();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_midst_of_it_is_no_end() {
    let (engine, ..) = filled().await;
    let mut taken = 0;
    for lines in [1, 7, 25] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env(CHILD, engine.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap()).lines();
        let took = told.map_while(Result::ok).filter_map(|line| {
            let number = line.split_once("took ")?.1;
            number.parse::<u64>().ok()
        });
        taken += took.take(lines).sum::<u64>();
        child.kill().unwrap();
        child.wait().unwrap();
        let report = check_file(&engine.path(), &mut |_| ()).unwrap();
        assert!(report.is_clean(), "{:#?}", report.faults);
    }
    let store = SqliteStore::open(engine.path(), &options()).unwrap();
    let rest = retain(&store, first_step(200)).await;
    assert!(rest.floors.is_empty(), "it had risen before the first kill");
    assert!(rest.bodies + taken <= MESSAGES + 1 && rest.bodies < MESSAGES);
    assert_gone(engine.path().parent().unwrap()).await;
    let report = store.verify(Box::new(|_| ())).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.faults);
    store.close().await;
}
