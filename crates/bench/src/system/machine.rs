//! The facts of the machine that numbers mean nothing without.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;
use tokio::time::Instant;

use super::Cores;

/// Writes timed to find out what one costs.
const FSYNCS: usize = 200;

/// The machine, as far as it matters.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    /// The processor's name.
    pub(crate) processor: String,
    /// Cores that this process may use.
    pub(crate) cores: usize,
    /// Which of them serve and load.
    pub(crate) pinned: Cores,
    /// Memory in bytes.
    pub(crate) memory: u64,
    /// The kernel's version.
    pub(crate) kernel: String,
    /// Open files that a process may have.
    pub(crate) open_files: u64,
    /// The median of writing 4 KiB and waiting for the disk, in microseconds.
    pub(crate) fsync_us: u64,
    /// The load of the last minute when the run began: what else the machine was doing.
    pub(crate) load_average: String,
    /// How far apart the two pinned cores were, as often as that was looked at.
    pub(crate) cores_apart: Option<Apart>,
}

/// The least and the most of several times.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Apart {
    /// In nanoseconds, there and back.
    pub(crate) least_ns: u64,
    /// In nanoseconds, there and back.
    pub(crate) most_ns: u64,
}

impl Machine {
    /// Looks around; `folder` is where the databases will be.
    pub(crate) fn look(pinned: Cores, open_files: u64, folder: &Path) -> anyhow::Result<Self> {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Ok(Self {
            processor: field(&cpuinfo, "model name").unwrap_or("unknown").into(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            pinned,
            memory: field(&meminfo, "MemTotal")
                .and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok())
                .map_or(0, |kib| kib * 1024),
            kernel: trimmed("/proc/sys/kernel/osrelease"),
            open_files,
            fsync_us: u64::try_from(fsync(folder)?.as_micros()).unwrap_or(u64::MAX),
            load_average: trimmed("/proc/loadavg"),
            cores_apart: None,
        })
    }

    /// Looks how far apart the two cores are now, and remembers the least and the most.
    pub(crate) fn look_again(&mut self) -> anyhow::Result<()> {
        let Some(apart) = super::apart(self.pinned)? else {
            return Ok(());
        };
        let now_ns = u64::try_from(apart.as_nanos()).unwrap_or(u64::MAX);
        let seen = self.cores_apart.unwrap_or(Apart {
            least_ns: now_ns,
            most_ns: now_ns,
        });
        self.cores_apart = Some(Apart {
            least_ns: seen.least_ns.min(now_ns),
            most_ns: seen.most_ns.max(now_ns),
        });
        Ok(())
    }
}

/// What one durable write of 4 KiB costs in this folder: the median.
fn fsync(folder: &Path) -> anyhow::Result<Duration> {
    let mut file: File = tempfile::tempfile_in(folder)
        .with_context(|| format!("cannot write to {}", folder.display()))?;
    let mut times = Vec::with_capacity(FSYNCS);
    for _ in 0..FSYNCS {
        let start = Instant::now();
        file.rewind()?;
        file.write_all(&[0x5a; 4096])?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times[FSYNCS / 2])
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

fn trimmed(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|_| "unknown".into());
    text.trim().to_owned()
}
