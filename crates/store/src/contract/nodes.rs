//! Two handles on what is kept, as two nodes of a cluster have them.
//!
//! An engine that one process owns alone gives the same handle twice: then these are cases of many callers at once.

use std::collections::HashMap;
use std::sync::Arc;

use hongyan_protocol::{ConversationId, Seq};

use super::fixture::{Engine, Fixture, WIDE, append_outcome, seq};
use crate::{HistoryRange, Logs, Sessions, SyncCursor, SyncLimits, Target, Write};

pub async fn what_one_commits_the_other_reads<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let other = f.second().await;
    assert_eq!(other.direct_conversation(a, b).await.unwrap(), None);
    let first = f.say(a, b, "at one").await;
    assert_eq!(
        other.direct_conversation(b, a).await.unwrap(),
        Some(first.conv)
    );
    for text in ["two", "three"] {
        let head = f.say(b, a, text).await.seq;
        let range = HistoryRange::Latest;
        let page = other.history(a, first.conv, range, 10).await.unwrap();
        assert_eq!(page.head, head);
        assert_eq!(page.entries.last().map(|entry| entry.seq), Some(head));
        let conversation = other.conversation(a, first.conv).await.unwrap();
        assert_eq!(conversation.head, head);
    }
}

pub async fn a_retry_at_the_other_finds_the_first<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let other = f.second().await;
    let append = f.message(a, Target::Direct(b), "once");
    let first = f.append(&append).await.unwrap();
    let again = other.commit([Write::Append(append)].into()).await.unwrap();
    let again = append_outcome(again.into_iter().next().unwrap()).unwrap();
    assert!(again.duplicate);
    assert_eq!(
        (again.conv, again.seq, again.id),
        (first.conv, first.seq, first.id)
    );
}

pub async fn one_client_id_at_both_at_once<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let other = f.second().await;
    for _ in 0..20 {
        let append = f.message(a, Target::Direct(b), "once");
        let batch: Arc<[Write]> = [Write::Append(append)].into();
        let (one, two) = tokio::join!(
            f.store().commit(Arc::clone(&batch)),
            other.commit(Arc::clone(&batch))
        );
        let place =
            |outcomes: Vec<_>| append_outcome(outcomes.into_iter().next().unwrap()).unwrap();
        let (one, two) = (place(one.unwrap()), place(two.unwrap()));
        assert_eq!((one.conv, one.seq, one.id), (two.conv, two.seq, two.id));
        assert_ne!(one.duplicate, two.duplicate, "one of them is the first");
    }
}

pub async fn a_pair_begins_at_both_at_once<E: Engine>(f: &mut Fixture<E>) {
    let other = f.second().await;
    for _ in 0..20 {
        let (a, b) = f.pair().await;
        let batch = |append| -> Arc<[Write]> { [Write::Append(append)].into() };
        let to_b = batch(f.message(a, Target::Direct(b), "from a"));
        let to_a = batch(f.message(b, Target::Direct(a), "from b"));
        let (one, two) = tokio::join!(f.store().commit(to_b), other.commit(to_a));
        let place =
            |outcomes: Vec<_>| append_outcome(outcomes.into_iter().next().unwrap()).unwrap();
        let (one, two) = (place(one.unwrap()), place(two.unwrap()));
        assert_eq!(one.conv, two.conv, "a pair has one conversation");
        let mut seqs = [one.seq, two.seq];
        seqs.sort();
        assert_eq!(seqs, [seq(1), seq(2)]);
    }
}

pub async fn commits_at_both_make_one_log<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let other = f.second().await;
    let mut tasks = tokio::task::JoinSet::new();
    for turn in 0..60 {
        let batch: Arc<[Write]> = [
            Write::Append(f.message(a, Target::Direct(b), "from a")),
            Write::Append(f.message(b, Target::Direct(a), "from b")),
        ]
        .into();
        let store = if turn % 2 == 0 {
            f.shared()
        } else {
            Arc::clone(&other)
        };
        tasks.spawn(async move { store.commit(batch).await.unwrap() });
    }
    let mut seqs = Vec::new();
    let mut conv = None;
    for outcomes in tasks.join_all().await {
        for outcome in outcomes {
            let appended = append_outcome(outcome).unwrap();
            seqs.push(appended.seq.get());
            conv = Some(appended.conv);
        }
    }
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=120).collect::<Vec<_>>());
    let range = HistoryRange::Latest;
    let here = f
        .store()
        .history(a, conv.unwrap(), range, 200)
        .await
        .unwrap();
    let there = other.history(a, conv.unwrap(), range, 200).await.unwrap();
    assert_eq!(here, there);
}

/// A number that is taken early and committed late would be jumped over by a cursor.
pub async fn a_walk_at_one_misses_nothing_of_the_other<E: Engine>(f: &mut Fixture<E>) {
    let me = f.user().await;
    let mut others = Vec::new();
    for _ in 0..6 {
        others.push(f.user().await);
    }
    let second = f.second().await;
    let mut writers = tokio::task::JoinSet::new();
    for (at, other) in others.iter().enumerate() {
        let store = if at % 2 == 0 {
            f.shared()
        } else {
            Arc::clone(&second)
        };
        let batches: Vec<Arc<[Write]>> = (0..30)
            .map(|_| [Write::Append(f.message(*other, Target::Direct(me), "x"))].into())
            .collect();
        writers.spawn(async move {
            for batch in batches {
                store.commit(batch).await.unwrap();
            }
        });
    }
    let limits = SyncLimits {
        conversations: 2,
        ..WIDE
    };
    let mut known: HashMap<ConversationId, Seq> = HashMap::new();
    let mut cursor = SyncCursor::Since(0);
    let mut turn = 0;
    let mut quiet = 0;
    while quiet < 2 {
        let is_over = writers.is_empty();
        let store = if turn % 2 == 0 {
            f.shared()
        } else {
            Arc::clone(&second)
        };
        let page = store.sync(me, cursor, limits).await.unwrap();
        cursor = page.next;
        for (conversation, ..) in page.conversations {
            known.insert(conversation.id, conversation.head);
        }
        while writers.try_join_next().is_some() {}
        turn += 1;
        // One walk more than the last write, at either handle.
        quiet += usize::from(is_over && matches!(cursor, SyncCursor::Since(_)));
    }
    assert_eq!(known.len(), others.len());
    for head in known.values() {
        assert_eq!(*head, seq(30));
    }
}

pub async fn a_session_that_ends_at_one_has_ended_at_the_other<E: Engine>(f: &mut Fixture<E>) {
    let user = f.user().await;
    let other = f.second().await;
    let new = f.new_session(user, "phone", [7; 32]);
    let (session, _) = f.store().open_session(new).await.unwrap();
    let now = f.tick();
    let found = other.session(&[7; 32], now).await.unwrap();
    assert_eq!(found.map(|(session, _)| session.id), Some(session.id));
    assert!(other.close_session(user, session.id).await.unwrap());
    assert_eq!(f.store().session(&[7; 32], now).await.unwrap(), None);
    assert!(f.store().is_revoked(&[7; 32], now).await.unwrap());
}

pub async fn positions_at_both_go_forward_only<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let other = f.second().await;
    let conv = f.say(a, b, "1").await.conv;
    for text in ["2", "3", "4"] {
        f.say(a, b, text).await;
    }
    f.advance(b, conv, Some(3), None).await.unwrap();
    let back = crate::Move {
        user: b,
        conv,
        read: Some(seq(2)),
        delivered: Some(seq(4)),
    };
    other.commit([Write::Move(back)].into()).await.unwrap();
    for store in [f.shared(), other] {
        let conversation = store.conversation(a, conv).await.unwrap();
        let member = conversation.members.iter().find(|member| member.user == b);
        let member = member.unwrap();
        assert_eq!((member.read, member.delivered), (seq(3), seq(4)));
    }
}
