//! How far each member has come.

use hongyan_protocol::{ConversationId, UserId};

use super::fixture::{Engine, Fixture, seq};
use crate::{Member, MoveError, Moved};

fn moved(
    conv: ConversationId,
    members: [UserId; 2],
    at: (UserId, u64, u64),
    changed: bool,
) -> Moved {
    let (user, read, delivered) = at;
    Moved {
        conv,
        user,
        read: seq(read),
        delivered: seq(delivered),
        changed,
        members: members.into(),
        view: None,
    }
}

async fn position<E: Engine>(f: &Fixture<E>, user: UserId, conv: ConversationId) -> (u64, u64) {
    let conversation = f.conversation(user, conv).await;
    let found = conversation.members.iter().find(|m| m.user == user);
    let Member {
        read, delivered, ..
    } = *found.unwrap();
    (read.get(), delivered.get())
}

pub async fn sending_reads<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "one").await.conv;
    assert_eq!(position(f, a, conv).await, (1, 1));
    assert_eq!(position(f, b, conv).await, (0, 0));
    f.say(a, b, "two").await;
    f.say(b, a, "three").await;
    assert_eq!(position(f, a, conv).await, (2, 2));
    assert_eq!(position(f, b, conv).await, (3, 3), "who answers has read");
}

pub async fn moves_go_forward_only<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "one").await.conv;
    for _ in 0..4 {
        f.say(a, b, "more").await;
    }
    for (read, delivered, expected, changed) in [
        (None, Some(2), (0, 2), true),
        (None, Some(1), (0, 2), false),
        (Some(1), None, (1, 2), true),
        (Some(0), Some(0), (1, 2), false),
        (None, None, (1, 2), false),
        (Some(0), Some(4), (1, 4), true),
        (Some(3), Some(1), (3, 4), true),
        (Some(3), Some(4), (3, 4), false),
    ] {
        let outcome = f.advance(b, conv, read, delivered).await.unwrap();
        let (r, d) = expected;
        assert_eq!(outcome, moved(conv, [a, b], (b, r, d), changed));
        assert_eq!(position(f, b, conv).await, expected);
    }
    f.reopen().await;
    assert_eq!(position(f, b, conv).await, (3, 4));
}

pub async fn read_implies_delivered<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "one").await.conv;
    let outcome = f.advance(b, conv, Some(1), None).await.unwrap();
    assert_eq!(outcome, moved(conv, [a, b], (b, 1, 1), true));
}

pub async fn refusals<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let stranger = f.user().await;
    let conv = f.say(a, b, "one").await.conv;
    let none = ConversationId::new(conv.get() + 1000).unwrap();
    for (user, conv, read, delivered, expected) in [
        (stranger, conv, Some(1), None, MoveError::NotMember),
        (b, none, Some(1), None, MoveError::NotMember),
        (b, conv, Some(2), None, MoveError::BeyondHead),
        (b, conv, None, Some(2), MoveError::BeyondHead),
        (b, conv, Some(1), Some(2), MoveError::BeyondHead),
    ] {
        let outcome = f.advance(user, conv, read, delivered).await;
        assert_eq!(outcome, Err(expected), "{user} {read:?} {delivered:?}");
    }
    assert_eq!(position(f, b, conv).await, (0, 0));
}

pub async fn edits_and_recalls_move_nobody<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "one").await.conv;
    f.say(b, a, "two").await;
    let edit = f.edit(a, conv, seq(1), "eins");
    let recall = f.recall(a, conv, seq(1));
    f.append_all(&[edit, recall]).await;
    assert_eq!(position(f, a, conv).await, (1, 1));
    assert_eq!(position(f, b, conv).await, (2, 2));
}
