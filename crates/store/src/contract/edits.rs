//! Edits and recalls.

use hongyan_protocol::{Millis, Seq};

use super::fixture::{Engine, Fixture, seq, text};
use crate::{Append, AppendError, Body, Change, Content, Header, Target};

fn message(body: Option<Body>, edited_by: Option<Seq>, recalled_by: Option<Seq>) -> Content {
    Content::Message {
        body,
        reply_to: None,
        mentions: Vec::new(),
        header: Header::default(),
        edited_by,
        recalled_by,
    }
}

fn edit(body: Option<Body>, recalled_by: Option<Seq>) -> Content {
    Content::Edit {
        target: seq(1),
        body,
        recalled_by,
    }
}

async fn contents<E: Engine>(
    f: &Fixture<E>,
    user: hongyan_protocol::UserId,
    conv: hongyan_protocol::ConversationId,
) -> Vec<Content> {
    let log = f.log(user, conv).await;
    log.into_iter().map(|entry| entry.content).collect()
}

pub async fn an_edit_replaces<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "one").await.conv;
    f.say(b, a, "two").await;
    let append = f.edit(a, conv, seq(1), "eins");
    let edited = f.append(&append).await.unwrap();
    assert_eq!(edited.seq, seq(3), "an edit is an entry of its own");
    assert_eq!(
        contents(f, b, conv).await,
        [
            message(text("eins"), Some(seq(3)), None),
            message(text("two"), None, None),
            edit(text("eins"), None),
        ]
    );
}

/// What an earlier edit said was replaced like the first text, and like it is kept nowhere.
pub async fn only_the_last_edit_keeps_a_body<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "one").await.conv;
    for text in ["eins", "un", "一"] {
        let append = f.edit(a, conv, seq(1), text);
        f.append(&append).await.unwrap();
    }
    assert_eq!(
        contents(f, a, conv).await,
        [
            message(text("一"), Some(seq(4)), None),
            edit(None, None),
            edit(None, None),
            edit(text("一"), None),
        ]
    );
}

pub async fn a_recall_blanks<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "one").await.conv;
    for text in ["eins", "un"] {
        let append = f.edit(a, conv, seq(1), text);
        f.append(&append).await.unwrap();
    }
    let append = f.recall(a, conv, seq(1));
    f.append(&append).await.unwrap();
    let by = Some(seq(4));
    assert_eq!(
        contents(f, b, conv).await,
        [
            message(None, Some(seq(3)), by),
            edit(None, by),
            edit(None, by),
            Content::Recall { target: seq(1) },
        ]
    );
}

pub async fn refusals<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let stranger = f.user().await;
    let conv = f.say(a, b, "one").await.conv;
    let append = f.edit(a, conv, seq(1), "eins");
    f.append(&append).await.unwrap();
    f.say(a, b, "to be recalled").await;
    let append = f.recall(a, conv, seq(3));
    f.append(&append).await.unwrap();
    for (from, target, expected) in [
        (stranger, 1, AppendError::NotMember),
        (a, 0, AppendError::NoSuchMessage),
        (a, 2, AppendError::NoSuchMessage),
        (a, 4, AppendError::NoSuchMessage),
        (a, 5, AppendError::NoSuchMessage),
        (a, 99, AppendError::NoSuchMessage),
        (b, 1, AppendError::NotSender),
        (a, 3, AppendError::Recalled),
    ] {
        let edit = f.edit(from, conv, seq(target), "x");
        let recall = f.recall(from, conv, seq(target));
        for outcome in f.append_all(&[edit, recall]).await {
            assert_eq!(outcome, Err(expected.clone()), "{from} at {target}");
        }
    }
    // Through the other name of the conversation too.
    let by_user = Append {
        target: Target::Direct(b),
        ..f.edit(a, conv, seq(1), "un")
    };
    assert_eq!(f.append(&by_user).await.unwrap().seq, seq(5));
    let nowhere = Append {
        target: Target::Direct(stranger),
        ..f.recall(a, conv, seq(1))
    };
    assert_eq!(f.append(&nowhere).await, Err(AppendError::NoSuchMessage));
}

pub async fn too_late<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let first = f.say(a, b, "one").await;
    let after = Millis::new(first.at.get() + 1).unwrap();
    for (limit, expected) in [(after, Err(AppendError::TooLate)), (first.at, Ok(seq(2)))] {
        let mut edit = f.edit(a, first.conv, seq(1), "eins");
        if let Change::Edit { not_before, .. } = &mut edit.change {
            *not_before = limit;
        }
        assert_eq!(f.append(&edit).await.map(|edited| edited.seq), expected);
    }
    // An edit does not make the message younger.
    for (limit, expected) in [(after, Err(AppendError::TooLate)), (first.at, Ok(seq(3)))] {
        let mut recall = f.recall(a, first.conv, seq(1));
        if let Change::Recall { not_before, .. } = &mut recall.change {
            *not_before = limit;
        }
        assert_eq!(
            f.append(&recall).await.map(|recalled| recalled.seq),
            expected
        );
    }
}

pub async fn in_one_batch<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "zero").await.conv;
    let batch = [
        f.message(a, Target::Conversation(conv), "one"),
        f.edit(a, conv, seq(2), "eins"),
        f.edit(a, conv, seq(2), "un"),
        f.recall(a, conv, seq(2)),
        f.edit(a, conv, seq(2), "too late"),
        f.recall(a, conv, seq(2)),
    ];
    let outcomes = f.append_all(&batch).await;
    assert!(outcomes[..4].iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(outcomes[4], Err(AppendError::Recalled));
    assert_eq!(outcomes[5], Err(AppendError::Recalled));
    let contents = contents(f, b, conv).await;
    assert_eq!(contents[1], message(None, Some(seq(4)), Some(seq(5))));
    assert_eq!(contents.len(), 5);
}
