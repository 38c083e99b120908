//! A server in this process, on a free port and a folder of its own.

use std::net::SocketAddr;

use hongyan::config::Config;
use hongyan::node::{Demo, Node};
use tempfile::TempDir;

use super::{Http, Raw};

/// A server with the demo's users.
pub struct TestServer {
    node: Option<Node>,
    config: Config,
    /// Goes when the server goes.
    _folder: TempDir,
}

impl TestServer {
    /// Starts one with the defaults.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts one with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: folder.path().join("data"),
            ..Config::default()
        };
        change(&mut config);
        let node = Node::start(&config, Demo::With).await.unwrap();
        Self {
            node: Some(node),
            config,
            _folder: folder,
        }
    }

    /// The running node.
    pub fn node(&self) -> &Node {
        self.node.as_ref().unwrap()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.node().address()
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Its database file.
    pub fn database(&self) -> std::path::PathBuf {
        self.config.database()
    }

    /// Stops it gracefully; the folder stays.
    pub async fn stop(&mut self) {
        self.config.listen = self.address();
        self.node.take().unwrap().shutdown().await;
    }

    /// Starts it again on the same address and folder.
    pub async fn start_again(&mut self) {
        self.node = Some(Node::start(&self.config, Demo::With).await.unwrap());
    }

    /// The HTTP API as a user, signed in.
    pub async fn http(&self, login: &str) -> Http {
        Http::sign_in(&self.url(), login, "test").await
    }

    /// A WebSocket as a user, welcome.
    pub async fn connect(&self, login: &str) -> Raw {
        let http = Http::sign_in(&self.url(), login, &format!("raw {}", rand_name())).await;
        Raw::welcome(self.address(), http.token()).await
    }
}

/// A name that no other device in this process has.
fn rand_name() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
