//! The check finds what is wrong: each kind of damage, done by hand.

#![allow(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use std::fs;
use std::path::Path;

use hongyan_protocol::{ClientId, Millis, Seq};
use hongyan_store::contract::Engine;
use hongyan_store::{
    Append, AppendError, Body, Change, Fault, Header, HistoryRange, Logs, Maintenance, Outcome,
    SyncCursor, SyncLimits, Target, ViewChange, Write,
};
use hongyan_store_sqlite::{check_file, repair_file};
use rusqlite::Connection;
use support::{Case, Sqlite};

/// A conversation of a few messages with everything in it:
/// 1 a (edited, recalled), 2 b, 3 edit of 1, 4 edit of 1, 5 recall of 1, 6 a, 7 edit of 6, 8 a.
/// `b` (user 1001) has read up to 2, `a` (user 1000) up to 8. A second one has one message.
async fn damaged(sql: &str) -> Sqlite {
    let mut f = Case::fresh().await;
    let (a, b) = f.pair().await;
    let c = f.user().await;
    let conv = f.say(a, b, "1").await.conv;
    f.say(b, a, "2").await;
    let seq = |value| hongyan_protocol::Seq::new(value).unwrap();
    for text in ["3", "4"] {
        let edit = f.edit(a, conv, seq(1), text);
        f.append(&edit).await.unwrap();
    }
    let recall = f.recall(a, conv, seq(1));
    f.append(&recall).await.unwrap();
    f.say(a, b, "6").await;
    let edit = f.edit(a, conv, seq(6), "7");
    f.append(&edit).await.unwrap();
    let mut message = f.message(a, Target::Direct(b), "8");
    if let Change::Message { mentions, .. } = &mut message.change {
        *mentions = vec![a, b];
    }
    f.append(&message).await.unwrap();
    f.say(c, a, "elsewhere").await;
    let change = ViewChange {
        pinned: Some(1),
        cleared: Some(seq(1)),
        ..f.view(b, conv)
    };
    f.set_view(&change).await.unwrap();
    for (user, value) in [(a, "👍"), (b, "👍"), (b, "🎉")] {
        let reaction = f.reaction(user, (conv, 6), value, true);
        f.react(&reaction).await.unwrap();
    }
    f.verify().await;
    let engine = f.into_engine().await;
    let raw = Connection::open(engine.path()).unwrap();
    raw.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    raw.execute_batch(sql).unwrap();
    engine
}

fn faults(path: &Path) -> Vec<Fault> {
    check_file(path, &mut |_| ()).unwrap().faults
}

/// Does the damage and expects one fault that says so, among others or alone.
/// In `expected` a `#` stands for any number: how many changes there were depends on when they were settled.
async fn finds(sql: &str, expected: &str) {
    let engine = damaged(sql).await;
    let found: Vec<String> = faults(&engine.path())
        .iter()
        .map(Fault::to_string)
        .collect();
    assert!(
        found
            .iter()
            .any(|fault| fault == expected || without_numbers(fault) == expected),
        "{sql}\nfound {found:#?}"
    );
}

fn without_numbers(fault: &str) -> String {
    let mut text = String::new();
    for letter in fault.chars() {
        match letter {
            '0'..='9' if text.ends_with('#') => {}
            '0'..='9' => text.push('#'),
            other => text.push(other),
        }
    }
    text
}

#[tokio::test]
async fn undamaged_is_clean() {
    let engine = damaged("").await;
    let mut told = 0;
    let report = check_file(&engine.path(), &mut |entries| told = entries).unwrap();
    assert!(report.is_clean(), "{:#?}", report.faults);
    assert_eq!(
        (report.users, report.conversations, report.entries),
        (3, 2, 9)
    );
    assert_eq!(told, 9);
}

#[tokio::test]
async fn what_is_not_kept() {
    finds(
        "UPDATE conversations SET floor_seq = 9 WHERE id = 1",
        "conversation 1, seq 8: bodies are gone up to 0, and nothing is told up to 9",
    )
    .await;
    finds(
        "UPDATE conversations SET bare_seq = 2 WHERE id = 1",
        "conversation 1, seq 8: bodies are gone up to 2, and nothing is told up to 0",
    )
    .await;
    let gone = "UPDATE conversations SET floor_seq = 7, bare_seq = 7 WHERE id = 1";
    finds(
        gone,
        "conversation 1, seq 2: it is not kept any more, and still says something",
    )
    .await;
    finds(
        gone,
        "conversation 1, seq 7: it is not kept any more, and still says something",
    )
    .await;
    finds(
        gone,
        "conversation 1, seq 6: it is not kept any more, and there are reactions to it",
    )
    .await;
    finds(
        "UPDATE entries SET body = NULL WHERE conv_id = 1 AND seq = 2;
         UPDATE conversations SET floor_seq = 2, bare_seq = 1 WHERE id = 1",
        "conversation 1, seq 2: it has no body, and was not recalled",
    )
    .await;
}

#[tokio::test]
async fn holes_and_heads() {
    finds(
        "DELETE FROM entries WHERE conv_id = 1 AND seq = 2",
        "conversation 1: seq 3 stands where 2 should",
    )
    .await;
    finds(
        "UPDATE conversations SET head = 7 WHERE id = 1",
        "conversation 1: the head says 7, the log ends at 8",
    )
    .await;
    finds(
        "DELETE FROM entries WHERE conv_id = 1 AND seq = 8",
        "conversation 1: the head says 8, the log ends at 7",
    )
    .await;
    finds(
        "UPDATE conversations SET messages = 7 WHERE id = 1",
        "conversation 1, seq 8: 7 messages are noted, the log has 4",
    )
    .await;
    finds(
        "UPDATE conversations SET last_message = 6 WHERE id = 1",
        "conversation 1, seq 8: the last message is noted at 6, the log has it at 8",
    )
    .await;
}

#[tokio::test]
async fn ids_and_senders() {
    finds(
        "UPDATE entries SET id = 99 WHERE conv_id = 1 AND seq = 2",
        "conversation 1, seq 3: its id is not above the one before",
    )
    .await;
    finds(
        "UPDATE entries SET sender_id = 1002 WHERE conv_id = 1 AND seq = 2",
        "conversation 1, seq 2: its sender is not a member",
    )
    .await;
    // The unique index would not let it happen, so the table is made again without.
    finds(
        "CREATE TABLE copy AS SELECT * FROM entries; DROP TABLE entries;
         ALTER TABLE copy RENAME TO entries;
         UPDATE entries SET client_id = 'twice' WHERE sender_id = 1000 AND seq IN (6, 8)",
        "user 1000: client id twice stands for more than one entry",
    )
    .await;
}

#[tokio::test]
async fn positions_and_unread() {
    for (sql, read, delivered) in [
        ("read_seq = 9, delivered_seq = 9", 9, 9),
        ("delivered_seq = 9", 2, 9),
        ("delivered_seq = 1", 2, 1),
    ] {
        finds(
            &format!("UPDATE members SET {sql} WHERE conv_id = 1 AND user_id = 1001"),
            &format!("conversation 1, user 1001: read {read}, delivered {delivered}, head 8"),
        )
        .await;
    }
    finds(
        "UPDATE entries SET messages = 1 WHERE conv_id = 1 AND seq = 2",
        "conversation 1, user 1001: unread is 3, the log says 2",
    )
    .await;
    finds(
        "UPDATE entries SET messages = 1 WHERE conv_id = 1 AND seq = 2",
        "conversation 1, seq 2: it is said to have 1 messages up to it, the log has 2",
    )
    .await;
    finds(
        "UPDATE conversations SET last_message = 2 WHERE id = 1",
        "conversation 1, user 1001: unread is 0, the log says 2",
    )
    .await;
}

#[tokio::test]
async fn answers_edits_and_recalls() {
    for (sql, seq, what) in [
        (
            "body = 'back' WHERE seq = 1",
            1,
            "it was recalled, and still has its body",
        ),
        (
            "body = NULL WHERE seq = 2",
            2,
            "it has no body, and was not recalled",
        ),
        (
            "recalled_by = 3 WHERE seq = 1",
            1,
            "what it says recalled it did not",
        ),
        (
            "edited_by = 5 WHERE seq = 6",
            6,
            "what it says edited it did not",
        ),
        (
            "reply_to = 7 WHERE seq = 8",
            8,
            "what it answers is not an earlier message",
        ),
        (
            "reply_to = 8 WHERE seq = 6",
            6,
            "what it answers is not an earlier message",
        ),
        (
            "target = 2 WHERE seq = 7",
            7,
            "what it edits is not an earlier message of its sender's",
        ),
        (
            "edited_by = NULL WHERE seq = 6",
            7,
            "the message does not know of this edit",
        ),
        (
            "recalled_by = NULL WHERE seq = 3",
            3,
            "it and its message do not name the same recall",
        ),
        (
            "body = 'kept' WHERE seq = 3",
            3,
            "its body is neither its message's nor blank as it should be",
        ),
        (
            "body = 'other' WHERE seq = 7",
            7,
            "its body is neither its message's nor blank as it should be",
        ),
        (
            "target = 3 WHERE seq = 5",
            5,
            "what it recalls is not an earlier message that its sender could recall",
        ),
        (
            "recalled_by = NULL WHERE seq = 1",
            5,
            "the message does not know of this recall",
        ),
    ] {
        finds(
            &format!("UPDATE entries SET {sql} AND conv_id = 1"),
            &format!("conversation 1, seq {seq}: {what}"),
        )
        .await;
    }
}

#[tokio::test]
async fn members_and_changes() {
    finds(
        "DELETE FROM members WHERE conv_id = 1 AND user_id = 1001",
        "conversation 1, seq 0: 1 members in a 1:1 conversation",
    )
    .await;
    finds(
        "DELETE FROM direct_conversations WHERE conv_id = 1",
        "conversation 1, seq 0: it is not the conversation found by its two members",
    )
    .await;
    finds(
        "UPDATE conversations SET size = 3 WHERE id = 1",
        "conversation 1, seq 8: 3 members are noted, there are 2",
    )
    .await;
    finds(
        "UPDATE conversations SET version = 0 WHERE id = 1",
        "conversation 1, seq 8: its last change has no number, no sync finds it",
    )
    .await;
    finds(
        "UPDATE counters SET value = value - 1 WHERE name = 'version'",
        "the database file: the change counter stands at #, but change # was given",
    )
    .await;
    finds(
        "UPDATE conversations SET version = 2",
        "the database file: change 2 was given more than once",
    )
    .await;
    finds(
        "UPDATE members SET version = (SELECT max(version) FROM conversations)
         WHERE conv_id = 1 AND user_id = 1001",
        "the database file: change # was given more than once",
    )
    .await;
    finds(
        "DELETE FROM users WHERE id = 1002",
        "the database file: members points to a row of users that is not there",
    )
    .await;
}

#[tokio::test]
async fn reactions_and_their_counts() {
    for (sql, what) in [
        (
            "UPDATE reaction_counts SET count = 3 WHERE value = '👍'",
            "its reactions are more or fewer than is noted",
        ),
        (
            "DELETE FROM reaction_counts WHERE value = '🎉'",
            "its reactions are more or fewer than is noted",
        ),
        (
            "DELETE FROM reactions WHERE value = '🎉'",
            "a reaction to it is noted that nobody set",
        ),
        (
            "DELETE FROM reacted",
            "there are reactions to it that have no number, so nobody is told",
        ),
    ] {
        finds(sql, &format!("conversation 1, seq 6: {what}")).await;
    }
    for seq in [1, 7] {
        finds(
            &format!("UPDATE reactions SET seq = {seq} WHERE value = '👍'"),
            &format!("conversation 1, seq {seq}: there are reactions to it, and it is no message, or recalled"),
        )
        .await;
    }
}

#[tokio::test]
async fn mentions_and_views() {
    for (sql, expected) in [
        (
            "DELETE FROM mentions",
            "conversation 1, seq 8: it mentions user 1001, who is not found by it",
        ),
        (
            "UPDATE mentions SET user_id = 1002",
            "conversation 1, seq 8: it mentions user 1001, who is not found by it",
        ),
        (
            "INSERT INTO mentions VALUES (1, 1001, 6, 1)",
            "conversation 1, seq 0: 2 mentions are noted, the log has 1",
        ),
        (
            "UPDATE entries SET mentions_all = 1 WHERE conv_id = 1 AND seq = 6",
            "conversation 1, seq 6: it mentions all, which its sender could not do",
        ),
        (
            "UPDATE entries SET mentions_all = 1 WHERE conv_id = 1 AND seq = 7",
            "conversation 1, seq 0: 1 entries mention all, 0 messages do",
        ),
        (
            "UPDATE views SET archived_seq = 9",
            "conversation 1, seq 8: the view of user 1001: it goes beyond the log",
        ),
        (
            "INSERT INTO blocks VALUES (1001, 1001, 1, 2, 1)",
            "conversation 0, seq 0: user 1001 has blocked oneself",
        ),
        (
            "INSERT INTO blocks VALUES (1001, 1000, 1, 2, 1)",
            "conversation 0, seq 0: user 1001 had read what was not delivered",
        ),
        (
            "UPDATE views SET rev = 0",
            "conversation 1, seq 8: the view of user 1001: it was never changed",
        ),
        (
            "UPDATE views SET user_id = 1002",
            "conversation 1, seq 8: the view of user 1002: the user was never a member",
        ),
    ] {
        finds(sql, expected).await;
    }
}

/// The mentions of messages that an earlier version kept are noted when the database is opened, once.
#[tokio::test]
async fn mentions_of_before_are_noted() {
    let sql = "DELETE FROM mentions; UPDATE counters SET value = 0 WHERE name = 'mentions'";
    let engine = damaged(sql).await;
    assert!(!faults(&engine.path()).is_empty());
    for _ in 0..2 {
        let store = engine.open().await;
        engine.close(store).await;
        assert_eq!(faults(&engine.path()), []);
    }
}

#[tokio::test]
async fn values_that_make_no_sense_are_faults_not_failures() {
    for sql in [
        "UPDATE entries SET kind = 9 WHERE conv_id = 1 AND seq = 2",
        "UPDATE entries SET seq = -1 WHERE conv_id = 1 AND seq = 2",
        "UPDATE entries SET client_id = 'é' WHERE conv_id = 1 AND seq = 2",
        "UPDATE entries SET mentions = x'00' WHERE conv_id = 1 AND seq = 2",
    ] {
        let engine = damaged(sql).await;
        let found = faults(&engine.path());
        let told = |fault: &Fault| matches!(fault, Fault::Engine(what) if what.starts_with("conversation 1:"));
        assert!(found.iter().any(told), "{sql}: {found:#?}");
    }
}

#[tokio::test]
async fn only_so_many_faults_are_collected() {
    let mut f = Case::fresh().await;
    let (a, b) = f.pair().await;
    for _ in 0..300 {
        f.say(a, b, "x").await;
    }
    let engine = f.into_engine().await;
    let raw = Connection::open(engine.path()).unwrap();
    raw.execute_batch("UPDATE entries SET messages = 0")
        .unwrap();
    drop(raw);
    assert_eq!(faults(&engine.path()).len(), 100);
}

/// A page overwritten with noise: whatever the check then reads, it says so and comes to an end.
#[tokio::test]
async fn a_damaged_page_is_found() {
    // Of a free page nothing is ever read.
    let engine = damaged("VACUUM").await;
    let whole = fs::read(engine.path()).unwrap();
    // The first page is the file's header; without it there is no database to check.
    for page in 1..whole.len() / 4096 {
        let mut bytes = whole.clone();
        for (at, byte) in bytes[page * 4096..][..4096].iter_mut().enumerate() {
            *byte = (at * 31) as u8;
        }
        fs::write(engine.path(), bytes).unwrap();
        assert!(!faults(&engine.path()).is_empty(), "page {page}");
    }
}

#[tokio::test]
async fn a_store_checks_itself_while_open() {
    let engine = damaged("UPDATE conversations SET head = 7 WHERE id = 1").await;
    let store = engine.open().await;
    let report = hongyan_store::Maintenance::verify(&store, Box::new(|_| ())).await;
    assert!(!report.unwrap().is_clean());
    engine.close(store).await;
}

/// A page in which entries of the first conversation are, and no others, makes no sense any more.
async fn with_a_damaged_page() -> (Sqlite, [hongyan_protocol::UserId; 3]) {
    let mut f = Case::fresh().await;
    let (a, b) = f.pair().await;
    let c = f.user().await;
    for n in 0..400 {
        f.say(a, b, &format!("<{n}> {}", "x".repeat(100))).await;
    }
    f.say(a, c, "elsewhere").await;
    let engine = f.into_engine().await;
    let mut bytes = fs::read(engine.path()).unwrap();
    let at = bytes
        .windows(5)
        .position(|bytes| bytes == b"<300>")
        .unwrap();
    let page = at / 4096 * 4096;
    bytes[page..page + 100].fill(0xAA);
    fs::write(engine.path(), bytes).unwrap();
    (engine, [a, b, c])
}

#[tokio::test]
async fn what_cannot_be_read_is_not_added_to_and_all_else_goes_on() {
    let (engine, [a, b, c]) = with_a_damaged_page().await;
    let faults = faults(&engine.path());
    let says = |what: &str| faults.iter().any(|fault| fault.to_string().contains(what));
    assert!(says("can be read, but not seq"), "{faults:#?}");

    let store = engine.open().await;
    let append = |to, client_id: &str| Append {
        from: a,
        target: Target::Direct(to),
        client_id: ClientId::new(client_id).unwrap(),
        change: Change::Message {
            body: Body::Text("more".into()),
            reply_to: None,
            mentions: Vec::new(),
            header: Header::default(),
        },
        at: Millis::default(),
    };
    let conv = store.direct_conversation(a, b).await.unwrap().unwrap();
    assert!(store.damaged().is_empty());
    let range = HistoryRange::After(Seq::new(250).unwrap());
    assert!(store.history(b, conv, range, 100).await.is_err());
    assert_eq!(store.damaged(), [conv]);
    let batch = [append(b, "m1"), append(c, "m2"), append(b, "m3")].map(Write::Append);
    let outcomes = store.commit(batch.into()).await.unwrap();
    let [first, second, third] = &outcomes[..] else {
        panic!("{outcomes:?}");
    };
    for refused in [first, third] {
        assert_eq!(*refused, Outcome::Append(Err(AppendError::Damaged)));
    }
    assert!(matches!(second, Outcome::Append(Ok(_))), "{second:?}");
    store.check_writable().await.unwrap();
    let limits = SyncLimits {
        conversations: 10,
        entries: 400,
        bytes: 1 << 30,
    };
    let page = store.sync(a, SyncCursor::Since(0), limits).await.unwrap();
    let entries = |at: usize| page.conversations[at].2.len();
    assert_eq!((entries(0), entries(1)), (2, 0), "all but the damaged one");
    engine.close(store).await;
}

/// Also when it is not a page of history that meets the damage first.
#[tokio::test]
async fn a_sync_finds_which_conversation_cannot_be_read() {
    let (engine, [a, b, _]) = with_a_damaged_page().await;
    let store = engine.open().await;
    let limits = SyncLimits {
        conversations: 10,
        entries: 400,
        bytes: 1 << 30,
    };
    let page = store.sync(a, SyncCursor::Since(0), limits).await.unwrap();
    assert_eq!(page.conversations.len(), 2);
    let conv = store.direct_conversation(a, b).await.unwrap().unwrap();
    assert_eq!(store.damaged(), [conv]);
    engine.close(store).await;
}

#[tokio::test]
async fn a_damaged_index_is_built_anew() {
    let mut f = Case::fresh().await;
    let (a, b) = f.pair().await;
    for n in 0..400 {
        f.say(a, b, &format!("{n}")).await;
    }
    let engine = f.into_engine().await;
    let raw = Connection::open(engine.path()).unwrap();
    let root: usize = raw
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_entries_1'",
            [],
            |row| row.get::<_, i64>(0),
        )
        .unwrap()
        .try_into()
        .unwrap();
    drop(raw);
    let mut bytes = fs::read(engine.path()).unwrap();
    // The last leaf has one entry less than there are rows for it.
    let header = |page: usize| (page - 1) * 4096;
    let last = &bytes[header(root) + 8..][..4];
    let last = u32::from_be_bytes(last.try_into().unwrap()) as usize;
    bytes[header(last) + 4] -= 1;
    fs::write(engine.path(), bytes).unwrap();
    assert!(!faults(&engine.path()).is_empty());
    let repaired = repair_file(&engine.path(), &mut |_| ()).unwrap();
    assert_eq!(repaired.indexes, Some(Ok(())));
    assert!(repaired.report.is_clean(), "{:#?}", repaired.report.faults);
    assert_eq!(repaired.report.entries, 400);
}
