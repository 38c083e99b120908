//! What is journaled: who sees it, and what becomes of it.

use super::*;

#[tokio::test]
async fn what_is_journaled_is_read_where_it_is() {
    let case = Case::new().await;
    let lock = locked(&case).await;
    case.seq("c1", "begins the conversation").await.unwrap();
    // The conversation, and the message.
    assert_eq!(case.journaled(), 2);
    case.seq("c2", "journaled").await.unwrap();
    assert_eq!(case.journaled(), 3);
    case.assert_clean().await;
    assert_eq!(case.texts().await, ["begins the conversation", "journaled"]);
    assert_eq!(case.journaled(), 3, "a page needs no settlement");
    drop(lock);
    let page = case.sync(SyncCursor::Since(0)).await;
    assert_eq!(page.total_unread, 2);
    assert_eq!(case.journaled(), 0, "a walk over all conversations does");
    assert!(case.store.has_settled_all());
    case.assert_clean().await;
}

#[tokio::test]
async fn what_is_journaled_is_carried_out_by_itself() {
    let case = Case::new().await;
    case.seq("c1", "x").await.unwrap();
    case.seq("c2", "x").await.unwrap();
    tokio::time::timeout(Duration::from_secs(30), async {
        while case.journaled() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn the_journal_does_not_grow_beyond_its_bound() {
    let case = Case::new().await;
    case.seq("c1", "x").await.unwrap();
    let mut most = 0;
    let text = "x".repeat(400);
    for round in 0..60 {
        let batch = (0..500).map(|n| case.message(&format!("{round}-{n}"), &text)[0].clone());
        case.store.commit(batch.collect()).await.unwrap();
        let writes = |writer: &mut Writer| Ok(writer.open.as_ref().unwrap().pending.writes());
        let writes: Result<usize, StoreError> = case.store.writer().run(writes).await;
        most = most.max(writes.unwrap());
    }
    assert!((500..4 * 4096 + 500).contains(&most), "{most}");
    for ending in ["-writes1", "-writes2"] {
        let file = case.folder.path().join(format!("hongyan.db{ending}"));
        let bytes = file.metadata().unwrap().len();
        assert!(bytes < 8 * 1024 * 1024, "{bytes}");
    }
}

#[tokio::test]
async fn a_retry_finds_what_is_journaled_and_an_answer_too() {
    let case = Case::new().await;
    case.seq("c1", "x").await.unwrap();
    case.settle().await;
    case.seq("c2", "x").await.unwrap();
    assert_eq!(case.journaled(), 1);
    assert_eq!(case.seq("c2", "x").await, Ok(2));
    let mut answer = case.message("c3", "yes")[0].clone();
    let conflict = case.store.commit(case.message("c2", "another")).await;
    assert!(matches!(
        conflict.unwrap()[..],
        [Outcome::Append(Err(
            hongyan_store::AppendError::ClientIdConflict
        ))]
    ));
    if let Write::Append(append) = &mut answer
        && let Change::Message { reply_to, .. } = &mut append.change
    {
        *reply_to = Some(Seq::new(2).unwrap());
    }
    let answered = case.store.commit([answer].into()).await.unwrap();
    assert!(matches!(&answered[..], [Outcome::Append(Ok(done))] if done.seq.get() == 3));
    case.assert_clean().await;
}

#[tokio::test]
async fn what_a_crash_left_in_the_journal_is_carried_out_at_the_next_start() {
    let case = Case::new().await;
    case.seq("c1", "first").await.unwrap();
    case.seq("c2", "second").await.unwrap();
    let conv = case.store.direct_conversation(case.users[0], case.users[1]);
    let moved = Move {
        user: case.users[1],
        conv: conv.await.unwrap().unwrap(),
        read: Some(Seq::new(1).unwrap()),
        delivered: None,
    };
    case.store
        .commit([Write::Move(moved)].into())
        .await
        .unwrap();
    let (folder, path) = crashed(&case);
    let report = check_file(&path, &mut |_| ()).unwrap();
    assert!(report.is_clean(), "{:#?}", report.faults);
    assert_eq!(report.entries, 2);

    let again = case.opened(folder, &path);
    assert_eq!(again.journaled(), 0);
    assert_eq!(again.texts().await, ["first", "second"]);
    assert_eq!(again.store.total_unread(case.users[1]).await, Ok(1));
    assert_eq!(again.seq("c2", "second").await, Ok(2));
    assert_eq!(again.seq("c3", "third").await, Ok(3));
    again.assert_clean().await;
}

#[tokio::test]
async fn a_change_after_a_loss_of_power_does_not_get_a_number_that_was_told_before() {
    let case = Case::new().await;
    case.seq("c1", "first").await.unwrap();
    case.seq("c2", "second").await.unwrap();
    let (folder, path) = crashed(&case);
    case.settle().await;
    case.seq("c3", "third").await.unwrap();
    case.settle().await;
    let told = case.sync(SyncCursor::Since(0)).await.next;

    // Power takes both carryings out away; what they carried out is in the journal still.
    copy_journal(&case.path(), &path);

    let again = case.opened(folder, &path);
    assert_eq!(again.texts().await, ["first", "second", "third"]);
    again.seq("c4", "fourth").await.unwrap();
    assert_eq!(again.sync(told).await.conversations.len(), 1);
    again.assert_clean().await;
}

/// What a batch has written that was answered with a failure must never be done: its sender may have tried again, in
/// another place.
#[tokio::test]
async fn what_failed_is_not_done_later_even_if_it_reached_the_disk() {
    let case = Case::new().await;
    case.seq("c1", "first").await.unwrap();
    case.seq("c2", "second").await.unwrap();
    case.fill_disk().await;
    assert!(case.seq("c3", "failed").await.is_err());
    let written = |writer: &mut Writer| -> Result<(), StoreError> {
        writer.journal.write_after_all(payload_of("c3", 3));
        Ok(())
    };
    case.store.writer().run(written).await.unwrap();
    assert_eq!(case.seq("c4", "third").await, Ok(3));
    let (folder, path) = crashed(&case);
    let again = case.opened(folder, &path);
    for case in [case, again] {
        assert_eq!(case.texts().await, ["first", "second", "third"]);
        case.assert_clean().await;
    }
}

#[tokio::test]
async fn a_database_under_another_name_has_the_same_journal() {
    let case = Case::new().await;
    let elsewhere = TempDir::new().unwrap();
    let link = elsewhere.path().join("link.db");
    std::os::unix::fs::symlink(case.path(), &link).unwrap();
    assert_eq!(journal::paths(&link), journal::paths(&case.path()));
    assert!(journal::paths(&link).iter().all(|path| path.exists()));
}

#[tokio::test]
async fn a_stopped_database_is_one_file() {
    let case = Case::new().await;
    case.seq("c1", "first").await.unwrap();
    case.seq("c2", "second").await.unwrap();
    case.store.close().await;
    let names = case.folder.path().read_dir().unwrap();
    let names = names.map(|file| file.unwrap().file_name().into_string().unwrap());
    // Beside it a lock and a stamp, which a copy of the database does not need.
    let is_beside = |name: &String| name.ends_with(".lock") || name.starts_with("epoch-of-");
    let mut names: Vec<_> = names.filter(|name| !is_beside(name)).collect();
    names.sort();
    assert_eq!(names, ["hongyan.db"]);
}
