//! Unread: messages by others, not recalled, after the read position.

use hongyan_protocol::{ConversationId, UserId};

use super::fixture::{Engine, Fixture, seq};
use crate::{Logs, Target};

/// The conversation's and the total, which are the same where there is one conversation.
async fn unread<E: Engine>(f: &Fixture<E>, user: UserId, conv: ConversationId) -> u64 {
    let unread = f.unread(user, conv).await;
    assert_eq!(f.store().total_unread(user).await.unwrap(), unread);
    unread
}

pub async fn is_messages_by_others_after_read<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    assert_eq!(f.store().total_unread(a).await.unwrap(), 0);
    let conv = f.say(a, b, "1").await.conv;
    for n in 2..=5 {
        f.say(a, b, &n.to_string()).await;
    }
    assert_eq!((unread(f, a, conv).await, unread(f, b, conv).await), (0, 5));
    f.advance(b, conv, None, Some(5)).await.unwrap();
    assert_eq!(unread(f, b, conv).await, 5, "delivered is not read");
    f.advance(b, conv, Some(2), None).await.unwrap();
    assert_eq!(unread(f, b, conv).await, 3);
    f.say(b, a, "6").await;
    assert_eq!((unread(f, a, conv).await, unread(f, b, conv).await), (1, 0));
    // All in one batch: two more for b, who answers between them.
    let here = Target::Conversation(conv);
    let batch = [
        f.message(a, here, "7"),
        f.message(b, here, "8"),
        f.message(a, here, "9"),
    ];
    f.append_all(&batch).await;
    assert_eq!((unread(f, a, conv).await, unread(f, b, conv).await), (0, 1));
    f.advance(b, conv, Some(9), None).await.unwrap();
    assert_eq!(unread(f, b, conv).await, 0);
}

pub async fn recalls_before_and_after<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "1").await.conv;
    for n in 2..=4 {
        f.say(a, b, &n.to_string()).await;
    }
    f.advance(b, conv, Some(2), None).await.unwrap();
    assert_eq!(unread(f, b, conv).await, 2);
    let read = f.recall(a, conv, seq(1));
    f.append(&read).await.unwrap();
    assert_eq!(
        unread(f, b, conv).await,
        2,
        "a read one makes no difference"
    );
    let not_read = f.recall(a, conv, seq(4));
    f.append(&not_read).await.unwrap();
    assert_eq!(unread(f, b, conv).await, 1);
    f.say(a, b, "7").await;
    assert_eq!(unread(f, b, conv).await, 2);
    // Reading past a recalled one.
    f.advance(b, conv, Some(6), None).await.unwrap();
    assert_eq!(unread(f, b, conv).await, 1);
    let last = f.recall(a, conv, seq(7));
    f.append(&last).await.unwrap();
    assert_eq!(unread(f, b, conv).await, 0);
    f.reopen().await;
    assert_eq!(unread(f, b, conv).await, 0);
    f.say(a, b, "9").await;
    assert_eq!(unread(f, b, conv).await, 1);
}

pub async fn edits_do_not_count<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "1").await.conv;
    f.advance(b, conv, Some(1), None).await.unwrap();
    let edit = f.edit(a, conv, seq(1), "one");
    f.append(&edit).await.unwrap();
    assert_eq!(unread(f, b, conv).await, 0);
    f.say(a, b, "3").await;
    let edit = f.edit(a, conv, seq(3), "three");
    f.append(&edit).await.unwrap();
    assert_eq!(unread(f, b, conv).await, 1);
    assert_eq!(unread(f, a, conv).await, 0);
}

pub async fn total_is_the_sum<E: Engine>(f: &mut Fixture<E>) {
    let reader = f.user().await;
    let mut sum = 0;
    for messages in [3, 0, 1, 7] {
        let other = f.user().await;
        let conv = f.say(reader, other, "hello").await.conv;
        for _ in 0..messages {
            f.say(other, reader, "hello yourself").await;
        }
        assert_eq!(f.unread(reader, conv).await, messages);
        sum += messages;
        assert_eq!(f.store().total_unread(reader).await.unwrap(), sum);
    }
}
