//! The journal against crashes, damage and growth, on real files.

use hongyan_delivery::client::heartbeat::Network;
use hongyan_delivery::client::incoming::Held;
use hongyan_delivery::client::outbox::{Answered, Append, Reply};
use hongyan_protocol::heartbeat::Learnt;
use hongyan_protocol::{
    Body, ClientId, ConversationId, Edit, EntryId, Millis, Recall, Send, Sent, Seq, Target, UserId,
};

use super::*;

fn client_id(id: &str) -> ClientId {
    ClientId::new(id).unwrap()
}

fn message(id: &str, text: &str) -> Append {
    Append::Send(Send {
        target: Target::User(UserId::from_trusted(1001)),
        client_id: client_id(id),
        body: Body::text(text),
        reply_to: Some(Seq::from_trusted(3)),
        mentions: vec![UserId::from_trusted(1002)],
        mentions_all: true,
        topic: Some("builds".into()),
        expires_at: Some(Millis::from_trusted(9)),
        origin: Some("ci".into()),
    })
}

fn sent(id: &str) -> Sent {
    Sent {
        conv: ConversationId::from_trusted(7),
        seq: Seq::from_trusted(10),
        id: EntryId::from_trusted(11),
        at: Millis::from_trusted(5),
        client_id: client_id(id),
    }
}

pub(super) fn one_of_each() -> Vec<Record> {
    let conv = ConversationId::from_trusted(7);
    let seq = Seq::from_trusted(9);
    vec![
        Record::User(UserId::from_trusted(1000)),
        Record::Token(Some(KeptToken {
            login: "ann".into(),
            token: "hy_token".into(),
        })),
        Record::Token(None),
        Record::Secret(KeptSecret {
            login: "ann".into(),
            secret: "hyd_secret".into(),
        }),
        Record::Reset,
        Record::Submitted(message("c1", "你好\n👋\u{1}")),
        Record::Submitted(Append::Edit(Edit {
            conv,
            seq,
            client_id: client_id("c2"),
            body: Body::text("x"),
        })),
        Record::Submitted(Append::Recall(Recall {
            conv,
            seq,
            client_id: client_id("c3"),
        })),
        Record::Settled(client_id("c2")),
        Record::Held(Held {
            conv,
            seq,
            head: seq.next(),
            is_ack_owed: true,
        }),
        Record::Answered(sent("c1")),
        Record::Found(client_id("c1")),
        Record::Remembered(Box::new(Answered {
            append: message("c4", "kept"),
            conv,
            seq,
            at: Millis::from_trusted(5),
            follow_up: Some(Append::Recall(Recall {
                conv,
                seq,
                client_id: client_id("c5"),
            })),
            reply: Some(Reply {
                conv,
                seq,
                before: EntryId::from_trusted(11),
                own: Some(client_id("c1")),
            }),
            is_open: true,
        })),
        Record::Direct(conv, UserId::from_trusted(1001)),
        Record::Cursor {
            epoch: Some("e1".into()),
            cursor: Some("118".into()),
            walk: None,
        },
        Record::Networks(vec![Network {
            key: "wifi:home".into(),
            learnt: Learnt {
                held_ms: Some(60_000),
                failed_ms: None,
            },
            failed_age_ms: 5,
            confirmations: 1,
        }]),
    ]
}

fn folded(records: &[Record]) -> Kept {
    let mut kept = Kept::default();
    records
        .iter()
        .cloned()
        .for_each(|record| kept.apply(record));
    kept
}

#[test]
fn what_was_committed_is_there_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(directory.path()).unwrap();
    for record in one_of_each() {
        journal.commit(vec![record]).unwrap();
    }
    drop(journal);
    let journal = Journal::open(directory.path()).unwrap();
    assert_eq!(*journal.kept(), folded(&one_of_each()));
    assert_eq!(journal.kept().outbox.len(), 1);
    assert_eq!(journal.kept().answered.iter().count(), 2);
}

#[test]
fn a_crash_at_any_byte_of_the_last_commit_loses_only_that_commit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let mut journal = Journal::open(directory.path()).unwrap();
    journal
        .commit(vec![Record::Submitted(message("c1", "first"))])
        .unwrap();
    let whole = journal.length;
    journal
        .commit(vec![Record::Submitted(message("c2", "second"))])
        .unwrap();
    drop(journal);
    let bytes = fs::read(&path).unwrap();

    let whole = usize::try_from(whole).unwrap();
    for end in whole..bytes.len() {
        fs::write(&path, &bytes[..end]).unwrap();
        let mut journal = Journal::open(directory.path()).unwrap();
        assert_eq!(
            journal.kept().outbox,
            [message("c1", "first")],
            "cut at {end}"
        );
        journal
            .commit(vec![Record::Submitted(message("c3", "after"))])
            .unwrap();
        drop(journal);
        let journal = Journal::open(directory.path()).unwrap();
        let expected = [message("c1", "first"), message("c3", "after")];
        assert_eq!(journal.kept().outbox, expected, "cut at {end}");
    }
}

#[test]
fn a_last_line_of_zeros_is_torn_too() {
    let directory = tempfile::tempdir().unwrap();
    drop(Journal::open(directory.path()).unwrap());
    let path = directory.path().join("journal");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(&[0; 4096]);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(
        *Journal::open(directory.path()).unwrap().kept(),
        Kept::default()
    );
}

#[test]
fn damage_before_the_end_is_reported_and_nothing_is_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let mut journal = Journal::open(directory.path()).unwrap();
    let damaged = journal.length;
    journal
        .commit(vec![Record::Submitted(message("c1", "first"))])
        .unwrap();
    journal.commit(vec![Record::Token(None)]).unwrap();
    drop(journal);
    let mut bytes = fs::read(&path).unwrap();
    bytes[usize::try_from(damaged).unwrap() + 20] ^= 1;
    fs::write(&path, &bytes).unwrap();

    let error = Journal::open(directory.path()).unwrap_err();
    assert!(
        matches!(error, StateError::Corrupt { offset } if offset == damaged),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn one_client_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let first = Journal::open(directory.path()).unwrap();
    let second = Journal::open(directory.path());
    assert!(matches!(second, Err(StateError::Locked(_))), "{second:?}");
    drop(first);
    Journal::open(directory.path()).unwrap();
}

#[test]
fn the_file_stays_within_a_few_times_what_it_says() {
    let directory = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(directory.path()).unwrap();
    journal
        .commit(vec![Record::Submitted(message("kept", "stays"))])
        .unwrap();
    let text = "x".repeat(60_000);
    let mut longest = 0;
    for number in 0..100 {
        let id = format!("c{number}");
        journal
            .commit(vec![Record::Submitted(message(&id, &text))])
            .unwrap();
        journal
            .commit(vec![Record::Settled(client_id(&id))])
            .unwrap();
        longest = longest.max(journal.length);
    }
    assert!(longest < COMPACT_BYTES + 100_000, "{longest}");
    drop(journal);
    let journal = Journal::open(directory.path()).unwrap();
    assert_eq!(journal.kept().outbox, [message("kept", "stays")]);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;

    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("state");
    drop(Journal::open(&directory).unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&directory.join("journal")), 0o600);
}

#[test]
fn a_file_of_an_older_version_becomes_one_of_this() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let mut old = line::header_of(1);
    old.extend(line::encode(&[Record::Submitted(message("c1", "first"))]));
    fs::write(&path, &old).unwrap();
    let mut journal = Journal::open(directory.path()).unwrap();
    journal.commit(vec![Record::Answered(sent("c1"))]).unwrap();
    drop(journal);
    // So that an older program says that it is too old, and not that the file is damaged.
    assert!(fs::read(&path).unwrap().starts_with(&line::header()));
    let journal = Journal::open(directory.path()).unwrap();
    assert_eq!(journal.kept().answered.iter().count(), 1);
}

#[test]
fn another_history_has_what_was_answered_sent_again() {
    let conv = ConversationId::from_trusted(7);
    let to_conv = |id: &str| {
        let Append::Send(send) = message(id, id) else {
            unreachable!("a message");
        };
        Append::Send(Send {
            target: Target::Conversation(conv),
            ..send
        })
    };
    let edit = Append::Edit(Edit {
        conv,
        seq: Seq::from_trusted(10),
        client_id: client_id("c3"),
        body: Body::text("edited"),
    });
    let mut records = vec![
        Record::Direct(conv, UserId::from_trusted(1001)),
        Record::Submitted(to_conv("c1")),
        Record::Submitted(to_conv("c2")),
        Record::Submitted(edit),
        Record::Answered(sent("c1")),
        Record::Reset,
    ];
    let kept = folded(&records);
    let to_user = |id: &str| match message(id, id) {
        Append::Send(send) => Append::Send(Send {
            reply_to: None,
            ..send
        }),
        other => other,
    };
    assert_eq!(kept.outbox, [to_user("c2")], "nothing names what is gone");
    let open: Vec<_> = kept.answered.iter().collect();
    assert!(open[0].is_open && open[0].append == to_user("c1"));
    assert_eq!(folded(&kept.records()), kept);

    records.push(Record::Answered(sent("c1")));
    assert!(
        folded(&records)
            .answered
            .iter()
            .all(|message| !message.is_open)
    );
}
