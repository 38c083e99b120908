//! A classic client and the Rust SDK in one conversation, over a restart of the server.

use std::time::Duration;

use hongyan_client::{Body, Client, Config, Credentials, EntryKind, Event, Events, Target, UserId};

use crate::client::{Browser, Socket, contents};
use crate::harness::{LI, LI_ID, PATIENCE, TestServer, ZHANG, ZHANG_ID, eventually};

/// The texts of the next so many messages.
async fn texts(events: &mut Events, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    let reading = async {
        while texts.len() < count {
            if let Some(Event::Entry(entry)) = events.next().await
                && entry.kind == EntryKind::Message
                && let Some(Body::Text { text }) = entry.body
            {
                texts.push(text.to_string());
            }
        }
    };
    let read = tokio::time::timeout(PATIENCE, reading).await;
    assert!(read.is_ok(), "only {texts:?} came");
    texts
}

#[tokio::test]
async fn both_see_the_same_before_and_after_a_restart() {
    let mut server = TestServer::start().await;
    let browser = Browser::sign_in(&server, ZHANG).await;
    let mut zhang = Socket::open(&server, &browser, ZHANG_ID).await;
    zhang.bind().await;
    let credentials = Credentials::password(LI, "1234", "sdk");
    let config = Config::new(server.url(), credentials).from_the_beginning();
    let (li, mut events) = Client::connect(config).await.unwrap();
    let to_zhang = Target::User(UserId::from_trusted(ZHANG_ID));

    zhang.say(LI_ID, "one").await;
    assert_eq!(texts(&mut events, 1).await, ["one"]);
    li.send(to_zhang, "two").await.unwrap();
    assert_eq!(zhang.pushed(1).await, ["two"]);

    server.stop().await;
    // The SDK keeps it, and sends it when there is a server again.
    li.send(to_zhang, "three, while nobody was there")
        .await
        .unwrap();
    server.start_again().await;
    let url = format!("ws://{}", server.address());
    let mut zhang = eventually("the server is back", async || {
        let cookie = [("cookie", browser.cookie())];
        Socket::try_open(&url, &cookie, ZHANG_ID).await.ok()
    })
    .await;
    zhang.bind().await;
    li.wake();
    // If the server stopped before it read the last ack, that push comes first once more.
    let pushed = async { while zhang.pushed(1).await != ["three, while nobody was there"] {} };
    let wait = PATIENCE + Duration::from_secs(10);
    tokio::time::timeout(wait, pushed).await.unwrap();
    zhang.say(LI_ID, "four").await;

    let seen = zhang.query(LI_ID).await;
    let all = ["one", "two", "three, while nobody was there", "four"];
    assert_eq!(contents(&seen), all);
    assert_eq!(texts(&mut events, 3).await, all[1..]);
    li.close().await;
}
