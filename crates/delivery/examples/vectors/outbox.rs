//! Scripts for `client::Outbox`, with the default policy.
//!
//! Events: `connected`, `disconnected`, `tick`, `submit` (a frame to send), `sent` (the server's answer), and
//! `failed`. Actions: `send` (a frame, without its `req`), `done` and `failed` (a client id), `reconnect`.
//!
//! `random` counts in parts of 2^64: 2^62 is a quarter, and exact as a JavaScript number too.

use hongyan_delivery::Tick;
use hongyan_delivery::client::outbox::{Action, Append, Outbox, Policy};
use hongyan_protocol::{ClientFrame, ClientId, ErrorCode, Failure, ServerFrame};
use serde_json::{Value, json};

use crate::script::{Machine, replay, to_text};

pub(crate) fn vectors() -> String {
    let scripts = [
        ("one at a time for each conversation", one_at_a_time()),
        ("a connection breaks", a_break()),
        ("put off, and refused", put_off_and_refused()),
        ("no answer", no_answer()),
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
            Ok((_, ClientFrame::Send(send))) => {
                let submitted = outbox.submit(Append::Send(send), now, out);
                submitted.expect("the scripts are short");
            }
            other => panic!("not a send: {other:?}"),
        },
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

fn action(action: Action) -> Value {
    match action {
        Action::Request(append) => {
            let frame = ClientFrame::from(append).encode(None);
            json!({ "send": serde_json::from_str::<Value>(&frame).expect("a frame is JSON") })
        }
        Action::Done { sent, append: _ } => json!({ "done": sent.client_id }),
        Action::Failed { append, failure: _ } => json!({ "failed": append.client_id() }),
        Action::Reconnect => json!("reconnect"),
    }
}
