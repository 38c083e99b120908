//! Scripts for `client::Incoming`, with the default policy.
//!
//! Events: `connected` (with the `epoch` of the welcome, if it had one), `disconnected`, `tick`, `flush`, `restart` (from its
//! own snapshot), `forget all` (begin as a client that holds nothing), `frame` (a frame from the server), `answered` (the
//! entry of a request of one's own, which the answer stands for), `too_large` (a frame came that was too large to be taken),
//! and `fetch_failed`. Actions: `reset`, `deliver`, `conversation`, and `send` (a frame to
//! the server, without its `req`).
//!
//! `random` counts in parts of 2^64: 2^62 is a quarter, and exact as a JavaScript number too.

use hongyan_delivery::Tick;
use hongyan_delivery::client::incoming::{Action, Incoming, Policy};
use hongyan_protocol::{Ack, ClientFrame, ConversationId, History, ServerFrame, Sync, UserId};
use serde_json::{Value, json};

use crate::script::{Machine, replay, to_text};

pub(crate) fn vectors() -> String {
    let scripts = [
        ("pushes in order", pushes_in_order()),
        ("a gap", a_gap()),
        ("overtaken pushes", overtaken_pushes()),
        ("a failed fetch", a_failed_fetch()),
        ("a stranger", a_stranger()),
        ("a conversation that is new", a_conversation_that_is_new()),
        ("a first sync in two parts", a_first_sync_in_two_parts()),
        ("a page too large", a_page_too_large()),
        ("a restart within a gap", a_restart_within_a_gap()),
        ("a lost ack", a_lost_ack()),
        ("an answer for a push", an_answer_for_a_push()),
        ("an answer beyond a gap", an_answer_beyond_a_gap()),
        ("another history", another_history()),
        ("the same history, and no name", no_name()),
        ("a head below what is held", a_head_below()),
        ("a page that a push overtook", an_overtaken_page()),
        ("a large conversation", a_large_conversation()),
        ("a window", a_window()),
    ];
    let scripts = scripts.map(|(name, steps)| {
        let machine = Incoming::new(Policy::default());
        replay(name, machine, begin(steps))
    });
    to_text(&scripts)
}

/// Connected, and synced with conversation 1 held to 3.
fn begin(steps: Vec<(u64, Value)>) -> Vec<(u64, Value)> {
    let mut script = vec![
        (0, json!({ "connected": { "user": 1000 } })),
        (100, synced("1", &[(1, 1..=3)])),
        (100, json!("flush")),
    ];
    script.extend(steps);
    script
}

fn pushes_in_order() -> Vec<(u64, Value)> {
    vec![
        (1000, push(1, 4)),
        (1000, push(1, 5)),
        (1000, json!("flush")),
        (6000, push(1, 5)),
        (6000, json!("flush")),
    ]
}

fn a_gap() -> Vec<(u64, Value)> {
    vec![
        (1000, push(1, 7)),
        (1050, push(1, 6)),
        (1199, json!("tick")),
        (1200, json!("tick")),
        (1300, history(1, 4..=7)),
        (1300, json!("flush")),
    ]
}

fn overtaken_pushes() -> Vec<(u64, Value)> {
    vec![
        (1000, push(1, 5)),
        (1100, push(1, 4)),
        (1100, json!("flush")),
        (2000, json!("tick")),
    ]
}

fn a_failed_fetch() -> Vec<(u64, Value)> {
    let quarter = 1_u64 << 62;
    let failed = json!({ "conv": 1, "retry_after_ms": 1000, "random": quarter });
    vec![
        (1000, push(1, 6)),
        (1200, json!("tick")),
        (1300, json!({ "fetch_failed": failed })),
        (2425, json!("tick")),
        (2600, history(1, 4..=6)),
    ]
}

fn a_stranger() -> Vec<(u64, Value)> {
    vec![
        (1000, push(2, 9)),
        (1001, push(3, 1)),
        (1100, synced("2", &[(2, 7..=8)])),
        (1100, json!("flush")),
    ]
}

/// The server keeps no delivered position of it: what is held is acked when it comes, and not after each sync.
fn a_large_conversation() -> Vec<(u64, Value)> {
    vec![
        (1000, push(2, 1)),
        (1000, json!("flush")),
        (1100, synced_large("2", 2, 1..=1)),
        (1100, json!("flush")),
        (1200, push(2, 3)),
        (1400, json!("tick")),
        (1500, history(2, 2..=3)),
        (1500, json!("flush")),
        (901_100, json!("tick")),
        (901_200, synced_large("3", 2, 1..=3)),
        (901_200, json!("flush")),
    ]
}

/// A group that one came into late, and one that one comes back into: what stands before is not asked for.
fn a_window() -> Vec<(u64, Value)> {
    vec![
        (1000, push(2, 9)),
        (1100, since(9, synced("2", &[(2, 9..=9)]))),
        (1100, json!("flush")),
        (2000, push(1, 8)),
        (2200, json!("tick")),
        (2300, since(8, history(1, 8..=8))),
        (2300, json!("flush")),
        (3000, push(1, 9)),
        (3000, push(2, 10)),
        (3000, json!("flush")),
        (901_100, json!("tick")),
        (901_200, since(12, synced("3", &[(1, 12..=13)]))),
        (901_200, json!("flush")),
    ]
}

/// It began while this client was away, and has more entries than a page of sync brings.
fn a_conversation_that_is_new() -> Vec<(u64, Value)> {
    vec![
        (1000, json!("disconnected")),
        (9000, json!({ "connected": { "user": 1000 } })),
        (9100, synced("2", &[(2, 31..=40)])),
        (9200, history(2, 1..=40)),
        (9200, json!("flush")),
    ]
}

/// What the first sync shows begins at its recent entries, on whichever connection it is shown.
fn a_first_sync_in_two_parts() -> Vec<(u64, Value)> {
    vec![
        (1000, json!("forget all")),
        (2000, json!({ "connected": { "user": 1000 } })),
        (2100, synced_page("w1", &[(1, 8..=9)])),
        (2200, json!("disconnected")),
        (2300, json!("restart")),
        (3000, json!({ "connected": { "user": 1000 } })),
        (3100, synced("3", &[(2, 31..=40)])),
        (3200, synced("4", &[(3, 31..=32)])),
        (3300, history(3, 1..=32)),
    ]
}

fn a_page_too_large() -> Vec<(u64, Value)> {
    vec![
        (1000, push(1, 9)),
        (1200, json!("tick")),
        (1300, json!("too_large")),
        (1300, json!("disconnected")),
        (2000, json!({ "connected": { "user": 1000 } })),
        (2100, json!("too_large")),
        (2100, json!("disconnected")),
        (3000, json!({ "connected": { "user": 1000 } })),
        (3100, synced("2", &[])),
        (3200, history(1, 4..=9)),
        (4000, push(1, 12)),
        (4200, json!("tick")),
    ]
}

fn a_restart_within_a_gap() -> Vec<(u64, Value)> {
    vec![
        (1000, push(1, 9)),
        (1100, json!("restart")),
        (2000, json!({ "connected": { "user": 1000 } })),
        (2100, history(1, 4..=9)),
        (2100, json!("flush")),
    ]
}

fn a_lost_ack() -> Vec<(u64, Value)> {
    vec![
        (1000, json!("disconnected")),
        (2000, json!({ "connected": { "user": 1000 } })),
        (2100, synced("2", &[])),
        (3000, json!("disconnected")),
        (4000, json!({ "connected": { "user": 1000 } })),
    ]
}

fn an_answer_for_a_push() -> Vec<(u64, Value)> {
    vec![
        (1000, answered(1, 4)),
        (1000, json!("flush")),
        (1100, push(1, 5)),
        (1100, answered(1, 6)),
        (1100, json!("flush")),
        (1200, answered(1, 6)),
        (1200, json!("flush")),
        (1300, answered(2, 1)),
        (1300, json!("flush")),
    ]
}

fn an_answer_beyond_a_gap() -> Vec<(u64, Value)> {
    vec![
        (1000, answered(1, 6)),
        (1200, json!("tick")),
        (1300, history(1, 4..=6)),
        (1300, json!("flush")),
    ]
}

fn another_history() -> Vec<(u64, Value)> {
    vec![
        (1000, json!("disconnected")),
        (
            2000,
            json!({ "connected": { "user": 1000, "epoch": "e1" } }),
        ),
        (2100, push(1, 6)),
        (2200, json!("restart")),
        (
            3000,
            json!({ "connected": { "user": 1000, "epoch": "e2" } }),
        ),
        (3100, synced("e2.1", &[(1, 1..=2)])),
        (3100, json!("flush")),
    ]
}

fn no_name() -> Vec<(u64, Value)> {
    vec![
        (1000, json!("disconnected")),
        (
            2000,
            json!({ "connected": { "user": 1000, "epoch": "e1" } }),
        ),
        (2100, synced("e1.2", &[])),
        (3000, json!("disconnected")),
        (4000, json!({ "connected": { "user": 1000 } })),
        (4100, synced("e1.2", &[])),
        (5000, json!("disconnected")),
        (
            6000,
            json!({ "connected": { "user": 1000, "epoch": "e1" } }),
        ),
    ]
}

fn a_head_below() -> Vec<(u64, Value)> {
    vec![
        (1000, json!("disconnected")),
        (2000, json!({ "connected": { "user": 1000 } })),
        (2100, synced("2", &[(1, 1..=2)])),
        (2200, synced("2", &[(1, 1..=2)])),
        (2200, json!("flush")),
    ]
}

fn an_overtaken_page() -> Vec<(u64, Value)> {
    vec![
        (1000, json!("disconnected")),
        (2000, json!({ "connected": { "user": 1000 } })),
        (2050, push(1, 4)),
        (2060, push(1, 5)),
        (2100, synced("2", &[(1, 1..=3)])),
        (2100, json!("flush")),
    ]
}

fn answered(conv: u64, seq: u64) -> Value {
    let mut entry = entry(conv, seq);
    entry["from"] = 1000.into();
    json!({ "answered": entry })
}

fn entry(conv: u64, seq: u64) -> Value {
    json!({
        "conv": conv, "seq": seq, "id": 1000 * conv + seq, "kind": "message", "from": 1001, "at": 0,
        "client_id": format!("c{conv}.{seq}"), "body": { "type": "text", "text": "hello" },
    })
}

fn push(conv: u64, seq: u64) -> Value {
    let mut frame = entry(conv, seq);
    frame["type"] = "entry".into();
    json!({ "frame": frame })
}

fn history(conv: u64, seqs: std::ops::RangeInclusive<u64>) -> Value {
    let head = *seqs.end();
    let entries: Vec<Value> = seqs.map(|seq| entry(conv, seq)).collect();
    json!({ "frame": {
        "type": "history", "conv": conv, "entries": entries, "head": head, "more": false,
    } })
}

fn synced(cursor: &str, views: &[(u64, std::ops::RangeInclusive<u64>)]) -> Value {
    let mut page = synced_page(cursor, views);
    page["frame"]["more"] = false.into();
    page
}

/// A page with one conversation whose members are too many to be told.
fn synced_large(cursor: &str, conv: u64, seqs: std::ops::RangeInclusive<u64>) -> Value {
    let mut page = synced(cursor, &[(conv, seqs)]);
    let view = &mut page["frame"]["conversations"][0];
    view["kind"] = "group".into();
    view["size"] = 10_000.into();
    view.as_object_mut().expect("a view").remove("members");
    page
}

/// A page whose reader may read only from this seq on.
fn since(seq: u64, mut page: Value) -> Value {
    let frame = &mut page["frame"];
    match frame.get_mut("conversations") {
        Some(views) => views[0]["since"] = seq.into(),
        None => frame["since"] = seq.into(),
    }
    page
}

/// A page that is not the last.
fn synced_page(cursor: &str, views: &[(u64, std::ops::RangeInclusive<u64>)]) -> Value {
    let views = views.iter().map(|(conv, seqs)| {
        let entries: Vec<Value> = seqs.clone().map(|seq| entry(*conv, seq)).collect();
        json!({
            "conv": conv, "kind": "direct", "head": seqs.end(), "unread": 0, "entries": entries,
            "me": { "read": 0, "delivered": 0 }, "size": 1,
            "members": [{ "user": 1000, "read": 0, "delivered": 0 }],
        })
    });
    let views: Vec<Value> = views.collect();
    json!({ "frame": {
        "type": "synced", "conversations": views, "users": [], "total_unread": 0,
        "cursor": cursor, "more": true,
    } })
}

impl Machine for Incoming {
    fn take(&mut self, event: &Value, now: Tick) -> Vec<Value> {
        let mut out = Vec::new();
        match (event.as_str(), event.get("frame")) {
            (Some("disconnected"), _) => self.disconnected(),
            (Some("tick"), _) => self.tick(now, &mut out),
            (Some("flush"), _) => self.flush(&mut out),
            (Some("too_large"), _) => self.page_was_too_large(),
            (Some("forget all"), _) => *self = Self::new(Policy::default()),
            (Some("restart"), _) => *self = Self::restore(Policy::default(), self.snapshot()),
            (_, Some(frame)) => take_frame(self, frame, now, &mut out),
            _ if event.get("answered").is_some() => {
                let entry = serde_json::from_value(event["answered"].clone());
                self.answered(entry.expect("an entry"), now, &mut out);
            }
            _ if event.get("connected").is_some() => {
                let user = number(&event["connected"]["user"]);
                if let Some(epoch) = event["connected"]["epoch"].as_str() {
                    self.history_is(epoch, &mut out);
                }
                self.connected(UserId::from_trusted(user), now, &mut out);
            }
            _ => {
                let failed = &event["fetch_failed"];
                let conv = ConversationId::from_trusted(number(&failed["conv"]));
                let after = failed["retry_after_ms"].as_u64();
                self.fetch_failed(conv, after, number(&failed["random"]), now, &mut out);
            }
        }
        out.into_iter().map(action).collect()
    }

    fn next_deadline(&self) -> Option<Tick> {
        self.next_deadline()
    }
}

fn take_frame(incoming: &mut Incoming, frame: &Value, now: Tick, out: &mut Vec<Action>) {
    match ServerFrame::decode(&frame.to_string()) {
        Ok((_, ServerFrame::Entry(entry))) => incoming.entry(entry, now, out),
        Ok((_, ServerFrame::Synced(page))) => incoming.synced(page, now, out),
        Ok((_, ServerFrame::History(page))) => incoming.fetched(page, now, out),
        other => panic!("a script has a frame that is not one of these: {other:?}"),
    }
}

fn action(action: Action) -> Value {
    let frame = match action {
        Action::Deliver(entry) => {
            return json!({ "deliver": { "conv": entry.conv, "seq": entry.seq } });
        }
        Action::Reset => return json!("reset"),
        Action::Conversation(view) => return json!({ "conversation": view.conv }),
        Action::Ack { conv, seq } => ClientFrame::Ack(Ack { conv, seq }),
        Action::Sync {
            cursor,
            list,
            limit,
            bytes,
        } => ClientFrame::Sync(Sync {
            cursor,
            limit,
            list,
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
    let frame = frame.encode(None);
    json!({ "send": serde_json::from_str::<Value>(&frame).expect("a frame is JSON") })
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}
