//! A page that behaves as the course's does, faults included, without a browser.
//!
//! It keeps one socket in a global variable, the newest. When a socket opens, it binds on the newest; and
//! everything else that it says, it says on the newest. It shows what is pushed on any of its sockets.
//! It opens another socket from the handler of every close, and from the handler of every error; a
//! failed connect calls both. It closes none.
//!
//! The browser beneath holds failing pages back: it waits longer before each attempt the more have
//! failed, and has no more than 255 sockets at a time. Its times are a tenth of the real ones, as are the
//! page's own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::harness::eventually;

/// How much faster than in a browser time goes.
pub const HASTE: u32 = 10;

/// Sockets that a browser has at a time.
const MOST_SOCKETS: usize = 255;

/// The page asks for the unread number this often.
const POLL: Duration = Duration::from_millis(3000 / HASTE as u64);

/// What the page did and showed.
#[derive(Debug, Default)]
pub struct Seen {
    /// When it opened a socket.
    pub connects: Vec<Instant>,
    /// Sockets that are open.
    pub open: usize,
    /// Sockets that are to open.
    pub pending: usize,
    /// The texts of pushes, as they were shown.
    pub shown: Vec<String>,
    /// Its last word on whether it is online.
    pub status: Option<String>,
    /// Errors of its frames; it shows none of them.
    pub errors: Vec<Value>,
}

/// One tab with the page.
pub struct CoursePage {
    seen: Arc<Mutex<Seen>>,
    running: JoinHandle<()>,
}

/// How the page reaches its server, and as whom.
#[derive(Clone)]
pub struct Address {
    /// Such as `ws://127.0.0.1:8080`.
    pub url: String,
    pub cookie: String,
    pub origin: String,
    pub uid: u64,
}

enum Event {
    Opened(u64, mpsc::UnboundedSender<String>),
    Frame(String),
    Failed,
    Closed(u64),
}

struct Page {
    address: Address,
    seen: Arc<Mutex<Seen>>,
    events: mpsc::UnboundedSender<Event>,
    open: BTreeMap<u64, mpsc::UnboundedSender<String>>,
    newest: u64,
    random: StdRng,
    failed: u32,
    succeeded: u32,
}

impl CoursePage {
    /// Opens the page: it connects at once.
    pub fn open(address: Address, seed: u64) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (events, mut happens) = mpsc::unbounded_channel();
        let mut page = Page {
            address,
            seen: Arc::clone(&seen),
            events,
            open: BTreeMap::new(),
            newest: 0,
            random: StdRng::seed_from_u64(seed),
            failed: 0,
            succeeded: 0,
        };
        let running = tokio::spawn(async move {
            let mut poll = tokio::time::interval(POLL);
            page.connect();
            loop {
                tokio::select! {
                    Some(event) = happens.recv() => page.handle(event),
                    _ = poll.tick() => {
                        page.say(&json!({ "type": 5, "data": { "uid": page.address.uid } }));
                    }
                }
            }
        });
        Self { seen, running }
    }

    /// What it did and showed until now.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// Waits until it says that it is online, or what else it was told.
    pub async fn says(&self, status: &str) {
        eventually(&format!("the page says {status}"), async || {
            (self.seen().status.as_deref() == Some(status)).then_some(())
        })
        .await;
    }

    /// Waits until a text was shown.
    pub async fn shows(&self, text: &str) {
        eventually(&format!("the page shows {text}"), async || {
            self.seen()
                .shown
                .iter()
                .any(|one| one == text)
                .then_some(())
        })
        .await;
    }

    /// How often a text was shown.
    pub fn times_shown(&self, text: &str) -> usize {
        let seen = self.seen();
        seen.shown.iter().filter(|one| *one == text).count()
    }

    /// Waits until it has opened no socket for so long, and none is to open.
    pub async fn is_quiet_for(&self, long: Duration) {
        eventually("the page is quiet", async || {
            let seen = self.seen();
            let last = seen.connects.last().unwrap();
            (seen.pending == 0 && last.elapsed() >= long).then_some(())
        })
        .await;
    }

    /// How many sockets it opened since then.
    pub fn connects_since(&self, then: Instant) -> usize {
        let seen = self.seen();
        seen.connects.iter().filter(|at| **at > then).count()
    }
}

impl Drop for CoursePage {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Page {
    fn connect(&mut self) {
        if self.open.len() + self.seen.lock().unwrap().pending >= MOST_SOCKETS {
            return;
        }
        self.newest += 1;
        let delay = self.held_back();
        {
            let mut seen = self.seen.lock().unwrap();
            seen.connects.push(Instant::now());
            seen.pending += 1;
        }
        let (id, events, address) = (self.newest, self.events.clone(), self.address.clone());
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            run_socket(id, &address, &events).await;
        });
    }

    /// How long the browser waits before it tries.
    fn held_back(&mut self) -> Duration {
        let pending = u32::try_from(self.seen.lock().unwrap().pending).unwrap();
        let exponent = (pending + self.failed / (self.succeeded + 1)).min(16);
        let most = self.random.random_range(1000..5000) / u64::from(HASTE);
        Duration::from_micros(most * 1000 * (1 << exponent) / (1 << 16))
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Opened(id, socket) => {
                self.succeeded += 1;
                self.open.insert(id, socket);
                self.settle();
                self.say(&json!({ "type": 1, "data": { "uid": self.address.uid } }));
            }
            Event::Failed => {
                self.failed += 1;
                self.settle();
                // The error's handler, and the close's.
                self.connect();
                self.connect();
            }
            Event::Closed(id) => {
                self.open.remove(&id);
                self.seen.lock().unwrap().open = self.open.len();
                self.connect();
            }
            Event::Frame(text) => self.read(&text),
        }
    }

    fn settle(&mut self) {
        let mut seen = self.seen.lock().unwrap();
        seen.pending -= 1;
        seen.open = self.open.len();
    }

    /// On the newest socket; while that one is still to open, it is an error and nothing else.
    fn say(&mut self, frame: &Value) {
        if let Some(socket) = self.open.get(&self.newest) {
            let _ = socket.send(frame.to_string());
        }
    }

    fn read(&mut self, text: &str) {
        let frame: Value = serde_json::from_str(text).unwrap();
        let mut seen = self.seen.lock().unwrap();
        match frame["type"].as_i64().unwrap() {
            1 => seen.status = frame["status"].as_str().map(str::to_owned),
            4 => {
                let data = &frame["data"];
                seen.shown
                    .push(data["content"].as_str().unwrap().to_owned());
                drop(seen);
                self.say(&json!({ "type": 6, "data": { "tid": frame["tid"] } }));
            }
            -1 => seen.errors.push(frame),
            _ => {}
        }
    }
}

async fn run_socket(id: u64, address: &Address, events: &mpsc::UnboundedSender<Event>) {
    let mut request = address.url.as_str().into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("cookie", address.cookie.parse().unwrap());
    headers.insert("origin", address.origin.parse().unwrap());
    headers.insert("user-agent", "Mozilla/5.0".parse().unwrap());
    let Ok((socket, _)) = tokio_tungstenite::connect_async(request).await else {
        let _ = events.send(Event::Failed);
        return;
    };
    let (say, mut said) = mpsc::unbounded_channel();
    let _ = events.send(Event::Opened(id, say));
    let (mut sink, mut stream) = socket.split();
    loop {
        tokio::select! {
            text = said.recv() => match text {
                Some(text) => if sink.send(Message::text(text)).await.is_err() { break },
                // The page is gone.
                None => return,
            },
            message = stream.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let _ = events.send(Event::Frame(text.to_string()));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
        }
    }
    let _ = events.send(Event::Closed(id));
}
