//! Looking for people by what somebody types of their names.

use std::ops::Range;

use hongyan_protocol::UserProfile;
use hongyan_store::people::Query;

use crate::limits::{LOGIN_BYTES, SEARCH_BYTES, SEARCH_USERS, SEARCH_USERS_DEFAULT};
use crate::names::check_length;
use crate::{Caller, Service, ServiceError, wire};

/// Whom a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPeople {
    /// The people, the best match first.
    pub users: Vec<UserProfile>,
    /// For each of them the parts of the name that fit, in characters; none where something else did.
    pub marks: Vec<Vec<Range<usize>>>,
    /// There may be others; more letters find them.
    pub more: bool,
}

impl Service {
    /// The people whom these letters find, in their names and, where the deployment shows them, in their login names. A whole
    /// login name finds its owner in any case, before all others: who asks knows it already, so it is told.
    pub async fn search_users(
        &self,
        caller: &Caller,
        typed: &str,
        limit: Option<usize>,
    ) -> Result<FoundPeople, ServiceError> {
        check_length("search", typed, 0..=SEARCH_BYTES)?;
        let limit = limit.unwrap_or(SEARCH_USERS_DEFAULT).min(SEARCH_USERS);
        let query = Query::parse(typed, self.rules.show_logins);
        let mut found = match &query {
            Some(query) => self.store.search_users(query.clone(), limit).await?,
            None => hongyan_store::FoundUsers::default(),
        };
        let mut profiles = self.profiles_for(caller, &found.users);
        if let Some(owner) = self.owner_of(typed.trim()).await? {
            let before = found.users.iter().position(|user| user.id == owner.id);
            if let Some(at) = before {
                found.users.remove(at);
                profiles.remove(at);
            }
            profiles.insert(0, wire::profile(&owner));
            found.users.insert(0, owner);
            found.more |= found.users.len() > limit;
            found.users.truncate(limit);
            profiles.truncate(limit);
        }
        let marks = found.users.iter().map(|user| match &query {
            Some(query) => query.marks(&user.name),
            None => Vec::new(),
        });
        Ok(FoundPeople {
            marks: marks.collect(),
            users: profiles,
            more: found.more,
        })
    }

    async fn owner_of(&self, login: &str) -> Result<Option<hongyan_store::User>, ServiceError> {
        if login.is_empty() || login.len() > LOGIN_BYTES {
            return Ok(None);
        }
        let Some(known) = self.store.credentials(login).await? else {
            return Ok(None);
        };
        Ok(self.store.users(&[known.user]).await?.pop())
    }
}
