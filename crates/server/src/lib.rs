//! The binary's parts: configuration, assembly, lifecycle, command line.
//!
//! Everything that names a concrete engine is here: [`node`] puts a store, a bus, the service and the
//! gateway together. Tests call the same assembly, on port 0.

#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "they panic where the output is full or closed; see `output`"
)]

pub mod admin;
pub mod chat;
pub mod cli;
pub mod commands;
pub mod config;
pub mod demo;
pub mod descriptors;
pub mod group_words;
pub mod node;
pub mod output;
pub mod precedence;
pub mod telemetry;
