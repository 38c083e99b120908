//! The network between client and server breaks, loudly and silently.

use std::time::Duration;

use hongyan_client::{Client, Event, Events, Target, UserId};

use super::person::config;
use super::proxy::{Proxy, Weather};
use super::server::Server;

/// For a client to notice a silent break: the server's first heartbeat interval is 25 s.
const PATIENCE: Duration = Duration::from_secs(60);

async fn until(events: &mut Events, what: &str, mut wanted: impl FnMut(&Event) -> bool) {
    let wait = async {
        while let Some(event) = events.next().await {
            if wanted(&event) {
                return;
            }
        }
        panic!("the client stopped before {what}");
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"));
}

async fn send(client: &Client, number: u64) -> hongyan_client::SendHandle {
    let to = Target::User(UserId::new(1001).unwrap());
    client
        .send(to, format!("number {number}").as_str())
        .await
        .unwrap()
}

/// The texts that the recipient was given, up to this many.
async fn received(events: &mut Events, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    until(events, "everything arrived", |event| {
        if let Event::Entry(entry) = event {
            texts.push(format!("{:?}", entry.body));
        }
        texts.len() == count
    })
    .await;
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_while_the_network_is_cut_arrives_once() {
    let server = Server::start().await;
    let network = Proxy::to(server.address()).await;
    let (li, mut lis_events) = Client::connect(config(&server.url(), "lisi@gmail.com"))
        .await
        .unwrap();
    let (zhang, mut events) = Client::connect(config(&network.url(), "zhangsan@gmail.com"))
        .await
        .unwrap();
    until(&mut events, "connected", |event| {
        matches!(event, Event::Connected { .. })
    })
    .await;
    send(&zhang, 0).await.await.unwrap();

    network.set(Weather::Cut);
    until(&mut events, "the cut is noticed", |event| {
        matches!(event, Event::Disconnected { .. })
    })
    .await;
    let mut handles = Vec::new();
    for number in 1..=20 {
        handles.push(send(&zhang, number).await);
    }
    network.set(Weather::Fair);
    for handle in handles {
        handle.await.unwrap();
    }
    send(&zhang, 21).await.await.unwrap();
    let texts = received(&mut lis_events, 22).await;
    let mut unique = texts.clone();
    unique.dedup();
    assert_eq!(unique.len(), 22, "each once: {texts:?}");
    assert!(texts[21].contains("number 21"), "and in order: {texts:?}");
    drop(li);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_swallows_everything_is_noticed_by_the_heartbeat() {
    let server = Server::start().await;
    let network = Proxy::to(server.address()).await;
    let (zhang, mut events) = Client::connect(config(&network.url(), "zhangsan@gmail.com"))
        .await
        .unwrap();
    until(&mut events, "connected", |event| {
        matches!(event, Event::Connected { .. })
    })
    .await;
    network.set(Weather::Frozen);
    // It may be noticed by the heartbeat's silence or by the request that is not answered.
    let handle = send(&zhang, 1).await;
    until(&mut events, "the silence is noticed", |event| {
        matches!(event, Event::Disconnected { .. })
    })
    .await;
    network.set(Weather::Fair);
    assert_eq!(handle.await.unwrap().seq.get(), 1);
}
