//! A server in this process, on a free port and a folder of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use hongyan::config::Config;
use hongyan::node::{Demo, Node};
use hongyan_protocol::{Millis, UserId};
use hongyan_service::{Clock, SystemClock};
use hongyan_store::{Accounts, NewSession, NewUser, Sessions};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{Http, LI, Raw, WANG, ZHANG};

/// The machine's clock, as somebody sets it.
#[derive(Default)]
pub struct TestClock {
    /// What was set, in milliseconds.
    ahead: AtomicI64,
}

impl TestClock {
    /// Sets the wall clock forward.
    pub fn set_forward(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap();
        self.ahead.fetch_add(by, Ordering::SeqCst);
    }

    /// Sets the wall clock back.
    pub fn set_back(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap();
        self.ahead.fetch_sub(by, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Millis {
        let now = SystemClock.now().get();
        let now = now.checked_add_signed(self.ahead.load(Ordering::SeqCst));
        Millis::new(now.unwrap()).unwrap()
    }

    fn elapsed(&self) -> Duration {
        SystemClock.elapsed()
    }
}

/// A server with the demo's users.
pub struct TestServer {
    node: Option<Node>,
    config: Config,
    demo: Demo,
    clock: Arc<TestClock>,
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
        Self::start_as(Demo::With, change).await
    }

    /// Starts one as an operator would, who then adds the demo's users by hand.
    pub async fn start_in_earnest(change: impl FnOnce(&mut Config)) -> Self {
        let server = Self::start_as(Demo::Without, change).await;
        for (id, login, name) in [
            (1000, ZHANG, "张三"),
            (1001, LI, "李四"),
            (1002, WANG, "王五"),
        ] {
            let user = hongyan_service::AddUser {
                id: hongyan_protocol::UserId::new(id).ok(),
                login: login.into(),
                name: name.into(),
                avatar: None,
                password: "1234".into(),
            };
            let (service, operator) = (server.node().service(), server.node().operator());
            let added = service.add_user_with_any_password(operator, user);
            added.await.unwrap();
        }
        server
    }

    async fn start_as(demo: Demo, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: folder.path().join("data"),
            ..Config::default()
        };
        change(&mut config);
        let clock = Arc::new(TestClock::default());
        let node = Node::start_by(Arc::clone(&clock) as _, &config, demo).await;
        Self {
            node: Some(node.unwrap()),
            config,
            demo,
            clock,
            _folder: folder,
        }
    }

    /// Its clock.
    pub fn clock(&self) -> &TestClock {
        &self.clock
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
        let clock = Arc::clone(&self.clock);
        let node = Node::start_by(clock, &self.config, self.demo).await;
        self.node = Some(node.unwrap());
    }

    /// Adds so many people, each with a session; their tokens. Past the password hash, which takes its time by design.
    pub async fn people(&mut self, count: u64) -> Vec<String> {
        self.stop().await;
        let store = hongyan::node::open_store(self.database()).unwrap();
        let now = SystemClock.now();
        let mut tokens = Vec::new();
        for id in (5000..).take(usize::try_from(count).unwrap()) {
            let user = UserId::new(id).unwrap();
            let new = NewUser {
                id: Some(user),
                login: format!("person{id}"),
                name: format!("Person {id}"),
                avatar: None,
                password_hash: "*".into(),
                created_at: now,
            };
            store.create_user(new).await.unwrap();
            let token = format!("person-{id}");
            let session = NewSession {
                user,
                device: "test".into(),
                client: None,
                token_hash: Sha256::digest(token.as_bytes()).into(),
                created_at: now,
                expires_at: Millis::new(now.get() + 3_600_000).unwrap(),
                connected: Vec::new(),
            };
            store.open_session(session).await.unwrap();
            tokens.push(token);
        }
        store.close().await;
        self.start_again().await;
        tokens
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
