//! What the coordinator tells a process of its own, and what it hears: a line of JSON each.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::check::Faults;
use crate::client::Address;
use crate::latency::TimesData;

/// What a process is to do: the first line on its standard input.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Pairs of clients, one writing to the other.
    Pairs(Pairs),
    /// Clients that connect and stay.
    Hold(Hold),
    /// Writes to somebody who is away.
    Fill(Fill),
    /// Somebody signs in and fetches what was missed.
    Drain(Drain),
    /// Opens conversations, one after the other.
    Open(Open),
    /// One group, whose members connect and stay. Some write for a [`Stretch`] whenever it is told to.
    Crowd(Crowd),
    /// The yardstick without store and ack. Serves until its standard input ends.
    Relay,
    /// The yardstick without network. Writes for a [`Stretch`] whenever it is told to.
    Store(StoreOrder),
    /// The yardstick of durable writes alone. Writes for a [`Stretch`] whenever it is told to.
    Disk(DiskOrder),
}

/// A second line, for [`Order::Hold`]: drop all connections and reconnect at once.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reconnect {
    /// Entries that each client's only conversation got meanwhile.
    pub(crate) news: u64,
}

/// A further line, for [`Order::Store`], [`Order::Disk`] and [`Order::Crowd`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stretch {
    pub(crate) warm_up_ms: u64,
    pub(crate) measure_ms: u64,
}

impl Stretch {
    /// So many seconds; less than none is none.
    pub(crate) fn of(seconds: f64) -> Self {
        Self {
            warm_up_ms: 0,
            measure_ms: millis(seconds),
        }
    }

    /// That begins so many seconds after the work does.
    pub(crate) fn after(self, seconds: f64) -> Self {
        Self {
            warm_up_ms: millis(seconds),
            ..self
        }
    }
}

fn millis(seconds: f64) -> u64 {
    (seconds.max(0.0) * 1000.0) as u64
}

/// What a process says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Line {
    /// So many of so many.
    Progress(u64, u64),
    /// A relay can be reached here.
    Listening(SocketAddr),
    /// Of [`Order::Pairs`].
    Pairs(PairsResult),
    /// Of [`Order::Hold`]: all are connected. The connections stay.
    Held(HoldResult),
    /// Of [`Order::Crowd`]: so many members are connected.
    Ready(u64),
    /// Of a [`Stretch`] of [`Order::Crowd`].
    Crowd(CrowdResult),
    /// Of [`Order::Fill`] and [`Order::Drain`].
    Moved(MovedResult),
    /// Of [`Order::Open`], and of a [`Stretch`] of [`Order::Disk`].
    Timed(TimesData),
    /// Of a [`Stretch`] of [`Order::Store`].
    Stored(StoreResult),
    /// It could not be done.
    Failed(String),
}

/// Somebody to sign in as.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    /// The user's id.
    pub(crate) user: u64,
    /// The session's token.
    pub(crate) token: String,
}

/// How messages are paced.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Pace {
    /// Closed loop: so many on their way in each pair, the next when one is done.
    Window(u32),
    /// Open loop: messages a second over all pairs, whatever the server does.
    Rate(f64),
}

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Dialect {
    /// With sessions, answers and acks.
    Hongyan,
    /// Just frames.
    Relay,
}

/// People to whom nobody has written yet: the writers of a mix do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mix {
    /// The id of the first of them; the others' follow.
    pub(crate) first_stranger: u64,
    /// How many they are.
    pub(crate) strangers: u64,
}

/// What a pair of a mix does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// The writer says something.
    Message,
    /// The writer changes what was said.
    Edit,
    /// The writer takes back what was said.
    Recall,
    /// The writer says something to somebody for the first time.
    First,
    /// The reader moves the read position.
    Read,
    /// The reader asks for a page: no write.
    Page,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Message,
        Self::Edit,
        Self::Recall,
        Self::First,
        Self::Read,
        Self::Page,
    ];
}

/// See [`Order::Pairs`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pairs {
    pub(crate) address: Address,
    pub(crate) dialect: Dialect,
    /// Who writes, and to whom.
    pub(crate) pairs: Vec<(Account, Account)>,
    pub(crate) pace: Pace,
    /// Whether to do what people do, instead of sending messages only.
    pub(crate) mix: Option<Mix>,
    /// The size of a text, in bytes.
    pub(crate) text_bytes: usize,
    pub(crate) warm_up_ms: u64,
    pub(crate) measure_ms: u64,
    /// Names this run, so that its messages are new to the server.
    pub(crate) run: u64,
    /// The server's process, if it is on this machine.
    pub(crate) server_pid: Option<u32>,
}

/// What was measured between warm-up and end.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct PairsResult {
    /// Messages that were answered, pushed and acked; of a mix, writes of every kind.
    pub(crate) messages: u64,
    pub(crate) seconds: f64,
    /// Processor time of the server, in seconds, where it is known.
    pub(crate) server_cpu: Option<f64>,
    pub(crate) load_cpu: f64,
    pub(crate) times: TimesData,
    /// Of a mix.
    pub(crate) by_kind: BTreeMap<Kind, TimesData>,
    pub(crate) faults: Faults,
}

impl PairsResult {
    /// Messages a second.
    pub(crate) fn rate(&self) -> f64 {
        self.messages as f64 / self.seconds
    }

    /// Stretches of the same work as one.
    pub(crate) fn sum(stretches: &[Self]) -> Self {
        let mut sum = Self {
            server_cpu: stretches.iter().map(|stretch| stretch.server_cpu).sum(),
            ..Self::default()
        };
        for stretch in stretches {
            sum.messages += stretch.messages;
            sum.seconds += stretch.seconds;
            sum.load_cpu += stretch.load_cpu;
            sum.times.add(&stretch.times);
            for (kind, times) in &stretch.by_kind {
                sum.by_kind.entry(*kind).or_default().add(times);
            }
            sum.faults.add(&stretch.faults);
        }
        sum
    }
}

/// See [`Order::Crowd`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Crowd {
    pub(crate) address: Address,
    pub(crate) dialect: Dialect,
    pub(crate) members: Vec<Account>,
    /// Their group.
    pub(crate) conv: u64,
    /// So many of them, the first ones, write.
    pub(crate) senders: usize,
    /// Of each of those; a rate is that of all together.
    pub(crate) pace: Pace,
    /// The size of a text, in bytes.
    pub(crate) text_bytes: usize,
    /// Names this run, so that its messages are new to the server.
    pub(crate) run: u64,
    /// The server's process, if it is on this machine.
    pub(crate) server_pid: Option<u32>,
}

/// What was measured between warm-up and end.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct CrowdResult {
    /// Pushes of new messages that came, to all members together.
    pub(crate) deliveries: u64,
    pub(crate) seconds: f64,
    /// Processor time of the server, in seconds, where it is known.
    pub(crate) server_cpu: Option<f64>,
    pub(crate) load_cpu: f64,
    /// Of each message, from when it was due to the last member.
    pub(crate) times: TimesData,
    pub(crate) faults: Faults,
}

impl CrowdResult {
    /// Deliveries a second.
    pub(crate) fn rate(&self) -> f64 {
        self.deliveries as f64 / self.seconds
    }

    /// Stretches of the same work as one.
    pub(crate) fn sum(stretches: &[Self]) -> Self {
        let mut sum = Self {
            server_cpu: stretches.iter().map(|stretch| stretch.server_cpu).sum(),
            ..Self::default()
        };
        for stretch in stretches {
            sum.deliveries += stretch.deliveries;
            sum.seconds += stretch.seconds;
            sum.load_cpu += stretch.load_cpu;
            sum.times.add(&stretch.times);
            sum.faults.add(&stretch.faults);
        }
        sum
    }
}

/// See [`Order::Hold`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hold {
    pub(crate) address: Address,
    pub(crate) clients: Vec<Account>,
    /// Connections being opened at the same time; on a reconnect, all are.
    pub(crate) opening: usize,
    /// Whether to sync after `welcome`.
    pub(crate) sync: bool,
}

/// Connections that were opened.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct HoldResult {
    pub(crate) clients: u64,
    /// From the first attempt to the last welcome (or sync).
    pub(crate) seconds: f64,
    /// Of each client, from the beginning of the whole.
    pub(crate) times: TimesData,
    /// Attempts that the server turned away and that were repeated.
    pub(crate) retries: u64,
    pub(crate) faults: Faults,
}

/// See [`Order::Fill`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Fill {
    pub(crate) address: Address,
    pub(crate) senders: Vec<Account>,
    pub(crate) to: u64,
    /// Messages from each.
    pub(crate) messages: u64,
    pub(crate) text_bytes: usize,
    pub(crate) run: u64,
}

/// See [`Order::Drain`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Drain {
    pub(crate) address: Address,
    pub(crate) account: Account,
    /// Conversations expected.
    pub(crate) conversations: u64,
    /// Messages expected in each.
    pub(crate) messages: u64,
    pub(crate) text_bytes: usize,
}

/// Messages that were written or fetched.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct MovedResult {
    pub(crate) messages: u64,
    /// From the TCP connection on.
    pub(crate) seconds: f64,
    pub(crate) faults: Faults,
}

/// See [`Order::Open`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) address: Address,
    /// Who, and conversations of theirs.
    pub(crate) visits: Vec<(Account, Vec<u64>)>,
    /// Entries to fetch.
    pub(crate) entries: usize,
}

/// See [`Order::Disk`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DiskOrder {
    /// Where the file is made, which is gone afterwards.
    pub(crate) folder: PathBuf,
    /// Writes a second.
    pub(crate) rate: f64,
}

/// See [`Order::Store`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoreOrder {
    pub(crate) database: PathBuf,
    /// Users of the pairs: the even ones write to their neighbours.
    pub(crate) users: Vec<u64>,
    /// Messages on their way in each pair.
    pub(crate) window: u32,
    pub(crate) text_bytes: usize,
    pub(crate) run: u64,
    /// The time of the first message.
    pub(crate) now: u64,
}

/// What the store did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct StoreResult {
    pub(crate) messages: u64,
    pub(crate) commits: u64,
    pub(crate) seconds: f64,
    pub(crate) cpu: f64,
    pub(crate) times: TimesData,
}

impl StoreResult {
    /// Messages a second.
    pub(crate) fn rate(&self) -> f64 {
        self.messages as f64 / self.seconds
    }

    /// Stretches of the same work as one.
    pub(crate) fn sum(stretches: &[Self]) -> Self {
        let mut sum = Self::default();
        for stretch in stretches {
            sum.messages += stretch.messages;
            sum.commits += stretch.commits;
            sum.seconds += stretch.seconds;
            sum.cpu += stretch.cpu;
            sum.times.add(&stretch.times);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::latency::Times;

    fn stretch(messages: u64, seconds: f64, server_cpu: Option<f64>) -> PairsResult {
        let mut times = Times::new().unwrap();
        times.record(Duration::from_micros(messages));
        PairsResult {
            messages,
            seconds,
            server_cpu,
            load_cpu: 0.25,
            by_kind: BTreeMap::from([(Kind::Edit, times.to_data())]),
            times: times.to_data(),
            faults: Faults {
                lost: messages / 100,
                ..Faults::default()
            },
        }
    }

    #[test]
    fn stretches_add_up() {
        let sum = PairsResult::sum(&[stretch(100, 1.0, Some(0.5)), stretch(200, 0.5, Some(0.25))]);
        assert_eq!((sum.rate(), sum.server_cpu), (200.0, Some(0.75)));
        assert_eq!((sum.load_cpu, sum.faults.lost), (0.5, 3));
        let mut times = Times::new().unwrap();
        times.add(&sum.times);
        let found = times.percentiles().unwrap();
        assert_eq!((found.count, found.p50_us, found.max_us), (2, 100, 200));
        assert_eq!(sum.by_kind, BTreeMap::from([(Kind::Edit, sum.times)]));
    }

    #[test]
    fn a_processor_time_that_one_stretch_does_not_know_is_not_known_of_all() {
        let sum = PairsResult::sum(&[stretch(100, 1.0, Some(0.5)), stretch(100, 1.0, None)]);
        assert_eq!((sum.messages, sum.server_cpu), (200, None));
    }
}
