//! Mentions: how many are unread, and where they are.

use hongyan_protocol::{ConversationId, Seq, UserId};

use super::fixture::{Engine, Fixture, WIDE, seq};
use crate::{
    ALLS_A_DAY, Append, AppendError, Change, GroupChange, HeaderFields, Logs, MENTIONS_PAGE, Role,
    Setting, SyncCursor, Target, ViewChange, Window,
};

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

/// A message that mentions all, and these by name.
fn to_all<E: Engine>(f: &mut Fixture<E>, from: UserId, target: Target, users: &[UserId]) -> Append {
    let mut message = f.message(from, target, "look at this, all of you");
    if let Change::Message {
        mentions, header, ..
    } = &mut message.change
    {
        *mentions = users.to_vec();
        *header = HeaderFields {
            mentions_all: true,
            ..HeaderFields::default()
        }
        .into();
    }
    message
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

pub async fn who_leads_mentions_all<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let (c, d) = f.pair().await;
    let group = f.new_group(a, "雁群", &[b, c]);
    let conv = f.append(&group).await.unwrap().conv;
    f.say(a, d, "hello").await;
    let there = Target::Conversation(conv);
    for target in [
        there,
        Target::Direct(a),
        Target::Direct(d),
        Target::Direct(c),
    ] {
        let refused = to_all(f, c, target, &[]);
        assert_eq!(f.append(&refused).await, Err(AppendError::NotAllowed));
    }
    let own = to_all(f, a, Target::Direct(d), &[]);
    assert_eq!(f.append(&own).await, Err(AppendError::NotAllowed));
    let admin = f.group_change(a, conv, GroupChange::Role(b, Role::Admin));
    f.append(&admin).await.unwrap();
    let first = to_all(f, a, there, &[c]);
    let first = f.append(&first).await.unwrap().seq;
    let second = to_all(f, b, there, &[]);
    let second = f.append(&second).await.unwrap().seq;
    let third = mention(f, a, conv, &[c]).await;
    assert_eq!(unread(f, c, conv).await, 3, "one by name and as one of all");
    let all = [(conv, third), (conv, second), (conv, first)];
    assert_eq!(listed(f, c).await, all);
    assert_eq!(listed(f, a).await, [(conv, second)], "not one's own");
    f.advance(c, conv, Some(first.get()), None).await.unwrap();
    assert_eq!(unread(f, c, conv).await, 2);
    let recall = f.recall(b, conv, second);
    f.append(&recall).await.unwrap();
    assert_eq!(unread(f, c, conv).await, 1);
    assert_eq!(listed(f, c).await, [(conv, third), (conv, first)]);
    let window = Setting::History(Window::Joining);
    for change in [GroupChange::Set(window), GroupChange::Add(vec![d])] {
        let change = f.group_change(a, conv, change);
        f.append(&change).await.unwrap();
    }
    assert_eq!(listed(f, d).await, [], "before they came");
    f.reopen().await;
    let fourth = to_all(f, a, there, &[]);
    let fourth = f.append(&fourth).await.unwrap().seq;
    assert_eq!(listed(f, d).await, [(conv, fourth)]);
    assert_eq!(unread(f, d, conv).await, 1);
    let clear = ViewChange {
        cleared: Some(first),
        ..f.view(c, conv)
    };
    f.set_view(&clear).await.unwrap();
    assert_eq!(listed(f, c).await, [(conv, fourth), (conv, third)]);
    let leave = f.group_change(c, conv, GroupChange::Leave);
    f.append(&leave).await.unwrap();
    assert_eq!(listed(f, c).await, []);
}

pub async fn all_are_mentioned_so_often_a_day<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let mut targets = Vec::new();
    for name in ["one", "two"] {
        let group = f.new_group(a, name, &[b]);
        targets.push(Target::Conversation(f.append(&group).await.unwrap().conv));
    }
    let admin = |f: &mut Fixture<E>, target| {
        let Target::Conversation(conv) = target else {
            unreachable!("a group");
        };
        f.group_change(a, conv, GroupChange::Role(b, Role::Admin))
    };
    let admin = admin(f, targets[0]);
    f.append(&admin).await.unwrap();
    let mut first = None;
    for round in 0..ALLS_A_DAY {
        let from = if round % 2 == 0 { a } else { b };
        let message = to_all(f, from, targets[0], &[]);
        let appended = f.append(&message).await.unwrap();
        if round == 3 {
            // What is recalled was told all the same.
            let recall = f.recall(from, appended.conv, appended.seq);
            f.append(&recall).await.unwrap();
        }
        first.get_or_insert(message);
        f.pass(60_000);
        if round == 5 {
            f.reopen().await;
        }
    }
    let first = first.unwrap();
    let day = 24 * 60 * 60 * 1000;
    for _ in 0..2 {
        let more = to_all(f, b, targets[0], &[]);
        assert!(more.at.get() < first.at.get() + day);
        assert_eq!(f.append(&more).await, Err(AppendError::ListFull));
        f.reopen().await;
    }
    let again = f.append(&first).await.unwrap();
    assert!(again.duplicate, "a retry is never refused");
    let elsewhere = to_all(f, a, targets[1], &[]);
    f.append(&elsewhere).await.unwrap();
    let plain = f.message(a, targets[0], "nobody need look");
    let said_at = f.append(&plain).await.unwrap().at;
    f.pass(first.at.get() + day - said_at.get() - 1);
    // The time that it takes is the last millisecond of the day.
    let next = to_all(f, a, targets[0], &[]);
    f.append(&next).await.unwrap();
    let more = to_all(f, a, targets[0], &[]);
    assert_eq!(f.append(&more).await, Err(AppendError::ListFull));
}

pub async fn both_kinds_are_listed_in_pages<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let mut convs = Vec::new();
    for name in ["one", "two", "three"] {
        let group = f.new_group(a, name, &[b]);
        convs.push(f.append(&group).await.unwrap().conv);
    }
    let mut expected = Vec::new();
    for round in 0..18 {
        let conv = convs[round % 3];
        let seq = match round % 4 {
            0 => mention(f, a, conv, &[b]).await,
            _ => {
                let message = to_all(f, a, Target::Conversation(conv), &[]);
                f.append(&message).await.unwrap().seq
            }
        };
        expected.push((conv, seq));
    }
    expected.reverse();
    for limit in [1, 2, 5, 18, 19] {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = f.store().mentions(b, before, limit).await.unwrap();
            assert!(page.entries.len() <= limit);
            found.extend(page.entries.iter().map(|entry| (entry.conv, entry.seq)));
            match page.next {
                Some(next) => before = Some(next),
                None => break,
            }
        }
        assert_eq!(found, expected, "in pages of {limit}");
    }
}
