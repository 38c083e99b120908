//! What happens when a client does not ack, or does not read.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::harness::{LI, LI_ID, TestServer, WANG, ZHANG, ZHANG_ID, eventually, text_to};

#[tokio::test]
async fn without_an_ack_the_entry_is_pushed_three_times_in_nine_seconds_and_stays_undelivered() {
    let server = TestServer::start().await;
    let mut zhang = server.connect(ZHANG).await;
    let mut li = server.connect(LI).await;
    zhang.send_text(LI_ID, "m1", "are you there?").await;

    let first = li.next_of("entry").await;
    let pushed_at = Instant::now();
    for expected_seconds in [5.0, 7.0] {
        assert_eq!(li.next_of("entry").await, first);
        let after = pushed_at.elapsed().as_secs_f64();
        assert!(
            (after - expected_seconds).abs() < 1.5,
            "re-pushed after {after} s"
        );
    }
    assert_eq!(li.closed().await, Some((4101, "ack_timeout".into())));
    let after = pushed_at.elapsed().as_secs_f64();
    assert!((after - 9.0).abs() < 1.5, "closed after {after} s");

    let mut back = server.connect(LI).await;
    let synced = back.request(json!({ "type": "sync" })).await;
    let conversation = &synced["conversations"][0];
    assert_eq!(conversation["unread"], 1);
    assert_eq!(
        conversation["me"]["delivered"], 0,
        "not acked is not delivered"
    );
    assert_eq!(
        conversation["entries"][0]["client_id"], "m1",
        "and is there for the next sync"
    );
}

#[tokio::test]
async fn an_ack_stops_the_re_push() {
    let server = TestServer::start_with(|config| {
        config.delivery.ack_timeout_ms = 200;
        config.delivery.repush_interval_ms = 100;
    })
    .await;
    let mut zhang = server.connect(ZHANG).await;
    let mut li = server.connect(LI).await;
    zhang
        .send(json!({ "type": "ack", "conv": 1, "seq": 1 }))
        .await;
    zhang.send_text(LI_ID, "m1", "hi").await;
    let entry = li.next_of("entry").await;
    assert_eq!(li.next_of("entry").await, entry, "pushed again");
    li.send(json!({ "type": "ack", "conv": entry["conv"], "seq": 1 }))
        .await;
    // Three times as long as the server would wait before it closed.
    let quiet = li.next_within(Duration::from_millis(1200)).await;
    assert!(quiet.is_none() || quiet.is_some_and(|frame| frame.unwrap()["type"] == "receipt"));
    assert_eq!(
        li.request(json!({ "type": "sync" })).await["type"],
        "synced"
    );
}

/// A text that was recalled, or replaced by an edit, is not said again by the server that had said it before.
#[tokio::test]
async fn what_was_recalled_or_replaced_is_pushed_again_without_its_text() {
    let server = TestServer::start_with(|config| {
        config.delivery.ack_timeout_ms = 1000;
        config.delivery.repush_interval_ms = 1000;
    })
    .await;
    let mut zhang = server.connect(ZHANG).await.acking();
    let mut li = server.connect(LI).await;
    zhang.send_text(LI_ID, "m1", "stays").await;
    zhang.send_text(LI_ID, "m2", "a secret").await;
    zhang.send_text(LI_ID, "m3", "the old wording").await;
    for expected in ["stays", "a secret", "the old wording"] {
        assert_eq!(li.next_of("entry").await["body"]["text"], expected);
    }
    let recall = json!({ "type": "recall", "conv": 1, "seq": 2, "client_id": "r1" });
    assert_eq!(zhang.request(recall).await["type"], "sent");
    let edit = json!({
        "type": "edit", "conv": 1, "seq": 3, "client_id": "e1",
        "body": { "type": "text", "text": "the new wording" },
    });
    assert_eq!(zhang.request(edit).await["type"], "sent");
    assert_eq!(li.next_of("entry").await["kind"], "recall");
    assert_eq!(li.next_of("entry").await["kind"], "edit");
    // From here on all is pushed again.
    assert_eq!(li.next_of("entry").await["body"]["text"], "stays");
    let recalled = li.next_of("entry").await;
    assert_eq!(
        (&recalled["seq"], &recalled["recalled_by"]),
        (&json!(2), &json!(4))
    );
    assert_eq!(recalled.get("body"), None, "{recalled}");
    let edited = li.next_of("entry").await;
    assert_eq!(
        (&edited["seq"], &edited["edited_by"]),
        (&json!(3), &json!(5))
    );
    assert_eq!(edited["body"]["text"], "the new wording");
    for expected in [4, 5] {
        assert_eq!(li.next_of("entry").await["seq"], expected);
    }
}

#[tokio::test]
async fn a_client_too_far_behind_is_held_back_and_then_gets_the_rest_in_order() {
    const MESSAGES: u64 = 700;
    let server = TestServer::start_with(|config| config.delivery.ack_timeout_ms = 60_000).await;
    let mut zhang = server.connect(ZHANG).await;
    let mut li = server.connect(LI).await;
    for n in 1..=MESSAGES {
        zhang.send(text_to(LI_ID, &format!("m{n}"), "hi")).await;
    }
    let window = 256;
    for expected in 1..=window {
        assert_eq!(li.next_of("entry").await["seq"], expected);
    }
    eventually("everything is stored", async || {
        let page = li
            .request(json!({ "type": "history", "conv": 1, "limit": 1 }))
            .await;
        assert_eq!(page["type"], "history", "no push beyond the window: {page}");
        (page["head"] == MESSAGES).then_some(())
    })
    .await;
    for expected in 1..=MESSAGES {
        if expected > window {
            assert_eq!(li.next_of("entry").await["seq"], expected);
        }
        li.send(json!({ "type": "ack", "conv": 1, "seq": expected }))
            .await;
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_closed_and_makes_nobody_wait() {
    let server = TestServer::start().await;
    let mut zhang = server.connect(ZHANG).await.acking();
    let mut wang = server.connect(WANG).await.acking();
    let text = "x".repeat(60_000);
    for n in 0..20 {
        zhang.send_text(LI_ID, &format!("m{n}"), &text).await;
    }
    let mut stuck = server.connect(LI).await;
    // Answers of about a megabyte each: more than the sockets' buffers hold.
    for _ in 0..60 {
        stuck.send(json!({ "type": "history", "conv": 1 })).await;
    }
    let mut n = 0;
    eventually("the stuck connection is gone", async || {
        n += 1;
        let asked = Instant::now();
        wang.send_text(ZHANG_ID, &format!("w{n}"), "quick").await;
        assert!(
            asked.elapsed() < Duration::from_secs(5),
            "a bystander waited {:?}",
            asked.elapsed()
        );
        (server.node().connections() == 2).then_some(())
    })
    .await;
    let mut back = server.connect(LI).await;
    let synced = back.request(json!({ "type": "sync" })).await;
    assert_eq!(
        synced["conversations"][0]["head"], 20,
        "nothing is lost for it"
    );
}
