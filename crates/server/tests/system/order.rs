//! Order in groups over HTTP, and what connections hear of it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Http, LI, LI_ID, TestServer, WANG, WANG_ID, ZHANG, ZHANG_ID};

/// A group of Zhang's with Li: its conversation.
async fn group(zhang: &Http) -> Value {
    let body = json!({ "client_id": "g1", "name": "雁群", "users": [LI_ID] });
    let (status, sent) = zhang.post("/v1/groups", body).await;
    assert_eq!(status, StatusCode::OK, "{sent}");
    sent["conv"].clone()
}

async fn done(who: &Http, method: Method, path: &str, body: Option<Value>) -> Value {
    let (status, answer) = who.call(method, path, body).await;
    assert_eq!(status, StatusCode::OK, "{path}: {answer}");
    answer
}

async fn refused(who: &Http, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let (status, answer) = who.call(method, path, body).await;
    (status.as_u16(), answer["error"].clone())
}

fn said(conv: &Value, id: &str) -> Value {
    json!({ "conv": conv, "client_id": id, "body": { "type": "text", "text": id } })
}

#[tokio::test]
async fn who_is_banned_is_out_and_stays_out() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let conv = group(&zhang).await;
    let (bans, members) = (
        format!("/v1/groups/{conv}/bans"),
        format!("/v1/groups/{conv}/members"),
    );
    let ban = |id: &str| Some(json!({ "client_id": id, "users": [LI_ID, WANG_ID] }));
    let (status, error) = refused(&li, Method::POST, &bans, ban("b1")).await;
    assert_eq!((status, &error["code"]), (403, &json!("forbidden")));
    let mut device = server.connect(LI).await.acking();
    let banned = done(&zhang, Method::POST, &bans, ban("b1")).await;
    let heard = device.next_of("entry").await;
    assert_eq!(
        heard["event"],
        json!({ "type": "banned", "users": [LI_ID, WANG_ID], "out": 1 })
    );
    assert_eq!(heard["seq"], banned["seq"]);
    let answer = device
        .request(json!({ "type": "history", "conv": conv }))
        .await;
    assert_eq!(answer["code"], "conversation_not_found");
    let add = Some(json!({ "client_id": "a1", "users": [WANG_ID] }));
    let (status, error) = refused(&zhang, Method::POST, &members, add.clone()).await;
    assert_eq!((status, &error["code"]), (403, &json!("banned")));
    let (_, page) = zhang.get(&format!("{bans}?limit=1")).await;
    assert_eq!(
        (&page["users"][0]["id"], &page["more"]),
        (&json!(LI_ID), &json!(true))
    );
    let (_, page) = zhang.get(&format!("{bans}?after={LI_ID}")).await;
    assert_eq!(
        (&page["users"][0]["id"], &page["more"]),
        (&json!(WANG_ID), &json!(false))
    );
    let (status, _) = refused(&li, Method::GET, &bans, None).await;
    assert_eq!(status, 404);
    let unban = format!("{bans}/{WANG_ID}?client_id=u1");
    done(&zhang, Method::DELETE, &unban, None).await;
    let (status, error) = refused(
        &zhang,
        Method::DELETE,
        &format!("{bans}/{WANG_ID}?client_id=u2"),
        None,
    )
    .await;
    assert_eq!((status, &error["code"]), (409, &json!("unchanged")));
    done(&zhang, Method::POST, &members, add).await;
    let many: Vec<u64> = (2000..2101).collect();
    let many = Some(json!({ "client_id": "b9", "users": many }));
    let (status, error) = refused(&zhang, Method::POST, &bans, many).await;
    assert_eq!((status, &error["code"]), (413, &json!("too_large")));
}

#[tokio::test]
async fn who_is_muted_reads_and_does_not_write() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let conv = group(&zhang).await;
    let mutes = format!("/v1/groups/{conv}/mutes");
    let until = 4_000_000_000_000_u64;
    let mute =
        |user: u64, until: u64| Some(json!({ "client_id": "m1", "user": user, "until": until }));
    for (user, until, status, code) in [
        (LI_ID, 1000, 409, "unchanged"),
        (ZHANG_ID, until, 403, "forbidden"),
        (7, until, 404, "user_not_found"),
    ] {
        let (got, error) = refused(&zhang, Method::POST, &mutes, mute(user, until)).await;
        assert_eq!(
            (got, &error["code"]),
            (status, &json!(code)),
            "{user} {until}"
        );
    }
    let mut device = server.connect(LI).await.acking();
    done(&zhang, Method::POST, &mutes, mute(LI_ID, until)).await;
    let heard = device.next_of("entry").await;
    assert_eq!(
        heard["event"],
        json!({ "type": "muted", "user": LI_ID, "until": until })
    );
    let (status, error) = refused(&li, Method::POST, "/v1/messages", Some(said(&conv, "l1"))).await;
    assert_eq!((status, &error["code"]), (403, &json!("muted")));
    done(
        &zhang,
        Method::POST,
        "/v1/messages",
        Some(said(&conv, "z1")),
    )
    .await;
    assert_eq!(device.next_of("entry").await["body"]["text"], "z1");
    let synced = device.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["conversations"][0]["group"]["muted_until"], until);
    let (_, page) = li.get(&mutes).await;
    assert_eq!(page["muted"], json!([{ "user": LI_ID, "until": until }]));
    assert_eq!(page["users"][0]["id"], LI_ID);
    let unmute = format!("{mutes}/{LI_ID}?client_id=u1");
    done(&zhang, Method::DELETE, &unmute, None).await;
    assert_eq!(device.next_of("entry").await["event"]["type"], "unmuted");
    done(&li, Method::POST, "/v1/messages", Some(said(&conv, "l1"))).await;
}

#[tokio::test]
async fn slow_mode_says_when_the_next_message_may_come() {
    let mut server = TestServer::start().await;
    let conv = {
        let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
        let conv = group(&zhang).await;
        let path = format!("/v1/groups/{conv}");
        let slow =
            |slow_s: u64| Some(json!({ "client_id": format!("s{slow_s}"), "slow_s": slow_s }));
        let (status, error) = refused(&zhang, Method::PATCH, &path, slow(21_601)).await;
        assert_eq!((status, &error["code"]), (400, &json!("bad_request")));
        done(&zhang, Method::PATCH, &path, slow(21_600)).await;
        let first = done(&li, Method::POST, "/v1/messages", Some(said(&conv, "l1"))).await;
        let again = done(&li, Method::POST, "/v1/messages", Some(said(&conv, "l1"))).await;
        assert_eq!(first, again, "a retry is no other message");
        conv
    };
    for round in 0..2 {
        let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
        let (status, error) =
            refused(&li, Method::POST, "/v1/messages", Some(said(&conv, "l2"))).await;
        assert_eq!(
            (status, &error["code"]),
            (429, &json!("rate_limited")),
            "{round}"
        );
        let wait = error["retry_after_ms"].as_u64().unwrap();
        assert!((21_000_000..=21_600_000).contains(&wait), "{wait}");
        done(
            &zhang,
            Method::POST,
            "/v1/messages",
            Some(said(&conv, &format!("z{round}"))),
        )
        .await;
        if round == 0 {
            server.stop().await;
            server.start_again().await;
        }
    }
}

#[tokio::test]
async fn pinned_messages_stand_with_the_conversation() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let conv = group(&zhang).await;
    let message = done(&li, Method::POST, "/v1/messages", Some(said(&conv, "l1"))).await;
    let pins = format!("/v1/conversations/{conv}/pins");
    let pin = |seq: &Value| Some(json!({ "client_id": "p1", "seq": seq }));
    let seq = &message["seq"];
    let (status, error) = refused(&li, Method::POST, &pins, pin(seq)).await;
    assert_eq!((status, &error["code"]), (403, &json!("forbidden")));
    let (status, error) = refused(&zhang, Method::POST, &pins, pin(&json!(1))).await;
    assert_eq!((status, &error["code"]), (404, &json!("entry_not_found")));
    let mut device = server.connect(LI).await.acking();
    done(&zhang, Method::POST, &pins, pin(seq)).await;
    let heard = device.next_of("entry").await;
    assert_eq!(heard["event"], json!({ "type": "pinned", "target": seq }));
    let synced = device.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["conversations"][0]["pins"], json!([seq]));
    done(
        &zhang,
        Method::DELETE,
        &format!("{pins}/{seq}?client_id=p2"),
        None,
    )
    .await;
    assert_eq!(device.next_of("entry").await["event"]["type"], "unpinned");
    let synced = device.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["conversations"][0]["pins"], Value::Null);
    // Of two, both pin.
    let to = json!({ "to": ZHANG_ID, "client_id": "d1", "body": { "type": "text", "text": "between us" } });
    let direct = done(&li, Method::POST, "/v1/messages", Some(to)).await;
    let pins = format!("/v1/conversations/{}/pins", direct["conv"]);
    done(&zhang, Method::POST, &pins, pin(&direct["seq"])).await;
    let (_, listed) = li.get("/v1/conversations").await;
    let listed = listed["conversations"].as_array().unwrap().iter();
    let pinned: Vec<&Value> = listed.map(|view| &view["pins"]).collect();
    assert!(pinned.contains(&&json!([direct["seq"]])), "{pinned:?}");
    let stranger = server.http(WANG).await;
    let (status, _) = refused(&stranger, Method::POST, &pins, pin(&direct["seq"])).await;
    assert_eq!(status, 404);
}
