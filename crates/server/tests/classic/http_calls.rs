//! The HTTP calls, for pages that poll.

use reqwest::header::{ACCEPT, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::client::{Browser, Socket, contents, mids};
use crate::harness::{LI, LI_ID, TestServer, WANG, ZHANG, ZHANG_ID};

const PAGE: &str = "text/html,application/xhtml+xml";

#[tokio::test]
async fn the_form_signs_in_and_the_cookie_is_out_of_reach_of_scripts() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(server.address());
    let answered = browser.get("/queryContacts?ownerUid=1000").await;
    assert_eq!(answered.status, StatusCode::UNAUTHORIZED);

    let form = [("email", ZHANG), ("password", "1234")];
    let answered = browser.post("/login", &form).await;
    assert_eq!(answered.status, StatusCode::OK);
    let cookie = answered.headers[SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    assert_eq!(answered.json()["ownerUid"], 1000);
    assert_eq!(answered.json()["ownerName"], "张三");
    assert!(
        !answered.body.contains("hy_"),
        "the token stays in the cookie"
    );

    assert_eq!(browser.get("/logout").await.status, StatusCode::NO_CONTENT);
    let answered = browser.get("/queryContacts?ownerUid=1000").await;
    assert_eq!(answered.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_browsers_form_goes_on_to_the_page() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(server.address());
    for (password, location) in [("wrong", "/classic#login-failed"), ("1234", "/classic")] {
        let form = [("email", ZHANG), ("password", password)];
        let request = browser.request(Method::POST, "/login").form(&form);
        let answered = browser.send(request.header(ACCEPT, PAGE)).await;
        assert_eq!(answered.status, StatusCode::SEE_OTHER);
        assert_eq!(answered.location(), location);
    }
    let request = browser.request(Method::GET, "/logout").header(ACCEPT, PAGE);
    assert_eq!(browser.send(request).await.location(), "/classic");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_alike() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(server.address());
    let mut answers = Vec::new();
    for form in [
        [("email", ZHANG), ("password", "wrong")],
        [("email", "nobody@example.com"), ("password", "1234")],
    ] {
        let answered = browser.post("/login", &form).await;
        assert_eq!(answered.status, StatusCode::UNAUTHORIZED);
        answers.push(answered.body);
    }
    assert_eq!(answers[0], answers[1]);
    let answered = browser.post("/login", &[("email", ZHANG)]).await;
    assert_eq!(answered.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn two_browsers_of_one_user_do_not_sign_each_other_out() {
    let server = TestServer::start().await;
    let mut first = Browser::sign_in(&server, ZHANG).await;
    let mut second = Browser::sign_in(&server, ZHANG).await;
    assert_eq!(first.contacts(ZHANG_ID).await["ownerUid"], 1000);
    assert_eq!(second.contacts(ZHANG_ID).await["ownerUid"], 1000);

    // But signing in again in one of them ends what that one had.
    let before = Browser::sign_in(&server, ZHANG).await;
    let mut again = Browser::new(server.address());
    let form = [("email", ZHANG), ("password", "1234")];
    let request = again.request(Method::POST, "/login").form(&form);
    again.send(request.header("cookie", before.cookie())).await;
    assert_eq!(again.contacts(ZHANG_ID).await["ownerUid"], 1000);
    let url = format!("ws://{}", server.address());
    let old = Socket::try_open(&url, &[("cookie", before.cookie())], ZHANG_ID).await;
    assert!(old.is_err());
}

#[tokio::test]
async fn messages_are_sent_and_polled() {
    let server = TestServer::start().await;
    let mut zhang = Browser::sign_in(&server, ZHANG).await;
    let mut li = Browser::sign_in(&server, LI).await;

    let nothing = li.get("/queryMsg?ownerUid=1001&otherUid=1000").await;
    assert_eq!(
        (nothing.status, nothing.body.as_str()),
        (StatusCode::OK, "")
    );
    let nothing = li
        .get("/queryMsgSinceMid?ownerUid=1001&otherUid=1000&lastMid=0")
        .await;
    assert_eq!(nothing.json(), json!([]));

    let first = zhang.send_msg(ZHANG_ID, LI_ID, "一 & \"二\" = 三%").await;
    assert_eq!(first.status, StatusCode::OK);
    let first = first.json();
    assert_eq!(first["content"], "一 & \"二\" = 三%");
    assert_eq!(
        (&first["ownerUid"], &first["type"]),
        (&json!(1000), &json!(0))
    );
    zhang.send_msg(ZHANG_ID, LI_ID, "二").await;

    assert_eq!(li.contacts(LI_ID).await["totalUnread"], 2);
    let seen = li.query(LI_ID, ZHANG_ID).await;
    assert_eq!(contents(&seen), ["一 & \"二\" = 三%", "二"]);
    assert_eq!(seen[0]["mid"], first["mid"]);
    assert_eq!(
        (&seen[0]["ownerUid"], &seen[0]["type"]),
        (&json!(1001), &json!(1))
    );
    assert_eq!(
        li.contacts(LI_ID).await["totalUnread"],
        0,
        "reading clears it"
    );

    let last = mids(&seen)[1];
    let since = format!("/queryMsgSinceMid?ownerUid=1001&otherUid=1000&lastMid={last}");
    assert_eq!(li.get(&since).await.json(), json!([]));
    zhang.send_msg(ZHANG_ID, LI_ID, "三").await;
    assert_eq!(contents(&li.get(&since).await.json()), ["三"]);
    assert_eq!(
        li.contacts(LI_ID).await["totalUnread"],
        0,
        "so does polling"
    );
}

#[tokio::test]
async fn the_page_can_parse_every_answer_itself() {
    let server = TestServer::start().await;
    let mut zhang = Browser::new(server.address());
    let form = [("email", ZHANG), ("password", "1234")];
    let contacts = zhang.post("/login", &form).await.parsed_by_the_page();
    assert_eq!(contacts["ownerUid"], 1000);
    let sent = zhang.send_msg(ZHANG_ID, LI_ID, "text").await;
    let sent = sent.parsed_by_the_page();
    for path in [
        "/queryMsg?ownerUid=1000&otherUid=1001",
        "/queryMsgSinceMid?ownerUid=1000&otherUid=1001&lastMid=0",
    ] {
        let found = zhang.get(path).await.parsed_by_the_page();
        assert_eq!(found[0], sent, "{path}");
    }
    let nothing = format!(
        "/queryMsgSinceMid?ownerUid=1000&otherUid=1001&lastMid={}",
        sent["mid"]
    );
    assert_eq!(zhang.get(&nothing).await.parsed_by_the_page(), json!([]));
    let contacts = zhang.get("/queryContacts?ownerUid=1000").await;
    let contacts = contacts.parsed_by_the_page();
    assert_eq!(contacts["contactInfoList"][0]["content"], "text");
}

#[tokio::test]
async fn a_poll_finds_its_place_in_a_long_log() {
    const MESSAGES: u64 = 120;
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let mut ids = Vec::new();
    for n in 0..MESSAGES {
        let sent = zhang
            .send_text(LI_ID, &format!("id-{n}"), &format!("{n}"))
            .await;
        ids.push(sent["id"].as_u64().unwrap());
        if n % 7 == 0 {
            // Ids of other conversations lie between.
            zhang.send_text(1002, &format!("other-{n}"), "x").await;
        }
    }
    let mut li = Browser::sign_in(&server, LI).await;
    for known in [0, 1, 50, 87, 88, 89, 118, 119, 120] {
        let last = if known == 0 { 0 } else { ids[known - 1] };
        let since = format!("/queryMsgSinceMid?ownerUid=1001&otherUid=1000&lastMid={last}");
        let newer = li.get(&since).await.json();
        assert_eq!(mids(&newer), ids[known..], "after {known}");
    }
}

#[tokio::test]
async fn contacts_are_newest_first_with_their_last_message() {
    let server = TestServer::start().await;
    let mut li = Browser::sign_in(&server, LI).await;
    let empty = li.contacts(LI_ID).await;
    assert_eq!(
        empty,
        json!({ "ownerUid": 1001, "ownerName": "李四", "ownerAvatar": "lisi.svg", "totalUnread": 0, "contactInfoList": [] })
    );
    let mut zhang = Browser::sign_in(&server, ZHANG).await;
    let mut wang = Browser::sign_in(&server, WANG).await;
    zhang.send_msg(ZHANG_ID, LI_ID, "from Zhang").await;
    wang.send_msg(1002, LI_ID, "from Wang").await;
    let last = wang.send_msg(1002, LI_ID, "again").await.json();
    // Reading an older conversation does not make it newer.
    li.query(LI_ID, ZHANG_ID).await;

    let contacts = li.contacts(LI_ID).await;
    assert_eq!(contacts["totalUnread"], 2);
    let list = contacts["contactInfoList"].as_array().unwrap();
    assert_eq!(
        list[0],
        json!({
            "otherUid": 1002, "otherName": "王五", "otherAvatar": "wangwu.svg",
            "mid": last["mid"], "type": 1, "content": "again", "convUnread": 2,
            "createTime": last["createTime"],
        })
    );
    assert_eq!(
        (&list[1]["otherUid"], &list[1]["convUnread"]),
        (&json!(1000), &json!(0))
    );
    assert_eq!(list.len(), 2);
    li.send_msg(LI_ID, ZHANG_ID, "mine").await;
    let contacts = li.contacts(LI_ID).await;
    let newest = &contacts["contactInfoList"][0];
    assert_eq!(
        (&newest["otherUid"], &newest["type"]),
        (&json!(1000), &json!(0))
    );
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let server = TestServer::start().await;
    let mut zhang = Browser::sign_in(&server, ZHANG).await;
    for foreign in [
        "/queryMsg?ownerUid=1001&otherUid=1000",
        "/queryMsgSinceMid?ownerUid=1001&otherUid=1000&lastMid=0",
        "/queryContacts?ownerUid=1001",
    ] {
        let answered = zhang.get(foreign).await;
        assert_eq!(
            (answered.status, answered.code()),
            (StatusCode::FORBIDDEN, "forbidden".into())
        );
    }
    assert_eq!(
        zhang.send_msg(LI_ID, ZHANG_ID, "x").await.status,
        StatusCode::FORBIDDEN
    );
    for bad in [
        "/queryMsg?ownerUid=1000",
        "/queryMsg?ownerUid=me&otherUid=1",
        "/queryContacts",
    ] {
        assert_eq!(
            zhang.get(bad).await.status,
            StatusCode::BAD_REQUEST,
            "{bad}"
        );
    }
    let long = "x".repeat(100_000);
    for (to, text, code) in [
        (LI_ID, "", "bad_request"),
        (LI_ID, long.as_str(), "too_large"),
        (4711, "x", "user_not_found"),
    ] {
        assert_eq!(zhang.send_msg(ZHANG_ID, to, text).await.code(), code);
    }
    let huge = "x".repeat(2 * 1024 * 1024);
    assert_eq!(
        zhang.send_msg(ZHANG_ID, LI_ID, &huge).await.code(),
        "too_large"
    );
    assert_eq!(zhang.query(ZHANG_ID, LI_ID).await, json!([]));
}

#[tokio::test]
async fn a_page_of_another_port_may_read_the_answers() {
    let server = TestServer::start_with(|config| config.classic.loopback_origins = true).await;
    let mut zhang = Browser::sign_in(&server, ZHANG).await;
    let path = "/queryContacts?ownerUid=1000";
    let request = zhang
        .request(Method::GET, path)
        .header("origin", "http://127.0.0.1:9090");
    let answered = zhang.send(request).await;
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(
        answered.headers["access-control-allow-origin"],
        "http://127.0.0.1:9090"
    );
    assert_eq!(answered.headers["access-control-allow-credentials"], "true");
    let request = zhang
        .request(Method::GET, path)
        .header("origin", "https://evil.example");
    let answered = zhang.send(request).await;
    assert_eq!(answered.status, StatusCode::FORBIDDEN);
    assert!(!answered.headers.contains_key("access-control-allow-origin"));
}
