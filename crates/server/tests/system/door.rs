//! Who comes to the door: strangers that are slow, silent or many, and users that want more than their share.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{LI, LI_ID, PATIENCE, Raw, TestServer, ZHANG, ZHANG_ID, eventually, text_to};

/// A connection from this address of the machine.
async fn connect_from(last: u8, server: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, last], 0).into()).unwrap();
    socket.connect(server).await.unwrap()
}

/// What the server says, up to its end of the connection; or what it said before it broke it.
async fn rest(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut said))
        .await
        .expect("the server ends it");
    String::from_utf8_lossy(&said).into_owned()
}

/// The answer's first line to a request on a connection of its own.
async fn answer(mut stream: TcpStream, request: &str) -> String {
    // The server may have closed it already; what it said is what the test looks at.
    let _ = stream.write_all(request.as_bytes()).await;
    let said = rest(&mut stream).await;
    said.lines().next().unwrap_or_default().to_owned()
}

const HEALTH: &str = "GET /v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

fn is_open(stream: &TcpStream) -> bool {
    let mut byte = [0; 1];
    let read = stream.try_read(&mut byte);
    matches!(read, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}

#[tokio::test]
async fn silent_connections_from_one_address_keep_nobody_out() {
    let server =
        TestServer::start_with(|config| config.limits.http_connections_per_address = 20).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(connect_from(1, server.address()).await);
    }
    let elsewhere = answer(connect_from(2, server.address()).await, HEALTH).await;
    assert_eq!(elsewhere, "HTTP/1.1 200 OK");
    assert!(silent.iter().all(is_open), "they have their share");
    // They give way to others of the same address, as soon as they were silent for a second.
    eventually(
        "somebody else at the same address is answered",
        async || {
            let answer = answer(connect_from(1, server.address()).await, HEALTH).await;
            (answer == "HTTP/1.1 200 OK").then_some(())
        },
    )
    .await;
    eventually("one has given way", async || {
        (silent.iter().filter(|stream| is_open(stream)).count() < 20).then_some(())
    })
    .await;
}

#[tokio::test]
async fn whoever_reads_nothing_keeps_nobody_out() {
    let server =
        TestServer::start_with(|config| config.limits.http_connections_per_address = 20).await;
    let zhang = server.http(ZHANG).await;
    let text = "x".repeat(60_000);
    for n in 0..16 {
        zhang.send_text(LI_ID, &format!("m{n}"), &text).await;
    }
    // Some 13 MB each: more than the sockets' buffers hold.
    let request = format!(
        "GET /v1/conversations/1/entries HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n\r\n",
        zhang.token()
    )
    .repeat(14);
    let mut reading_nothing = Vec::new();
    for _ in 0..20 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(server.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        reading_nothing.push(stream);
    }
    for last in [2, 3] {
        let elsewhere = answer(connect_from(last, server.address()).await, HEALTH).await;
        assert_eq!(elsewhere, "HTTP/1.1 200 OK");
    }
    eventually(
        "somebody else at the same address is answered",
        async || {
            let answer = answer(connect_from(1, server.address()).await, HEALTH).await;
            (answer == "HTTP/1.1 200 OK").then_some(())
        },
    )
    .await;
    server.http(ZHANG).await;
}

#[tokio::test]
async fn sockets_without_hello_keep_nobody_out() {
    let server =
        TestServer::start_with(|config| config.limits.http_connections_per_address = 20).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(Raw::open(server.address()).await);
    }
    let http = server.http(ZHANG).await;
    eventually("another socket is welcome", async || {
        let mut raw = Raw::open_with(server.address(), &[]).await.ok()?;
        raw.send(json!({ "type": "hello", "token": http.token() }))
            .await;
        let welcome = raw.next_within(PATIENCE).await?.ok()?;
        (welcome["type"] == "welcome").then_some(())
    })
    .await;
    // Those that are welcome count no more: more of them than one address has places.
    let mut welcome = Vec::new();
    for _ in 0..30 {
        welcome.push(
            server
                .connect(if welcome.len() % 2 == 0 { LI } else { ZHANG })
                .await,
        );
    }
    for raw in &mut welcome {
        let pong = raw
            .request(json!({ "type": "ping", "interval_ms": 25000 }))
            .await;
        assert_eq!(pong["type"], "pong");
    }
}

#[tokio::test]
async fn a_body_of_a_stranger_is_small_and_of_others_as_large_as_a_frame() {
    let server = TestServer::start().await;
    // Refused by what it says of itself: not a byte of it has come.
    for path in ["/v1/login", "/login"] {
        let stream = TcpStream::connect(server.address()).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: 500000\r\n\r\n"
        );
        let status = answer(stream, &head).await;
        assert_eq!(status, "HTTP/1.1 413 Payload Too Large", "{path}");
    }
    // And by what comes, where it says nothing of itself.
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let chunks = format!("1000\r\n{}\r\n", "x".repeat(0x1000)).repeat(3);
    let head = "POST /v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let status = answer(stream, &format!("{head}{chunks}")).await;
    assert_eq!(status, "HTTP/1.1 413 Payload Too Large");

    let zhang = server.http(ZHANG).await;
    let sent = zhang
        .send_text(LI_ID, "large", &"x".repeat(64 * 1024))
        .await;
    assert_eq!(sent["seq"], 1);
}

#[tokio::test]
async fn before_hello_a_frame_is_small_and_so_is_all_that_comes() {
    let server = TestServer::start().await;
    let mut large = Raw::open(server.address()).await;
    large
        .send(json!({ "type": "hello", "token": "x".repeat(5000) }))
        .await;
    assert_eq!(large.closed().await, Some((4003, "frame_too_large".into())));

    let mut pinging = Raw::open(server.address()).await;
    for _ in 0..100 {
        pinging.send_message(Message::Ping(Vec::new().into())).await;
    }
    let violation = Some((4002, "protocol_violation".to_owned()));
    assert_eq!(pinging.closed().await, violation);

    let mut large = server.connect(ZHANG).await;
    let text = "x".repeat(64 * 1024);
    let sent = large.request(text_to(LI_ID, "m1", &text)).await;
    assert_eq!(
        sent["type"], "sent",
        "after hello, frames are as large as ever"
    );
}

/// What edits a message of one's own, over HTTP.
fn edit(n: u64) -> Value {
    json!({ "client_id": format!("h{n}"), "body": { "type": "text", "text": "again" } })
}

#[tokio::test]
async fn a_user_who_wants_more_than_the_share_waits_on_all_devices_and_nobody_else_does() {
    let server = TestServer::start_with(|config| config.limits.user_units_per_second = 10).await;
    let http = server.http(ZHANG).await;
    let mut zhang = server.connect(ZHANG).await;
    let mut li = server.connect(LI).await.acking();
    zhang.send_text(LI_ID, "m1", "hi").await;
    let mut edits = 0;
    let refused = loop {
        edits += 1;
        let frame = json!({ "type": "edit", "conv": 1, "seq": 1, "client_id": format!("e{edits}"),
            "body": { "type": "text", "text": format!("edit {edits}") } });
        let answer = zhang.request(frame).await;
        if answer["type"] == "error" {
            break answer;
        }
        assert!(edits < 1000, "{answer}");
    };
    assert_eq!(refused["code"], "rate_limited");
    let wait = refused["retry_after_ms"].as_u64().expect("it says when");
    // What 16 s of units are worth, and what came back while it was spent.
    assert!(edits > 30, "refused after {edits}");

    // On another device as well; a little may have come back meanwhile.
    let path = "/v1/conversations/1/entries/1";
    let mut more = 0;
    let refused = loop {
        let (status, answer) = http.call(Method::PATCH, path, Some(edit(more))).await;
        if status == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        assert_eq!(status, StatusCode::OK, "{answer}");
        more += 1;
        assert!(more < edits, "another device has as much again");
    };
    assert_eq!(refused["error"]["code"], "rate_limited");
    assert!(refused["error"]["retry_after_ms"].as_u64().is_some());

    li.send_text(ZHANG_ID, "m1", "nothing of that is mine")
        .await;
    let pong = zhang
        .request(json!({ "type": "ping", "interval_ms": 25000 }))
        .await;
    assert_eq!(pong["type"], "pong", "signs of life are free");
    tokio::time::sleep(Duration::from_millis(wait)).await;
    eventually("it may again", async || {
        let answer = zhang.request(text_to(LI_ID, "m2", "patient")).await;
        (answer["type"] == "sent").then_some(())
    })
    .await;
}

#[tokio::test]
async fn bytes_count_as_well_as_requests() {
    let server = TestServer::start_with(|config| config.limits.user_units_per_second = 50).await;
    let zhang = server.http(ZHANG).await;
    let text = "x".repeat(60_000);
    let mut sent = 0;
    loop {
        let body = json!({ "to": LI_ID, "client_id": format!("m{sent}"), "body": { "type": "text", "text": text } });
        let (status, answer) = zhang.post("/v1/messages", body).await;
        if status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        assert_eq!(status, StatusCode::OK, "{answer}");
        sent += 1;
        assert!(sent < 200, "nothing is refused");
    }
    assert!(sent >= 10, "refused after {sent}");
    // And what is read.
    let li = server.http(LI).await;
    let mut read = 0;
    while li.get("/v1/conversations/1/entries?limit=20").await.0 == StatusCode::OK {
        read += 1;
        assert!(read < 200, "nothing is refused");
    }
    assert!(read >= 2, "refused after {read}");
}

#[tokio::test]
async fn strangers_at_an_address_wait_and_those_who_signed_in_do_not() {
    let server = TestServer::start_with(|config| config.limits.address_units_per_second = 5).await;
    let zhang = server.http(ZHANG).await;
    let client = reqwest::Client::new();
    let url = format!("{}/v1/health", server.url());
    let mut asked = 0;
    let refused = loop {
        let answer = client.get(&url).send().await.unwrap();
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        assert_eq!(answer.status(), StatusCode::OK);
        asked += 1;
        assert!(asked < 2000, "nothing is refused");
    };
    assert!(asked > 50, "refused after {asked}");
    assert!(refused.headers().contains_key("retry-after"));
    let (status, _) = zhang.get("/v1/me").await;
    assert_eq!(
        status,
        StatusCode::OK,
        "with a token, from the same address"
    );
    let elsewhere = answer(connect_from(2, server.address()).await, HEALTH).await;
    assert_eq!(elsewhere, "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn health_tells_strangers_nothing_but_health() {
    let server = TestServer::start().await;
    let _one = server.connect(ZHANG).await;
    let answer = reqwest::get(format!("{}/v1/health", server.url()))
        .await
        .unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer, json!({ "status": "ok" }));
    let (_, answer) = server.http(LI).await.get("/v1/health").await;
    assert_eq!(
        answer["connections"], 1,
        "a user is told how many there are"
    );
}

#[tokio::test]
async fn a_request_names_its_host_once() {
    let server = TestServer::start().await;
    let cases = [
        (
            "GET /v1/health HTTP/1.1\r\nConnection: close\r\n\r\n",
            "400",
        ),
        ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "400"),
        (
            "GET /v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
            "400",
        ),
        // As simple health checks ask: that version knew no such header.
        ("GET /v1/health HTTP/1.0\r\n\r\n", "200"),
        (HEALTH, "200"),
    ];
    for (request, status) in cases {
        let stream = TcpStream::connect(server.address()).await.unwrap();
        let line = answer(stream, request).await;
        assert_eq!(line.split(' ').nth(1), Some(status), "{request:?}: {line}");
    }
}

#[tokio::test]
async fn the_name_of_a_client_is_short_and_plain() {
    let server = TestServer::start().await;
    let client = reqwest::Client::new();
    for (name, status) in [
        ("x".repeat(129), StatusCode::PAYLOAD_TOO_LARGE),
        ("a\u{7}b".into(), StatusCode::BAD_REQUEST),
        ("x".repeat(128), StatusCode::OK),
    ] {
        let request = json!({ "login": ZHANG, "password": "1234", "device": "d", "client": name });
        let answer = client
            .post(format!("{}/v1/login", server.url()))
            .json(&request)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), status, "{} bytes", name.len());
    }
}

#[tokio::test]
async fn a_body_that_stops_coming_is_given_up_and_a_slow_one_is_not() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let body = json!({ "to": LI_ID, "client_id": "slow", "body": { "type": "text", "text": "x".repeat(600) } });
    let body = body.to_string();
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n",
        zhang.token(),
        body.len()
    );
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let started = Instant::now();
    for piece in body.as_bytes().chunks(40) {
        stream.write_all(piece).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    assert!(started.elapsed() > Duration::from_millis(500));
}
