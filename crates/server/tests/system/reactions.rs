//! Reactions: set on one connection, seen on all.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{LI, LI_ID, TestServer, WANG, ZHANG, ZHANG_ID};

fn react(conv: &Value, seq: u64, value: &str, on: bool) -> Value {
    json!({ "type": "react", "conv": conv, "seq": seq, "value": value, "on": on })
}

#[tokio::test]
async fn a_reaction_is_seen_by_all_and_asked_for_by_who_was_away() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let sent = zhang.send_text(LI_ID, "m1", "I passed").await;
    let conv = sent["conv"].clone();
    let mut phone = server.connect(ZHANG).await.acking();
    let mut li = server.connect(LI).await.acking();
    let done = li.request(react(&conv, 1, "👍", true)).await;
    assert_eq!(done["type"], "done");
    for who in [&mut phone, &mut li] {
        let told = who.next_of("reacted").await;
        assert_eq!(
            told,
            json!({
                "type": "reacted", "conv": conv, "after": 0, "number": 1,
                "messages": [{ "seq": 1, "number": 1, "reactions": [{ "value": "👍", "count": 1 }] }],
                "changes": [{ "seq": 1, "user": LI_ID, "value": "👍", "on": true }],
            })
        );
    }
    // Again it changes nothing, and so does a repetition over HTTP.
    let path = format!("/v1/conversations/{conv}/entries/1/reactions/%F0%9F%91%8D");
    let again = server.http(LI).await;
    let (status, _) = again.call(Method::PUT, &path, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, _) = zhang.call(Method::PUT, &path, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let told = phone.next_of("reacted").await;
    assert_eq!((&told["after"], &told["number"]), (&json!(1), &json!(2)));
    let ask = json!({ "type": "reactions", "conv": conv, "after": 1 });
    let page = li.request(ask).await;
    assert_eq!(
        page["messages"],
        json!([{ "seq": 1, "number": 2, "reactions": [{ "value": "👍", "count": 2, "mine": true }] }])
    );
    assert_eq!((&page["number"], &page["more"]), (&json!(2), &json!(false)));
    let (_, who) = again.get(&path).await;
    let ids = who["users"].as_array().unwrap().iter();
    let ids: Vec<_> = ids.map(|user| user["id"].clone()).collect();
    assert_eq!(ids, [json!(ZHANG_ID), json!(LI_ID)]);
    // Taken back, and recalled.
    let done = li.request(react(&conv, 1, "👍", false)).await;
    assert_eq!(done["type"], "done");
    let recall = format!("/v1/conversations/{conv}/entries/1");
    zhang.call(Method::DELETE, &recall, None).await;
    let refused = li.request(react(&conv, 1, "👍", true)).await;
    assert_eq!(refused["code"], "recalled");
    let (_, page) = again
        .get(&format!("/v1/conversations/{conv}/reactions?from=1&to=9"))
        .await;
    assert_eq!(page["messages"][0]["reactions"], json!([]));
    // It was no entry, and nothing is unread by it.
    let synced = phone.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["conversations"][0]["head"], 2);
    assert_eq!(synced["total_unread"], 0);
}

#[tokio::test]
async fn many_at_once_are_few_frames() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let conv = zhang.send_text(LI_ID, "m1", "choose").await["conv"].clone();
    let mut phone = server.connect(ZHANG).await.acking();
    let mut li = server.connect(LI).await.acking();
    let mut changes = 0;
    for _ in 0..40 {
        for on in [true, false] {
            li.request(react(&conv, 1, "🎉", on)).await;
            changes += 1;
        }
    }
    let mut frames = 0;
    let mut known = 0;
    while known < changes {
        let told = phone.next_of("reacted").await;
        assert_eq!(told["after"], known, "nothing is missing between");
        known = told["number"].as_u64().unwrap();
        frames += 1;
    }
    assert!(frames <= changes / 2, "{frames} frames for {changes}");
}

#[tokio::test]
async fn what_is_no_reaction_is_refused() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let conv = zhang.send_text(LI_ID, "m1", "hello").await["conv"].clone();
    let mut li = server.connect(LI).await.acking();
    let mut wang = server.connect(WANG).await.acking();
    for (frame, code) in [
        (react(&conv, 1, "ok", true), "bad_request"),
        (react(&conv, 1, "", true), "bad_request"),
        (react(&conv, 1, "❤", true), "bad_request"),
        (react(&conv, 1, &"👍".repeat(20), true), "too_large"),
        (react(&conv, 7, "👍", true), "entry_not_found"),
        (react(&json!(999), 1, "👍", true), "conversation_not_found"),
        (
            json!({ "type": "reactions", "conv": conv, "after": 1, "from": 1 }),
            "bad_request",
        ),
    ] {
        assert_eq!(li.request(frame.clone()).await["code"], code, "{frame}");
    }
    let strangers = [
        react(&conv, 1, "👍", true),
        json!({ "type": "reactions", "conv": conv }),
    ];
    for frame in strangers {
        let answer = wang.request(frame).await;
        assert_eq!(answer["code"], "conversation_not_found");
    }
    let emoji = ["👍", "🎉", "😂", "😮", "😢", "🙏", "🔥", "👀", "✅", "❌"];
    let more = ["💯", "🚀", "🐛", "🍺", "☕", "🌹", "🌙", "⭐", "🎁", "🎂"];
    for value in emoji.iter().chain(&more) {
        let done = li.request(react(&conv, 1, value, true)).await;
        assert_eq!(done["type"], "done", "{value}");
    }
    let refused = li.request(react(&conv, 1, "🍉", true)).await;
    assert_eq!(refused["code"], "too_many_reactions");
}
