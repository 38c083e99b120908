//! What strangers and users can make the server hold: files and memory. In a process of its own, whose numbers the system
//! knows.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep};

use crate::PEOPLE;
use crate::server::Server;

/// For what has to happen, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const MIB: usize = 1024 * 1024;

/// A connection from one of many addresses of this machine, with a small buffer for what comes.
async fn connect_from(number: usize, server: SocketAddr) -> TcpStream {
    let host = u8::try_from(number % 8 + 2).unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.bind(([127, 0, 0, host], 0).into()).unwrap();
    socket.connect(server).await.unwrap()
}

/// The memory of a process that is in use, in bytes.
fn resident(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<usize>().unwrap() * 1024
}

async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> Result<(), String>) {
    let deadline = Instant::now() + PATIENCE;
    while let Err(why) = condition().await {
        assert!(Instant::now() < deadline, "never happened: {what}: {why}");
        sleep(Duration::from_millis(100)).await;
    }
}

async fn health(server: &Server) -> Result<(), String> {
    let answer = reqwest::get(format!("{}/v1/health", server.url())).await;
    let answer = answer.and_then(reqwest::Response::error_for_status);
    answer.map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn silent_connections_do_not_use_the_files_up() {
    let server = Server::start_with_files(Some("128:4096")).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    assert_eq!(files.split_whitespace().nth(3), Some("4096"), "{files}");
    let mut silent = Vec::new();
    for number in 0..300 {
        silent.push(connect_from(number, server.address()).await);
    }
    health(&server).await.unwrap();
}

#[tokio::test]
async fn with_few_files_there_are_fewer_connections_and_an_answer_all_the_same() {
    let server = Server::start_with_files(Some("160:160")).await;
    let mut silent = Vec::new();
    for number in 0..300 {
        silent.push(connect_from(number, server.address()).await);
    }
    eventually("somebody else is answered", async || health(&server).await).await;
}

#[tokio::test]
async fn what_nobody_finishes_takes_little_memory() {
    let server = Server::start().await;
    let before = resident(server.pid());
    let mut unfinished = Vec::new();
    for number in 0..1000 {
        let mut stream = connect_from(number, server.address()).await;
        // As large as is taken, of which one byte is missing.
        let head = "POST /v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4096\r\n\r\n";
        let body = "x".repeat(4095);
        stream
            .write_all(format!("{head}{body}").as_bytes())
            .await
            .unwrap();
        unfinished.push(stream);
    }
    for number in 0..500 {
        let mut stream = connect_from(number, server.address()).await;
        let upgrade = "GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n\
                       Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(upgrade.as_bytes()).await.unwrap();
        // A text of 4,000 bytes, of which one is missing.
        let mut frame = vec![0x81, 0xfe, 0x0f, 0xa0, 0, 0, 0, 0];
        frame.resize(frame.len() + 3999, b'x');
        stream.write_all(&frame).await.unwrap();
        unfinished.push(stream);
    }
    // And as much as the system takes, of what is too large.
    for number in 0..200 {
        let mut stream = connect_from(number, server.address()).await;
        let head = "POST /v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500000\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let _ = stream.write_all(&[b'x'; 400_000]).now_or_never();
        unfinished.push(stream);
    }
    health(&server).await.unwrap();
    let grown = resident(server.pid()).saturating_sub(before);
    println!("{} KiB more", grown / 1024);
    assert!(grown < 64 * MIB, "{} MiB more", grown / MIB);
}

#[tokio::test]
async fn what_was_held_for_readers_that_read_nothing_is_given_back() {
    let server = Server::start().await;
    let client = reqwest::Client::new();
    let mut tokens = Vec::new();
    for (login, _) in PEOPLE {
        let request = json!({ "login": login, "password": "1234", "device": "memory" });
        let answer = client
            .post(format!("{}/v1/login", server.url()))
            .json(&request)
            .send()
            .await
            .unwrap();
        let answer: Value = answer.json().await.unwrap();
        tokens.push(answer["token"].as_str().unwrap().to_owned());
    }
    let text = "x".repeat(60_000);
    for n in 0..16 {
        let body = json!({ "to": PEOPLE[1].1, "client_id": format!("m{n}"), "body": { "type": "text", "text": text } });
        let sent = client
            .post(format!("{}/v1/messages", server.url()))
            .bearer_auth(&tokens[0])
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(sent.status().is_success());
    }
    let before = resident(server.pid());
    let mut readers = Vec::new();
    for number in 0..120 {
        let mut stream = connect_from(number, server.address()).await;
        let request = format!(
            "GET /v1/conversations/1/entries HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n\r\n",
            tokens[number % 2]
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        readers.push(stream);
    }
    let mut most = 0;
    for _ in 0..30 {
        most = most.max(resident(server.pid()));
        sleep(Duration::from_millis(100)).await;
    }
    // Two users with 16 MiB each, and what making an answer takes.
    let grown = most.saturating_sub(before);
    println!("{} MiB more at most", grown / MIB);
    assert!(grown < 160 * MIB, "{} MiB more", grown / MIB);
    drop(readers);
    eventually("the memory is given back", async || {
        let more = resident(server.pid()).saturating_sub(before);
        if more < 32 * MIB {
            Ok(())
        } else {
            Err(format!("{} MiB more than before", more / MIB))
        }
    })
    .await;
}
