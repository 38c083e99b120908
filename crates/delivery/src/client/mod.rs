//! The client half: four small machines that an SDK drives with frames, time and chance.
//!
//! - [`Incoming`]: every conversation's log, exactly once and in order; what to ack and fetch.
//! - [`Outbox`]: requests that append, in order, sent again until they are answered.
//! - [`Heartbeat`]: when to ping, and when the connection is dead.
//! - [`Reconnect`]: when to connect again, or never.
//!
//! They do not know each other. A connection that breaks is told to each of them; a connection
//! that is welcome again too.

pub mod heartbeat;
pub mod incoming;
pub mod outbox;
pub mod reconnect;

pub use heartbeat::Heartbeat;
pub use incoming::Incoming;
pub use outbox::Outbox;
pub use reconnect::Reconnect;
