//! Standard output and standard error of the commands. Either may be closed or full, and no command panics for it.
//!
//! `println!` and `eprintln!` panic there, so the compiler refuses them in this crate.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Why a line could not be printed.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Whoever read it has gone, as `head` does: no failure of the command.
    #[error("standard output is closed")]
    Closed,
    /// The system says no.
    #[error("cannot write to standard output: {0}")]
    Failed(io::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(error),
        }
    }
}

/// Prints a line of what the command was asked for.
///
/// # Errors
/// See [`OutputError`]: the command has nothing more to do.
pub fn line(text: impl Display) -> Result<(), OutputError> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    Ok(stdout.flush()?)
}

/// Prints that something is done. It stays done where nobody can be told.
pub fn done(text: impl Display) {
    if let Err(OutputError::Failed(error)) = line(text) {
        tell(format_args!(
            "hongyan: it is done, but cannot be printed: {error}"
        ));
    }
}

/// Says something beside the output, to whoever watches.
pub fn tell(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Asks something, on the line where the answer is typed.
pub fn ask(text: impl Display) {
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{text}");
    let _ = stderr.flush();
}
