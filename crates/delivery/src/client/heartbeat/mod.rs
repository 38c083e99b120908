//! When to ping, and when the connection is dead.
//!
//! Owns: the quiet time of the connection, and what was learnt of each kind of network.
//! Promises: a server that hears from its clients as often as it planned always does; a silent
//! connection is found dead within the interval and the time-out; networks remembered are bounded.
//! Not here: how the interval grows and shrinks (`hongyan_protocol::heartbeat`, run by the server).

mod machine;
mod memory;

pub use machine::Heartbeat;
pub use memory::Network;

use std::time::Duration;

use hongyan_protocol::Ping;

/// The times and bounds of [`Heartbeat`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Networks remembered. Beyond it the one used longest ago is forgotten.
    pub networks: usize,
    /// A connection that comes back within this time of a dead one says that the network was there
    /// and the quiet time was too long. Later than this, the network itself was gone, and nothing
    /// is learnt.
    pub blame: Duration,
    /// A failure seen once is forgotten after this long, and tried again: it may have been chance.
    pub recheck: Duration,
    /// The same for a failure that was confirmed.
    pub recheck_confirmed: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            networks: 16,
            blame: Duration::from_secs(30),
            recheck: Duration::from_secs(60 * 60),
            recheck_confirmed: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// What the SDK has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send this ping. It counts as sent; do not call [`Heartbeat::sent`] for it.
    Ping(Ping),
    /// Nothing came back: break the connection and make a new one.
    Dead,
}
