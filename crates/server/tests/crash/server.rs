//! The real binary, as a process that can be killed.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::Instant;

/// For a server to start, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server process on a port and a folder of its own.
pub struct Server {
    address: SocketAddr,
    folder: TempDir,
    child: Option<Child>,
    /// How many files it may open, as `prlimit` wants it.
    files: Option<&'static str>,
}

impl Server {
    /// Starts a server with the demo's users and waits until it answers.
    pub async fn start() -> Self {
        Self::start_with_files(None).await
    }

    /// Starts one that may open so many files: `soft:hard`.
    pub async fn start_with_files(files: Option<&'static str>) -> Self {
        // The port has to stay the same over restarts, so it cannot be left to the system each time.
        let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self {
            address,
            folder,
            child: None,
            files,
        };
        server.start_again().await;
        server
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().and_then(Child::id).unwrap()
    }

    /// Ends it as a power cut would.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().await.unwrap();
    }

    /// Starts it again on what it left.
    pub async fn start_again(&mut self) {
        self.start_within(None).await;
    }

    /// The same, where no file may get longer than so many bytes.
    pub async fn start_within(&mut self, bytes: Option<u64>) {
        let child = self
            .command(bytes)
            .kill_on_drop(true)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let deadline = Instant::now() + PATIENCE;
        while reqwest::get(format!("{}/v1/health", self.url()))
            .await
            .is_err()
        {
            assert!(Instant::now() < deadline, "the server did not start");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Runs `hongyan check`, which must find nothing.
    pub fn check(&self) {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_hongyan"))
            .args(["check", "--data-dir"])
            .arg(self.data_dir())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("clean"), "{said}");
    }

    fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, file_bytes: Option<u64>) -> Command {
        let hongyan = env!("CARGO_BIN_EXE_hongyan");
        let fsize = file_bytes.map(|bytes| format!("--fsize={bytes}:unlimited"));
        let files = self.files.map(|files| format!("--nofile={files}"));
        let mut command = if fsize.is_none() && files.is_none() {
            Command::new(hongyan)
        } else {
            let mut command = Command::new("prlimit");
            command.args(fsize).args(files).arg(hongyan);
            command
        };
        command
            .args([
                "serve",
                "--demo",
                "--listen",
                &self.address.to_string(),
                "--data-dir",
            ])
            .arg(self.data_dir());
        command
    }
}
