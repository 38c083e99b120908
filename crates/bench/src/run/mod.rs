//! The measurements, one file each: start what is needed, give orders, gather what comes back.

mod group;
mod growth;
mod idle;
mod latency;
mod mixed;
mod offline;
mod pairs;
mod reconnect;
mod rounds;
mod throughput;

use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::Context;
use tempfile::TempDir;

use crate::Host;
use crate::child::Worker;
use crate::latency::Percentiles;
use crate::options::{Command, Common, Idle, Latency, Offline, Options, Reconnect, Throughput};
use crate::order::{Line, Order};
use crate::report::{Goal, Measurement, Report};
use crate::system::{self, Cores, Machine};

/// What all measurements share.
pub(crate) struct Bench {
    pub(crate) host: Host,
    pub(crate) common: Common,
    pub(crate) cores: Cores,
    report: Report,
    runs: u64,
}

/// Measures and prints. An error, after the report, where not every message arrived as it should.
pub(crate) async fn run(options: Options, host: Host) -> anyhow::Result<()> {
    let mut bench = Bench::new(host, options.common)?;
    tokio::select! {
        done = bench.measure(&options.command) => done?,
        // Dropped, the processes end and the folders go.
        stopped = tokio::signal::ctrl_c() => {
            stopped?;
            anyhow::bail!("interrupted");
        }
    }
    bench.print()?;
    anyhow::ensure!(
        bench.report.is_clean(),
        "messages were lost, doubled, misordered or changed"
    );
    Ok(())
}

impl Bench {
    fn new(host: Host, common: Common) -> anyhow::Result<Self> {
        let open_files = system::raise_open_files();
        let cores = Cores::choose()?;
        let folder = common.folder.clone().unwrap_or_else(std::env::temp_dir);
        let machine = Machine::look(cores, open_files, &folder)?;
        Ok(Self {
            host,
            common,
            cores,
            report: Report {
                version: env!("CARGO_PKG_VERSION"),
                machine,
                measurements: Vec::new(),
                goals: Vec::new(),
            },
            runs: 0,
        })
    }

    async fn measure(&mut self, command: &Command) -> anyhow::Result<()> {
        match command {
            Command::Idle(options) => idle::run(self, options).await,
            Command::Latency(options) => latency::run(self, options).await,
            Command::Throughput(options) => throughput::run(self, options).await,
            Command::Offline(options) => offline::run(self, options).await,
            Command::Reconnect(options) => reconnect::run(self, options).await,
            Command::Group(options) => group::run(self, options).await,
            Command::Growth(options) => growth::run(self, options).await,
            Command::All => {
                let throughput = Throughput {
                    mix: self.common.server.is_none(),
                    ..Throughput::default()
                };
                throughput::run(self, &throughput).await?;
                latency::run(self, &Latency::default()).await?;
                offline::run(self, &Offline::default()).await?;
                idle::run(self, &Idle::default()).await?;
                reconnect::run(self, &Reconnect::default()).await
            }
            Command::Worker => anyhow::bail!("a worker has no report"),
        }
    }

    fn print(&self) -> anyhow::Result<()> {
        let json = serde_json::to_string_pretty(&self.report)?;
        let markdown = self.report.to_markdown();
        for file in &self.common.report {
            let is_json = file.extension().is_some_and(|it| it == "json");
            std::fs::write(file, if is_json { &json } else { &markdown })
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        let mut out = std::io::stdout().lock();
        let text = if self.common.json { &json } else { &markdown };
        writeln!(out, "{}", text.trim_end())?;
        Ok(())
    }

    /// A folder for one database, removed when dropped.
    pub(crate) fn make_folder(&self) -> anyhow::Result<TempDir> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("hongyan-bench-");
        let made = match &self.common.folder {
            Some(parent) => builder.tempdir_in(parent),
            None => builder.tempdir(),
        };
        made.context("cannot make a folder for the database")
    }

    /// What changes on a machine while a run lasts.
    pub(crate) fn look_at_machine(&mut self) -> anyhow::Result<()> {
        self.report.machine.look_again()
    }

    /// A number that no earlier run had: the names of its messages begin with it.
    pub(crate) fn run_number(&mut self) -> u64 {
        self.runs += 1;
        self.host.now.get() + self.runs
    }

    pub(crate) fn add(&mut self, measurement: Measurement) {
        self.report.measurements.push(measurement);
    }

    pub(crate) fn goal(&mut self, wanted: impl Into<String>, measured: String, reached: bool) {
        self.report.goals.push(Goal {
            wanted: wanted.into(),
            measured,
            reached,
        });
    }

    /// What one write of 4 KiB costs here, in microseconds.
    pub(crate) fn fsync_us(&self) -> u64 {
        self.report.machine.fsync_us
    }

    /// Starts a process of the load.
    pub(crate) async fn load(&self, order: &Order) -> anyhow::Result<Worker> {
        Worker::start(&self.host, self.cores.load, order).await
    }

    /// Starts a yardstick, which takes the server's place and core.
    pub(crate) async fn yardstick(&self, order: &Order) -> anyhow::Result<Worker> {
        Worker::start(&self.host, self.cores.server, order).await
    }

    /// Waits for what a process says, and shows its progress.
    pub(crate) async fn wait(&self, worker: &mut Worker, what: &str) -> anyhow::Result<Line> {
        let line = worker
            .line(|done, total| progress(&format!("{what}: {done} of {total}")))
            .await
            .with_context(|| what.to_owned());
        progress("");
        line
    }
}

/// An answer of another kind than was asked for.
pub(crate) fn unexpected<T>(line: &Line) -> anyhow::Result<T> {
    Err(anyhow::anyhow!(
        "a load process said something else: {line:?}"
    ))
}

/// Shows how far it is, on one line of a terminal that is written over.
pub(crate) fn progress(text: &str) {
    let mut err = std::io::stderr();
    if err.is_terminal() {
        // A terminal that is gone is no reason to stop.
        let _ = write!(err, "\r\x1b[K{text}");
        let _ = err.flush();
    } else if !text.is_empty() {
        eprintln!("{text}");
    }
}

/// Says what begins.
pub(crate) fn announce(text: &str) {
    progress("");
    eprintln!("{text}");
}

/// The size of a file, 0 where there is none.
pub(crate) fn file_size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |it| it.len())
}

/// Milliseconds of a percentile, for a sentence.
pub(crate) fn millis(micros: u64) -> String {
    format!("{}.{:03} ms", micros / 1000, micros % 1000)
}

/// Percentiles of times that a load process told.
pub(crate) fn percentiles(data: &crate::latency::TimesData) -> anyhow::Result<Option<Percentiles>> {
    let mut times = crate::latency::Times::new()?;
    times.add(data);
    Ok(times.percentiles())
}
