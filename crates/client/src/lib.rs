//! A client of Hongyan for Rust programs: bots, services, terminal programs.
//!
//! application ⇄ [`Client`] and [`Events`] ⇄ one task ⇄ the server
//!
//! ```no_run
#![doc = include_str!("../examples/echo.rs")]
//! ```
//!
//! Owns: one connection and its recovery, a heartbeat that adapts to the network, acknowledgement,
//! an outbox, and the order of what is received.
//!
//! # What is promised
//! - **Sending.** [`Client::send`] puts a message into the outbox. It is sent again, under the same
//!   [`ClientId`], over any number of connections until the server answers; the server takes it
//!   once. With a [state directory](Config::state) it is on the disk before `send` returns, and a
//!   crash of the program or the machine neither loses nor doubles it. Without one it lives as
//!   long as the client.
//! - **Receiving.** Within one run each [entry](Event::Entry) comes exactly once, in the order of
//!   its conversation, without holes, whatever the network loses, doubles or reorders. With a state
//!   directory the next run goes on where this one stopped. An entry is *dealt with* once the next
//!   event is asked for; positions are written within a second of that, and at
//!   [`Client::close`]. So after a crash the entries of the last second, and the one in hand, come
//!   again: **at least once**. A program that must not act twice keeps `(conv, seq)` with what it
//!   does.
//! - **Groups.** [`Client::create_group`] and its like make and change groups; what others hear of it are entries. A
//!   [`Group`] is what a sync and the entries after it say of one.
//! - **Acknowledgement.** An entry is acknowledged to the server, and so shown to its sender as
//!   delivered, once it is in the stream of events.
//! - **A slow application** costs no memory. When the [stream](Config::events) is full the client
//!   takes in no more entries. It reads the connection only for as long as a request of the
//!   application waits for its answer, drops what else comes, and rests the heartbeat. The server
//!   may close such a connection. When the application reads on, the client reconnects if
//!   it must, and a sync brings what was left out.
//! - **Bad servers.** A frame that is too long, binary or not of the protocol ends the connection,
//!   and the client connects again with growing waits. Nothing that comes in makes it panic.
//!
//! # Not here
//! The messages themselves: an application that shows history over restarts keeps them, or asks
//! [`Client::history`].

mod ambient;
mod client;
mod client_ids;
mod command;
mod config;
mod driver;
mod error;
mod event;
mod groups;
mod http;
mod joining;
mod journal;
mod message;
mod outlet;
mod people;
mod reads;
mod requests;
mod session;

use std::time::Duration;

pub use client::{Client, Page, SendHandle};
pub use config::{Config, Credentials, Policies, Start};
pub use error::{ConnectError, HttpError, RequestError, SendError, StateError, SubmitError};
pub use event::{Event, Reason, SendState, Terminal};
pub use groups::{Group, GroupSetting, MemberPage};
pub use joining::{Admits, Links, RequestPage};
pub use message::Message;
pub use outlet::Events;
pub use people::{FoundUser, FoundUsers};
pub use session::{NamedMessage, Session};

/// The machines behind the client, for their policies.
pub use hongyan_delivery::client as machines;
/// Frames, ids and codes.
pub use hongyan_protocol as protocol;

pub use hongyan_protocol::{
    Body, ClientId, ConversationId, ConversationView, Entry, EntryKind, ErrorCode, GroupEvent,
    GroupMember, GroupView, Millis, Receipt, Role, Sent, Seq, Target, UserId, UserProfile, Who,
    Window,
};

/// From the first packet of an attempt to connect to the welcome.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// From a question, such as [`Client::history`], to its answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
