//! How an entry gets from the log to every device, as pure state machines.
//!
//! log → **server half** → connection → **client half** → application
//!
//! Owns: what to push, what to push again and when to give up (`server`); what to show, ack and
//! fetch, what to send again, when to ping and when to reconnect (`client`).
//! Promises: no sockets, no clock, no randomness of its own. The caller passes the time and the
//! random numbers in and carries the actions out, so that every run can be replayed.
//! Every map and buffer is bounded; the bounds stand in the `Policy` of each machine.
//! Not here: the frames (`hongyan_protocol`), the log (`hongyan_store`), and who may read what.
//!
//! `docs/DELIVERY.md` teaches the rules with timelines.

mod backoff;
pub mod client;
pub mod server;
mod tick;

pub use backoff::{Backoff, RETRY_AFTER_CAP};
pub use tick::Tick;
