//! The writing thread when things go wrong.

use std::cell::Cell;
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use hongyan_protocol::{ClientId, ConversationId, EntryId, Millis, Seq, UserId};
use hongyan_store::{
    Accounts, Append, Body, Change, Content, Header, HistoryRange, Logs, Maintenance, Move,
    NewUser, Outcome, StoreError, SyncCursor, SyncLimits, SyncPage, Target, Write,
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::journal::{self, Entry as JournaledEntry, Payload, Place, What};
use super::settle::Progress;
use super::{TablesAt, Writer};
use crate::{OpenError, Options, SqliteStore, check_file, repair_file};

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

    /// A copy of this one, opened as after a crash.
    fn opened(&self, folder: TempDir, path: &Path) -> Self {
        Self {
            store: Arc::new(SqliteStore::open(path, &Options::default()).unwrap()),
            folder,
            users: self.users,
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
                header: Header::default(),
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

    fn path(&self) -> PathBuf {
        self.folder.path().join("hongyan.db")
    }

    /// Writes that are committed and not carried out, as another program sees them.
    fn journaled(&self) -> usize {
        let copy = journal::Copy::of(&self.path()).unwrap();
        let other = Connection::open(self.path()).unwrap();
        copy.records(&other).unwrap().len()
    }

    /// Does something on the writing thread, with everything carried out before.
    async fn with_tables(&self, work: impl FnOnce(&mut Writer, &Connection) + Send + 'static) {
        let job = |writer: &mut Writer| -> Result<(), StoreError> {
            writer.try_settle_all().unwrap();
            let mut open = writer.open.take().unwrap();
            if let TablesAt::Writer(tables) = &mut open.tables {
                work(writer, &tables.conn);
            }
            writer.open = Some(open);
            Ok(())
        };
        self.store.writer().run(job).await.unwrap();
    }

    /// Neither SQLite nor the journal gets a byte more, until they are opened anew. What is journaled stays so.
    async fn fill_disk(&self) {
        let full = |writer: &mut Writer| -> Result<(), StoreError> {
            writer.wait().unwrap();
            writer.journal.fill_disk();
            if let TablesAt::Writer(tables) = &writer.open.as_ref().unwrap().tables {
                let full = tables
                    .conn
                    .pragma_update_and_check(None, "max_page_count", 1, |_| Ok(()));
                full.unwrap();
            }
            Ok(())
        };
        self.store.writer().run(full).await.unwrap();
    }

    /// What changed since then, for the second of the two.
    async fn sync(&self, since: SyncCursor) -> SyncPage {
        let limits = SyncLimits {
            conversations: 10,
            entries: 10,
            bytes: 1000,
        };
        self.store.sync(self.users[1], since, limits).await.unwrap()
    }

    async fn settle(&self) {
        self.with_tables(|_, _| ()).await;
    }

    /// The texts of everything the two said, read as the second of them.
    async fn texts(&self) -> Vec<String> {
        let conv = self.store.direct_conversation(self.users[0], self.users[1]);
        let conv = conv.await.unwrap().unwrap();
        let read = self
            .store
            .history(self.users[1], conv, HistoryRange::Latest, 1000);
        let entries = read.await.unwrap().entries.into_iter();
        let text = |entry: hongyan_store::Entry| match entry.content {
            Content::Message {
                body: Some(Body::Text(text)),
                ..
            } => text.to_string(),
            other => panic!("{other:?}"),
        };
        entries.map(text).collect()
    }

    /// What each entry says of what the two said, read as the second of them.
    async fn said(&self) -> Vec<Option<String>> {
        let conv = self.store.direct_conversation(self.users[0], self.users[1]);
        let Some(conv) = conv.await.unwrap() else {
            return Vec::new();
        };
        let range = HistoryRange::Latest;
        let read = self.store.history(self.users[1], conv, range, 1000).await;
        let said = read
            .unwrap()
            .entries
            .into_iter()
            .map(|entry| match entry.content {
                Content::Message { body, .. } | Content::Edit { body, .. } => {
                    body.map(|body| body.kept().1.to_owned())
                }
                Content::Recall { .. } | Content::Event(_) => None,
            });
        said.collect()
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

/// A copy of the files as a crash at this moment would leave them, in a folder of its own.
fn crashed(case: &Case) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hongyan.db");
    let other = Connection::open(case.path()).unwrap();
    other.execute("VACUUM INTO ?1", [path.to_str()]).unwrap();
    copy_journal(&case.path(), &path);
    (folder, path)
}

fn copy_journal(from: &Path, to: &Path) {
    for (from, to) in journal::paths(from).iter().zip(journal::paths(to)) {
        std::fs::copy(from, to).unwrap();
    }
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

/// A copy that has been where it is from the beginning: to be judged as what a crash left, not as a backup.
fn crashed_at_home(case: &Case) -> (TempDir, PathBuf) {
    let (folder, path) = crashed(case);
    let number = path.metadata().unwrap().ino().cast_signed();
    Connection::open(&path)
        .unwrap()
        .execute(
            "UPDATE counters SET value = ?1 WHERE name = 'file'",
            [number],
        )
        .unwrap();
    (folder, path)
}

/// Where each of the batches begins that begin as batches do.
fn beginnings(file: &[u8]) -> Vec<usize> {
    let end = file.iter().rposition(|byte| *byte != 0).unwrap_or(0);
    let begins = |at: &usize| file[*at..].starts_with(b"HyJ\x04");
    (0..end).filter(begins).collect()
}

/// The file that has them, and where these begin.
fn journaled_file(path: &Path) -> (PathBuf, Vec<u8>, Vec<usize>) {
    let files = journal::paths(path).into_iter().map(|path| {
        let bytes = std::fs::read(&path).unwrap();
        let batches = beginnings(&bytes);
        (path, bytes, batches)
    });
    files.max_by_key(|(_, _, batches)| batches.len()).unwrap()
}

#[tokio::test]
async fn a_wrong_bit_within_the_journal_is_told_from_a_batch_that_was_cut_short() {
    let case = Case::new().await;
    let texts = ["0", "1", "2", "3", "4", "5"];
    let _lock = texts_in_the_journal(&case, &texts).await;
    let batches = journaled_file(&crashed(&case).1).2.len();
    assert_eq!(batches, texts.len() - 1);
    for at in 0..batches {
        let (folder, path) = crashed_at_home(&case);
        let (file, mut bytes, beginnings) = journaled_file(&path);
        // Somewhere behind the head of the batch.
        bytes[beginnings[at] + 30] ^= 1;
        std::fs::write(file, bytes).unwrap();
        let report = check_file(&path, &mut |_| ()).unwrap();
        if at + 1 == batches {
            // As after a loss of power, where nobody was answered.
            assert!(report.is_clean(), "{:#?}", report.faults);
            let again = case.opened(folder, &path);
            assert_eq!(again.texts().await, texts[..batches], "the last is gone");
            continue;
        }
        let said = format!("{:?}", report.faults);
        assert!(
            said.contains("cannot be read, and later ones can"),
            "{said}"
        );
        let refused = SqliteStore::open(&path, &Options::default()).err().unwrap();
        assert!(matches!(refused, OpenError::Journal { .. }), "{refused}");
        let refused = SqliteStore::open(&path, &Options::default()).err().unwrap();
        assert!(refused.to_string().contains("check --repair"), "{refused}");

        let repaired = repair_file(&path, &mut |_| ()).unwrap();
        assert!(repaired.report.is_clean(), "{repaired:#?}");
        assert_eq!(repaired.salvage.as_told, at as u64, "{repaired:#?}");
        let moved = batches - at - 1;
        assert_eq!(repaired.salvage.moved.len(), moved, "what came behind it");
        assert_eq!(repaired.salvage.lost, Vec::<String>::new());
        assert_ne!(epoch(&path), epoch(&case.path()), "clients read it anew");
        let again = case.opened(folder, &path);
        let mut left = texts.to_vec();
        left.remove(at + 1);
        assert_eq!(
            again.texts().await,
            left,
            "all but the one that cannot be read"
        );
        again.assert_clean().await;
    }
}

fn epoch(path: &Path) -> String {
    let select = "SELECT epoch FROM identity";
    Connection::open(path)
        .unwrap()
        .query_row(select, [], |row| row.get(0))
        .unwrap()
}

/// Nothing is settled for as long as this is not unlocked.
async fn locked(case: &Case) -> Connection {
    case.with_tables(|_, conn| conn.busy_timeout(Duration::from_secs(60)).unwrap())
        .await;
    let lock = Connection::open(case.path()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    lock
}

/// All of these texts said, the first of them in the tables, the others only in the journal, for as long as the lock is
/// held.
async fn texts_in_the_journal(case: &Case, texts: &[&str]) -> Connection {
    case.seq("c0", texts[0]).await.unwrap();
    case.settle().await;
    let lock = locked(case).await;
    // Of one batch each, in the file that is not being carried out.
    for (at, text) in texts.iter().enumerate().skip(1) {
        case.seq(&format!("c{at}"), text).await.unwrap();
    }
    lock
}

#[tokio::test]
async fn a_journal_that_is_missing_or_emptied_is_a_damage_but_not_beside_a_copy() {
    type Damage<'a> = &'a dyn Fn(&Path);
    let remove: Damage<'_> = &|path| std::fs::remove_file(path).unwrap();
    let empty: Damage<'_> = &|path| std::fs::write(path, b"").unwrap();
    let zeros: Damage<'_> = &|path| std::fs::write(path, vec![0; 5000]).unwrap();
    for damage in [remove, empty, zeros] {
        for which in 0..2 {
            let case = Case::new().await;
            let _lock = texts_in_the_journal(&case, &["first", "second"]).await;
            let (_folder, path) = crashed_at_home(&case);
            damage(&journal::paths(&path)[which]);
            let report = check_file(&path, &mut |_| ()).unwrap();
            assert!(!report.is_clean());
            let refused = SqliteStore::open(&path, &Options::default()).err().unwrap();
            assert!(matches!(refused, OpenError::Journal { .. }), "{refused}");
            let repaired = repair_file(&path, &mut |_| ()).unwrap();
            assert!(repaired.report.is_clean(), "{repaired:#?}");
            assert!(SqliteStore::open(&path, &Options::default()).is_ok());

            let (folder, path) = crashed(&case);
            for file in journal::paths(&path) {
                damage(&file);
            }
            let copy = case.opened(folder, &path);
            assert_eq!(copy.texts().await, ["first"]);
        }
    }
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
    for inserted in 0..=3 {
        let case = Case::new().await;
        let said = ["first", "second", "third", "fourth"];
        for (at, text) in said.into_iter().enumerate() {
            case.seq(&format!("c{at}"), text).await.unwrap();
            if at == 0 {
                case.settle().await;
            }
        }
        let stopped_at = move |writer: &mut Writer| -> Result<Progress, StoreError> {
            let looks = Cell::new(0);
            let is_stopped = || looks.replace(looks.get() + 1) == inserted;
            let work = writer.hand_over().unwrap().unwrap();
            Ok(work.go_on(is_stopped).unwrap())
        };
        let progress = case.store.writer().run(stopped_at).await.unwrap();
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

/// The record of a message of the first user's, in the first conversation.
fn payload_of(client_id: &str, seq: u64) -> Payload {
    let entry = JournaledEntry {
        from: UserId::new(1000).unwrap(),
        at: Millis::default(),
        client_id: ClientId::new(client_id).unwrap(),
        what: What::Said(Change::Message {
            body: Body::Text("x".into()),
            reply_to: None,
            mentions: Vec::new(),
            header: Header::default(),
        }),
        place: Place {
            conv: ConversationId::new(1).unwrap(),
            seq: Seq::new(seq).unwrap(),
            id: EntryId::new(seq).unwrap(),
            messages: seq,
        },
    };
    let mut payload = Payload::default();
    payload.entry(&entry);
    payload
}

#[tokio::test]
async fn whenever_it_crashes_what_was_answered_is_there() {
    let case = Case::new().await;
    let seed = std::process::id();
    println!("seed {seed}");
    let mut random = u64::from(seed);
    let mut next = move |below: u64| {
        // Knuth's MMIX generator; its high bits are good enough.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut said = Vec::new();
    for round in 0..400 {
        let writer = case.store.writer();
        match next(20) {
            0 => case.settle().await,
            1 => writer.run(settle_later).await.unwrap(),
            4 => writer.run(settle_stopped).await.unwrap(),
            2 => case.store.check_writable().await.unwrap(),
            3 => {
                let (folder, path) = crashed(&case);
                let again = case.opened(folder, &path);
                again.assert_clean().await;
                if !said.is_empty() {
                    assert_eq!(again.texts().await, said, "round {round}");
                }
            }
            _ => {
                let text = format!("{round}: {}", "x".repeat(next(300) as usize));
                let seq = case.seq(&format!("c{round}"), &text).await.unwrap();
                said.push(text);
                assert_eq!(seq, said.len() as u64);
            }
        }
    }
    assert_eq!(case.texts().await, said);
}

/// The same with edits and recalls, and conversations that begin: of each write what it left, wherever it is read from.
#[tokio::test]
async fn whenever_it_crashes_what_was_changed_is_changed() {
    let case = Case::new().await;
    let seed = std::process::id();
    println!("seed {seed}");
    let mut random = u64::from(seed);
    let mut next = move |below: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    // What each entry of the log says; of recalls and of what was recalled or replaced nothing.
    let mut said: Vec<Option<String>> = Vec::new();
    let mut own = Vec::new();
    let mut last_edits = HashMap::new();
    for round in 0..300_u64 {
        let writer = case.store.writer();
        match next(16) {
            0 => case.settle().await,
            1 => writer.run(settle_later).await.unwrap(),
            2 => writer.run(settle_stopped).await.unwrap(),
            3 => {
                let (folder, path) = crashed(&case);
                let report = check_file(&path, &mut |_| ()).unwrap();
                assert!(report.is_clean(), "{:#?}", report.faults);
                let again = case.opened(folder, &path);
                again.assert_clean().await;
                assert_eq!(again.said().await, said, "round {round}");
            }
            4..7 if !own.is_empty() => {
                let target: u64 = own[next(own.len() as u64) as usize];
                let seq = Seq::new(target).unwrap();
                let not_before = Millis::default();
                let new = format!("{round}, edited");
                let is_edit = next(2) == 0;
                let change = if is_edit {
                    Change::Edit {
                        target: seq,
                        body: Body::Text(new.as_str().into()),
                        not_before,
                    }
                } else {
                    Change::Recall {
                        target: seq,
                        not_before,
                    }
                };
                let mut write = case.message(&format!("c{round}"), "")[0].clone();
                if let Write::Append(append) = &mut write {
                    append.change = change;
                }
                let outcome = case.store.commit([write].into()).await.unwrap();
                assert!(
                    matches!(&outcome[..], [Outcome::Append(Ok(_))]),
                    "{outcome:?}"
                );
                if let Some(earlier) = last_edits.remove(&target) {
                    said[earlier - 1] = None;
                }
                said[target as usize - 1] = is_edit.then(|| new.clone());
                said.push(is_edit.then_some(new));
                if is_edit {
                    last_edits.insert(target, said.len());
                } else {
                    own.retain(|own| *own != target);
                }
            }
            _ => {
                let text = format!("{round}: {}", "x".repeat(next(300) as usize));
                let seq = case.seq(&format!("c{round}"), &text).await.unwrap();
                said.push(Some(text));
                own.push(seq);
                assert_eq!(seq, said.len() as u64);
            }
        }
        if next(4) == 0 {
            assert_eq!(case.said().await, said, "round {round}");
        }
    }
    case.settle().await;
    assert_eq!(case.said().await, said);
    case.assert_clean().await;
}

fn settle_later(writer: &mut Writer) -> Result<(), StoreError> {
    writer.settle_later();
    Ok(())
}

/// The settler gives back what it is to carry out, or what it has not done of it yet.
fn settle_stopped(writer: &mut Writer) -> Result<(), StoreError> {
    writer.settle_later();
    writer.settler.stop();
    Ok(())
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

#[tokio::test]
async fn a_journal_that_makes_no_sense_is_reported_and_not_carried_out() {
    let case = Case::new().await;
    case.seq("c1", "first").await.unwrap();
    case.settle().await;
    case.seq("c2", "second").await.unwrap();
    let sql = |damage: &'static str| {
        move |path: &Path| {
            Connection::open(path).unwrap().execute(damage, []).unwrap();
        }
    };
    let append =
        |payload: fn() -> Payload| move |path: &Path| journal::append_by_hand(path, payload());
    type Damage<'a> = &'a dyn Fn(&Path);
    let damages: [(&str, Damage<'_>); 5] = [
        (
            "batches are missing",
            &sql("UPDATE counters SET value = value - 1 WHERE name = 'journal'"),
        ),
        ("the sender is no member", &sql("DELETE FROM members")),
        (
            "the log is longer",
            &sql("UPDATE conversations SET head = 5"),
        ),
        ("a message twice", &append(|| payload_of("c2", 2))),
        ("a hole", &append(|| payload_of("c4", 4))),
    ];
    for (what, damage) in damages {
        let (_folder, path) = crashed(&case);
        damage(&path);
        let report = check_file(&path, &mut |_| ()).unwrap();
        assert!(!report.is_clean(), "{what}");
        let opened = SqliteStore::open(&path, &Options::default());
        assert!(matches!(opened, Err(OpenError::Journal { .. })), "{what}");
    }
}
