//! Reads right behind a write: an engine may put off a part of its work, and no reader may notice.

use hongyan_protocol::{ConversationId, Seq, UserId};

use super::fixture::{Engine, Fixture, seq, text};
use super::random::seed;
use super::{Rng, model};
use crate::{AppendError, Body, Content, Entry, HistoryRange, Logs, Target, Write};

async fn page<E: Engine>(
    f: &Fixture<E>,
    user: UserId,
    conv: ConversationId,
    range: HistoryRange,
    limit: usize,
) -> Vec<Entry> {
    f.store()
        .history(user, conv, range, limit)
        .await
        .unwrap()
        .entries
}

fn body(entry: &Entry) -> Option<Body> {
    match &entry.content {
        Content::Message { body, .. } | Content::Edit { body, .. } => body.clone(),
        Content::Recall { .. } | Content::Event(_) => None,
    }
}

pub async fn an_edit_is_read_at_once<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "1").await.conv;
    f.say(b, a, "2").await;
    for round in 0..20 {
        let new = format!("edited {round}");
        let edit = f.edit(a, conv, seq(1), &new);
        let by = f.append(&edit).await.unwrap().seq;
        let first = page(f, b, conv, HistoryRange::After(Seq::ZERO), 1)
            .await
            .remove(0);
        assert_eq!(body(&first), text(&new));
        assert!(
            matches!(first.content, Content::Message { edited_by, .. } if edited_by == Some(by))
        );
        // The edit before says nothing any more, on whichever page it is.
        for range in [HistoryRange::Latest, HistoryRange::Before(by.next())] {
            let entries = page(f, b, conv, range, 2).await;
            assert_eq!(entries.last().map(|entry| entry.seq), Some(by));
            if round > 0 {
                assert_eq!(body(&entries[0]), None, "round {round}");
            }
        }
        if round % 7 == 3 {
            // Somebody has it settled.
            f.store().total_unread(b).await.unwrap();
        }
    }
}

pub async fn a_recall_is_read_at_once<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "1").await.conv;
    for round in 0..20_u64 {
        let said = f.say(a, b, "soon gone").await.seq;
        let edit = f.edit(a, conv, said, "edited, and soon gone");
        let edited = f.append(&edit).await.unwrap().seq;
        if round % 5 == 2 {
            f.store().total_unread(b).await.unwrap();
        }
        let recall = f.recall(a, conv, said);
        let by = f.append(&recall).await.unwrap().seq;
        let entries = page(f, b, conv, HistoryRange::Latest, 3).await;
        let seqs: Vec<_> = entries.iter().map(|entry| entry.seq).collect();
        assert_eq!(seqs, [said, edited, by]);
        for entry in &entries {
            assert_eq!(body(entry), None);
        }
        let too_late = f.edit(a, conv, said, "too late");
        assert_eq!(f.append(&too_late).await, Err(AppendError::Recalled));
    }
}

pub async fn a_conversation_that_has_just_begun_is_there<E: Engine>(f: &mut Fixture<E>) {
    for _ in 0..10 {
        let (a, b) = f.pair().await;
        let stranger = f.user().await;
        let first = f.say(a, b, "hello").await;
        let found = f.store().direct_conversation(b, a).await.unwrap();
        assert_eq!(found, Some(first.conv));
        let conversation = f.conversation(b, first.conv).await;
        assert_eq!(conversation.head, seq(1));
        let read: Vec<_> = conversation
            .members
            .iter()
            .map(|member| member.read)
            .collect();
        assert_eq!(read, [seq(1), Seq::ZERO]);
        let entries = page(f, b, first.conv, HistoryRange::Latest, 10).await;
        assert_eq!(body(&entries[0]), text("hello"));
        let store = f.store();
        let range = HistoryRange::Latest;
        assert!(
            store
                .history(stranger, first.conv, range, 10)
                .await
                .is_err()
        );
        assert!(store.conversation(stranger, first.conv).await.is_err());
        // It is found again, and not begun again.
        let answer = f.say(b, a, "hello to you").await;
        assert_eq!((answer.conv, answer.seq), (first.conv, seq(2)));
    }
}

/// Every page of a log that is being written, edited and recalled is a stretch of what the model has.
pub async fn pages_against_a_naive_model<E: Engine>(f: &mut Fixture<E>) {
    let mut rng = Rng::new(seed());
    let (a, b) = f.pair().await;
    let mut model = model::Model::new(vec![a, b]);
    let begin = vec![Write::Append(f.message(a, Target::Direct(b), "begins"))];
    let outcomes = f.commit(begin.clone()).await;
    model.batch(&begin, &outcomes);
    let conv = model.logs[0].conv;
    for _ in 0..200 {
        let mut writes = Vec::new();
        for _ in 0..rng.below(5) {
            let from = *rng.pick(&model.users);
            let target = model::about(&mut rng, model.logs[0].head());
            writes.push(Write::Append(match rng.below(5) {
                0 => f.edit(from, conv, target, &format!("edit {}", rng.below(1000))),
                1 => f.recall(from, conv, target),
                _ => f.message(from, Target::Direct(if from == a { b } else { a }), "said"),
            }));
        }
        let outcomes = f.commit(writes.clone()).await;
        model.batch(&writes, &outcomes);
        if rng.once_in(12) {
            f.store().total_unread(a).await.unwrap();
        }
        let all = &model.logs[0].entries;
        let limit = 1 + rng.below(8) as usize;
        let at = model::about(&mut rng, model.logs[0].head());
        let latest = page(f, a, conv, HistoryRange::Latest, limit).await;
        assert_eq!(latest, all[all.len().saturating_sub(limit)..]);
        let before = page(f, a, conv, HistoryRange::Before(at), limit).await;
        let end = all.partition_point(|entry| entry.seq < at);
        assert_eq!(before, all[end.saturating_sub(limit)..end]);
        let after = page(f, b, conv, HistoryRange::After(at), limit).await;
        let start = all.partition_point(|entry| entry.seq <= at);
        assert_eq!(after, all[start..(start + limit).min(all.len())]);
        let conversation = f.conversation(b, conv).await;
        assert_eq!(conversation.head, model.logs[0].head());
        assert_eq!(*conversation.members, model.logs[0].positions);
    }
}
