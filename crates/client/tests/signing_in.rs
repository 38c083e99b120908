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
