//! What bad input gets: an error frame, and the connection stays; unless it goes on and on.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Browser, Socket, say};
use crate::harness::{LI, LI_ID, TestServer, ZHANG, ZHANG_ID};

/// Close codes.
const PROTOCOL_VIOLATION: u16 = 4002;
const FRAME_TOO_LARGE: u16 = 4003;

fn assert_refused(frame: &Value, code: &str) {
    assert_eq!(frame["type"], -1, "{frame}");
    assert_eq!(frame["data"]["code"], code, "{frame}");
    assert!(frame["data"]["message"].is_string(), "{frame}");
}

#[tokio::test]
async fn each_kind_is_told_and_the_connection_stays() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut li = Socket::online(&server, LI, LI_ID).await;
    let broken = [
        ("not json", "bad_request"),
        ("[]", "bad_request"),
        // What a client that puts strings together sends for: He said "no".
        (
            r#"{"type":3,"data":{"senderUid":1000,"recipientUid":1001,"content":"He said "no".","msgType":1}}"#,
            "bad_request",
        ),
        (r#"{"type":7,"data":{}}"#, "unsupported"),
        (r#"{"type":4,"tid":1,"data":{}}"#, "unsupported"),
        (r#"{"type":2,"data":{"ownerUid":1000}}"#, "bad_request"),
        (
            r#"{"type":3,"data":{"senderUid":1000,"recipientUid":1001,"msgType":1}}"#,
            "bad_request",
        ),
        (r#"{"type":6,"data":{"tid":"1"}}"#, "bad_request"),
        (r#"{"type":0,"data":{"uid":1000}}"#, "bad_request"),
    ];
    for (text, code) in broken {
        zhang.send_text(text).await;
        assert_refused(&zhang.next().await, code);
    }
    for (frame, code) in [
        (say(ZHANG_ID, LI_ID, ""), "bad_request"),
        (say(ZHANG_ID, LI_ID, "a\0b"), "bad_request"),
        (say(ZHANG_ID, LI_ID, &"长".repeat(22_000)), "too_large"),
        (say(ZHANG_ID, 4711, "nobody"), "user_not_found"),
        (say(ZHANG_ID, ZHANG_ID, "myself"), "user_not_found"),
        (
            json!({ "type": 3, "data": { "senderUid": 1000, "recipientUid": 1001, "content": "x", "msgType": 2 } }),
            "unsupported",
        ),
    ] {
        assert_refused(&zhang.ask(frame).await, code);
    }
    zhang.say(LI_ID, "still here").await;
    assert_eq!(li.pushed(1).await, ["still here"]);
}

#[tokio::test]
async fn a_pasted_text_keeps_its_line_breaks_and_tabs() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut li = Socket::online(&server, LI, LI_ID).await;
    // What a client that puts strings together sends: the text between two quotes, as it is.
    for text in ["a\nb", "\tfn main() {\r\n\t}\n", "长\u{b}文\u{1f}"] {
        let frame = format!(
            "{{\"type\": 3,\n\"data\": {{\"senderUid\":1000,\"recipientUid\":1001,\"content\":\"{text}\",\"msgType\":1}}}}"
        );
        zhang.send_text(&frame).await;
        let answer = zhang.next().await;
        assert_eq!(
            (&answer["type"], &answer["data"]["content"]),
            (&json!(3), &json!(text))
        );
        assert_eq!(li.pushed(1).await, [text]);
    }
}

#[tokio::test]
async fn two_megabytes_are_refused_and_nothing_is_lost() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut li = Socket::online(&server, LI, LI_ID).await;
    zhang.say(LI_ID, "before").await;
    let long = say(ZHANG_ID, LI_ID, &"x".repeat(2 * 1024 * 1024));
    assert_refused(&zhang.ask(long).await, "too_large");
    zhang.say(LI_ID, "after").await;
    assert_eq!(li.pushed(2).await, ["before", "after"]);

    let endless = say(ZHANG_ID, LI_ID, &"x".repeat(5 * 1024 * 1024));
    zhang.send(endless).await;
    // The server stops reading it; what is in the air then may cost the close frame.
    let code = zhang.closed().await;
    assert!([FRAME_TOO_LARGE, 0].contains(&code), "{code}");
}

#[tokio::test]
async fn a_frame_before_bind_is_refused_and_bind_still_works() {
    let server = TestServer::start().await;
    let browser = Browser::sign_in(&server, ZHANG).await;
    let mut zhang = Socket::open(&server, &browser, ZHANG_ID).await;
    for early in [
        json!({ "type": 0, "data": { "uid": 1000, "timeout": 120_000 } }),
        json!({ "type": 2, "data": { "ownerUid": 1000, "otherUid": 1001 } }),
        say(ZHANG_ID, LI_ID, "too early"),
        json!({ "type": 5, "data": { "uid": 1000 } }),
        json!({ "type": 6, "data": { "tid": 1 } }),
    ] {
        assert_refused(&zhang.ask(early).await, "bad_request");
    }
    zhang.bind().await;
    assert_eq!(zhang.query(LI_ID).await, json!([]), "nothing was sent");
}

#[tokio::test]
async fn repeated_it_ends_the_connection_and_that_of_nobody_else() {
    let server = TestServer::start().await;
    let mut bad = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut good = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut refused = 0;
    for _ in 0..100 {
        bad.send_text("{").await;
    }
    let code = loop {
        match bad.next_within(crate::harness::PATIENCE).await {
            Some(Ok(frame)) => {
                assert_refused(&frame, "bad_request");
                refused += 1;
            }
            Some(Err(code)) => break code,
            None => panic!("the server did not close"),
        }
    };
    assert_eq!((code, refused), (PROTOCOL_VIOLATION, 17));
    good.say(LI_ID, "hello").await;
}

#[tokio::test]
async fn now_and_then_it_is_forgiven() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    for _ in 0..100 {
        zhang.send_text("{").await;
        assert_refused(&zhang.next().await, "bad_request");
        assert_eq!(zhang.unread().await, 0);
    }
}

#[tokio::test]
async fn what_is_not_text_ends_the_connection() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    zhang.send_message(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(zhang.closed().await, PROTOCOL_VIOLATION);
}
