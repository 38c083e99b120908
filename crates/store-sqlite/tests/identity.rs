//! A history that was taken back has another name, and gives no id a second time.

#![allow(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use std::fs;

use hongyan_protocol::{ConversationId, EntryId, SessionId, UserId};
use hongyan_store::contract::Engine;
use hongyan_store::{Accounts, Maintenance, NewSession, Sessions};
use support::{Case, Sqlite};

/// What a store gives to what is new.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
struct Given {
    user: UserId,
    session: SessionId,
    conv: ConversationId,
    entry: EntryId,
}

/// Makes one of everything that has an id.
async fn one_of_each(f: &mut Case, token: u8) -> Given {
    let [a, b] = [
        f.new_user(&format!("a{token}")),
        f.new_user(&format!("b{token}")),
    ];
    let a = f.store().create_user(a).await.unwrap().id;
    let b = f.store().create_user(b).await.unwrap().id;
    let said = f.say(a, b, "something").await;
    let at = f.tick();
    let session = NewSession {
        user: a,
        device: format!("device {token}"),
        client: None,
        token_hash: [token; 32],
        created_at: at,
        expires_at: at,
        connected: Vec::new(),
    };
    let (session, _) = f.store().open_session(session).await.unwrap();
    Given {
        user: b,
        session: session.id,
        conv: said.conv,
        entry: said.id,
    }
}

/// Whether each is above.
fn above(a: Given, b: Given) -> bool {
    a.user > b.user && a.session > b.session && a.conv > b.conv && a.entry > b.entry
}

#[tokio::test]
async fn an_older_copy_in_its_place_is_noticed() {
    let mut f = Case::fresh().await;
    one_of_each(&mut f, 1).await;
    f.reopen().await;
    let (epoch, database) = (f.store().epoch().to_owned(), f.engine().path());
    let engine = f.into_engine().await;
    let older = fs::read(&database).unwrap();

    let mut f = Case::on(engine).await;
    assert_eq!(f.store().epoch(), epoch, "a restart is no new history");
    let lost = one_of_each(&mut f, 2).await;
    let engine = f.into_engine().await;
    fs::write(&database, older).unwrap();

    let mut f = Case::on(engine).await;
    let restored = f.store().epoch().to_owned();
    assert_ne!(restored, epoch);
    let mut last = lost;
    for token in 3..6 {
        let given = one_of_each(&mut f, token).await;
        assert!(above(given, last), "{given:?} after {last:?}");
        last = given;
    }
    f.verify().await;
    f.reopen().await;
    assert_eq!(f.store().epoch(), restored, "once");
    assert!(last.entry.get() < 1 << 53);
}

#[tokio::test]
async fn a_crash_is_no_new_history() {
    let mut f = Case::fresh().await;
    one_of_each(&mut f, 1).await;
    let epoch = f.store().epoch().to_owned();
    // As the disk has it while the server runs, its journal and its log with it.
    let crashed = Sqlite::fresh().await;
    let from = f.engine().path();
    let to = crashed.path();
    for file in from.parent().unwrap().read_dir().unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.with_file_name(file.file_name())).unwrap();
    }
    let g = Case::on(crashed).await;
    assert_eq!(g.store().epoch(), epoch);
    f.verify().await;
}

#[tokio::test]
async fn a_database_that_moves_keeps_its_name() {
    let mut f = Case::fresh().await;
    one_of_each(&mut f, 1).await;
    let epoch = f.store().epoch().to_owned();
    let engine = f.into_engine().await;
    let elsewhere = Sqlite::fresh().await;
    fs::copy(engine.path(), elsewhere.path()).unwrap();
    let g = Case::on(elsewhere).await;
    assert_eq!(g.store().epoch(), epoch);
}
