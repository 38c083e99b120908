//! What is written while something is being carried out.

use super::*;

/// The first two of a conversation, the second of them being carried out for as long as this is not unlocked.
async fn being_carried_out(case: &Case) -> Connection {
    case.seq("c1", "first").await.unwrap();
    case.settle().await;
    case.seq("c2", "second").await.unwrap();
    let lock = Connection::open(case.path()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    case.store.writer().run(settle_later).await.unwrap();
    lock
}

async fn is_away(case: &Case) -> bool {
    let is_away = |writer: &mut Writer| -> Result<bool, StoreError> {
        let open = writer.open.as_ref().unwrap();
        Ok(matches!(open.tables, TablesAt::Settler(_)))
    };
    case.store.writer().run(is_away).await.unwrap()
}

#[tokio::test]
async fn while_some_is_carried_out_the_next_is_committed() {
    let case = Case::new().await;
    let lock = being_carried_out(&case).await;
    assert_eq!(case.seq("c3", "third").await, Ok(3));
    // Each place where an earlier attempt can be.
    assert_eq!(case.seq("c1", "first").await, Ok(1));
    assert_eq!(case.seq("c2", "second").await, Ok(2));
    assert_eq!(case.seq("c3", "third").await, Ok(3));
    for seq in 1..=3 {
        let mut answer = case.message(&format!("to-{seq}"), "yes")[0].clone();
        if let Write::Append(append) = &mut answer
            && let Change::Message { reply_to, .. } = &mut append.change
        {
            *reply_to = Some(Seq::new(seq).unwrap());
        }
        let answered = case.store.commit([answer].into()).await.unwrap();
        assert!(matches!(&answered[..], [Outcome::Append(Ok(done))] if done.seq.get() == 3 + seq));
    }
    assert!(is_away(&case).await);
    let all = ["first", "second", "third", "yes", "yes", "yes"];
    assert_eq!(case.texts().await, all, "a page has all of it at once");
    assert!(is_away(&case).await);
    let walk = case.sync(SyncCursor::Since(0));
    let early = tokio::time::timeout(Duration::from_millis(50), walk).await;
    assert!(early.is_err(), "a walk without what is being settled");
    let (folder, path) = crashed(&case);
    let again = case.opened(folder, &path);
    lock.execute_batch("ROLLBACK").unwrap();
    for case in [case, again] {
        assert_eq!(case.texts().await, all);
        case.assert_clean().await;
    }
}

#[tokio::test]
async fn what_was_committed_while_carrying_out_failed_is_not_lost() {
    let case = Case::new().await;
    let lock = being_carried_out(&case).await;
    let full = |writer: &mut Writer| -> Result<(), StoreError> {
        writer.journal.fill_disk();
        Ok(())
    };
    assert_eq!(case.seq("c3", "third").await, Ok(3));
    case.store.writer().run(full).await.unwrap();
    assert!(case.seq("c4", "fourth").await.is_err());
    lock.execute_batch("ROLLBACK").unwrap();
    assert_eq!(case.seq("c4", "fourth").await, Ok(4));
    assert_eq!(case.texts().await, ["first", "second", "third", "fourth"]);
    case.assert_clean().await;
}

#[tokio::test]
async fn what_one_thread_began_to_carry_out_another_can_finish() {
    let (mut inserted, mut tries) = (0, 0);
    while inserted <= 3 {
        tries += 1;
        assert!(tries < 100, "it always settles first");
        let case = Case::new().await;
        let said = ["first", "second", "third", "fourth"];
        for (at, text) in said.into_iter().enumerate() {
            case.seq(&format!("c{at}"), text).await.unwrap();
            if at == 0 {
                case.settle().await;
            }
        }
        let stopped_at = move |writer: &mut Writer| -> Result<Option<Progress>, StoreError> {
            let looks = Cell::new(0);
            let is_stopped = || looks.replace(looks.get() + 1) == inserted;
            if writer.open.as_ref().unwrap().pending.writes() != 3 {
                return Ok(None);
            }
            let work = writer.hand_over().unwrap().unwrap();
            Ok(Some(work.go_on(is_stopped).unwrap()))
        };
        // On a slow machine the writer may have settled by itself.
        let Some(progress) = case.store.writer().run(stopped_at).await.unwrap() else {
            continue;
        };
        assert_eq!(matches!(progress, Progress::Done(_)), inserted == 3);
        let (folder, path) = crashed(&case);
        let again = case.opened(folder, &path);
        assert_eq!(again.texts().await, said, "after a crash");
        again.assert_clean().await;
        let tables = match progress {
            Progress::Done(tables) => tables,
            Progress::Stopped(work) => work.finish().unwrap(),
        };
        let settled = |writer: &mut Writer| -> Result<(), StoreError> {
            writer.take_back(tables);
            Ok(())
        };
        case.store.writer().run(settled).await.unwrap();
        assert!(case.store.has_settled_all());
        assert_eq!(case.texts().await, said);
        case.assert_clean().await;
        inserted += 1;
    }
}

#[tokio::test]
async fn a_settlement_that_fails_is_done_again() {
    let case = Case::new().await;
    case.seq("c1", "first").await.unwrap();
    // As long as all pages that there are.
    case.seq("c2", &"x".repeat(60_000)).await.unwrap();
    case.fill_disk().await;
    case.store.writer().run(settle_later).await.unwrap();
    let is_open = |writer: &mut Writer| -> Result<bool, StoreError> { Ok(writer.open.is_some()) };
    let failed = tokio::time::timeout(Duration::from_secs(30), async {
        while case.store.writer().run(is_open).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    failed.await.unwrap();
    assert_eq!(case.seq("c3", "third").await, Ok(3));
    assert_eq!(case.texts().await.len(), 3);
    case.assert_clean().await;
}
