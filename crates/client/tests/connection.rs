//! How a connection comes about, is lost, and comes back, or not.

mod common;

use std::time::Duration;

use common::*;
use hongyan_client::protocol::{
    Bye, ClientFrame, CloseCode, Profiles, ServerFrame, UserProfile, limits,
};
use hongyan_client::{
    Client, Config, Credentials, Event, Events, Page, Reason, SendError, SubmitError, Target,
    Terminal,
};
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

async fn reason(events: &mut Events) -> Reason {
    wait_for(events, |event| match event {
        Event::Disconnected { reason, .. } => Some(reason),
        _ => None,
    })
    .await
}

async fn wait_until_connected(events: &mut Events) {
    wait_for(events, |event| {
        matches!(event, Event::Connected { .. }).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_terminal_close_stops_the_client_for_good() {
    let server = Server::start().await;
    let (client, mut events) = connect(server.config()).await;
    let handle = client.send(Target::User(OTHER), "hi").await.unwrap();
    server
        .welcome()
        .await
        .close(CloseCode::SessionRevoked.number())
        .await;
    // It makes sure.
    let mut peer = server.accept().await;
    peer.hello().await;
    peer.close(CloseCode::SessionRevoked.number()).await;

    let terminal = wait_for(&mut events, |event| match event {
        Event::Terminal(terminal) => Some(terminal),
        _ => None,
    })
    .await;
    assert_eq!(terminal.code(), Some(CloseCode::SessionRevoked.number()));
    assert!(events.next().await.is_none(), "nothing follows");
    assert_eq!(handle.await, Err(SendError::Stopped));
    let late = client.send(Target::User(OTHER), "late").await;
    assert!(matches!(late, Err(SubmitError::Stopped)));
}

/// A server, or a log, that has pages which no client of this protocol takes: to ask for the same again would
/// end the same, for ever.
#[tokio::test]
async fn a_page_too_large_is_asked_for_in_smaller_parts() {
    let server = Server::start().await;
    let (client, mut events) = connect(server.config()).await;
    let mut limits_asked = Vec::new();
    loop {
        let mut peer = server.welcome().await;
        let (req, limit) = peer
            .wait_for(|req, frame| match frame {
                ClientFrame::Sync(sync) => Some((req, sync.limit)),
                _ => None,
            })
            .await;
        limits_asked.push(limit);
        if limit.is_some_and(|limit| limit <= 3) {
            peer.send(req, ServerFrame::Synced(synced(&log(3)))).await;
            // A link that proves fast is asked once more, for full pages.
            let answer_more = async {
                loop {
                    let is_sync = |req, frame: &ClientFrame| {
                        matches!(frame, ClientFrame::Sync(_)).then_some(req)
                    };
                    let req = peer.wait_for(|req, frame| is_sync(req, &frame)).await;
                    peer.send(req, ServerFrame::Synced(synced(&log(3)))).await;
                }
            };
            tokio::select! {
                () = wait_until_caught_up(&mut events) => {}
                () = answer_more => {}
            }
            let page = client.history(CONV, Page::Newest, 200);
            let (page, limit) = tokio::join!(page, async {
                let (req, limit) = peer
                    .wait_for(|req, frame| match frame {
                        ClientFrame::History(history) => Some((req, history.limit)),
                        _ => None,
                    })
                    .await;
                let answer = ServerFrame::History(common::page(&log(3), 0, 3));
                peer.send(req, answer).await;
                limit
            });
            assert_eq!(page.unwrap().entries.len(), 3);
            assert_eq!(
                limit,
                Some(200),
                "everything is there: back to the full size"
            );
            break;
        }
        let huge = "x".repeat(limits::SERVER_FRAME_BYTES + 1);
        peer.try_send_raw(Message::text(huge)).await;
        let reason = reason(&mut events).await;
        assert!(matches!(reason, Reason::Garbage(_)), "{reason}");
    }
    // Each is half of the one before.
    let halves: Vec<_> = limits_asked
        .iter()
        .map(|limit| limit.map(|n| n / 2))
        .collect();
    assert_eq!(limits_asked[1..], halves[..halves.len() - 1]);
    assert!(limits_asked.len() > 3, "{limits_asked:?}");
}

#[tokio::test]
async fn a_new_name_is_told() {
    let server = Server::start().await;
    let (_client, mut events) = connect(server.config()).await;
    let mut peer = server.welcome().await;
    let users = vec![UserProfile {
        id: OTHER,
        login: "".into(),
        name: "another name".into(),
        avatar: None,
    }];
    let told = Profiles {
        users: users.clone(),
    };
    peer.send(None, ServerFrame::Profiles(told)).await;
    let told = wait_for(&mut events, |event| match event {
        Event::Profiles(users) => Some(users),
        _ => None,
    });
    assert_eq!(told.await, users);
}

#[tokio::test]
async fn every_other_close_is_followed_by_a_reconnect() {
    let server = Server::start().await;
    let (_client, mut events) = connect(server.config()).await;
    for code in [CloseCode::Shutdown, CloseCode::SlowReader] {
        let mut peer = server.welcome().await;
        wait_until_connected(&mut events).await;
        let bye = Bye {
            code: code.as_str().into(),
            retry_after_ms: 10,
        };
        peer.send(None, ServerFrame::Bye(bye)).await;
        peer.close(code.number()).await;
        let reason = reason(&mut events).await;
        assert!(
            matches!(reason, Reason::Closed { code: said, .. } if said == code.number()),
            "{reason}"
        );
    }
    server.welcome().await;
    wait_until_connected(&mut events).await;
}

#[tokio::test]
async fn a_server_that_talks_nonsense_is_left_and_tried_again() {
    let server = Server::start().await;
    let (client, mut events) = connect(server.config()).await;
    let too_long = format!("\"{}\"", "x".repeat(limits::SERVER_FRAME_BYTES));
    let nonsense = [
        Message::text("not json"),
        Message::text("{}"),
        Message::text(r#"{"type":"entry","conv":-1}"#),
        Message::text("[".repeat(100_000)),
        Message::text(too_long),
        Message::binary(vec![0xff; 10]),
    ];
    for message in nonsense {
        let mut peer = server.welcome().await;
        wait_until_connected(&mut events).await;
        // The client hangs up in the middle of the longest.
        let _ = tokio::time::timeout(PATIENCE, peer.try_send_raw(message)).await;
        let reason = reason(&mut events).await;
        assert!(matches!(reason, Reason::Garbage(_)), "{reason}");
    }
    let mut peer = server.welcome().await;
    let unknown = Message::text(r#"{"type":"of_a_newer_server","x":1}"#);
    peer.send_raw(unknown).await;
    let handle = client.send(Target::User(OTHER), "well").await.unwrap();
    let (req, client_id, _) = peer.wait_for_send().await;
    peer.send(req, ServerFrame::Sent(sent(1, client_id))).await;
    handle.await.unwrap();
}

#[tokio::test]
async fn what_is_no_websocket_is_unreachable() {
    let server = Server::start().await;
    let (_client, mut events) = connect(server.config()).await;
    for answer in [
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        let mut stream = server.accept_raw().await;
        stream.write_all(answer.as_bytes()).await.unwrap();
        let reason = reason(&mut events).await;
        assert!(matches!(reason, Reason::Unreachable(_)), "{reason}");
    }
}

#[tokio::test]
async fn tls_against_a_server_without_it_fails_cleanly() {
    let server = Server::start().await;
    let url = server.url().replace("http://", "https://");
    let config = Config::new(url, Credentials::token("hy_test")).policies(quick());
    let (_client, mut events) = connect(config).await;
    let mut stream = server.accept_raw().await;
    stream
        .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        .await
        .unwrap();
    let reason = reason(&mut events).await;
    assert!(matches!(reason, Reason::Unreachable(_)), "{reason}");
}

#[tokio::test]
async fn a_server_that_falls_silent_is_pinged_and_then_left() {
    let server = Server::start().await;
    let begun = Instant::now();
    let (_client, mut events) = connect(server.config()).await;
    let mut peer = server.welcome_with(&[]).await;
    wait_until_caught_up(&mut events).await;
    let took = u64::try_from(begun.elapsed().as_millis()).unwrap();

    // The clock now jumps whenever every task waits: minutes of silence in no time.
    // The usual patience would be over before the silence.
    tokio::time::pause();
    let event = events.next().await;
    tokio::time::resume();
    assert!(
        matches!(
            event,
            Some(Event::Disconnected {
                reason: Reason::Silent,
                ..
            })
        ),
        "{event:?}"
    );
    let ping = peer
        .wait_for(|_, frame| match frame {
            ClientFrame::Ping(ping) => Some(ping),
            _ => None,
        })
        .await;
    // It is due 25 s after the sync was asked for, and tells how long it has been quiet since the answer.
    assert!(ping.interval_ms + took + 1 >= 25_000, "{ping:?}, {took} ms");
    server.welcome().await;
    wait_until_connected(&mut events).await;
}

#[tokio::test]
async fn a_wake_cuts_the_wait_short() {
    let server = Server::start().await;
    let mut policies = quick();
    policies.reconnect.backoff.base = Duration::from_secs(3600);
    policies.reconnect.backoff.cap = Duration::from_secs(3600);
    let (client, mut events) = connect(server.config().policies(policies)).await;
    drop(server.welcome().await);
    let retry_in = wait_for(&mut events, |event| match event {
        Event::Disconnected { retry_in, .. } => Some(retry_in),
        _ => None,
    })
    .await;
    // Full jitter draws less than the patience of this test once in 180 runs; then it proves less.
    println!("the next attempt was due in {retry_in:?}");
    client.wake();
    server.welcome().await;
    wait_until_connected(&mut events).await;
}

#[tokio::test]
async fn the_last_handle_takes_the_client_with_it() {
    let server = Server::start().await;
    let (client, mut events) = connect(server.config()).await;
    let peer = server.welcome().await;
    let clone = client.clone();
    drop(client);
    wait_until_connected(&mut events).await;
    assert!(clone.is_connected());
    drop(clone);
    while events.next().await.is_some() {}
    peer.expect_close().await;
}

#[tokio::test]
async fn a_state_directory_serves_one_client_and_one_user() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let config = server.config().state(directory.path());
    let (client, mut events) = connect(config.clone()).await;
    let second = Client::connect(config.clone()).await;
    assert!(second.is_err(), "in use");
    let _peer = server.welcome().await;
    wait_until_connected(&mut events).await;
    client.close().await;

    let (_client, mut events) = connect(config).await;
    let mut peer = server.accept().await;
    peer.hello().await;
    peer.send(None, welcome(OTHER)).await;
    let terminal = wait_for(&mut events, |event| match event {
        Event::Terminal(terminal) => Some(terminal),
        _ => None,
    })
    .await;
    assert!(matches!(terminal, Terminal::OtherUser { .. }), "{terminal}");
}

/// Ends a client that has kept a message which is not sent, by closing with 4004, and then with this code when it
/// says hello once more. Gives what its directory still holds.
#[allow(
    clippy::unwrap_used,
    reason = "a helper that panics fails the test that called it"
)]
async fn kept_after(code: CloseCode) -> Vec<u8> {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let config = server.config().state(folder.path());
    let (client, mut events) = connect(config).await;
    let peer = server.welcome().await;
    wait_until_connected(&mut events).await;
    client
        .send(Target::User(OTHER), "not sent yet")
        .await
        .unwrap();
    peer.close(CloseCode::SessionRevoked.number()).await;
    let mut peer = server.accept().await;
    peer.hello().await;
    peer.close(code.number()).await;
    let terminal = wait_for(&mut events, |event| match event {
        Event::Terminal(terminal) => Some(terminal),
        _ => None,
    });
    assert_eq!(terminal.await.code(), Some(code.number()));
    assert!(events.next().await.is_none(), "nothing follows");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        found.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    found
}

#[tokio::test]
async fn a_session_that_was_signed_out_leaves_nothing_here_and_a_replaced_one_everything() {
    let contains =
        |kept: &[u8], text: &str| kept.windows(text.len()).any(|part| part == text.as_bytes());
    let erased = kept_after(CloseCode::SessionRevoked).await;
    assert!(!contains(&erased, "not sent yet"));
    let kept = kept_after(CloseCode::Unauthenticated).await;
    assert!(contains(&kept, "not sent yet"));
}
