//! Who one is comes from the sign-in; what frames and pages claim is checked.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio_tungstenite::tungstenite;

use crate::client::{Browser, Socket, say};
use crate::harness::{LI, LI_ID, TestServer, ZHANG, ZHANG_ID};

/// The status with which a socket is refused.
async fn refused(url: &str, headers: &[(&'static str, &str)]) -> StatusCode {
    match Socket::try_open(url, headers, ZHANG_ID).await {
        Err(tungstenite::Error::Http(response)) => {
            StatusCode::from_u16(response.status().as_u16()).unwrap()
        }
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("a socket was opened with {headers:?}"),
    }
}

#[tokio::test]
async fn a_socket_needs_a_sign_in() {
    let server = TestServer::start().await;
    let url = format!("ws://{}", server.address());
    assert_eq!(refused(&url, &[]).await, StatusCode::UNAUTHORIZED);
    let made_up = [("cookie", "hongyan_session=hy_made-up")];
    assert_eq!(refused(&url, &made_up).await, StatusCode::UNAUTHORIZED);
    let made_up = format!("{url}/?token=hy_made-up");
    assert_eq!(refused(&made_up, &[]).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_in_the_address_signs_in() {
    let server = TestServer::start().await;
    let http = server.http(ZHANG).await;
    let url = format!("ws://{}/?a=b&token={}", server.address(), http.token());
    let mut zhang = Socket::try_open(&url, &[], ZHANG_ID).await.unwrap();
    zhang.bind().await;
}

#[tokio::test]
async fn pages_of_this_machine_may_open_a_socket_and_foreign_ones_may_not() {
    let server = TestServer::start_with(|config| {
        config.allowed_origins = vec!["https://chat.example.com".into()];
        config.classic.loopback_origins = true;
    })
    .await;
    let url = format!("ws://{}", server.address());
    let browser = Browser::sign_in(&server, ZHANG).await;
    let cookie = ("cookie", browser.cookie());
    let own = server.url();
    for origin in [
        own.as_str(),
        "http://127.0.0.1:9090",
        "http://localhost:3000",
        "http://[::1]",
        "https://chat.example.com",
    ] {
        let mut zhang = Socket::try_open(&url, &[cookie, ("origin", origin)], ZHANG_ID)
            .await
            .unwrap();
        zhang.bind().await;
    }
    for origin in [
        "https://evil.example",
        "null",
        "http://127.0.0.1.evil.example",
    ] {
        let with_cookie = [cookie, ("origin", origin)];
        assert_eq!(
            refused(&url, &with_cookie).await,
            StatusCode::FORBIDDEN,
            "{origin}"
        );
        let with_token = format!("{url}/?token={}", browser.token());
        let status = refused(&with_token, &[("origin", origin)]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin}");
    }
}

#[tokio::test]
async fn loopback_is_not_on_the_list_by_default() {
    let server = TestServer::start().await;
    let url = format!("ws://{}", server.address());
    let browser = Browser::sign_in(&server, ZHANG).await;
    let neighbour = [
        ("cookie", browser.cookie()),
        ("origin", "http://127.0.0.1:9090"),
    ];
    assert_eq!(refused(&url, &neighbour).await, StatusCode::FORBIDDEN);
    let own = server.url();
    let own = [("cookie", browser.cookie()), ("origin", own.as_str())];
    Socket::try_open(&url, &own, ZHANG_ID).await.unwrap();
}

#[tokio::test]
async fn a_frame_cannot_speak_for_another() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut li = Socket::online(&server, LI, LI_ID).await;
    li.say(ZHANG_ID, "for Zhang's eyes").await;
    zhang.push().await;
    let before = zhang.query(LI_ID).await;
    for foreign in [
        json!({ "type": 0, "data": { "uid": 1001, "timeout": 120_000 } }),
        json!({ "type": 1, "data": { "uid": 1001 } }),
        json!({ "type": 2, "data": { "ownerUid": 1001, "otherUid": 1000 } }),
        json!({ "type": 2, "data": { "ownerUid": 1001, "otherUid": 1002 } }),
        say(LI_ID, ZHANG_ID, "not from Li"),
        json!({ "type": 5, "data": { "uid": 1002 } }),
    ] {
        let answer = zhang.ask(foreign).await;
        assert_eq!(answer["type"], -1, "{answer}");
        assert_eq!(answer["data"]["code"], "forbidden", "{answer}");
    }
    assert_eq!(zhang.query(LI_ID).await, before);
    li.hears_nothing().await;

    let browser = Browser::sign_in(&server, ZHANG).await;
    let mut fresh = Socket::open(&server, &browser, LI_ID).await;
    let answer = fresh
        .ask(json!({ "type": 1, "data": { "uid": 1001 } }))
        .await;
    assert_eq!(answer["data"]["code"], "forbidden");
}

#[tokio::test]
async fn the_end_of_the_session_ends_its_sockets_bound_or_not() {
    let server = TestServer::start().await;
    let mut browser = Browser::sign_in(&server, ZHANG).await;
    let mut bound = Socket::open(&server, &browser, ZHANG_ID).await;
    bound.bind().await;
    let mut unbound = Socket::open(&server, &browser, ZHANG_ID).await;
    let mut other = Socket::online(&server, ZHANG, ZHANG_ID).await;
    assert_eq!(browser.get("/logout").await.status, StatusCode::NO_CONTENT);
    for socket in [&mut bound, &mut unbound] {
        assert_eq!(socket.closed().await, 4004);
    }
    assert_eq!(other.unread().await, 0, "another browser stays signed in");
}

#[tokio::test]
async fn a_foreign_page_makes_a_browser_do_nothing() {
    let server = TestServer::start().await;
    let mut browser = Browser::sign_in(&server, ZHANG).await;
    let mut li = Socket::online(&server, LI, LI_ID).await;
    li.say(ZHANG_ID, "unread").await;
    let calls = [
        (
            Method::POST,
            "/sendMsg?senderUid=1000&recipientUid=1001&content=x&msgType=1",
        ),
        (Method::GET, "/queryMsg?ownerUid=1000&otherUid=1001"),
        (
            Method::GET,
            "/queryMsgSinceMid?ownerUid=1000&otherUid=1001&lastMid=0",
        ),
        (Method::GET, "/queryContacts?ownerUid=1000"),
        (Method::GET, "/logout"),
    ];
    let neighbour = format!("http://127.0.0.1:{}/page", server.address().port() ^ 1);
    let marks = [
        ("referer", "https://evil.example/page?http://127.0.0.1"),
        ("referer", neighbour.as_str()),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ];
    for (method, path) in calls {
        for (name, value) in marks {
            let request = browser.request(method.clone(), path).header(name, value);
            let answered = browser.send(request).await;
            assert_eq!(
                answered.status,
                StatusCode::FORBIDDEN,
                "{path} {name}: {value}"
            );
        }
    }
    assert_eq!(browser.contacts(ZHANG_ID).await["totalUnread"], 1);
    let form = [("email", ZHANG), ("password", "1234")];
    let request = browser.request(Method::POST, "/login").form(&form);
    let answered = browser
        .send(request.header("origin", "https://evil.example"))
        .await;
    assert_eq!(answered.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_the_window_shows_is_not_read_and_its_own_links_sign_out() {
    let server = TestServer::start().await;
    let mut browser = Browser::sign_in(&server, ZHANG).await;
    let mut li = Socket::online(&server, LI, LI_ID).await;
    li.say(ZHANG_ID, "unread").await;
    let window = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    for path in [
        "/queryMsg?ownerUid=1000&otherUid=1001",
        "/queryMsgSinceMid?ownerUid=1000&otherUid=1001&lastMid=0",
    ] {
        for headers in [
            vec![window],
            vec![
                window,
                ("sec-fetch-site", "none"),
                ("sec-fetch-mode", "navigate"),
            ],
        ] {
            let mut request = browser.request(Method::GET, path);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            assert_eq!(browser.send(request).await.json()[0]["content"], "unread");
            assert_eq!(browser.contacts(ZHANG_ID).await["totalUnread"], 1);
        }
    }
    let link = browser
        .request(Method::GET, "/logout")
        .header("accept", window.1)
        .header("referer", format!("{}/classic", server.url()));
    assert_eq!(browser.send(link).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn switched_off_nothing_of_it_is_there() {
    let server = TestServer::start_with(|config| config.classic.enabled = false).await;
    let http = server.http(ZHANG).await;
    let url = format!("ws://{}/?token={}", server.address(), http.token());
    assert_eq!(refused(&url, &[]).await, StatusCode::NOT_FOUND);
    let mut browser = Browser::new(server.address());
    for path in ["/classic", "/logout", "/queryContacts?ownerUid=1000"] {
        assert_eq!(
            browser.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}
