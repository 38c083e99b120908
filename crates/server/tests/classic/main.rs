//! The classic protocol at the front door: a real server, and clients written from the protocol's
//! description alone. What `docs/CLASSIC.md` says, these tests say.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]
#![allow(unreachable_pub, reason = "the modules of a test are its own")]

#[allow(
    dead_code,
    unused_imports,
    reason = "shared with the system tests, which use more of it"
)]
#[path = "../system/harness/mod.rs"]
mod harness;

#[allow(
    dead_code,
    reason = "shared with the crash tests, which use more of it"
)]
#[path = "../crash/server.rs"]
mod process;
#[allow(
    dead_code,
    reason = "shared with the crash tests, which use more of it"
)]
#[path = "../crash/proxy.rs"]
mod proxy;

mod acks;
mod bad_input;
mod client;
mod course_page;
mod frames;
mod http_calls;
mod identity;
mod logs;
mod mixed;
mod offline;
mod one_page;
mod outages;
mod page;
mod restart;
mod sdk;
