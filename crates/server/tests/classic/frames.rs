//! Every frame, with the exact names and JSON types of its fields.

use serde_json::{Value, json};

use crate::client::{Socket, contents, mids, say};
use crate::harness::{LI, LI_ID, TestServer, WANG, ZHANG, ZHANG_ID};

/// The keys of an object, in order.
fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

const MESSAGE_FIELDS: [&str; 10] = [
    "content",
    "createTime",
    "mid",
    "otherName",
    "otherUid",
    "otherUidAvatar",
    "ownerName",
    "ownerUid",
    "ownerUidAvatar",
    "type",
];

#[tokio::test]
async fn a_message_goes_from_one_to_the_other_and_is_read() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut li = Socket::online(&server, LI, LI_ID).await;

    // Quotes, newlines, four-byte characters: content is data.
    let content = "他说:\"你好\"\n\\ 👋 <b>&amp;</b>";
    let answer = zhang.ask(say(ZHANG_ID, LI_ID, content)).await;
    assert_eq!(keys(&answer), ["data", "type"]);
    assert_eq!(answer["type"], 3);
    let sent = &answer["data"];
    assert_eq!(keys(sent), MESSAGE_FIELDS);
    assert!(
        sent["mid"].is_u64() && sent["createTime"].is_u64(),
        "{sent}"
    );
    assert_eq!(
        (&sent["ownerUid"], &sent["otherUid"], &sent["type"]),
        (&json!(1000), &json!(1001), &json!(0))
    );
    assert_eq!(sent["ownerName"], "张三");
    assert_eq!(sent["otherName"], "李四");
    assert!(sent["ownerUidAvatar"].is_string() && sent["otherUidAvatar"].is_string());
    assert_eq!(sent["content"], content);

    let push = li.push().await;
    assert_eq!(keys(&push), ["data", "tid", "type"]);
    assert_eq!(push["tid"], json!(1), "the first push carries 1");
    assert_eq!(&push["data"], sent, "a push is the sender's view");

    assert_eq!(
        li.ask(json!({ "type": 5, "data": { "uid": 1001 } })).await,
        json!({ "type": 5, "data": { "unread": 1 } })
    );
    let seen = li.query(ZHANG_ID).await;
    assert_eq!(keys(&seen[0]), MESSAGE_FIELDS);
    assert_eq!(
        (&seen[0]["ownerUid"], &seen[0]["otherUid"], &seen[0]["type"]),
        (&json!(1001), &json!(1000), &json!(1))
    );
    assert_eq!(seen[0]["mid"], sent["mid"]);
    assert_eq!(seen[0]["createTime"], sent["createTime"]);
    assert_eq!(seen[0]["content"], content);
    assert_eq!(li.unread().await, 0, "reading clears it");

    zhang.hears_nothing().await;
    li.hears_nothing().await;
}

#[tokio::test]
async fn pushes_are_numbered_and_queries_ascend() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut li = Socket::online(&server, LI, LI_ID).await;
    for number in 1..=5 {
        zhang.say(LI_ID, &format!("{number}")).await;
        let push = li.push().await;
        assert_eq!(push["tid"], number);
    }
    li.say(ZHANG_ID, "answer").await;
    assert_eq!(
        zhang.push().await["tid"],
        1,
        "each connection counts for itself"
    );
    let seen = zhang.query(LI_ID).await;
    assert_eq!(contents(&seen), ["1", "2", "3", "4", "5", "answer"]);
    assert!(mids(&seen).is_sorted());
    let directions: Vec<_> = (0..6).map(|n| seen[n]["type"].clone()).collect();
    assert_eq!(directions, [0, 0, 0, 0, 0, 1]);
}

#[tokio::test]
async fn who_never_spoke_has_no_messages() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    for nobody in [LI_ID, ZHANG_ID, 9999] {
        assert_eq!(zhang.query(nobody).await, json!([]));
    }
    assert_eq!(zhang.unread().await, 0);
}

#[tokio::test]
async fn the_total_is_over_all_and_falls_by_what_was_read() {
    let server = TestServer::start().await;
    let mut li = Socket::online(&server, LI, LI_ID).await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut wang = Socket::online(&server, WANG, 1002).await;
    for n in 0..3 {
        zhang.say(LI_ID, &format!("z{n}")).await;
        li.push().await;
    }
    for n in 0..2 {
        wang.say(LI_ID, &format!("w{n}")).await;
        li.push().await;
    }
    assert_eq!(li.unread().await, 5);
    li.query(ZHANG_ID).await;
    assert_eq!(li.unread().await, 2);
    li.query(1002).await;
    assert_eq!(li.unread().await, 0);
}

#[tokio::test]
async fn a_heartbeat_is_answered_with_the_next_interval() {
    let server = TestServer::start_with(|config| config.heartbeat.start_ms = 20_000).await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut next = async |timeout: u64| {
        let beat = json!({ "type": 0, "data": { "uid": 1000, "timeout": timeout } });
        let answer = zhang.ask(beat).await;
        assert_eq!(keys(&answer), ["timeout", "type"]);
        assert_eq!(answer["type"], 0);
        answer["timeout"].as_u64().unwrap()
    };
    assert_eq!(
        next(20_000).await,
        25_000,
        "it held, so it grows by a quarter"
    );
    assert_eq!(
        next(100_000).await,
        120_000,
        "up to what these clients know"
    );
    assert_eq!(next(120_000).await, 120_000);
    assert_eq!(next(9_999_999).await, 120_000);
    assert_eq!(next(0).await, 20_000, "never below the safe start");
}

#[tokio::test]
async fn a_silent_connection_is_closed_and_a_heartbeat_keeps_it() {
    let server = TestServer::start_with(|config| config.classic.idle_ms = 400).await;
    let mut silent = Socket::online(&server, LI, LI_ID).await;
    let mut alive = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let beating = async {
        loop {
            let beat = json!({ "type": 0, "data": { "uid": 1000, "timeout": 120_000 } });
            assert_eq!(alive.ask(beat).await["type"], 0);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        code = silent.closed() => assert_eq!(code, 4103),
        () = beating => {}
    }
}

#[tokio::test]
async fn binding_again_changes_nothing() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut li = Socket::online(&server, LI, LI_ID).await;
    zhang.say(LI_ID, "one").await;
    li.push().await;
    li.bind().await;
    zhang.say(LI_ID, "two").await;
    assert_eq!(li.push().await["tid"], 2);
}
