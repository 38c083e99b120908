//! The server is killed while a group is busy and one of its members is put out and let in again, over and over.
//!
//! Two stay for the whole time: they hold the same log, and in it everything that was acknowledged. The third holds what was
//! said while they were a member, and nothing of what was said while they were not.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hongyan_client::{
    Client, ConversationId, Entry, Event, Events, GroupSetting, HttpError, SendError, Sent, Target,
    UserId,
    protocol::{ErrorCode, GroupEvent, Window},
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::PEOPLE;
use crate::person::{config, text};
use crate::server::Server;

/// For everything to arrive once the storm is over.
const PATIENCE: Duration = Duration::from_secs(60);

/// Kills in a run.
const KILLS: u32 = 10;

/// What a client was given of the group, by seq.
type Log = Arc<Mutex<BTreeMap<u64, Entry>>>;

/// Somebody who writes into the group.
struct Member {
    id: UserId,
    client: Client,
    log: Log,
    _state: TempDir,
}

impl Member {
    async fn start(url: &str, (login, id): (&str, u64)) -> Self {
        let state = tempfile::tempdir().unwrap();
        let config = config(url, login).state(state.path().join("state"));
        let (client, events) = Client::connect(config).await.unwrap();
        let log = Log::default();
        tokio::spawn(keep_log(events, Arc::clone(&log)));
        Self {
            id: UserId::new(id).unwrap(),
            client,
            log,
            _state: state,
        }
    }

    fn send(
        &self,
        conv: ConversationId,
        stopped: &watch::Receiver<bool>,
    ) -> JoinHandle<Vec<(Sent, String)>> {
        let (client, id) = (self.client.clone(), self.id);
        tokio::spawn(send_without_pause(client, id, conv, stopped.clone()))
    }

    /// The log, once it goes up to `head`.
    async fn log_up_to(&self, head: u64) -> BTreeMap<u64, Entry> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = self.log.lock().unwrap().clone();
            if log.contains_key(&head) {
                return log;
            }
            let last = log.keys().next_back();
            assert!(Instant::now() < deadline, "{} holds {last:?}", self.id);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn keep_log(mut events: Events, log: Log) {
    while let Some(event) = events.next().await {
        if let Event::Entry(entry) = event {
            let before = log.lock().unwrap().insert(entry.seq.get(), entry);
            assert!(before.is_none(), "an entry came twice: {before:?}");
        }
    }
}

/// What was acknowledged. What is refused, since the sender is no member just then, was never said.
async fn send_without_pause(
    client: Client,
    from: UserId,
    conv: ConversationId,
    stopped: watch::Receiver<bool>,
) -> Vec<(Sent, String)> {
    let mut handles = Vec::new();
    let mut number = 0;
    while !*stopped.borrow() {
        number += 1;
        let text = format!("{from}: {number}");
        let target = Target::Conversation(conv);
        // A full outbox is the client's way to say: later.
        if let Ok(handle) = client.send(target, text.as_str()).await {
            handles.push((text, handle));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut all = Vec::new();
    for (text, handle) in handles {
        match tokio::time::timeout(PATIENCE, handle)
            .await
            .expect("an answer")
        {
            Ok(sent) => all.push((sent, text)),
            Err(SendError::Refused(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    all
}

/// Puts a member out and lets them in again; they are in at the end. What becomes of a try that a kill cuts off, the log tells.
async fn come_and_go(
    owner: Client,
    conv: ConversationId,
    user: UserId,
    stopped: watch::Receiver<bool>,
) {
    // A person is put into a hundred groups an hour at most.
    for _ in 0..80 {
        if *stopped.borrow() {
            return;
        }
        let _ = owner.remove_member(conv, user).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let _ = owner.add_members(conv, &[user]).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_in_a_busy_group_lose_nothing_and_show_nobody_too_much() {
    let seed = crate::seed();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut server = Server::start().await;
    let mut members = Vec::new();
    for person in PEOPLE {
        members.push(Member::start(&server.url(), person).await);
    }
    let [owner, stays, goes] = &members[..] else {
        unreachable!("there are three");
    };
    let others = [stays.id, goes.id];
    let conv = owner
        .client
        .create_group("雁群", &others)
        .await
        .unwrap()
        .conv;
    let joining = GroupSetting::History(Window::Joining, None);
    owner.client.set_group(conv, joining).await.unwrap();

    let (stop, stopped) = watch::channel(false);
    let sending: Vec<_> = members.iter().map(|one| one.send(conv, &stopped)).collect();
    let moving = come_and_go(owner.client.clone(), conv, goes.id, stopped);
    let moving = tokio::spawn(moving);
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(random.random_range(100..500))).await;
        server.kill().await;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..100))).await;
        server.start_again().await;
    }
    stop.send_replace(true);
    moving.await.unwrap();
    let mut acknowledged = Vec::new();
    for sending in sending {
        acknowledged.push(sending.await.unwrap());
    }
    // Whether the last try came through is not known; once more it is a member for certain.
    let added = owner.client.add_members(conv, &[goes.id]).await;
    let is_in = matches!(&added, Err(HttpError::Refused(why)) if why.code == ErrorCode::Unchanged);
    assert!(added.is_ok() || is_in, "{added:?}");
    let text = "the end";
    let target = Target::Conversation(conv);
    let end = owner
        .client
        .send(target, text)
        .await
        .unwrap()
        .await
        .unwrap();

    let log = owner.log_up_to(end.seq.get()).await;
    let counts: Vec<_> = acknowledged.iter().map(Vec::len).collect();
    println!("{} entries, acknowledged {counts:?}", log.len());
    assert!(
        counts.iter().all(|count| *count > 20),
        "the load was no load"
    );
    check_whole(&log, &acknowledged);
    let other = stays.log_up_to(end.seq.get()).await;
    assert_eq!(other, log, "who stayed holds the same");
    let theirs = goes.log_up_to(end.seq.get()).await;
    check_window(&log, &theirs, goes.id);
    server.kill().await;
    server.check();
}

/// The log has no hole, and all that was acknowledged, once, and of each sender in the order in which it was said.
fn check_whole(log: &BTreeMap<u64, Entry>, acknowledged: &[Vec<(Sent, String)>]) {
    assert!(log.keys().copied().eq(1..=log.len() as u64));
    for (sent, said) in acknowledged.iter().flatten() {
        let entry = &log[&sent.seq.get()];
        assert_eq!(
            (text(entry), &entry.client_id),
            (said.as_str(), &sent.client_id)
        );
    }
    let mut last: HashMap<UserId, u64> = HashMap::new();
    let said = log.values().filter(|entry| entry.event.is_none());
    for entry in said {
        let Some(number) = text(entry)
            .rsplit(' ')
            .next()
            .and_then(|one| one.parse().ok())
        else {
            continue;
        };
        let before = last.insert(entry.from, number);
        assert!(before.is_none_or(|before| before < number), "{entry:?}");
    }
}

/// Of what the one who came and went holds nothing is of a time when they were out, and the log has nothing by them then.
fn check_window(log: &BTreeMap<u64, Entry>, held: &BTreeMap<u64, Entry>, user: UserId) {
    let (mut is_in, mut hidden, mut turns) = (true, BTreeSet::new(), 0);
    for (seq, entry) in log {
        match entry.event.as_deref() {
            Some(GroupEvent::Added { users }) if users.contains(&user) => is_in = true,
            Some(GroupEvent::Removed { users }) if users.contains(&user) => {
                (is_in, turns) = (false, turns + 1);
                continue;
            }
            _ => {}
        }
        if !is_in {
            assert_ne!(entry.from, user, "said by who was out: {entry:?}");
            hidden.insert(*seq);
        }
    }
    assert!(
        turns > 3 && hidden.len() > turns,
        "{turns}, {}",
        hidden.len()
    );
    for (seq, entry) in held {
        assert!(!hidden.contains(seq), "shown to who was out: {entry:?}");
        assert_eq!(entry, &log[seq]);
    }
}
