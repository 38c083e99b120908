//! Mentions: how many are unread, and where one was mentioned.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{LI, LI_ID, TestServer, ZHANG, ZHANG_ID};

fn mention(conv: &Value, client_id: &str, users: &[u64]) -> Value {
    json!({ "conv": conv, "client_id": client_id, "mentions": users,
        "body": { "type": "text", "text": "look at this" } })
}

#[tokio::test]
async fn mentions_are_counted_and_listed() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let new = json!({ "client_id": "g1", "name": "雁群", "users": [LI_ID] });
    let (_, made) = zhang.post("/v1/groups", new).await;
    let conv = &made["conv"];
    for (client_id, users) in [
        ("m1", vec![LI_ID]),
        ("m2", vec![]),
        ("m3", vec![LI_ID, ZHANG_ID]),
    ] {
        let (status, sent) = zhang
            .post("/v1/messages", mention(conv, client_id, &users))
            .await;
        assert_eq!(status, StatusCode::OK, "{sent}");
    }
    let counts = |page: &Value| {
        let view = &page["conversations"][0];
        (view["unread"].clone(), view["mentions"].clone())
    };
    let (_, page) = li.get("/v1/conversations").await;
    assert_eq!(counts(&page), (json!(3), json!(2)));
    let (_, page) = zhang.get("/v1/conversations").await;
    assert_eq!(
        counts(&page),
        (json!(0), Value::Null),
        "oneself does not count"
    );

    let (_, first) = li.get("/v1/mentions?limit=1").await;
    assert_eq!(first["entries"][0]["client_id"], "m3");
    assert_eq!(first["users"][0]["id"], ZHANG_ID);
    let before = first["before"].as_str().unwrap();
    let (_, second) = li
        .get(&format!("/v1/mentions?limit=1&before={before}"))
        .await;
    assert_eq!(second["entries"][0]["client_id"], "m1");
    let (_, none) = zhang.get("/v1/mentions").await;
    assert_eq!(none, json!({ "entries": [], "users": [] }));

    let recall = format!("/v1/conversations/{conv}/entries/4");
    let (status, _) = zhang.call(reqwest::Method::DELETE, &recall, None).await;
    assert_eq!(status, StatusCode::OK);
    let (_, page) = li.get("/v1/conversations").await;
    assert_eq!(counts(&page), (json!(2), json!(1)));
    let (_, all) = li.get("/v1/mentions").await;
    assert_eq!(all["entries"].as_array().unwrap().len(), 1);

    for query in ["before=x", "before=1.2", "limit=0"] {
        let (status, refused) = li.get(&format!("/v1/mentions?{query}")).await;
        let code = &refused["error"]["code"];
        assert_eq!(
            (status, code),
            (StatusCode::BAD_REQUEST, &json!("bad_request")),
            "{query}"
        );
    }
    // Who is out finds none of it.
    let path = format!("/v1/groups/{conv}/members/{LI_ID}?client_id=r1");
    zhang.call(reqwest::Method::DELETE, &path, None).await;
    let (_, none) = li.get("/v1/mentions").await;
    assert_eq!(none["entries"], json!([]));
}
