//! Whom users have blocked.
//!
//! Owns: who hears that somebody is blocked, and who is told what is live in spite of it. What the blocked one cannot do, the
//! store's rules judge.

use std::sync::Arc;

use bytes::Bytes;
use hongyan_bus::{Event, Notice};
use hongyan_protocol::{Blocked, ServerFrame, UserId, UserProfile, limits};
use hongyan_store::{BlockError, SetBlock};

use crate::{Caller, Service, ServiceError};

/// A page of those whom a user has blocked.
#[derive(Debug, Clone)]
pub struct BlockedPage {
    /// Them, ascending by id.
    pub users: Vec<UserProfile>,
    /// Whether there are others above the last one.
    pub more: bool,
}

impl Service {
    /// The caller blocks somebody from now on, or no more. What is so already changes nothing. The caller's connections
    /// are told; the other is not.
    pub async fn set_block(
        &self,
        caller: &Caller,
        other: UserId,
        on: bool,
    ) -> Result<(), ServiceError> {
        let user = caller.user();
        if user == other {
            return Err(ServiceError::BadRequest("nobody blocks oneself".into()));
        }
        let at = self.clock.now();
        let set = SetBlock {
            user,
            other,
            on,
            at,
        };
        if !self.store.set_block(set).await? {
            return Ok(());
        }
        self.live.doubt(other);
        self.bus.publish_settings(other);
        let frame = ServerFrame::Blocked(Blocked { user: other, on }).encode(None);
        let notice = Notice {
            recipients: Arc::new([user]),
            event: Event::Droppable {
                frame: Bytes::from(frame),
            },
        };
        self.sink.deliver(&notice, None);
        self.bus.publish(notice);
        Ok(())
    }

    /// A page of those whom the caller has blocked, with ids above `after`.
    pub async fn blocked(
        &self,
        caller: &Caller,
        after: UserId,
        limit: Option<usize>,
    ) -> Result<BlockedPage, ServiceError> {
        let limit = limit
            .unwrap_or(limits::MEMBERS_PAGE)
            .clamp(1, limits::MEMBERS_PAGE);
        let mut found = self.store.blocked(caller.user(), after, limit + 1).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let mut users = self.store.users(&found).await?;
        users.sort_unstable_by_key(|user| user.id);
        Ok(BlockedPage {
            users: self.profiles_for(caller, &users),
            more,
        })
    }
}

impl From<BlockError> for ServiceError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::NoSuchUser => Self::UserNotFound,
            BlockError::TooMany => Self::LimitReached,
            BlockError::Store(error) => error.into(),
        }
    }
}
