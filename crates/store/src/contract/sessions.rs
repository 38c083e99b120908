//! Signed-in devices.

use std::time::Duration;

use hongyan_protocol::{Millis, SessionId, UserId};

use super::fixture::{Engine, Fixture};
use crate::{Accounts, SESSIONS_PER_USER, Session, Sessions};

/// A session whose token's hash is made of one byte.
async fn open<E: Engine>(f: &mut Fixture<E>, user: UserId, device: &str, token: u8) -> Session {
    let new = f.new_session(user, device, [token; 32]);
    f.store().open_session(new).await.unwrap().0
}

async fn found<E: Engine>(f: &mut Fixture<E>, token: u8) -> Option<SessionId> {
    let now = f.tick();
    let found = f.store().session(&[token; 32], now).await.unwrap();
    found.map(|(session, _)| session.id)
}

pub async fn token_finds_session_and_user<E: Engine>(f: &mut Fixture<E>) {
    let user = f.user().await;
    let wanted = f.new_session(user, "phone", [1; 32]);
    let (session, earlier) = f.store().open_session(wanted.clone()).await.unwrap();
    assert_eq!(earlier, []);
    assert_eq!(
        session,
        Session {
            id: session.id,
            user,
            device: "phone".into(),
            client: Some("cli/1".into()),
            created_at: wanted.created_at,
            seen_at: wanted.created_at,
            expires_at: wanted.expires_at,
        }
    );
    f.reopen().await;
    let now = f.tick();
    let (again, owner) = f.store().session(&[1; 32], now).await.unwrap().unwrap();
    assert_eq!((again, owner.id), (session, user));
    assert_eq!(found(f, 2).await, None);
}

pub async fn one_per_device<E: Engine>(f: &mut Fixture<E>) {
    let (user, other) = f.pair().await;
    let first = open(f, user, "phone", 1).await;
    let laptop = open(f, user, "laptop", 2).await;
    let others = open(f, other, "phone", 3).await;
    let again = f.new_session(user, "phone", [4; 32]);
    let (second, earlier) = f.store().open_session(again).await.unwrap();
    assert_eq!(earlier, [first.id]);
    assert_ne!(second.id, first.id, "an id is never given twice");
    assert_eq!(found(f, 1).await, None);
    assert_eq!(found(f, 2).await, Some(laptop.id));
    assert_eq!(found(f, 3).await, Some(others.id));
    assert_eq!(found(f, 4).await, Some(second.id));
}

pub async fn beyond_the_cap_the_oldest_ends<E: Engine>(f: &mut Fixture<E>) {
    let user = f.user().await;
    let oldest = open(f, user, "device 0", 0).await;
    let used = open(f, user, "device 1", 1).await;
    for number in 2..SESSIONS_PER_USER {
        f.tick();
        let token = u8::try_from(number).unwrap();
        open(f, user, &format!("device {number}"), token).await;
    }
    let now = f.tick();
    f.store().touch_session(oldest.id, None, now).await.unwrap();
    noted(f, 0, now).await;
    f.tick();
    let one_more = f.new_session(user, "one more", [200; 32]);
    let (_, ended) = f.store().open_session(one_more).await.unwrap();
    assert_eq!(ended, [used.id], "the one that was used longest ago");
    assert_eq!(found(f, 1).await, None);
    assert_eq!(found(f, 0).await, Some(oldest.id));
    assert!(found(f, 200).await.is_some());
}

pub async fn beyond_the_cap_connected_ones_go_last<E: Engine>(f: &mut Fixture<E>) {
    let user = f.user().await;
    let mut opened = Vec::new();
    for number in 0..SESSIONS_PER_USER {
        let token = u8::try_from(number).unwrap();
        opened.push(open(f, user, &format!("device {number}"), token).await.id);
    }
    let mut one_more = f.new_session(user, "one more", [200; 32]);
    one_more.connected = vec![opened[0], opened[2]];
    let (_, ended) = f.store().open_session(one_more).await.unwrap();
    assert_eq!(ended, [opened[1]], "the oldest without a connection");
    // Where all are connected, the one used longest ago.
    let mut another = f.new_session(user, "another", [201; 32]);
    let live = f.store().sessions(user, another.created_at).await.unwrap();
    another.connected = live.iter().map(|session| session.id).collect();
    let (_, ended) = f.store().open_session(another).await.unwrap();
    assert_eq!(ended, [opened[0]]);
}

pub async fn expiry<E: Engine>(f: &mut Fixture<E>) {
    let user = f.user().await;
    let session = open(f, user, "phone", 1).await;
    let last = session.expires_at.minus(1);
    assert!(f.store().session(&[1; 32], last).await.unwrap().is_some());
    assert_eq!(f.store().sessions(user, last).await.unwrap().len(), 1);
    let end = session.expires_at;
    assert_eq!(f.store().session(&[1; 32], end).await.unwrap(), None);
    assert_eq!(f.store().sessions(user, end).await.unwrap(), []);
}

pub async fn closing<E: Engine>(f: &mut Fixture<E>) {
    let (user, other) = f.pair().await;
    let session = open(f, user, "phone", 1).await;
    assert!(!f.store().close_session(other, session.id).await.unwrap());
    assert_eq!(found(f, 1).await, Some(session.id));
    assert!(f.store().close_session(user, session.id).await.unwrap());
    assert_eq!(found(f, 1).await, None);
    assert!(!f.store().close_session(user, session.id).await.unwrap());
    let next = open(f, user, "phone", 2).await;
    assert_ne!(next.id, session.id, "an id is never given twice");
}

pub async fn a_new_password_ends_all<E: Engine>(f: &mut Fixture<E>) {
    let (user, other) = f.pair().await;
    let phone = open(f, user, "phone", 1).await;
    let laptop = open(f, user, "laptop", 2).await;
    let others = open(f, other, "phone", 3).await;
    let ended = f.store().set_password(user, "new".into(), None);
    let mut ended = ended.await.unwrap().unwrap();
    ended.sort();
    assert_eq!(ended, [phone.id, laptop.id]);
    assert_eq!(found(f, 1).await, None);
    assert_eq!(found(f, 2).await, None);
    assert_eq!(found(f, 3).await, Some(others.id));
}

pub async fn but_the_one_to_keep<E: Engine>(f: &mut Fixture<E>) {
    let (user, other) = f.pair().await;
    let phone = open(f, user, "phone", 1).await;
    open(f, user, "laptop", 2).await;
    let others = open(f, other, "phone", 3).await;
    let ended = f.store().set_password(user, "new".into(), Some(phone.id));
    assert_eq!(ended.await.unwrap().unwrap().len(), 1);
    assert_eq!(found(f, 1).await, Some(phone.id));
    assert_eq!(found(f, 2).await, None);
    // Somebody else's session is no reason to keep one's own.
    let ended = f.store().set_password(user, "new".into(), Some(others.id));
    assert_eq!(ended.await.unwrap(), Some(vec![phone.id]));
    assert_eq!(found(f, 3).await, Some(others.id));
}

/// A note of use is a hint, so it may take a moment; it must not take a minute.
async fn noted<E: Engine>(f: &Fixture<E>, token: u8, seen_at: Millis) -> Session {
    for _ in 0..1000 {
        let found = f.store().session(&[token; 32], seen_at).await.unwrap();
        let (session, _) = found.unwrap();
        if session.seen_at == seen_at {
            return session;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the note was never written");
}

pub async fn touching<E: Engine>(f: &mut Fixture<E>) {
    let user = f.user().await;
    let session = open(f, user, "phone", 1).await;
    let now = f.tick();
    let touch = f
        .store()
        .touch_session(session.id, Some("cli/2".into()), now);
    touch.await.unwrap();
    assert_eq!(noted(f, 1, now).await.client.as_deref(), Some("cli/2"));
    // Nothing said of the client leaves what was known of it.
    let now = f.tick();
    let touch = f.store().touch_session(session.id, None, now);
    touch.await.unwrap();
    assert_eq!(noted(f, 1, now).await.client.as_deref(), Some("cli/2"));
    // A session that ended meanwhile does not come back.
    f.store().close_session(user, session.id).await.unwrap();
    let touch = f.store().touch_session(session.id, None, now);
    touch.await.unwrap();
    f.reopen().await;
    assert_eq!(found(f, 1).await, None);
}

pub async fn most_recent_first<E: Engine>(f: &mut Fixture<E>) {
    let user = f.user().await;
    let first = open(f, user, "a", 1).await;
    let second = open(f, user, "b", 2).await;
    let third = open(f, user, "c", 3).await;
    let now = f.tick();
    f.store().touch_session(first.id, None, now).await.unwrap();
    noted(f, 1, now).await;
    let sessions = f.store().sessions(user, now).await.unwrap();
    let order: Vec<_> = sessions.iter().map(|session| session.id).collect();
    assert_eq!(order, [first.id, third.id, second.id]);
}

/// A device that was signed out on purpose is told so when it comes back; one whose session ended otherwise is not.
pub async fn what_was_signed_out_is_remembered<E: Engine>(f: &mut Fixture<E>) {
    let (user, other) = f.pair().await;
    let closed = open(f, user, "closed", 1).await;
    open(f, user, "replaced", 2).await;
    open(f, user, "replaced", 3).await;
    let kept = open(f, user, "kept", 4).await;
    open(f, other, "other", 5).await;
    assert!(!is_revoked(f, 1).await);
    assert!(f.store().close_session(user, closed.id).await.unwrap());
    f.reopen().await;
    for token in 1..=6 {
        assert_eq!(is_revoked(f, token).await, token == 1, "{token}");
    }
    let ended = f
        .store()
        .set_password(user, "new".into(), Some(kept.id))
        .await;
    assert_eq!(ended.unwrap().unwrap().len(), 1);
    for (token, expected) in [(1, true), (2, false), (3, true), (4, false), (5, false)] {
        assert_eq!(is_revoked(f, token).await, expected, "{token}");
    }
    let expired = f.store().is_revoked(&[1; 32], closed.expires_at);
    assert!(!expired.await.unwrap(), "then it would have ended anyway");
}

async fn is_revoked<E: Engine>(f: &mut Fixture<E>, token: u8) -> bool {
    let now = f.tick();
    f.store().is_revoked(&[token; 32], now).await.unwrap()
}

pub async fn last_seen<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let nobody = UserId::new(1).unwrap();
    let first = open(f, a, "a", 1).await;
    let second = open(f, a, "b", 2).await;
    let seen = f.store().last_seen(&[a, b, nobody]).await.unwrap();
    assert_eq!(seen, [(a, second.seen_at)]);
    let now = f.tick();
    f.store().touch_session(first.id, None, now).await.unwrap();
    noted(f, 1, now).await;
    assert_eq!(f.store().last_seen(&[a]).await.unwrap(), [(a, now)]);
}
