//! Mentions: how many are unread, and where they are.

use hongyan_protocol::{ConversationId, Seq, UserId};

use super::fixture::{Engine, Fixture, WIDE, seq};
use crate::{Change, GroupChange, Logs, MENTIONS_PAGE, SyncCursor, Target, ViewChange};

/// Says something to a group that mentions these.
async fn mention<E: Engine>(
    f: &mut Fixture<E>,
    from: UserId,
    conv: ConversationId,
    users: &[UserId],
) -> Seq {
    let mut message = f.message(from, Target::Conversation(conv), "look at this");
    if let Change::Message { mentions, .. } = &mut message.change {
        *mentions = users.to_vec();
    }
    f.append(&message).await.unwrap().seq
}

/// How many unread messages of a conversation mention a user, as a sync says.
async fn unread<E: Engine>(f: &Fixture<E>, user: UserId, conv: ConversationId) -> u64 {
    let page = f.sync(user, SyncCursor::Since(0), WIDE).await;
    let found = page.mentions.iter().find(|(of, _)| *of == conv);
    found.map_or(0, |(_, count)| *count)
}

async fn listed<E: Engine>(f: &Fixture<E>, user: UserId) -> Vec<(ConversationId, Seq)> {
    let page = f.store().mentions(user, None, MENTIONS_PAGE).await.unwrap();
    let places = page.entries.iter().map(|entry| (entry.conv, entry.seq));
    places.collect()
}

pub async fn are_counted_until_they_are_read<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let group = f.new_group(a, "雁群", &[b]);
    let conv = f.append(&group).await.unwrap().conv;
    f.say(a, b, "nobody is mentioned here").await;
    let first = mention(f, a, conv, &[a, b]).await;
    let second = mention(f, a, conv, &[b]).await;
    mention(f, a, conv, &[a]).await;
    assert_eq!(unread(f, b, conv).await, 2);
    assert_eq!(unread(f, a, conv).await, 0, "oneself does not count");
    assert_eq!(listed(f, b).await, [(conv, second), (conv, first)]);
    assert_eq!(listed(f, a).await, []);
    f.advance(b, conv, Some(first.get()), None).await.unwrap();
    assert_eq!(unread(f, b, conv).await, 1);
    assert_eq!(
        listed(f, b).await.len(),
        2,
        "what is read stays in the list"
    );
    f.reopen().await;
    let recall = f.recall(a, conv, second);
    f.append(&recall).await.unwrap();
    assert_eq!(unread(f, b, conv).await, 0);
    assert_eq!(listed(f, b).await, [(conv, first)]);
}

pub async fn only_what_may_be_read_is_listed<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let group = f.new_group(a, "雁群", &[b]);
    let conv = f.append(&group).await.unwrap().conv;
    let first = mention(f, a, conv, &[b]).await;
    let second = mention(f, a, conv, &[b]).await;
    let clear = ViewChange {
        cleared: Some(first),
        ..f.view(b, conv)
    };
    f.set_view(&clear).await.unwrap();
    assert_eq!(unread(f, b, conv).await, 1);
    assert_eq!(listed(f, b).await, [(conv, second)]);
    let remove = f.group_change(a, conv, GroupChange::Remove(vec![b]));
    f.append(&remove).await.unwrap();
    mention(f, a, conv, &[b]).await;
    assert_eq!(listed(f, b).await, []);
    let add = f.group_change(a, conv, GroupChange::Add(vec![b]));
    f.append(&add).await.unwrap();
    assert_eq!(unread(f, b, conv).await, 0, "what was before is read");
    assert_eq!(listed(f, b).await[0], (conv, seq(5)));
}

pub async fn are_listed_in_pages<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let mut convs = Vec::new();
    for name in ["one", "two"] {
        let group = f.new_group(a, name, &[b]);
        convs.push(f.append(&group).await.unwrap().conv);
    }
    let mut expected = Vec::new();
    for round in 0..7 {
        let conv = convs[round % 2];
        expected.push((conv, mention(f, a, conv, &[b]).await));
    }
    expected.reverse();
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let page = f.store().mentions(b, before, 3).await.unwrap();
        assert!(page.entries.len() <= 3);
        found.extend(page.entries.iter().map(|entry| (entry.conv, entry.seq)));
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    assert_eq!(found, expected);
}
