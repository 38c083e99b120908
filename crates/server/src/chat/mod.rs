//! `hongyan chat`: a terminal client on the Rust SDK.
//!
//! keys, events → model → view → terminal
//!
//! Owns: the full screen and its line-by-line substitute.
//! Promises: the same promises as the SDK, made visible: a message stays `⋯` until the server has it,
//! and a lost connection is shown with the time of the next attempt.
//! Not here: the rules of delivery (`hongyan_client`), and where the settings come from (`cli`).

mod account;
mod groups;
mod model;
mod plain;
mod screen;
mod view;
mod words;

use std::io::IsTerminal;
use std::path::PathBuf;

use hongyan_client::{Client, Event, Events};
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use words::Language;

/// How a chat is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server's URL.
    pub server: String,
    /// The login name.
    pub login: String,
    /// The password.
    pub password: String,
    /// Under this folder each account's outbox is kept; `None` keeps nothing.
    pub state: Option<PathBuf>,
    /// The language of the interface.
    pub language: Language,
    /// One line a message, even on a terminal.
    pub plain: bool,
}

/// Runs until the user ends it, or the server does for good.
///
/// # Errors
/// Signing in failed, the terminal cannot be used, or the server ended it: the message says which.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let account = account::open(&options).await?;
    let words = options.language.words();
    if options.plain || !std::io::stdout().is_terminal() {
        plain::run(account, words).await
    } else {
        screen::run(account, words, TimeZone::system()).await
    }
}

/// A client that is running.
struct Account {
    client: Client,
    events: Events,
    /// What is sent is on the disk before it is shown.
    is_kept: bool,
}

impl Account {
    /// Stops; a session that nothing was kept of is signed out, or it would stay in the user's list.
    async fn close(self) {
        if !self.is_kept {
            // Without a connection it cannot be; then it expires in time.
            let _ = self.client.sign_out().await;
        }
        self.client.close().await;
    }
}

/// The next event, or never, once there are no more.
async fn next_event(events: &mut Events) -> Event {
    match events.next().await {
        Some(event) => event,
        None => std::future::pending().await,
    }
}

/// Milliseconds since the Unix epoch.
fn now_millis() -> i64 {
    Timestamp::now().as_millisecond()
}
