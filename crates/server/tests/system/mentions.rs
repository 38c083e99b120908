//! Mentions: how many are unread, and where one was mentioned.

use hongyan_protocol::limits::ALLS_A_DAY;
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

#[tokio::test]
async fn who_leads_a_group_mentions_all_so_often_a_day() {
    let mut server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let new = json!({ "client_id": "g1", "name": "雁群", "users": [LI_ID] });
    let (_, made) = zhang.post("/v1/groups", new).await;
    let conv = made["conv"].clone();
    let to_all = |client_id: String| {
        json!({ "conv": conv, "client_id": client_id, "mentions_all": true,
            "body": { "type": "text", "text": "all of you" } })
    };
    let mut device = server.connect(LI).await.acking();
    let mut own = server.connect(ZHANG).await.acking();
    let (status, refused) = li.post("/v1/messages", to_all("l1".into())).await;
    let code = &refused["error"]["code"];
    assert_eq!((status, code), (StatusCode::FORBIDDEN, &json!("forbidden")));
    let direct = json!({ "to": LI_ID, "client_id": "d1", "mentions_all": true,
        "body": { "type": "text", "text": "both of us" } });
    let (status, _) = zhang.post("/v1/messages", direct).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    for round in 0..ALLS_A_DAY {
        let (status, sent) = zhang
            .post("/v1/messages", to_all(format!("z{round}")))
            .await;
        assert_eq!(status, StatusCode::OK, "{sent}");
        for heard in [device.next_of("entry").await, own.next_of("entry").await] {
            assert_eq!(heard["mentions_all"], true);
            assert_eq!(heard["seq"], sent["seq"]);
        }
    }
    let synced = device.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["conversations"][0]["mentions"], ALLS_A_DAY);
    let synced = own.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["conversations"][0]["mentions"], Value::Null);
    let (_, page) = li.get("/v1/mentions").await;
    assert_eq!(page["entries"].as_array().unwrap().len(), ALLS_A_DAY);
    assert_eq!(page["entries"][0]["mentions_all"], true);
    drop((device, own));
    for round in 0..2 {
        let zhang = server.http(ZHANG).await;
        let (status, refused) = zhang.post("/v1/messages", to_all("more".into())).await;
        let error = &refused["error"];
        let spent = (StatusCode::CONFLICT, &json!("limit_reached"));
        assert_eq!((status, &error["code"]), spent, "{round}");
        let (status, again) = zhang.post("/v1/messages", to_all("z0".into())).await;
        assert_eq!(status, StatusCode::OK, "a repetition: {again}");
        if round == 0 {
            server.stop().await;
            server.start_again().await;
        }
    }
}

/// A message with 64 mentions costs 16 units more than one without, here as on a connection.
#[tokio::test]
async fn mentions_cost_their_sender_over_http_too() {
    let server = TestServer::start_with(|config| config.limits.user_units_per_second = 10).await;
    let zhang = server.http(ZHANG).await;
    let users: Vec<u64> = (2000..2064).collect();
    let mut sent = 0;
    loop {
        let message = json!({ "to": LI_ID, "client_id": format!("m{sent}"), "mentions": users,
            "body": { "type": "text", "text": "all of you" } });
        let (status, answer) = zhang.post("/v1/messages", message).await;
        if status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        assert_eq!(status, StatusCode::OK, "{answer}");
        sent += 1;
        // The 160 units of 16 s pay for 9 of them, or for twice as many if the machine takes 16 s.
        assert!(sent < 30, "nobody asks what they cost");
    }
}
