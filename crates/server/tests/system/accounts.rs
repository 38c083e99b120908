//! Sign-in, devices, cookies, and the operator's commands.

use std::time::Duration;

use hongyan::admin::{self, Answer, Request};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Http, LI, LI_ID, Raw, TestServer, ZHANG, ZHANG_ID};

async fn login(server: &TestServer, body: Value, origin: Option<&str>) -> reqwest::Response {
    let mut request = reqwest::Client::new()
        .post(format!("{}/v1/login", server.url()))
        .json(&body);
    if let Some(origin) = origin {
        request = request.header("Origin", origin);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_get_the_same_answer_and_guessing_is_slowed() {
    let server = TestServer::start().await;
    let wrong = |name: &str| json!({ "login": name, "password": "wrong" });
    let known = login(&server, wrong(ZHANG), None).await;
    let unknown = login(&server, wrong("nobody@example.com"), None).await;
    assert_eq!(known.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(known.text().await.unwrap(), unknown.text().await.unwrap());

    let mut last = StatusCode::UNAUTHORIZED;
    for _ in 0..12 {
        last = login(&server, wrong(ZHANG), None).await.status();
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let refused = login(&server, json!({ "login": ZHANG, "password": "1234" }), None).await;
    assert!(
        refused.headers().contains_key("retry-after"),
        "it says when to try again"
    );
    let other = login(&server, json!({ "login": LI, "password": "1234" }), None).await;
    assert_eq!(
        other.status(),
        StatusCode::OK,
        "somebody else is not slowed"
    );
}

#[tokio::test]
async fn a_login_name_is_the_same_in_capitals() {
    let server = TestServer::start().await;
    let answer = login(
        &server,
        json!({ "login": "ZhangSan@Gmail.com", "password": "1234" }),
        None,
    )
    .await;
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["user"]["id"], ZHANG_ID);
    assert_eq!(answer["user"]["name"], "张三");
}

#[tokio::test]
async fn signing_out_closes_the_devices_connections_and_only_those() {
    let server = TestServer::start().await;
    let phone = Http::sign_in(&server.url(), ZHANG, "phone").await;
    let laptop = Http::sign_in(&server.url(), ZHANG, "laptop").await;
    let mut phone_socket = Raw::welcome(server.address(), phone.token()).await;
    let mut laptop_socket = Raw::welcome(server.address(), laptop.token()).await;

    let (_, listed) = laptop.get("/v1/sessions").await;
    let sessions = listed["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let phones = sessions
        .iter()
        .find(|session| session["device"] == "phone")
        .unwrap();
    assert_eq!(phones["current"], false);

    let path = format!("/v1/sessions/{}", phones["session"]);
    let (status, _) = laptop.call(Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(
        phone_socket.closed().await,
        Some((4004, "session_revoked".into()))
    );
    assert_eq!(phone.get("/v1/me").await.0, StatusCode::UNAUTHORIZED);

    let stranger = server.http(LI).await;
    let (_, me) = laptop.get("/v1/me").await;
    let path = format!("/v1/sessions/{}", me["session"]);
    let (status, _) = stranger.call(Method::DELETE, &path, None).await;
    assert_eq!(
        status,
        StatusCode::NOT_FOUND,
        "nobody ends somebody else's session"
    );
    let pong = laptop_socket
        .request(json!({ "type": "ping", "interval_ms": 1000 }))
        .await;
    assert_eq!(pong["type"], "pong");

    assert_eq!(
        laptop.post("/v1/logout", json!({})).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        laptop_socket.closed().await,
        Some((4004, "session_revoked".into()))
    );
}

#[tokio::test]
async fn a_device_that_signs_in_again_replaces_its_old_session() {
    let server = TestServer::start().await;
    let old = Http::sign_in(&server.url(), ZHANG, "phone").await;
    let mut socket = Raw::welcome(server.address(), old.token()).await;
    let new = Http::sign_in(&server.url(), ZHANG, "phone").await;
    assert_eq!(
        socket.closed().await,
        Some((4004, "session_revoked".into()))
    );
    assert_eq!(old.get("/v1/me").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(new.get("/v1/me").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_user_has_a_bounded_number_of_connections() {
    let server = TestServer::start().await;
    let http = server.http(ZHANG).await;
    let mut active = Raw::welcome(server.address(), http.token()).await;
    let mut others = Vec::new();
    for _ in 0..hongyan_gateway::limits::CONNECTIONS_PER_USER {
        others.push(Raw::welcome(server.address(), http.token()).await);
        // So that the times at which they were heard of differ.
        tokio::time::sleep(Duration::from_millis(2)).await;
        let pong = active.request(json!({ "type": "ping", "interval_ms": 1000 }));
        assert_eq!(pong.await["type"], "pong", "one that is in use stays");
    }
    let bye = others[0].next_of("bye").await;
    assert_eq!(bye["code"], "connection_limit");
    assert!(bye["retry_after_ms"].as_u64() > Some(1000), "{bye}");
    assert_eq!(
        others[0].closed().await,
        Some((4107, "connection_limit".into())),
        "the one that was silent for longest"
    );
    let pong = others[1].request(json!({ "type": "ping", "interval_ms": 1000 }));
    assert_eq!(pong.await["type"], "pong");
}

#[tokio::test]
async fn a_session_that_ends_by_itself_ends_its_connections() {
    let server = TestServer::start().await;
    let day = Duration::from_secs(24 * 60 * 60);
    let early = server.http(ZHANG).await;
    let mut early_socket = Raw::welcome(server.address(), early.token()).await;
    server.clock().set_forward(89 * day);
    let mut late_socket = server.connect(ZHANG).await;
    let pong = early_socket.request(json!({ "type": "ping", "interval_ms": 1000 }));
    assert_eq!(pong.await["type"], "pong", "not yet");
    server.clock().set_forward(2 * day);
    assert_eq!(early.get("/v1/me").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(
        early_socket.closed().await,
        Some((4001, "unauthenticated".into()))
    );
    let pong = late_socket.request(json!({ "type": "ping", "interval_ms": 1000 }));
    assert_eq!(pong.await["type"], "pong", "another session goes on");
    server.clock().set_forward(90 * day);
    assert_eq!(
        late_socket.closed().await,
        Some((4001, "unauthenticated".into()))
    );
}

#[tokio::test]
async fn a_connected_device_outlives_a_flood_of_sign_ins() {
    let server = TestServer::start().await;
    let phone = Http::sign_in(&server.url(), ZHANG, "phone").await;
    let mut socket = Raw::welcome(server.address(), phone.token()).await;
    let user = hongyan_protocol::UserId::new(ZHANG_ID).unwrap();
    for number in 0..=hongyan_store::SESSIONS_PER_USER {
        let device = format!("device {number}");
        let node = server.node();
        let opened = node
            .service()
            .open_session(node.operator(), user, device, None);
        opened.await.map(drop).unwrap();
    }
    let pong = socket.request(json!({ "type": "ping", "interval_ms": 1000 }));
    assert_eq!(pong.await["type"], "pong");
    let (_, listed) = phone.get("/v1/sessions").await;
    let sessions = listed["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), hongyan_store::SESSIONS_PER_USER);
    assert!(
        !sessions
            .iter()
            .any(|session| session["device"] == "device 0"),
        "the one unused longest is gone"
    );
}

#[tokio::test]
async fn a_cookie_works_from_the_servers_own_page_only() {
    let server = TestServer::start().await;
    let own = server.url();
    let body = json!({ "login": ZHANG, "password": "1234", "cookie": true });
    let foreign = login(&server, body.clone(), Some("https://evil.example")).await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);

    let response = login(&server, body, Some(&own)).await;
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let answer: Value = response.json().await.unwrap();
    assert_eq!(
        answer["token"],
        Value::Null,
        "a page's script never sees the token"
    );
    let cookie = cookie.split(';').next().unwrap();

    for (origin, closes) in [(own.as_str(), false), ("https://evil.example", true)] {
        let headers = [("cookie", cookie), ("origin", origin)];
        let mut raw = Raw::open_with(server.address(), &headers).await.unwrap();
        raw.send(json!({ "type": "hello" })).await;
        if closes {
            assert_eq!(raw.closed().await, Some((4001, "unauthenticated".into())));
        } else {
            assert_eq!(raw.next().await["type"], "welcome");
        }
    }
    for (origin, status) in [
        (Some("https://evil.example"), StatusCode::FORBIDDEN),
        (None, StatusCode::FORBIDDEN),
        (Some(own.as_str()), StatusCode::NO_CONTENT),
    ] {
        let mut request = reqwest::Client::new()
            .post(format!("{own}/v1/logout"))
            .header("Cookie", cookie);
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        assert_eq!(request.send().await.unwrap().status(), status, "{origin:?}");
    }
}

#[tokio::test]
async fn the_operator_reaches_the_running_server() {
    let server = TestServer::start().await;
    let folder = server.database().parent().unwrap().to_owned();
    let ask = async |request| admin::ask(&folder, &request).await.unwrap();

    let add = |password: &str| Request::AddUser {
        login: "zhaoliu@example.com".into(),
        name: "赵六".into(),
        avatar: None,
        password: password.into(),
    };
    assert!(matches!(ask(add("short")).await, Answer::Refused { .. }));
    assert!(matches!(ask(add("long enough")).await, Answer::Users { users } if users.len() == 1));
    assert!(
        matches!(ask(add("long enough")).await, Answer::Refused { .. }),
        "the name is taken"
    );

    let mut zhang = server.connect(ZHANG).await;
    let set = Request::SetPassword {
        login: ZHANG.into(),
        password: "a new password".into(),
    };
    assert!(matches!(ask(set).await, Answer::Done));
    assert_eq!(zhang.closed().await, Some((4004, "session_revoked".into())));
    let old = login(&server, json!({ "login": ZHANG, "password": "1234" }), None).await;
    assert_eq!(old.status(), StatusCode::UNAUTHORIZED);
    let new = login(
        &server,
        json!({ "login": ZHANG, "password": "a new password" }),
        None,
    )
    .await;
    assert_eq!(new.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_name_is_changed_for_everybody_and_bad_ones_are_refused() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let li = server.http(LI).await;
    let (status, answer) = rename(&zhang, json!({ "name": "张三丰" })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&answer["user"]["id"], &answer["user"]["name"]),
        (&json!(ZHANG_ID), &json!("张三丰"))
    );
    assert_eq!(
        zhang.get("/v1/me").await.1,
        answer,
        "as `GET /v1/me` has it"
    );

    let (_, found) = li.get(&format!("/v1/users?login={ZHANG}")).await;
    assert_eq!(found["users"][0]["name"], "张三丰");
    zhang.send_text(LI_ID, "n1", "hello").await;
    let (_, synced) = li.get("/v1/conversations").await;
    let users = synced["users"].as_array().unwrap();
    assert!(
        users.iter().any(|user| user["name"] == "张三丰"),
        "{synced}"
    );

    let long = "长".repeat(43);
    for (name, expected) in [
        (json!(""), StatusCode::BAD_REQUEST),
        (json!(" \u{3000} "), StatusCode::BAD_REQUEST),
        (json!("a\nb"), StatusCode::BAD_REQUEST),
        (json!(7), StatusCode::BAD_REQUEST),
        (Value::Null, StatusCode::BAD_REQUEST),
        (json!(long), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let (status, _) = rename(&zhang, json!({ "name": name })).await;
        assert_eq!(status, expected, "{name}");
    }
    assert_eq!(zhang.get("/v1/me").await.1, answer, "it is as it was");
}

async fn rename(http: &Http, body: Value) -> (StatusCode, Value) {
    http.call(Method::PATCH, "/v1/me", Some(body)).await
}

#[tokio::test]
async fn a_changed_password_signs_the_other_devices_out_and_keeps_this_one() {
    let server = TestServer::start().await;
    let phone = Http::sign_in(&server.url(), ZHANG, "phone").await;
    let laptop = Http::sign_in(&server.url(), ZHANG, "laptop").await;
    let mut phone_socket = Raw::welcome(server.address(), phone.token()).await;
    let mut laptop_socket = Raw::welcome(server.address(), laptop.token()).await;

    for (body, expected) in [
        (
            json!({ "current": "wrong", "new": "correct horse" }),
            StatusCode::FORBIDDEN,
        ),
        (
            json!({ "current": "1234", "new": "short" }),
            StatusCode::BAD_REQUEST,
        ),
        (
            json!({ "current": "1234", "new": "x".repeat(513) }),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        (json!({ "current": "1234" }), StatusCode::BAD_REQUEST),
    ] {
        let (status, answer) = laptop.post("/v1/password", body).await;
        assert_eq!(status, expected, "{answer}");
    }
    let everybody = phone_socket.request(json!({ "type": "ping", "interval_ms": 1000 }));
    assert_eq!(
        everybody.await["type"],
        "pong",
        "a refusal signs nobody out"
    );

    let change = json!({ "current": "1234", "new": "correct horse" });
    let (status, _) = laptop.post("/v1/password", change).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(
        phone_socket.closed().await,
        Some((4004, "session_revoked".into()))
    );
    assert_eq!(phone.get("/v1/me").await.0, StatusCode::UNAUTHORIZED);
    let pong = laptop_socket.request(json!({ "type": "ping", "interval_ms": 1000 }));
    assert_eq!(pong.await["type"], "pong");

    let old = login(&server, json!({ "login": ZHANG, "password": "1234" }), None).await;
    assert_eq!(old.status(), StatusCode::UNAUTHORIZED);
    let body = json!({ "login": ZHANG, "password": "correct horse" });
    let new = login(&server, body, None).await;
    assert_eq!(new.status(), StatusCode::OK);
}

#[tokio::test]
async fn guessing_the_current_password_is_slowed() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let guess = json!({ "current": "wrong", "new": "correct horse" });
    let mut refused = 0;
    while zhang.post("/v1/password", guess.clone()).await.0 == StatusCode::FORBIDDEN {
        refused += 1;
        assert!(refused < 20, "guessing goes on for ever");
    }
    let right = json!({ "current": "1234", "new": "correct horse" });
    let (status, answer) = zhang.post("/v1/password", right).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{answer}");
}

/// How the server answers a `hello` with this token.
async fn refusal(server: &TestServer, token: &str) -> u16 {
    let mut socket = Raw::open(server.address()).await;
    socket
        .send(json!({ "type": "hello", "token": token }))
        .await;
    let (code, _) = socket.closed().await.expect("a code");
    code
}

/// A device that was signed out may be lost: it is told so whenever it comes back, and only it.
#[tokio::test]
async fn a_device_that_was_signed_out_is_told_so_when_it_comes_back() {
    let mut server = TestServer::start().await;
    let desk = Http::sign_in(&server.url(), ZHANG, "desk").await;
    let replaced = Http::sign_in(&server.url(), ZHANG, "phone").await;
    let phone = Http::sign_in(&server.url(), ZHANG, "phone").await;
    let laptop = Http::sign_in(&server.url(), ZHANG, "laptop").await;
    let (_, me) = phone.get("/v1/me").await;
    let path = format!("/v1/sessions/{}", me["session"]);
    let (status, _) = desk.call(Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    server.stop().await;
    server.start_again().await;
    assert_eq!(refusal(&server, phone.token()).await, 4004);
    assert_eq!(refusal(&server, replaced.token()).await, 4001);
    assert_eq!(refusal(&server, "hy_nobody").await, 4001);
    let (status, answer) = phone.get("/v1/me").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer["error"]["code"], "unauthenticated");

    let change = json!({ "current": "1234", "new": "correct horse" });
    assert_eq!(
        desk.post("/v1/password", change).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(refusal(&server, laptop.token()).await, 4004);
}
