//! Retention through the front door: what the operator keeps, what a group keeps, and who hears of it.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Http, LI, LI_ID, TestServer, ZHANG, ZHANG_ID, eventually};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Looks each second.
async fn server(entries: u64, days: u32) -> TestServer {
    TestServer::start_with(|config| {
        config.retention.entries = entries;
        config.retention.days = days;
        config.retention.look_every_seconds = 1;
    })
    .await
}

/// The conversation in the caller's list, once its floor is this one.
async fn with_floor(who: &Http, conv: &Value, floor: u64) -> Value {
    eventually("the floor", async || {
        let (_, page) = who.get("/v1/conversations").await;
        let all = page["conversations"].as_array().cloned();
        let found = all?.into_iter().find(|found| found["conv"] == *conv)?;
        (found["floor"] == floor).then_some(found)
    })
    .await
}

#[tokio::test]
async fn what_the_operator_does_not_keep_goes_and_connections_hear_of_it() {
    let server = server(2, 0).await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let mut device = server.connect(LI).await.acking();
    let mut conv = Value::Null;
    for n in 1..=5 {
        conv = zhang
            .send_text(LI_ID, &format!("c{n}"), &format!("text {n}"))
            .await["conv"]
            .clone();
    }
    let mut floor = json!(0);
    while floor != 3 {
        let told = device.next_of("floor").await;
        assert_eq!(told["conv"], conv);
        assert!(told["floor"].as_u64() > floor.as_u64(), "it only rises");
        floor = told["floor"].clone();
    }
    let shown = with_floor(&li, &conv, 3).await;
    assert_eq!((&shown["since"], &shown["unread"]), (&json!(4), &json!(2)));
    let ask = json!({ "type": "history", "conv": conv, "after": 0 });
    let page = device.request(ask).await;
    let texts: Vec<_> = page["entries"].as_array().unwrap().iter().collect();
    assert_eq!(page["since"], 4);
    let texts: Vec<_> = texts.iter().map(|entry| &entry["body"]["text"]).collect();
    assert_eq!(texts, [&json!("text 4"), &json!("text 5")]);
    let answer = json!({
        "type": "send", "conv": conv, "client_id": "late", "reply_to": 2, "body": { "type": "text", "text": "x" },
    });
    assert_eq!(device.request(answer).await["code"], "entry_not_found");
    // What was sent was sent.
    let again = zhang.send_text(LI_ID, "c1", "text 1").await;
    assert_eq!((&again["seq"], &again["conv"]), (&json!(1), &conv));
}

#[tokio::test]
async fn it_goes_by_the_time_and_on_after_a_restart() {
    let mut server = server(0, 7).await;
    let zhang = server.http(ZHANG).await;
    let conv = zhang.send_text(LI_ID, "c1", "old").await["conv"].clone();
    server.clock().set_forward(8 * DAY);
    zhang.send_text(LI_ID, "c2", "young").await;
    with_floor(&zhang, &conv, 1).await;
    server.stop().await;
    server.start_again().await;
    let zhang = server.http(ZHANG).await;
    let shown = with_floor(&zhang, &conv, 1).await;
    assert_eq!((&shown["since"], &shown["head"]), (&json!(2), &json!(2)));
    let path = server.database();
    let report = hongyan_store_sqlite::check_file(&path, &mut |_| ()).unwrap();
    assert!(report.is_clean(), "{:#?}", report.faults);
}

#[tokio::test]
async fn the_owner_says_what_a_group_keeps() {
    let server = server(0, 0).await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let body = json!({ "client_id": "g1", "name": "雁群", "users": [LI_ID] });
    let (_, made) = zhang.post("/v1/groups", body).await;
    let conv = made["conv"].clone();
    let path = format!("/v1/groups/{conv}");
    let role = json!({ "client_id": "r1", "role": "admin" });
    let (status, _) = zhang
        .call(
            Method::PATCH,
            &format!("{path}/members/{LI_ID}"),
            Some(role),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    let set = async |who: &Http, id: &str, field: &str, value: u64| {
        let body = json!({ "client_id": id, field: value });
        let (status, answer) = who.call(Method::PATCH, &path, Some(body)).await;
        (status.as_u16(), answer["error"]["code"].clone())
    };
    for (field, most) in [("keep_days", 36_500), ("keep_entries", 1_000_000_000)] {
        assert_eq!(set(&li, "s1", field, 1).await, (403, json!("forbidden")));
        let refused = (400, json!("bad_request"));
        assert_eq!(set(&zhang, "s1", field, most + 1).await, refused);
        assert_eq!(set(&zhang, "s1", field, 0).await, (409, json!("unchanged")));
    }
    let mut device = server.connect(LI).await.acking();
    assert_eq!(set(&zhang, "s2", "keep_days", 30).await.0, 200);
    let heard = device.next_of("entry").await;
    assert_eq!(
        heard["event"],
        json!({ "type": "keep_days_set", "keep_days": 30 })
    );
    assert_eq!(set(&zhang, "s3", "keep_entries", 1).await.0, 200);
    let heard = device.next_of("entry").await;
    assert_eq!(
        heard["event"],
        json!({ "type": "keep_entries_set", "keep_entries": 1 })
    );
    // Made, a role, and two settings.
    assert_eq!(
        device.next_of("floor").await,
        json!({ "type": "floor", "conv": conv, "floor": 3 })
    );
    let shown = with_floor(&li, &conv, 3).await;
    let group = &shown["group"];
    assert_eq!(
        (&group["keep_days"], &group["keep_entries"]),
        (&json!(30), &json!(1))
    );
    // Who is in it follows from what is told no more.
    let (_, members) = li.get(&format!("{path}/members")).await;
    let roles = json!([{ "user": ZHANG_ID, "role": "owner" }, { "user": LI_ID, "role": "admin" }]);
    assert_eq!(members["members"], roles);
}
