//! Whole-system tests: a real server, a real database, real sockets.
//!
//! They stand in the binary's own package because only there does Cargo build the binary for them.
//! Nothing here sleeps and hopes: [`harness::eventually`] polls a condition until a generous deadline.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]
#![allow(unreachable_pub, reason = "the modules of a test are its own")]

mod harness;

mod accounts;
mod bad_input;
mod blocks;
mod browsers;
mod door;
mod edges;
mod exchange;
mod groups;
mod http_api;
mod joining;
mod live;
mod mentions;
mod names;
mod order;
mod pages;
mod people;
mod re_push;
mod reactions;
mod restore;
mod retention;
mod rust_groups;
mod shutdown;
mod sign_in;
mod slow;
mod two_nodes;
mod views;
mod web;
