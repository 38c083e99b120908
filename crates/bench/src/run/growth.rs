//! What a large store costs: rate, opening of conversations, size of the write-ahead log, start-up.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use hongyan_protocol::{ClientId, Millis, UserId};
use hongyan_store::{Append, Body, Change, Header, Outcome, Target as To, Write};
use tokio::time::{Instant, sleep};

use super::pairs::Work;
use super::{Bench, announce, file_size, millis, percentiles, progress, unexpected};
use crate::latency::Percentiles;
use crate::options::Growth;
use crate::order::{Account, Line, Open, Order, Pace};
use crate::report::Measurement;
use crate::target::{Target, database};
use crate::text;

/// Of the rate on an empty store.
const OF_EMPTY: f64 = 0.7;

/// For opening a conversation, at the 99th percentile.
const OPEN_US: u64 = 1000;

/// Entries shown when a conversation is opened.
const LAST: usize = 50;

/// From the start of the process until it listens.
const START_UP: Duration = Duration::from_secs(1);

/// Pairs that measure the rate.
const PAIRS: usize = 200;

/// Conversations of each user.
const PEERS: u64 = 10;

/// Users who open their conversations.
const VISITORS: usize = 200;

/// Messages of one commit while the store is filled. The pages that a message changes are hardly ever
/// those of the one before, and each is written once a commit: in commits of a server's size, most of
/// the time would go into writing the same pages over and over.
const FILL_WRITES: u64 = 256 * 1024;

/// Between two looks at the size of the log.
const LOOK: Duration = Duration::from_millis(50);

pub(super) async fn run(bench: &mut Bench, options: &Growth) -> anyhow::Result<()> {
    let work = Work {
        bench: "growth",
        pairs: PAIRS.min(options.users / 2),
        pace: Pace::Window(32),
        warm_up: options.seconds.min(2.0),
        seconds: options.seconds,
    };
    announce(&format!("growth: to {} messages", options.messages));
    let target = Target::start(bench, options.users).await?;
    let empty = work.on_hongyan(bench, &target, "empty store").await?;
    let accounts = target.accounts.clone();
    let Some(folder) = target.end().await? else {
        anyhow::bail!("growth needs a server of its own: leave --server away");
    };
    let conversations = fill(bench, options, folder.path(), &accounts).await?;

    let target = Target::start_on(bench, folder, accounts).await?;
    let start_up = target
        .own()
        .map_or(Duration::MAX, |(server, _)| server.start_up);
    let setting = format!("{} messages", options.messages);
    let opening = format!("{setting}, open a conversation (last {LAST})");
    // The second time, what was opened is in the system's cache.
    for again in ["", ", again"] {
        let times = open(bench, &target, &conversations, format!("{opening}{again}")).await?;
        if let Some(times) = times {
            bench.goal(
                format!(
                    "growth: opening a conversation{again}, under {} at p99",
                    millis(OPEN_US)
                ),
                millis(times.p99_us),
                times.p99_us < OPEN_US,
            );
        }
    }
    let folder = target.own().map(|(_, folder)| folder.to_path_buf());
    // What is not in the database itself yet: the log, and the journal before it.
    let logs = ["-wal", "-writes1", "-writes2"].map(|ending| {
        folder
            .clone()
            .unwrap_or_default()
            .join(format!("hongyan.db{ending}"))
    });
    let mut log = 0;
    let full = {
        let measuring = work.on_hongyan(bench, &target, &setting);
        tokio::pin!(measuring);
        loop {
            tokio::select! {
                done = &mut measuring => break done?,
                () = sleep(LOOK) => {
                    log = log.max(logs.iter().map(|log| file_size(log)).sum());
                }
            }
        }
    };
    let file = target
        .own()
        .map_or(0, |(_, folder)| file_size(&database(folder)));
    target.end().await?;

    let share = rate(&full) / rate(&empty);
    let mib = 1048576.0;
    bench.add(Measurement {
        bench: "growth",
        subject: "store",
        setting,
        values: BTreeMap::from([
            ("start_up_s", start_up.as_secs_f64()),
            ("database_mib", file as f64 / mib),
            ("largest_log_mib", log as f64 / mib),
        ]),
        times: None,
        faults: None,
    });
    bench.goal(
        format!("growth: at least {OF_EMPTY} of the rate on an empty store"),
        format!("{share:.2}"),
        share >= OF_EMPTY,
    );
    bench.goal(
        "growth: start-up within 1 s",
        format!("{:.3} s", start_up.as_secs_f64()),
        start_up <= START_UP,
    );
    Ok(())
}

/// Conversations of some users: see [`VISITORS`].
type Visits = Vec<(Account, Vec<u64>)>;

/// Writes the messages straight into the store, each to a conversation that is hard to foresee.
async fn fill(
    bench: &Bench,
    options: &Growth,
    folder: &Path,
    accounts: &[Account],
) -> anyhow::Result<Visits> {
    let store = (bench.host.open_store)(&database(folder))?;
    let mut visits: Visits = accounts
        .iter()
        .take(VISITORS)
        .map(|account| (account.clone(), Vec::new()))
        .collect();
    let mut writer = Writer {
        accounts,
        now: bench.host.now,
        text_bytes: bench.common.text_bytes,
        next: 0,
    };
    let start = Instant::now();
    while writer.next < options.messages {
        let left = options.messages - writer.next;
        let size = left.min(FILL_WRITES);
        let batch = (0..size)
            .map(|_| writer.write())
            .collect::<anyhow::Result<_>>()?;
        for outcome in store.commit(batch).await? {
            let Outcome::Append(Ok(stored)) = outcome else {
                anyhow::bail!("the store refused a message");
            };
            note(&mut visits, &stored);
        }
        let per_second = writer.next as f64 / start.elapsed().as_secs_f64();
        progress(&format!(
            "growth: {} of {} messages stored, {per_second:.0} a second",
            writer.next, options.messages
        ));
    }
    progress("");
    Ok(visits)
}

/// Remembers whose conversation this is, if it is a visitor's.
fn note(visits: &mut Visits, stored: &hongyan_store::Appended) {
    let Some(first) = visits.first().map(|(account, _)| account.user) else {
        return;
    };
    for member in stored.members.iter() {
        // The visitors are the first users, and ids are dense.
        let index = usize::try_from(member.get().wrapping_sub(first)).unwrap_or(usize::MAX);
        let Some((_, conversations)) = visits.get_mut(index) else {
            continue;
        };
        let conv = stored.conv.get();
        if !conversations.contains(&conv) {
            conversations.push(conv);
        }
    }
}

/// Makes the messages.
struct Writer<'a> {
    accounts: &'a [Account],
    now: Millis,
    text_bytes: usize,
    next: u64,
}

impl Writer<'_> {
    fn write(&mut self) -> anyhow::Result<Write> {
        let number = self.next;
        self.next += 1;
        let users = self.accounts.len() as u64;
        // Multiplication by a large odd number scatters neighbours.
        let scattered = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        let from = scattered % users;
        let to = (from + 1 + scattered / users % PEERS) % users;
        let user = |index: u64| {
            let account = &self.accounts[usize::try_from(index)?];
            Ok::<_, anyhow::Error>(UserId::new(account.user)?)
        };
        let mut body = Vec::with_capacity(self.text_bytes);
        text::write(&mut body, from, number, self.text_bytes);
        Ok(Write::Append(Append {
            from: user(from)?,
            target: To::Direct(user(to)?),
            client_id: ClientId::new(format!("growth-{number:012}"))?,
            change: Change::Message {
                body: Body::Text(String::from_utf8(body)?.into()),
                reply_to: None,
                mentions: Vec::new(),
                header: Header::default(),
            },
            at: Millis::new(self.now.get() + number / 1000)?,
        }))
    }
}

/// Opens conversations, one after the other, and adds how long it took.
///
/// A page that is not in the system's cache comes from the disk, and a tenth of a millisecond later. How many did says
/// something of the machine's memory, so it is told beside the times.
async fn open(
    bench: &mut Bench,
    target: &Target,
    visits: &Visits,
    setting: String,
) -> anyhow::Result<Option<Percentiles>> {
    let order = Order::Open(Open {
        address: target.address(0),
        visits: visits.clone(),
        entries: LAST,
    });
    let before = target.disk_bytes()?;
    let mut worker = bench.load(&order).await?;
    let times = match bench
        .wait(&mut worker, "growth: conversations opened")
        .await?
    {
        Line::Timed(times) => percentiles(&times)?,
        other => return unexpected(&other),
    };
    let after = target.disk_bytes()?;
    worker.end().await?;
    let opened: usize = visits
        .iter()
        .map(|(_, conversations)| conversations.len())
        .sum();
    let from_disk = before.zip(after).map(|(before, after)| {
        let kib = (after - before) as f64 / 1024.0;
        ("kib_from_disk_per_opening", kib / opened.max(1) as f64)
    });
    bench.add(Measurement {
        bench: "growth",
        subject: "hongyan",
        setting,
        values: from_disk.into_iter().collect(),
        times,
        faults: None,
    });
    Ok(times)
}

fn rate(measurement: &Measurement) -> f64 {
    measurement
        .values
        .get("messages_per_s")
        .copied()
        .unwrap_or(0.0)
}
