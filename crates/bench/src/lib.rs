//! Measures a server as its users would.
//!
//! coordinator → load processes → server under test; beside it, the yardsticks
//!
//! Owns: the load generator, the yardsticks (`relay`, `store`, `disk`), the report.
//! Promises: every message is checked; a lost, doubled or misordered one fails the run. Server and
//! load run in processes of their own, pinned to cores of their own, so that their costs are told
//! apart. A time is counted from when a message was due.
//! Not here: which engine keeps the data (the caller opens it).
//!
//! ```text
//! run/        one file a measurement: starts processes, gives orders, gathers, judges
//! load/       what a load process does; order.rs is the language between the two
//! yardstick/  the relay, the store and the disk alone
//! client/     the lean client that the load is made of
//! check.rs    lost, doubled, misordered
//! ```

mod check;
mod child;
mod client;
mod latency;
mod load;
mod options;
mod order;
mod prepare;
mod report;
mod run;
mod system;
mod target;
mod text;
mod yardstick;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hongyan_protocol::Millis;
use hongyan_store::Store;

pub use options::{
    Command, Common, Group, Growth, Idle, Latency, Offline, Options, Reconnect, Throughput,
};

/// Opens a database, and makes it if it is not there. Dropped, it lets go of the file.
pub type OpenStore = fn(&Path) -> anyhow::Result<Arc<dyn Store>>;

/// What the benchmark is part of.
#[derive(Clone)]
pub struct Host {
    /// The program: started again as server (`serve`) and as load (`bench worker`).
    pub program: PathBuf,
    /// The engine of the server's databases.
    pub open_store: OpenStore,
    /// When the run began.
    pub now: Millis,
}

/// Runs `hongyan bench`.
///
/// # Errors
/// What kept it from measuring; or, after the report, that a message was lost, doubled or misordered.
pub async fn run(options: Options, host: Host) -> anyhow::Result<()> {
    match options.command {
        Command::Worker => load::work(&host).await,
        _ => run::run(options, host).await,
    }
}
