//! The server under test: one of the benchmark's own, or somebody's.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;

use crate::child::Server;
use crate::client::{Address, sign_in};
use crate::order::Account;
use crate::run::Bench;
use crate::{prepare, system};

/// The path of the protocol's WebSocket.
const PATH: &str = "/v1/ws";

/// The server under test.
pub(crate) struct Target {
    address: SocketAddr,
    /// Its users, signed in.
    pub(crate) accounts: Vec<Account>,
    /// Its process, where it is known.
    pub(crate) pid: Option<u32>,
    own: Option<(Server, TempDir)>,
}

impl Target {
    /// Starts one with so many users; or signs as many in at the one that was named.
    pub(crate) async fn start(bench: &Bench, users: usize) -> anyhow::Result<Self> {
        if let Some(url) = &bench.common.server {
            return Self::foreign(bench, url, users).await;
        }
        let folder = bench.make_folder()?;
        let accounts = {
            let store = (bench.host.open_store)(&database(folder.path()))?;
            prepare::accounts(&store, users, bench.host.now).await?
        };
        Self::start_on(bench, folder, accounts).await
    }

    /// Starts one with so many users and others beside them who never sign in: also returned is the first one's id.
    pub(crate) async fn start_among(
        bench: &Bench,
        users: usize,
        strangers: u64,
    ) -> anyhow::Result<(Self, u64)> {
        let folder = bench.make_folder()?;
        let (accounts, first) = {
            let store = (bench.host.open_store)(&database(folder.path()))?;
            let accounts = prepare::accounts(&store, users, bench.host.now).await?;
            let first = prepare::strangers(&store, &accounts, strangers, bench.host.now).await?;
            (accounts, first)
        };
        Ok((Self::start_on(bench, folder, accounts).await?, first))
    }

    /// A server of the benchmark's own on a database that is there already.
    pub(crate) async fn start_on(
        bench: &Bench,
        folder: TempDir,
        accounts: Vec<Account>,
    ) -> anyhow::Result<Self> {
        let server = Server::start(&bench.host, bench.cores.server, folder.path(), None).await?;
        Ok(Self {
            address: server.address,
            accounts,
            pid: Some(server.pid),
            own: Some((server, folder)),
        })
    }

    /// How to reach it, for the load process with this number.
    ///
    /// Only further processes come from an address of their own, to have ports enough. The first one
    /// leaves the choice to `connect`: a port that is chosen by `bind` must be free of every use, and
    /// with thousands of sockets open the search for one takes longer than all the rest.
    pub(crate) fn address(&self, process: usize) -> Address {
        let host = u8::try_from(process + 1).unwrap_or(u8::MAX);
        let source = Ipv4Addr::new(127, 0, 0, host);
        Address {
            server: self.address,
            path: PATH.into(),
            source: (process > 0 && self.address.ip().is_loopback()).then_some(source),
        }
    }

    /// Its memory, where its process is known.
    pub(crate) fn memory(&self) -> anyhow::Result<Option<system::Memory>> {
        self.pid.map(system::memory).transpose()
    }

    /// Its processor time, where its process is known.
    pub(crate) fn cpu(&self) -> anyhow::Result<Option<system::Cpu>> {
        self.pid.map(system::cpu).transpose()
    }

    /// What it had to read from the disk so far, in bytes, where its process is known.
    pub(crate) fn disk_bytes(&self) -> anyhow::Result<Option<u64>> {
        self.pid.map(system::disk_bytes).transpose()
    }

    /// The server and its folder, if it is the benchmark's own.
    pub(crate) fn own(&self) -> Option<(&Server, &Path)> {
        self.own
            .as_ref()
            .map(|(server, folder)| (server, folder.path()))
    }

    /// Kills the benchmark's own server and starts it again at the same address; `meanwhile` has its
    /// database. Does nothing to somebody else's.
    pub(crate) async fn restart<F>(self, bench: &Bench, meanwhile: F) -> anyhow::Result<Self>
    where
        F: AsyncFnOnce(&Path) -> anyhow::Result<()>,
    {
        let Some((server, folder)) = self.own else {
            return Ok(self);
        };
        server.kill().await?;
        meanwhile(&database(folder.path())).await?;
        let core = bench.cores.server;
        let server = Server::start(&bench.host, core, folder.path(), Some(self.address)).await?;
        Ok(Self {
            pid: Some(server.pid),
            own: Some((server, folder)),
            ..self
        })
    }

    /// Ends the benchmark's own server; its folder stays until the return value goes.
    pub(crate) async fn end(self) -> anyhow::Result<Option<TempDir>> {
        let Some((server, folder)) = self.own else {
            return Ok(None);
        };
        server.kill().await?;
        Ok(Some(folder))
    }

    async fn foreign(bench: &Bench, url: &str, users: usize) -> anyhow::Result<Self> {
        let address = resolve(url).await?;
        let file = bench.common.logins.as_ref().context("--logins is needed")?;
        let text = tokio::fs::read_to_string(file)
            .await
            .with_context(|| format!("cannot read {}", file.display()))?;
        let logins: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        ensure!(
            logins.len() >= users,
            "{users} users are needed, {} has {}",
            file.display(),
            logins.len()
        );
        let mut accounts = Vec::with_capacity(users);
        for line in &logins[..users] {
            let (login, password) = line
                .split_once(char::is_whitespace)
                .with_context(|| format!("not a login name and a password: {line:?}"))?;
            accounts.push(sign_in(address, login, password.trim(), "bench").await?);
        }
        Ok(Self {
            address,
            accounts,
            pid: bench.common.server_pid,
            own: None,
        })
    }
}

/// Where a server keeps its database.
pub(crate) fn database(folder: &Path) -> std::path::PathBuf {
    folder.join("hongyan.db")
}

async fn resolve(url: &str) -> anyhow::Result<SocketAddr> {
    let Some(host) = url.strip_prefix("http://") else {
        bail!("{url}: only http:// can be measured; put TLS aside");
    };
    let host = host.trim_end_matches('/');
    let host = if host.contains(':') {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    let mut found = tokio::net::lookup_host(&host)
        .await
        .with_context(|| format!("cannot find {host}"))?;
    found.next().with_context(|| format!("cannot find {host}"))
}
