//! What is written reads back, and nothing else does.

use hongyan_store::{Admission, Link, LinkToken, NewLink, Request, Setting, Window};

use super::*;

fn conv() -> ConversationId {
    ConversationId::new(7).unwrap()
}

fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

fn seq(value: u64) -> Seq {
    Seq::new(value).unwrap()
}

fn entry(at: u64, change: Change) -> Record {
    written_entry(at, What::Said(change))
}

fn written_entry(at: u64, what: What) -> Record {
    Record::Entry(Arc::new(Entry {
        from: user(1000),
        at: Millis::new(1_700_000_000_000).unwrap(),
        client_id: ClientId::new(format!("c{at}")).unwrap(),
        what,
        place: Place {
            conv: conv(),
            seq: seq(at),
            id: EntryId::new(at + 100).unwrap(),
            messages: at,
        },
    }))
}

fn message(at: u64, reply_to: Option<u64>, mentions: &[u64], text: &str) -> Record {
    entry(
        at,
        Change::Message {
            body: Body::Text(text.into()),
            reply_to: reply_to.map(seq),
            mentions: mentions.iter().map(|id| user(*id)).collect(),
            header: Header::default(),
        },
    )
}

fn ways(change: WaysChange) -> Record {
    Record::Ways {
        conv: conv(),
        change,
    }
}

fn records() -> Vec<Record> {
    let not_before = Millis::default();
    vec![
        Record::Begin(Begun {
            conv: conv(),
            low: user(1000),
            high: user(1001),
        }),
        message(1, None, &[], ""),
        Record::Move {
            conv: conv(),
            position: Member {
                user: user(1001),
                read: seq(1),
                delivered: seq(2),
            },
        },
        message(2, Some(1), &[1001, 1002], "大家好"),
        Record::View {
            conv: conv(),
            user: user(1001),
            view: View {
                rev: 3,
                muted_until: Millis::new((1 << 53) - 1).unwrap(),
                pinned: 7,
                archived: seq(2),
                hidden: seq(1),
                marked: Some(Seq::ZERO),
                draft: Some(Arc::new(Draft {
                    text: "未完".into(),
                    reply_to: Some(seq(1)),
                    at: Millis::new(1_700_000_000_000).unwrap(),
                })),
                cleared: seq(2),
            },
        },
        Record::View {
            conv: conv(),
            user: user(1001),
            view: View {
                rev: 4,
                ..View::default()
            },
        },
        entry(
            3,
            Change::Message {
                body: Body::Text("later".into()),
                reply_to: None,
                mentions: vec![user(1001)],
                header: HeaderFields {
                    topic: Some("雁".into()),
                    expires_at: Some(Millis::new(1_800_000_000_000).unwrap()),
                    origin: None,
                    mentions_all: false,
                }
                .into(),
            },
        ),
        entry(
            30,
            Change::Message {
                body: Body::Text("all of you".into()),
                reply_to: None,
                mentions: Vec::new(),
                header: HeaderFields {
                    mentions_all: true,
                    ..HeaderFields::default()
                }
                .into(),
            },
        ),
        entry(
            4,
            Change::Edit {
                target: seq(2),
                body: Body::Text("各位好".into()),
                not_before,
            },
        ),
        entry(
            5,
            Change::Recall {
                target: seq(2),
                not_before,
            },
        ),
        written_entry(
            6,
            What::Changed {
                effects: Effects {
                    event: Event::Removed(vec![user(1001), user(1002)]),
                    members: vec![(user(1000), Some(Role::Admin)), (user(1001), None)],
                    since: seq(1),
                },
                digest: ChangeDigest(-5),
            },
        ),
        ways(WaysChange::Made(Arc::new(Link {
            id: 300,
            by: user(1001),
            made_at: Millis::new(1_700_000_000_000).unwrap(),
            new: NewLink {
                client_id: ClientId::new("l1").unwrap(),
                token: LinkToken([200; 16]),
                name: "门".into(),
                expires_at: Millis::new(1_800_000_000_000).ok(),
                admits: Admission::First(5),
            },
            uses: 0,
        }))),
        ways(WaysChange::Made(Arc::new(Link {
            id: 301,
            by: user(1001),
            made_at: Millis::default(),
            new: NewLink {
                client_id: ClientId::new("l2").unwrap(),
                token: LinkToken([0; 16]),
                name: "".into(),
                expires_at: None,
                admits: Admission::Approved,
            },
            uses: 7,
        }))),
        ways(WaysChange::Revoked(300)),
        ways(WaysChange::Request(
            user(1002),
            Some(Request {
                at: Millis::new(5).unwrap(),
                link: Some(301),
                is_declined: true,
            }),
        )),
        ways(WaysChange::Request(
            user(1002),
            Some(Request {
                at: Millis::default(),
                link: None,
                is_declined: false,
            }),
        )),
        ways(WaysChange::Request(user(1002), None)),
        Record::Reaction(Arc::new(Reaction {
            conv: conv(),
            seq: seq(2),
            user: user(1001),
            value: "👍".into(),
            on: true,
            at: Millis::new(1_800_000_000_000).unwrap(),
            count: 3,
            number: 300,
        })),
        written_entry(
            7,
            What::Changed {
                effects: Effects {
                    event: Event::Set(Setting::History(Window::Days(30))),
                    members: Vec::new(),
                    since: seq(1),
                },
                digest: ChangeDigest(5),
            },
        ),
        written_entry(
            8,
            What::Changed {
                effects: Effects {
                    event: Event::Added(vec![user(1001)]),
                    members: vec![(user(1001), Some(Role::Member))],
                    since: seq(6),
                },
                digest: ChangeDigest(5),
            },
        ),
    ]
}

fn written(records: &[Record]) -> Payload {
    let mut payload = Payload::default();
    for record in records {
        match record {
            Record::Begin(begun) => payload.begin(*begun),
            Record::Entry(entry) => payload.entry(entry),
            Record::Move { conv, position } => payload.moved(*conv, *position),
            Record::Reaction(reaction) => payload.reaction(reaction),
            Record::View { conv, user, view } => payload.view(*conv, *user, view),
            Record::Ways { conv, change } => payload.ways(*conv, change),
        }
    }
    payload
}

#[test]
fn what_is_written_reads_back() {
    let mut found = Vec::new();
    read(&written(&records()).0, &mut found).unwrap();
    assert_eq!(found, records());
}

#[test]
fn what_the_version_before_types_wrote_reads_back() {
    let record = message(2, Some(1), &[1001, 1002], "大家好");
    let mut bytes = written(std::slice::from_ref(&record)).0;
    bytes[0] = code::TEXT;
    // The type stands before the length of the text, which ends the record.
    let at = bytes.len() - "大家好".len() - 2;
    assert_eq!(bytes.remove(at), 1);
    let mut found = Vec::new();
    read(&bytes, &mut found).unwrap();
    assert_eq!(found, [record]);
}

#[test]
fn a_body_of_an_unknown_type_is_an_error() {
    let mut bytes = written(&[message(2, None, &[], "x")]).0;
    let at = bytes.len() - 3;
    bytes[at] = 99;
    assert!(read(&bytes, &mut Vec::new()).is_err());
}

#[test]
fn what_is_cut_short_or_unknown_is_an_error() {
    let whole = written(&records()).0;
    let mut ends = vec![0];
    for count in 1..=records().len() {
        ends.push(written(&records()[..count]).0.len());
    }
    for length in 0..whole.len() {
        let result = read(&whole[..length], &mut Vec::new());
        assert_eq!(result.is_ok(), ends.contains(&length), "{length} bytes");
    }
    let unknown = [&[99], &whole[1..]].concat();
    assert!(read(&unknown, &mut Vec::new()).is_err());
}
