//! The commands, as a person types them.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]

mod data_folder;
mod groups;
mod harness;
mod messages;
mod restoring;
mod serving;
mod usage;
