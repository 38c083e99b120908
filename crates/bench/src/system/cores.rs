//! The server on one core, the load on another: neither takes the other's time.

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Serialize;

/// Which core serves and which loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Cores {
    /// The server's, and each yardstick's in its turn.
    pub(crate) server: Option<usize>,
    /// The load's.
    pub(crate) load: Option<usize>,
}

impl Cores {
    /// The first two cores that this process may use; with a single one, nothing is pinned.
    pub(crate) fn choose() -> anyhow::Result<Self> {
        let allowed = sched_getaffinity(None).context("cannot read the allowed cores")?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let (server, load) = (cores.next(), cores.next());
        Ok(Self {
            server: server.filter(|_| load.is_some()),
            load,
        })
    }
}

/// Runs `start` with this thread on a core. A process started in it inherits that, for all its threads.
pub(crate) fn on_core<T>(
    core: Option<usize>,
    start: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let Some(core) = core else { return start() };
    let before = sched_getaffinity(None).context("cannot read the allowed cores")?;
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only).with_context(|| format!("cannot pin to core {core}"))?;
    let started = start();
    sched_setaffinity(None, &before).context("cannot unpin")?;
    started
}

/// Raises the limit of open files as far as the system lets an ordinary user, and returns it.
pub(crate) fn raise_open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // Where it fails, the old limit stands, and is what is reported.
    let _ = setrlimit(Resource::Nofile, raised);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
