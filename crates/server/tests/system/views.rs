//! What a user makes of conversations for oneself, on all devices.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{LI, Raw, TestServer, ZHANG, ZHANG_ID};

fn set_view(conv: &Value, view: Value) -> Value {
    json!({ "type": "set_view", "conv": conv, "view": view })
}

/// The first conversation of a sync from nothing, and the totals.
async fn synced(raw: &mut Raw) -> (Value, Value, Value) {
    let page = raw.request(json!({ "type": "sync" })).await;
    let view = page["conversations"][0].clone();
    (
        view,
        page["total_unread"].clone(),
        page["total_muted"].clone(),
    )
}

#[tokio::test]
async fn what_one_device_sets_the_others_hear_and_nobody_else() {
    let server = TestServer::start().await;
    let mut li = server.connect(LI).await.acking();
    let mut phone = server.connect(ZHANG).await.acking();
    let mut tablet = server.connect(ZHANG).await.acking();
    let conv = li.send_text(ZHANG_ID, "m1", "你好").await["conv"].clone();
    let wish = json!({ "pinned": 3, "muted_until": 9_007_199_254_740_991_u64,
        "draft": { "text": "未完", "reply_to": 1 } });
    let answer = phone.request(set_view(&conv, wish.clone())).await;
    assert_eq!(answer["type"], "view");
    let view = &answer["view"];
    assert_eq!((&view["rev"], &view["pinned"]), (&json!(1), &json!(3)));
    assert_eq!(view["draft"]["text"], "未完");
    let pushed = tablet.next_of("view").await;
    assert_eq!((&pushed["conv"], &pushed["view"]), (&conv, view));
    assert_eq!(pushed.get("req"), None);
    // The same again is answered, and told to nobody: the next that the tablet hears is another.
    assert_eq!(phone.request(set_view(&conv, wish)).await["view"], *view);
    let other = json!({ "draft": { "text": "" } });
    phone.request(set_view(&conv, other)).await;
    let pushed = tablet.next_of("view").await;
    assert_eq!(
        (&pushed["view"]["rev"], pushed["view"].get("draft")),
        (&json!(2), None)
    );
    let (told, unread, muted) = synced(&mut tablet).await;
    assert_eq!(told["view"], pushed["view"]);
    assert_eq!((unread, muted), (json!(1), json!(1)));
    let (told, ..) = synced(&mut li).await;
    assert_eq!(told.get("view"), None, "Li hears nothing of it");
}

#[tokio::test]
async fn what_is_hidden_comes_back_and_what_is_marked_is_read() {
    let server = TestServer::start().await;
    let mut li = server.connect(LI).await.acking();
    let mut zhang = server.connect(ZHANG).await.acking();
    let conv = li.send_text(ZHANG_ID, "m1", "你好").await["conv"].clone();
    let hide = json!({ "hidden": true, "archived": true });
    let answer = zhang.request(set_view(&conv, hide)).await;
    assert_eq!(
        answer["view"],
        json!({ "rev": 1, "archived": 1, "hidden": 1 })
    );
    let (_, unread, _) = synced(&mut zhang).await;
    assert_eq!(unread, 0, "what nobody sees counts nothing");
    li.send_text(ZHANG_ID, "m2", "在吗？").await;
    let (told, unread, _) = synced(&mut zhang).await;
    assert_eq!((&told["view"], unread), (&json!({ "rev": 1 }), json!(2)));

    let read = json!({ "type": "read", "conv": conv, "seq": 2 });
    zhang.request(read.clone()).await;
    let mark = json!({ "marked_unread": true });
    let answer = zhang.request(set_view(&conv, mark)).await;
    assert_eq!(answer["view"], json!({ "rev": 2, "marked_unread": 2 }));
    let (told, unread, muted) = synced(&mut zhang).await;
    assert_eq!(
        (&told["unread"], unread, muted),
        (&json!(0), json!(1), Value::Null)
    );
    // Nothing moves, and the mark ends everywhere.
    let mut tablet = server.connect(ZHANG).await;
    zhang.request(read).await;
    let ended = json!({ "rev": 3 });
    assert_eq!(tablet.next_of("view").await["view"], ended);
    assert_eq!(zhang.next_of("view").await["view"], ended);
    let (_, unread, _) = synced(&mut zhang).await;
    assert_eq!(unread, 0);
}

#[tokio::test]
async fn what_is_cleared_is_gone_for_one_and_there_for_the_other() {
    let server = TestServer::start().await;
    let mut li = server.connect(LI).await.acking();
    let mut zhang = server.connect(ZHANG).await.acking();
    let mut tablet = server.connect(ZHANG).await.acking();
    let conv = li.send_text(ZHANG_ID, "m1", "one").await["conv"].clone();
    li.send_text(ZHANG_ID, "m2", "two").await;
    let answer = zhang
        .request(set_view(&conv, json!({ "cleared": 2 })))
        .await;
    assert_eq!(answer["view"], json!({ "rev": 1, "cleared": 2 }));
    assert_eq!(tablet.next_of("view").await["view"], answer["view"]);
    li.send_text(ZHANG_ID, "m3", "three").await;
    let (told, unread, _) = synced(&mut tablet).await;
    assert_eq!(
        (&told["since"], &told["unread"], unread),
        (&json!(3), &json!(1), json!(1))
    );
    assert_eq!(told["entries"].as_array().unwrap().len(), 1);
    let after = json!({ "type": "history", "conv": conv, "after": 0 });
    let page = zhang.request(after.clone()).await;
    assert_eq!(
        (&page["entries"][0]["seq"], &page["since"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(page["more"], false);
    let page = li.request(after).await;
    assert_eq!(page["entries"].as_array().unwrap().len(), 3);
    assert_eq!(told["members"][0]["read"], 0, "nobody has read more by it");
    let beyond = set_view(&conv, json!({ "cleared": 4 }));
    assert_eq!(zhang.request(beyond).await["code"], "seq_out_of_range");
}

#[tokio::test]
async fn over_http_as_well_and_after_a_restart() {
    let mut server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let li = server.http(LI).await;
    let conv = li.send_text(ZHANG_ID, "m1", "你好").await["conv"].clone();
    let path = format!("/v1/conversations/{conv}/view");
    let wish = json!({ "pinned": 1, "draft": { "text": "未完" } });
    let (status, answer) = zhang.call(Method::PATCH, &path, Some(wish)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    server.stop().await;
    server.start_again().await;
    let zhang = server.http(ZHANG).await;
    let (_, page) = zhang.get("/v1/conversations").await;
    assert_eq!(page["conversations"][0]["view"], answer["view"]);
}

#[tokio::test]
async fn bad_wishes_are_refused_whole() {
    let server = TestServer::start().await;
    let mut zhang = server.connect(ZHANG).await;
    let mut li = server.connect(LI).await.acking();
    let conv = li.send_text(ZHANG_ID, "m1", "你好").await["conv"].clone();
    let long = "x".repeat(16 * 1024 + 1);
    for (view, code) in [
        (
            json!({ "pinned": 1, "draft": { "text": long } }),
            "too_large",
        ),
        (
            json!({ "pinned": 1, "draft": { "text": "a\u{0}b" } }),
            "bad_request",
        ),
        (
            json!({ "pinned": 1, "draft": { "text": "x", "reply_to": 2 } }),
            "seq_out_of_range",
        ),
        (json!({ "pinned": -1 }), "bad_request"),
        (json!({ "pinned": 1_u64 << 53 }), "bad_request"),
        (json!({ "pinned": 1, "hidden": 1 }), "bad_request"),
    ] {
        let answer = zhang.request(set_view(&conv, view.clone())).await;
        assert_eq!(answer["code"], code, "{view}");
    }
    let (told, ..) = synced(&mut zhang).await;
    assert_eq!(told.get("view"), None, "and nothing half done");
    let nowhere = set_view(&json!(4711), json!({ "pinned": 1 }));
    assert_eq!(
        zhang.request(nowhere).await["code"],
        "conversation_not_found"
    );
}
