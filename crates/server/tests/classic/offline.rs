//! What came while the user was away.

use std::time::Duration;

use serde_json::json;

use crate::client::{A_WHILE, Browser, Socket, contents};
use crate::harness::{LI, LI_ID, TestServer, WANG, ZHANG, ZHANG_ID};

#[tokio::test]
async fn it_is_pushed_after_bind_oldest_first_whoever_wrote_it() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut wang = Socket::online(&server, WANG, 1002).await;
    let mut written = Vec::new();
    for n in 0..10 {
        let text = format!("{n}");
        if n % 3 == 0 {
            wang.say(LI_ID, &text).await;
        } else {
            zhang.say(LI_ID, &text).await;
        }
        written.push(text);
        // What comes from several people is put in the order of the clock: so each has a millisecond of its own.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let browser = Browser::sign_in(&server, LI).await;
    let mut li = Socket::open(&server, &browser, LI_ID).await;
    li.hears_nothing().await;
    li.bind().await;
    // Answers asked for at once come after it.
    li.send(json!({ "type": 5, "data": { "uid": LI_ID } }))
        .await;
    let mut pushed = Vec::new();
    for tid in 1..=10 {
        let push = li.push().await;
        assert_eq!(push["tid"], tid);
        pushed.push(push["data"]["content"].as_str().unwrap().to_owned());
    }
    assert_eq!(pushed, written);
    assert_eq!(
        li.next().await,
        json!({ "type": 5, "data": { "unread": 10 } })
    );
    li.query(ZHANG_ID).await;
    assert_eq!(li.unread().await, 4);
    li.query(1002).await;
    assert_eq!(li.unread().await, 0);
}

#[tokio::test]
async fn no_more_than_the_window_comes_without_acks() {
    const WINDOW: usize = 256;
    const MESSAGES: usize = 600;
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    for n in 0..MESSAGES {
        zhang
            .send_text(LI_ID, &format!("id-{n}"), &format!("{n}"))
            .await;
    }
    let mut li = Socket::online(&server, LI, LI_ID).await;
    let mut pushes = Vec::new();
    while let Some(push) = li.next_within(A_WHILE).await {
        pushes.push(push.unwrap());
    }
    assert!((1..=WINDOW).contains(&pushes.len()), "{}", pushes.len());
    // Acked, the rest follows, in order and once.
    let mut acked = 0;
    while acked < MESSAGES {
        if acked == pushes.len() {
            pushes.push(li.next().await);
        }
        assert!(pushes.len() - acked <= WINDOW);
        let tid = &pushes[acked]["tid"];
        li.send(json!({ "type": 6, "data": { "tid": tid } })).await;
        acked += 1;
    }
    let tids: Vec<_> = pushes
        .iter()
        .map(|push| push["tid"].as_u64().unwrap())
        .collect();
    assert_eq!(tids, (1..=MESSAGES as u64).collect::<Vec<_>>());
    let texts: Vec<_> = pushes
        .iter()
        .map(|push| push["data"]["content"].as_str().unwrap())
        .collect();
    let written: Vec<_> = (0..MESSAGES).map(|n| n.to_string()).collect();
    assert_eq!(texts, written);
    assert_eq!(li.query(ZHANG_ID).await.as_array().unwrap().len(), MESSAGES);
}

#[tokio::test]
async fn what_was_written_while_somebody_comes_online_comes_once() {
    let server = TestServer::start().await;
    let browser = Browser::sign_in(&server, LI).await;
    let zhang = server.http(ZHANG).await;
    const MESSAGES: usize = 60;
    let writing = tokio::spawn(async move {
        for n in 0..MESSAGES {
            zhang
                .send_text(LI_ID, &format!("id-{n}"), &format!("{n}"))
                .await;
        }
    });
    let mut li = Socket::open(&server, &browser, LI_ID).await;
    li.bind().await;
    let pushed = li.pushed(MESSAGES).await;
    let written: Vec<_> = (0..MESSAGES).map(|n| n.to_string()).collect();
    assert_eq!(pushed, written);
    writing.await.unwrap();
    li.hears_nothing().await;
}

#[tokio::test]
async fn who_read_it_elsewhere_is_not_pushed_it() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    zhang.say(LI_ID, "one").await;
    let mut browser = Browser::sign_in(&server, LI).await;
    let seen = browser.query(LI_ID, ZHANG_ID).await;
    assert_eq!(contents(&seen), ["one"]);
    let mut li = Socket::open(&server, &browser, LI_ID).await;
    li.bind().await;
    li.hears_nothing().await;
    zhang.say(LI_ID, "two").await;
    assert_eq!(li.pushed(1).await, ["two"]);
}

#[tokio::test]
async fn every_connection_of_the_recipient_gets_it_and_none_of_the_sender() {
    let server = TestServer::start().await;
    let mut sending = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut first = Socket::online(&server, LI, LI_ID).await;
    let mut second = Socket::online(&server, LI, LI_ID).await;
    let mut native = server.connect(LI).await.acking();
    let mut own_native = server.connect(ZHANG).await.acking();
    let sent = sending.say(LI_ID, "to all").await;
    for socket in [&mut first, &mut second] {
        let push = socket.push().await;
        assert_eq!(push["data"], sent, "all see the sender's view");
        assert_eq!(push["tid"], 1);
    }
    for native in [&mut native, &mut own_native] {
        let entry = native.next_of("entry").await;
        assert_eq!(entry["id"], sent["mid"]);
    }
    // These pages would show it as received from oneself, and count it as unread.
    sending.hears_nothing().await;
    zhang.hears_nothing().await;
    assert_eq!(zhang.unread().await, 0);
    // What the other answers comes to both.
    first.say(ZHANG_ID, "an answer").await;
    for socket in [&mut sending, &mut zhang] {
        assert_eq!(socket.pushed(1).await, ["an answer"]);
    }
    // Nor does it come at the next bind.
    let mut later = Socket::online(&server, ZHANG, ZHANG_ID).await;
    later.hears_nothing().await;
}

#[tokio::test]
async fn a_page_that_asks_for_it_gets_what_its_user_sent_elsewhere() {
    let server = TestServer::start().await;
    let mut sending = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let browser = Browser::sign_in(&server, ZHANG).await;
    let mut page = Socket::open(&server, &browser, ZHANG_ID).await;
    let bind = json!({ "type": 1, "data": { "uid": ZHANG_ID, "page": "p", "own": true } });
    assert_eq!(page.ask(bind).await["status"], "success");
    let sent = sending.say(LI_ID, "from elsewhere").await;
    assert_eq!(page.push().await["data"], sent);
    page.say(LI_ID, "from here").await;
    page.hears_nothing().await;
}
