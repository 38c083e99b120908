//! Child processes of the benchmark: pinned to a core, ended with the coordinator.

use std::ffi::OsString;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::Host;
use crate::order::{Line, Order};
use crate::system;

/// For a server to start, or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at whether a server listens.
const LOOK: Duration = Duration::from_millis(2);

/// A process that carries out an [`Order`].
pub(crate) struct Worker {
    process: tokio::process::Child,
    orders: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

/// A server of the benchmark's own.
pub(crate) struct Server {
    process: tokio::process::Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its process.
    pub(crate) pid: u32,
    /// From the start of the process to the moment when it listened.
    pub(crate) start_up: Duration,
}

impl Worker {
    /// Starts one on a core.
    pub(crate) async fn start(
        host: &Host,
        core: Option<usize>,
        order: &Order,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(&host.program);
        command
            .args(["bench", "worker"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut process = system::on_core(core, || Ok(command.spawn()?))?;
        let stdout = process.stdout.take().context("a worker without output")?;
        let mut worker = Self {
            orders: process.stdin.take(),
            lines: BufReader::new(stdout).lines(),
            process,
        };
        worker.tell(order).await?;
        Ok(worker)
    }

    /// Gives it a further line.
    pub(crate) async fn tell(&mut self, order: &impl Serialize) -> anyhow::Result<()> {
        let mut text = serde_json::to_vec(order)?;
        text.push(b'\n');
        let orders = self.orders.as_mut().context("the worker takes no orders")?;
        orders.write_all(&text).await?;
        orders.flush().await?;
        Ok(())
    }

    /// The next thing that it says; progress goes to `progress`.
    pub(crate) async fn line(
        &mut self,
        mut progress: impl FnMut(u64, u64),
    ) -> anyhow::Result<Line> {
        loop {
            let line = self.lines.next_line().await?;
            let line = line.context("a load process ended early")?;
            match serde_json::from_str(&line).context("not a line of a load process")? {
                Line::Progress(done, total) => progress(done, total),
                Line::Failed(why) => bail!(why),
                other => return Ok(other),
            }
        }
    }

    /// The process.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.id()
    }

    /// Lets it end.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        self.orders = None;
        timeout(PATIENCE, self.process.wait())
            .await
            .context("a load process does not end")??;
        Ok(())
    }
}

impl Server {
    /// Starts `hongyan serve` on a core, with the data in `folder`.
    pub(crate) async fn start(
        host: &Host,
        core: Option<usize>,
        folder: &Path,
        listen: Option<SocketAddr>,
    ) -> anyhow::Result<Self> {
        let log = folder.join("server.log");
        let listen = listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        let mut command = Command::new(&host.program);
        command
            .arg("serve")
            .args([OsString::from("--data-dir"), folder.into()])
            .args(["--listen", &listen.to_string()])
            // The settings of whoever runs the benchmark are not those that are measured.
            .env_clear()
            .env("HONGYAN_LOG", "warn")
            // A few processes on one machine stand for a crowd: the shares of one address and of one user are not what is
            // measured.
            .env("HONGYAN_LIMITS__HTTP_CONNECTIONS_PER_ADDRESS", "1000000")
            .env("HONGYAN_LIMITS__USER_UNITS_PER_SECOND", "1000000")
            .env("HONGYAN_LIMITS__ADDRESS_UNITS_PER_SECOND", "1000000")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .kill_on_drop(true);
        let started = Instant::now();
        let mut process = system::on_core(core, || Ok(command.spawn()?))?;
        let address = wait_for_greeting(&mut process, &log).await?;
        Ok(Self {
            pid: process.id().context("the server ended")?,
            process,
            address,
            start_up: started.elapsed(),
        })
    }

    /// Ends it without a warning.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill().await.context("cannot end the server")
    }
}

/// The server tells on standard error where it listens.
async fn wait_for_greeting(
    process: &mut tokio::process::Child,
    log: &PathBuf,
) -> anyhow::Result<SocketAddr> {
    let start = Instant::now();
    loop {
        let text = tokio::fs::read_to_string(log).await?;
        let greeting = text.lines().find_map(|line| line.split_once("http://"));
        if let Some((_, address)) = greeting
            && text.ends_with('\n')
        {
            return address.trim().parse().context("the server's address");
        }
        if process.try_wait()?.is_some() {
            bail!("the server ended: {}", text.trim());
        }
        if start.elapsed() > PATIENCE {
            bail!("the server does not start: {}", text.trim());
        }
        sleep(LOOK).await;
    }
}
