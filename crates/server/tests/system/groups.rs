//! Groups over HTTP, and what their members' connections hear of them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Http, LI, LI_ID, TestServer, WANG, WANG_ID, ZHANG, ZHANG_ID};

/// Makes a group of Zhang's with these.
async fn make(zhang: &Http, client_id: &str, users: &[u64]) -> Value {
    let body = json!({ "client_id": client_id, "name": "雁群", "users": users });
    let (status, sent) = zhang.post("/v1/groups", body).await;
    assert_eq!(status, StatusCode::OK, "{sent}");
    sent
}

async fn refused(
    who: &Http,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let (status, answer) = who.call(method, path, body).await;
    (status, answer["error"]["code"].clone())
}

#[tokio::test]
async fn a_group_is_made_and_all_its_members_hear_of_it() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let mut li = server.connect(LI).await.acking();
    let sent = make(&zhang, "g1", &[LI_ID]).await;
    assert_eq!(make(&zhang, "g1", &[LI_ID]).await, sent, "a retry finds it");
    let heard = li.next_of("entry").await;
    assert_eq!(
        heard["event"],
        json!({ "type": "created", "name": "雁群", "users": [LI_ID] })
    );
    assert_eq!(
        (&heard["kind"], &heard["seq"]),
        (&json!("event"), &json!(1))
    );
    let synced = li.request(json!({ "type": "sync" })).await;
    let view = &synced["conversations"][0];
    assert_eq!((&view["kind"], &view["size"]), (&json!("group"), &json!(2)));
    assert_eq!(
        view["group"],
        json!({ "name": "雁群", "post": "all", "invite": "all", "role": "member" })
    );
    assert_eq!(view["unread"], 0, "that it began is no message");
    let conv = sent["conv"].as_u64().unwrap();
    let said =
        json!({ "conv": conv, "client_id": "m1", "body": { "type": "text", "text": "大家好" } });
    let (status, _) = zhang.post("/v1/messages", said).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(li.next_of("entry").await["body"]["text"], "大家好");
    let synced = li.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["total_unread"], 1);
}

#[tokio::test]
async fn members_come_go_and_get_roles() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let mut wang = server.connect(WANG).await.acking();
    let conv = make(&zhang, "g1", &[LI_ID]).await["conv"].clone();
    let members = format!("/v1/groups/{conv}/members");
    let add = json!({ "client_id": "a1", "users": [WANG_ID] });
    let (status, _) = li.post(&members, add).await;
    assert_eq!(status, StatusCode::OK, "all may bring others in");
    assert_eq!(wang.next_of("entry").await["event"]["type"], "added");
    let (_, page) = li.get(&members).await;
    assert_eq!(
        page["members"],
        json!([
            { "user": ZHANG_ID, "role": "owner" },
            { "user": LI_ID, "role": "member" },
            { "user": WANG_ID, "role": "member" },
        ])
    );
    assert_eq!(
        (page["users"].as_array().unwrap().len(), &page["more"]),
        (3, &json!(false))
    );
    let (_, page) = li.get(&format!("{members}?limit=1&after={ZHANG_ID}")).await;
    assert_eq!(page["members"][0]["user"], LI_ID);
    assert_eq!(page["more"], true);

    // Who is no admin removes nobody; an admin removes members.
    let wangs = format!("{members}/{WANG_ID}");
    let remove = format!("{wangs}?client_id=r1");
    let forbidden = (StatusCode::FORBIDDEN, json!("forbidden"));
    assert_eq!(refused(&li, Method::DELETE, &remove, None).await, forbidden);
    let role = json!({ "client_id": "p1", "role": "admin" });
    let (status, _) = zhang
        .call(Method::PATCH, &format!("{members}/{LI_ID}"), Some(role))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(wang.next_of("entry").await["event"]["role"], "admin");
    let (status, removed) = li.call(Method::DELETE, &remove, None).await;
    assert_eq!(status, StatusCode::OK);
    let heard = wang.next_of("entry").await;
    assert_eq!(
        heard["event"],
        json!({ "type": "removed", "users": [WANG_ID] })
    );

    // For who was removed it ends there, whatever comes.
    let said = json!({ "conv": conv, "client_id": "m1", "body": { "type": "text", "text": "x" } });
    zhang.post("/v1/messages", said).await;
    let history = json!({ "type": "history", "conv": conv });
    let answer = wang.request(history).await;
    assert_eq!(answer["code"], "conversation_not_found");
    let synced = wang.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["conversations"], json!([]));
    let again = server.http(WANG).await;
    let gone = (StatusCode::NOT_FOUND, json!("conversation_not_found"));
    assert_eq!(refused(&again, Method::GET, &members, None).await, gone);
    assert_eq!(removed["conv"], conv);
}

#[tokio::test]
async fn who_was_removed_while_away_learns_it_at_the_next_sync() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let conv = make(&zhang, "g1", &[LI_ID]).await["conv"].clone();
    let mut li = server.connect(LI).await.acking();
    let cursor = li.request(json!({ "type": "sync" })).await["cursor"].clone();
    drop(li);
    let path = format!("/v1/groups/{conv}/members/{LI_ID}?client_id=r1");
    let (status, _) = zhang.call(Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::OK);
    let mut li = server.connect(LI).await;
    let synced = li
        .request(json!({ "type": "sync", "cursor": cursor }))
        .await;
    let view = &synced["conversations"][0];
    assert_eq!((&view["conv"], &view["left"]), (&conv, &json!(true)));
    assert_eq!((&view["head"], &view["entries"]), (&json!(2), &json!([])));
}

#[tokio::test]
async fn bad_input_has_a_code_and_no_effect() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let conv = make(&zhang, "g1", &[LI_ID]).await["conv"].clone();
    let group = format!("/v1/groups/{conv}");
    let members = format!("{group}/members");
    let many: Vec<u64> = (2000..2101).collect();
    let long = "e\u{301}".repeat(10_000);
    let id = |rest: Value| {
        let mut body = rest;
        body["client_id"] = json!("x");
        Some(body)
    };
    let post = Method::POST;
    let cases = [
        (
            post.clone(),
            "/v1/groups",
            id(json!({ "name": "" })),
            400,
            "bad_request",
        ),
        (
            post.clone(),
            "/v1/groups",
            id(json!({ "name": "\u{202e}x" })),
            400,
            "bad_request",
        ),
        (
            post.clone(),
            "/v1/groups",
            id(json!({ "name": long })),
            413,
            "too_large",
        ),
        (
            post.clone(),
            "/v1/groups",
            id(json!({ "name": "x", "users": [7] })),
            404,
            "user_not_found",
        ),
        (
            post.clone(),
            "/v1/groups",
            id(json!({ "name": "x", "users": many })),
            413,
            "too_large",
        ),
        (
            post.clone(),
            "/v1/groups",
            Some(json!({ "name": "x" })),
            400,
            "bad_request",
        ),
        (
            post.clone(),
            &members,
            id(json!({ "users": [7] })),
            404,
            "user_not_found",
        ),
        (
            post.clone(),
            &members,
            id(json!({ "users": [LI_ID] })),
            409,
            "unchanged",
        ),
        (Method::PATCH, &group, id(json!({})), 400, "bad_request"),
        (
            Method::PATCH,
            &group,
            id(json!({ "name": "a", "post": "all" })),
            400,
            "bad_request",
        ),
        (
            Method::PATCH,
            &group,
            id(json!({ "post": "nobody" })),
            400,
            "bad_request",
        ),
        (
            Method::PATCH,
            &group,
            id(json!({ "name": "雁群" })),
            409,
            "unchanged",
        ),
    ];
    for (method, path, body, status, code) in cases {
        let what = format!("{method} {path} {:.80}", json!(body).to_string());
        let (got, answer) = refused(&zhang, method, path, body).await;
        assert_eq!((got.as_u16(), answer), (status, json!(code)), "{what}");
    }
    let owner = format!("{members}/{ZHANG_ID}?client_id=x");
    let stays = (StatusCode::CONFLICT, json!("owner_stays"));
    assert_eq!(refused(&zhang, Method::DELETE, &owner, None).await, stays);
    let strangers = server.http(WANG).await;
    let gone = (StatusCode::NOT_FOUND, json!("conversation_not_found"));
    let rename = id(json!({ "name": "mine" }));
    assert_eq!(
        refused(&strangers, Method::PATCH, &group, rename).await,
        gone
    );
    let disband = format!("{group}?client_id=x");
    let forbidden = (StatusCode::FORBIDDEN, json!("forbidden"));
    assert_eq!(
        refused(&li, Method::DELETE, &disband, None).await,
        forbidden
    );
    // Of all that nothing happened.
    let (_, page) = zhang.get(&members).await;
    assert_eq!(page["members"].as_array().unwrap().len(), 2);
    let (status, _) = zhang.call(Method::DELETE, &disband, None).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(refused(&li, Method::GET, &members, None).await, gone);
}

#[tokio::test]
async fn only_admins_write_where_the_group_says_so() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let conv = make(&zhang, "g1", &[LI_ID]).await["conv"].clone();
    let group = format!("/v1/groups/{conv}");
    let set = json!({ "client_id": "s1", "post": "admins" });
    let (status, _) = zhang.call(Method::PATCH, &group, Some(set)).await;
    assert_eq!(status, StatusCode::OK);
    let said = |id: &str| json!({ "conv": conv, "client_id": id, "body": { "type": "text", "text": "x" } });
    let forbidden = (StatusCode::FORBIDDEN, json!("forbidden"));
    let refused = refused(&li, Method::POST, "/v1/messages", Some(said("m1"))).await;
    assert_eq!(refused, forbidden);
    let (status, _) = zhang.post("/v1/messages", said("m1")).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn who_makes_groups_without_end_has_to_wait() {
    let server = TestServer::start_with(|config| config.limits.user_units_per_second = 10).await;
    let zhang = server.http(ZHANG).await;
    let mut made = 0;
    let refused = loop {
        let body = json!({ "client_id": format!("g{made}"), "name": "x", "users": [LI_ID] });
        let (status, answer) = zhang.post("/v1/groups", body).await;
        if status == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        assert_eq!(status, StatusCode::OK, "{answer}");
        made += 1;
        assert!(made < 40, "as if a group cost no more than a message");
    };
    assert_eq!(refused["error"]["code"], "rate_limited");
    assert!(refused["error"]["retry_after_ms"].as_u64().is_some());
    // Others make theirs.
    let li = server.http(LI).await;
    make(&li, "g1", &[WANG_ID]).await;
}

#[tokio::test]
async fn who_comes_late_reads_what_the_group_lets() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let conv = make(&zhang, "g1", &[LI_ID]).await["conv"].clone();
    let group = format!("/v1/groups/{conv}");
    let set = json!({ "client_id": "s1", "history": "joining" });
    let (status, _) = zhang.call(Method::PATCH, &group, Some(set)).await;
    assert_eq!(status, StatusCode::OK);
    let said = |id: &str, text: &str| json!({ "conv": conv, "client_id": id, "body": { "type": "text", "text": text } });
    let (_, old) = zhang.post("/v1/messages", said("m1", "from before")).await;
    let mut wang = server.connect(WANG).await.acking();
    let mut li = server.connect(LI).await.acking();
    let add = json!({ "client_id": "a1", "users": [WANG_ID] });
    let (_, added) = zhang.post(&format!("{group}/members"), add).await;
    assert_eq!(wang.next_of("entry").await["event"]["type"], "added");

    // Every way to read begins at the entry that brought Wang in.
    let since = &added["seq"];
    let view = &wang.request(json!({ "type": "sync" })).await["conversations"][0];
    assert_eq!((&view["since"], &view["entries"][0]["seq"]), (since, since));
    assert_eq!(view["group"]["history"], "joining");
    for range in [json!({}), json!({ "after": 0 }), json!({ "before": 1000 })] {
        let mut ask = json!({ "type": "history", "conv": conv });
        ask.as_object_mut()
            .unwrap()
            .extend(range.as_object().unwrap().clone());
        let page = wang.request(ask).await;
        assert_eq!((&page["since"], &page["entries"][0]["seq"]), (since, since));
        assert_eq!(page["more"], false);
    }
    let (_, page) = server
        .http(WANG)
        .await
        .get(&format!("/v1/conversations/{conv}/entries"))
        .await;
    assert_eq!(page["entries"].as_array().unwrap().len(), 1);
    let mut answer = said("w1", "what was it?");
    answer["reply_to"] = old["seq"].clone();
    answer["type"] = json!("send");
    assert_eq!(wang.request(answer).await["code"], "entry_not_found");

    // The new wording of an old message is pushed to those only who may read the old one.
    let path = format!("/v1/conversations/{conv}/entries/{}", old["seq"]);
    let edit =
        json!({ "client_id": "e1", "body": { "type": "text", "text": "still from before" } });
    let (status, edited) = zhang.call(Method::PATCH, &path, Some(edit)).await;
    assert_eq!(status, StatusCode::OK, "{edited}");
    let heard = wang.next_of("entry").await;
    assert_eq!(
        (&heard["seq"], &heard["body"]),
        (&edited["seq"], &Value::Null)
    );
    let heard = loop {
        let heard = li.next_of("entry").await;
        if heard["seq"] == edited["seq"] {
            break heard;
        }
    };
    assert_eq!(heard["body"]["text"], "still from before");
    let set = json!({ "client_id": "s2", "history": "days", "history_days": 366 });
    let refused = refused(&zhang, Method::PATCH, &group, Some(set)).await;
    assert_eq!(refused, (StatusCode::BAD_REQUEST, json!("bad_request")));
}

#[tokio::test]
async fn nobody_is_put_into_groups_without_end() {
    let server =
        TestServer::start_with(|config| config.limits.user_units_per_second = 1_000_000).await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let conv = make(&zhang, "first", &[]).await["conv"].clone();
    let members = format!("/v1/groups/{conv}/members");
    let mut put_in = 0;
    let refused = loop {
        let add = json!({ "client_id": format!("a{put_in}"), "users": [WANG_ID] });
        let (status, answer) = zhang.post(&members, add).await;
        if status == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        assert_eq!(status, StatusCode::OK, "{answer}");
        put_in += 1;
        let remove = format!("{members}/{WANG_ID}?client_id=r{put_in}");
        let (status, _) = zhang.call(Method::DELETE, &remove, None).await;
        assert_eq!(status, StatusCode::OK);
        assert!(put_in < 110, "as if nobody minded");
    };
    assert!(put_in >= 100, "{put_in}");
    assert_eq!(refused["error"]["code"], "rate_limited");
    assert!(refused["error"]["retry_after_ms"].as_u64().is_some());
    // It holds for whoever would do it, and for that one person only.
    let body = json!({ "client_id": "l1", "name": "x", "users": [WANG_ID] });
    let (status, _) = li.post("/v1/groups", body).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    make(&zhang, "another", &[LI_ID]).await;
}
