//! The sockets of one page, and of two: who is pushed to, what counts, what is closed.

use std::time::Duration;

use reqwest::header::{ACCEPT, ORIGIN};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite;

use crate::client::{A_WHILE, Browser, Socket, contents, say};
use crate::harness::{LI, LI_ID, PATIENCE, TestServer, WANG, ZHANG, ZHANG_ID, eventually};

/// Close codes.
const CONNECTION_LIMIT: u16 = 4107;
const SESSION_REVOKED: u16 = 4004;
const IDLE_TIMEOUT: u16 = 4103;

/// Sockets of one session on which nobody speaks.
const MOST_QUIET: usize = 256;

/// Between two closes of such sockets.
const CLOSED_EVERY: Duration = Duration::from_millis(600);

/// A socket of the server's own page.
async fn of_page(server: &TestServer, browser: &Browser, uid: u64) -> Socket {
    try_of_page(server, browser.cookie(), uid).await.unwrap()
}

async fn try_of_page(
    server: &TestServer,
    cookie: &str,
    uid: u64,
) -> Result<Socket, tungstenite::Error> {
    let url = format!("ws://{}", server.address());
    let origin = server.url();
    let headers = [("cookie", cookie), ("origin", origin.as_str())];
    Socket::try_open(&url, &headers, uid).await
}

fn bind(uid: u64) -> Value {
    json!({ "type": 1, "data": { "uid": uid } })
}

fn unread(uid: u64) -> Value {
    json!({ "type": 5, "data": { "uid": uid } })
}

#[tokio::test]
async fn the_socket_that_bound_last_is_pushed_to_and_the_earlier_still_answers() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let browser = Browser::sign_in(&server, LI).await;
    let mut earlier = of_page(&server, &browser, LI_ID).await;
    earlier.bind().await;
    let mut later = of_page(&server, &browser, LI_ID).await;
    later.bind().await;
    for n in 1..=3 {
        zhang
            .send_text(LI_ID, &format!("id-{n}"), &format!("{n}"))
            .await;
    }
    assert_eq!(later.pushed(3).await, ["1", "2", "3"]);
    earlier.hears_nothing().await;
    let answer = earlier.ask(unread(LI_ID)).await;
    assert_eq!(answer, json!({ "type": 5, "data": { "unread": 3 } }));
    earlier.hears_nothing().await;
}

#[tokio::test]
async fn an_ack_on_the_newest_socket_counts_for_what_the_page_was_pushed_before() {
    let server = TestServer::start_with(|config| {
        config.delivery.ack_timeout_ms = 1500;
        config.delivery.repush_interval_ms = 100;
    })
    .await;
    let zhang = server.http(ZHANG).await;
    let browser = Browser::sign_in(&server, LI).await;
    let mut earlier = of_page(&server, &browser, LI_ID).await;
    earlier.bind().await;
    for n in 1..=3 {
        zhang
            .send_text(LI_ID, &format!("id-{n}"), &format!("{n}"))
            .await;
        assert_eq!(earlier.next().await["tid"], n);
    }
    let mut newest = of_page(&server, &browser, LI_ID).await;
    newest.bind().await;
    for tid in [1, 3, 2] {
        newest
            .send(json!({ "type": 6, "data": { "tid": tid } }))
            .await;
    }
    // Nothing comes again, on neither, and neither is given up; what comes then begins at 1.
    let heard = newest.next_within(Duration::from_secs(2)).await;
    assert!(heard.is_none(), "{heard:?}");
    earlier.hears_nothing().await;
    zhang.send_text(LI_ID, "id-4", "4").await;
    let push = newest.push().await;
    assert_eq!(
        (&push["tid"], &push["data"]["content"]),
        (&json!(1), &json!("4"))
    );
    // It is delivered, for every device.
    let mut elsewhere = Socket::online(&server, LI, LI_ID).await;
    elsewhere.hears_nothing().await;
}

#[tokio::test]
async fn what_an_earlier_socket_was_pushed_in_vain_comes_again_in_its_order() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let browser = Browser::sign_in(&server, LI).await;
    let mut earlier = of_page(&server, &browser, LI_ID).await;
    earlier.bind().await;
    for n in 1..=3 {
        zhang
            .send_text(LI_ID, &format!("id-{n}"), &format!("{n}"))
            .await;
        assert_eq!(earlier.next().await["tid"], n);
    }
    let mut newest = of_page(&server, &browser, LI_ID).await;
    newest.bind().await;
    newest
        .send(json!({ "type": 6, "data": { "tid": 1 } }))
        .await;
    zhang.send_text(LI_ID, "id-4", "4").await;
    assert_eq!(newest.pushed(3).await, ["2", "3", "4"]);
    newest.hears_nothing().await;
}

#[tokio::test]
async fn two_tabs_that_both_speak_both_get_everything_once() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let browser = Browser::sign_in(&server, LI).await;
    let mut tabs = [
        of_page(&server, &browser, LI_ID).await,
        of_page(&server, &browser, LI_ID).await,
    ];
    for tab in &mut tabs {
        tab.bind().await;
    }
    let mut shown = [Vec::new(), Vec::new()];
    let mut written = Vec::new();
    let mut round = 0;
    // Each polls, as the page does. The first tab stood back when the second bound; its polls give it away.
    eventually("both tabs show everything", async || {
        if round < 10 {
            let text = format!("{round}");
            zhang.send_text(LI_ID, &format!("id-{round}"), &text).await;
            written.push(text);
        }
        round += 1;
        for (tab, shown) in tabs.iter_mut().zip(&mut shown) {
            tab.send(unread(LI_ID)).await;
            while let Some(frame) = tab.next_within(Duration::from_millis(150)).await {
                let frame = frame.unwrap();
                if frame["type"] == 4 {
                    shown.push(frame["data"]["content"].as_str().unwrap().to_owned());
                    tab.send(json!({ "type": 6, "data": { "tid": frame["tid"] } }))
                        .await;
                }
            }
        }
        let all = shown.iter().all(|shown| shown.len() >= written.len());
        (round >= 10 && all).then_some(())
    })
    .await;
    assert_eq!(shown[0], written);
    assert_eq!(shown[1], written);
}

#[tokio::test]
async fn pages_with_names_of_their_own_and_other_programs_do_not_disturb_each_other() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let browser = Browser::sign_in(&server, LI).await;
    let mut named = of_page(&server, &browser, LI_ID).await;
    let answer = named
        .ask(json!({ "type": 1, "data": { "uid": LI_ID, "page": "one" } }))
        .await;
    assert_eq!(answer["status"], "success");
    let mut other = of_page(&server, &browser, LI_ID).await;
    let answer = other
        .ask(json!({ "type": 1, "data": { "uid": LI_ID, "page": "two" } }))
        .await;
    assert_eq!(answer["status"], "success");
    let mut unnamed = of_page(&server, &browser, LI_ID).await;
    unnamed.bind().await;
    let mut program = Socket::open(&server, &browser, LI_ID).await;
    program.bind().await;
    zhang.send_text(LI_ID, "id", "to all four").await;
    for socket in [&mut named, &mut other, &mut unnamed, &mut program] {
        assert_eq!(socket.pushed(1).await, ["to all four"]);
    }
}

#[tokio::test]
async fn leftovers_take_nobodys_place_and_of_too_many_the_most_silent_go_one_by_one() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let browser = Browser::sign_in(&server, LI).await;
    let mut other_device = server.connect(LI).await.acking();
    let mut page = of_page(&server, &browser, LI_ID).await;
    page.bind().await;
    let mut leftovers = Vec::new();
    for _ in 0..MOST_QUIET {
        leftovers.push(of_page(&server, &browser, LI_ID).await);
    }
    zhang.send_text(LI_ID, "id-1", "one").await;
    assert_eq!(page.pushed(1).await, ["one"]);
    other_device.next_of("entry").await;
    page.hears_nothing().await;

    // Who speaks is not the most silent.
    assert_eq!(leftovers[0].ask(unread(LI_ID)).await["type"], -1);
    let began = Instant::now();
    for _ in 0..3 {
        leftovers.push(of_page(&server, &browser, LI_ID).await);
    }
    assert!(began.elapsed() >= CLOSED_EVERY * 2, "{:?}", began.elapsed());
    for silent in &mut leftovers[1..=3] {
        assert_eq!(silent.closed().await, CONNECTION_LIMIT);
    }
    for left in [0, 4, MOST_QUIET, MOST_QUIET + 2] {
        leftovers[left].hears_nothing().await;
    }
    zhang.send_text(LI_ID, "id-2", "two").await;
    assert_eq!(page.pushed(1).await, ["two"]);
    other_device.next_of("entry").await;
}

#[tokio::test]
async fn a_leftover_that_lives_stays_open_and_a_dead_one_is_closed() {
    let server = TestServer::start_with(|config| config.classic.idle_ms = 1500).await;
    let browser = Browser::sign_in(&server, LI).await;
    let mut alive = of_page(&server, &browser, LI_ID).await;
    let mut dead = of_page(&server, &browser, LI_ID).await;
    // Only who reads answers the server's pings; the page on it says nothing.
    let heard = alive.next_within(Duration::from_secs(5)).await;
    assert!(heard.is_none(), "{heard:?}");
    assert_eq!(dead.closed().await, IDLE_TIMEOUT);
    alive.bind().await;
    assert_eq!(alive.closed().await, IDLE_TIMEOUT, "bound, it has to speak");
}

#[tokio::test]
async fn the_leftovers_of_an_ended_session_go_one_by_one_and_do_nothing_more() {
    let server = TestServer::start().await;
    let mut browser = Browser::sign_in(&server, LI).await;
    let mut bound = of_page(&server, &browser, LI_ID).await;
    bound.bind().await;
    let mut leftovers = Vec::new();
    for _ in 0..4 {
        leftovers.push(of_page(&server, &browser, LI_ID).await);
    }
    let began = Instant::now();
    assert_eq!(browser.get("/logout").await.status, StatusCode::NO_CONTENT);
    assert_eq!(bound.closed().await, SESSION_REVOKED);
    for leftover in &mut leftovers {
        leftover.send(bind(LI_ID)).await;
    }
    let mut times = Vec::new();
    for leftover in &mut leftovers {
        match leftover.next_within(PATIENCE).await {
            Some(Err(code)) => assert_eq!(code, SESSION_REVOKED),
            other => panic!("{other:?}"),
        }
        times.push(began.elapsed());
    }
    let last = times.iter().max().unwrap();
    assert!(*last >= CLOSED_EVERY * 3, "{times:?}");
}

#[tokio::test]
async fn a_page_whose_sign_in_is_over_is_told_once_and_then_left_in_peace() {
    let server = TestServer::start_with(|config| config.classic.idle_ms = 1500).await;
    let zhang = server.http(ZHANG).await;
    let mut browser = Browser::sign_in(&server, LI).await;
    let over = browser.cookie().to_owned();
    assert_eq!(browser.get("/logout").await.status, StatusCode::NO_CONTENT);
    for cookie in [over.as_str(), "a=b"] {
        let mut page = try_of_page(&server, cookie, LI_ID).await.unwrap();
        let answer = page.ask(bind(LI_ID)).await;
        assert_eq!(answer["type"], 1);
        let status = answer["status"].as_str().unwrap();
        assert_ne!(status, "success");
        // It goes on polling and beating, and is not closed for it.
        for _ in 0..40 {
            let answer = page.ask(unread(LI_ID)).await;
            assert_eq!(answer["data"]["code"], "unauthenticated", "{answer}");
        }
        let beat = json!({ "type": 0, "data": { "uid": LI_ID, "timeout": 120_000 } });
        assert_eq!(
            page.ask(beat).await,
            json!({ "type": 0, "timeout": 120_000 })
        );
        let query = json!({ "type": 2, "data": { "ownerUid": LI_ID, "otherUid": ZHANG_ID } });
        for refused in [query, say(LI_ID, ZHANG_ID, "x")] {
            assert_eq!(page.ask(refused).await["data"]["code"], "unauthenticated");
        }
        zhang
            .send_text(LI_ID, over_id(cookie), "for Li alone")
            .await;
        let heard = page.next_within(Duration::from_secs(1)).await;
        assert!(heard.is_none(), "{heard:?}");
    }
    // A program is refused, and so is a page of somebody else's.
    let url = format!("ws://{}", server.address());
    let origin = ("origin", "https://evil.example");
    for (headers, status) in [
        (vec![("cookie", over.as_str())], 401),
        (vec![("cookie", over.as_str()), origin], 403),
    ] {
        match Socket::try_open(&url, &headers, LI_ID).await {
            Err(tungstenite::Error::Http(response)) => assert_eq!(response.status(), status),
            _ => panic!("a socket was opened with {headers:?}"),
        }
    }
}

fn over_id(cookie: &str) -> &str {
    if cookie == "a=b" { "id-1" } else { "id-2" }
}

#[tokio::test]
async fn a_page_told_that_its_sign_in_is_over_does_not_hold_the_shutdown() {
    let mut server = TestServer::start().await;
    let mut page = try_of_page(&server, "a=b", LI_ID).await.unwrap();
    assert_ne!(page.ask(bind(LI_ID)).await["status"], "success");
    let (code, ()) = tokio::join!(page.closed(), server.stop());
    assert_eq!(code, 4104);
}

/// The unread numbers as a page counts them: what its contacts came with, and one for each push.
async fn row_after_bind(socket: &mut Socket, from: u64, contacts: &Value) -> (u64, u64) {
    let list = contacts["contactInfoList"].as_array().unwrap();
    let line = list.iter().find(|line| line["otherUid"] == from);
    let mut row = line.map_or(0, |line| line["convUnread"].as_u64().unwrap());
    socket.send(unread(LI_ID)).await;
    let mut total = None;
    while let Some(frame) = socket.next_within(A_WHILE).await {
        let frame = frame.unwrap();
        match frame["type"].as_i64().unwrap() {
            4 => {
                row += u64::from(frame["data"]["ownerUid"] == from);
                socket
                    .send(json!({ "type": 6, "data": { "tid": frame["tid"] } }))
                    .await;
            }
            5 => total = frame["data"]["unread"].as_u64(),
            other => panic!("{other}"),
        }
    }
    (row, total.unwrap())
}

#[tokio::test]
async fn a_contacts_line_and_the_total_agree_after_a_bind() {
    let mut server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    for n in 1..=2 {
        zhang
            .send_text(LI_ID, &format!("id-{n}"), &format!("{n}"))
            .await;
    }
    let mut browser = Browser::sign_in(&server, LI).await;
    let contacts = browser.contacts(LI_ID).await;
    let mut socket = of_page(&server, &browser, LI_ID).await;
    socket.bind().await;
    let counted = row_after_bind(&mut socket, ZHANG_ID, &contacts).await;
    assert_eq!(counted, (2, 2));
    zhang.send_text(LI_ID, "id-3", "3").await;
    assert_eq!(socket.pushed(1).await, ["3"]);
    // Whose answer says that the ack has arrived.
    assert_eq!(socket.unread().await, 3);
    drop(socket);

    // Back after a break, and after a restart: what the page has counted is not counted again.
    zhang.send_text(LI_ID, "id-4", "4").await;
    let mut socket = of_page(&server, &browser, LI_ID).await;
    socket.bind().await;
    assert_eq!(socket.pushed(1).await, ["4"]);
    assert_eq!(socket.unread().await, 4);
    drop(socket);
    server.stop().await;
    server.start_again().await;
    let mut socket = eventually("the server is back", async || {
        try_of_page(&server, browser.cookie(), LI_ID).await.ok()
    })
    .await;
    socket.bind().await;
    socket.hears_nothing().await;
    assert_eq!(socket.unread().await, 4);
    let seen = socket.query(ZHANG_ID).await;
    assert_eq!(contents(&seen), ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn so_they_do_after_a_sign_in_whose_answer_the_page_shows() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let mut wang = Socket::online(&server, WANG, 1002).await;
    zhang.send_text(LI_ID, "id-1", "1").await;
    wang.say(LI_ID, "2").await;
    let mut browser = Browser::new(server.address());
    let form = [("email", LI), ("password", "1234")];
    let request = browser.request(Method::POST, "/login").form(&form);
    let request = request.header(ORIGIN, server.url()).header(ACCEPT, "*/*");
    let contacts = browser.send(request).await.json();
    // This one no answer has counted.
    zhang.send_text(LI_ID, "id-3", "3").await;
    let mut socket = of_page(&server, &browser, LI_ID).await;
    socket.bind().await;
    let counted = row_after_bind(&mut socket, ZHANG_ID, &contacts).await;
    assert_eq!(counted, (2, 3));
}

#[tokio::test]
async fn a_text_that_is_refused_shows_on_the_page() {
    let server = TestServer::start().await;
    let browser = Browser::sign_in(&server, ZHANG).await;
    let mut page = of_page(&server, &browser, ZHANG_ID).await;
    page.bind().await;
    let said = page.say(LI_ID, "hello").await;
    let long = "长".repeat(22_000);
    for (to, text, why) in [
        (LI_ID, "", "消息是空的"),
        (LI_ID, "a\0b", "不能发送的字符"),
        (LI_ID, long.as_str(), "消息太长"),
        (4711, "x", "没有这位联系人"),
    ] {
        let notice = page.ask(say(ZHANG_ID, to, text)).await;
        assert_eq!(notice["type"], 3, "{notice}");
        let shown = notice["data"]["content"].as_str().unwrap();
        assert!(shown.contains("没有发送") && shown.contains(why), "{shown}");
        let owner = (&notice["data"]["ownerUid"], &notice["data"]["type"]);
        assert_eq!(owner, (&json!(ZHANG_ID), &json!(0)));
        if to == LI_ID {
            assert_eq!(
                notice["data"]["mid"], said["mid"],
                "polling goes on from there"
            );
        }
    }
    assert_eq!(
        contents(&page.query(LI_ID).await),
        ["hello"],
        "none is stored"
    );

    // Over HTTP likewise; a program gets the error.
    let mut browser = Browser::sign_in(&server, ZHANG).await;
    let form = [
        ("senderUid", "1000"),
        ("recipientUid", "1001"),
        ("content", ""),
        ("msgType", "1"),
    ];
    let request = browser.request(Method::POST, "/sendMsg").form(&form);
    let answered = browser.send(request.header(ORIGIN, server.url())).await;
    assert_eq!(answered.status, StatusCode::OK);
    assert!(
        answered.json()["content"]
            .as_str()
            .unwrap()
            .contains("消息是空的")
    );
    let refused = browser.send_msg(ZHANG_ID, LI_ID, "").await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::BAD_REQUEST, "bad_request".into())
    );
}

#[tokio::test]
async fn who_has_to_wait_sees_it_on_the_page() {
    let server = TestServer::start_with(|config| config.limits.user_units_per_second = 5).await;
    let mut browser = Browser::sign_in(&server, ZHANG).await;
    let mut page = of_page(&server, &browser, ZHANG_ID).await;
    page.bind().await;
    let mut stored = 0;
    let notice = loop {
        assert!(stored < 500, "nobody has to wait");
        let said = page.say(LI_ID, "quick").await;
        if said["content"] != "quick" {
            break said;
        }
        stored += 1;
    };
    let wait = |shown: &serde_json::Value| {
        let shown = shown["content"].as_str().unwrap();
        assert!(
            shown.contains("没有发送") && shown.contains("请稍后再试"),
            "{shown}"
        );
    };
    wait(&notice);
    // One notice a second is enough.
    let next = page.ask(say(ZHANG_ID, LI_ID, "quick")).await;
    assert_eq!(next["data"]["code"], "rate_limited", "{next}");

    // Over HTTP likewise; a program gets the error.
    let form = [
        ("senderUid", "1000"),
        ("recipientUid", "1001"),
        ("content", "quick"),
        ("msgType", "1"),
    ];
    let request = browser.request(Method::POST, "/sendMsg").form(&form);
    let answered = browser.send(request.header(ORIGIN, server.url())).await;
    assert_eq!(answered.status, StatusCode::OK);
    wait(&answered.json());
    let refused = browser.send_msg(ZHANG_ID, LI_ID, "quick").await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::TOO_MANY_REQUESTS, "rate_limited".into())
    );
}
