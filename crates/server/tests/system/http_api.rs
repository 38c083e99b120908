//! The HTTP API, as servers and scripts use it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{LI, LI_ID, Raw, TestServer, ZHANG, ZHANG_ID};

#[tokio::test]
async fn a_script_sends_reads_edits_and_recalls() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let li = server.http(LI).await;
    let sent = zhang.send_text(LI_ID, "h1", "from a script").await;
    assert_eq!(sent["seq"], 1);
    assert_eq!(
        zhang.send_text(LI_ID, "h1", "from a script").await,
        sent,
        "a retry finds the first"
    );

    let (status, page) = li.get("/v1/conversations").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(page["conversations"][0]["unread"], 1);
    assert_eq!(page["more"], false);

    let (status, _) = li
        .post("/v1/conversations/1/read", json!({ "seq": 1 }))
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (_, page) = li.get("/v1/conversations").await;
    assert_eq!(page["total_unread"], 0);

    let path = "/v1/conversations/1/entries/1";
    let body = json!({ "client_id": "h2", "body": { "type": "text", "text": "edited" } });
    let (status, edited) = zhang.call(Method::PATCH, path, Some(body)).await;
    assert_eq!((status, &edited["seq"]), (StatusCode::OK, &json!(2)));
    let (status, recalled) = zhang.call(Method::DELETE, path, None).await;
    assert_eq!((status, &recalled["seq"]), (StatusCode::OK, &json!(3)));
    let (_, again) = zhang.call(Method::DELETE, path, None).await;
    assert_eq!(again, recalled, "recalled once, however often it is asked");
    let (status, answer) = li.call(Method::DELETE, path, None).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::FORBIDDEN, &json!("forbidden"))
    );
}

#[tokio::test]
async fn history_goes_both_ways_in_pages() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    for n in 1..=5 {
        zhang.send_text(LI_ID, &format!("n{n}"), "x").await;
    }
    let seqs = |page: &Value| -> Vec<u64> {
        let entries = page["entries"].as_array().unwrap().iter();
        entries
            .map(|entry| entry["seq"].as_u64().unwrap())
            .collect()
    };
    let pages = [
        ("", vec![1, 2, 3, 4, 5], false),
        ("?limit=2", vec![4, 5], true),
        ("?limit=2&before=4", vec![2, 3], true),
        ("?limit=2&before=3", vec![1, 2], false),
        ("?limit=2&after=0", vec![1, 2], true),
        ("?limit=2&after=3", vec![4, 5], false),
        ("?after=5", vec![], false),
        ("?before=1", vec![], false),
    ];
    for (query, expected, more) in pages {
        let (status, page) = zhang
            .get(&format!("/v1/conversations/1/entries{query}"))
            .await;
        assert_eq!(status, StatusCode::OK, "{query}");
        assert_eq!(
            (seqs(&page), &page["more"], &page["head"]),
            (expected, &json!(more), &json!(5)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_page_of_long_messages_ends_early_and_goes_on() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let text = "长".repeat(20_000);
    for n in 1..=40 {
        zhang.send_text(LI_ID, &format!("n{n}"), &text).await;
    }
    let mut after = 0;
    let mut pages = 0;
    loop {
        let (_, page) = zhang
            .get(&format!(
                "/v1/conversations/1/entries?limit=200&after={after}"
            ))
            .await;
        assert!(page.to_string().len() < hongyan_protocol::limits::SERVER_FRAME_BYTES);
        for entry in page["entries"].as_array().unwrap() {
            after += 1;
            assert_eq!(entry["seq"], after, "no hole between pages");
        }
        pages += 1;
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(after, 40);
    assert!(pages > 1, "2.4 MB are more than one page");
    let (_, last) = zhang.get("/v1/conversations/1/entries?limit=200").await;
    assert_eq!(
        last["entries"].as_array().unwrap().last().unwrap()["seq"],
        40,
        "the newest end is kept"
    );
    assert_eq!(last["more"], true);
}

#[tokio::test]
async fn people_are_found_by_page_and_by_login() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let (_, all) = zhang.get("/v1/users").await;
    let ids: Vec<_> = all["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["id"].clone())
        .collect();
    assert_eq!(ids, [1000, 1001, 1002]);
    let (_, page) = zhang.get("/v1/users?after=1000&limit=1").await;
    assert_eq!(page["users"][0]["login"], LI);
    let (_, found) = zhang.get(&format!("/v1/users?login={LI}")).await;
    assert_eq!(found["users"][0]["id"], LI_ID);
    let (status, nobody) = zhang.get("/v1/users?login=nobody").await;
    assert_eq!((status, &nobody["users"]), (StatusCode::OK, &json!([])));
    let (_, me) = zhang.get("/v1/me").await;
    assert_eq!(me["user"]["id"], ZHANG_ID);
}

#[tokio::test]
async fn nothing_but_health_and_login_is_open() {
    let server = TestServer::start().await;
    let client = reqwest::Client::new();
    let closed = [
        (Method::GET, "/v1/me"),
        (Method::POST, "/v1/logout"),
        (Method::GET, "/v1/sessions"),
        (Method::DELETE, "/v1/sessions/1"),
        (Method::GET, "/v1/users"),
        (Method::GET, "/v1/conversations"),
        (Method::GET, "/v1/conversations/1/entries"),
        (Method::POST, "/v1/conversations/1/read"),
        (Method::PATCH, "/v1/conversations/1/entries/1"),
        (Method::DELETE, "/v1/conversations/1/entries/1"),
        (Method::POST, "/v1/messages"),
    ];
    for (method, path) in closed {
        for token in [None, Some("hy_wrong")] {
            let mut request = client.request(method.clone(), format!("{}{path}", server.url()));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let response = request.send().await.unwrap();
            assert_eq!(
                response.status(),
                StatusCode::UNAUTHORIZED,
                "{method} {path} {token:?}"
            );
            let answer: Value = response.json().await.unwrap();
            assert_eq!(answer["error"]["code"], "unauthenticated");
        }
    }
    let health = client
        .get(format!("{}/v1/health", server.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    let nothing = client
        .get(format!("{}/v1/nothing", server.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(nothing.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_sites_page_may_use_the_api_with_a_token_only_where_allowed() {
    let server = TestServer::start_with(|config| {
        config.allowed_origins = vec!["https://www.example.com".into()];
    })
    .await;
    let preflight = async |origin: &str| {
        let request = reqwest::Client::new()
            .request(Method::OPTIONS, format!("{}/v1/messages", server.url()));
        let request = request
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST");
        let response = request.send().await.unwrap();
        response
            .headers()
            .get("access-control-allow-origin")
            .cloned()
    };
    assert_eq!(
        preflight("https://www.example.com").await.unwrap(),
        "https://www.example.com"
    );
    assert_eq!(preflight("https://evil.example").await, None);
}

#[tokio::test]
async fn every_answer_names_the_history() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let mut socket = Raw::open(server.address()).await;
    let hello = json!({ "type": "hello", "token": zhang.token() });
    let welcome = socket.request(hello).await;
    let epoch = welcome["epoch"].as_str().unwrap().to_owned();
    for path in [
        "/v1/me",
        "/v1/conversations",
        "/v1/health",
        "/v1/sessions/0",
    ] {
        let request = reqwest::Client::new().get(format!("{}{path}", server.url()));
        let answer = request.bearer_auth(zhang.token()).send().await.unwrap();
        let named = answer.headers().get("hongyan-epoch");
        assert_eq!(
            named.and_then(|name| name.to_str().ok()),
            Some(&*epoch),
            "{path}"
        );
    }
    let page = socket.request(json!({ "type": "sync" })).await;
    let cursor = page["cursor"].as_str().unwrap();
    let numbers = cursor.strip_prefix(&*epoch).unwrap();
    // Of a server from before there were epochs, or of another history.
    for cursor in [&numbers[1..], &format!("{}{numbers}", "0".repeat(32))] {
        let refused = socket
            .request(json!({ "type": "sync", "cursor": cursor }))
            .await;
        assert_eq!(refused["code"], "bad_request", "{refused}");
    }
}
