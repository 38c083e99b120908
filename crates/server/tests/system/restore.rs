//! A backup is put back while people go on: everybody sees the same again, and nobody's words are lost.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hongyan::cli::{Backup, Database, Restore};
use hongyan::commands;
use hongyan_client::machines::reconnect;
use hongyan_client::{
    Body, Client, Config, Credentials, Entry, EntryKind, Event, Events, Message, Policies, Start,
    Target, UserId,
};
use hongyan_delivery::Backoff;
use reqwest::StatusCode;
use serde_json::json;
use tempfile::TempDir;

use crate::harness::{Http, LI, LI_ID, TestServer, WANG, ZHANG, ZHANG_ID, eventually};

/// What a device shows of its conversations: each message as it is now, by its place.
type Shown = BTreeMap<(u64, u64), Option<String>>;

#[derive(Default)]
struct Seen {
    shown: Shown,
    resets: u32,
}

/// A device that keeps what it needs over a restart, and shows what it was told.
struct Device {
    client: Client,
    seen: Arc<Mutex<Seen>>,
}

impl Device {
    async fn open(server: &TestServer, login: &str, state: &Path, seen: Arc<Mutex<Seen>>) -> Self {
        let mut policies = Policies::default();
        policies.incoming.start = Start::Everything;
        policies.reconnect = reconnect::Policy {
            backoff: Backoff {
                base: Duration::from_millis(20),
                cap: Duration::from_millis(200),
            },
            spacing: Duration::from_millis(10),
            ..reconnect::Policy::default()
        };
        let credentials = Credentials::password(login, "1234", format!("{login}'s device"));
        let config = Config::new(server.url(), credentials)
            .policies(policies)
            .state(state);
        let (client, events) = Client::connect(config).await.unwrap();
        tokio::spawn(watch(events, Arc::clone(&seen)));
        Self { client, seen }
    }

    async fn send(&self, to: u64, text: &str) -> hongyan_client::Sent {
        let to = Target::User(UserId::new(to).unwrap());
        let handle = self.client.send(to, Message::text(text)).await.unwrap();
        handle.await.unwrap()
    }

    fn shown(&self) -> Shown {
        self.seen.lock().unwrap().shown.clone()
    }

    fn resets(&self) -> u32 {
        self.seen.lock().unwrap().resets
    }
}

async fn watch(mut events: Events, seen: Arc<Mutex<Seen>>) {
    while let Some(event) = events.next().await {
        let mut seen = seen.lock().unwrap();
        match event {
            Event::Reset => {
                seen.shown.clear();
                seen.resets += 1;
            }
            Event::Entry(entry) => show(&mut seen.shown, &entry),
            _ => {}
        }
    }
}

fn show(shown: &mut Shown, entry: &Entry) {
    let text = match &entry.body {
        Some(Body::Text { text }) => Some(text.to_string()),
        _ => None,
    };
    let conv = entry.conv.get();
    match (entry.kind, entry.target) {
        (EntryKind::Message, _) => {
            shown.insert((conv, entry.seq.get()), text);
        }
        (EntryKind::Edit, Some(target)) if text.is_some() => {
            shown.insert((conv, target.get()), text);
        }
        (EntryKind::Recall, Some(target)) => {
            shown.insert((conv, target.get()), None);
        }
        _ => {}
    }
}

/// What the server has, as one of its users reads it.
async fn stored(user: &Http) -> Shown {
    let mut shown = Shown::new();
    let (_, page) = user.get("/v1/conversations").await;
    for conversation in page["conversations"].as_array().unwrap() {
        let conv = &conversation["conv"];
        let path = format!("/v1/conversations/{conv}/entries?limit=200&after=0");
        let (status, page) = user.get(&path).await;
        assert_eq!(status, StatusCode::OK);
        for entry in page["entries"].as_array().unwrap() {
            show(&mut shown, &serde_json::from_value(entry.clone()).unwrap());
        }
    }
    shown
}

async fn backup(server: &TestServer, file: &Path) {
    let options = Backup {
        file: file.into(),
        database: Database {
            data_dir: Some(data_dir(server)),
            config: None,
        },
    };
    commands::backup(options).await.unwrap();
}

async fn restore(server: &TestServer, file: &Path) -> anyhow::Result<()> {
    let options = Restore {
        file: file.into(),
        database: Database {
            data_dir: Some(data_dir(server)),
            config: None,
        },
        replace: true,
    };
    commands::restore(options).await
}

fn data_dir(server: &TestServer) -> PathBuf {
    server.database().parent().unwrap().into()
}

/// The texts in the order in which they stand, of whichever conversation.
fn texts(shown: &Shown) -> Vec<String> {
    shown.values().flatten().cloned().collect()
}

#[tokio::test]
async fn after_a_restore_everybody_sees_the_same_and_own_messages_come_again() {
    let mut server = TestServer::start().await;
    let folder = TempDir::new().unwrap();
    let state = |name: &str| folder.path().join(name);
    let zhang = Device::open(&server, ZHANG, &state("zhang"), Arc::default()).await;
    let li = Device::open(&server, LI, &state("li"), Arc::default()).await;
    // This one is not running when the backup is put back.
    let wang = Device::open(&server, WANG, &state("wang"), Arc::default()).await;

    let mut kept = Vec::new();
    for n in 1..=3 {
        kept.push(zhang.send(LI_ID, &format!("kept {n}")).await);
    }
    wang.send(LI_ID, "kept of 王五").await;
    let file = folder.path().join("backup.db");
    backup(&server, &file).await;
    let before = server.http(ZHANG).await;

    for n in 1..=2 {
        zhang.send(LI_ID, &format!("after the backup {n}")).await;
    }
    let edited = zhang
        .client
        .edit(kept[1].conv, kept[1].seq, "kept 2, edited");
    edited.await.unwrap().await.unwrap();
    let recalled = zhang.client.recall(kept[2].conv, kept[2].seq);
    recalled.await.unwrap().await.unwrap();
    let taken_back = zhang.send(LI_ID, "taken back").await;
    let recalled = zhang.client.recall(taken_back.conv, taken_back.seq);
    recalled.await.unwrap().await.unwrap();
    li.send(ZHANG_ID, "an answer after the backup").await;
    // A conversation that is not in the backup, whose number may not become somebody else's.
    wang.send(ZHANG_ID, "new to 张三").await;
    let last = stored(&before).await;
    eventually("everybody has everything", async || {
        (zhang.shown() == last && texts(&li.shown()).len() == 6).then_some(())
    })
    .await;
    assert_eq!(zhang.resets() + li.resets(), 0);
    let highest = last.keys().map(|(conv, _)| *conv).max().unwrap();
    let state_of_wang = Arc::clone(&wang.seen);
    wang.client.close().await;

    server.stop().await;
    restore(&server, &file).await.unwrap();
    server.start_again().await;
    let http = server.http(LI).await;
    eventually("what was answered is there again", async || {
        let texts = texts(&stored(&http).await);
        let all = [
            "kept 1",
            "kept 2, edited",
            "after the backup 1",
            "after the backup 2",
            "an answer after the backup",
            "kept of 王五",
        ];
        let mut expected = all.map(String::from).to_vec();
        let mut found = texts;
        expected.sort();
        found.sort();
        (found == expected).then_some(())
    })
    .await;
    let wang = Device::open(&server, WANG, &state("wang"), state_of_wang).await;
    let (zhang_reads, wang_reads) = (server.http(ZHANG).await, server.http(WANG).await);
    eventually("a device that was away sends again as well", async || {
        let found = texts(&stored(&zhang_reads).await);
        found.contains(&"new to 张三".to_owned()).then_some(())
    })
    .await;
    // Somebody who knows nothing of all this.
    let sent = http.send_text(1002, "somebody-new", "goes on").await;
    assert!(sent["conv"].as_u64().unwrap() > 0);
    for (device, reader) in [(&zhang, &zhang_reads), (&li, &http), (&wang, &wang_reads)] {
        eventually("everybody sees the log", async || {
            let log = stored(reader).await;
            (device.shown() == log).then_some(())
        })
        .await;
        assert_eq!(device.resets(), 1, "once");
    }
    let made = stored(&zhang_reads).await;
    let new = made
        .iter()
        .find(|(_, text)| text.as_deref() == Some("new to 张三"));
    let ((conv, _), _) = new.unwrap();
    assert!(*conv > highest, "the number {conv} was never given before");
    let texts = texts(&zhang.shown());
    let own: Vec<_> = texts
        .iter()
        .filter(|text| text.starts_with("after the"))
        .collect();
    assert_eq!(
        own,
        ["after the backup 1", "after the backup 2"],
        "in their order"
    );
    server.node().service().check_health().await.unwrap();
}

#[tokio::test]
async fn a_database_put_back_by_hand_is_noticed() {
    let mut server = TestServer::start().await;
    let folder = TempDir::new().unwrap();
    let li = Device::open(&server, LI, &folder.path().join("li"), Arc::default()).await;
    let zhang = server.http(ZHANG).await;
    zhang.send_text(LI_ID, "k1", "kept").await;
    server.stop().await;
    let older = std::fs::read(server.database()).unwrap();
    server.start_again().await;
    for n in 1..=3 {
        zhang.send_text(LI_ID, &format!("l{n}"), "lost").await;
    }
    eventually("all have come", async || {
        (li.shown().len() == 4).then_some(())
    })
    .await;
    server.stop().await;
    // As the manual of an earlier version said it.
    for file in data_dir(&server).read_dir().unwrap() {
        let file = file.unwrap();
        if file.file_name().to_string_lossy().starts_with("hongyan.db") {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    std::fs::write(server.database(), older).unwrap();
    server.start_again().await;
    let sent = zhang.send_text(LI_ID, "n1", "after the restore").await;
    assert_eq!(sent["seq"], 2);
    eventually("what comes afterwards is shown", async || {
        let shown = texts(&li.shown());
        (shown == ["kept", "after the restore"]).then_some(())
    })
    .await;
    assert_eq!(li.resets(), 1);
}

#[tokio::test]
async fn a_backup_under_load_has_what_was_acknowledged_before_it() {
    let server = TestServer::start().await;
    let zhang = server.http(ZHANG).await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("backup.db");
    let count = Arc::new(AtomicU64::new(0));
    let load = {
        let (zhang, count) = (zhang.clone(), Arc::clone(&count));
        tokio::spawn(async move {
            for n in 1.. {
                let text = format!("{n} {}", "x".repeat(2_000));
                zhang.send_text(LI_ID, &format!("c{n}"), &text).await;
                count.store(n, Ordering::SeqCst);
            }
        })
    };
    eventually("some are there", async || {
        (count.load(Ordering::SeqCst) > 50).then_some(())
    })
    .await;
    let acknowledged = count.load(Ordering::SeqCst);
    backup(&server, &file).await;
    load.abort();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let report = hongyan_store_sqlite::check_file(&file, &mut |_| ()).unwrap();
    assert!(report.is_clean());
    assert!(
        report.entries >= acknowledged,
        "{} of {acknowledged}",
        report.entries
    );
    let again = Backup {
        file: file.clone(),
        database: Database {
            data_dir: Some(data_dir(&server)),
            config: None,
        },
    };
    let refused = commands::backup(again).await.unwrap_err();
    assert!(
        refused.to_string().contains("is there already"),
        "{refused}"
    );
    // While the server runs, nothing is put in its place.
    let refused = restore(&server, &file).await.unwrap_err();
    assert!(refused.to_string().contains("another process"), "{refused}");
    let path = "/v1/messages";
    let body = json!({ "to": LI_ID, "client_id": "z", "body": { "type": "text", "text": "on" } });
    let (status, _) = zhang.post(path, body).await;
    assert_eq!(status, StatusCode::OK);
}
