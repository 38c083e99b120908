//! Whom a user has blocked.

use hongyan_protocol::{Millis, UserId};

use crate::StoreError;

/// A user blocks another, or blocks them no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetBlock {
    /// Who.
    pub user: UserId,
    /// Whom.
    pub other: UserId,
    /// Whether from now on, or no more.
    pub on: bool,
    /// When.
    pub at: Millis,
}

/// Why somebody could not be blocked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// No such user, or oneself.
    #[error("no such user")]
    NoSuchUser,
    /// The user has [`BLOCKS`](crate::BLOCKS) blocked.
    #[error("as many are blocked as may be")]
    TooMany,
    /// See [`StoreError`].
    #[error(transparent)]
    Store(#[from] StoreError),
}
