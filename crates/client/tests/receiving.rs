//! Entries: exactly once, in order, without holes, whatever happens on the way.

mod common;

use common::*;
use hongyan_client::protocol::ServerFrame;
use hongyan_client::{Page, RequestError, Start, Target};

#[tokio::test]
async fn an_entry_that_is_pushed_again_is_told_once_and_acked_twice() {
    let server = Server::start().await;
    let (_client, mut events) = connect(server.config()).await;
    let mut peer = server.welcome_with(&log(1)).await;
    assert_eq!(next_seq(&mut events).await, 1);
    assert_eq!(peer.wait_for_ack().await, 1);

    peer.push(&entry(2)).await;
    assert_eq!(peer.wait_for_ack().await, 2);
    peer.push(&entry(2)).await;
    assert_eq!(peer.wait_for_ack().await, 2);
    peer.push(&entry(3)).await;
    assert_eq!(next_seq(&mut events).await, 2);
    assert_eq!(next_seq(&mut events).await, 3);
}

#[tokio::test]
async fn a_gap_is_filled_from_the_log() {
    let server = Server::start().await;
    let (_client, mut events) = connect(server.config()).await;
    let mut peer = server.welcome_with(&log(1)).await;
    peer.push(&entry(500)).await;
    tokio::spawn(peer.serve(log(500)));
    for seq in 1..=500 {
        assert_eq!(next_seq(&mut events).await, seq);
    }
}

#[tokio::test]
async fn what_was_missed_while_away_comes_after_the_reconnect() {
    let server = Server::start().await;
    let (_client, mut events) = connect(server.config()).await;
    let peer = server.welcome_with(&log(3)).await;
    wait_until_caught_up(&mut events).await;
    drop(peer);
    tokio::spawn(server.welcome().await.serve(log(40)));
    for seq in 4..=40 {
        assert_eq!(next_seq(&mut events).await, seq);
    }
}

#[tokio::test]
async fn an_application_that_does_not_read_costs_no_memory_and_no_message() {
    const LENGTH: u64 = 3_000;
    let server = Server::start().await;
    let config = server.config().events(4).start(Start::Everything);
    let (client, mut events) = connect(config).await;
    let mut peer = server.welcome_with(&log(10)).await;
    for seq in 11..=LENGTH {
        peer.push(&entry(seq)).await;
    }
    tokio::spawn(peer.serve(log(LENGTH)));

    // The stream is full by now or soon, and yet an answer comes through.
    let handle = client.send(Target::User(OTHER), "still here").await;
    let answer = tokio::time::timeout(PATIENCE, handle.unwrap()).await;
    answer.expect("no answer in a stall").unwrap();
    let page = client.history(CONV, Page::Newest, 5).await.unwrap();
    assert_eq!(page.entries.len(), 5);

    // All of it together within the patience: left to time-outs, it would come page by page.
    let reading = async {
        for seq in 1..=LENGTH {
            assert_eq!(next_seq(&mut events).await, seq);
        }
    };
    let read = tokio::time::timeout(PATIENCE, reading).await;
    read.expect("the rest comes too slowly");
}

#[tokio::test]
async fn a_restart_goes_on_behind_the_last_entry_that_was_dealt_with() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let config = server.config().state(directory.path());

    let (client, mut events) = connect(config.clone()).await;
    tokio::spawn(server.welcome().await.serve(log(10)));
    // Asking for the sixth deals with the fifth; the sixth itself stays in hand.
    for seq in 1..=6 {
        assert_eq!(next_seq(&mut events).await, seq);
    }
    client.close().await;

    let (client, mut events) = connect(config.clone()).await;
    tokio::spawn(server.welcome().await.serve(log(12)));
    for seq in 6..=12 {
        assert_eq!(next_seq(&mut events).await, seq);
    }
    wait_until_caught_up(&mut events).await;
    client.close().await;

    let (_client, mut events) = connect(config.from_the_beginning()).await;
    tokio::spawn(server.welcome().await.serve(log(12)));
    assert_eq!(next_seq(&mut events).await, 3, "the sync's last ten");
}

#[tokio::test]
async fn a_question_without_a_connection_fails_at_once_and_one_on_it_is_answered() {
    let server = Server::start().await;
    let (client, mut events) = connect(server.config()).await;
    let early = client.history(CONV, Page::Newest, 5).await;
    assert_eq!(early, Err(RequestError::Disconnected));

    let mut peer = server.welcome_with(&log(1)).await;
    wait_until_caught_up(&mut events).await;
    let asking = tokio::spawn(async move { client.history(CONV, Page::Newest, 5).await });
    let req = peer
        .wait_for(|req, frame| {
            use hongyan_client::protocol::ClientFrame;
            matches!(frame, ClientFrame::History(_)).then_some(req)
        })
        .await;
    let answer = ServerFrame::History(page(&log(1), 0, 5));
    peer.send(req, answer).await;
    assert_eq!(asking.await.unwrap().unwrap().entries, log(1));
}
