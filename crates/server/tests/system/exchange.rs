//! Two people talk: what each of their devices sees.

use serde_json::{Value, json};

use crate::harness::{
    LI, LI_ID, PATIENCE, Raw, TestServer, WANG, ZHANG, ZHANG_ID, eventually, text_to,
};

/// The texts of a page of entries.
fn texts(entries: &Value) -> Vec<&str> {
    let entries = entries.as_array().unwrap().iter();
    entries
        .filter_map(|entry| entry["body"]["text"].as_str())
        .collect()
}

#[tokio::test]
async fn a_message_reaches_every_other_device_of_both_as_the_same_bytes() {
    let server = TestServer::start().await;
    let mut sender = server.connect(ZHANG).await;
    let mut senders_phone = server.connect(ZHANG).await;
    let mut recipient = server.connect(LI).await;
    let mut recipients_phone = server.connect(LI).await;
    let mut stranger = server.connect(WANG).await;

    let sent = sender.send_text(LI_ID, "a1", "你好").await;
    assert_eq!(sent["seq"], 1);
    assert_eq!(sent["client_id"], "a1");

    let at_phone = senders_phone.next_text_of("entry").await;
    for device in [&mut recipient, &mut recipients_phone] {
        assert_eq!(
            device.next_text_of("entry").await,
            at_phone,
            "one encoding for everybody"
        );
    }
    let entry: Value = serde_json::from_str(&at_phone).unwrap();
    for field in ["conv", "seq", "id", "at", "client_id"] {
        assert_eq!(entry[field], sent[field], "{field}");
    }
    assert_eq!(entry["from"], ZHANG_ID);
    assert_eq!(entry["body"], json!({ "type": "text", "text": "你好" }));

    for (device, why) in [
        (&mut sender, "the answer was the push"),
        (&mut stranger, "it is not a stranger's business"),
    ] {
        device
            .send(json!({ "type": "ping", "interval_ms": 25000 }))
            .await;
        assert_eq!(device.next().await["type"], "pong", "{why}");
    }
}

#[tokio::test]
async fn a_retry_finds_the_first_attempt_and_another_body_is_a_conflict() {
    let server = TestServer::start().await;
    let mut sender = server.connect(ZHANG).await;
    let mut recipient = server.connect(LI).await;
    let first = sender.send_text(LI_ID, "same", "hello").await;
    let mut elsewhere = server.connect(ZHANG).await;
    let again = elsewhere.send_text(LI_ID, "same", "hello").await;
    for field in ["conv", "seq", "id", "at"] {
        assert_eq!(first[field], again[field], "{field}");
    }
    let other = sender
        .request(text_to(LI_ID, "same", "something else"))
        .await;
    assert_eq!(other["code"], "client_id_conflict");

    recipient.next_of("entry").await;
    sender.send_text(LI_ID, "next", "bye").await;
    let entry = recipient.next_of("entry").await;
    assert_eq!(entry["seq"], 2, "the retry was not pushed, and took no seq");
}

#[tokio::test]
async fn pipelined_sends_keep_their_order() {
    let server = TestServer::start().await;
    let mut sender = server.connect(ZHANG).await;
    for n in 1..=200 {
        sender
            .send(text_to(LI_ID, &format!("p{n}"), &n.to_string()))
            .await;
    }
    let history = server.http(LI).await;
    let entries = eventually("200 entries are stored", async || {
        let (_, page) = history.get("/v1/conversations/1/entries?limit=200").await;
        (page["head"] == 200).then(|| page["entries"].clone())
    })
    .await;
    let expected: Vec<String> = (1..=200).map(|n| n.to_string()).collect();
    assert_eq!(texts(&entries), expected);
}

#[tokio::test]
async fn two_first_messages_at_once_make_one_conversation() {
    let server = TestServer::start().await;
    let (zhang, li) = tokio::join!(server.http(ZHANG), server.http(LI));
    let (a, b) = tokio::join!(
        zhang.send_text(LI_ID, "a", "first"),
        li.send_text(ZHANG_ID, "b", "first too"),
    );
    assert_eq!(a["conv"], b["conv"]);
    let mut seqs = [a["seq"].as_u64().unwrap(), b["seq"].as_u64().unwrap()];
    seqs.sort_unstable();
    assert_eq!(seqs, [1, 2]);
}

#[tokio::test]
async fn an_edit_and_a_recall_are_pushed_and_change_what_is_kept() {
    let server = TestServer::start().await;
    let mut zhang = server.connect(ZHANG).await;
    let mut li = server.connect(LI).await;
    let sent = zhang.send_text(LI_ID, "m1", "helo").await;
    let (conv, seq) = (&sent["conv"], &sent["seq"]);
    let edit = json!({ "type": "edit", "conv": conv, "seq": seq, "client_id": "e1",
        "body": { "type": "text", "text": "hello" } });
    assert_eq!(zhang.request(edit.clone()).await["seq"], 2);
    assert_eq!(li.next_of("entry").await["kind"], "message");
    let pushed = li.next_of("entry").await;
    assert_eq!((&pushed["kind"], &pushed["target"]), (&json!("edit"), seq));

    let foreign = li
        .request(json!({ "type": "recall", "conv": conv, "seq": seq, "client_id": "r0" }))
        .await;
    assert_eq!(foreign["code"], "forbidden");

    let page = li.request(json!({ "type": "history", "conv": conv })).await;
    assert_eq!(texts(&page["entries"]), ["hello", "hello"]);
    assert_eq!(page["entries"][0]["edited_by"], 2);

    let recall = json!({ "type": "recall", "conv": conv, "seq": seq, "client_id": "r1" });
    assert_eq!(zhang.request(recall).await["seq"], 3);
    let pushed = li.next_of("entry").await;
    assert_eq!(
        (&pushed["kind"], &pushed["target"]),
        (&json!("recall"), seq)
    );
    let page = li.request(json!({ "type": "history", "conv": conv })).await;
    assert_eq!(
        texts(&page["entries"]),
        Vec::<&str>::new(),
        "no copy of the text is left"
    );
    assert_eq!(
        page["entries"].as_array().unwrap().len(),
        3,
        "and no hole either"
    );
    let late = json!({ "type": "edit", "conv": conv, "seq": seq, "client_id": "e2",
        "body": { "type": "text", "text": "again" } });
    assert_eq!(zhang.request(late).await["code"], "recalled");
}

#[tokio::test]
async fn unread_and_receipts_agree_on_all_devices() {
    let server = TestServer::start().await;
    let mut zhang = server.connect(ZHANG).await;
    let mut li = server.connect(LI).await;
    let mut lis_phone = server.connect(LI).await;
    for n in 1..=3 {
        zhang.send_text(LI_ID, &format!("m{n}"), "hi").await;
    }
    let synced = li.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["total_unread"], 3);
    assert_eq!(synced["conversations"][0]["unread"], 3);
    assert_eq!(synced["users"].as_array().unwrap().len(), 2);

    let conv = &synced["conversations"][0]["conv"];
    let done = li
        .request(json!({ "type": "read", "conv": conv, "seq": 2 }))
        .await;
    assert_eq!(done["type"], "done");
    for device in [&mut zhang, &mut lis_phone] {
        let receipt = receipt_of(device, LI_ID, 2).await;
        assert!(
            receipt["delivered"].as_u64() >= Some(2),
            "what was read was delivered"
        );
    }
    let synced = lis_phone.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["total_unread"], 1);

    let recall = json!({ "type": "recall", "conv": conv, "seq": 3, "client_id": "r" });
    assert_eq!(zhang.request(recall).await["type"], "sent");
    let synced = li.request(json!({ "type": "sync" })).await;
    assert_eq!(
        synced["total_unread"], 0,
        "a recalled message is not unread"
    );

    zhang.send_text(LI_ID, "m4", "still there?").await;
    li.send_text(ZHANG_ID, "l1", "yes").await;
    let synced = li.request(json!({ "type": "sync" })).await;
    assert_eq!(
        synced["total_unread"], 0,
        "sending moves one's own read position"
    );
}

/// The first receipt of this user whose read position is at least this.
async fn receipt_of(device: &mut Raw, user: u64, read: u64) -> Value {
    loop {
        let receipt = device.next_of("receipt").await;
        if receipt["user"] == user && receipt["read"].as_u64() >= Some(read) {
            return receipt;
        }
    }
}

#[tokio::test]
async fn an_ack_becomes_a_delivered_receipt() {
    let server = TestServer::start().await;
    let mut zhang = server.connect(ZHANG).await;
    let mut li = server.connect(LI).await;
    let mut tablet = server.connect(LI).await;
    zhang.send_text(LI_ID, "m1", "hi").await;
    let entry = li.next_of("entry").await;
    li.send(json!({ "type": "ack", "conv": entry["conv"], "seq": entry["seq"] }))
        .await;
    for device in [&mut zhang, &mut tablet] {
        let receipt = receipt_of(device, LI_ID, 0).await;
        assert_eq!(
            (&receipt["delivered"], &receipt["read"]),
            (&json!(1), &json!(0))
        );
    }
    // Where the ack came from, it is known. What is told of later would come after it.
    let read = json!({ "type": "read", "conv": entry["conv"], "seq": 1 });
    assert_eq!(li.request(read).await["type"], "done");
    assert_eq!(li.next_of("receipt").await["read"], 1);
}

/// Acks are gathered before they are stored; that is nothing which a client has to know.
#[tokio::test]
async fn who_comes_back_at_once_is_told_what_was_acked_before() {
    let server = TestServer::start().await;
    let mut zhang = server.connect(ZHANG).await;
    let http = server.http(LI).await;
    for round in 1..=20 {
        let mut li = Raw::welcome(server.address(), http.token()).await;
        zhang.send_text(LI_ID, &format!("m{round}"), "hi").await;
        let entry = li.next_of("entry").await;
        li.send(json!({ "type": "ack", "conv": entry["conv"], "seq": entry["seq"] }))
            .await;
        // Answered behind the ack, so that the ack has come.
        li.request(json!({ "type": "ping", "interval_ms": 0 }))
            .await;
        drop(li);
        let mut back = Raw::welcome(server.address(), http.token()).await;
        let synced = back.request(json!({ "type": "sync" })).await;
        let (_, over_http) = http.get("/v1/conversations").await;
        for page in [synced, over_http] {
            let conversation = &page["conversations"][0];
            assert_eq!(conversation["me"]["delivered"], round);
            assert_eq!(conversation["size"], 2);
            let members = conversation["members"].as_array().unwrap();
            let own = members.iter().find(|member| member["user"] == LI_ID);
            assert_eq!(own.unwrap()["delivered"], round);
        }
    }
    eventually("what was acked is stored", async || {
        let page = zhang.request(json!({ "type": "sync" })).await;
        let members = page["conversations"][0]["members"].clone();
        (members[1]["delivered"] == 20).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_a_message_says_of_itself_is_kept_and_given_back_everywhere() {
    let server = TestServer::start().await;
    let mut sender = server.connect(ZHANG).await;
    let mut recipient = server.connect(LI).await.acking();
    let header = json!({ "topic": "发布", "expires_at": 1, "origin": "ci" });
    let said = |client_id: &str| {
        let mut send = text_to(LI_ID, client_id, "Build 4411 failed.");
        let header = header.as_object().unwrap().clone();
        send.as_object_mut().unwrap().extend(header);
        send
    };
    let has_header = |entry: &Value| {
        let fields = ["topic", "expires_at", "origin"];
        fields.iter().all(|field| entry[field] == header[field])
    };
    let sent = sender.request(said("a")).await;
    assert!(has_header(&recipient.next_of("entry").await));
    assert_eq!(sender.request(said("a")).await["seq"], sent["seq"]);
    let mut other = said("a");
    other["topic"] = "another".into();
    assert_eq!(sender.request(other).await["code"], "client_id_conflict");

    let http = server.http(ZHANG).await;
    let mut body = said("b");
    body.as_object_mut().unwrap().remove("type");
    assert_eq!(http.post("/v1/messages", body.clone()).await.1["seq"], 2);
    assert!(has_header(&recipient.next_of("entry").await));
    body["client_id"] = "c".into();
    body["origin"] = "".into();
    assert_eq!(
        http.post("/v1/messages", body).await.1["error"]["code"],
        "bad_request"
    );

    let conv = &sent["conv"];
    let recall = json!({ "type": "recall", "conv": conv, "seq": 1, "client_id": "r" });
    assert_eq!(sender.request(recall).await["seq"], 3);
    let page = recipient
        .request(json!({ "type": "history", "conv": conv }))
        .await;
    let synced = recipient.request(json!({ "type": "sync" })).await;
    for entries in [&page["entries"], &synced["conversations"][0]["entries"]] {
        assert!(has_header(&entries[0]) && has_header(&entries[1]));
        assert_eq!(entries[0].get("body"), None);
        assert_eq!(entries[2].get("topic"), None);
    }
}

#[tokio::test]
async fn sync_from_a_cursor_brings_only_what_changed() {
    let server = TestServer::start().await;
    let mut zhang = server.connect(ZHANG).await;
    let mut li = server.connect(LI).await;
    let mut wang = server.connect(WANG).await;
    zhang.send_text(LI_ID, "m1", "to li").await;
    wang.send_text(LI_ID, "w1", "to li as well").await;

    let first = li.request(json!({ "type": "sync", "limit": 1 })).await;
    assert_eq!(first["more"], true);
    assert_eq!(
        texts(&first["conversations"][0]["entries"]),
        ["to li as well"],
        "newest first"
    );
    let second = li
        .request(json!({ "type": "sync", "limit": 1, "cursor": first["cursor"] }))
        .await;
    assert_eq!(second["more"], false);
    assert_eq!(texts(&second["conversations"][0]["entries"]), ["to li"]);

    let nothing = li
        .request(json!({ "type": "sync", "cursor": second["cursor"] }))
        .await;
    assert_eq!(nothing["conversations"], json!([]));
    zhang.send_text(LI_ID, "m2", "more").await;
    let changed = li
        .request(json!({ "type": "sync", "cursor": nothing["cursor"] }))
        .await;
    assert_eq!(changed["conversations"].as_array().unwrap().len(), 1);
    assert_eq!(
        texts(&changed["conversations"][0]["entries"]),
        ["to li", "more"]
    );
}

#[tokio::test]
async fn a_heartbeat_is_answered_with_the_next_interval() {
    let server = TestServer::start().await;
    let mut zhang = server.connect(ZHANG).await;
    let ping = |interval: u64, held: Option<u64>| json!({ "type": "ping", "interval_ms": interval, "learnt": { "held_ms": held }, "background": true });
    let first = zhang
        .request(json!({ "type": "ping", "interval_ms": 25000 }))
        .await;
    let first_interval = first["next_interval_ms"].as_u64().unwrap();
    let grown = zhang
        .request(ping(first_interval, Some(first_interval)))
        .await;
    assert!(
        grown["next_interval_ms"].as_u64() > Some(first_interval),
        "it grows while it holds: {grown}"
    );
    assert!(grown["server_time"].as_u64() > Some(1_700_000_000_000));
}

#[tokio::test]
async fn a_silent_connection_is_closed_and_a_talking_one_is_not() {
    let server = TestServer::start_with(|config| {
        config.heartbeat.start_ms = 100;
        config.heartbeat.timeout_ms = 100;
    })
    .await;
    let silent_since = tokio::time::Instant::now();
    let mut silent = server.connect(ZHANG).await;
    let mut talking = server.connect(LI).await;
    let closed = loop {
        let pong = talking
            .request(json!({ "type": "ping", "interval_ms": 100 }))
            .await;
        assert_eq!(pong["type"], "pong");
        if let Some(Err(closed)) = silent
            .next_within(std::time::Duration::from_millis(50))
            .await
        {
            break closed;
        }
        assert!(
            silent_since.elapsed() < 2 * PATIENCE,
            "a silent connection is closed some time"
        );
    };
    assert_eq!(closed, Some((4103, "idle_timeout".into())));
}
