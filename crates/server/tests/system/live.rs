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
async fn who_is_muted_is_not_seen_writing() {
    let server = TestServer::start().await;
    let http = server.http(ZHANG).await;
    let conv = group(&http, &[LI_ID, WANG_ID]).await;
    let mute = json!({ "client_id": "u", "user": LI_ID, "until": 4_000_000_000_000_u64 });
    let path = format!("/v1/groups/{conv}/mutes");
    let (status, answer) = http.post(&path, mute).await;
    assert_eq!(status, 200, "{answer}");
    let mut zhang = server.connect(ZHANG).await.acking();
    let mut li = server.connect(LI).await.acking();
    let mut wang = server.connect(WANG).await.acking();
    assert_eq!(watch(&mut wang, conv).await["type"], "done");
    types(&mut li, conv).await;
    types(&mut zhang, conv).await;
    assert_eq!(wang.next_of("typing").await["users"], json!([ZHANG_ID]));
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

/// The state of this user in the next frames of who is there, once it is this one.
async fn becomes(raw: &mut Raw, user: u64, state: &str) {
    loop {
        let told = raw.next_of("presence").await;
        let users = told["users"].as_array().unwrap();
        if users.contains(&json!({ "user": user, "state": state })) {
            return;
        }
    }
}

async fn ask(raw: &mut Raw, users: &[u64]) -> Value {
    let answer = raw
        .request(json!({ "type": "presence", "users": users }))
        .await;
    answer["users"].clone()
}

#[tokio::test]
async fn who_looks_at_a_conversation_sees_who_is_there() {
    let server = TestServer::start().await;
    let conv = group(&server.http(ZHANG).await, &[LI_ID, WANG_ID]).await;
    let mut zhang = server.connect(ZHANG).await.acking();
    let mut li = server.connect(LI).await.acking();
    watch(&mut zhang, conv).await;
    becomes(&mut zhang, LI_ID, "online").await;
    // In the background, and then gone: not at once.
    let left = tokio::time::Instant::now();
    li.request(json!({ "type": "ping", "interval_ms": 0, "background": true }))
        .await;
    becomes(&mut zhang, LI_ID, "away").await;
    let damped = hongyan_service::limits::PRESENCE_DAMPED;
    assert!(left.elapsed() >= damped, "{:?}", left.elapsed());
    drop(li);
    becomes(&mut zhang, LI_ID, "offline").await;
    let seen = ask(&mut zhang, &[LI_ID, ZHANG_ID, WANG_ID, 424_242]).await;
    assert!(seen[0]["last_seen"].as_u64().is_some(), "{seen}");
    assert_eq!(seen[1], json!({ "user": ZHANG_ID, "state": "online" }));
    assert_eq!(seen[2], json!({ "user": WANG_ID, "state": "offline" }));
    assert_eq!(seen[3], json!({ "user": 424_242, "state": "offline" }));
    // Who was added while somebody looks is told of as well.
    let _wang = server.connect(WANG).await;
    becomes(&mut zhang, WANG_ID, "online").await;
    let many: Vec<u64> = (1..=101).collect();
    let refused = zhang
        .request(json!({ "type": "presence", "users": many }))
        .await;
    assert_eq!(refused["code"], "too_large");
}

#[tokio::test]
async fn a_device_that_comes_back_soon_never_went() {
    let server = TestServer::start().await;
    let mut zhang = server.connect(ZHANG).await.acking();
    let li = server.connect(LI).await;
    let conv = zhang.send_text(LI_ID, "m1", "hi").await["conv"]
        .as_u64()
        .unwrap();
    watch(&mut zhang, conv).await;
    becomes(&mut zhang, LI_ID, "online").await;
    drop(li);
    let li = server.connect(LI).await;
    drop(li);
    let mut li = server.connect(LI).await.acking();
    // Long after that it is told that Li looks away, and not that Li went.
    li.request(json!({ "type": "ping", "interval_ms": 0, "background": true }))
        .await;
    loop {
        let told = zhang.next_of("presence").await["users"].clone();
        let mut state = told.as_array().unwrap().iter();
        let state = state.rfind(|one| one["user"] == LI_ID);
        match state.map(|one| one["state"].as_str().unwrap()) {
            Some("away") => break,
            state => assert_ne!(state, Some("offline")),
        }
    }
}

#[tokio::test]
async fn what_users_hide_nobody_sees() {
    let mut server = TestServer::start().await;
    let (zhang_http, li_http) = (server.http(ZHANG).await, server.http(LI).await);
    let conv = group(&zhang_http, &[LI_ID, WANG_ID]).await;
    let change = |body| (Method::PATCH, "/v1/me", Some(body));
    let (method, path, body) = change(json!({ "invisible": true }));
    let (status, me) = li_http.call(method, path, body).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&me["invisible"], &me["last_seen"]),
        (&json!(true), &json!("everybody"))
    );
    server.stop().await;
    server.start_again().await;
    let (_, me) = li_http.get("/v1/me").await;
    assert_eq!(me["invisible"], true, "it is kept");

    let mut zhang = server.connect(ZHANG).await.acking();
    let mut li = server.connect(LI).await.acking();
    let mut wang = server.connect(WANG).await.acking();
    watch(&mut zhang, conv).await;
    becomes(&mut zhang, WANG_ID, "online").await;
    types(&mut li, conv).await;
    types(&mut wang, conv).await;
    assert_eq!(zhang.next_of("typing").await["users"], json!([WANG_ID]));
    let hidden = json!({ "user": LI_ID, "state": "offline" });
    assert_eq!(ask(&mut zhang, &[LI_ID]).await, json!([hidden]));
    assert_eq!(ask(&mut li, &[ZHANG_ID]).await[0]["state"], "online");
    // Seen again.
    let (method, path, body) = change(json!({ "invisible": false, "last_seen": "nobody" }));
    li_http.call(method, path, body).await;
    becomes(&mut zhang, LI_ID, "online").await;
    drop(li);
    becomes(&mut zhang, LI_ID, "offline").await;
    assert_eq!(ask(&mut zhang, &[LI_ID]).await, json!([hidden]));
    // Who hides it does not see it of others.
    drop(wang);
    becomes(&mut zhang, WANG_ID, "offline").await;
    let mut li = server.connect(LI).await;
    let gone = json!({ "user": WANG_ID, "state": "offline" });
    assert_eq!(ask(&mut li, &[WANG_ID]).await, json!([gone]));
    let seen = ask(&mut zhang, &[WANG_ID]).await;
    assert!(seen[0]["last_seen"].as_u64().is_some(), "{seen}");
    for bad in [
        json!({}),
        json!({ "last_seen": "me" }),
        json!({ "invisible": 1 }),
    ] {
        let (status, _) = li_http.call(Method::PATCH, "/v1/me", Some(bad)).await;
        assert_eq!(status, 400);
    }
}

#[tokio::test]
async fn in_a_large_group_those_who_are_there_are_counted() {
    let mut server = TestServer::start().await;
    let (conv, tokens) = large_group(&mut server, 150).await;
    let mut zhang = server.connect(ZHANG).await.acking();
    watch(&mut zhang, conv).await;
    let counted = |online: u64| json!({ "type": "presence", "conv": conv, "online": online });
    while zhang.next_of("presence").await != counted(1) {}
    let mut others = Vec::new();
    for token in tokens.iter().take(20) {
        others.push(Raw::welcome(server.address(), token).await);
    }
    while zhang.next_of("presence").await != counted(21) {}
    let path = format!("/v1/groups/{conv}/members/5000?client_id=r");
    let http = server.http(ZHANG).await;
    http.call(Method::DELETE, &path, None).await;
    while zhang.next_of("presence").await != counted(20) {}
}

/// The count of a message in the next frames, once it is this one.
async fn counts(raw: &mut Raw, seq: u64, count: u64) {
    loop {
        let told = raw.next_of("read_by").await;
        let messages = told["messages"].as_array().unwrap();
        if messages.contains(&json!({ "seq": seq, "count": count })) {
            return;
        }
    }
}

#[tokio::test]
async fn in_a_large_group_a_message_is_counted_by_who_read_it() {
    let mut server = TestServer::start().await;
    let (conv, tokens) = large_group(&mut server, 120).await;
    let zhang_http = server.http(ZHANG).await;
    let said = |id: &'static str| text(conv, id);
    let (_, first) = zhang_http.post("/v1/messages", said("m1")).await;
    let (_, second) = zhang_http.post("/v1/messages", said("m2")).await;
    let (first, second) = (
        first["seq"].as_u64().unwrap(),
        second["seq"].as_u64().unwrap(),
    );
    let mut zhang = server.connect(ZHANG).await.acking();
    let ask = json!({ "type": "read_by", "conv": conv, "seqs": [second, first, 1, 9000] });
    assert_eq!(
        zhang.request(ask.clone()).await["code"],
        "bad_request",
        "not watched"
    );
    watch(&mut zhang, conv).await;
    let answer = zhang.request(ask).await;
    let nobody = json!([{ "seq": first, "count": 0 }, { "seq": second, "count": 0 }]);
    assert_eq!(
        answer["messages"], nobody,
        "not the sender, and messages only"
    );

    // Some read the first, some both, one by answering.
    let mut readers = Vec::new();
    for (number, token) in tokens.iter().take(5).enumerate() {
        let mut reader = Raw::welcome(server.address(), token).await.acking();
        let up_to = if number < 2 { first } else { second };
        let read = json!({ "type": "read", "conv": conv, "seq": up_to });
        assert_eq!(reader.request(read).await["type"], "done");
        readers.push(reader);
    }
    counts(&mut zhang, second, 3).await;
    let mut writer = Raw::welcome(server.address(), &tokens[5]).await.acking();
    writer.request(said("m3")).await;
    counts(&mut zhang, second, 4).await;
    // Who comes later does not count, whatever they read; who goes counts no more.
    let members = format!("/v1/groups/{conv}/members");
    let add = json!({ "client_id": "late", "users": [LI_ID] });
    zhang_http.post(&members, add).await;
    let mut li = server.connect(LI).await.acking();
    let read = json!({ "type": "read", "conv": conv, "seq": second + 2 });
    assert_eq!(li.request(read).await["type"], "done");
    let path = format!("{members}/5002?client_id=r");
    zhang_http.call(Method::DELETE, &path, None).await;
    counts(&mut zhang, second, 3).await;

    // The same by name, over HTTP and for those who come anew.
    let readers = format!("/v1/conversations/{conv}/entries/{second}/readers");
    let ids = |page: &Value| {
        let users = page["users"].as_array().unwrap().iter();
        users
            .map(|user| user["id"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    let (_, page) = zhang_http.get(&readers).await;
    assert_eq!(
        (ids(&page), &page["more"]),
        (vec![5003, 5004, 5005], &json!(false))
    );
    let (_, page) = zhang_http
        .get(&format!("{readers}?limit=2&after=5003"))
        .await;
    assert_eq!(
        (ids(&page), &page["more"]),
        (vec![5004, 5005], &json!(false))
    );
    let (_, page) = zhang_http
        .get(&format!("{readers}?unread=true&limit=3"))
        .await;
    assert_eq!(
        (ids(&page), &page["more"]),
        (vec![5000, 5001, 5006], &json!(true))
    );
    let (status, _) = server.http(WANG).await.get(&readers).await;
    assert_eq!(status, 404, "who is no member");
    let (_, none) = zhang_http
        .get(&format!("/v1/conversations/{conv}/entries/1/readers"))
        .await;
    assert_eq!(none["error"]["code"], "entry_not_found", "{none}");
    let mut again = server.connect(ZHANG).await.acking();
    watch(&mut again, conv).await;
    let ask = json!({ "type": "read_by", "conv": conv, "seqs": [first, second] });
    let answer = again.request(ask).await;
    let both = json!([{ "seq": first, "count": 5 }, { "seq": second, "count": 3 }]);
    assert_eq!(answer["messages"], both);
}
