//! What is opened, what is refused, and that a refusal changes nothing.

#![allow(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use hongyan_store::contract::Engine;
use hongyan_store::people::Query;
use hongyan_store::{Accounts, Body, Content, Logs, Maintenance, NewUser, StoreError};
use hongyan_store_sqlite::{CheckError, OpenError, Options, SqliteStore, check_file};
use rusqlite::Connection;
use support::{Case, Sqlite};

fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(path, &Options::default())
}

/// The error of an opening that must fail, and must leave the file as it was.
fn refused(path: &Path) -> OpenError {
    let before = fs::read(path).unwrap();
    let error = open(path).err().unwrap();
    assert_eq!(
        fs::read(path).unwrap(),
        before,
        "a refused file was changed"
    );
    let check = check_file(path, &mut |_| ());
    assert!(matches!(check, Err(CheckError::Open(_))));
    error
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let engine = Case::fresh().await.into_engine().await;
    let raw = Connection::open(engine.path()).unwrap();
    raw.execute_batch(
        "INSERT INTO refinery_schema_history
         SELECT 99, 'from_the_future', applied_on, checksum FROM refinery_schema_history LIMIT 1;
         PRAGMA wal_checkpoint(TRUNCATE);",
    )
    .unwrap();
    drop(raw);
    let error = refused(&engine.path());
    assert!(
        matches!(error, OpenError::Newer { found: 99, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("install a version"), "{error}");
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let engine = Sqlite::fresh().await;
    fs::write(engine.path(), "a letter, not a database").unwrap();
    let error = refused(&engine.path());
    assert!(matches!(error, OpenError::NotADatabase(_)), "{error}");
    // Too short even for the header.
    fs::write(engine.path(), "SQL").unwrap();
    let error = refused(&engine.path());
    assert!(matches!(error, OpenError::NotADatabase(_)), "{error}");
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let engine = Sqlite::fresh().await;
    let raw = Connection::open(engine.path()).unwrap();
    raw.execute_batch("CREATE TABLE recipes (title TEXT)")
        .unwrap();
    let error = refused(&engine.path());
    assert!(matches!(error, OpenError::NotOurs(_)), "{error}");
    raw.execute_batch("DROP TABLE recipes; PRAGMA application_id = 7")
        .unwrap();
    let error = refused(&engine.path());
    assert!(matches!(error, OpenError::NotOurs(_)), "{error}");
}

#[tokio::test]
async fn an_empty_file_or_a_start_that_crashed_is_gone_on_with() {
    let engine = Sqlite::fresh().await;
    fs::write(engine.path(), "").unwrap();
    open(&engine.path()).unwrap().close().await;
    // The migrations' own table is made first, so a crash may leave it alone.
    let engine = Sqlite::fresh().await;
    let raw = Connection::open(engine.path()).unwrap();
    raw.execute_batch(
        "CREATE TABLE refinery_schema_history (
             version INT4 PRIMARY KEY, name VARCHAR(255),
             applied_on VARCHAR(255), checksum VARCHAR(255))",
    )
    .unwrap();
    drop(raw);
    open(&engine.path()).unwrap().close().await;
    assert!(check_file(&engine.path(), &mut |_| ()).unwrap().is_clean());
}

#[tokio::test]
async fn a_missing_folder_is_told() {
    let engine = Sqlite::fresh().await;
    let error = open(&engine.path().join("nowhere/hongyan.db"))
        .err()
        .unwrap();
    assert!(error.to_string().contains("its folder exists"), "{error}");
    let check = check_file(&engine.path(), &mut |_| ());
    let Err(CheckError::Open(OpenError::Io { error, .. })) = check else {
        panic!("{check:?}");
    };
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}

#[tokio::test]
async fn one_store_at_a_time() {
    let engine = Sqlite::fresh().await;
    let first = open(&engine.path()).unwrap();
    let error = open(&engine.path()).err().unwrap();
    assert!(matches!(error, OpenError::InUse(_)), "{error}");
    assert!(error.to_string().contains("another process"), "{error}");
    let link = engine.path().with_file_name("link.db");
    std::os::unix::fs::symlink(engine.path(), &link).unwrap();
    let error = open(&link).err().unwrap();
    assert!(
        matches!(error, OpenError::InUse(_)),
        "by another name: {error}"
    );
    // Checking does not write, so it may.
    assert!(check_file(&engine.path(), &mut |_| ()).unwrap().is_clean());
    first.close().await;
    // Closed, the first lets go of the file while it still exists.
    open(&engine.path()).unwrap().close().await;
    assert_eq!(
        first.check_writable().await,
        Err(StoreError::Unavailable("shutting down".into()))
    );
    assert_eq!(
        first.list_users(Default::default(), 1).await,
        Err(StoreError::Unavailable("shutting down".into()))
    );
    first.close().await;
}

#[tokio::test]
async fn dropped_it_is_closed() {
    let engine = Sqlite::fresh().await;
    for _ in 0..3 {
        let store = open(&engine.path()).unwrap();
        store.check_writable().await.unwrap();
    }
    assert!(!engine.log_path().exists(), "the log was copied back");
}

#[tokio::test]
async fn nobody_else_may_read_any_of_the_files() {
    let mut case = Case::fresh().await;
    let folder = case.engine().path().parent().unwrap().to_owned();
    let modes = || {
        let files = fs::read_dir(&folder).unwrap().map(Result::unwrap);
        let mode = |file: fs::DirEntry| {
            let mode = file.metadata().unwrap().permissions().mode() & 0o777;
            (file.file_name().into_string().unwrap(), mode)
        };
        files.map(mode).collect::<BTreeMap<_, _>>()
    };
    let (a, b) = case.pair().await;
    case.say(a, b, "hello").await;
    case.say(a, b, "hello").await;
    let files = modes();
    for name in ["", "-wal", "-shm", "-writes1", "-writes2", ".lock"] {
        assert_eq!(
            files.get(&format!("hongyan.db{name}")),
            Some(&0o600),
            "{name}"
        );
    }
    // One that others could read before, as of an older version.
    let engine = case.into_engine().await;
    fs::set_permissions(engine.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let store = open(&engine.path()).unwrap();
    assert!(store.check_writable().await.is_ok());
    assert!(modes().values().all(|mode| *mode == 0o600), "{:?}", modes());
    store.close().await;
}

/// The schema before the order of commits was noted, and before bodies had types.
const VERSION_8: [&str; 8] = [
    include_str!("../migrations/V1__first_schema.sql"),
    include_str!("../migrations/V2__journal.sql"),
    include_str!("../migrations/V3__journal_file.sql"),
    include_str!("../migrations/V4__scrubbed.sql"),
    include_str!("../migrations/V5__identity.sql"),
    include_str!("../migrations/V6__journal_files.sql"),
    include_str!("../migrations/V7__login_keys_and_notes.sql"),
    include_str!("../migrations/V8__revoked_tokens.sql"),
];

/// A database as a server of that version left it: two logs, whose entries were committed by turns.
async fn of_version_8() -> Sqlite {
    let newest = Case::fresh().await.into_engine().await;
    let engine = Sqlite::fresh().await;
    let raw = Connection::open(engine.path()).unwrap();
    for step in VERSION_8 {
        raw.execute_batch(step).unwrap();
    }
    raw.execute("ATTACH ?1 AS newest", [newest.path().to_str().unwrap()])
        .unwrap();
    raw.execute_batch(
        "CREATE TABLE refinery_schema_history (version INT4 PRIMARY KEY, name VARCHAR(255),
             applied_on VARCHAR(255), checksum VARCHAR(255));
         INSERT INTO refinery_schema_history
             SELECT * FROM newest.refinery_schema_history WHERE version <= 8;
         INSERT INTO users (id, login, name, password_hash, created_at)
             VALUES (1000, 'a', 'a', '', 0), (1001, 'b', 'b', '', 0), (1002, 'c', 'c', '', 0);
         INSERT INTO conversations VALUES (1, 1, 300, 300, 300), (2, 1, 300, 300, 300);
         INSERT INTO direct_conversations VALUES (1000, 1001, 1), (1000, 1002, 2);
         INSERT INTO members VALUES (1, 1000, 300, 300, 1, 0), (1, 1001, 0, 0, 1, 1),
             (2, 1000, 300, 300, 2, 0), (2, 1002, 0, 0, 2, 1);
         UPDATE counters SET value = 2 WHERE name = 'version';
         WITH RECURSIVE n (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < 600)
         INSERT INTO entries (id, conv_id, seq, sender_id, kind, at, messages, digest, client_id, body)
             SELECT at, 2 - at % 2, (at + 1) / 2, 1000, 1, at, (at + 1) / 2, 0, 'c' || at, 'text ' || at FROM n;
         DETACH newest;",
    )
    .unwrap();
    engine
}

#[tokio::test]
async fn an_older_database_gets_the_order_of_its_commits_and_types() {
    let engine = of_version_8().await;
    for _ in 0..2 {
        let store = open(&engine.path()).unwrap();
        let mut found = Vec::new();
        while let Some(committed) = store
            .changes(found.len() as u64, 77)
            .await
            .map(|page| (!page.is_empty()).then_some(page))
            .unwrap()
        {
            found.extend(committed);
        }
        assert_eq!(found.len(), 600);
        for (at, committed) in (1..).zip(&found) {
            assert_eq!((committed.number, committed.entry.id.get()), (at, at));
            let Content::Message { body, .. } = &committed.entry.content else {
                panic!("{committed:?}");
            };
            assert_eq!(*body, Some(Body::Text(format!("text {at}").into())));
        }
        store.close().await;
    }
    let report = check_file(&engine.path(), &mut |_| ()).unwrap();
    assert!(report.is_clean(), "{:#?}", report.faults);
}

#[tokio::test]
async fn a_lock_that_was_removed_still_keeps_a_second_one_out() {
    let engine = Case::fresh().await.into_engine().await;
    let store = open(&engine.path()).unwrap();
    let mut lock = engine.path().into_os_string();
    lock.push(".lock");
    fs::remove_file(&lock).unwrap();
    let error = open(&engine.path()).err().unwrap();
    assert!(matches!(error, OpenError::InUse(_)), "{error}");
    store.close().await;
    assert!(open(&engine.path()).is_ok());
}

#[tokio::test]
async fn a_database_that_was_removed_or_replaced_is_noticed() {
    for replace in [false, true] {
        let engine = Case::fresh().await.into_engine().await;
        let store = open(&engine.path()).unwrap();
        fs::rename(engine.path(), engine.path().with_extension("away")).unwrap();
        if replace {
            fs::write(engine.path(), "another").unwrap();
        }
        let why = tokio::time::timeout(Duration::from_secs(60), store.failed());
        let why = why.await.unwrap();
        let what = if replace {
            "another file was put"
        } else {
            "it was removed"
        };
        assert!(why.contains(what), "{why}");
        store.close().await;
    }
}

#[tokio::test]
async fn login_names_that_once_were_two_stay_two_and_lock_nobody_out() {
    let engine = Sqlite::fresh().await;
    let path = engine.path();
    open(&path).unwrap().close().await;
    // As a version left it that compared ASCII only.
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch(
        "INSERT INTO users (id, login, name, password_hash, created_at) VALUES
             (1000, 'José', 'a', 'first', 0), (1001, 'JOSÉ', 'b', 'second', 0), (1002, 'bob', 'c', 'third', 0);",
    )
    .unwrap();
    drop(raw);
    for _ in 0..2 {
        let store = open(&path).unwrap();
        for (login, expected) in [
            ("José", Some(1000)),
            ("JOSÉ", Some(1001)),
            ("jos\u{e9}", Some(1000)),
            ("jose\u{301}", Some(1000)),
            ("Bob", Some(1002)),
            ("jose", None),
            (" 1001", None),
        ] {
            let found = store.credentials(login).await.unwrap();
            let found = found.map(|found| found.user.get());
            assert_eq!(found, expected, "{login:?}");
        }
        store.close().await;
    }
}

fn by_name(typed: &str) -> Query {
    Query::parse(typed, true).unwrap()
}

#[tokio::test]
async fn people_whom_an_older_version_left_are_found_and_so_they_are_by_other_rules() {
    let engine = Sqlite::fresh().await;
    let path = engine.path();
    open(&path).unwrap().close().await;
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
         INSERT INTO users (login, name, password_hash, created_at) SELECT 'u' || i, 'Nr ' || i, '', 0 FROM n;
         INSERT INTO users (login, name, password_hash, created_at) VALUES ('w', '王小明', '', 0);",
    )
    .unwrap();
    for make_old in [
        "SELECT 1",
        // Keys by rules that were before, half of them replaced.
        "UPDATE user_keys SET key = 'x' || key; UPDATE users SET keys_rule = 999 WHERE id % 2",
    ] {
        raw.execute_batch(make_old).unwrap();
        let store = open(&path).unwrap();
        let found = store.search_users(by_name("wxm"), 10).await.unwrap();
        assert_eq!(found.users.first().unwrap().name, "王小明");
        let found = store.search_users(by_name("nr2500"), 10).await.unwrap();
        assert_eq!((found.users.len(), found.more), (1, false));
        let none = store.search_users(by_name("xnr2500"), 10).await.unwrap();
        assert!(none.users.is_empty());
        let report = store.verify(Box::new(|_| ())).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.faults);
        store.close().await;
    }
}

#[tokio::test]
async fn a_search_reads_a_bounded_number_of_keys_and_names() {
    let engine = Sqlite::fresh().await;
    let path = engine.path();
    open(&path).unwrap().close().await;
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
         INSERT INTO users (login, name, password_hash, created_at) SELECT 'u' || i, 'Common ' || i, '', 0 FROM n;
         INSERT INTO users (login, name, password_hash, created_at) VALUES ('w', 'Commonzz Rare', '', 0);",
    )
    .unwrap();
    let store = open(&path).unwrap();
    // Too many have the longer word, and none of them the other.
    let found = store
        .search_users(by_name("rare common"), 10)
        .await
        .unwrap();
    assert_eq!((found.users.len(), found.more), (0, true));
    let found = store
        .search_users(by_name("common rare"), 10)
        .await
        .unwrap();
    assert_eq!((found.users.len(), found.more), (0, true));
    let found = store
        .search_users(by_name("rare commonz"), 10)
        .await
        .unwrap();
    assert_eq!((found.users.len(), found.more), (1, false));
    let all = store.search_users(by_name("common"), 1000).await.unwrap();
    assert_eq!((all.users.len(), all.more), (701, false));
    store.close().await;
}

#[tokio::test]
async fn keys_that_are_missing_or_false_are_found_by_a_check() {
    for (damage, what) in [
        ("DELETE FROM user_keys WHERE key = 'wxm'", "1 of "),
        (
            "INSERT INTO user_keys SELECT 1, 'goose', id FROM users WHERE name = '王小明'",
            "1 keys find people by names that they do not have",
        ),
    ] {
        let engine = Sqlite::fresh().await;
        let path = engine.path();
        let mut case = hongyan_store::contract::Fixture::on(engine).await;
        let new = case.new_user("w");
        let new = NewUser {
            name: "王小明".into(),
            ..new
        };
        case.store().create_user(new).await.unwrap();
        let _engine = case.into_engine().await;
        let raw = Connection::open(&path).unwrap();
        assert_eq!(raw.execute(damage, []).unwrap(), 1);
        let report = check_file(&path, &mut |_| ()).unwrap();
        let faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
        assert!(faults.len() == 1 && faults[0].contains(what), "{faults:?}");
    }
}
