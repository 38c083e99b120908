//! Blocks over HTTP, and what connections hear of them and in spite of them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Http, LI, LI_ID, TestServer, WANG, WANG_ID, ZHANG, ZHANG_ID, text_to};

async fn set(who: &Http, method: Method, user: u64) -> StatusCode {
    let path = format!("/v1/blocks/{user}");
    who.call(method, &path, None).await.0
}

/// Who is offline is told `last_seen`, unless it is hidden.
async fn asked(device: &mut crate::harness::Raw, user: u64) -> Value {
    let answer = device
        .request(json!({ "type": "presence", "users": [user] }))
        .await;
    answer["users"][0].clone()
}

#[tokio::test]
async fn who_is_blocked_is_refused_and_told_nothing() {
    let server = TestServer::start().await;
    let (zhang, li) = (server.http(ZHANG).await, server.http(LI).await);
    let mut own = server.connect(ZHANG).await.acking();
    let mut other = server.connect(LI).await.acking();
    let first = other.send_text(ZHANG_ID, "m1", "before").await;
    let conv = first["conv"].clone();
    assert_eq!(own.next_of("entry").await["client_id"], "m1");
    assert_eq!(asked(&mut other, ZHANG_ID).await["state"], "online");
    let watch = json!({ "type": "watch", "conv": conv });
    assert_eq!(other.request(watch.clone()).await["type"], "done");
    let told = other.next_of("presence").await["users"].clone();
    let zhang_is = |state: &str| json!({ "user": ZHANG_ID, "state": state });
    assert!(
        told.as_array().unwrap().contains(&zhang_is("online")),
        "{told}"
    );

    assert_eq!(
        set(&zhang, Method::PUT, LI_ID).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        set(&zhang, Method::PUT, LI_ID).await,
        StatusCode::NO_CONTENT
    );
    let heard = own.next_of("blocked").await;
    assert_eq!(
        heard,
        json!({ "type": "blocked", "user": LI_ID, "on": true })
    );
    // Who looks sees the other go, as from any other cause.
    loop {
        let told = other.next_of("presence").await["users"].clone();
        if told == json!([zhang_is("offline")]) {
            break;
        }
    }
    let refused = other.request(text_to(ZHANG_ID, "m2", "after")).await;
    assert_eq!(refused["code"], "forbidden");
    assert!(!refused.to_string().contains("block"), "{refused}");
    let again = other.request(text_to(ZHANG_ID, "m1", "before")).await;
    assert_eq!(
        (&again["type"], &again["seq"]),
        (&json!("sent"), &first["seq"])
    );
    assert_eq!(asked(&mut other, ZHANG_ID).await, zhang_is("offline"));
    assert_eq!(asked(&mut own, LI_ID).await["state"], "online");
    let (status, refused) = li
        .post(
            "/v1/groups",
            json!({ "client_id": "g1", "name": "雁群", "users": [ZHANG_ID] }),
        )
        .await;
    let code = &refused["error"]["code"];
    assert_eq!(
        (status, code),
        (StatusCode::CONFLICT, &json!("limit_reached"))
    );

    // Zhang reads, writes and says so: what Li hears next is the message, and nothing of the rest.
    let read = json!({ "type": "read", "conv": conv, "seq": 1 });
    assert_eq!(own.request(read).await["type"], "done");
    own.send(json!({ "type": "typing", "conv": conv })).await;
    let sent = own.send_text(LI_ID, "z1", "farewell").await;
    loop {
        let heard = other.next().await;
        assert_ne!(heard["type"], "typing");
        assert!(
            heard["type"] != "receipt" || heard["user"] != ZHANG_ID,
            "{heard}"
        );
        if heard["type"] == "entry" {
            assert_eq!(heard["seq"], sent["seq"]);
            break;
        }
    }
    let page = other.request(json!({ "type": "sync" })).await;
    let members = page["conversations"][0]["members"].as_array().unwrap();
    let shown = members.iter().find(|member| member["user"] == ZHANG_ID);
    assert_eq!(shown.unwrap()["read"], 0, "as it stood then");

    let (_, page) = zhang.get("/v1/blocks").await;
    assert_eq!(page["users"][0]["id"], LI_ID);
    assert_eq!(
        (page["users"].as_array().unwrap().len(), &page["more"]),
        (1, &json!(false))
    );
    assert_eq!(
        set(&zhang, Method::DELETE, LI_ID).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(own.next_of("blocked").await["on"], false);
    let (_, page) = zhang.get("/v1/blocks").await;
    assert_eq!(page["users"], json!([]));
    assert_eq!(
        other.request(text_to(ZHANG_ID, "m2", "after")).await["type"],
        "sent"
    );
    assert_eq!(asked(&mut other, ZHANG_ID).await["state"], "online");
}

#[tokio::test]
async fn blocks_are_paged_and_outlast_the_server() {
    let mut server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    for (user, expected) in [
        (ZHANG_ID, StatusCode::BAD_REQUEST),
        (7, StatusCode::NOT_FOUND),
        (WANG_ID, StatusCode::NO_CONTENT),
        (LI_ID, StatusCode::NO_CONTENT),
    ] {
        assert_eq!(set(&zhang, Method::PUT, user).await, expected, "{user}");
    }
    server.stop().await;
    server.start_again().await;
    let (zhang, wang) = (server.http(ZHANG).await, server.http(WANG).await);
    let (_, page) = zhang.get("/v1/blocks?limit=1").await;
    assert_eq!(
        (&page["users"][0]["id"], &page["more"]),
        (&json!(LI_ID), &json!(true))
    );
    let (_, page) = zhang.get(&format!("/v1/blocks?after={LI_ID}")).await;
    assert_eq!(
        (&page["users"][0]["id"], &page["more"]),
        (&json!(WANG_ID), &json!(false))
    );
    let (status, _) = wang
        .post("/v1/messages", text_to(ZHANG_ID, "w1", "hello"))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a first message, too");
}
