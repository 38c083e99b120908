//! The limit on open files of this process: raised as far as the system lets a process raise it.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than any server needs. Some systems allow a thousand times as many, and others keep a table of that size.
const ENOUGH: u64 = 1 << 20;

/// Raises the soft limit to the hard one, and says how many files may be open then.
///
/// The soft limit of many systems is 1,024, for the sake of programs that use `select`.
pub fn raise() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(ENOUGH).min(ENOUGH);
    let mut allowed = current.unwrap_or(ENOUGH);
    if allowed < wanted {
        let raised = Rlimit {
            current: Some(wanted),
            maximum,
        };
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => allowed = wanted,
            Err(error) => tracing::warn!(%error, allowed, "cannot raise the limit of open files"),
        }
    }
    usize::try_from(allowed).unwrap_or(usize::MAX)
}
