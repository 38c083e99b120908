//! The disk is full: nothing is acknowledged that is not stored, and it recovers by itself.

use std::process::Command;
use std::time::Duration;

use hongyan_client::{Client, ErrorCode, Target, UserId};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::person::{config, text};
use super::server::Server;

/// For the store to notice that there is room again.
const PATIENCE: Duration = Duration::from_secs(30);

/// A limit with room for what SQLite shares between its connections, but not for another page of the log, in bytes.
const FULL: u64 = 64 * 1024;

/// The largest file that the server may write, in bytes; `None` for any.
fn limit_files(server: &Server, bytes: Option<u64>) {
    let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    let status = Command::new("prlimit")
        .args([
            "--pid",
            &server.pid().to_string(),
            &format!("--fsize={limit}:unlimited"),
        ])
        .status()
        .unwrap();
    assert!(status.success(), "prlimit (util-linux) sets the limit");
}

async fn health_becomes(server: &Server, wanted: StatusCode) {
    let deadline = Instant::now() + PATIENCE;
    while reqwest::get(format!("{}/v1/health", server.url()))
        .await
        .unwrap()
        .status()
        != wanted
    {
        assert!(Instant::now() < deadline, "health never became {wanted}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A token of another device of the same user.
async fn sign_in(server: &Server) -> String {
    let login = json!({ "login": "zhangsan@gmail.com", "password": "1234", "device": "script" });
    let request = reqwest::Client::new()
        .post(format!("{}/v1/login", server.url()))
        .json(&login);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

async fn post(server: &Server, token: &str, text: &str) -> (StatusCode, Value) {
    let message =
        json!({ "to": 1001, "client_id": text, "body": { "type": "text", "text": text } });
    let request = reqwest::Client::new().post(format!("{}/v1/messages", server.url()));
    let response = request
        .bearer_auth(token)
        .json(&message)
        .send()
        .await
        .unwrap();
    (response.status(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_costs_the_sends_of_its_time_and_nothing_else() {
    let server = Server::start().await;
    let (client, _events) = Client::connect(config(&server.url(), "zhangsan@gmail.com"))
        .await
        .unwrap();
    let li = Target::User(UserId::new(1001).unwrap());
    let first = client
        .send(li, "there is room")
        .await
        .unwrap()
        .await
        .unwrap();
    assert_eq!(first.seq.get(), 1);

    let token = sign_in(&server).await;
    limit_files(&server, Some(0));
    let (status, answer) = post(&server, &token, "full").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
    assert_eq!(
        answer["error"]["code"],
        ErrorCode::StoreUnavailable.as_str()
    );
    assert!(
        answer["error"]["retry_after_ms"].as_u64() > Some(0),
        "{answer}"
    );
    health_becomes(&server, StatusCode::SERVICE_UNAVAILABLE).await;
    let waiting = client.send(li, "the outbox keeps this one").await.unwrap();
    let page = client
        .history(first.conv, hongyan_client::Page::Newest, 10)
        .await
        .unwrap();
    assert_eq!(page.entries.len(), 1, "reading goes on");

    limit_files(&server, None);
    let sent = tokio::time::timeout(PATIENCE, waiting)
        .await
        .expect("it recovers by itself")
        .unwrap();
    assert_eq!(sent.seq.get(), 2, "what was refused left no trace");
    health_becomes(&server, StatusCode::OK).await;
    client.close().await;
    server.check();
}

/// The journal's files have their length already, so on a full disk there is room in them when there is none for the
/// tables. What is answered then is stored, and is there when the disk has room again.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_journal_has_room_for_is_not_lost() {
    let server = Server::start().await;
    let (client, _events) = Client::connect(config(&server.url(), "zhangsan@gmail.com"))
        .await
        .unwrap();
    let li = Target::User(UserId::new(1001).unwrap());
    let first = client.send(li, "0").await.unwrap().await.unwrap();
    let token = sign_in(&server).await;
    limit_files(&server, Some(64 * 1024));
    let mut stored = vec!["0".to_owned()];
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < deadline, "the tables never needed room");
        let number = stored.len().to_string();
        let (status, answer) = post(&server, &token, &number).await;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            break;
        }
        assert_eq!(status, StatusCode::OK, "{answer}");
        stored.push(number);
    }
    assert!(stored.len() > 1, "nothing was journaled");
    health_becomes(&server, StatusCode::SERVICE_UNAVAILABLE).await;

    limit_files(&server, None);
    health_becomes(&server, StatusCode::OK).await;
    let last = client.send(li, "last").await.unwrap().await.unwrap();
    assert_eq!(last.seq.get(), stored.len() as u64 + 1);
    stored.push("last".to_owned());
    let newest = hongyan_client::Page::Newest;
    let page = client.history(first.conv, newest, 1000).await.unwrap();
    let texts: Vec<_> = page.entries.iter().map(text).collect();
    assert_eq!(texts, stored[stored.len() - texts.len()..]);
    client.close().await;
    server.check();
}

/// What is stored can be read, but by those for whom something waits in the journal; when there is room, by them too.
#[tokio::test(flavor = "multi_thread")]
async fn killed_on_a_full_disk_it_starts_and_recovers_by_itself() {
    let mut server = Server::start().await;
    let (client, _events) = Client::connect(config(&server.url(), "zhangsan@gmail.com"))
        .await
        .unwrap();
    let li = Target::User(UserId::new(1001).unwrap());
    let first = client.send(li, "0").await.unwrap().await.unwrap();
    client.close().await;
    let token = sign_in(&server).await;
    limit_files(&server, Some(FULL));
    let mut stored = vec!["0".to_owned()];
    loop {
        let number = stored.len().to_string();
        let (status, _) = post(&server, &token, &number).await;
        if status != StatusCode::OK {
            break;
        }
        stored.push(number);
    }
    server.kill().await;
    server.start_within(Some(FULL)).await;
    health_becomes(&server, StatusCode::SERVICE_UNAVAILABLE).await;
    let users = reqwest::Client::new()
        .get(format!("{}/v1/users", server.url()))
        .bearer_auth(&token);
    let users: Value = users.send().await.unwrap().json().await.unwrap();
    assert_eq!(users["users"].as_array().unwrap().len(), 3, "{users}");
    let (status, answer) = post(&server, &token, "full").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");

    limit_files(&server, None);
    health_becomes(&server, StatusCode::OK).await;
    let (client, _events) = Client::connect(config(&server.url(), "zhangsan@gmail.com"))
        .await
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    let page = loop {
        // It may not be connected yet.
        let newest = hongyan_client::Page::Newest;
        match client.history(first.conv, newest, 1000).await {
            Ok(page) => break page,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let texts: Vec<_> = page.entries.iter().map(text).collect();
    assert_eq!(texts, stored[stored.len() - texts.len()..]);
    client.close().await;
    server.check();
}
