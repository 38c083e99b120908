//! What is told only to those who look: real clients on a real server.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Http, LI, LI_ID, Raw, TestServer, WANG, WANG_ID, ZHANG, ZHANG_ID};

/// Makes a group of Zhang's with these.
async fn group(zhang: &Http, users: &[u64]) -> u64 {
    let body = json!({ "client_id": "g", "name": "雁群", "users": users });
    let (_, sent) = zhang.post("/v1/groups", body).await;
    sent["conv"].as_u64().unwrap()
}

async fn watch(raw: &mut Raw, conv: u64) -> Value {
    raw.request(json!({ "type": "watch", "conv": conv })).await
}

async fn types(raw: &mut Raw, conv: u64) {
    raw.send(json!({ "type": "typing", "conv": conv })).await;
}

fn text(conv: u64, client_id: &str) -> Value {
    let body = json!({ "type": "text", "text": "x" });
    json!({ "type": "send", "conv": conv, "client_id": client_id, "body": body })
}

/// Whether a frame of this type comes before the answer to a question that is asked now.
async fn comes(raw: &mut Raw, kind: &str) -> bool {
    raw.send(json!({ "type": "ping", "req": 4242, "interval_ms": 0 }))
        .await;
    let mut came = false;
    loop {
        let frame = raw.next().await;
        came |= frame["type"] == kind;
        if frame["req"] == 4242 {
            return came;
        }
    }
}

#[tokio::test]
async fn who_looks_at_a_group_sees_who_is_writing() {
    let server = TestServer::start().await;
    let zhang_http = server.http(ZHANG).await;
    let conv = group(&zhang_http, &[LI_ID, WANG_ID]).await;
    let mut zhang = server.connect(ZHANG).await.acking();
    let mut li = server.connect(LI).await.acking();
    let mut wang = server.connect(WANG).await.acking();
    assert_eq!(watch(&mut zhang, conv).await["type"], "done");
    assert_eq!(watch(&mut li, conv).await["type"], "done");
    types(&mut li, conv).await;
    let told = zhang.next_of("typing").await;
    assert_eq!(
        told,
        json!({ "type": "typing", "conv": conv, "users": [LI_ID] })
    );
    // Its end comes with what was written.
    let sent = li.request(text(conv, "m1")).await;
    assert_eq!(sent["type"], "sent");
    let told = zhang.next_of("typing").await;
    assert_eq!(told["users"], json!([]));
    types(&mut wang, conv).await;
    assert_eq!(
        zhang.next_of("typing").await["users"],
        json!([WANG_ID]),
        "who writes need not look"
    );
    let told = li.next_of("typing").await;
    assert_eq!(
        told["users"],
        json!([]),
        "who was alone to write is told of the end only"
    );
    assert_eq!(li.next_of("typing").await["users"], json!([WANG_ID]));
    assert!(!comes(&mut wang, "typing").await, "Wang does not look");
}

#[tokio::test]
async fn of_two_the_other_one_sees_it_without_looking() {
    let server = TestServer::start().await;
    let mut zhang = server.connect(ZHANG).await.acking();
    let mut li = server.connect(LI).await.acking();
    let mut phone = server.connect(LI).await.acking();
    let conv = zhang.send_text(LI_ID, "m1", "hi").await["conv"]
        .as_u64()
        .unwrap();
    types(&mut zhang, conv).await;
    for one in [&mut li, &mut phone] {
        assert_eq!(one.next_of("typing").await["users"], json!([ZHANG_ID]));
    }
    // Both write: each is told of the other.
    types(&mut li, conv).await;
    assert_eq!(zhang.next_of("typing").await["users"], json!([LI_ID]));
    // It ends by itself, when it is not repeated.
    assert_eq!(li.next_of("typing").await["users"], json!([]));
    assert_eq!(zhang.next_of("typing").await["users"], json!([]));
}

#[tokio::test]
async fn who_may_not_write_is_not_seen_writing() {
    let server = TestServer::start().await;
    let http = server.http(ZHANG).await;
    let conv = group(&http, &[LI_ID, WANG_ID]).await;
    let only_admins = json!({ "client_id": "s", "post": "admins" });
    http.call(
        Method::PATCH,
        &format!("/v1/groups/{conv}"),
        Some(only_admins),
    )
    .await;
    let mut zhang = server.connect(ZHANG).await.acking();
    let mut li = server.connect(LI).await.acking();
    let mut wang = server.connect(WANG).await.acking();
    assert_eq!(watch(&mut wang, conv).await["type"], "done");
    types(&mut li, conv).await;
    types(&mut zhang, conv).await;
    assert_eq!(wang.next_of("typing").await["users"], json!([ZHANG_ID]));
    // Nor who is no member, who may not look either.
    let mut stranger = server.connect(LI).await;
    let refused = watch(&mut stranger, conv + 1).await;
    assert_eq!(refused["code"], "conversation_not_found");
    types(&mut stranger, conv + 1).await;
    assert!(!comes(&mut stranger, "error").await, "a hint has no answer");
}

#[tokio::test]
async fn who_was_put_out_hears_nothing_more() {
    let server = TestServer::start().await;
    let http = server.http(ZHANG).await;
    let conv = group(&http, &[LI_ID, WANG_ID]).await;
    let mut zhang = server.connect(ZHANG).await.acking();
    let mut li = server.connect(LI).await.acking();
    let mut wang = server.connect(WANG).await.acking();
    watch(&mut wang, conv).await;
    watch(&mut li, conv).await;
    types(&mut zhang, conv).await;
    li.next_of("typing").await;
    wang.next_of("typing").await;
    let path = format!("/v1/groups/{conv}/members/{WANG_ID}?client_id=r");
    http.call(Method::DELETE, &path, None).await;
    let removed = wang.next_of("entry").await;
    assert_eq!(removed["event"]["type"], "removed");
    for client_id in ["m1", "m2"] {
        zhang.request(text(conv, client_id)).await;
        types(&mut zhang, conv).await;
        li.next_of("typing").await;
    }
    assert!(!comes(&mut wang, "typing").await);
    let refused = watch(&mut wang, conv).await;
    assert_eq!(refused["code"], "conversation_not_found");
}

#[tokio::test]
async fn a_connection_looks_at_one_conversation_until_it_says_so() {
    let server = TestServer::start().await;
    let http = server.http(ZHANG).await;
    let conv = group(&http, &[LI_ID]).await;
    let mut zhang = server.connect(ZHANG).await.acking();
    let mut li = server.connect(LI).await.acking();
    let mut phone = server.connect(LI).await.acking();
    watch(&mut li, conv).await;
    watch(&mut phone, conv).await;
    types(&mut zhang, conv).await;
    li.next_of("typing").await;
    phone.next_of("typing").await;
    let none = phone.request(json!({ "type": "watch" })).await;
    assert_eq!(none["type"], "done");
    zhang.request(text(conv, "m1")).await;
    assert_eq!(li.next_of("typing").await["users"], json!([]));
    assert!(!comes(&mut phone, "typing").await);
    // Whoever comes while somebody writes is told within the second.
    types(&mut zhang, conv).await;
    li.next_of("typing").await;
    watch(&mut phone, conv).await;
    assert_eq!(phone.next_of("typing").await["users"], json!([ZHANG_ID]));
}

/// A group of Zhang's with so many people; their tokens.
async fn large_group(server: &mut TestServer, people: u64) -> (u64, Vec<String>) {
    let tokens = server.people(people).await;
    let zhang = server.http(ZHANG).await;
    let conv = group(&zhang, &[]).await;
    let ids: Vec<u64> = (5000..5000 + people).collect();
    for (number, some) in ids.chunks(100).enumerate() {
        let add = json!({ "client_id": format!("a{number}"), "users": some });
        let (_, added) = zhang.post(&format!("/v1/groups/{conv}/members"), add).await;
        assert_eq!(added["conv"], conv, "{added}");
    }
    (conv, tokens)
}

#[tokio::test]
async fn after_a_restart_an_ack_in_a_large_group_is_neither_kept_nor_told() {
    let mut server = TestServer::start().await;
    let (conv, tokens) = large_group(&mut server, 100).await;
    let zhang = server.http(ZHANG).await;
    zhang.post("/v1/messages", text(conv, "m1")).await;
    server.stop().await;
    server.start_again().await;
    let mut other = Raw::welcome(server.address(), &tokens[1]).await;
    let mut acker = Raw::welcome(server.address(), &tokens[0]).await;
    let sync = json!({ "type": "sync" });
    let before = acker.request(sync.clone()).await["conversations"][0].clone();
    let head = before["head"].clone();
    assert_ne!(before["me"]["delivered"], head);
    // Answered once it is judged, where it is wrong; so the second shows that the first is.
    acker
        .send(json!({ "type": "ack", "conv": conv, "seq": head }))
        .await;
    let beyond = json!({ "type": "ack", "conv": conv, "seq": 9000 });
    assert_eq!(acker.request(beyond).await["code"], "seq_out_of_range");
    let after = acker.request(sync).await["conversations"][0].clone();
    assert_eq!(after["me"], before["me"]);
    assert!(!comes(&mut other, "receipt").await);
    assert!(!comes(&mut acker, "receipt").await);
}
