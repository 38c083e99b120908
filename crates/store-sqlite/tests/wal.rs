//! The write-ahead log stays bounded, whatever is read meanwhile.

#![allow(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hongyan_store::contract::{Engine, Fixture};
use hongyan_store::{HistoryRange, Logs, SyncCursor, SyncLimits, Target};
use hongyan_store_sqlite::{Options, SqliteStore};
use rusqlite::Connection;
use tempfile::TempDir;

const LIMIT_PAGES: u64 = 256;
const LIMIT_BYTES: u64 = LIMIT_PAGES * 4096;

/// The engine, with a log so small that it is full again and again.
struct SmallLog(TempDir);

impl SmallLog {
    fn path(&self, ending: &str) -> std::path::PathBuf {
        self.0.path().join(format!("hongyan.db{ending}"))
    }

    fn log_bytes(&self) -> u64 {
        fs::metadata(self.path("-wal")).unwrap().len()
    }
}

impl Engine for SmallLog {
    type Store = SqliteStore;

    async fn fresh() -> Self {
        Self(TempDir::new().unwrap())
    }

    async fn open(&self) -> SqliteStore {
        let options = Options {
            wal_limit_pages: LIMIT_PAGES,
            ..Options::default()
        };
        SqliteStore::open(self.path(""), &options).unwrap()
    }

    async fn close(&self, store: SqliteStore) {
        store.close().await;
    }
}

/// Has what is journaled carried out, by a read. What has waited for 200 ms is carried out anyway.
async fn carry_out<E: Engine<Store = SqliteStore>>(f: &Fixture<E>, user: hongyan_protocol::UserId) {
    f.shared().total_unread(user).await.unwrap();
}

/// Some 100 KiB in one batch.
async fn write(
    f: &mut Fixture<SmallLog>,
    (a, b): (hongyan_protocol::UserId, hongyan_protocol::UserId),
) {
    let text = "x".repeat(1000);
    let batch: Vec<_> = (0..50)
        .map(|_| f.message(a, Target::Direct(b), &text))
        .collect();
    assert!(f.append_all(&batch).await.iter().all(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread")]
async fn bounded_under_constant_reads() {
    let mut f = Fixture::<SmallLog>::fresh().await;
    let pair = f.pair().await;
    let conv = f.say(pair.0, pair.1, "hello").await.conv;
    let done = Arc::new(AtomicBool::new(false));
    let mut readers = tokio::task::JoinSet::new();
    // Twice as many as connections, so that at any moment a snapshot is open.
    for _ in 0..8 {
        let (store, done) = (f.shared(), Arc::clone(&done));
        readers.spawn(async move {
            let limits = SyncLimits {
                conversations: 10,
                entries: 100,
                bytes: 1 << 20,
            };
            let mut reads = 0_u64;
            while !done.load(Ordering::Relaxed) {
                let read = store.history(pair.1, conv, HistoryRange::Latest, 200);
                read.await.unwrap();
                let read = store.sync(pair.1, SyncCursor::Since(0), limits);
                read.await.unwrap();
                reads += 1;
            }
            reads
        });
    }
    // Sixty times the limit, and never more in the log than the limit, a step, and what is written
    // between two looks: one batch. What waits in the journal would be carried out at once, as much as there is.
    for _ in 0..600 {
        write(&mut f, pair).await;
        carry_out(&f, pair.0).await;
        let log = f.engine().log_bytes();
        assert!(log < 4 * LIMIT_BYTES, "the log has {log} bytes");
    }
    done.store(true, Ordering::Relaxed);
    let reads: u64 = readers.join_all().await.into_iter().sum();
    assert!(reads > 100, "{reads} reads are no load");
    assert!(fs::metadata(f.engine().path("")).unwrap().len() > 20 * LIMIT_BYTES);
    f.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_stays_holds_it_up_only_while_it_stays() {
    let mut f = Fixture::<SmallLog>::fresh().await;
    let pair = f.pair().await;
    write(&mut f, pair).await;
    let backup = Connection::open(f.engine().path("")).unwrap();
    backup
        .execute_batch("BEGIN; SELECT count(*) FROM entries;")
        .unwrap();
    for _ in 0..60 {
        write(&mut f, pair).await;
        carry_out(&f, pair.1).await;
    }
    let held = f.engine().log_bytes();
    assert!(held > 4 * LIMIT_BYTES, "the reader did hold it up: {held}");
    backup.execute_batch("ROLLBACK").unwrap();
    drop(backup);
    // The log starts over, and the file is cut.
    for _ in 0..120 {
        write(&mut f, pair).await;
        carry_out(&f, pair.1).await;
    }
    let after = f.engine().log_bytes();
    assert!(after < 4 * LIMIT_BYTES, "{held} became {after}");
    f.verify().await;
}
