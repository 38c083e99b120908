//! The one order of all commits.

use std::collections::HashMap;
use std::time::Duration;

use hongyan_protocol::{ConversationId, Seq};

use super::fixture::{Engine, Fixture};
use crate::{Committed, Content, Logs, Target, Write};

/// How long what is committed may take to be there. It is promised within a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads on until there are so many.
async fn follow<E: Engine>(
    f: &Fixture<E>,
    mut after: u64,
    count: usize,
    limit: usize,
) -> Vec<Committed> {
    let mut all = Vec::new();
    let read = async {
        while all.len() < count {
            let page = f.store().changes(after, limit).await.unwrap();
            assert!(page.len() <= limit);
            match page.last() {
                Some(last) => after = last.number,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
            all.extend(page);
        }
    };
    tokio::time::timeout(PATIENCE, read).await.unwrap();
    assert_eq!(all.len(), count);
    all
}

pub async fn every_entry_once_in_the_order_of_commits<E: Engine>(f: &mut Fixture<E>) {
    assert_eq!(f.store().changes(0, 10).await.unwrap(), []);
    let (a, b) = f.pair().await;
    let c = f.user().await;
    let mut expected = Vec::new();
    for turn in 0..40 {
        // Two logs by turns, and batches that have both.
        let mut batch = vec![f.message(a, Target::Direct(b), "x")];
        if turn % 3 == 0 {
            batch.insert(0, f.message(c, Target::Direct(a), "y"));
        }
        for appended in f.append_all(&batch).await {
            let appended = appended.unwrap();
            expected.push((appended.conv, appended.seq));
        }
        if turn == 20 {
            f.reopen().await;
        }
    }
    let places = |found: &[Committed]| -> Vec<_> {
        found
            .iter()
            .map(|found| (found.entry.conv, found.entry.seq))
            .collect()
    };
    for limit in [1, 7, 1000] {
        let all = follow(f, 0, expected.len(), limit).await;
        assert!(
            all.iter()
                .map(|found| found.number)
                .eq(1..=expected.len() as u64)
        );
        assert_eq!(places(&all), expected);
    }
    let rest = follow(f, 30, expected.len() - 30, 1000).await;
    assert_eq!(places(&rest), expected[30..]);
    assert_eq!(
        f.store().changes(expected.len() as u64, 10).await.unwrap(),
        []
    );
    assert_eq!(f.store().changes(u64::MAX, 10).await.unwrap(), []);
}

pub async fn refusals_and_retries_are_none<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let stranger = f.user().await;
    let append = f.message(a, Target::Direct(b), "x");
    let first = f.append(&append).await.unwrap();
    f.append(&append).await.unwrap();
    let intruding = f.message(stranger, Target::Conversation(first.conv), "let me in");
    f.append(&intruding).await.unwrap_err();
    f.advance(b, first.conv, Some(1), None).await.unwrap();
    f.say(b, a, "y").await;
    let all = follow(f, 0, 2, 10).await;
    assert_eq!(all[1].entry.seq, first.seq.next());
}

pub async fn what_is_gone_is_gone_there_too<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let said = f.say(a, b, "gone soon").await;
    let edit = f.edit(a, said.conv, said.seq, "gone as well");
    f.append(&edit).await.unwrap();
    let recall = f.recall(a, said.conv, said.seq);
    f.append(&recall).await.unwrap();
    let all = follow(f, 0, 3, 10).await;
    for committed in all {
        match committed.entry.content {
            Content::Message { body, .. } | Content::Edit { body, .. } => assert_eq!(body, None),
            Content::Recall { target } => assert_eq!(target, said.seq),
            Content::Event(event) => panic!("{event:?} of two"),
        }
    }
}

pub async fn nothing_is_missed_while_many_write<E: Engine>(f: &mut Fixture<E>) {
    let me = f.user().await;
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let other = f.user().await;
        let batches: Vec<Vec<Write>> = (0..25)
            .map(|_| vec![Write::Append(f.message(other, Target::Direct(me), "x"))])
            .collect();
        let store = f.shared();
        writers.spawn(async move {
            for batch in batches {
                store.commit(batch.into()).await.unwrap();
            }
        });
    }
    let all = follow(f, 0, 200, 9).await;
    writers.join_all().await;
    let mut heads: HashMap<ConversationId, Seq> = HashMap::new();
    for committed in all {
        let head = heads.entry(committed.entry.conv).or_insert(Seq::ZERO);
        assert_eq!(
            committed.entry.seq,
            head.next(),
            "each log in its own order"
        );
        *head = committed.entry.seq;
    }
}
