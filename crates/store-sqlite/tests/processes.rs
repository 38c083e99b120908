//! What takes a second process: being killed, a file that may not grow, two servers on one file.
//!
//! The other process is this same test program, asked through [`CHILD`] to run [`child`]: it
//! commits batches without end and tells on its standard output what was acknowledged.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use hongyan_protocol::{ClientId, ConversationId, Millis, Seq, UserId};
use hongyan_store::contract::{Engine, Rng};
use hongyan_store::{
    Accounts, Append, Body, Change, HISTORY_LIMIT, Header, HistoryRange, Logs, Maintenance,
    NewUser, Outcome, StoreError, Target, Write,
};
use hongyan_store_sqlite::{OpenError, Options, SqliteStore, check_file};
use rusqlite::Connection;
use support::Sqlite;

/// "SEED PATH", for the child. A seed decides what is written; when the kill falls is chance.
const CHILD: &str = "HONGYAN_TEST_CHILD";

const USERS: u64 = 6;
const ROUNDS: u32 = 10;

/// Small, so that the log is copied back again and again, and a kill falls into that too.
fn options() -> Options {
    Options {
        wal_limit_pages: 64,
        ..Options::default()
    }
}

fn user(number: u64) -> UserId {
    UserId::new(1000 + number).unwrap()
}

async fn prepared() -> Sqlite {
    let engine = Sqlite::fresh().await;
    let store = engine.open().await;
    for number in 0..USERS {
        let new = NewUser {
            id: Some(user(number)),
            login: format!("user{number}"),
            name: String::new(),
            avatar: None,
            password_hash: String::new(),
            created_at: Millis::default(),
        };
        store.create_user(new).await.unwrap();
    }
    engine.close(store).await;
    engine
}

fn random_batch(rng: &mut Rng, name: &str, heads: &BTreeMap<ConversationId, Seq>) -> Vec<Append> {
    let mut batch = Vec::new();
    for n in 0..=rng.below(40) {
        let from = rng.below(USERS);
        let to = (from + 1 + rng.below(USERS - 1)) % USERS;
        let text = "x".repeat(rng.below(3000) as usize);
        let body = Body::Text(text.into());
        let known = heads.iter().nth(rng.below(20) as usize);
        let (target, change) = match known {
            Some((conv, head)) if rng.once_in(2) => {
                let target = Seq::new(1 + rng.below(head.get())).unwrap();
                let not_before = Millis::default();
                let change = match rng.below(2) {
                    0 => Change::Edit {
                        target,
                        body,
                        not_before,
                    },
                    _ => Change::Recall { target, not_before },
                };
                (Target::Conversation(*conv), change)
            }
            _ => {
                let change = Change::Message {
                    body,
                    reply_to: None,
                    mentions: Vec::new(),
                    header: Header::default(),
                };
                (Target::Direct(user(to)), change)
            }
        };
        batch.push(Append {
            from: user(from),
            target,
            client_id: ClientId::new(format!("{name}-{n}")).unwrap(),
            change,
            at: Millis::default(),
        });
    }
    batch
}

/// Not a test of its own: the other process. Without being asked it does nothing.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the other tests of this file, in a process of its own"]
#[allow(
    clippy::disallowed_methods,
    reason = "how a test tells its other process what to do"
)]
async fn child() {
    let Ok(asked) = std::env::var(CHILD) else {
        return;
    };
    let (seed, path) = asked.split_once(' ').unwrap();
    let mut rng = Rng::new(seed.parse().unwrap());
    let store = SqliteStore::open(path, &options()).unwrap();
    let mut heads = BTreeMap::new();
    for n in 0.. {
        let batch = random_batch(&mut rng, &format!("{seed}-{n}"), &heads);
        let writes: Vec<_> = batch.iter().cloned().map(Write::Append).collect();
        // One write for all lines, so that no line is torn unless the kill tears the last.
        let mut lines = String::new();
        match store.commit(writes.into()).await {
            Ok(outcomes) => {
                for (append, outcome) in batch.iter().zip(outcomes) {
                    let Outcome::Append(Ok(appended)) = outcome else {
                        continue;
                    };
                    heads.insert(appended.conv, appended.seq);
                    let (from, id) = (append.from, append.client_id.as_str());
                    let (conv, seq) = (appended.conv, appended.seq);
                    lines += &format!("acked {from} {id} {conv} {seq}\n");
                }
            }
            Err(StoreError::Unavailable(_)) => lines += "unavailable\n",
            Err(StoreError::Failed(why)) => panic!("{why}"),
        }
        if std::io::stdout().write_all(lines.as_bytes()).is_err() {
            return;
        }
    }
}

/// The child running, and what it acknowledged.
struct Other {
    process: Child,
    lines: BufReader<ChildStdout>,
    acked: Vec<Acked>,
}

#[derive(Debug)]
struct Acked {
    from: UserId,
    client_id: String,
    conv: ConversationId,
    seq: Seq,
}

impl Other {
    /// `wrap` may put another program around it, such as one that sets limits.
    fn start(path: &Path, seed: u64, wrap: &[&str]) -> Self {
        let this = std::env::current_exe().unwrap();
        let mut words = wrap.iter().map(|word| (*word).to_owned());
        let program = words.next();
        let mut command = match &program {
            Some(program) => Command::new(program),
            None => Command::new(&this),
        };
        command.args(words);
        if program.is_some() {
            command.arg(&this);
        }
        let mut process = command
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env(CHILD, format!("{seed} {}", path.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self {
            process,
            lines,
            acked: Vec::new(),
        }
    }

    /// The next line; `None` when the child is gone, and for a last line that is torn.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        let line = line.strip_suffix('\n')?;
        if let Some(acked) = line.strip_prefix("acked ") {
            let mut words = acked.split(' ');
            let number = |word: Option<&str>| word.unwrap().parse::<u64>().unwrap();
            let from = UserId::new(number(words.next())).unwrap();
            let client_id = words.next().unwrap().to_owned();
            let conv = ConversationId::new(number(words.next())).unwrap();
            let seq = Seq::new(number(words.next())).unwrap();
            self.acked.push(Acked {
                from,
                client_id,
                conv,
                seq,
            });
        }
        Some(line.to_owned())
    }

    fn wait_for(&mut self, beginning: &str) {
        while let Some(line) = self.line() {
            if line.starts_with(beginning) {
                return;
            }
        }
        panic!("the other process ended before it said {beginning:?}");
    }

    /// SIGKILL, at once; what it had said until then still counts.
    fn kill(mut self) -> Vec<Acked> {
        self.process.kill().unwrap();
        while self.line().is_some() {}
        self.process.wait().unwrap();
        self.acked
    }
}

/// Every acknowledged entry stands where it was said to stand.
async fn assert_all_there(store: &SqliteStore, acked: &[Acked]) {
    let mut logs: HashMap<ConversationId, Vec<Short>> = HashMap::new();
    for one in acked {
        if let Entry::Vacant(unread) = logs.entry(one.conv) {
            unread.insert(log(store, one.from, one.conv).await);
        }
        let at = usize::try_from(one.seq.get() - 1).unwrap();
        let found = logs[&one.conv].get(at);
        let expected = (one.seq, one.from, one.client_id.clone());
        assert_eq!(found, Some(&expected), "acknowledged, and lost or moved");
    }
}

type Short = (Seq, UserId, String);

async fn log(store: &SqliteStore, user: UserId, conv: ConversationId) -> Vec<Short> {
    let mut entries: Vec<Short> = Vec::new();
    loop {
        let after = entries.last().map_or(Seq::ZERO, |(seq, ..)| *seq);
        let range = HistoryRange::After(after);
        let page = store.history(user, conv, range, HISTORY_LIMIT).await;
        let page = page.unwrap().entries;
        if page.is_empty() {
            return entries;
        }
        let short = |entry: hongyan_store::Entry| {
            (entry.seq, entry.from, entry.client_id.as_str().to_owned())
        };
        entries.extend(page.into_iter().map(short));
    }
}

#[tokio::test]
async fn killed_at_any_moment_nothing_acknowledged_is_missing() {
    let engine = prepared().await;
    let first_seed: u64 = RandomState::new().hash_one(0) >> 1;
    let mut acked = Vec::new();
    for round in 0..ROUNDS {
        let seed = first_seed + u64::from(round);
        println!("round {round}, seed {seed}");
        let mut other = Other::start(&engine.path(), seed, &[]);
        // Which line it is killed after is random; where in the next commits that falls, more so.
        for _ in 0..=Rng::new(seed).below(500) {
            other.wait_for("acked");
        }
        acked.extend(other.kill());
        // As it was left, before anything mends it.
        let report = check_file(&engine.path(), &mut |_| ()).unwrap();
        assert!(report.is_clean(), "{:#?}", report.faults);
        let store = SqliteStore::open(engine.path(), &options()).unwrap();
        assert_all_there(&store, &acked).await;
        let report = store.verify(Box::new(|_| ())).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.faults);
        engine.close(store).await;
    }
    assert!(acked.len() > 100, "only {} were acknowledged", acked.len());
}

/// A file that may not grow fails like a full disk; the limit is then lifted, as when somebody makes room.
#[tokio::test]
async fn no_room_refuses_and_recovers_by_itself() {
    let engine = prepared().await;
    let seed = RandomState::new().hash_one(0) >> 1;
    println!("seed {seed}");
    let limited = [
        "prlimit",
        "--fsize=2000000:unlimited",
        "sh",
        "-c",
        // Without the trap the signal would end the process before it could see the error.
        "trap '' XFSZ; exec \"$0\" \"$@\"",
    ];
    let mut other = Other::start(&engine.path(), seed, &limited);
    other.wait_for("acked");
    for _ in 0..20 {
        other.wait_for("unavailable");
    }
    let refused_at = other.acked.len();
    // Reading goes on, and what is there is whole.
    let report = check_file(&engine.path(), &mut |_| ()).unwrap();
    assert!(report.is_clean(), "{:#?}", report.faults);
    let pid = other.process.id().to_string();
    let lifted = Command::new("prlimit")
        .args(["--pid", &pid, "--fsize=unlimited:unlimited"])
        .status();
    assert!(lifted.unwrap().success());
    for _ in 0..200 {
        other.wait_for("acked");
    }
    let acked = other.kill();
    assert!(acked.len() >= refused_at + 200);
    let store = engine.open().await;
    assert_all_there(&store, &acked).await;
    let report = store.verify(Box::new(|_| ())).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.faults);
    engine.close(store).await;
}

#[tokio::test]
async fn a_second_process_is_refused_until_the_first_is_gone() {
    let engine = prepared().await;
    let mut other = Other::start(&engine.path(), 1, &[]);
    other.wait_for("acked");
    let error = SqliteStore::open(engine.path(), &options()).err().unwrap();
    assert!(matches!(error, OpenError::InUse(_)), "{error}");
    other.wait_for("acked");
    other.kill();
    // Killed, it could not clean up; the lock is free all the same.
    let store = engine.open().await;
    store.check_writable().await.unwrap();
    engine.close(store).await;
}

/// Not a test of its own: a program that takes the database for its own, if SQLite lets it.
#[test]
#[ignore = "run by the other tests of this file, in a process of its own"]
#[allow(
    clippy::disallowed_methods,
    reason = "how a test tells its other process what to do"
)]
fn usurper() {
    let Ok(path) = std::env::var(CHILD) else {
        return;
    };
    let conn = Connection::open(path).unwrap();
    conn.busy_timeout(Duration::ZERO).unwrap();
    // With its first read it asks for the file for itself alone. Let in, it would write without
    // looking at what the store has in its log.
    conn.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))
        .unwrap();
    let read = conn.query_row("SELECT count(*) FROM users", [], |row| row.get::<_, i64>(0));
    assert!(read.is_err(), "the store's locks are gone");
}

/// SQLite's locks belong to the process, and closing any descriptor of the file drops them all: so
/// nothing in a store may open its file but through SQLite.
#[tokio::test]
async fn a_store_keeps_its_locks_whatever_it_does() {
    let engine = prepared().await;
    let store = engine.open().await;
    store.check_writable().await.unwrap();
    assert!(SqliteStore::open(engine.path(), &options()).is_err());
    let report = store.verify(Box::new(|_| ())).await.unwrap();
    assert!(report.is_clean());
    let usurper = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "usurper", "--ignored"])
        .env(CHILD, engine.path())
        .output()
        .unwrap();
    assert!(
        usurper.status.success(),
        "{}",
        String::from_utf8_lossy(&usurper.stdout)
    );
    store.check_writable().await.unwrap();
    engine.close(store).await;
}
