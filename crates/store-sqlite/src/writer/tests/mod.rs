//! The writing thread when things go wrong.

mod damage;
mod journaled;
mod random;
mod settling;
mod trouble;

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

/// Nothing is settled for as long as this is not unlocked.
async fn locked(case: &Case) -> Connection {
    case.with_tables(|_, conn| conn.busy_timeout(Duration::from_secs(60)).unwrap())
        .await;
    let lock = Connection::open(case.path()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    lock
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
