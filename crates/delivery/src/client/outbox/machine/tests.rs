use std::time::Duration;

use hongyan_protocol::{Body, EntryId, EntryKind, ErrorCode, Millis, Recall, Send, Seq};

use super::*;

fn id(text: &str) -> ClientId {
    ClientId::new(text).expect("a client id")
}

fn conv(value: u64) -> Target {
    Target::Conversation(ConversationId::from_trusted(value))
}

fn user(value: u64) -> Target {
    Target::User(UserId::from_trusted(value))
}

fn at(milliseconds: u64) -> Tick {
    Tick::from_millis(milliseconds)
}

fn message(name: &str, target: Target) -> Append {
    Append::Send(Send {
        target,
        client_id: id(name),
        body: Body::text("hello"),
        reply_to: None,
        mentions: Vec::new(),
        mentions_all: false,
        topic: None,
        expires_at: None,
        origin: None,
    })
}

fn answer(name: &str, conv: u64) -> Sent {
    Sent {
        conv: ConversationId::from_trusted(conv),
        seq: Seq::from_trusted(1),
        id: EntryId::from_trusted(1),
        at: Millis::from_trusted(0),
        client_id: id(name),
    }
}

fn failure(code: ErrorCode, retry_after_ms: Option<u64>) -> Failure {
    Failure {
        code,
        message: "no".into(),
        retry_after_ms,
    }
}

fn connected() -> (Outbox, Vec<Action>) {
    let mut outbox = Outbox::new(Policy::default());
    let mut out = Vec::new();
    outbox.connected(at(0), &mut out);
    (outbox, out)
}

fn done(name: &str, to: u64) -> Action {
    Action::Done {
        append: message(name, conv(to)),
        sent: answer(name, to),
    }
}

/// The client ids of the requests poured out since the last call.
fn requests(out: &mut Vec<Action>) -> Vec<String> {
    let requests = out.drain(..).filter_map(|action| match action {
        Action::Request(append) => Some(append.client_id().to_string()),
        Action::Done { .. }
        | Action::Look { .. }
        | Action::Failed { .. }
        | Action::Found { .. }
        | Action::Dropped { .. }
        | Action::Reconnect => None,
    });
    requests.collect()
}

fn submit(outbox: &mut Outbox, name: &str, target: Target, out: &mut Vec<Action>) {
    outbox
        .submit(message(name, target), at(0), out)
        .expect("room");
}

#[test]
fn one_target_goes_one_by_one_and_targets_go_side_by_side() {
    let (mut outbox, mut out) = connected();
    for (name, target) in [("a1", 1), ("a2", 1), ("b1", 2), ("a3", 1)] {
        submit(&mut outbox, name, conv(target), &mut out);
    }
    assert_eq!(requests(&mut out), ["a1", "b1"]);
    outbox.sent(answer("a1", 1), at(10), &mut out);
    assert_eq!(out.remove(0), done("a1", 1));
    assert_eq!(requests(&mut out), ["a2"]);
    assert_eq!(outbox.len(), 3);
}

#[test]
fn what_was_in_flight_is_sent_again_in_order_on_the_next_connection() {
    let (mut outbox, mut out) = connected();
    for name in ["a1", "a2"] {
        submit(&mut outbox, name, conv(1), &mut out);
    }
    assert_eq!(requests(&mut out), ["a1"]);
    outbox.disconnected();
    submit(&mut outbox, "a3", conv(1), &mut out);
    assert_eq!(requests(&mut out), [""; 0]);
    assert_eq!(outbox.next_deadline(), None);
    outbox.connected(at(100), &mut out);
    assert_eq!(requests(&mut out), ["a1"]);
    let pending: Vec<&str> = outbox.pending().map(|a| a.client_id().as_str()).collect();
    assert_eq!(pending, ["a1", "a2", "a3"]);
}

#[test]
fn a_retryable_failure_holds_up_its_own_target_only() {
    let (mut outbox, mut out) = connected();
    for (name, target) in [("a1", 1), ("a2", 1), ("b1", 2)] {
        submit(&mut outbox, name, conv(target), &mut out);
    }
    requests(&mut out);
    let overloaded = failure(ErrorCode::Overloaded, Some(1_000));
    outbox.failed(&id("a1"), overloaded, u64::MAX / 2, at(0), &mut out);
    outbox.sent(answer("b1", 2), at(5), &mut out);
    assert_eq!(requests(&mut out), [""; 0]);
    // What the server asked for, and half of the first 500 ms.
    assert_eq!(outbox.next_deadline(), Some(at(1_249)));
    outbox.tick(at(1_248), &mut out);
    assert_eq!(requests(&mut out), [""; 0]);
    outbox.tick(at(1_249), &mut out);
    assert_eq!(requests(&mut out), ["a1"]);
}

#[test]
fn a_final_failure_is_reported_and_the_next_goes_on() {
    let (mut outbox, mut out) = connected();
    submit(&mut outbox, "a1", conv(1), &mut out);
    submit(&mut outbox, "a2", conv(1), &mut out);
    requests(&mut out);
    let forbidden = failure(ErrorCode::ConversationNotFound, None);
    outbox.failed(&id("a1"), forbidden.clone(), 0, at(1), &mut out);
    let expected = Action::Failed {
        append: message("a1", conv(1)),
        failure: forbidden,
    };
    assert_eq!(out.remove(0), expected);
    assert_eq!(requests(&mut out), ["a2"]);
}

#[test]
fn without_an_answer_the_connection_is_suspect() {
    let (mut outbox, mut out) = connected();
    submit(&mut outbox, "a1", conv(1), &mut out);
    requests(&mut out);
    assert_eq!(outbox.next_deadline(), Some(at(15_000)));
    outbox.tick(at(14_999), &mut out);
    assert_eq!(out, []);
    outbox.tick(at(15_000), &mut out);
    assert_eq!(out, [Action::Reconnect]);
    out.clear();
    // The answer may still come, before the connection is torn down.
    outbox.sent(answer("a1", 1), at(15_001), &mut out);
    assert_eq!(out, [done("a1", 1)]);
    assert!(outbox.is_empty());
}

#[test]
fn beyond_its_capacity_it_refuses_and_a_client_id_stands_for_one() {
    let policy = Policy {
        capacity: 2,
        ..Policy::default()
    };
    let mut outbox = Outbox::new(policy);
    let mut out = Vec::new();
    submit(&mut outbox, "a1", conv(1), &mut out);
    let twice = outbox.submit(message("a1", conv(2)), at(0), &mut out);
    assert_eq!(twice, Err(SubmitError::Duplicate));
    submit(&mut outbox, "a2", conv(1), &mut out);
    let third = outbox.submit(message("a3", conv(1)), at(0), &mut out);
    assert_eq!(third, Err(SubmitError::Full));
    assert_eq!(outbox.len(), 2);
}

#[test]
fn the_total_in_flight_is_bounded() {
    let (mut outbox, mut out) = connected();
    for n in 0..40 {
        submit(&mut outbox, &format!("m{n}"), conv(n), &mut out);
    }
    assert_eq!(requests(&mut out).len(), 16);
    outbox.sent(answer("m3", 3), at(1), &mut out);
    assert_eq!(requests(&mut out), ["m16"]);
}

#[test]
fn a_wider_lane_is_a_matter_of_policy() {
    let mut outbox = Outbox::new(Policy {
        in_flight_per_target: 3,
        ..Policy::default()
    });
    let mut out = Vec::new();
    outbox.connected(at(0), &mut out);
    for name in ["a1", "a2", "a3", "a4"] {
        submit(&mut outbox, name, conv(1), &mut out);
    }
    assert_eq!(requests(&mut out), ["a1", "a2", "a3"]);
}

#[test]
fn a_user_and_the_conversation_with_them_keep_one_order() {
    let (mut outbox, mut out) = connected();
    submit(&mut outbox, "to1", user(7), &mut out);
    submit(&mut outbox, "to2", user(7), &mut out);
    outbox.sent(answer("to1", 70), at(1), &mut out);
    assert_eq!(requests(&mut out), ["to1", "to2"]);
    let recall = Append::Recall(Recall {
        conv: ConversationId::from_trusted(70),
        seq: Seq::from_trusted(1),
        client_id: id("recall"),
    });
    outbox.submit(recall, at(2), &mut out).expect("room");
    submit(&mut outbox, "to3", user(7), &mut out);
    assert_eq!(requests(&mut out), [""; 0], "all behind to2");
    outbox.sent(answer("to2", 70), at(3), &mut out);
    assert_eq!(requests(&mut out), ["recall"]);
    outbox.sent(answer("recall", 70), at(4), &mut out);
    assert_eq!(requests(&mut out), ["to3"]);
    outbox.sent(answer("to3", 70), at(5), &mut out);
    assert!(outbox.directs.is_empty(), "nothing is remembered for ever");
}

#[test]
fn only_what_is_not_in_flight_can_be_taken_back() {
    let (mut outbox, mut out) = connected();
    submit(&mut outbox, "a1", conv(1), &mut out);
    submit(&mut outbox, "a2", conv(1), &mut out);
    assert_eq!(outbox.cancel(&id("a1"), at(1), &mut out), None);
    let taken = outbox.cancel(&id("a2"), at(1), &mut out);
    assert_eq!(taken, Some(message("a2", conv(1))));
    assert_eq!(outbox.len(), 1);
}

#[test]
fn the_server_is_not_believed_for_ever() {
    let (mut outbox, mut out) = connected();
    submit(&mut outbox, "a1", conv(1), &mut out);
    let never = failure(ErrorCode::RateLimited, Some(u64::MAX));
    outbox.failed(&id("a1"), never, 0, at(0), &mut out);
    let cap = Tick::default().after(crate::RETRY_AFTER_CAP + Duration::ZERO);
    assert_eq!(outbox.next_deadline(), Some(cap));
}

#[test]
fn an_answer_and_its_request_are_the_entry() {
    let mut request = Send {
        target: conv(1),
        client_id: id("a1"),
        body: Body::text("hello"),
        reply_to: Some(Seq::from_trusted(7)),
        mentions: [9, 8, 9].map(UserId::from_trusted).to_vec(),
        mentions_all: true,
        topic: Some("builds".into()),
        expires_at: Some(Millis::from_trusted(9)),
        origin: Some("ci".into()),
    };
    let me = UserId::from_trusted(5);
    let entry = Append::Send(request.clone()).into_entry(&answer("a1", 1), me);
    request.mentions = [8, 9].map(UserId::from_trusted).to_vec();
    assert_eq!((entry.from, entry.client_id), (me, request.client_id));
    assert_eq!(
        (entry.body, entry.reply_to),
        (Some(request.body), request.reply_to)
    );
    assert_eq!(entry.mentions, request.mentions, "as the server keeps them");
    assert!(entry.mentions_all);
    assert_eq!(
        (entry.topic, entry.expires_at, entry.origin),
        (request.topic, request.expires_at, request.origin)
    );

    let recall = Append::Recall(Recall {
        conv: ConversationId::from_trusted(1),
        seq: Seq::from_trusted(3),
        client_id: id("a2"),
    });
    let entry = recall.into_entry(&answer("a2", 1), me);
    assert_eq!(
        (entry.kind, entry.target, entry.body),
        (EntryKind::Recall, Some(Seq::from_trusted(3)), None)
    );
}
