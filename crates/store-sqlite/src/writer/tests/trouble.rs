//! Threads that panic, queues and disks that are full, and other programs.

use super::*;

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
    let why = tokio::time::timeout(Duration::from_secs(60), case.store.failed());
    assert_eq!(why.await.unwrap(), "the thread that writes panicked");
    // What was stored can still be read, and closing does not hang.
    assert!(case.store.credentials("a").await.unwrap().is_some());
    case.store.close().await;
}

#[tokio::test]
async fn a_panic_of_the_settler_is_told() {
    let folder = TempDir::new().unwrap();
    let options = Options {
        on_settler_start: || panic!("a bug, for a test"),
        ..Options::default()
    };
    let store = SqliteStore::open(folder.path().join("hongyan.db"), &options).unwrap();
    let why = tokio::time::timeout(Duration::from_secs(60), store.failed());
    let said = why.await.unwrap();
    assert_eq!(said, "the thread that settles panicked");
    store.close().await;
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
    let commits = 3 * crate::writer::handle::QUEUE as u64;
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
    case.fill_disk().await;
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
    case.with_tables(|_, conn| conn.busy_timeout(Duration::ZERO).unwrap())
        .await;
    let other = Connection::open(case.folder.path().join("hongyan.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let rename = || case.store.rename_user(case.users[0], "another".into());
    let refused = rename().await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    other.execute_batch("ROLLBACK").unwrap();
    assert!(rename().await.unwrap().is_some());
    assert_eq!(case.seq("c1", "x").await, Ok(1));
}

#[tokio::test]
async fn a_change_by_another_program_is_noticed() {
    let case = Case::new().await;
    assert_eq!(case.seq("c1", "x").await, Ok(1));
    case.settle().await;
    let other = Connection::open(case.folder.path().join("hongyan.db")).unwrap();
    other
        .execute_batch(
            "INSERT INTO entries (conv_id, seq, sender_id, kind, at, messages, digest, client_id, body, body_type)
             SELECT conv_id, 2, sender_id, kind, at, 2, 0, 'by-hand', 'y', 1 FROM entries;
             INSERT INTO feed (first, places) VALUES (2, x'0102');
             UPDATE conversations SET head = 2, messages = 2, last_message = 2;",
        )
        .unwrap();
    assert_eq!(case.seq("c2", "x").await, Ok(3));
    assert_eq!(case.seq("c3", "x").await, Ok(4));
    // What was written by hand left the second one's row wrong; the next change of it mends that.
    case.settle().await;
    assert_eq!(case.seq("c4", "x").await, Ok(5));
    case.settle().await;
    case.assert_clean().await;
}

#[tokio::test]
async fn a_failure_does_not_lose_what_is_journaled() {
    let case = Case::new().await;
    case.seq("c1", "first").await.unwrap();
    case.seq("c2", "second").await.unwrap();
    case.fill_disk().await;
    assert!(case.seq("c3", &"x".repeat(60_000)).await.is_err());
    assert_eq!(case.texts().await, ["first", "second"]);
    assert_eq!(case.seq("c3", "third").await, Ok(3));
    case.assert_clean().await;
}

/// As somebody does who watches a server that nobody uses.
#[tokio::test]
async fn to_ask_again_and_again_whether_writing_works_takes_no_room() {
    let case = Case::new().await;
    case.seq("c1", "first").await.unwrap();
    case.settle().await;
    for _ in 0..100 {
        case.store.check_writable().await.unwrap();
    }
    let end = |writer: &mut Writer| -> Result<u64, StoreError> { Ok(writer.journal.end()) };
    let end = case.store.writer().run(end).await.unwrap();
    assert!(end < 100, "{end} bytes");
    assert_eq!(case.seq("c2", "second").await, Ok(2));
    let (folder, path) = crashed(&case);
    let again = case.opened(folder, &path);
    assert_eq!(again.texts().await, ["first", "second"]);
}
