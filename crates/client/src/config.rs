//! How a client is set up.

use std::fmt;
use std::path::PathBuf;

use hongyan_delivery::client::{heartbeat, incoming, outbox, reconnect};

pub use hongyan_delivery::client::incoming::Start;

/// Events that wait for the application, by default.
const EVENTS: usize = 1024;

/// How a client proves who it is.
#[derive(Clone)]
pub enum Credentials {
    /// A session's token, made earlier. Once it is refused the client stops.
    Token(Box<str>),
    /// A login name and a password. The client signs in when it has no token yet, and again when
    /// the token has expired; a session that was signed out on purpose stays signed out.
    Password {
        /// The login name.
        login: Box<str>,
        /// The password.
        password: Box<str>,
        /// This device's name in the user's list of sessions, such as `laptop`.
        device: Box<str>,
    },
}

impl Credentials {
    /// A session's token.
    pub fn token(token: impl Into<Box<str>>) -> Self {
        Self::Token(token.into())
    }

    /// A login name and password on a device of this name.
    pub fn password(
        login: impl Into<Box<str>>,
        password: impl Into<Box<str>>,
        device: impl Into<Box<str>>,
    ) -> Self {
        Self::Password {
            login: login.into(),
            password: password.into(),
            device: device.into(),
        }
    }
}

impl fmt::Debug for Credentials {
    /// Shows no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(_) => f.write_str("Token(…)"),
            Self::Password { login, device, .. } => f
                .debug_struct("Password")
                .field("login", login)
                .field("password", &"…")
                .field("device", device)
                .finish(),
        }
    }
}

/// How a client is set up. Everything but the server and the credentials has a default.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) server: String,
    pub(crate) credentials: Credentials,
    pub(crate) state: Option<PathBuf>,
    pub(crate) resume: bool,
    pub(crate) client: Box<str>,
    pub(crate) network: Box<str>,
    pub(crate) background: bool,
    pub(crate) events: usize,
    pub(crate) policies: Policies,
}

/// The times and bounds of the delivery machines. The defaults suit people and bots alike.
#[derive(Debug, Clone)]
pub struct Policies {
    /// What to show, ack and fetch.
    pub incoming: incoming::Policy,
    /// Requests that append.
    pub outbox: outbox::Policy,
    /// When to ping.
    pub heartbeat: heartbeat::Policy,
    /// When to connect again.
    pub reconnect: reconnect::Policy,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            incoming: incoming::Policy {
                paging: Some(incoming::Paging::default()),
                ..incoming::Policy::default()
            },
            outbox: outbox::Policy::default(),
            heartbeat: heartbeat::Policy::default(),
            reconnect: reconnect::Policy::default(),
        }
    }
}

impl Config {
    /// A client of the server at this URL: `https://host`, `http://host:port`, with a path if the
    /// server is behind one.
    pub fn new(server: impl Into<String>, credentials: Credentials) -> Self {
        Self {
            server: server.into(),
            credentials,
            state: None,
            resume: true,
            client: concat!("hongyan-client/", env!("CARGO_PKG_VERSION")).into(),
            network: "default".into(),
            background: false,
            events: EVENTS,
            policies: Policies::default(),
        }
    }

    /// Keeps the outbox, the positions and the token in this directory, which is made if missing and
    /// used by one client at a time. It belongs to one account on one server: do not point it at
    /// another. Default: nothing outlives the client.
    #[must_use]
    pub fn state(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state = Some(directory.into());
        self
    }

    /// Begins every run as if it saw all conversations for the first time, though the state directory
    /// keeps the outbox and the token: for programs that show messages and do not keep them.
    /// Default: a run goes on where the last one stopped.
    #[must_use]
    pub fn from_the_beginning(mut self) -> Self {
        self.resume = false;
        self
    }

    /// Where the log of a conversation begins for a client that sees it for the first time.
    /// Default: [`Start::Recent`].
    #[must_use]
    pub fn start(mut self, start: Start) -> Self {
        self.policies.incoming.start = start;
        self
    }

    /// The program's name and version, for the server's logs and the user's list of sessions.
    #[must_use]
    pub fn client_name(mut self, name: impl Into<Box<str>>) -> Self {
        self.client = name.into();
        self
    }

    /// The network the device is on, such as `wifi:home`: what the heartbeat learns is kept under
    /// this name. See [`Client::set_network`](crate::Client::set_network).
    #[must_use]
    pub fn network(mut self, key: impl Into<Box<str>>) -> Self {
        self.network = key.into();
        self
    }

    /// Starts with nobody looking. See [`Client::set_background`](crate::Client::set_background).
    #[must_use]
    pub fn background(mut self, background: bool) -> Self {
        self.background = background;
        self
    }

    /// Events that wait for the application before the client stops taking in entries. At least 1;
    /// default 1024.
    #[must_use]
    pub fn events(mut self, capacity: usize) -> Self {
        self.events = capacity.max(1);
        self
    }

    /// Other times and bounds. Replaces what [`start`](Self::start) set.
    #[must_use]
    pub fn policies(mut self, policies: Policies) -> Self {
        self.policies = policies;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let config = Config::new("http://x", Credentials::password("ann", "s3cret", "laptop"));
        assert!(!format!("{config:?}").contains("s3cret"));
        let config = Config::new("http://x", Credentials::token("hy_s3cret"));
        assert!(!format!("{config:?}").contains("s3cret"));
    }
}
