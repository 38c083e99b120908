//! What members make of a conversation for themselves.

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};

use super::fixture::{Engine, Fixture, WIDE, seq};
use crate::{
    DRAFTS, DraftChange, FOR_EVER, GroupChange, HistoryRange, Logs, PINNED, SyncCursor, SyncPage,
    Target, View, ViewChange, ViewError,
};

fn draft(text: &str) -> Option<DraftChange> {
    Some(DraftChange {
        text: text.into(),
        reply_to: None,
    })
}

/// A change of everything at once.
fn everything<E: Engine>(f: &mut Fixture<E>, user: UserId, conv: ConversationId) -> ViewChange {
    ViewChange {
        muted_until: Millis::new(FOR_EVER).ok(),
        pinned: Some(7),
        archived: Some(true),
        hidden: Some(true),
        marked_unread: Some(true),
        draft: Some(DraftChange {
            text: "未完".into(),
            reply_to: Some(seq(1)),
        }),
        ..f.view(user, conv)
    }
}

async fn page<E: Engine>(f: &Fixture<E>, user: UserId) -> SyncPage {
    f.sync(user, SyncCursor::Since(0), WIDE).await
}

/// What a sync from the beginning tells of the first conversation.
async fn told<E: Engine>(f: &Fixture<E>, user: UserId) -> View {
    page(f, user).await.conversations[0].0.view.clone()
}

pub async fn what_is_set_is_told_to_its_member_alone<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "hello").await.conv;
    assert_eq!(told(f, b).await, View::default());
    let (of_a, of_b) = (page(f, a).await.next, page(f, b).await.next);
    let change = everything(f, b, conv);
    let set = f.set_view(&change).await.unwrap();
    assert!(set.changed);
    assert_eq!(f.conversation(b, conv).await.view, set.view, "at once");
    let news = f.sync(b, of_b, WIDE).await;
    assert_eq!(news.conversations[0].0.view, set.view);
    assert_eq!(set.view.rev, 1);
    assert_eq!((set.view.archived, set.view.hidden), (seq(1), seq(1)));
    assert_eq!(set.view.marked, Some(Seq::ZERO));
    let kept = set.view.draft.as_ref().unwrap();
    assert_eq!(
        (&*kept.text, kept.reply_to, kept.at),
        ("未完", Some(seq(1)), change.at)
    );
    assert_eq!(
        f.sync(a, of_a, WIDE).await.conversations,
        [],
        "nothing that others hear of"
    );
    assert_eq!(f.conversation(a, conv).await.view, View::default());
}

pub async fn what_is_so_changes_nothing<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "hello").await.conv;
    let change = f.view(b, conv);
    assert!(
        !f.set_view(&change).await.unwrap().changed,
        "nothing is asked for"
    );
    let change = everything(f, b, conv);
    let first = f.set_view(&change).await.unwrap();
    let told = page(f, b).await.next;
    let again = everything(f, b, conv);
    let again = f.set_view(&again).await.unwrap();
    assert_eq!((again.changed, again.view), (false, first.view));
    assert_eq!(f.sync(b, told, WIDE).await.conversations, []);
}

pub async fn a_message_brings_it_back<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "hello").await.conv;
    let hide = ViewChange {
        archived: Some(true),
        hidden: Some(true),
        ..f.view(b, conv)
    };
    f.set_view(&hide).await.unwrap();
    let edit = f.edit(a, conv, seq(1), "hello!");
    f.append(&edit).await.unwrap();
    assert_eq!(told(f, b).await.hidden, seq(1), "an edit is no message");
    f.say(a, b, "are you there?").await;
    let back = told(f, b).await;
    assert_eq!(
        (back.archived, back.hidden, back.rev),
        (Seq::ZERO, Seq::ZERO, 1)
    );
    // What is muted stays archived, until a message comes when it is muted no more.
    let mute = ViewChange {
        archived: Some(true),
        hidden: Some(true),
        muted_until: Millis::new(f.tick().get() + 10).ok(),
        ..f.view(b, conv)
    };
    f.set_view(&mute).await.unwrap();
    f.say(a, b, "hey").await;
    let muted = f.conversation(b, conv).await.view;
    assert_eq!((muted.archived, muted.hidden), (seq(3), Seq::ZERO));
    assert_eq!(told(f, b).await, muted);
    for _ in 0..10 {
        f.tick();
    }
    assert_eq!(
        told(f, b).await,
        muted,
        "that it ends alone brings nothing out"
    );
    f.say(a, b, "hey!").await;
    assert_eq!(f.conversation(b, conv).await.view.archived, Seq::ZERO);
    assert_eq!(told(f, b).await.archived, Seq::ZERO);
}

pub async fn a_mark_counts_until_it_is_read<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "hello").await.conv;
    f.advance(b, conv, Some(1), None).await.unwrap();
    let mark = |f: &mut Fixture<E>| ViewChange {
        marked_unread: Some(true),
        ..f.view(b, conv)
    };
    for round in 1..=2 {
        let change = mark(f);
        f.set_view(&change).await.unwrap();
        assert_eq!(page(f, b).await.total_unread, 1, "round {round}");
        assert_eq!(f.unread(b, conv).await, 0, "it is no message");
        // Neither a device that got it, nor one that has read less, ends it.
        f.advance(b, conv, None, Some(1)).await.unwrap();
        let moved = f.advance(b, conv, Some(0), None).await.unwrap();
        assert_eq!((moved.changed, moved.view), (false, None));
        let cursor = page(f, b).await.next;
        let moved = f.advance(b, conv, Some(1), None).await.unwrap();
        let view = moved.view.unwrap();
        assert_eq!((view.marked, view.rev), (None, 2 * round));
        let news = f.sync(b, cursor, WIDE).await;
        assert_eq!(news.conversations[0].0.view, view);
        assert_eq!(news.total_unread, 0);
    }
    let change = mark(f);
    f.set_view(&change).await.unwrap();
    f.say(a, b, "more").await;
    assert_eq!(
        page(f, b).await.total_unread,
        1,
        "one with a message counts that"
    );
    let moved = f.advance(b, conv, Some(2), None).await.unwrap();
    assert_eq!(
        (moved.changed, moved.view),
        (true, None),
        "the position says it"
    );
    assert_eq!(page(f, b).await.total_unread, 0);
    let change = mark(f);
    f.set_view(&change).await.unwrap();
    f.say(b, a, "so what?").await;
    assert_eq!(told(f, b).await.marked, None, "who writes has seen it");
}

pub async fn totals_know_what_is_quiet<E: Engine>(f: &mut Fixture<E>) {
    let user = f.user().await;
    let mut convs = Vec::new();
    for unread in 1..=4_u64 {
        let other = f.user().await;
        for _ in 0..unread {
            convs.push(f.say(other, user, "hello").await.conv);
        }
    }
    convs.dedup();
    let mute = ViewChange {
        muted_until: Millis::new(f.tick().get() + 500).ok(),
        ..f.view(user, convs[1])
    };
    let archive = ViewChange {
        archived: Some(true),
        ..f.view(user, convs[2])
    };
    let hide = ViewChange {
        hidden: Some(true),
        ..f.view(user, convs[3])
    };
    for change in [&mute, &archive, &hide] {
        f.set_view(change).await.unwrap();
    }
    let page = page(f, user).await;
    assert_eq!(page.total_unread, 1 + 2 + 3, "a hidden one counts nothing");
    let quiet = page
        .quiet
        .iter()
        .map(|part| (part.until.get(), part.unread));
    let mut quiet: Vec<_> = quiet.collect();
    quiet.sort();
    let until = mute.muted_until.unwrap().get();
    assert_eq!(quiet, [(until, 2), (FOR_EVER, 3)]);
    assert_eq!(f.store().total_unread(user).await.unwrap(), 6);
    assert_eq!(
        f.store().direct_unread(user).await.unwrap(),
        10,
        "all, whatever is made of it"
    );
}

/// A user with so many groups, all of them changed in the same way.
async fn with_groups<E: Engine>(
    f: &mut Fixture<E>,
    count: usize,
    wish: impl Fn(&mut ViewChange),
) -> (UserId, Vec<(ConversationId, Result<bool, ViewError>)>) {
    let (user, other) = f.pair().await;
    let mut done = Vec::new();
    for at in 0..count {
        let group = f.new_group(user, &format!("group {at}"), &[other]);
        let conv = f.append(&group).await.unwrap().conv;
        let mut change = f.view(user, conv);
        wish(&mut change);
        let set = f.set_view(&change).await;
        done.push((conv, set.map(|set| set.changed)));
    }
    (user, done)
}

/// The one beyond is refused, until another has gone: by being unset, or because the user has left.
async fn bounded<E: Engine>(
    f: &mut Fixture<E>,
    most: usize,
    set: impl Fn(&mut ViewChange),
    unset: impl Fn(&mut ViewChange),
) {
    let (user, done) = with_groups(f, most + 1, &set).await;
    let (beyond, most) = done.split_last().unwrap();
    assert!(most.iter().all(|(_, set)| *set == Ok(true)));
    assert_eq!(beyond.1, Err(ViewError::TooMany));
    f.reopen().await;
    let last = beyond.0;
    let again = |f: &mut Fixture<E>| {
        let mut change = f.view(user, last);
        set(&mut change);
        change
    };
    let change = again(f);
    assert_eq!(f.set_view(&change).await, Err(ViewError::TooMany));
    let mut change = f.view(user, most[0].0);
    unset(&mut change);
    f.set_view(&change).await.unwrap();
    let change = again(f);
    assert!(f.set_view(&change).await.unwrap().changed);
    let mut change = f.view(user, most[0].0);
    set(&mut change);
    assert_eq!(f.set_view(&change).await, Err(ViewError::TooMany));
    let end = f.group_change(user, most[1].0, GroupChange::Disband);
    f.append(&end).await.unwrap();
    assert!(f.set_view(&change).await.unwrap().changed);
}

pub async fn pins_are_bounded<E: Engine>(f: &mut Fixture<E>) {
    let set = |change: &mut ViewChange| change.pinned = Some(1);
    bounded(f, PINNED, set, |change| change.pinned = Some(0)).await;
}

pub async fn drafts_are_bounded<E: Engine>(f: &mut Fixture<E>) {
    let set = |change: &mut ViewChange| change.draft = draft("begun");
    bounded(f, DRAFTS, set, |change| change.draft = draft("")).await;
}

pub async fn who_goes_leaves_nothing<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let group = f.new_group(a, "雁群", &[b]);
    let conv = f.append(&group).await.unwrap().conv;
    let change = everything(f, b, conv);
    f.set_view(&change).await.unwrap();
    let remove = f.group_change(a, conv, GroupChange::Remove(vec![b]));
    let add = f.group_change(a, conv, GroupChange::Add(vec![b]));
    let pin = ViewChange {
        pinned: Some(1),
        ..f.view(b, conv)
    };
    // Whether it is all settled at once, or one after the other.
    f.append(&remove).await.unwrap();
    assert_eq!(f.set_view(&pin).await, Err(ViewError::NotMember));
    f.append(&add).await.unwrap();
    let left = View {
        rev: 2,
        ..View::default()
    };
    assert_eq!(told(f, b).await, left);
    assert_eq!(f.set_view(&pin).await.unwrap().view.rev, 3);
    let leave = f.group_change(b, conv, GroupChange::Leave);
    f.append(&leave).await.unwrap();
    assert_eq!(page(f, b).await.total_unread, 0);
    f.reopen().await;
    let add = f.group_change(a, conv, GroupChange::Add(vec![b]));
    f.append(&add).await.unwrap();
    assert_eq!(told(f, b).await.pinned, 0);
}

pub async fn what_is_cleared_is_told_no_more<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "one").await.conv;
    f.say(a, b, "two").await;
    f.say(b, a, "three").await;
    f.say(a, b, "four").await;
    f.say(a, b, "five").await;
    let clear = ViewChange {
        cleared: Some(seq(4)),
        ..f.view(b, conv)
    };
    let cleared = f.set_view(&clear).await.unwrap().view;
    for round in ["at once", "settled", "after a restart"] {
        let log = f
            .store()
            .history(b, conv, HistoryRange::Latest, 10)
            .await
            .unwrap();
        let seqs: Vec<_> = log.entries.iter().map(|entry| entry.seq).collect();
        assert_eq!(
            (seqs, log.since, log.head),
            (vec![seq(5)], seq(5), seq(5)),
            "{round}"
        );
        for range in [HistoryRange::After(Seq::ZERO), HistoryRange::Before(seq(6))] {
            let log = f.store().history(b, conv, range, 10).await.unwrap();
            assert_eq!(log.entries.len(), 1, "{round}");
        }
        if round == "at once" {
            assert_eq!(f.conversation(b, conv).await.since, seq(5));
        }
        let told = page(f, b).await;
        let (conversation, unread, entries) = &told.conversations[0];
        assert_eq!((conversation.since, *unread, entries.len()), (seq(5), 1, 1));
        assert_eq!(conversation.view, cleared);
        assert_eq!((told.total_unread, f.unread(b, conv).await), (1, 1));
        assert_eq!(f.store().direct_unread(b).await.unwrap(), 1);
        assert_eq!(f.log(a, conv).await.len(), 5, "the other keeps all");
        if round == "settled" {
            f.reopen().await;
        }
    }
    // It stays so, whatever is asked for, and it moves nobody's position.
    let less = ViewChange {
        cleared: Some(seq(1)),
        ..f.view(b, conv)
    };
    assert!(!f.set_view(&less).await.unwrap().changed);
    let beyond = ViewChange {
        cleared: Some(seq(6)),
        ..f.view(b, conv)
    };
    assert_eq!(f.set_view(&beyond).await, Err(ViewError::BeyondHead));
    assert_eq!(f.conversation(b, conv).await.me.read, seq(3));
}

pub async fn refused_to_others<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let stranger = f.user().await;
    let conv = f.say(a, b, "hello").await.conv;
    let nowhere = ConversationId::new(4711).unwrap();
    for (user, conv) in [
        (stranger, conv),
        (a, nowhere),
        (UserId::new(1).unwrap(), conv),
    ] {
        let change = everything(f, user, conv);
        assert_eq!(f.set_view(&change).await, Err(ViewError::NotMember));
    }
    let beyond = ViewChange {
        pinned: Some(1),
        draft: Some(DraftChange {
            text: "x".into(),
            reply_to: Some(seq(2)),
        }),
        ..f.view(a, conv)
    };
    assert_eq!(f.set_view(&beyond).await, Err(ViewError::BeyondHead));
    assert_eq!(told(f, a).await, View::default(), "and nothing half done");
}

pub async fn everything_is_there_after_a_restart<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "hello").await.conv;
    let change = everything(f, b, conv);
    let set = f.set_view(&change).await.unwrap();
    f.reopen().await;
    assert_eq!(told(f, b).await, set.view);
    let message = f.message(a, Target::Direct(b), "more");
    f.append(&message).await.unwrap();
    f.reopen().await;
    let now = told(f, b).await;
    assert_eq!(
        (now.hidden, now.archived),
        (Seq::ZERO, seq(1)),
        "muted for ever"
    );
}
