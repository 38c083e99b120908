//! Passwords and tokens: when the client signs in, again, or no more.

mod common;

use common::*;
use hongyan_client::protocol::CloseCode;
use hongyan_client::{
    Client, Config, ConnectError, Credentials, ErrorCode, Event, HttpError, Terminal,
};

fn config(server: &Server) -> Config {
    let credentials = Credentials::password("ann", "s3cret", "laptop");
    Config::new(server.url(), credentials).policies(quick())
}

async fn answer_login(server: &Server) -> String {
    let body = r#"{"token":"hy_1","session":1,"user":{"id":1000,"login":"ann","name":"Ann"}}"#;
    server.answer_http("200 OK", body).await
}

const REFUSAL: &str = r#"{"error":{"code":"unauthenticated","message":"wrong"}}"#;

#[tokio::test]
async fn a_wrong_password_is_told_at_once() {
    let server = Server::start().await;
    let connecting = tokio::spawn(Client::connect(config(&server)));
    let request = server.answer_http("401 Unauthorized", REFUSAL).await;
    assert!(request.starts_with("POST /v1/login "), "{request}");
    assert!(request.contains(r#""device":"laptop""#), "{request}");
    let Err(ConnectError::SignIn(HttpError::Refused(failure))) = connecting.await.unwrap() else {
        panic!("not refused");
    };
    assert_eq!(failure.code, ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn a_kept_token_needs_no_password_and_an_expired_one_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let config = config(&server).state(directory.path());

    let connecting = tokio::spawn(Client::connect(config.clone()));
    answer_login(&server).await;
    let (client, events) = connecting.await.unwrap().unwrap();
    let _peer = server.welcome().await;
    drop(events);
    client.close().await;

    let (client, mut events) = connect(config).await;
    let mut peer = server.accept().await;
    peer.hello().await;
    peer.close(CloseCode::Unauthenticated.number()).await;
    answer_login(&server).await;
    let mut peer = server.accept().await;
    peer.hello().await;
    // The second refusal is final: this token was made just now.
    peer.close(CloseCode::Unauthenticated.number()).await;
    let terminal = wait_for(&mut events, |event| match event {
        Event::Terminal(terminal) => Some(terminal),
        _ => None,
    })
    .await;
    assert_eq!(terminal.code(), Some(CloseCode::Unauthenticated.number()));
    drop(client);
}

/// What the device has from its first sign-in shows that it is no stranger who guesses.
#[tokio::test]
async fn the_devices_secret_is_kept_and_given_at_each_later_sign_in() {
    const ANSWER: &str = r#"{"token":"hy_1","session":1,"device_secret":"hyd_1","user":{"id":1000,"login":"ann","name":"Ann"}}"#;
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let config = config(&server).state(directory.path());
    let connecting = tokio::spawn(Client::connect(config.clone()));
    let first = server.answer_http("200 OK", ANSWER).await;
    assert!(!first.contains("device_secret"), "{first}");
    let (client, events) = connecting.await.unwrap().unwrap();
    let _peer = server.welcome().await;
    drop(events);
    client.close().await;

    // In another run, in which the token turns out to have expired, as does the next one.
    let (client, mut events) = connect(config.clone()).await;
    let mut peer = server.accept().await;
    peer.hello().await;
    peer.close(CloseCode::Unauthenticated.number()).await;
    let second = answer_login(&server).await;
    assert!(second.contains(r#""device_secret":"hyd_1""#), "{second}");
    let mut peer = server.accept().await;
    peer.hello().await;
    peer.close(CloseCode::Unauthenticated.number()).await;
    wait_for(&mut events, |event| {
        matches!(event, Event::Terminal(_)).then_some(())
    })
    .await;
    drop((client, events));

    // The token is gone, and an answer without a secret takes none away.
    let connecting = tokio::spawn(Client::connect(config));
    let third = answer_login(&server).await;
    assert!(third.contains(r#""device_secret":"hyd_1""#), "{third}");
    let (client, events) = connecting.await.unwrap().unwrap();
    drop((client, events));
}

#[tokio::test]
async fn a_password_that_is_no_longer_good_ends_it() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let config = config(&server).state(directory.path());
    let connecting = tokio::spawn(Client::connect(config.clone()));
    answer_login(&server).await;
    let (client, events) = connecting.await.unwrap().unwrap();
    let _peer = server.welcome().await;
    drop(events);
    client.close().await;

    let (_client, mut events) = connect(config).await;
    let mut peer = server.accept().await;
    peer.hello().await;
    peer.close(CloseCode::Unauthenticated.number()).await;
    server.answer_http("401 Unauthorized", REFUSAL).await;
    let terminal = wait_for(&mut events, |event| match event {
        Event::Terminal(terminal) => Some(terminal),
        _ => None,
    })
    .await;
    assert!(matches!(terminal, Terminal::SignIn(_)), "{terminal}");
}
