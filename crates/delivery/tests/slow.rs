//! A link of so many bytes a second, the client half of an account with much to bring, and a server that answers by the
//! rules of `PROTOCOL.md`. In virtual time.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use hongyan_delivery::Tick;
use hongyan_delivery::client::incoming::{Action, Incoming, Paging, Policy, Start};
use hongyan_protocol::*;

const ME: UserId = UserId::from_trusted(1000);
const CONVERSATIONS: u64 = 60;
const MESSAGES: u64 = 20;
const TEXT_BYTES: usize = 600;

fn conv(number: u64) -> ConversationId {
    ConversationId::from_trusted(number)
}

fn seq(number: u64) -> Seq {
    Seq::from_trusted(number)
}

fn entry(in_conv: u64, at: u64) -> Entry {
    Entry {
        event: None,
        conv: conv(in_conv),
        seq: seq(at),
        id: EntryId::from_trusted(in_conv * 100 + at),
        kind: EntryKind::Message,
        from: UserId::from_trusted(2000 + in_conv),
        at: Millis::from_trusted(1_795_424_401_200),
        client_id: ClientId::new(format!("m{at}")).unwrap(),
        body: Some(Body::Text {
            text: "x".repeat(TEXT_BYTES).into(),
        }),
        reply_to: None,
        mentions: Vec::new(),
        mentions_all: false,
        topic: None,
        expires_at: None,
        origin: None,
        target: None,
        edited_by: None,
        recalled_by: None,
    }
}

/// The server: a sync from the highest conversation down; `cursor` is how many were shown.
fn answer(frame: ClientFrame) -> ServerFrame {
    match frame {
        ClientFrame::Sync(sync) => {
            let shown: u64 = match sync.cursor.as_deref() {
                Some("end") => CONVERSATIONS,
                Some(shown) => shown.parse().unwrap(),
                None => 0,
            };
            let most = if sync.list {
                limits::LIST_CONVERSATIONS
            } else {
                limits::SYNC_CONVERSATIONS
            };
            let limit = sync.limit.unwrap_or(limits::SYNC_CONVERSATIONS).min(most) as u64;
            let numbers = (1..=CONVERSATIONS)
                .rev()
                .skip(shown as usize)
                .take(limit as usize);
            let mut bytes = sync.bytes.unwrap_or(limits::PAGE_BYTES);
            let (mut conversations, mut list, mut users) = (Vec::new(), Vec::new(), Vec::new());
            for number in numbers {
                if bytes == 0 && !sync.list {
                    break;
                }
                let mut entries = Vec::new();
                for at in (MESSAGES - 9..=MESSAGES).rev().filter(|_| !sync.list) {
                    if bytes >= TEXT_BYTES {
                        bytes -= TEXT_BYTES;
                        entries.insert(0, entry(number, at));
                    } else {
                        bytes = 0;
                    }
                }
                let other = UserId::from_trusted(2000 + number);
                let at = |user, to| MemberPosition {
                    user,
                    read: seq(to),
                    delivered: seq(to),
                };
                let view = ConversationView {
                    pins: Vec::new(),
                    since: None,
                    floor: Seq::ZERO,
                    left: false,
                    mentions: 0,
                    view: None,
                    group: None,
                    conv: conv(number),
                    kind: ConversationKind::Direct,
                    head: seq(MESSAGES),
                    unread: MESSAGES,
                    me: Position::default(),
                    size: 2,
                    members: Some(vec![at(ME, 0), at(other, MESSAGES)]),
                    entries,
                };
                if sync.list {
                    list.push(Listed::of(&view, ME).unwrap());
                } else {
                    conversations.push(view);
                }
                users.push(UserProfile {
                    id: other,
                    login: format!("u{number}").into(),
                    name: format!("u{number}").into(),
                    avatar: None,
                });
            }
            let shown = shown + (conversations.len() + list.len()) as u64;
            ServerFrame::Synced(Synced {
                conversations,
                list,
                users,
                total_unread: CONVERSATIONS * MESSAGES,
                total_muted: 0,
                cursor: if shown >= CONVERSATIONS {
                    "end".into()
                } else {
                    shown.to_string().into()
                },
                more: shown < CONVERSATIONS,
            })
        }
        ClientFrame::History(history) => {
            let after = history.after.unwrap().get();
            let mut bytes = history.bytes.unwrap_or(limits::PAGE_BYTES);
            let mut entries = Vec::new();
            for at in (after + 1..=MESSAGES).take(history.limit.unwrap()) {
                let size = TEXT_BYTES + 120;
                if size > bytes && !entries.is_empty() {
                    break;
                }
                bytes = bytes.saturating_sub(size);
                entries.push(entry(history.conv.get(), at));
            }
            let more = entries.last().is_some_and(|last| last.seq < seq(MESSAGES));
            ServerFrame::History(HistoryPage {
                since: None,
                conv: history.conv,
                entries,
                head: seq(MESSAGES),
                more,
            })
        }
        _ => panic!("the client only reads"),
    }
}

/// What came of it.
struct Outcome {
    list_at: Duration,
    all_at: Duration,
    bytes: usize,
    /// What the entries take by themselves.
    needed: usize,
    requests: usize,
    longest_silence: Duration,
}

fn run(rate: u64, round_trip: u64, start: Start) -> Outcome {
    let mut incoming = Incoming::new(Policy {
        start,
        paging: Some(Paging::default()),
        ..Policy::default()
    });
    // Opening, hello and welcome: two round trips and their bytes.
    let mut now = 2 * round_trip + 600 * 1000 / rate;
    incoming.round_trip(Duration::from_millis(round_trip + 400 * 1000 / rate));
    let mut out = Vec::new();
    incoming.connected(ME, Tick::from_millis(now), &mut out);
    // When the link is free again, and what is on its way.
    let mut busy_until = now;
    let mut way: VecDeque<(u64, String)> = VecDeque::new();
    let (mut listed, mut delivered) = (BTreeSet::new(), BTreeMap::<ConversationId, u64>::new());
    let (mut bytes, mut needed, mut requests) = (0, 0, 0);
    let (mut list_at, mut heard, mut longest) = (None, now, 0);
    loop {
        for action in std::mem::take(&mut out) {
            let frame = match action {
                Action::Deliver(entry) => {
                    needed += entry.encode().len();
                    let next = delivered.entry(entry.conv).or_insert(entry.seq.get() - 1);
                    *next += 1;
                    assert_eq!(*next, entry.seq.get(), "in order and once");
                    continue;
                }
                Action::Conversation(view) => {
                    listed.insert(view.conv);
                    continue;
                }
                Action::Ack { .. } | Action::Reset => continue,
                Action::Sync {
                    cursor,
                    list,
                    limit,
                    bytes,
                } => ClientFrame::Sync(Sync {
                    cursor,
                    list,
                    limit,
                    bytes,
                }),
                Action::Fetch {
                    conv,
                    after,
                    limit,
                    bytes,
                } => ClientFrame::History(History {
                    conv,
                    before: None,
                    after: Some(after),
                    limit: Some(limit),
                    bytes,
                }),
            };
            requests += 1;
            let text = answer(frame).encode(Some(1));
            bytes += text.len();
            let takes = text.len() as u64 * 1000 / rate;
            busy_until = busy_until.max(now + round_trip / 2) + takes;
            way.push_back((busy_until + round_trip / 2, text));
        }
        if listed.len() as u64 == CONVERSATIONS && list_at.is_none() {
            list_at = Some(now);
        }
        if incoming.is_caught_up() {
            break;
        }
        let next = incoming.next_deadline().map(Tick::as_millis);
        let (at, comes) = match (way.front(), next) {
            (Some((at, _)), Some(next)) if next < *at => (next, false),
            (Some((at, _)), _) => (*at, true),
            (None, Some(next)) => (next, false),
            (None, None) => panic!("nothing more happens"),
        };
        now = now.max(at);
        assert!(now < 3_600_000, "it never ends");
        let tick = Tick::from_millis(now);
        if !comes {
            incoming.tick(tick, &mut out);
            continue;
        }
        longest = longest.max(now - heard);
        heard = now;
        let (_, text) = way.pop_front().unwrap();
        incoming.life(tick);
        incoming.weigh(text.len());
        match ServerFrame::decode(&text).unwrap() {
            (_, ServerFrame::Synced(page)) => incoming.synced(page, tick, &mut out),
            (_, ServerFrame::History(page)) => incoming.fetched(page, tick, &mut out),
            other => panic!("{other:?}"),
        }
    }
    let held = if start == Start::Everything {
        MESSAGES
    } else {
        10
    };
    assert_eq!(delivered.len() as u64, CONVERSATIONS);
    assert!(delivered.values().all(|last| *last == MESSAGES));
    let entries = CONVERSATIONS * held;
    assert!(needed >= entries as usize * TEXT_BYTES, "{needed}");
    Outcome {
        list_at: Duration::from_millis(list_at.unwrap()),
        all_at: Duration::from_millis(now),
        bytes,
        needed,
        requests,
        longest_silence: Duration::from_millis(longest),
    }
}

#[test]
fn over_a_slow_link_the_list_comes_first_and_then_everything_once() {
    for start in [Start::Recent, Start::Everything] {
        for (rate, round_trip) in [(2_000, 600), (8_000, 300), (20_000, 100)] {
            let found = run(rate, round_trip, start);
            let what = format!(
                "{start:?} at {rate} B/s: list {:?}, all {:?}, {} of {} bytes, {} requests, silent {:?}",
                found.list_at,
                found.all_at,
                found.bytes,
                found.needed,
                found.requests,
                found.longest_silence,
            );
            println!("{what}");
            assert!(found.list_at <= Duration::from_secs(5), "{what}");
            assert!(found.bytes * 10 <= found.needed * 12, "{what}");
            assert!(found.longest_silence < Duration::from_secs(8), "{what}");
        }
    }
}

#[test]
fn over_a_fast_link_it_takes_few_requests() {
    for round_trip in [1, 100, 600] {
        let found = run(5_000_000, round_trip, Start::Recent);
        assert!(
            found.requests <= 6,
            "{round_trip} ms: {} requests",
            found.requests
        );
    }
}
