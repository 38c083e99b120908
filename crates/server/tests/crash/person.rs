//! A person with a device: sends without pause, and keeps the log of what arrives.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hongyan_client::machines::reconnect;
use hongyan_client::{
    Body, Client, Config, ConversationId, Credentials, Entry, Event, Events, Policies, Sent, Seq,
    Start, Target, UserId,
};
use hongyan_delivery::Backoff;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// For everything to arrive once the storm is over.
const PATIENCE: Duration = Duration::from_secs(60);

/// A message that the server acknowledged.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    /// What the server said.
    pub sent: Sent,
    /// Who sent it.
    pub from: UserId,
    /// To whom.
    pub to: UserId,
    /// What it said: unique.
    pub text: String,
}

/// The entries that a client was given, in order.
type Logs = Arc<Mutex<BTreeMap<ConversationId, Vec<Entry>>>>;

/// A person with a device.
pub struct Person {
    id: UserId,
    logs: Logs,
    stop: watch::Sender<bool>,
    sending: Vec<JoinHandle<Vec<Acknowledged>>>,
    _client: Client,
    _state: TempDir,
}

/// A client that tries again within moments.
pub fn config(url: &str, login: &str) -> Config {
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
    Config::new(url, Credentials::password(login, "1234", "test")).policies(policies)
}

impl Person {
    /// Signs in and begins to send to each of the others.
    pub async fn start(url: &str, login: &str, id: u64, others: Vec<u64>) -> Self {
        let state = tempfile::tempdir().unwrap();
        let config = config(url, login).state(state.path().join("state"));
        let (client, events) = Client::connect(config).await.unwrap();
        let id = UserId::new(id).unwrap();
        let logs = Logs::default();
        tokio::spawn(keep_log(events, Arc::clone(&logs)));
        let (stop, stopped) = watch::channel(false);
        let send = |to| tokio::spawn(send_without_pause(client.clone(), id, to, stopped.clone()));
        let sending = others
            .into_iter()
            .map(|to| send(UserId::new(to).unwrap()))
            .collect();
        Self {
            id,
            logs,
            stop,
            sending,
            _client: client,
            _state: state,
        }
    }

    /// Stops sending, and gives what was acknowledged: everything, once the outbox is empty.
    pub async fn stop_sending(&mut self) -> Vec<Acknowledged> {
        self.stop.send_replace(true);
        let mut all = Vec::new();
        for task in self.sending.drain(..) {
            all.extend(
                tokio::time::timeout(PATIENCE, task)
                    .await
                    .expect("the outbox empties")
                    .unwrap(),
            );
        }
        all
    }

    /// Checks that this device holds exactly what was acknowledged in its conversations.
    pub async fn check(self, acknowledged: &[Acknowledged]) {
        let mine: Vec<_> = acknowledged
            .iter()
            .filter(|message| message.from == self.id || message.to == self.id)
            .collect();
        self.wait_for(mine.len()).await;
        let logs = self.logs.lock().unwrap();
        for (conv, log) in logs.iter() {
            for (index, entry) in log.iter().enumerate() {
                assert_eq!(
                    entry.seq.get(),
                    index as u64 + 1,
                    "user {}, conversation {conv}",
                    self.id
                );
            }
        }
        let held: usize = logs.values().map(Vec::len).sum();
        assert_eq!(
            held,
            mine.len(),
            "user {} holds something that nobody sent, or sent twice",
            self.id
        );
        for message in &mine {
            let entry = at(&logs, message.sent.conv, message.sent.seq);
            assert_eq!(text(entry), message.text, "user {}", self.id);
            assert_eq!(entry.client_id, message.sent.client_id);
        }
        check_order(&logs);
    }

    async fn wait_for(&self, entries: usize) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let held: usize = self.logs.lock().unwrap().values().map(Vec::len).sum();
            if held >= entries {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "user {} holds {held} of {entries}",
                self.id
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn at(logs: &BTreeMap<ConversationId, Vec<Entry>>, conv: ConversationId, seq: Seq) -> &Entry {
    &logs[&conv][usize::try_from(seq.get()).unwrap() - 1]
}

/// One sender's messages stand in a log in the order in which they were sent.
fn check_order(logs: &BTreeMap<ConversationId, Vec<Entry>>) {
    for log in logs.values() {
        let mut last: HashMap<UserId, u64> = HashMap::new();
        for entry in log {
            let number: u64 = text(entry).rsplit(' ').next().unwrap().parse().unwrap();
            let before = last.insert(entry.from, number);
            assert!(
                before.is_none_or(|before| before < number),
                "{entry:?} after {before:?}"
            );
        }
    }
}

pub(crate) fn text(entry: &Entry) -> &str {
    match &entry.body {
        Some(Body::Text { text }) => text,
        other => panic!("no text: {other:?}"),
    }
}

async fn keep_log(mut events: Events, logs: Logs) {
    while let Some(event) = events.next().await {
        match event {
            Event::Entry(entry) => logs
                .lock()
                .unwrap()
                .entry(entry.conv)
                .or_default()
                .push(entry),
            Event::Terminal(terminal) => panic!("{terminal}"),
            _ => {}
        }
    }
}

async fn send_without_pause(
    client: Client,
    from: UserId,
    to: UserId,
    stopped: watch::Receiver<bool>,
) -> Vec<Acknowledged> {
    let mut handles = Vec::new();
    let mut number = 0;
    while !*stopped.borrow() {
        number += 1;
        let text = format!("{from} to {to}: {number}");
        // A full outbox is the client's way to say: later.
        match client.send(Target::User(to), text.as_str()).await {
            Ok(handle) => handles.push((text, handle)),
            Err(_) => number -= 1,
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut all = Vec::new();
    for (text, handle) in handles {
        let sent = handle.await.unwrap();
        all.push(Acknowledged {
            sent,
            from,
            to,
            text,
        });
    }
    all
}
