//! Where a user was mentioned.

use std::collections::BTreeSet;

use hongyan_protocol::{MentionsPage, UserId};
use hongyan_store::Mention;

use crate::limits::{MENTIONS_PAGE, MENTIONS_PAGE_DEFAULT};
use crate::{Caller, Service, ServiceError, wire};

impl Service {
    /// A page of the messages that mention the caller, newest first: those that the caller may read now.
    pub async fn mentions(
        &self,
        caller: &Caller,
        before: Option<&str>,
        limit: Option<usize>,
    ) -> Result<MentionsPage, ServiceError> {
        let place = |text| {
            let unknown = || ServiceError::BadRequest("not a place of a page of mentions".into());
            Mention::parse(text).ok_or_else(unknown)
        };
        let before = before.map(place).transpose()?;
        let limit = limit
            .unwrap_or(MENTIONS_PAGE_DEFAULT)
            .clamp(1, MENTIONS_PAGE);
        let page = self.store.mentions(caller.user(), before, limit).await?;
        let senders: BTreeSet<UserId> = page.entries.iter().map(|entry| entry.from).collect();
        let senders: Vec<UserId> = senders.into_iter().collect();
        let users = self.store.users(&senders).await?;
        Ok(MentionsPage {
            entries: page.entries.into_iter().map(wire::entry).collect(),
            users: self.profiles_for(caller, &users),
            before: page.next.map(|next| next.to_text().into()),
        })
    }
}
