//! Two nodes on one store, joined by the bus in memory: what is live on one is on the other as well.

use std::net::SocketAddr;
use std::sync::Arc;

use hongyan_bus::{Bus, MemoryNetwork};
use hongyan_gateway::{Gateway, Hub, Server, Settings};
use hongyan_protocol::limits::MEMBERS_TOLD;
use hongyan_protocol::{Millis, UserId};
use hongyan_service::{Clock, Parts, Rules, Service, SystemClock, SystemEntropy};
use hongyan_store::{Accounts, NewSession, NewUser, Sessions};
use hongyan_store_sqlite::SqliteStore;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::harness::{Raw, text_to};

/// Two nodes, and three users who each have the token of their number.
struct Two {
    nodes: Vec<SocketAddr>,
    store: Arc<SqliteStore>,
    _folder: TempDir,
}

impl Two {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = hongyan::node::open_store(folder.path().join("db")).unwrap();
        let store = Arc::new(store);
        for id in 1000..1003 {
            add(&store, id).await;
        }
        let network = MemoryNetwork::default();
        let mut nodes = Vec::new();
        for _ in 0..2 {
            nodes.push(node(Arc::clone(&store), Arc::new(network.join())).await);
        }
        Self {
            nodes,
            store,
            _folder: folder,
        }
    }

    async fn connect(&self, node: usize, user: u64) -> Raw {
        let raw = Raw::welcome(self.nodes[node], &format!("token-{user}")).await;
        raw.acking()
    }

    /// A group of the first with all three, made over the first node.
    async fn group(&self) -> u64 {
        self.group_of(vec![1001, 1002]).await
    }

    /// The same with so many others that they are not told of each other.
    async fn large_group(&self) -> u64 {
        let others = 2000..2000 + MEMBERS_TOLD as u64;
        for id in others.clone() {
            add(&self.store, id).await;
        }
        self.group_of([1001, 1002].into_iter().chain(others).collect())
            .await
    }

    async fn group_of(&self, users: Vec<u64>) -> u64 {
        let client = reqwest::Client::new();
        let made = client
            .post(format!("http://{}/v1/groups", self.nodes[0]))
            .bearer_auth("token-1000")
            .json(&json!({ "client_id": "g", "name": "雁群", "users": users }));
        let made: Value = made.send().await.unwrap().json().await.unwrap();
        made["conv"].as_u64().unwrap()
    }

    async fn remove(&self, conv: u64, user: u64) {
        let client = reqwest::Client::new();
        let at = self.nodes[0];
        let path = format!("http://{at}/v1/groups/{conv}/members/{user}?client_id=r");
        let removed = client.delete(path).bearer_auth("token-1000").send().await;
        assert!(removed.unwrap().status().is_success());
    }
}

async fn add(store: &SqliteStore, id: u64) {
    let (user, now) = (UserId::new(id).unwrap(), SystemClock.now());
    let new = NewUser {
        id: Some(user),
        login: format!("person{id}"),
        name: format!("Person {id}"),
        avatar: None,
        password_hash: "*".into(),
        created_at: now,
    };
    store.create_user(new).await.unwrap();
    let session = NewSession {
        user,
        device: "test".into(),
        client: None,
        token_hash: Sha256::digest(format!("token-{id}")).into(),
        created_at: now,
        expires_at: Millis::new(now.get() + 3_600_000).unwrap(),
        connected: Vec::new(),
    };
    store.open_session(session).await.unwrap();
}

async fn node(store: Arc<SqliteStore>, bus: Arc<dyn Bus>) -> SocketAddr {
    let hub = Hub::new(Arc::clone(&bus));
    let (service, _) = Service::start(Parts {
        store,
        bus,
        sink: Arc::clone(&hub) as _,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        rules: Rules::default(),
    });
    let gateway = Gateway::new(service, hub, Settings::default());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let no_adapter = hongyan_classic::Settings {
        enabled: false,
        ..Default::default()
    };
    let routes = hongyan_classic::routes(&gateway, no_adapter);
    let (server, stop) = Server::new(listener, &gateway, routes);
    tokio::spawn(async move {
        server.run().await;
        drop(stop);
    });
    address
}

#[tokio::test]
async fn who_looks_on_another_node_sees_who_is_writing() {
    let two = Two::start().await;
    let conv = two.group().await;
    let mut here = two.connect(0, 1000).await;
    let mut there = two.connect(1, 1001).await;
    for one in [&mut here, &mut there] {
        let done = one.request(json!({ "type": "watch", "conv": conv })).await;
        assert_eq!(done["type"], "done");
    }
    here.send(json!({ "type": "typing", "conv": conv })).await;
    assert_eq!(there.next_of("typing").await["users"], json!([1000]));
    // What was said ends it there as well.
    let said = json!({ "type": "text", "text": "x" });
    let said = json!({ "type": "send", "conv": conv, "client_id": "m", "body": said });
    assert_eq!(here.request(said).await["type"], "sent");
    assert_eq!(there.next_of("typing").await["users"], json!([]));
    // Who is put out there hears of nothing later.
    two.remove(conv, 1001).await;
    assert_eq!(there.next_of("entry").await["event"]["type"], "removed");
    let mut third = two.connect(1, 1002).await;
    third
        .request(json!({ "type": "watch", "conv": conv }))
        .await;
    here.send(json!({ "type": "typing", "conv": conv })).await;
    assert_eq!(third.next_of("typing").await["users"], json!([1000]));
    there
        .send(json!({ "type": "ping", "req": 7, "interval_ms": 0 }))
        .await;
    while let answer = there.next().await
        && answer["req"] != 7
    {
        assert_ne!(answer["type"], "typing");
    }
}

#[tokio::test]
async fn of_two_the_other_one_sees_it_on_another_node() {
    let two = Two::start().await;
    let mut here = two.connect(0, 1000).await;
    let mut there = two.connect(1, 1001).await;
    let sent = here.request(text_to(1001, "m", "hi")).await;
    assert_eq!(there.next_of("entry").await["seq"], 1);
    here.send(json!({ "type": "typing", "conv": sent["conv"] }))
        .await;
    assert_eq!(there.next_of("typing").await["users"], json!([1000]));
}

#[tokio::test]
async fn who_is_there_on_one_node_is_seen_on_the_other() {
    let two = Two::start().await;
    let conv = two.group().await;
    let mut here = two.connect(0, 1000).await;
    here.request(json!({ "type": "watch", "conv": conv })).await;
    let there = two.connect(1, 1001).await;
    let online = json!({ "user": 1001, "state": "online" });
    let told = async |raw: &mut Raw, wanted: &Value| loop {
        let told = raw.next_of("presence").await;
        if told["users"].as_array().unwrap().contains(wanted) {
            return;
        }
    };
    told(&mut here, &online).await;
    // Of two nodes the most counts: gone from one is not gone.
    let mut also_here = two.connect(0, 1001).await;
    also_here
        .request(json!({ "type": "ping", "interval_ms": 0, "background": true }))
        .await;
    drop(there);
    told(&mut here, &json!({ "user": 1001, "state": "away" })).await;
    let ask = json!({ "type": "presence", "users": [1000] });
    let mut third = two.connect(1, 1002).await;
    let seen = third.request(ask).await;
    assert_eq!(seen["users"], json!([{ "user": 1000, "state": "online" }]));
    // A setting that is changed on one holds on the other.
    let client = reqwest::Client::new();
    let changed = client
        .patch(format!("http://{}/v1/me", two.nodes[0]))
        .bearer_auth("token-1002")
        .json(&json!({ "invisible": true }));
    assert!(changed.send().await.unwrap().status().is_success());
    told(&mut here, &json!({ "user": 1002, "state": "offline" })).await;
}

#[tokio::test]
async fn what_is_read_on_one_node_counts_on_the_other() {
    let two = Two::start().await;
    let conv = two.group().await;
    let mut here = two.connect(0, 1000).await;
    let mut there = two.connect(1, 1001).await;
    let said = json!({ "type": "text", "text": "x" });
    let said = json!({ "type": "send", "conv": conv, "client_id": "m", "body": said });
    let seq = here.request(said).await["seq"].clone();
    here.request(json!({ "type": "watch", "conv": conv })).await;
    let ask = json!({ "type": "read_by", "conv": conv, "seqs": [seq] });
    let answer = here.request(ask).await;
    assert_eq!(answer["messages"], json!([{ "seq": seq, "count": 0 }]));
    let read = json!({ "type": "read", "conv": conv, "seq": seq });
    assert_eq!(there.request(read).await["type"], "done");
    let told = here.next_of("read_by").await;
    assert_eq!(told["messages"], json!([{ "seq": seq, "count": 1 }]));
    two.remove(conv, 1001).await;
    let told = here.next_of("read_by").await;
    assert_eq!(told["messages"], json!([{ "seq": seq, "count": 0 }]));
}

/// In a large group reactions go to those who look, on both nodes; who looks later asks.
#[tokio::test]
async fn reactions_in_a_large_group_go_to_those_who_look() {
    let two = Two::start().await;
    let conv = two.large_group().await;
    let mut here = two.connect(0, 1000).await;
    let mut there = two.connect(1, 1001).await;
    let mut elsewhere = two.connect(1, 1002).await;
    let watch = json!({ "type": "watch", "conv": conv });
    for one in [&mut here, &mut there] {
        assert_eq!(one.request(watch.clone()).await["type"], "done");
    }
    let body = json!({ "type": "text", "text": "x" });
    let send = |id: &str| json!({ "type": "send", "conv": conv, "client_id": id, "body": body });
    let seq = here.request(send("m")).await["seq"].clone();
    let react = json!({ "type": "react", "conv": conv, "seq": seq, "value": "👍", "on": true });
    assert_eq!(elsewhere.request(react).await["type"], "done");
    for one in [&mut here, &mut there] {
        let told = one.next_of("reacted").await;
        assert_eq!((&told["after"], &told["number"]), (&json!(0), &json!(1)));
        assert_eq!(told["messages"][0]["reactions"][0]["count"], 1);
    }
    // By now it would have heard, had it been told as those were.
    assert_eq!(here.request(send("n")).await["type"], "sent");
    while let told = elsewhere.next().await
        && told["client_id"] != "n"
    {
        assert_ne!(told["type"], "reacted");
    }
    assert_eq!(elsewhere.request(watch).await["type"], "done");
    let ask = json!({ "type": "reactions", "conv": conv, "after": 0 });
    let page = elsewhere.request(ask).await;
    assert_eq!(
        (&page["number"], &page["messages"][0]["seq"]),
        (&json!(1), &seq)
    );
}
