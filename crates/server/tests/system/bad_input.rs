//! Every input is hostile: a stable answer, a bounded cost, no effect on anybody else.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::harness::{LI, LI_ID, Raw, TestServer, WANG, ZHANG, text_to};

/// Checks that a connection still works.
async fn still_works(raw: &mut Raw) {
    let pong = raw
        .request(json!({ "type": "ping", "interval_ms": 25000 }))
        .await;
    assert_eq!(pong["type"], "pong");
}

#[tokio::test]
async fn a_bad_frame_gets_a_stable_code_and_the_connection_stays() {
    let server = TestServer::start().await;
    let mut bystander = server.connect(LI).await;
    let mut raw = server.connect(ZHANG).await;
    let brackets = "[".repeat(400_000);
    let long = "x".repeat(65 * 1024);
    let cases: Vec<(String, &str, Option<u64>)> = vec![
        ("{".into(), "bad_request", None),
        ("[]".into(), "bad_request", None),
        ("null".into(), "bad_request", None),
        (r#"{"type":7,"req":3}"#.into(), "bad_request", Some(3)),
        (r#"{"type":"dance","req":4}"#.into(), "unsupported", Some(4)),
        (r#"{"type":"send","req":5}"#.into(), "bad_request", Some(5)),
        (r#"{"type":"send","req":6,"to":"x","client_id":"c","body":{"type":"text","text":"t"}}"#.into(), "bad_request", Some(6)),
        (r#"{"type":"send","req":7,"to":1,"conv":1,"client_id":"c","body":{"type":"text","text":"t"}}"#.into(), "bad_request", Some(7)),
        (r#"{"type":"send","req":8,"to":1001,"client_id":"c","body":{"type":"hologram"}}"#.into(), "unsupported", Some(8)),
        (r#"{"type":"send","req":9,"to":1001,"client_id":"c d","body":{"type":"text","text":"t"}}"#.into(), "bad_request", Some(9)),
        (format!(r#"{{"type":"send","req":10,"to":1001,"client_id":"c","body":{{"type":"text","text":"{long}"}}}}"#), "too_large", Some(10)),
        (r#"{"type":"ack","req":11,"conv":-1,"seq":1}"#.into(), "bad_request", Some(11)),
        (r#"{"type":"ack","req":12,"conv":9007199254740992,"seq":1}"#.into(), "bad_request", Some(12)),
        (format!(r#"{{"type":"ping","req":13,"x":{brackets}"#), "bad_request", Some(13)),
        (format!(r#"{{"req":13,"type":"ping","x":{brackets}"#), "bad_request", None),
        (r#"{"type":"hello","req":14,"token":"x"}"#.into(), "bad_request", Some(14)),
        (r#"{"type":"history","req":15,"conv":1,"before":1,"after":1}"#.into(), "bad_request", Some(15)),
        (r#"{"type":"sync","req":16,"cursor":"made up"}"#.into(), "bad_request", Some(16)),
    ];
    for (frame, code, req) in cases {
        let shown: String = frame.chars().take(80).collect();
        raw.send_message(Message::text(frame)).await;
        let answer = raw.next_of("error").await;
        assert_eq!(answer["code"], code, "{shown}");
        assert_eq!(answer["req"].as_u64(), req, "{shown}");
    }
    still_works(&mut raw).await;
    still_works(&mut bystander).await;
}

#[tokio::test]
async fn what_is_not_the_callers_is_not_told_apart_from_what_is_not_there() {
    let server = TestServer::start().await;
    let mut zhang = server.connect(ZHANG).await;
    let mut wang = server.connect(WANG).await;
    let conv = zhang.send_text(LI_ID, "m1", "private").await["conv"].clone();
    for conv in [conv, json!(777)] {
        let text = json!({ "type": "text", "text": "let me in" });
        let intrusions = [
            json!({ "type": "send", "conv": conv, "client_id": "x1", "body": text }),
            json!({ "type": "edit", "conv": conv, "seq": 1, "client_id": "x2", "body": text }),
            json!({ "type": "recall", "conv": conv, "seq": 1, "client_id": "x3" }),
            json!({ "type": "read", "conv": conv, "seq": 1 }),
            json!({ "type": "ack", "conv": conv, "seq": 1 }),
            json!({ "type": "history", "conv": conv }),
        ];
        for intrusion in intrusions {
            let answer = wang.request(intrusion.clone()).await;
            assert_eq!(answer["code"], "conversation_not_found", "{intrusion}");
        }
    }
    let nobody = wang.request(text_to(4242, "x4", "hello?")).await;
    assert_eq!(nobody["code"], "user_not_found");
    let synced = wang.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["conversations"], json!([]));
}

#[tokio::test]
async fn a_seq_in_the_future_is_refused_and_moves_nothing() {
    let server = TestServer::start().await;
    let mut zhang = server.connect(ZHANG).await;
    let mut li = server.connect(LI).await;
    let conv = zhang.send_text(LI_ID, "m1", "hi").await["conv"].clone();
    for kind in ["ack", "read"] {
        let answer = li
            .request(json!({ "type": kind, "conv": conv, "seq": 2 }))
            .await;
        assert_eq!(answer["code"], "seq_out_of_range", "{kind}");
    }
    let reply = json!({ "type": "send", "conv": conv, "client_id": "c", "reply_to": 9,
        "body": { "type": "text", "text": "to what?" } });
    assert_eq!(li.request(reply).await["code"], "entry_not_found");
    let (_, page) = server.http(LI).await.get("/v1/conversations").await;
    let own = &page["conversations"][0]["me"];
    assert_eq!(*own, json!({ "read": 0, "delivered": 0 }));
}

#[tokio::test]
async fn frames_that_break_websocket_or_come_before_hello_close_with_a_terminal_code() {
    let server = TestServer::start().await;
    let mut bystander = server.connect(LI).await;
    let violation = Some((4002, "protocol_violation".to_owned()));

    let mut binary = server.connect(ZHANG).await;
    binary.send_message(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(binary.closed().await, violation);

    let mut not_text = server.connect(ZHANG).await;
    let frame = Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    not_text.send_message(Message::Frame(frame)).await;
    assert_eq!(not_text.closed().await, violation);

    let mut too_large = server.connect(ZHANG).await;
    too_large
        .send_message(Message::text("x".repeat(600 * 1024)))
        .await;
    assert_eq!(
        too_large.closed().await,
        Some((4003, "frame_too_large".into()))
    );

    for early in [
        json!({ "type": "sync", "req": 1 }),
        json!("hi"),
        json!({ "type": "ping", "interval_ms": 1 }),
    ] {
        let mut raw = Raw::open(server.address()).await;
        raw.send(early).await;
        assert_eq!(raw.closed().await, violation);
    }
    for token in [
        json!({ "type": "hello", "token": "hy_wrong" }),
        json!({ "type": "hello" }),
    ] {
        let mut raw = Raw::open(server.address()).await;
        raw.send(token).await;
        assert_eq!(raw.closed().await, Some((4001, "unauthenticated".into())));
    }
    still_works(&mut bystander).await;
}

#[tokio::test]
async fn a_client_that_only_sends_rubbish_is_closed() {
    let server = TestServer::start().await;
    let mut raw = server.connect(ZHANG).await;
    for _ in 0..100 {
        raw.send_message(Message::text("rubbish")).await;
    }
    assert_eq!(
        raw.closed().await,
        Some((4002, "protocol_violation".into()))
    );
    // Types of a newer client are no rubbish.
    let mut newer = server.connect(ZHANG).await;
    for _ in 0..100 {
        newer.send(json!({ "type": "dance" })).await;
    }
    still_works(&mut newer).await;
}

#[tokio::test]
async fn whoever_does_not_say_hello_is_closed() {
    let server = TestServer::start().await;
    let mut raw = Raw::open(server.address()).await;
    assert_eq!(raw.closed().await, Some((4100, "hello_timeout".into())));
}

#[tokio::test]
async fn a_flood_of_frames_slows_down_only_its_sender() {
    let server = TestServer::start().await;
    let mut flood = server.connect(ZHANG).await;
    let mut bystander = server.connect(LI).await;
    let flooding = tokio::spawn(async move {
        for _ in 0..20_000 {
            flood
                .send(json!({ "type": "ping", "interval_ms": 25000 }))
                .await;
        }
        flood
    });
    for n in 0..20 {
        let started = tokio::time::Instant::now();
        bystander.send_text(1002, &format!("b{n}"), "hi").await;
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "a bystander waited {:?}",
            started.elapsed()
        );
    }
    flooding.abort();
}

#[tokio::test]
async fn a_body_over_http_is_bounded_and_checked() {
    let server = TestServer::start().await;
    let http = server.http(ZHANG).await;
    let text = |text: &str| json!({ "to": LI_ID, "client_id": "c", "body": { "type": "text", "text": text } });
    let cases = [
        (text(&"x".repeat(70_000)), 413, "too_large"),
        (text(&"x".repeat(600_000)), 413, "too_large"),
        (text(""), 400, "bad_request"),
        (json!([1, 2]), 400, "bad_request"),
        (json!({ "to": 1 }), 400, "bad_request"),
    ];
    for (body, status, code) in cases {
        let shown: String = body.to_string().chars().take(60).collect();
        let (got, answer) = http.post("/v1/messages", body).await;
        assert_eq!(got.as_u16(), status, "{shown}");
        assert_eq!(answer["error"]["code"], code, "{shown}");
    }
    for path in [
        "/v1/conversations/x/entries",
        "/v1/conversations/1/entries?limit=many",
        "/v1/users?after=-1",
    ] {
        let (status, answer) = http.get(path).await;
        assert_eq!(
            (status.as_u16(), &answer["error"]["code"]),
            (400, &json!("bad_request")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_request_that_is_none_for_a_websocket_is_told_what_is_missing() {
    let server = TestServer::start().await;
    let whole = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-protocol", "chat, hongyan.v1.json"),
    ];
    for (missing, _) in &whole[..4] {
        let mut request = reqwest::Client::new().get(format!("{}/v1/ws", server.url()));
        for (name, value) in whole.iter().filter(|(name, _)| name != missing) {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 400, "without {missing}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["code"], "bad_request", "without {missing}");
    }
    for (name, value, status) in [
        ("sec-websocket-key", "bm90IDE2IGJ5dGVz", 400),
        ("sec-websocket-key", "!", 400),
        ("sec-websocket-version", "thirteen", 400),
        ("sec-websocket-version", "8", 426),
        ("sec-websocket-version", "14", 426),
    ] {
        let mut request = reqwest::Client::new().get(format!("{}/v1/ws", server.url()));
        for (other, good) in whole {
            request = request.header(other, if other == name { value } else { good });
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{name}: {value}");
        if status == 426 {
            assert_eq!(answer.headers()["sec-websocket-version"], "13");
        }
    }
    for doubled in ["sec-websocket-key", "sec-websocket-version"] {
        let mut request = reqwest::Client::new().get(format!("{}/v1/ws", server.url()));
        for (name, value) in whole {
            request = request.header(name, value);
            if name == doubled {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 400, "{doubled} twice");
    }
    let request = whole.iter().fold(
        reqwest::Client::new().get(format!("{}/v1/ws", server.url())),
        |request, (name, value)| request.header(*name, *value),
    );
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 101);
    // The example of RFC 6455, section 1.3.
    assert_eq!(
        answer.headers()["sec-websocket-accept"],
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    assert_eq!(
        answer.headers()["sec-websocket-protocol"],
        "hongyan.v1.json"
    );
}

/// Bad input is answered with the same code at both doors.
#[tokio::test]
async fn both_doors_refuse_alike() {
    let server = TestServer::start().await;
    let http = server.http(ZHANG).await;
    let mut socket = server.connect(ZHANG).await;
    socket.send_text(LI_ID, "first", "hi").await;
    let long_cursor = "7".repeat(129);
    let body = |more: Value| {
        let mut body = json!({ "type": "text", "text": "x" });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let html = || body(json!({ "html": "<b>x</b>" }));
    let cases = [
        (
            json!({ "type": "sync", "limit": 0 }),
            "GET /v1/conversations?limit=0",
            None,
        ),
        (
            json!({ "type": "sync", "limit": -1 }),
            "GET /v1/conversations?limit=-1",
            None,
        ),
        (
            json!({ "type": "sync", "limit": 1_u64 << 53 }),
            "GET /v1/conversations?limit=9007199254740992",
            None,
        ),
        (
            json!({ "type": "sync", "cursor": "x" }),
            "GET /v1/conversations?cursor=x",
            None,
        ),
        (
            json!({ "type": "sync", "cursor": long_cursor }),
            &format!("GET /v1/conversations?cursor={long_cursor}"),
            None,
        ),
        (
            json!({ "type": "history", "conv": 1, "limit": 0 }),
            "GET /v1/conversations/1/entries?limit=0",
            None,
        ),
        (
            json!({ "type": "history", "conv": 1, "before": 1, "after": 1 }),
            "GET /v1/conversations/1/entries?before=1&after=1",
            None,
        ),
        (
            json!({ "type": "history", "conv": 1, "after": -1 }),
            "GET /v1/conversations/1/entries?after=-1",
            None,
        ),
        (
            json!({ "type": "history", "conv": 7 }),
            "GET /v1/conversations/7/entries",
            None,
        ),
        (
            json!({ "type": "read", "conv": 1, "seq": 9 }),
            "POST /v1/conversations/1/read",
            Some(json!({ "seq": 9 })),
        ),
        (
            json!({ "type": "read", "conv": 1, "seq": 1.0 }),
            "POST /v1/conversations/1/read",
            Some(json!({ "seq": 1.0 })),
        ),
        (
            json!({ "type": "send", "to": LI_ID, "client_id": "s1", "body": html() }),
            "POST /v1/messages",
            Some(json!({ "to": LI_ID, "client_id": "s1", "body": html() })),
        ),
        (
            json!({ "type": "send", "to": LI_ID, "client_id": "", "body": body(json!({})) }),
            "POST /v1/messages",
            Some(json!({ "to": LI_ID, "client_id": "", "body": body(json!({})) })),
        ),
        (
            json!({ "type": "send", "conv": 1, "client_id": "s2", "body": { "type": "poll" } }),
            "POST /v1/messages",
            Some(json!({ "conv": 1, "client_id": "s2", "body": { "type": "poll" } })),
        ),
        (
            json!({ "type": "edit", "conv": 1, "seq": 1, "client_id": "e1", "body": html() }),
            "PATCH /v1/conversations/1/entries/1",
            Some(json!({ "client_id": "e1", "body": html() })),
        ),
        (
            json!({ "type": "edit", "conv": 1, "seq": 1, "client_id": "e2", "body": body(json!({ "text": "" })) }),
            "PATCH /v1/conversations/1/entries/1",
            Some(json!({ "client_id": "e2", "body": body(json!({ "text": "" })) })),
        ),
        (
            json!({ "type": "recall", "conv": 1, "seq": 9, "client_id": "r" }),
            "DELETE /v1/conversations/1/entries/9",
            None,
        ),
    ];
    for (frame, request, body) in cases {
        let refused = socket.request(frame.clone()).await;
        assert_eq!(refused["type"], "error", "{frame}");
        let (method, path) = request.split_once(' ').unwrap();
        let (status, answer) = http.call(method.parse().unwrap(), path, body).await;
        assert!(status.is_client_error(), "{request}: {status} {answer}");
        assert_eq!(
            answer["error"]["code"], refused["code"],
            "{frame} and {request}"
        );
    }
    for path in ["/v1/users?limit=0", "/v1/users?limit=-1"] {
        let (status, answer) = http.get(path).await;
        assert_eq!(status.as_u16(), 400, "{path}");
        assert_eq!(answer["error"]["code"], "bad_request", "{path}");
    }
    let page = socket
        .request(json!({ "type": "history", "conv": 1 }))
        .await;
    assert_eq!(page["head"], 1, "nothing of all that was stored");
}
