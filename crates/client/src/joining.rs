//! Ways into groups: links that are handed on, and requests to be let in.
//!
//! Promises: what the network swallowed is asked for once more under the same name, so that it is done once. Not here:
//! what members hear of who comes, which are [entries](crate::Event::Entry).

use hongyan_protocol::{
    Approve, Asked, ConversationId, Door, GroupOutside, JoinRequest, Link, Millis, NewLink, Sent,
    UserId, UserProfile,
};
use reqwest::Method;
use serde::Deserialize;

use crate::{Client, HttpError};

/// Whom a link lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Admits {
    /// All who come.
    All,
    /// The first so many, 1 to [`LINK_USES`](hongyan_protocol::limits::LINK_USES).
    First(u64),
    /// Nobody: who comes by it asks to be let in.
    Approved,
}

/// The links of a group that the caller may see.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Links {
    /// Them, in the order in which they were made.
    pub links: Vec<Link>,
    /// Who made them.
    pub users: Vec<UserProfile>,
}

/// A page of those who wait to be let into a group, by id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RequestPage {
    /// Them.
    pub requests: Vec<JoinRequest>,
    /// Who they are.
    pub users: Vec<UserProfile>,
    /// There are others behind the last.
    pub more: bool,
}

impl Client {
    /// Makes a link into a group. Whoever has its `token` may come.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn make_link(
        &self,
        conv: ConversationId,
        name: Option<&str>,
        admits: Admits,
        expires_at: Option<Millis>,
    ) -> Result<Link, HttpError> {
        let link = NewLink {
            client_id: self.client_id(),
            name: name.map(Into::into),
            expires_at,
            uses: match admits {
                Admits::First(uses) => Some(uses),
                Admits::All | Admits::Approved => None,
            },
            approval: admits == Admits::Approved,
        };
        let path = format!("/v1/groups/{conv}/links");
        self.change(Method::POST, path, &link).await
    }

    /// The links of a group: an admin sees all, others their own.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn links(&self, conv: ConversationId) -> Result<Links, HttpError> {
        let path = format!("/v1/groups/{conv}/links");
        let token = self.token()?;
        self.http().ask(Method::GET, &path, &[], &token).await
    }

    /// Takes a link away: nobody can come by it any more.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn revoke_link(&self, conv: ConversationId, link: u64) -> Result<(), HttpError> {
        self.take_away(format!("/v1/groups/{conv}/links/{link}"))
            .await
    }

    /// What is to be seen of a group before one comes in by a link.
    ///
    /// # Errors
    /// See [`HttpError`]; `dead_link` where nobody can come by it.
    pub async fn look_at_link(&self, token: &str) -> Result<GroupOutside, HttpError> {
        let door = Door {
            client_id: None,
            ..self.by_token(token)
        };
        self.change(Method::POST, "/v1/join/look".into(), &door)
            .await
    }

    /// Comes into a group by a link, or asks for that, as the answer's `state` says.
    ///
    /// # Errors
    /// See [`HttpError`]; `dead_link` where nobody can come by it, `unchanged` for a member.
    pub async fn join(&self, token: &str) -> Result<Asked, HttpError> {
        let door = self.by_token(token);
        self.change(Method::POST, "/v1/join".into(), &door).await
    }

    /// A page of those who wait to be let into a group: those after this id, or the first.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn join_requests(
        &self,
        conv: ConversationId,
        after: Option<UserId>,
    ) -> Result<RequestPage, HttpError> {
        let after = after.map(|user| user.to_string());
        let query: Vec<_> = after
            .iter()
            .map(|after| ("after", after.as_str()))
            .collect();
        let path = format!("/v1/groups/{conv}/requests");
        let token = self.token()?;
        self.http().ask(Method::GET, &path, &query, &token).await
    }

    /// Lets somebody in who asked.
    ///
    /// # Errors
    /// See [`HttpError`]; `unchanged` where another admin was quicker.
    pub async fn approve(&self, conv: ConversationId, user: UserId) -> Result<Sent, HttpError> {
        let approve = Approve {
            client_id: self.client_id(),
        };
        let path = format!("/v1/groups/{conv}/requests/{user}");
        self.change(Method::POST, path, &approve).await
    }

    /// Lets somebody not in who asked. With the caller's own id: asks no more.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn decline(&self, conv: ConversationId, user: UserId) -> Result<(), HttpError> {
        self.take_away(format!("/v1/groups/{conv}/requests/{user}"))
            .await
    }

    fn by_token(&self, token: &str) -> Door {
        Door {
            token: Some(token.into()),
            conv: None,
            client_id: Some(self.client_id()),
        }
    }

    async fn take_away(&self, path: String) -> Result<(), HttpError> {
        let token = self.token()?;
        self.http().ask(Method::DELETE, &path, &[], &token).await
    }
}
