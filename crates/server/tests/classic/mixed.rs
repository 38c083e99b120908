//! One conversation, seen through three doors: a classic socket, the native protocol, and polling.
//! They agree on contents, order, unread, edits and recalls.

use serde_json::{Value, json};

use crate::client::{Browser, Socket, contents, mids};
use crate::harness::{LI, LI_ID, Raw, TestServer, ZHANG, ZHANG_ID, eventually};

/// The log as the native protocol shows it: messages only, recalled ones as `null`.
async fn native_log(native: &mut Raw, conv: &Value) -> Vec<(u64, Value)> {
    let page = native
        .request(json!({ "type": "history", "conv": conv, "limit": 200 }))
        .await;
    let entries = page["entries"].as_array().unwrap().iter();
    entries
        .filter(|entry| entry["kind"] == "message")
        .map(|entry| (entry["id"].as_u64().unwrap(), entry["body"]["text"].clone()))
        .collect()
}

async fn native_unread(native: &mut Raw) -> u64 {
    let synced = native.request(json!({ "type": "sync" })).await;
    synced["total_unread"].as_u64().unwrap()
}

#[tokio::test]
async fn three_doors_show_one_conversation() {
    let server = TestServer::start().await;
    // Zhang is on the classic page; Li has a native client and a page that polls.
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let mut li = server.connect(LI).await.acking();
    let mut poller = Browser::sign_in(&server, LI).await;

    zhang.say(LI_ID, "one, from the page").await;
    let entry = li.next_of("entry").await;
    assert_eq!(entry["body"]["text"], "one, from the page");
    let conv = entry["conv"].clone();

    let sent = li
        .send_text(ZHANG_ID, "id-2", "two, from the native client")
        .await;
    let push = zhang.push().await;
    assert_eq!(push["data"]["mid"], sent["id"]);
    assert_eq!(push["data"]["createTime"], sent["at"]);
    assert_eq!(
        (&push["data"]["ownerUid"], &push["data"]["otherUid"]),
        (&json!(1001), &json!(1000))
    );

    let polled = poller
        .send_msg(LI_ID, ZHANG_ID, "three, from the poller")
        .await
        .json();
    assert_eq!(zhang.push().await["data"], polled);
    assert_eq!(li.next_of("entry").await["id"], polled["mid"]);

    let fourth = zhang.say(LI_ID, "four, to be recalled").await;
    let fifth = zhang.say(LI_ID, "five").await;
    agree(&server, &mut zhang, &mut li, &mut poller, &conv, 2).await;

    // Li edits "two" natively: the page is pushed nothing, and shows the new words when it looks.
    let edit = json!({
        "type": "edit", "conv": conv, "seq": 2, "client_id": "edit-2",
        "body": { "type": "text", "text": "two, edited" },
    });
    assert_eq!(li.request(edit).await["type"], "sent");
    // Zhang recalls "four" from a native client of his own.
    let mut native_zhang = server.connect(ZHANG).await;
    let recall = json!({ "type": "recall", "conv": conv, "seq": 4, "client_id": "recall-4" });
    assert_eq!(native_zhang.request(recall).await["type"], "sent");
    zhang.hears_nothing().await;
    agree(&server, &mut zhang, &mut li, &mut poller, &conv, 1).await;

    let for_zhang = zhang.query(LI_ID).await;
    assert_eq!(
        contents(&for_zhang),
        [
            "one, from the page",
            "two, edited",
            "three, from the poller",
            "你撤回了一条消息",
            "five"
        ]
    );
    assert_eq!(
        for_zhang[3]["mid"], fourth["mid"],
        "the notice stands in its place"
    );

    // Reading through one door clears it at the others.
    assert_eq!(poller.contacts(LI_ID).await["totalUnread"], 1);
    let for_li = poller.query(LI_ID, ZHANG_ID).await;
    assert_eq!(contents(&for_li)[3], "对方撤回了一条消息");
    assert_eq!(mids(&for_li), mids(&for_zhang));
    let receipt = eventually("the native client hears of it", async || {
        let receipt = li.next_of("receipt").await;
        (receipt["user"] == LI_ID && receipt["read"].as_u64() >= Some(5)).then_some(receipt)
    })
    .await;
    assert_eq!(receipt["conv"], conv);
    assert_eq!(native_unread(&mut li).await, 0);
    assert_eq!(poller.contacts(LI_ID).await["totalUnread"], 0);

    // The last message recalled: the contact list says so too.
    let recall = json!({ "type": "recall", "conv": conv, "seq": 5, "client_id": "recall-5" });
    assert_eq!(native_zhang.request(recall).await["type"], "sent");
    let contact = poller.contacts(LI_ID).await["contactInfoList"][0].clone();
    assert_eq!(contact["mid"], fifth["mid"]);
    assert_eq!(contact["content"], "对方撤回了一条消息");
}

/// Everybody sees the same messages in the same order, and Li has this many unread.
async fn agree(
    server: &TestServer,
    zhang: &mut Socket,
    li: &mut Raw,
    poller: &mut Browser,
    conv: &Value,
    unread: u64,
) {
    let native = native_log(li, conv).await;
    let by_page = zhang.query(LI_ID).await;
    let ids: Vec<u64> = native.iter().map(|(id, _)| *id).collect();
    assert_eq!(mids(&by_page), ids);
    for (shown, (_, text)) in contents(&by_page).iter().zip(&native) {
        match text.as_str() {
            Some(text) => assert_eq!(*shown, text),
            None => assert_eq!(*shown, "你撤回了一条消息"),
        }
    }
    assert_eq!(native_unread(li).await, unread);
    assert_eq!(poller.contacts(LI_ID).await["totalUnread"], unread);
    assert_eq!(
        poller.contacts(LI_ID).await["contactInfoList"][0]["convUnread"],
        unread
    );
    let mut page = Socket::online(server, LI, LI_ID).await;
    assert_eq!(page.unread().await, unread);
}

#[tokio::test]
async fn what_was_recalled_before_it_was_pushed_is_not_pushed() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let mut sent = Vec::new();
    for n in 1..=3 {
        sent.push(
            zhang
                .send_text(LI_ID, &format!("id-{n}"), &format!("{n}"))
                .await,
        );
    }
    let path = format!("/v1/conversations/{}/entries/2", sent[0]["conv"]);
    zhang.call(reqwest::Method::DELETE, &path, None).await;
    let mut li = Socket::online(&server, LI, LI_ID).await;
    assert_eq!(li.pushed(2).await, ["1", "3"]);
    assert_eq!(li.unread().await, 2);
    assert_eq!(
        contents(&li.query(ZHANG_ID).await),
        ["1", "对方撤回了一条消息", "3"]
    );
    // The notice and the recall count as delivered with the rest.
    let http = server.http(LI).await;
    eventually("all is delivered", async || {
        let (_, synced) = http.get("/v1/conversations").await;
        (synced["conversations"][0]["me"]["delivered"] == 4).then_some(())
    })
    .await;
}

/// Groups are not the classic protocol's: its page hears nothing of them, and counts nothing of theirs as unread.
#[tokio::test]
async fn of_groups_the_classic_page_hears_nothing() {
    let server = TestServer::start().await;
    let mut zhang = Socket::online(&server, ZHANG, ZHANG_ID).await;
    let li = server.http(LI).await;
    let group = json!({ "client_id": "g1", "name": "雁群", "users": [ZHANG_ID] });
    let (_, made) = li.post("/v1/groups", group).await;
    for n in 0..20 {
        let text = format!("to all {n}");
        let said = json!({ "conv": made["conv"], "client_id": format!("m{n}"), "body": { "type": "text", "text": text } });
        let (status, answer) = li.post("/v1/messages", said).await;
        assert_eq!(status, 200, "{answer}");
    }
    // Of all that comes, the first thing is what was said to the one.
    li.send_text(ZHANG_ID, "d1", "to you").await;
    let push = zhang.push().await;
    assert_eq!(push["data"]["content"], "to you");
    assert_eq!(zhang.unread().await, 1);
}
