//! What was recalled or edited away is gone from the file, not only from sight.

#![allow(clippy::unwrap_used, reason = "a test ends where its set-up fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use hongyan_protocol::{ClientId, ConversationId, Millis, Seq, UserId};
use hongyan_store::contract::{Engine, Rng};
use hongyan_store::{
    Accounts, Append, Body, Change, DraftChange, Header, Logs, Maintenance, NewUser, Outcome,
    Target, ViewChange, Write,
};
use hongyan_store_sqlite::{Options, SqliteStore, check_file};
use support::{Case, Sqlite};
use tokio::time::Instant;

fn contains(bytes: &[u8], needle: &str) -> bool {
    bytes
        .windows(needle.len())
        .any(|part| part == needle.as_bytes())
}

#[tokio::test]
async fn no_trace_in_the_file() {
    let mut f = Case::fresh().await;
    let (a, b) = f.pair().await;
    // Short ones live in a page with others, long ones in pages of their own, which get free.
    let secret = |n: u64| format!("secret {n} {}", "s3cr3t ".repeat(n as usize * 700));
    let conv = f.say(a, b, "before").await.conv;
    for n in 0..5 {
        f.say(a, b, &secret(n)).await;
        f.say(b, a, "between").await;
    }
    let seq = |value| hongyan_protocol::Seq::new(value).unwrap();
    for n in 0..5 {
        let message = seq(2 + 2 * n);
        let edit = f.edit(a, conv, message, &format!("edited {}", secret(n)));
        f.append(&edit).await.unwrap();
        let edit = f.edit(a, conv, message, &format!("again {}", secret(n)));
        f.append(&edit).await.unwrap();
    }
    for text in ["unsent 1 ", "unsent 2 ", ""] {
        let draft = DraftChange {
            text: text.repeat(1 + 100 * text.len()).into(),
            reply_to: None,
        };
        let change = ViewChange {
            draft: Some(draft),
            ..f.view(a, conv)
        };
        f.set_view(&change).await.unwrap();
    }
    for n in 0..5 {
        let recall = f.recall(a, conv, seq(2 + 2 * n));
        f.append(&recall).await.unwrap();
    }
    f.verify().await;
    let engine = f.into_engine().await;
    assert!(!engine.log_path().exists(), "the log was copied back");
    for journal in engine.journal_paths() {
        assert!(!journal.exists(), "the journal was carried out");
    }
    let bytes = fs::read(engine.path()).unwrap();
    assert!(contains(&bytes, "before") && contains(&bytes, "between"));
    for trace in ["secret ", "s3cr3t", "edited ", "again ", "unsent"] {
        assert!(!contains(&bytes, trace), "{trace:?} is still there");
    }
}

/// "SEED ROUND PATH", for the child. A seed decides what is written; when the kill falls is chance.
const CHILD: &str = "HONGYAN_TEST_FORGETTING_CHILD";

/// Set it to a seed that failed, to see the same run again.
const SEED_VARIABLE: &str = "HONGYAN_TEST_SEED";

/// Removed texts are promised to be gone everywhere within a minute.
const PROMISED: Duration = Duration::from_secs(60);

const USERS: u64 = 8;

/// Each text says who it is again and again, so that a part of it is known as well.
fn text(number: u64, bytes: u64) -> String {
    let mark = format!("<mark{number:08}>");
    mark.repeat(1 + bytes as usize / mark.len())
}

/// The numbers of all texts of which there is something in these bytes, and how often they are.
fn marks(bytes: &[u8]) -> BTreeMap<u64, u64> {
    let mut found = BTreeMap::new();
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
        rest = &rest[at + 1..];
        let number = rest
            .strip_prefix(b"mark")
            .and_then(|rest| std::str::from_utf8(rest.get(..8)?).ok()?.parse().ok());
        if let Some(number) = number {
            *found.entry(number).or_default() += 1;
        }
    }
    found
}

/// What is in the files of a folder. Another process reads them: closing a descriptor of the database's file would drop
/// the locks that SQLite has on it in this one.
fn marks_in_folder(folder: &Path) -> BTreeMap<String, BTreeMap<u64, u64>> {
    let names = fs::read_dir(folder).unwrap();
    let names = names.map(|file| file.unwrap().file_name().into_string().unwrap());
    let read = |name: String| {
        let read = Command::new("cat").arg(folder.join(&name)).output();
        (name, marks(&read.unwrap().stdout))
    };
    names.map(read).collect()
}

/// Waits until nothing is left of these texts in any file, nor in a copy of the database.
async fn assert_gone(folder: &Path, dead: &BTreeSet<u64>, within: Duration) {
    let begun = Instant::now();
    loop {
        let left: Vec<_> = marks_in_folder(folder)
            .into_iter()
            .map(|(name, mut found)| {
                found.retain(|number, _| dead.contains(number));
                (name, found)
            })
            .filter(|(_, left)| !left.is_empty())
            .collect();
        if left.is_empty() {
            break;
        }
        assert!(begun.elapsed() < within, "still there: {left:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[derive(Debug, Clone)]
struct Live {
    from: UserId,
    number: u64,
    /// Of the text.
    bytes: usize,
    /// An edit stands in the log beside the message.
    copies: u64,
}

/// What was said and is still to be read, and what was taken back. The log of a conversation is its texts' numbers.
#[derive(Default)]
struct Said {
    next: u64,
    /// By conversation and seq.
    live: BTreeMap<(ConversationId, Seq), Live>,
    dead: BTreeSet<u64>,
}

impl Said {
    /// A batch of messages, of an edit, or of a recall; the long texts have pages of their own. `removals`: how many of
    /// four batches are no messages.
    fn batch(&mut self, rng: &mut Rng, removals: u64) -> Vec<(Append, Option<u64>)> {
        let number = |said: &mut Self| {
            said.next += 1;
            said.next
        };
        let bytes = |rng: &mut Rng| match rng.below(10) {
            0 => rng.below(20_000),
            1 | 2 => rng.below(1500),
            _ => rng.below(120),
        };
        let at = rng.below(1 + self.live.len() as u64) as usize;
        let is_removal = rng.below(4) < removals;
        let known = self.live.iter().nth(at).filter(|_| is_removal);
        if let Some((&(conv, target), &Live { from, .. })) = known {
            let not_before = Millis::default();
            let (change, new) = if rng.once_in(2) {
                let new = number(self);
                let body = Body::Text(text(new, bytes(rng)).into());
                let change = Change::Edit {
                    target,
                    body,
                    not_before,
                };
                (change, Some(new))
            } else {
                (Change::Recall { target, not_before }, None)
            };
            return vec![(append(from, Target::Conversation(conv), change), new)];
        }
        let most = if rng.once_in(4) { 40 } else { 2 };
        let count = 1 + rng.below(most);
        let message = |_| {
            let new = number(self);
            let from = rng.below(USERS);
            let to = (from + 1 + rng.below(USERS - 1)) % USERS;
            let change = Change::Message {
                body: Body::Text(text(new, bytes(rng)).into()),
                reply_to: None,
                mentions: Vec::new(),
                header: Header::default(),
            };
            (
                append(user(from), Target::Direct(user(to)), change),
                Some(new),
            )
        };
        (0..count).map(message).collect()
    }

    /// Takes note of what was done, and says which texts died of it.
    fn done(&mut self, batch: &[(Append, Option<u64>)], outcomes: &[Outcome]) -> Vec<u64> {
        let mut died = Vec::new();
        for ((append, new), outcome) in batch.iter().zip(outcomes) {
            let Outcome::Append(Ok(appended)) = outcome else {
                panic!("{outcome:?}");
            };
            let at = match append.change {
                Change::Message { .. } | Change::Group(_) => appended.seq,
                Change::Edit { target, .. } | Change::Recall { target, .. } => target,
            };
            let at = (appended.conv, at);
            let before = match (new, &append.change) {
                (Some(new), Change::Message { body, .. } | Change::Edit { body, .. }) => {
                    let Body::Text(text) = body;
                    let live = Live {
                        from: append.from,
                        number: *new,
                        bytes: text.len(),
                        copies: 1 + u64::from(matches!(append.change, Change::Edit { .. })),
                    };
                    self.live.insert(at, live)
                }
                (_, _) => self.live.remove(&at),
            };
            died.extend(before.map(|before| before.number));
        }
        self.dead.extend(&died);
        died
    }
}

impl Said {
    /// Each text that is still to be read stands where it should and nowhere else: a second copy, in what SQLite takes
    /// for free, would stay behind when the text is taken back.
    fn assert_just_this(&self, bytes: &[u8]) {
        let mut found = marks(bytes);
        for live in self.live.values() {
            let found = found.remove(&live.number).unwrap_or_default();
            let expected = live.copies * (live.bytes / text(0, 0).len()) as u64;
            // Where a long one goes on in another page, a mark is cut in two.
            let is_cut = live.bytes > 4000;
            assert!(
                found == expected || is_cut && found > 0 && found < expected,
                "{live:?} is there {found} times"
            );
        }
        assert!(found.is_empty(), "{found:?}");
    }
}

fn append(from: UserId, target: Target, change: Change) -> Append {
    let mut random = Rng::new(RandomState::new().hash_one(0));
    Append {
        from,
        target,
        client_id: ClientId::new(format!("c{:016x}", random.next_u64())).unwrap(),
        change,
        at: Millis::default(),
    }
}

fn user(number: u64) -> UserId {
    UserId::new(1000 + number).unwrap()
}

async fn with_users(store: &SqliteStore) {
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
}

fn options(forget_after: Duration) -> Options {
    Options {
        // Small, so that the log starts over again and again.
        wal_limit_pages: 256,
        forget_after,
        ..Options::default()
    }
}

/// Soon, so that a test need not wait, and not so soon that the tables have no time to fill.
const SOON: Duration = Duration::from_millis(300);

async fn commit(store: &SqliteStore, said: &mut Said, rng: &mut Rng, removals: u64) -> Vec<u64> {
    let batch = said.batch(rng, removals);
    let appends = batch.iter().map(|(append, _)| append.clone());
    let writes: Arc<[Write]> = appends.map(Write::Append).collect();
    let outcomes = store.commit(writes).await.unwrap();
    said.done(&batch, &outcomes)
}

#[allow(
    clippy::disallowed_methods,
    reason = "a test is asked to repeat itself by a variable"
)]
fn seed() -> u64 {
    let seed = match std::env::var(SEED_VARIABLE) {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => RandomState::new().hash_one(0) >> 1,
    };
    println!("{SEED_VARIABLE}={seed}");
    seed
}

#[tokio::test(flavor = "multi_thread")]
async fn no_trace_in_any_file_of_a_server_that_runs_whatever_was_said() {
    let first = seed();
    for seed in first..first + 4 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let mut said = Said::default();
        let engine = Sqlite::fresh().await;
        let store = SqliteStore::open(engine.path(), &options(SOON)).unwrap();
        with_users(&store).await;
        let folder = engine.path().parent().unwrap().to_owned();
        for _ in 0..2 {
            for removals in [0, 3] {
                for _ in 0..150 {
                    commit(&store, &mut said, &mut rng, removals).await;
                    if rng.once_in(20) {
                        store.total_unread(user(0)).await.unwrap();
                    }
                }
            }
            // From here on nobody writes.
            assert_gone(&folder, &said.dead, PROMISED).await;
        }
        assert!(said.dead.len() > 50, "{} are few", said.dead.len());
        // And nothing that is still to be read went with it.
        let report = store.verify(Box::new(|_| ())).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.faults);
        let copy = folder.join("copy.db");
        let other = rusqlite::Connection::open(engine.path()).unwrap();
        other.execute("VACUUM INTO ?1", [copy.to_str()]).unwrap();
        let copied = marks(&fs::read(&copy).unwrap());
        let live = said.live.values().map(|live| live.number);
        assert!(copied.into_keys().eq(live.collect::<BTreeSet<_>>()));
        engine.close(store).await;
        said.assert_just_this(&fs::read(engine.path()).unwrap());
    }
}

/// As long as the server itself waits.
#[tokio::test(flavor = "multi_thread")]
async fn gone_within_a_minute_by_default() {
    let engine = Sqlite::fresh().await;
    let store = SqliteStore::open(engine.path(), &Options::default()).unwrap();
    with_users(&store).await;
    let folder = engine.path().parent().unwrap().to_owned();
    let mut said = Said::default();
    let mut rng = Rng::new(seed());
    while said.dead.is_empty() {
        commit(&store, &mut said, &mut rng, 1).await;
    }
    assert_gone(&folder, &said.dead, PROMISED).await;
    engine.close(store).await;
}

/// Not a test of its own: the process that is killed. Without being asked it does nothing.
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
    let (seed, asked) = asked.split_once(' ').unwrap();
    let (round, path) = asked.split_once(' ').unwrap();
    let mut rng = Rng::new(seed.parse().unwrap());
    let store = SqliteStore::open(path, &options(SOON)).unwrap();
    let mut said = Said {
        // No number that an earlier one has used.
        next: round.parse::<u64>().unwrap() * 1_000_000,
        ..Said::default()
    };
    loop {
        let mut lines = String::from("committed\n");
        for number in commit(&store, &mut said, &mut rng, 1).await {
            lines += &format!("dead {number}\n");
        }
        if std::io::stdout().write_all(lines.as_bytes()).is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_trace_after_a_kill_at_any_moment_and_a_start() {
    let engine = Sqlite::fresh().await;
    let store = engine.open().await;
    with_users(&store).await;
    engine.close(store).await;
    let folder = engine.path().parent().unwrap().to_owned();
    let first = seed();
    let mut dead = BTreeSet::new();
    for round in 0..6 {
        let seed = first + round;
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env(CHILD, format!("{seed} {round} {}", engine.path().display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        let mut until_kill = 1 + Rng::new(seed).below(200);
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).unwrap() == 0 {
                break;
            }
            let Some(line) = line.strip_suffix('\n') else {
                break;
            };
            let number = line.strip_prefix("dead ").map(|number| number.parse());
            dead.extend(number.map(Result::<u64, _>::unwrap));
            if line == "committed" && until_kill > 0 {
                until_kill -= 1;
                if until_kill == 0 {
                    process.kill().unwrap();
                }
            }
        }
        process.wait().unwrap();
        assert_eq!(until_kill, 0, "it ended by itself");
        let store = SqliteStore::open(engine.path(), &options(SOON)).unwrap();
        // Nobody writes.
        assert_gone(&folder, &dead, PROMISED).await;
        engine.close(store).await;
        let report = check_file(&engine.path(), &mut |_| ()).unwrap();
        assert!(report.is_clean(), "{:#?}", report.faults);
    }
    assert!(dead.len() > 20, "{} are few", dead.len());
}

/// A database of before this was looked after is gone through once.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_version_has_left_goes_as_well() {
    let engine = Sqlite::fresh().await;
    let store = engine.open().await;
    with_users(&store).await;
    engine.close(store).await;
    let mut expected = BTreeSet::new();
    {
        // Two thousand rows, put in by halves, so that full pages were spread anew.
        let conn = rusqlite::Connection::open(engine.path()).unwrap();
        conn.execute_batch("CREATE TABLE x (id INTEGER PRIMARY KEY, body TEXT); UPDATE counters SET value = 0 WHERE name = 'scrubbed'; PRAGMA secure_delete = 1; BEGIN").unwrap();
        for odd in [0_u64, 1] {
            for n in 0..1000 {
                let id = 2 * n + odd;
                conn.execute(
                    "INSERT INTO x VALUES (?1, ?2)",
                    (id.cast_signed(), text(id, 100)),
                )
                .unwrap();
            }
        }
        conn.execute_batch("COMMIT; DELETE FROM x WHERE id % 7 <> 0; PRAGMA journal_mode = WAL")
            .unwrap();
        expected.extend((0..2000).filter(|id| id % 7 == 0));
    }
    let numbers = |path: &Path| {
        marks(&fs::read(path).unwrap())
            .into_keys()
            .collect::<BTreeSet<_>>()
    };
    let left = numbers(&engine.path());
    assert!(left.len() > expected.len(), "SQLite has left nothing");
    let store = SqliteStore::open(engine.path(), &options(SOON)).unwrap();
    let dead = left.difference(&expected).copied().collect();
    assert_gone(engine.path().parent().unwrap(), &dead, PROMISED).await;
    engine.close(store).await;
    assert_eq!(numbers(&engine.path()), expected);
}
