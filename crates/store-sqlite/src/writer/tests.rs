//! The writing thread when things go wrong.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use hongyan_protocol::{ClientId, Millis, UserId};
use hongyan_store::{Append, Body, Change, NewUser, Outcome, Store, StoreError, Target, Write};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{Options, SqliteStore};

struct Case {
    store: Arc<SqliteStore>,
    folder: TempDir,
    users: [UserId; 2],
}

impl Case {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("hongyan.db");
        let store = SqliteStore::open(path, &Options::default()).unwrap();
        let mut users = Vec::new();
        for login in ["a", "b"] {
            let user = NewUser {
                id: None,
                login: login.into(),
                name: String::new(),
                avatar: None,
                password_hash: String::new(),
                created_at: Millis::default(),
            };
            users.push(store.create_user(user).await.unwrap().id);
        }
        Self {
            store: Arc::new(store),
            folder,
            users: users.try_into().unwrap(),
        }
    }

    fn message(&self, client_id: &str, text: &str) -> Arc<[Write]> {
        let append = Append {
            from: self.users[0],
            target: Target::Direct(self.users[1]),
            client_id: ClientId::new(client_id).unwrap(),
            change: Change::Message {
                body: Body::Text(text.into()),
                reply_to: None,
                mentions: Vec::new(),
            },
            at: Millis::default(),
        };
        [Write::Append(append)].into()
    }

    /// The seq of a message committed alone.
    async fn seq(&self, client_id: &str, text: &str) -> Result<u64, StoreError> {
        let outcomes = self.store.commit(self.message(client_id, text)).await?;
        match outcomes.first() {
            Some(Outcome::Append(Ok(appended))) => Ok(appended.seq.get()),
            other => panic!("{other:?}"),
        }
    }

    async fn assert_clean(&self) {
        let report = self.store.verify(Box::new(|_| ())).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.faults);
    }
}

#[tokio::test]
async fn a_panic_answers_everybody() {
    let case = Case::new().await;
    let (go, wait) = mpsc::channel::<()>();
    let store = Arc::clone(&case.store);
    let panicking = tokio::spawn(async move {
        let job = move |_: &mut _| -> Result<(), StoreError> {
            wait.recv().unwrap();
            panic!("a bug, for a test");
        };
        store.writer().run(job).await
    });
    // These wait behind it in the queue.
    let mut waiting = tokio::task::JoinSet::new();
    for n in 0..10 {
        let (store, batch) = (Arc::clone(&case.store), case.message(&format!("c{n}"), "x"));
        waiting.spawn(async move { store.commit(batch).await });
    }
    go.send(()).unwrap();
    let failed = |result: &Result<_, StoreError>| matches!(result, Err(StoreError::Failed(_)));
    assert!(panicking.await.unwrap().is_err());
    for result in waiting.join_all().await {
        assert!(failed(&result), "{result:?}");
    }
    assert!(failed(&case.store.commit(case.message("later", "x")).await));
    // What was stored can still be read, and closing does not hang.
    assert!(case.store.credentials("a").await.unwrap().is_some());
    case.store.close().await;
}

#[tokio::test]
async fn a_full_queue_makes_callers_wait_and_drops_nothing() {
    let case = Case::new().await;
    let (go, wait) = mpsc::channel::<()>();
    let store = Arc::clone(&case.store);
    let blocking = tokio::spawn(async move {
        let job = move |_: &mut _| -> Result<(), StoreError> {
            wait.recv().unwrap();
            Ok(())
        };
        store.writer().run(job).await
    });
    let mut waiting = tokio::task::JoinSet::new();
    let commits = 3 * super::handle::QUEUE as u64;
    for n in 0..commits {
        let (store, batch) = (Arc::clone(&case.store), case.message(&format!("c{n}"), "x"));
        waiting.spawn(async move { store.commit(batch).await });
    }
    // All of them have come as far as they can when the queue is full.
    while case.store.writer().room() > 0 {
        tokio::task::yield_now().await;
    }
    go.send(()).unwrap();
    blocking.await.unwrap().unwrap();
    assert!(waiting.join_all().await.iter().all(Result::is_ok));
    assert_eq!(case.seq("last", "x").await, Ok(commits + 1));
}

#[tokio::test]
async fn a_full_disk_costs_only_what_did_not_fit() {
    let case = Case::new().await;
    assert_eq!(case.seq("c1", "before").await, Ok(1));
    // No page more: the disk is full, as far as SQLite can tell.
    let full = |writer: &mut super::Writer| -> Result<(), StoreError> {
        let conn = writer.conn.as_ref().unwrap();
        conn.pragma_update_and_check(None, "max_page_count", 1, |_| Ok(()))
            .unwrap();
        Ok(())
    };
    case.store.writer().run(full).await.unwrap();
    let long = "x".repeat(60_000);
    let refused = case.seq("c2", &long).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    // The connection was opened anew, without the limit; the cache was dropped with the failure.
    assert_eq!(case.seq("c2", &long).await, Ok(2));
    assert_eq!(case.seq("c1", "before").await, Ok(1));
    case.assert_clean().await;
}

#[tokio::test]
async fn a_lock_held_by_another_program_passes() {
    let case = Case::new().await;
    let short = |writer: &mut super::Writer| -> Result<(), StoreError> {
        let conn = writer.conn.as_ref().unwrap();
        conn.busy_timeout(Duration::ZERO).unwrap();
        Ok(())
    };
    case.store.writer().run(short).await.unwrap();
    let other = Connection::open(case.folder.path().join("hongyan.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = case.seq("c1", "x").await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(case.seq("c1", "x").await, Ok(1));
}

#[tokio::test]
async fn a_change_by_another_program_is_noticed() {
    let case = Case::new().await;
    assert_eq!(case.seq("c1", "x").await, Ok(1));
    let other = Connection::open(case.folder.path().join("hongyan.db")).unwrap();
    other
        .execute_batch(
            "INSERT INTO entries (conv_id, seq, sender_id, kind, at, messages, digest, client_id, body)
             SELECT conv_id, 2, sender_id, kind, at, 2, 0, 'by-hand', 'y' FROM entries;
             UPDATE conversations SET head = 2, messages = 2, last_message = 2;",
        )
        .unwrap();
    assert_eq!(case.seq("c2", "x").await, Ok(3));
    case.assert_clean().await;
}
