//! Pushes without an ack: the same frame three times, then the end, and another chance after the next
//! bind.

use std::time::Duration;

use hongyan::config::Config;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::client::{Browser, Socket, contents};
use crate::harness::{LI, LI_ID, PATIENCE, TestServer, ZHANG, ZHANG_ID, eventually};

/// Close code: no ack through every re-push.
const ACK_TIMEOUT: u16 = 4101;

fn quick(config: &mut Config) {
    config.delivery.ack_timeout_ms = 150;
    config.delivery.repush_interval_ms = 60;
}

/// Everything until the close, and how long after the first frame each came.
async fn until_closed(socket: &mut Socket) -> (Vec<(Value, Duration)>, Duration) {
    let mut frames = Vec::new();
    let mut first = None;
    loop {
        match socket.next_within(PATIENCE).await {
            Some(Ok(frame)) => {
                let first = *first.get_or_insert_with(Instant::now);
                frames.push((frame, first.elapsed()));
            }
            Some(Err(code)) => {
                assert_eq!(code, ACK_TIMEOUT);
                let since_first = first.map_or(Duration::ZERO, |first| first.elapsed());
                return (frames, since_first);
            }
            None => panic!("the server did not close"),
        }
    }
}

#[tokio::test]
async fn after_5_and_7_seconds_the_same_frame_comes_again_and_after_9_the_end() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let browser = Browser::sign_in(&server, LI).await;
    let mut li = Socket::open(&server, &browser, LI_ID).await;
    li.bind().await;
    zhang.say(LI_ID, "did you get it?").await;

    let (frames, closed_after) = until_closed(&mut li).await;
    let (pushes, times): (Vec<_>, Vec<_>) = frames.into_iter().unzip();
    assert_eq!(pushes.len(), 3, "{pushes:?}");
    assert!(pushes.iter().all(|push| *push == pushes[0]), "{pushes:?}");
    assert_eq!(pushes[0]["tid"], 1);
    for (time, due) in times
        .iter()
        .chain([&closed_after])
        .zip([0.0, 5.0, 7.0, 9.0])
    {
        // Never early but for the clock's grain; late by as much as a busy machine is.
        let seconds = time.as_secs_f64();
        assert!(
            seconds > due - 0.1 && seconds < due + 3.0,
            "{times:?}, {closed_after:?}"
        );
    }

    // The messages are kept, and come again after the next bind: under a number of that connection.
    let mut li = Socket::open(&server, &browser, LI_ID).await;
    li.hears_nothing().await;
    li.bind().await;
    let again = li.push().await;
    assert_eq!(again, pushes[0]);
    li.hears_nothing().await;

    // Acked, it is delivered, and does not come a second time.
    eventually_delivered(&server, &browser).await;
}

/// Waits until a fresh connection is pushed nothing any more: acks are stored with a short delay.
async fn eventually_delivered(server: &TestServer, browser: &Browser) {
    eventually("the ack is stored", async || {
        let mut li = Socket::open(server, browser, LI_ID).await;
        li.bind().await;
        li.next_within(Duration::from_millis(50))
            .await
            .is_none()
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn each_push_has_its_own_time_and_acks_come_in_any_order() {
    let server = TestServer::start_with(quick).await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let browser = Browser::sign_in(&server, LI).await;
    let mut li = Socket::open(&server, &browser, LI_ID).await;
    li.bind().await;
    for text in ["one", "two", "three"] {
        zhang.say(LI_ID, text).await;
    }
    for tid in 1..=3 {
        assert_eq!(li.next().await["tid"], tid);
    }
    for tid in [3, 1] {
        li.send(json!({ "type": 6, "data": { "tid": tid } })).await;
    }
    let (frames, _) = until_closed(&mut li).await;
    let repushed: Vec<_> = frames.iter().map(|(frame, _)| &frame["tid"]).collect();
    assert_eq!(repushed, [2, 2], "only what is without an ack comes again");

    // What lies behind the hole comes again: a position is what is held without one.
    eventually("the acks of the last connection are stored", async || {
        let mut li = Socket::open(&server, &browser, LI_ID).await;
        li.bind().await;
        let first = li.next_within(Duration::from_millis(100)).await?.ok()?;
        (first["data"]["content"] == "two").then_some(())
    })
    .await;
    let mut li = Socket::open(&server, &browser, LI_ID).await;
    li.bind().await;
    assert_eq!(li.pushed(2).await, ["two", "three"]);
}

#[tokio::test]
async fn an_ack_stops_the_clock_and_a_made_up_one_does_not() {
    let server = TestServer::start_with(quick).await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut li = Socket::online(&server, LI, LI_ID).await;
    zhang.say(LI_ID, "one").await;
    li.push().await;
    li.hears_nothing().await;
    zhang.say(LI_ID, "two").await;
    assert_eq!(li.next().await["tid"], 2);
    for made_up in [0, 1, 3, 999] {
        li.send(json!({ "type": 6, "data": { "tid": made_up } }))
            .await;
    }
    let (frames, _) = until_closed(&mut li).await;
    assert_eq!(frames.len(), 2);
}

#[tokio::test]
async fn one_who_does_not_ack_makes_nobody_else_wait() {
    let server = TestServer::start_with(quick).await;
    let browser = Browser::sign_in(&server, LI).await;
    let mut deaf = Socket::open(&server, &browser, LI_ID).await;
    deaf.bind().await;
    let mut second = Socket::online(&server, LI, LI_ID).await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    for n in 0..20 {
        zhang.say(LI_ID, &format!("{n}")).await;
        let push = second.push().await;
        assert_eq!(push["tid"], n + 1);
        assert_eq!(push["data"]["content"], format!("{n}"));
    }
    assert_eq!(deaf.closed().await, ACK_TIMEOUT);
    assert_eq!(contents(&second.query(ZHANG_ID).await).len(), 20);
}

/// A text that was recalled, or replaced by an edit, is not said again by the server that had said it before.
#[tokio::test]
async fn what_was_recalled_or_replaced_is_not_pushed_again() {
    let server = TestServer::start_with(|config| {
        config.delivery.ack_timeout_ms = 1000;
        config.delivery.repush_interval_ms = 300;
    })
    .await;
    let mut zhang = server.connect(ZHANG).await.acking();
    let browser = Browser::sign_in(&server, LI).await;
    let mut li = Socket::open(&server, &browser, LI_ID).await;
    li.bind().await;
    for (id, text) in [
        ("m1", "stays"),
        ("m2", "a secret"),
        ("m3", "the old wording"),
    ] {
        zhang.send_text(LI_ID, id, text).await;
        assert_eq!(li.next().await["data"]["content"], text);
    }
    let recall = json!({ "type": "recall", "conv": 1, "seq": 2, "client_id": "r1" });
    assert_eq!(zhang.request(recall).await["type"], "sent");
    let edit = json!({
        "type": "edit", "conv": 1, "seq": 3, "client_id": "e1",
        "body": { "type": "text", "text": "the new wording" },
    });
    assert_eq!(zhang.request(edit).await["type"], "sent");

    // Only what stays as it was comes again; the connection ends in its time.
    let (frames, _) = until_closed(&mut li).await;
    let again: Vec<_> = frames
        .iter()
        .map(|(frame, _)| (&frame["tid"], &frame["data"]["content"]))
        .collect();
    let stays = (&json!(1), &json!("stays"));
    assert_eq!(again, [stays, stays]);

    // The next bind brings what there is now.
    let mut li = Socket::open(&server, &browser, LI_ID).await;
    li.bind().await;
    assert_eq!(li.pushed(2).await, ["stays", "the new wording"]);
    li.hears_nothing().await;
    let for_li = li.query(ZHANG_ID).await;
    assert_eq!(
        contents(&for_li),
        ["stays", "对方撤回了一条消息", "the new wording"]
    );
}
