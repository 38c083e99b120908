//! The command line of `hongyan bench`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `hongyan bench`
#[derive(Debug, Args)]
#[command(
    subcommand_required = true,
    after_help = "Without --server, each measurement starts a server of its own on an empty database, pinned to one \
    core, with the load on another; what one address and one user may have is raised for it, as a few processes \
    stand for a crowd. Use a release build, on a machine that does nothing else.\n\n\
    A lost, doubled, misordered or changed message makes the exit code 1. \
    What the numbers mean is described in docs/PERFORMANCE.md."
)]
pub struct Options {
    /// What to measure.
    #[command(subcommand)]
    pub command: Command,
    /// What all measurements share.
    #[command(flatten)]
    pub common: Common,
}

/// What all measurements share.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// A running server (http://…), instead of one of the benchmark's own. Needs --logins.
    #[arg(long, value_name = "URL", global = true, requires = "logins")]
    pub server: Option<String>,
    /// Users of that server to sign in as, one "LOGIN PASSWORD" a line; each needs no conversations.
    #[arg(long, value_name = "FILE", global = true)]
    pub logins: Option<PathBuf>,
    /// That server's process, to read its processor time and memory, if it runs on this machine.
    #[arg(long, value_name = "PID", global = true)]
    pub server_pid: Option<u32>,
    /// The folder in which databases are made, and removed at the end [default: the system's for
    /// temporary files].
    #[arg(long, value_name = "FOLDER", global = true)]
    pub folder: Option<PathBuf>,
    /// The size of a text, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 100, global = true)]
    pub text_bytes: usize,
    /// Print JSON instead of tables.
    #[arg(long, global = true)]
    pub json: bool,
    /// Also write the report to this file: JSON if it ends in .json, else Markdown. May be given
    /// several times.
    #[arg(long, value_name = "FILE", global = true)]
    pub report: Vec<PathBuf>,
}

/// What to measure.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Memory of idle connections, and how fast they are made.
    Idle(Idle),
    /// The time from a message's being due to its arrival, at a steady rate.
    Latency(Latency),
    /// Messages a second, with so many on their way at a time.
    Throughput(Throughput),
    /// How soon somebody who was away has everything.
    Offline(Offline),
    /// How soon all clients are back after a restart of the server.
    Reconnect(Reconnect),
    /// Deliveries a second in one group whose members are all online.
    Group(Group),
    /// Rate, opening of conversations, log size and start-up, when the store has grown.
    Growth(Growth),
    /// All of them but group and growth, each as it is by default.
    All,
    /// Carries out an order of the coordinator's.
    #[command(hide = true)]
    Worker,
}

/// `hongyan bench idle`
#[derive(Debug, Clone, Args)]
pub struct Idle {
    /// Connections.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    pub connections: usize,
    /// Connections being opened at the same time.
    #[arg(long, value_name = "COUNT", default_value_t = 128)]
    pub opening: usize,
    /// Seconds of rest before memory is read.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub rest: u64,
}

/// `hongyan bench latency`
#[derive(Debug, Clone, Args)]
pub struct Latency {
    /// Messages a second, over all pairs.
    #[arg(long, value_name = "COUNT", default_value_t = 100.0)]
    pub rate: f64,
    /// Pairs of one who writes and one who reads.
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub pairs: usize,
    /// How long to measure each: relay, disk and server in five rounds by turns.
    #[arg(long, value_name = "SECONDS", default_value_t = 20.0)]
    pub seconds: f64,
}

/// `hongyan bench throughput`
#[derive(Debug, Clone, Args)]
pub struct Throughput {
    /// Pairs of one who writes and one who reads.
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    pub pairs: usize,
    /// Messages on their way in each pair; may be given several times.
    #[arg(long, value_name = "COUNT", default_values_t = [32, 1])]
    pub window: Vec<u32>,
    /// How long to measure each: relay, server and store in five rounds by turns.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub seconds: f64,
    /// Also measure what people do, by turns with messages only. Of 100 writes of each pair 84 are messages, 10 read
    /// positions, 3 first messages to somebody, 2 edits and 1 recall; beside them the one who reads asks for 1 page of
    /// the last 50 entries. Needs a server of the benchmark's own.
    #[arg(long)]
    pub mix: bool,
}

/// `hongyan bench offline`
#[derive(Debug, Clone, Args)]
pub struct Offline {
    /// Messages that wait, over all senders.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    pub messages: u64,
    /// People who wrote.
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub senders: usize,
}

/// `hongyan bench reconnect`
#[derive(Debug, Clone, Args)]
pub struct Reconnect {
    /// Clients.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    pub connections: usize,
}

/// `hongyan bench group`
#[derive(Debug, Clone, Args)]
pub struct Group {
    /// Members of the group, all of them connected; may be given several times.
    #[arg(long, value_name = "COUNT", default_values_t = [100, 1000, 10_000])]
    pub members: Vec<usize>,
    /// Members who write.
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    pub senders: usize,
    /// Messages of each of them on their way.
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    pub window: u32,
    /// Messages a second to the largest group, while pairs write to each other.
    #[arg(long, value_name = "COUNT", default_value_t = 5.0)]
    pub rate: f64,
    /// How long to measure each: bare broadcast and server in five rounds by turns.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub seconds: f64,
}

/// `hongyan bench growth`
#[derive(Debug, Clone, Args)]
pub struct Growth {
    /// Messages to store before the second measurement.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000_000)]
    pub messages: u64,
    /// Users among whom they are spread: each writes to some of the others.
    #[arg(long, value_name = "COUNT", default_value_t = 20_000)]
    pub users: usize,
    /// How long to measure the rate.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    pub seconds: f64,
}

macro_rules! defaults {
    ($($name:ident)*) => {$(
        impl Default for $name {
            /// As on a command line without flags.
            fn default() -> Self {
                #[derive(clap::Parser)]
                struct Line {
                    #[command(flatten)]
                    args: $name,
                }
                <Line as clap::Parser>::parse_from(["bench"]).args
            }
        }
    )*};
}

defaults! { Idle Latency Throughput Offline Reconnect Group }
