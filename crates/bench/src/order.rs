//! What the coordinator tells a process of its own, and what it hears: a line of JSON each.

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
    /// The yardstick without store and ack. Serves until its standard input ends.
    Relay,
    /// The yardstick without network.
    Store(StoreOrder),
}

/// A second line, for [`Order::Hold`]: drop all connections and reconnect at once.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reconnect {
    /// Entries that each client's only conversation got meanwhile.
    pub(crate) news: u64,
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
    /// Of [`Order::Fill`] and [`Order::Drain`].
    Moved(MovedResult),
    /// Of [`Order::Open`].
    Opened(TimesData),
    /// Of [`Order::Store`].
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

/// See [`Order::Pairs`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pairs {
    pub(crate) address: Address,
    pub(crate) dialect: Dialect,
    /// Who writes, and to whom.
    pub(crate) pairs: Vec<(Account, Account)>,
    pub(crate) pace: Pace,
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
    /// Messages that were answered, pushed and acked.
    pub(crate) messages: u64,
    pub(crate) seconds: f64,
    /// Processor time of the server, in seconds, where it is known.
    pub(crate) server_cpu: Option<f64>,
    pub(crate) load_cpu: f64,
    pub(crate) times: TimesData,
    pub(crate) faults: Faults,
}

impl PairsResult {
    /// Messages a second.
    pub(crate) fn rate(&self) -> f64 {
        self.messages as f64 / self.seconds
    }

    /// Adds another stretch of the same work.
    pub(crate) fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.seconds += other.seconds;
        self.server_cpu = self
            .server_cpu
            .zip(other.server_cpu)
            .map(|(one, two)| one + two);
        self.load_cpu += other.load_cpu;
        self.times.add(other.times);
        self.faults.add(&other.faults);
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

/// See [`Order::Store`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoreOrder {
    pub(crate) database: PathBuf,
    /// Users of the pairs: the even ones write to their neighbours.
    pub(crate) users: Vec<u64>,
    /// Messages on their way in each pair.
    pub(crate) window: u32,
    pub(crate) text_bytes: usize,
    pub(crate) measure_ms: u64,
    pub(crate) run: u64,
    /// The time of every message.
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
