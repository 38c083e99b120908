//! Why the service refused, and the code that the world sees for it.

use std::time::Duration;

use hongyan_protocol::{ErrorCode, Failure, Millis};
use hongyan_store::{AppendError, MoveError, ReactError, ReadError, StoreError, ViewError};
use tokio::time::Instant;

use crate::limits;
use crate::seldom::Seldom;

static UNAVAILABLE: Seldom = Seldom::new();
static FAILED: Seldom = Seldom::new();

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// Something in the request cannot be.
    #[error("{0}")]
    BadRequest(String),
    /// Something in the request is over its limit.
    #[error("{0}")]
    TooLarge(String),
    /// No valid token, or a wrong login name or password.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The token of a session that was signed out on purpose.
    #[error("this session was signed out")]
    SessionRevoked,
    /// Not the caller's to do.
    #[error("{0}")]
    Forbidden(&'static str),
    /// No such user.
    #[error("no such user")]
    UserNotFound,
    /// No such conversation of the caller's.
    #[error("no such conversation")]
    ConversationNotFound,
    /// No such message.
    #[error("no such message")]
    EntryNotFound,
    /// No such session of the caller's.
    #[error("no such session")]
    SessionNotFound,
    /// Beyond the head of the log.
    #[error("that seq is beyond the head of the log")]
    SeqOutOfRange,
    /// The client id stands for something else.
    #[error("this client_id already stands for another request")]
    ClientIdConflict,
    /// The message was recalled.
    #[error("the message was recalled")]
    Recalled,
    /// The message has too many different reactions.
    #[error(
        "a message has at most {} different reactions",
        hongyan_protocol::limits::REACTIONS_A_MESSAGE
    )]
    TooManyReactions,
    /// The message is too old to be changed.
    #[error("the message is too old to be changed")]
    TooLate,
    /// Too many of these; wait.
    #[error("too many attempts, wait")]
    RateLimited(Duration),
    /// A group has an owner.
    #[error("make another member the owner first")]
    OwnerStays,
    /// Nothing would be changed.
    #[error("it is so already")]
    Unchanged,
    /// No more members may come.
    #[error(
        "a group has at most {} members",
        hongyan_protocol::limits::GROUP_MEMBERS
    )]
    GroupFull,
    /// The group lets the caller read and not write.
    #[error("the group does not let you write before {0}")]
    Muted(Millis),
    /// The group lets somebody not in.
    #[error("banned from the group")]
    Banned,
    /// The link does not work, or never did.
    #[error("there is no such link, or it does not work any more")]
    DeadLink,
    /// The group declined the caller.
    #[error("the group declined you; you may ask again at {0}")]
    Declined(Millis),
    /// The user does not ask to be let in.
    #[error("that user does not ask to be let in")]
    RequestNotFound,
    /// So many of these there may be.
    #[error("there are as many as there may be")]
    LimitReached,
    /// Too much to do; wait.
    #[error("the server is overloaded, try again")]
    Overloaded,
    /// The store cannot write now; wait.
    #[error("the message store is unavailable, try again")]
    StoreUnavailable,
    /// A part of the conversation cannot be read, until the operator has mended it.
    #[error(
        "a part of this conversation cannot be read; its operator has to mend the server's database"
    )]
    Damaged,
    /// Our fault. The details are in the log, not here.
    #[error("the server failed")]
    Internal,
}

impl ServiceError {
    /// The stable code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::BadRequest(_) => ErrorCode::BadRequest,
            Self::TooLarge(_) => ErrorCode::TooLarge,
            Self::Unauthenticated(_) | Self::SessionRevoked => ErrorCode::Unauthenticated,
            Self::Forbidden(_) => ErrorCode::Forbidden,
            Self::UserNotFound => ErrorCode::UserNotFound,
            Self::ConversationNotFound => ErrorCode::ConversationNotFound,
            Self::EntryNotFound => ErrorCode::EntryNotFound,
            Self::SessionNotFound => ErrorCode::NotFound,
            Self::SeqOutOfRange => ErrorCode::SeqOutOfRange,
            Self::ClientIdConflict => ErrorCode::ClientIdConflict,
            Self::Recalled => ErrorCode::Recalled,
            Self::TooLate => ErrorCode::TooLate,
            Self::TooManyReactions => ErrorCode::TooManyReactions,
            Self::OwnerStays => ErrorCode::OwnerStays,
            Self::Unchanged => ErrorCode::Unchanged,
            Self::GroupFull => ErrorCode::GroupFull,
            Self::Muted(_) => ErrorCode::Muted,
            Self::Banned => ErrorCode::Banned,
            Self::DeadLink => ErrorCode::DeadLink,
            Self::Declined(_) => ErrorCode::Declined,
            Self::RequestNotFound => ErrorCode::RequestNotFound,
            Self::LimitReached => ErrorCode::LimitReached,
            Self::RateLimited(_) => ErrorCode::RateLimited,
            Self::Overloaded => ErrorCode::Overloaded,
            Self::StoreUnavailable | Self::Damaged => ErrorCode::StoreUnavailable,
            Self::Internal => ErrorCode::Internal,
        }
    }

    /// When the same request may succeed; `None` when waiting does not help.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(wait) => Some(*wait),
            Self::Overloaded => Some(limits::RETRY_OVERLOADED),
            Self::StoreUnavailable | Self::Internal => Some(limits::RETRY_STORE),
            Self::Damaged => Some(limits::RETRY_DAMAGED),
            Self::BadRequest(_)
            | Self::TooLarge(_)
            | Self::Unauthenticated(_)
            | Self::SessionRevoked
            | Self::Forbidden(_)
            | Self::UserNotFound
            | Self::ConversationNotFound
            | Self::EntryNotFound
            | Self::SessionNotFound
            | Self::SeqOutOfRange
            | Self::ClientIdConflict
            | Self::Recalled
            | Self::TooLate
            | Self::OwnerStays
            | Self::Unchanged
            | Self::GroupFull
            | Self::Muted(_)
            | Self::Banned
            | Self::DeadLink
            | Self::Declined(_)
            | Self::RequestNotFound
            | Self::LimitReached
            | Self::TooManyReactions => None,
        }
    }
}

impl From<&ServiceError> for Failure {
    fn from(error: &ServiceError) -> Self {
        Self {
            code: error.code(),
            message: error.to_string().into(),
            retry_after_ms: error
                .retry_after()
                .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

impl From<StoreError> for ServiceError {
    /// Logged here, where the details end; but not once for each of thousands that wait for the same disk.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(why) => {
                if let Some(count) = UNAVAILABLE.count(Instant::now()) {
                    tracing::warn!(why, count, "the store is unavailable");
                }
                Self::StoreUnavailable
            }
            StoreError::Failed(why) => {
                if let Some(count) = FAILED.count(Instant::now()) {
                    tracing::error!(why, count, "the store failed");
                }
                Self::Internal
            }
        }
    }
}

impl From<AppendError> for ServiceError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::NotMember => Self::ConversationNotFound,
            AppendError::NoSuchUser => Self::UserNotFound,
            AppendError::ClientIdConflict => Self::ClientIdConflict,
            AppendError::NoSuchMessage => Self::EntryNotFound,
            AppendError::NotSender => Self::Forbidden("the message is somebody else's"),
            AppendError::Recalled => Self::Recalled,
            AppendError::TooLate => Self::TooLate,
            AppendError::NotAllowed => Self::Forbidden("you may not do this here"),
            AppendError::NotInGroup => Self::UserNotFound,
            AppendError::Muted(until) => Self::Muted(until),
            AppendError::TooSoon(wait) => Self::RateLimited(Duration::from_millis(wait)),
            AppendError::Banned => Self::Banned,
            AppendError::ListFull => Self::LimitReached,
            AppendError::OwnerStays => Self::OwnerStays,
            AppendError::Unchanged => Self::Unchanged,
            AppendError::GroupFull => Self::GroupFull,
            AppendError::DeadLink => Self::DeadLink,
            AppendError::Declined(until) => Self::Declined(until),
            AppendError::NoRequest => Self::RequestNotFound,
            AppendError::Damaged => Self::Damaged,
        }
    }
}

impl From<MoveError> for ServiceError {
    fn from(error: MoveError) -> Self {
        match error {
            MoveError::NotMember => Self::ConversationNotFound,
            MoveError::BeyondHead => Self::SeqOutOfRange,
        }
    }
}

impl From<ReactError> for ServiceError {
    fn from(error: ReactError) -> Self {
        match error {
            ReactError::NotMember => Self::ConversationNotFound,
            ReactError::NoSuchMessage => Self::EntryNotFound,
            ReactError::Recalled => Self::Recalled,
            ReactError::TooMany => Self::TooManyReactions,
            ReactError::NotAllowed => Self::Forbidden("you may not do this here"),
            ReactError::Damaged => Self::Damaged,
        }
    }
}

impl From<ViewError> for ServiceError {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::NotMember => Self::ConversationNotFound,
            ViewError::BeyondHead => Self::SeqOutOfRange,
            ViewError::TooMany => Self::LimitReached,
        }
    }
}

impl From<ReadError> for ServiceError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotMember => Self::ConversationNotFound,
            ReadError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_retried_says_when() {
        let retryable = [
            ServiceError::RateLimited(Duration::from_secs(3)),
            ServiceError::Overloaded,
            ServiceError::StoreUnavailable,
            ServiceError::Damaged,
            ServiceError::Internal,
        ];
        for error in retryable {
            assert!(error.code().is_retryable(), "{error:?}");
            assert!(Failure::from(&error).retry_after_ms.is_some(), "{error:?}");
        }
        let final_error = ServiceError::Recalled;
        assert!(!final_error.code().is_retryable());
        assert_eq!(final_error.retry_after(), None);
    }
}
