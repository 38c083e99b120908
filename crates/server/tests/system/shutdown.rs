//! Stopping and starting again.

use serde_json::json;

use crate::harness::{LI, LI_ID, Raw, TestServer, ZHANG};

#[tokio::test]
async fn clients_are_told_when_to_come_back_and_find_everything() {
    let mut server = TestServer::start().await;
    let phone = server.http(ZHANG).await;
    let mut zhang = Raw::welcome(server.address(), phone.token()).await;
    let mut li = server.connect(LI).await;
    let sent = zhang.send_text(LI_ID, "m1", "before").await;
    server.stop().await;

    for client in [&mut zhang, &mut li] {
        let bye = client.next_of("bye").await;
        assert_eq!(bye["code"], "shutdown");
        assert!(bye["retry_after_ms"].as_u64() <= Some(5000), "{bye}");
        assert_eq!(client.closed().await, Some((4104, "shutdown".into())));
    }

    server.start_again().await;
    let mut zhang = Raw::welcome(server.address(), phone.token()).await;
    let again = zhang.send_text(LI_ID, "m1", "before").await;
    assert_eq!(
        again["seq"], sent["seq"],
        "the message and its client id survived"
    );
    assert_eq!(zhang.send_text(LI_ID, "m2", "after").await["seq"], 2);
    let synced = zhang.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["conversations"][0]["head"], 2);
    let mut li = server.connect(LI).await;
    let synced = li.request(json!({ "type": "sync" })).await;
    assert_eq!(synced["total_unread"], 2);
}

#[tokio::test]
async fn writes_that_were_taken_are_committed_before_the_end() {
    let mut server = TestServer::start().await;
    let http = server.http(ZHANG).await;
    let sends: Vec<_> = (0..100)
        .map(|n| {
            let http = http.clone();
            tokio::spawn(async move {
                let body = json!({ "to": LI_ID, "client_id": format!("m{n}"),
                    "body": { "type": "text", "text": "x" } });
                let answer = http.try_post("/v1/messages", body).await;
                answer.is_some_and(|(status, _)| status.is_success())
            })
        })
        .collect();
    tokio::task::yield_now().await;
    server.stop().await;
    let mut acknowledged = 0;
    for send in sends {
        acknowledged += u64::from(send.await.unwrap());
    }
    server.start_again().await;
    let (_, page) = server.http(LI).await.get("/v1/conversations").await;
    let stored = page["conversations"][0]["head"].as_u64().unwrap_or(0);
    assert!(
        stored >= acknowledged,
        "{acknowledged} acknowledged, {stored} stored"
    );
}

#[tokio::test]
async fn two_servers_never_share_a_database() {
    let server = TestServer::start().await;
    let config = hongyan::config::Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data_dir: server.database().parent().unwrap().into(),
        ..Default::default()
    };
    let second = hongyan::node::Node::start(&config, hongyan::node::Demo::Without).await;
    let error = second.err().expect("refused").to_string();
    assert!(error.contains("another process"), "{error}");
    server.connect(ZHANG).await;
}

#[tokio::test]
async fn the_demo_stays_on_loopback() {
    let folder = tempfile::tempdir().unwrap();
    let config = hongyan::config::Config {
        listen: ([0, 0, 0, 0], 0).into(),
        data_dir: folder.path().join("data"),
        ..Default::default()
    };
    let refused = hongyan::node::Node::start(&config, hongyan::node::Demo::With).await;
    let error = refused.err().expect("refused").to_string();
    assert!(error.contains("loopback"), "{error}");
    assert!(!config.database().exists(), "and it left nothing behind");
}
