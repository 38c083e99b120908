//! Scripts for `client::Outbox`, with the default policy.
//!
//! Events: `connected`, `disconnected`, `tick`, `submit` (a frame to send), `sent` (the server's answer), and
//! `failed`, `looked` (the id of the entry that was looked up, or null), `learn_direct` (the 1:1 conversation with a user),
//! and `history_replaced`. Actions: `send` (a frame, without its `req`), `look` (an entry to be looked up for a request),
//! `done`, `failed`, `found` and `dropped` (a client id), `reconnect`.
//!
//! `random` counts in parts of 2^64: 2^62 is a quarter, and exact as a JavaScript number too.

use hongyan_delivery::Tick;
use hongyan_delivery::client::outbox::{Action, Append, Outbox, Policy};
use hongyan_protocol::{
    ClientFrame, ClientId, ConversationId, EntryId, ErrorCode, Failure, ServerFrame, UserId,
};
use serde_json::{Value, json};

use crate::script::{Machine, replay, to_text};

pub(crate) fn vectors() -> String {
    let scripts = [
        ("one at a time for each conversation", one_at_a_time()),
        ("a connection breaks", a_break()),
        ("put off, and refused", put_off_and_refused()),
        ("no answer", no_answer()),
        ("another history", another_history()),
        (
            "another history, and a recall",
            another_history_and_a_recall(),
        ),
        ("what is there in another form", in_another_form()),
        ("replies in another history", replies()),
    ];
    let scripts = scripts.map(|(name, steps)| replay(name, Outbox::new(Policy::default()), steps));
    to_text(&scripts)
}

fn one_at_a_time() -> Vec<(u64, Value)> {
    vec![
        (0, json!("connected")),
        (1, submit("a1", 1)),
        (2, submit("a2", 1)),
        (3, submit("b1", 2)),
        (50, sent("a1", 1)),
        (60, sent("b1", 2)),
        (90, sent("a2", 1)),
    ]
}

fn a_break() -> Vec<(u64, Value)> {
    vec![
        (0, submit("a1", 1)),
        (1, submit("a2", 1)),
        (10, json!("connected")),
        (20, json!("disconnected")),
        (500, json!("connected")),
        (550, sent("a1", 1)),
    ]
}

fn put_off_and_refused() -> Vec<(u64, Value)> {
    vec![
        (0, json!("connected")),
        (1, submit("a1", 1)),
        (2, submit("a2", 1)),
        (50, failed("a1", ErrorCode::Overloaded, Some(1000))),
        (1174, json!("tick")),
        (1175, json!("tick")),
        (1350, failed("a1", ErrorCode::ConversationNotFound, None)),
    ]
}

fn no_answer() -> Vec<(u64, Value)> {
    vec![
        (0, json!("connected")),
        (1, submit("a1", 1)),
        (15_000, json!("tick")),
        (15_001, json!("tick")),
        (15_500, json!("connected")),
    ]
}

/// What was answered is sent again before what waits, to the person and not to the conversation.
fn another_history() -> Vec<(u64, Value)> {
    vec![
        (0, json!("connected")),
        (1, json!({ "learn_direct": { "user": 1001, "conv": 1 } })),
        (2, submit("a1", 1)),
        (50, sent("a1", 1)),
        (51, submit("a2", 1)),
        (60, sent_at("a2", 1, 2)),
        (70, json!("disconnected")),
        (80, submit("a3", 1)),
        (90, json!("history_replaced")),
        (100, json!("connected")),
        (150, sent("a1", 7)),
        (160, sent_at("a2", 7, 2)),
        (170, sent_at("a3", 7, 3)),
    ]
}

/// Of a recalled message the text is gone; whether it is there is asked, and then it is recalled again.
fn another_history_and_a_recall() -> Vec<(u64, Value)> {
    vec![
        (0, json!("connected")),
        (1, submit("a1", 1)),
        (50, sent("a1", 1)),
        (51, submit("a2", 1)),
        (60, sent_at("a2", 1, 2)),
        (61, recall("r1", 1, 1)),
        (70, sent_at("r1", 1, 3)),
        (71, recall("r2", 1, 2)),
        (80, sent_at("r2", 1, 4)),
        (90, json!("history_replaced")),
        (150, failed("a1", ErrorCode::ClientIdConflict, None)),
        (160, sent_at("r1", 1, 3)),
        (170, failed("a2", ErrorCode::EntryNotFound, None)),
        (180, json!("history_replaced")),
    ]
}

/// An edited message is sent again as it is now. If it is there as it was, the edit is sent again.
fn in_another_form() -> Vec<(u64, Value)> {
    vec![
        (0, json!("connected")),
        (1, submit("a1", 1)),
        (50, sent("a1", 1)),
        (51, edit("e1", 1, 1)),
        (60, sent_at("e1", 1, 2)),
        (61, submit("a2", 1)),
        (70, sent_at("a2", 1, 3)),
        (71, edit("e2", 1, 3)),
        (75, json!("disconnected")),
        (80, json!("history_replaced")),
        (90, json!("connected")),
        (150, failed("a1", ErrorCode::ClientIdConflict, None)),
        (160, sent_at("e1", 1, 2)),
        (170, failed("a2", ErrorCode::ClientIdConflict, None)),
    ]
}

/// A reply to what is still there stays one. An own message is there where it was answered now; another's, if the entry
/// at its place has an id from before the reply.
fn replies() -> Vec<(u64, Value)> {
    vec![
        (0, json!("connected")),
        (1, submit("a1", 1)),
        (10, sent("a1", 1)),
        // To the own message; to one of somebody else's, at 2; and to one that will not be there.
        (11, reply("a2", 1, 1)),
        (20, entry("a2", 1, 4, 40)),
        (21, reply("a3", 1, 2)),
        (30, entry("a3", 1, 5, 50)),
        (31, reply("a4", 1, 3)),
        (40, entry("a4", 1, 6, 60)),
        (41, reply("b1", 9, 1)),
        (50, entry("b1", 9, 2, 70)),
        (60, json!("disconnected")),
        (70, json!("history_replaced")),
        (80, json!("connected")),
        (90, entry("a1", 1, 3, 100)),
        (100, entry("a2", 1, 4, 110)),
        (110, looked("a3", Some(20))),
        (120, entry("a3", 1, 5, 120)),
        // A lookup breaks off, and one is put off.
        (130, json!("disconnected")),
        (140, json!("connected")),
        (150, failed("a4", ErrorCode::Overloaded, None)),
        (275, json!("tick")),
        (280, looked("a4", Some(100))),
        (290, entry("a4", 1, 6, 130)),
        (300, failed("b1", ErrorCode::ConversationNotFound, None)),
        (310, entry("b1", 9, 2, 140)),
    ]
}

fn reply(name: &str, conv: u64, to: u64) -> Value {
    let mut reply = submit(name, conv);
    reply["submit"]["reply_to"] = to.into();
    reply
}

fn entry(name: &str, conv: u64, seq: u64, id: u64) -> Value {
    let mut sent = sent_at(name, conv, seq);
    sent["sent"]["id"] = id.into();
    sent
}

fn looked(name: &str, found: Option<u64>) -> Value {
    json!({ "looked": { "client_id": name, "id": found } })
}

fn recall(name: &str, conv: u64, seq: u64) -> Value {
    json!({ "submit": { "type": "recall", "conv": conv, "seq": seq, "client_id": name } })
}

fn edit(name: &str, conv: u64, seq: u64) -> Value {
    json!({ "submit": {
        "type": "edit", "conv": conv, "seq": seq, "client_id": name,
        "body": { "type": "text", "text": "edited" },
    } })
}

fn sent_at(name: &str, conv: u64, seq: u64) -> Value {
    let mut sent = sent(name, conv);
    sent["sent"]["seq"] = seq.into();
    sent
}

fn submit(name: &str, conv: u64) -> Value {
    json!({ "submit": {
        "type": "send", "conv": conv, "client_id": name, "body": { "type": "text", "text": "hello" },
    } })
}

fn sent(name: &str, conv: u64) -> Value {
    json!({ "sent": {
        "type": "sent", "conv": conv, "seq": 1, "id": 1, "at": 0, "client_id": name,
    } })
}

fn failed(name: &str, code: ErrorCode, retry_after_ms: Option<u64>) -> Value {
    let random = 1_u64 << 62;
    json!({ "failed": {
        "client_id": name, "code": code, "retry_after_ms": retry_after_ms, "random": random,
    } })
}

impl Machine for Outbox {
    fn take(&mut self, event: &Value, now: Tick) -> Vec<Value> {
        let mut out = Vec::new();
        match (
            event.as_str(),
            event.as_object().and_then(|event| event.iter().next()),
        ) {
            (Some("connected"), _) => self.connected(now, &mut out),
            (Some("disconnected"), _) => self.disconnected(),
            (Some("tick"), _) => self.tick(now, &mut out),
            (Some("history_replaced"), _) => self.history_replaced(now, &mut out),
            (_, Some((kind, event))) => take(self, kind, event, now, &mut out),
            _ => panic!("no such event: {event}"),
        }
        out.into_iter().map(action).collect()
    }

    fn next_deadline(&self) -> Option<Tick> {
        self.next_deadline()
    }
}

fn take(outbox: &mut Outbox, kind: &str, event: &Value, now: Tick, out: &mut Vec<Action>) {
    match kind {
        "submit" => match ClientFrame::decode(&event.to_string()) {
            Ok((_, ClientFrame::Send(send))) => submit_to(outbox, Append::Send(send), now, out),
            Ok((_, ClientFrame::Edit(edit))) => submit_to(outbox, Append::Edit(edit), now, out),
            Ok((_, ClientFrame::Recall(recall))) => {
                submit_to(outbox, Append::Recall(recall), now, out);
            }
            other => panic!("nothing to submit: {other:?}"),
        },
        "looked" => {
            let client_id = event["client_id"].as_str().unwrap_or_default();
            let client_id = ClientId::new(client_id).expect("a client id");
            let found = event["id"].as_u64().map(EntryId::from_trusted);
            outbox.looked(&client_id, found, now, out);
        }
        "learn_direct" => {
            let number = |name: &str| event[name].as_u64().expect("a number");
            let conv = ConversationId::from_trusted(number("conv"));
            outbox.learn_direct(UserId::from_trusted(number("user")), conv);
        }
        "sent" => match ServerFrame::decode(&event.to_string()) {
            Ok((_, ServerFrame::Sent(sent))) => outbox.sent(sent, now, out),
            other => panic!("not a sent: {other:?}"),
        },
        _ => {
            let client_id = event["client_id"].as_str().unwrap_or_default();
            let client_id = ClientId::new(client_id).expect("a client id");
            let code = event["code"].as_str().and_then(ErrorCode::parse);
            let failure = Failure {
                code: code.expect("a code"),
                message: "".into(),
                retry_after_ms: event["retry_after_ms"].as_u64(),
            };
            let random = event["random"].as_u64().unwrap_or(0);
            outbox.failed(&client_id, failure, random, now, out);
        }
    }
}

fn submit_to(outbox: &mut Outbox, append: Append, now: Tick, out: &mut Vec<Action>) {
    let submitted = outbox.submit(append, now, out);
    submitted.expect("the scripts are short");
}

fn action(action: Action) -> Value {
    match action {
        Action::Request(append) => {
            let frame = ClientFrame::from(append).encode(None);
            json!({ "send": serde_json::from_str::<Value>(&frame).expect("a frame is JSON") })
        }
        Action::Look {
            client_id,
            conv,
            seq,
        } => json!({ "look": { "client_id": client_id, "conv": conv, "seq": seq } }),
        Action::Done { sent, append: _ } => json!({ "done": sent.client_id }),
        Action::Failed { append, failure: _ } => json!({ "failed": append.client_id() }),
        Action::Found { client_id } => json!({ "found": client_id }),
        Action::Dropped { client_id } => json!({ "dropped": client_id }),
        Action::Reconnect => json!("reconnect"),
    }
}
