//! The `hongyan` command: a contents page.

use std::io;
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use hongyan::cli::{Cli, Command};
use hongyan::commands::{self, TryAgain};
use hongyan::output::OutputError;
use hongyan::{precedence, telemetry};
use tokio::runtime::{Builder, Runtime};

/// Gives memory of closed connections back to the system; the default allocator keeps most of it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// `EX_TEMPFAIL` of sysexits(3): the same command may succeed later.
const TEMPORARY_FAILURE: u8 = 75;

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let result = match runtime(&command) {
        Ok(runtime) => runtime.block_on(run(command)),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => end_of(&error),
    }
}

/// Says why a command failed. See `hongyan send --help` for the exit codes.
fn end_of(error: &anyhow::Error) -> ExitCode {
    if let Some(OutputError::Closed) = error.downcast_ref() {
        return ExitCode::SUCCESS;
    }
    telemetry::report(error);
    if error.is::<TryAgain>() {
        return ExitCode::from(TEMPORARY_FAILURE);
    }
    ExitCode::FAILURE
}

/// A thread for each core that this process may use. Where that is one, a scheduler that knows of no other
/// thread: a twentieth less time a message.
fn runtime(command: &Command) -> io::Result<Runtime> {
    let is_alone = thread::available_parallelism().is_ok_and(|cores| cores.get() == 1);
    if !is_alone {
        let mut builder = Builder::new_multi_thread();
        if matches!(command, Command::Serve(_)) {
            builder.on_thread_start(precedence::give_way);
        }
        return builder.enable_all().build();
    }
    Builder::new_current_thread()
        // What the threads of the store have done is taken up in every other turn. By default in one of 31, so
        // that under a storm of connections those that came in waited for those still coming.
        .global_queue_interval(2)
        .enable_all()
        .build()
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(options) => commands::serve(options).await,
        Command::Chat(options) => commands::chat(options).await,
        Command::Send(options) => commands::send(options).await,
        Command::Tail(options) => commands::tail(options).await,
        Command::User(options) => commands::user(options).await,
        Command::Check(options) => commands::check(options).await,
        Command::Backup(options) => commands::backup(options).await,
        Command::Restore(options) => commands::restore(options).await,
        Command::Bench(options) => commands::bench(options).await,
    }
}
