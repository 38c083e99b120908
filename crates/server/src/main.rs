//! The `hongyan` command: a contents page.

use std::process::ExitCode;

use clap::Parser;
use hongyan::cli::{Cli, Command};
use hongyan::{commands, telemetry};

/// Gives memory of closed connections back to the system; the default allocator keeps most of it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(options) => commands::serve(options).await,
        Command::Chat(options) => commands::chat(options).await,
        Command::Send(options) => commands::send(options).await,
        Command::Tail(options) => commands::tail(options).await,
        Command::User(options) => commands::user(options).await,
        Command::Check(options) => commands::check(options).await,
        Command::Bench(options) => commands::bench(options).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            telemetry::report(&error);
            ExitCode::FAILURE
        }
    }
}
