//! What an append does to the log.

use hongyan_protocol::{ConversationId, EntryId, Millis, UserId};

use super::fixture::{Engine, Fixture, WIDE, append_outcome, move_outcome, seq, text};
use crate::{
    Append, AppendError, Change, Content, ConversationKind, Header, HeaderFields, Logs, Move,
    ReadError, SyncCursor, Target, Write,
};

pub async fn seqs_are_dense<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let c = f.user().await;
    let mut appends = Vec::new();
    for _ in 0..50 {
        appends.push(f.message(a, Target::Direct(b), "to b"));
        appends.push(f.message(a, Target::Direct(c), "to c"));
        appends.push(f.message(b, Target::Direct(a), "to a"));
    }
    let mut ids = std::collections::HashMap::<_, Vec<EntryId>>::new();
    let mut heads = std::collections::HashMap::new();
    for batch in appends.chunks(7) {
        for (append, outcome) in batch.iter().zip(f.append_all(batch).await) {
            let outcome = outcome.unwrap();
            let head: &mut u64 = heads.entry(outcome.conv).or_default();
            *head += 1;
            assert_eq!(outcome.seq, seq(*head));
            assert_eq!(outcome.at, append.at);
            assert!(!outcome.duplicate);
            ids.entry(outcome.conv).or_default().push(outcome.id);
        }
    }
    for ids in ids.values() {
        assert!(ids.is_sorted_by(|a, b| a < b), "ids ascend within a log");
    }
    let mut all: Vec<_> = ids.into_values().flatten().collect();
    all.sort_unstable();
    let unique = all.windows(2).all(|two| two[0] != two[1]);
    assert!(unique, "an id is given once in the system");
    assert_eq!(heads.len(), 2);
    for (conv, head) in heads {
        let log = f.log(a, conv).await;
        assert_eq!(log.len() as u64, head);
        assert!(log.iter().zip(1..).all(|(entry, at)| entry.seq == seq(at)));
    }
}

pub async fn a_direct_conversation_is_one<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    assert_eq!(f.store().direct_conversation(a, b).await.unwrap(), None);
    // The first words of both, in one batch.
    let both = [
        f.message(b, Target::Direct(a), "I first"),
        f.message(a, Target::Direct(b), "no, I"),
    ];
    let outcomes = f.append_all(&both).await;
    let [first, second] = [&outcomes[0], &outcomes[1]].map(|outcome| outcome.clone().unwrap());
    assert_eq!(first.conv, second.conv);
    assert_eq!((first.seq, second.seq), (seq(1), seq(2)));
    assert_eq!(*first.members, [a, b], "ascending, the sender included");
    let conv = first.conv;
    assert_eq!(
        f.store().direct_conversation(a, b).await.unwrap(),
        Some(conv)
    );
    assert_eq!(
        f.store().direct_conversation(b, a).await.unwrap(),
        Some(conv)
    );
    let conversation = f.conversation(a, conv).await;
    assert_eq!(conversation.kind, ConversationKind::Direct);
    assert_eq!(conversation.head, seq(2));
    let members: Vec<UserId> = conversation.members.iter().map(|m| m.user).collect();
    assert_eq!(members, [a, b]);
    f.reopen().await;
    assert_eq!(f.say(b, a, "still here").await.conv, conv);
}

pub async fn who_may_append<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let stranger = f.user().await;
    let nobody = UserId::new(5).unwrap();
    let conv = f.say(a, b, "hello").await.conv;
    let none = ConversationId::new(conv.get() + 1000).unwrap();
    for (from, target, expected) in [
        (stranger, Target::Conversation(conv), AppendError::NotMember),
        (a, Target::Conversation(none), AppendError::NotMember),
        (a, Target::Direct(nobody), AppendError::NoSuchUser),
        (nobody, Target::Direct(a), AppendError::NoSuchUser),
    ] {
        let append = f.message(from, target, "let me in");
        assert_eq!(f.append(&append).await, Err(expected), "{from} {target:?}");
    }
    assert_eq!(f.conversation(a, conv).await.head, seq(1));
}

pub async fn notes_to_oneself<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let first = f.say(a, a, "milk").await;
    let second = f.say(a, a, "and bread").await;
    assert_eq!((second.conv, second.seq), (first.conv, seq(2)));
    assert_eq!(*first.members, [a]);
    let others = f.say(a, b, "to somebody").await;
    assert_ne!(others.conv, first.conv);
    f.reopen().await;
    let found = f.store().direct_conversation(a, a).await.unwrap();
    assert_eq!(found, Some(first.conv));
    assert_eq!(f.store().direct_conversation(b, b).await.unwrap(), None);
    let conversation = f.conversation(a, first.conv).await;
    let members: Vec<_> = conversation
        .members
        .iter()
        .map(|member| member.user)
        .collect();
    assert_eq!(members, [a]);
    assert_eq!(
        conversation.members[0].read,
        seq(2),
        "to send is to have read"
    );
    assert_eq!(f.store().total_unread(a).await.unwrap(), 0);
    let append = f.message(b, Target::Conversation(first.conv), "let me in");
    assert_eq!(f.append(&append).await, Err(AppendError::NotMember));
}

fn reply(append: Append, to: u64) -> Append {
    let mut append = append;
    if let Change::Message { reply_to, .. } = &mut append.change {
        *reply_to = Some(seq(to));
    }
    append
}

pub async fn replies<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "question").await.conv;
    let here = Target::Conversation(conv);
    let edit = f.edit(a, conv, seq(1), "better question");
    f.append(&edit).await.unwrap();
    let answer = reply(f.message(b, here, "answer"), 1);
    assert_eq!(f.append(&answer).await.unwrap().seq, seq(3));
    // Nothing, an edit, itself, the future.
    for to in [0, 2, 4, 9] {
        let append = reply(f.message(b, here, "to what?"), to);
        let refused = f.append(&append).await;
        assert_eq!(refused, Err(AppendError::NoSuchMessage), "{to}");
    }
    let c = f.user().await;
    let append = reply(f.message(a, Target::Direct(c), "no conversation yet"), 1);
    assert_eq!(f.append(&append).await, Err(AppendError::NoSuchMessage));
    let Content::Message { reply_to, .. } = f.entry(a, conv, 3).await.content else {
        panic!("the answer is a message");
    };
    assert_eq!(reply_to, Some(seq(1)));
    // A reply to an earlier message of the same batch.
    let batch = [
        f.message(a, here, "and?"),
        reply(f.message(b, here, "this"), 4),
    ];
    assert!(f.append_all(&batch).await.iter().all(Result::is_ok));
}

pub async fn outcomes_keep_their_order<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "one").await.conv;
    let mut writes = Vec::new();
    for n in 0..20 {
        let message = f.message(a, Target::Conversation(conv), &n.to_string());
        writes.push(Write::Append(message));
        writes.push(Write::Move(Move {
            user: b,
            conv,
            read: None,
            delivered: Some(seq(n + 2)),
        }));
    }
    let mut outcomes = f.commit(writes).await.into_iter();
    for n in 2..22 {
        let appended = append_outcome(outcomes.next().unwrap()).unwrap();
        let moved = move_outcome(outcomes.next().unwrap()).unwrap();
        assert_eq!((appended.seq, moved.delivered), (seq(n), seq(n)));
    }
    assert!(f.commit(Vec::new()).await.is_empty());
}

pub async fn refusals_leave_no_trace<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let c = f.user().await;
    let first = f.say(a, b, "one").await;
    let conv = first.conv;
    let before = f.sync(a, SyncCursor::Since(0), WIDE).await;
    let mut conflict = f.message(a, Target::Direct(b), "under an id that is taken");
    conflict.client_id = f.entry(a, conv, 1).await.client_id;
    let batch = [
        conflict,
        f.edit(a, conv, seq(7), "nothing there"),
        f.recall(b, conv, seq(1)),
        f.message(c, Target::Conversation(conv), "not a member"),
        reply(f.message(a, Target::Direct(c), "no conversation yet"), 1),
    ];
    let outcomes = f.append_all(&batch).await;
    assert!(outcomes.iter().all(Result::is_err), "{outcomes:?}");
    assert_eq!(f.sync(a, SyncCursor::Since(0), WIDE).await, before);
    assert_eq!(f.store().direct_conversation(a, c).await.unwrap(), None);
    // A refused client id is free.
    let mut retry = f.message(c, Target::Direct(a), "properly");
    retry.client_id = batch[3].client_id.clone();
    assert!(!f.append(&retry).await.unwrap().duplicate);
    // And those that are in order go through, whatever stands around them.
    let mixed = [
        f.recall(b, conv, seq(1)),
        f.message(b, Target::Conversation(conv), "two"),
        f.recall(b, conv, seq(1)),
    ];
    let outcomes = f.append_all(&mixed).await;
    assert_eq!(outcomes[1].as_ref().unwrap().seq, seq(2));
}

pub async fn any_text_survives<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let long = "长".repeat(20_000);
    let texts = [
        "",
        "鸿雁 📨",
        "a\0b",
        "'; DROP TABLE entries; --",
        "\u{10FFFF}",
        &long,
    ];
    let mut batch = Vec::new();
    for text in texts {
        batch.push(f.message(a, Target::Direct(b), text));
    }
    let said = Header::from(HeaderFields {
        topic: Some("雁阵".into()),
        expires_at: Some(Millis::new(1_800_000_000_000).unwrap()),
        origin: Some("import:wechat".into()),
        mentions_all: false,
    });
    if let Change::Message {
        mentions, header, ..
    } = &mut batch[0].change
    {
        *mentions = vec![b, a, b];
        *header = said.clone();
    }
    let outcomes = f.append_all(&batch).await;
    let conv = outcomes[0].as_ref().unwrap().conv;
    f.reopen().await;
    let log = f.log(b, conv).await;
    for (entry, (append, body)) in log.iter().zip(batch.iter().zip(texts)) {
        assert_eq!((entry.from, entry.at), (a, append.at));
        assert_eq!(entry.client_id, append.client_id);
        let (mentions, header) = match entry.seq.get() {
            1 => (vec![b, a, b], said.clone()),
            _ => (Vec::new(), Header::default()),
        };
        let expected = Content::Message {
            body: text(body),
            reply_to: None,
            mentions,
            header,
            edited_by: None,
            recalled_by: None,
        };
        assert_eq!(entry.content, expected);
    }
    assert_eq!(log.len(), texts.len());
}

pub async fn everything_survives_a_restart<E: Engine>(f: &mut Fixture<E>) {
    let (a, b) = f.pair().await;
    let conv = f.say(a, b, "one").await.conv;
    f.say(b, a, "two").await;
    let edit = f.edit(a, conv, seq(1), "eins");
    f.append(&edit).await.unwrap();
    let recall = f.recall(b, conv, seq(2));
    f.append(&recall).await.unwrap();
    f.advance(b, conv, Some(2), Some(3)).await.unwrap();
    let before = f.sync(b, SyncCursor::Since(0), WIDE).await;
    f.reopen().await;
    assert_eq!(f.sync(b, SyncCursor::Since(0), WIDE).await, before);
    assert_eq!(f.say(a, b, "five").await.seq, seq(5));
    let stranger = f.user().await;
    let refused = f.store().conversation(stranger, conv).await;
    assert_eq!(refused, Err(ReadError::NotMember));
    assert_eq!(
        f.store().direct_conversation(a, stranger).await.unwrap(),
        None
    );
    assert_eq!(f.conversation(a, conv).await.members[0].read, seq(5));
}
