//! Links and requests over HTTP, and what connections hear of them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Http, LI, LI_ID, TestServer, WANG, WANG_ID, ZHANG, ZHANG_ID};

/// A group of Zhang's with these: its conversation.
async fn group(zhang: &Http, users: &[u64]) -> Value {
    let body = json!({ "client_id": "g1", "name": "雁群", "users": users });
    let (status, sent) = zhang.post("/v1/groups", body).await;
    assert_eq!(status, StatusCode::OK, "{sent}");
    sent["conv"].clone()
}

/// Makes a link: its token.
async fn link(who: &Http, conv: &Value, id: &str, terms: Value) -> String {
    let mut body = terms;
    body["client_id"] = json!(id);
    let (status, link) = who.post(&format!("/v1/groups/{conv}/links"), body).await;
    assert_eq!(status, StatusCode::OK, "{link}");
    link["token"].as_str().unwrap().to_owned()
}

async fn join(who: &Http, token: &str, id: &str) -> (u16, Value) {
    let body = json!({ "token": token, "client_id": id });
    let (status, answer) = who.post("/v1/join", body).await;
    (status.as_u16(), answer)
}

async fn look(who: &Http, token: &str) -> (u16, Value) {
    let (status, answer) = who.post("/v1/join/look", json!({ "token": token })).await;
    (status.as_u16(), answer)
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    let code = answer.1["error"]["code"].as_str();
    (answer.0, code.unwrap_or_default())
}

#[tokio::test]
async fn a_link_brings_in_who_has_it() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let conv = group(&zhang, &[]).await;
    let token = link(&zhang, &conv, "l1", json!({ "name": "四月班" })).await;
    assert_eq!(
        link(&zhang, &conv, "l1", json!({ "name": "四月班" })).await,
        token
    );
    let mut owner = server.connect(ZHANG).await.acking();
    let mut device = server.connect(LI).await.acking();
    let (_, seen) = look(&li, &token).await;
    let expected = json!({ "conv": conv, "name": "雁群", "size": 1, "state": "outside" });
    assert_eq!(seen, expected);
    let joined = json!({ "conv": conv, "state": "member" });
    assert_eq!(join(&li, &token, "j1").await, (200, joined.clone()));
    for heard in [&mut owner, &mut device] {
        let entry = heard.next_of("entry").await;
        assert_eq!(entry["event"], json!({ "type": "joined", "link": 1 }));
        assert_eq!(entry["from"], json!(LI_ID));
        assert!(
            !entry.to_string().contains(&token),
            "no entry names a token"
        );
    }
    assert_eq!(join(&li, &token, "j1").await, (200, joined), "a retry");
    assert_eq!(code(&join(&li, &token, "j2").await), (409, "unchanged"));
    assert_eq!(look(&li, &token).await.1["state"], "member");
    let joiners = format!("/v1/groups/{conv}/links/1/joiners");
    let (_, page) = zhang.get(&joiners).await;
    assert_eq!(page["joiners"][0]["user"], json!(LI_ID));
    assert_eq!(
        (&page["users"][0]["id"], &page["more"]),
        (&json!(LI_ID), &json!(false))
    );
    let links = format!("/v1/groups/{conv}/links");
    let (_, page) = zhang.get(&links).await;
    let told = &page["links"][0];
    assert_eq!((&told["used"], &told["works"]), (&json!(1), &json!(true)));
    assert_eq!(
        (&told["token"], &told["name"]),
        (&json!(token), &json!("四月班"))
    );
    let (_, page) = li.get(&links).await;
    assert_eq!(page["links"], json!([]), "who made none sees none");
    let (_, page) = li.get(&joiners).await;
    assert_eq!(page["joiners"], json!([]));
    // Taken away while Wang looks at it.
    let wang = server.http(WANG).await;
    assert_eq!(look(&wang, &token).await.0, 200);
    let (status, _) = zhang
        .call(Method::DELETE, &format!("{links}/1"), None)
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(code(&join(&wang, &token, "j3").await), (404, "dead_link"));
    let (_, page) = zhang.get(&joiners).await;
    assert_eq!(
        page["joiners"][0]["user"],
        json!(LI_ID),
        "who came by it is known still"
    );
}

/// Whatever is wrong with a link, a stranger hears the same.
#[tokio::test]
async fn dead_links_look_alike() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let wang = server.http(WANG).await;
    let conv = group(&zhang, &[]).await;
    let soon = server.node().service().now().get() + 60_000;
    let short = link(&zhang, &conv, "l1", json!({ "expires_at": soon })).await;
    let used = link(&zhang, &conv, "l2", json!({ "uses": 1 })).await;
    let revoked = link(&zhang, &conv, "l3", json!({})).await;
    assert_eq!(join(&li, &used, "j1").await.0, 200);
    let path = format!("/v1/groups/{conv}/links/3");
    zhang.call(Method::DELETE, &path, None).await;
    server
        .clock()
        .set_forward(std::time::Duration::from_secs(61));
    let never = "AAAAAAAAAAAAAAAAAAAAAA";
    let expected = look(&wang, never).await;
    assert_eq!(code(&expected), (404, "dead_link"));
    for token in [
        &*short,
        &used,
        &revoked,
        "",
        "short",
        &format!("{used}A"),
        "四月",
    ] {
        assert_eq!(look(&wang, token).await, expected, "{token}");
        assert_eq!(join(&wang, token, "j2").await, expected, "{token}");
    }
}

#[tokio::test]
async fn who_tries_links_at_random_waits() {
    let server = TestServer::start().await;
    let (li, wang) = (server.http(LI).await, server.http(WANG).await);
    let mut refused = (0, Value::Null);
    for _ in 0..40 {
        refused = look(&li, "AAAAAAAAAAAAAAAAAAAAAA").await;
        if refused.0 == 429 {
            break;
        }
    }
    assert_eq!(code(&refused), (429, "rate_limited"));
    assert!(refused.1["error"]["retry_after_ms"].as_u64() > Some(0));
    assert_eq!(
        look(&wang, "AAAAAAAAAAAAAAAAAAAAAA").await.0,
        404,
        "others do not wait"
    );
}

/// Many come at the same moment by a link for few.
#[tokio::test]
async fn as_many_come_as_the_link_lets_in() {
    let mut server = TestServer::start().await;
    let people = server.people(8).await;
    let zhang = server.http(ZHANG).await;
    let conv = group(&zhang, &[]).await;
    let token = link(&zhang, &conv, "l1", json!({ "uses": 3 })).await;
    let mut coming = tokio::task::JoinSet::new();
    for session in people {
        let (http, token) = (Http::with_token(&server.url(), &session), token.clone());
        coming.spawn(async move { join(&http, &token, "j1").await });
    }
    let answers = coming.join_all().await;
    let came = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(came, 3);
    let refused = answers
        .iter()
        .filter(|answer| code(answer) == (404, "dead_link"));
    assert_eq!(refused.count(), 5);
    let (_, page) = zhang.get(&format!("/v1/groups/{conv}/members")).await;
    assert_eq!(page["members"].as_array().unwrap().len(), 4);
    server.stop().await;
    server.start_again().await;
    let zhang = server.http(ZHANG).await;
    let (_, page) = zhang.get(&format!("/v1/groups/{conv}/links")).await;
    assert_eq!(
        (&page["links"][0]["used"], &page["links"][0]["works"]),
        (&json!(3), &json!(false))
    );
}

#[tokio::test]
async fn an_admin_lets_in_who_asked() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let wang = server.http(WANG).await;
    let conv = group(&zhang, &[LI_ID]).await;
    let token = link(&zhang, &conv, "l1", json!({ "approval": true })).await;
    let mut owner = server.connect(ZHANG).await.acking();
    let mut device = server.connect(WANG).await.acking();
    let waiting = json!({ "conv": conv, "state": "waiting" });
    assert_eq!(join(&wang, &token, "j1").await, (200, waiting.clone()));
    assert_eq!(join(&wang, &token, "j1").await, (200, waiting.clone()));
    let heard = owner.next_of("requests").await;
    assert_eq!(heard["count"], json!(1));
    assert_eq!(device.next_of("asked").await["state"], "waiting");
    let synced = owner.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["conversations"][0]["group"]["requests"], json!(1));
    let requests = format!("/v1/groups/{conv}/requests");
    let (status, _) = li.get(&requests).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "members are not told");
    let (_, page) = zhang.get(&requests).await;
    assert_eq!(
        (&page["requests"][0]["user"], &page["requests"][0]["link"]),
        (&json!(WANG_ID), &json!(1))
    );
    let one = format!("{requests}/{WANG_ID}");

    // Two admins at once.
    let role = json!({ "client_id": "r1", "role": "admin" });
    zhang
        .call(
            Method::PATCH,
            &format!("/v1/groups/{conv}/members/{LI_ID}"),
            Some(role),
        )
        .await;
    let body = |id: &str| json!({ "client_id": id });
    let (first, second) = tokio::join!(zhang.post(&one, body("a1")), li.post(&one, body("a2")));
    let mut statuses = [first.0.as_u16(), second.0.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{first:?} {second:?}");
    let entry = device.next_of("entry").await;
    assert_eq!(
        entry["event"],
        json!({ "type": "approved", "user": WANG_ID, "link": 1 })
    );
    assert_eq!(owner.next_of("requests").await["count"], json!(0));
    let (_, own) = wang.get("/v1/requests").await;
    assert_eq!(own["requests"], json!([]));
}

#[tokio::test]
async fn who_is_declined_hears_it_and_waits() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let conv = group(&zhang, &[]).await;
    let ask = || json!({ "conv": conv });
    let refused = li.post("/v1/join", ask()).await;
    assert_eq!(refused.1["error"]["code"], "conversation_not_found");
    let set = json!({ "client_id": "s1", "ask": true });
    let path = format!("/v1/groups/{conv}");
    zhang.call(Method::PATCH, &path, Some(set)).await;
    let (_, seen) = li.post("/v1/join/look", ask()).await;
    assert_eq!(
        (&seen["approval"], &seen["state"]),
        (&json!(true), &json!("outside"))
    );
    let mut device = server.connect(LI).await.acking();
    li.post("/v1/join", ask()).await;
    assert_eq!(device.next_of("asked").await["state"], "waiting");
    let one = format!("/v1/groups/{conv}/requests/{LI_ID}");
    for _ in 0..2 {
        let (status, _) = zhang.call(Method::DELETE, &one, None).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    let told = device.next_of("asked").await;
    assert_eq!(told["state"], "declined");
    let (_, own) = li.get("/v1/requests").await;
    assert_eq!(own["requests"][0]["again_at"], told["again_at"]);
    let refused = li.post("/v1/join", ask()).await;
    assert_eq!(
        (refused.0.as_u16(), &refused.1["error"]["code"]),
        (403, &json!("declined"))
    );
    server
        .clock()
        .set_forward(std::time::Duration::from_secs(24 * 60 * 60 + 1));
    assert_eq!(li.post("/v1/join", ask()).await.0, StatusCode::OK);
    let (status, _) = li.call(Method::DELETE, &one, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "and takes it back");
    let (_, page) = zhang.get(&format!("/v1/groups/{conv}/requests")).await;
    assert_eq!(page["requests"], json!([]));
}

/// A ban ends a request and closes the way by a link, also at the same moment.
#[tokio::test]
async fn a_ban_holds_against_links() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let wang = server.http(WANG).await;
    let conv = group(&zhang, &[WANG_ID]).await;
    let token = link(&zhang, &conv, "l1", json!({})).await;
    let asks = link(&wang, &conv, "l2", json!({ "approval": true })).await;
    let mut device = server.connect(LI).await.acking();
    assert_eq!(join(&li, &asks, "j0").await.0, 200);
    let ban = json!({ "client_id": "b1", "users": [LI_ID] });
    let bans = format!("/v1/groups/{conv}/bans");
    let (banned, came) = tokio::join!(zhang.post(&bans, ban), join(&li, &token, "j1"));
    assert_eq!(banned.0, StatusCode::OK);
    if came.0 == 200 {
        // First: then the ban has put Li out again.
        device.next_of("entry").await;
    } else {
        assert_eq!(code(&came), (403, "banned"));
    }
    for (token, id) in [(&token, "j2"), (&asks, "j3")] {
        assert_eq!(code(&join(&li, token, id).await), (403, "banned"));
    }
    assert_eq!(look(&li, &token).await.1["state"], "banned");
    let answer = device
        .request(json!({ "type": "history", "conv": conv }))
        .await;
    assert_eq!(answer["code"], "conversation_not_found");
    let (_, page) = zhang.get(&format!("/v1/groups/{conv}/members")).await;
    let ids = page["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| &member["user"]);
    assert!(ids.eq([&json!(ZHANG_ID), &json!(WANG_ID)]));
    // Wang's link goes with Wang.
    let path = format!("/v1/groups/{conv}/members/{WANG_ID}?client_id=x1");
    zhang.call(Method::DELETE, &path, None).await;
    assert_eq!(code(&look(&wang, &asks).await), (404, "dead_link"));
}

#[tokio::test]
async fn what_no_link_can_be_is_refused() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let conv = group(&zhang, &[]).await;
    let path = format!("/v1/groups/{conv}/links");
    for (terms, expected) in [
        (json!({ "client_id": "l", "uses": 0 }), "bad_request"),
        (json!({ "client_id": "l", "uses": 10_001 }), "bad_request"),
        (
            json!({ "client_id": "l", "uses": 1, "approval": true }),
            "bad_request",
        ),
        (json!({ "client_id": "l", "expires_at": 5 }), "bad_request"),
        (
            json!({ "client_id": "l", "name": "x".repeat(65) }),
            "too_large",
        ),
        (json!({ "name": "x" }), "bad_request"),
    ] {
        let (_, answer) = zhang.post(&path, terms.clone()).await;
        assert_eq!(answer["error"]["code"], expected, "{terms}");
    }
    let (_, page) = zhang.get(&path).await;
    assert_eq!(page["links"], json!([]), "and nothing is half done");
    for door in [
        json!({}),
        json!({ "conv": conv, "token": "AAAAAAAAAAAAAAAAAAAAAA" }),
    ] {
        let (_, answer) = zhang.post("/v1/join", door).await;
        assert_eq!(answer["error"]["code"], "bad_request");
    }
}
