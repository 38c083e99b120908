//! Many at once, slow links, and a server that stood still.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use hongyan_client::{Client, Config, Credentials, Event};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
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

/// A link to the server that brings so many bytes a second to the client, through small buffers; its URL, and how many
/// bytes it brought.
async fn link(server: SocketAddr, rate: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let brought = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&brought);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let socket = TcpSocket::new_v4().unwrap();
                socket.set_recv_buffer_size(8 * 1024).unwrap();
                let server = socket.connect(server).await.unwrap();
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                let up = tokio::spawn(async move {
                    let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
                });
                let mut some = vec![0; (rate / 20).max(64)];
                while let Ok(read @ 1..) = from_server.read(&mut some).await {
                    tokio::time::sleep(Duration::from_secs_f64(read as f64 / rate as f64)).await;
                    count.fetch_add(read, Ordering::Relaxed);
                    if to_client.write_all(&some[..read]).await.is_err() {
                        break;
                    }
                }
                up.abort();
            });
        }
    });
    (url, brought)
}

/// All that one has: the list within two seconds and a half, then every text once. Scaled down from 60 conversations at
/// 2 kB/s: what counts is that it takes far longer than any time-out allows for a frame.
#[tokio::test]
async fn over_a_slow_link_the_list_comes_first_and_then_everything_once() {
    const CONVERSATIONS: u64 = 20;
    const MESSAGES: u64 = 6;
    const RATE: usize = 5_000;
    let mut server = TestServer::start().await;
    let tokens = server.people(CONVERSATIONS).await;
    let http = reqwest::Client::new();
    let text = "x".repeat(600);
    for token in &tokens {
        for n in 0..MESSAGES {
            let body = json!({
                "to": LI_ID, "client_id": format!("m{n}"), "body": { "type": "text", "text": text },
            });
            let url = format!("{}/v1/messages", server.url());
            let sent = http.post(url).bearer_auth(token).json(&body).send();
            assert!(sent.await.unwrap().status().is_success());
        }
    }
    let token = server.http(LI).await.token().to_owned();
    let (url, brought) = link(server.address(), RATE).await;
    let config = Config::new(url, Credentials::Token(token.into()));
    let began = Instant::now();
    let (client, mut events) = Client::connect(config).await.unwrap();
    let (mut listed, mut texts, mut list_at) = (0, 0, None);
    let patience = Duration::from_secs(90);
    loop {
        let event = tokio::time::timeout_at(began + patience, events.next()).await;
        match event.expect("all in time").expect("the client stopped") {
            Event::Conversation(_) => {
                listed += 1;
                if listed == CONVERSATIONS {
                    list_at = Some((began.elapsed(), texts));
                }
            }
            Event::Entry(_) => texts += 1,
            Event::Disconnected { reason, .. } => panic!("{reason:?}"),
            Event::CaughtUp => break,
            _ => {}
        }
    }
    assert_eq!(texts, CONVERSATIONS * MESSAGES);
    let (list_at, texts_before) = list_at.unwrap();
    assert_eq!(texts_before, 0, "the list comes first");
    let brought = brought.load(Ordering::Relaxed);
    let needed = (CONVERSATIONS * MESSAGES) as usize * (600 + 170);
    println!(
        "list after {list_at:?}, all after {:?}, {brought} bytes for {needed}",
        began.elapsed()
    );
    assert!(brought * 10 <= needed * 12, "{brought} bytes for {needed}");
    client.close().await;
}
