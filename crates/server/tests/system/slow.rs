//! Many at once, slow links, and a server that stood still.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use serde_json::json;
use tokio::time::Instant;

use crate::harness::{LI, LI_ID, PATIENCE, TestServer, ZHANG, eventually};

/// As many people as no connection could keep apart, each in a conversation of their own.
const PEOPLE: u64 = 1_300;

#[tokio::test]
async fn as_many_people_as_ever_write_at_once_close_nobody() {
    let mut server = TestServer::start_with(|config| config.delivery.ack_timeout_ms = 60_000).await;
    let tokens = server.people(PEOPLE).await;
    // It says nothing while they write, and then all it owes.
    let mut li = server.connect(LI).await;
    let http = reqwest::Client::new();
    let url = format!("{}/v1/messages", server.url());
    let sent = stream::iter(tokens).map(|token| {
        let body = json!({
            "to": LI_ID, "client_id": "hello", "body": { "type": "text", "text": "hello" },
        });
        let request = http.post(&url).bearer_auth(token).json(&body);
        async move { request.send().await.unwrap().status() }
    });
    let refused = sent.buffer_unordered(64);
    let refused = refused.filter(|status| std::future::ready(!status.is_success()));
    assert_eq!(refused.count().await, 0);
    let mut seen = std::collections::BTreeSet::new();
    let deadline = Instant::now() + 3 * PATIENCE;
    while (seen.len() as u64) < PEOPLE {
        assert!(Instant::now() < deadline, "only {} came", seen.len());
        let entry = li.next_of("entry").await;
        li.send(json!({ "type": "ack", "conv": entry["conv"], "seq": entry["seq"] }))
            .await;
        assert!(seen.insert(entry["conv"].as_u64()), "twice: {entry}");
    }
    assert_eq!(
        li.request(json!({ "type": "sync" })).await["type"],
        "synced"
    );
}

/// The server is stopped in the middle: its thread stands still for longer than clients may be silent.
#[test]
fn a_server_that_stood_still_looks_at_what_came_before_it_judges() {
    let (stop, stopped) = std::sync::mpsc::channel::<Duration>();
    let (tell, told) = std::sync::mpsc::channel();
    // One thread for everything that the server does with sockets and time.
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        runtime.block_on(async move {
            let server = TestServer::start_with(|config| {
                config.heartbeat.start_ms = 500;
                config.heartbeat.timeout_ms = 500;
                config.classic.idle_ms = 3_000;
            })
            .await;
            tell.send(server.address()).unwrap();
            loop {
                match stopped.try_recv() {
                    // As SIGSTOP does: no clock of the runtime is looked at, and no socket.
                    Ok(time) => std::thread::sleep(time),
                    Err(std::sync::mpsc::TryRecvError::Empty) => {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    Err(std::sync::mpsc::TryRecvError::Disconnected) => break,
                }
            }
        });
    });
    let address = told.recv().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let http = crate::harness::Http::sign_in(&format!("http://{address}"), ZHANG, "test").await;
        let mut zhang = crate::harness::Raw::welcome(address, http.token()).await;
        let mut idle = crate::harness::Raw::welcome(address, http.token()).await;
        // Longer than the 16 s for which a client of this heartbeat may be silent.
        stop.send(Duration::from_secs(18)).unwrap();
        for _ in 0..9 {
            tokio::time::sleep(Duration::from_secs(2)).await;
            zhang
                .send(json!({ "type": "ping", "interval_ms": 500 }))
                .await;
        }
        let pong = zhang.next_within(PATIENCE).await.unwrap();
        assert_eq!(pong.expect("not closed")["type"], "pong");
        assert_eq!(
            zhang.request(json!({ "type": "sync" })).await["type"],
            "synced"
        );
        // Who had said nothing is closed all the same.
        let closed = eventually("the silent one is closed", async || {
            match idle.next_within(Duration::from_secs(1)).await {
                Some(Err(closed)) => Some(closed),
                _ => None,
            }
        });
        assert_eq!(closed.await, Some((4103, "idle_timeout".into())));
    });
    drop(stop);
    server.join().unwrap();
}
