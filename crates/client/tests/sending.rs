//! What becomes of a request: over lost connections, crashes and refusals.

mod common;

use common::*;
use hongyan_client::protocol::{Failure, ServerFrame};
use hongyan_client::{
    ClientId, Config, Credentials, ErrorCode, Event, Message, SendError, SendState, SubmitError,
    Target,
};

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_under_the_same_name() {
    let server = Server::start().await;
    let (client, mut events) = connect(server.config()).await;
    let handle = client.send(Target::User(OTHER), "once").await.unwrap();

    let mut peer = server.welcome().await;
    let (_, first, _) = peer.wait_for_send().await;
    drop(peer);

    let mut peer = server.welcome().await;
    let (req, second, text) = peer.wait_for_send().await;
    assert_eq!(first, second);
    assert_eq!(first, *handle.client_id());
    assert_eq!(text, "once");
    peer.send(req, ServerFrame::Sent(sent(5, second))).await;
    assert_eq!(handle.await.unwrap().seq.get(), 5);

    let mut states = Vec::new();
    while states.len() < 3 {
        let state = wait_for(&mut events, |event| match event {
            Event::Send { state, .. } => Some(state),
            _ => None,
        });
        states.push(state.await);
    }
    assert!(
        matches!(
            states[..],
            [SendState::Pending, SendState::Sending, SendState::Sent(_)]
        ),
        "{states:?}"
    );
}

#[tokio::test]
async fn messages_keep_the_order_of_the_calls() {
    let server = Server::start().await;
    let (client, _events) = connect(server.config()).await;
    for number in 0..20 {
        let text = number.to_string();
        client.send(Target::Conversation(CONV), text).await.unwrap();
    }
    let mut peer = server.welcome().await;
    for number in 0..20_u64 {
        let (req, client_id, text) = peer.wait_for_send().await;
        assert_eq!(text, number.to_string());
        let answer = sent(number + 1, client_id);
        peer.send(req, ServerFrame::Sent(answer)).await;
    }
}

#[tokio::test]
async fn a_refusal_is_final_and_a_passing_fault_is_not() {
    let server = Server::start().await;
    let (client, _events) = connect(server.config()).await;
    let refused = client.send(Target::User(OTHER), "refused").await.unwrap();
    let delayed = client.send(Target::User(ME), "delayed").await.unwrap();
    let mut peer = server.welcome().await;
    let mut attempts = 0;
    while attempts < 2 {
        let (req, client_id, text) = peer.wait_for_send().await;
        let fault = |code, retry_after_ms| {
            ServerFrame::Error(Failure {
                code,
                message: "no".into(),
                retry_after_ms,
            })
        };
        let answer = match (&*text, attempts) {
            ("refused", _) => fault(ErrorCode::UserNotFound, None),
            (_, 0) => {
                attempts = 1;
                fault(ErrorCode::StoreUnavailable, Some(10))
            }
            _ => {
                attempts = 2;
                ServerFrame::Sent(sent(1, client_id))
            }
        };
        peer.send(req, answer).await;
    }
    assert_eq!(
        refused.await.unwrap_err().code(),
        Some(ErrorCode::UserNotFound)
    );
    assert!(delayed.await.is_ok());
}

#[tokio::test]
async fn the_outbox_survives_the_program() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let config = server.config().state(directory.path());
    let mut names = Vec::new();
    {
        let nobody = Server::start().await.url();
        let offline = Config::new(nobody, Credentials::token("hy_test"));
        let (client, _events) = connect(offline.state(directory.path())).await;
        for text in ["one", "two"] {
            let handle = client.send(Target::User(OTHER), text).await.unwrap();
            names.push(handle.client_id().clone());
        }
        client.close().await;
    }
    // A crash may also have torn the last write, of which nobody was told.
    let journal = directory.path().join("journal");
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes.extend_from_slice(b"0000abcd [{\"type\":\"subm");
    std::fs::write(&journal, bytes).unwrap();

    let (client, _events) = connect(config.clone()).await;
    let mut peer = server.welcome().await;
    for (name, expected) in names.iter().zip(["one", "two"]) {
        let (req, client_id, text) = peer.wait_for_send().await;
        assert_eq!((&client_id, &*text), (name, expected));
        peer.send(req, ServerFrame::Sent(sent(1, client_id))).await;
    }
    let last = client.send(Target::User(OTHER), "three").await.unwrap();
    let (req, client_id, text) = peer.wait_for_send().await;
    assert_eq!(text, "three", "nothing is sent twice");
    peer.send(req, ServerFrame::Sent(sent(3, client_id))).await;
    last.await.unwrap();
    client.close().await;
    drop(peer);

    let (client, _events) = connect(config).await;
    let handle = client.send(Target::User(OTHER), "four").await.unwrap();
    let mut peer = server.welcome().await;
    let (_, client_id, text) = peer.wait_for_send().await;
    assert_eq!(text, "four", "what was answered is not sent again");
    assert_eq!(client_id, *handle.client_id());
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_at_once() {
    let server = Server::start().await;
    let mut policies = quick();
    policies.outbox.capacity = 2;
    let (client, _events) = connect(server.config().policies(policies)).await;
    let to = Target::User(OTHER);
    let id = ClientId::new("mine").unwrap();
    let named = || Message::text("hi").client_id(id.clone());

    assert!(matches!(
        client.send(to, "").await,
        Err(SubmitError::Invalid {
            code: ErrorCode::BadRequest,
            ..
        })
    ));
    client.send(to, named()).await.unwrap();
    assert!(matches!(
        client.send(to, named()).await,
        Err(SubmitError::Duplicate)
    ));
    let second = client.send(to, "second").await.unwrap();
    assert!(matches!(
        client.send(to, "third").await,
        Err(SubmitError::Full)
    ));
    assert!(client.cancel(second.client_id().clone()).await);
    assert_eq!(second.await, Err(SendError::Cancelled));
    client.send(to, "third").await.unwrap();
}
