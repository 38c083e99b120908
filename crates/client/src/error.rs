//! What can go wrong, for each kind of call.

use std::path::PathBuf;
use std::time::Duration;

use hongyan_protocol::{ErrorCode, Failure};

/// Why no client could be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The server's URL is not `http://…` or `https://…`.
    #[error("not a server's URL: {0}")]
    Url(Box<str>),
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// Signing in failed.
    #[error("cannot sign in: {0}")]
    SignIn(#[from] HttpError),
    /// The operating system has no randomness to give.
    #[error("no randomness: {0}")]
    Random(#[from] rand::rngs::SysError),
}

/// Why the state directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Another client, of this program or another, uses it.
    #[error("{0} is in use by another client")]
    Locked(PathBuf),
    /// It was written by a newer version of this crate.
    #[error("the journal is of version {found}; this program knows {known}")]
    Newer {
        /// The version in the file.
        found: u32,
        /// The newest this program reads.
        known: u32,
    },
    /// A record before the last one does not match its checksum: not a torn write, but damage.
    #[error("the journal is damaged at byte {offset}")]
    Corrupt {
        /// Where the record begins.
        offset: u64,
    },
    /// An earlier write failed in a way after which nothing more can be promised.
    #[error("the journal is closed after a failed write")]
    Poisoned,
    /// The operating system says so: no room, no permission, a broken disk.
    #[error("the journal: {0}")]
    Io(#[from] std::io::Error),
}

/// Why a request was not taken into the outbox. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The server would refuse it however often it came: an empty text, one too long.
    #[error("{}: {message}", code.as_str())]
    Invalid {
        /// What programs compare.
        code: ErrorCode,
        /// What people read.
        message: Box<str>,
    },
    /// As many requests as allowed wait for the server.
    #[error("the outbox is full")]
    Full,
    /// A request under the same client id waits already.
    #[error("the client id is already in the outbox")]
    Duplicate,
    /// The application has not read its [`Events`](crate::Events) for so long that there is no room
    /// for news of another send. Read them, or drop them.
    #[error("the event stream is full")]
    EventsUnread,
    /// It could not be made durable.
    #[error(transparent)]
    State(#[from] StateError),
    /// The client has stopped.
    #[error("the client has stopped")]
    Stopped,
}

/// Why a request of the outbox will not be answered with `Sent`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The server refused it. It is out of the outbox.
    #[error("{}: {}", .0.code.as_str(), .0.message)]
    Refused(Failure),
    /// The application took it back before it was on its way.
    #[error("cancelled")]
    Cancelled,
    /// The client stopped first. With a state directory the next client sends it; without one, nobody
    /// knows whether the server has it.
    #[error("the client stopped before the answer")]
    Stopped,
}

impl SendError {
    /// The server's stable code, where it refused.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(failure) => Some(failure.code),
            Self::Cancelled | Self::Stopped => None,
        }
    }
}

/// Why a question to the server was not answered. Asking again is always harmless.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The server refused.
    #[error("{}: {}", .0.code.as_str(), .0.message)]
    Refused(Failure),
    /// There is no connection now, or it broke before the answer.
    #[error("not connected")]
    Disconnected,
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// As many questions as allowed wait for the server.
    #[error("too many requests at a time")]
    Busy,
    /// The client has stopped.
    #[error("the client has stopped")]
    Stopped,
}

/// Why a plain HTTP request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The server refused, with a stable code.
    #[error("{}: {}", .0.code.as_str(), .0.message)]
    Refused(Failure),
    /// The server, or something before it, answered with this status and no error of the protocol.
    #[error("unexpected HTTP status {0}")]
    Status(u16),
    /// The answer is longer than this client reads, or not what the protocol says.
    #[error("not an answer of the protocol: {0}")]
    Garbage(Box<str>),
    /// No connection, TLS failed, or no answer in time.
    #[error("unreachable: {0}")]
    Unreachable(Box<str>),
    /// No token to ask with: the client never signed in, or has stopped.
    #[error("not signed in")]
    NotSignedIn,
}

impl HttpError {
    /// Whether the same request may succeed later, unchanged.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused(failure) => failure.code.is_retryable(),
            Self::Status(status) => *status >= 500 || *status == 429,
            Self::Garbage(_) | Self::Unreachable(_) => true,
            Self::NotSignedIn => false,
        }
    }

    /// How long the server asks to wait before the same request; `None` where it does not say.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(failure) => failure.retry_after_ms.map(Duration::from_millis),
            Self::Status(_) | Self::Garbage(_) | Self::Unreachable(_) | Self::NotSignedIn => None,
        }
    }
}
