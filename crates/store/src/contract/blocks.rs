//! Blocks: what who is blocked cannot do, and is not told.

use hongyan_protocol::{ConversationId, Seq, UserId};

use super::fixture::{Engine, Fixture, WIDE, seq};
use crate::{
    AppendError, BLOCKS, BlockError, Blocks, Change, GroupChange, Logs, MENTIONS_PAGE, ReactError,
    SetBlock, SyncCursor, Target,
};

/// Whether it is news that one blocks the other, or no more.
async fn block<E: Engine>(
    f: &mut Fixture<E>,
    (user, other): (UserId, UserId),
    on: bool,
) -> Result<bool, BlockError> {
    let at = f.tick();
    let set = SetBlock {
        user,
        other,
        on,
        at,
    };
    f.store().set_block(set).await
}

/// How far a user sees another to have read, in a conversation that is read and in one that is synced.
async fn seen<E: Engine>(
    f: &Fixture<E>,
    user: UserId,
    other: UserId,
    conv: ConversationId,
) -> (Seq, Seq) {
    let read = |members: &[crate::Member]| {
        let member = members.iter().find(|member| member.user == other);
        member.unwrap().read
    };
    let page = f.sync(user, SyncCursor::Since(0), WIDE).await;
    let synced = page.conversations.iter().find(|(one, ..)| one.id == conv);
    let told = read(&synced.unwrap().0.members);
    assert_eq!(read(&f.conversation(user, conv).await.members), told);
    let standings = f
        .store()
        .standings(user, conv, UserId::default(), 10)
        .await
        .unwrap();
    let standing = standings.iter().find(|one| one.user == other);
    (told, standing.unwrap().read)
}

pub async fn who_is_blocked_is_not_heard<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let c = f.user().await;
    let before = f.message(b, Target::Direct(a), "before");
    let conv = f.append(&before).await.unwrap().conv;
    f.say(b, c, "hello").await;
    assert_eq!(block(f, (a, b), true).await, Ok(true));
    assert_eq!(block(f, (a, b), true).await, Ok(false));
    for _ in 0..2 {
        let refused = Err(AppendError::NotAllowed);
        for target in [Target::Direct(a), Target::Conversation(conv)] {
            let message = f.message(b, target, "after");
            assert_eq!(f.append(&message).await, refused);
        }
        let edit = f.edit(b, conv, seq(1), "in other words");
        assert_eq!(f.append(&edit).await, refused);
        let pin = f.group_change(b, conv, GroupChange::Pin(seq(1)));
        assert_eq!(f.append(&pin).await, refused);
        let react = f.reaction(b, (conv, 1), "👍", true);
        assert_eq!(f.react(&react).await, Err(ReactError::NotAllowed));
        let again = f.append(&before).await.unwrap();
        assert!(again.duplicate, "what was acknowledged stays");
        f.say(b, c, "to others").await;
        f.reopen().await;
    }
    let recall = f.recall(b, conv, seq(1));
    f.append(&recall).await.unwrap();
    // Who blocks may go on to write.
    f.say(a, b, "farewell").await;
    assert_eq!(block(f, (a, b), false).await, Ok(true));
    assert_eq!(block(f, (a, b), false).await, Ok(false));
    f.say(b, a, "thank you").await;
}

pub async fn nobody_is_brought_in_by_whom_they_blocked<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let c = f.user().await;
    block(f, (a, b), true).await.unwrap();
    let first = f.message(b, Target::Direct(a), "hello");
    assert_eq!(f.append(&first).await, Err(AppendError::NotAllowed));
    let with = f.new_group(b, "with", &[a, c]);
    assert_eq!(f.append(&with).await, Err(AppendError::ListFull));
    let without = f.new_group(b, "without", &[c]);
    let conv = f.append(&without).await.unwrap().conv;
    let add = f.group_change(b, conv, GroupChange::Add(vec![a]));
    assert_eq!(f.append(&add).await, Err(AppendError::ListFull));
    let add = f.group_change(c, conv, GroupChange::Add(vec![a]));
    f.append(&add).await.unwrap();
    // There they read each other.
    let message = f.message(b, Target::Conversation(conv), "hello, all");
    f.append(&message).await.unwrap();
    assert_eq!(f.unread(a, conv).await, 1);
}

pub async fn whom_one_blocked_mentions_in_vain<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let c = f.user().await;
    let group = f.new_group(b, "雁群", &[a, c]);
    let conv = f.append(&group).await.unwrap().conv;
    for from in [b, c] {
        let mut message = f.message(from, Target::Conversation(conv), "look at this");
        if let Change::Message { mentions, .. } = &mut message.change {
            *mentions = vec![a];
        }
        f.append(&message).await.unwrap();
    }
    for (on, expected) in [(true, vec![c]), (false, vec![c, b])] {
        block(f, (a, b), on).await.unwrap();
        let page = f.sync(a, SyncCursor::Since(0), WIDE).await;
        assert_eq!(page.mentions, [(conv, expected.len() as u64)]);
        let listed = f.store().mentions(a, None, MENTIONS_PAGE).await.unwrap();
        let from: Vec<UserId> = listed.entries.iter().map(|entry| entry.from).collect();
        assert_eq!(from, expected);
    }
}

pub async fn positions_stand_still_for_whom_one_blocked<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(b, a, "one").await.conv;
    for text in ["two", "three"] {
        f.say(b, a, text).await;
    }
    f.advance(a, conv, Some(1), None).await.unwrap();
    block(f, (a, b), true).await.unwrap();
    let moved = f.advance(a, conv, Some(2), Some(3)).await.unwrap();
    assert_eq!((moved.read, &*moved.members), (seq(2), &[a][..]));
    let own = f.advance(b, conv, Some(3), None).await.unwrap();
    assert_eq!(own.members.len(), 2, "the other way as ever");
    for _ in 0..2 {
        assert_eq!(seen(f, b, a, conv).await, (seq(1), seq(1)));
        assert_eq!(seen(f, a, b, conv).await, (seq(3), seq(3)));
        assert_eq!(f.unread(a, conv).await, 1);
        f.reopen().await;
    }
    block(f, (a, b), false).await.unwrap();
    assert_eq!(seen(f, b, a, conv).await, (seq(2), seq(2)));
    let moved = f.advance(a, conv, Some(3), None).await.unwrap();
    assert_eq!(moved.members.len(), 2);
}

pub async fn blocks_are_a_list<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let mut others = vec![b];
    for _ in 0..3 {
        others.push(f.user().await);
    }
    for other in others.iter().rev() {
        assert_eq!(block(f, (a, *other), true).await, Ok(true));
    }
    let nobody = UserId::new(1).unwrap();
    for wrong in [(a, a), (a, nobody), (nobody, a)] {
        assert_eq!(block(f, wrong, true).await, Err(BlockError::NoSuchUser));
        assert_eq!(block(f, wrong, false).await, Ok(false));
    }
    f.reopen().await;
    let start = UserId::default();
    let store = f.store();
    assert_eq!(store.blocked(a, start, 10).await.unwrap(), others);
    assert_eq!(store.blocked(a, b, 2).await.unwrap(), others[1..3]);
    assert_eq!(store.blocked(b, start, 10).await.unwrap(), []);
    assert_eq!(store.who_blocks(b, &[a, b, nobody]).await.unwrap(), [a]);
    assert_eq!(store.who_blocks(a, &others).await.unwrap(), []);
    while others.len() < BLOCKS {
        let other = f.user().await;
        block(f, (a, other), true).await.unwrap();
        others.push(other);
    }
    let one_more = f.user().await;
    assert_eq!(
        block(f, (a, one_more), true).await,
        Err(BlockError::TooMany)
    );
    block(f, (a, others[7]), false).await.unwrap();
    assert_eq!(block(f, (a, one_more), true).await, Ok(true));
}
