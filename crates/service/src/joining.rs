//! Ways into groups: links, and requests to be let in. Who may do what, the store's rules judge.
//!
//! Owns: how a token is made and written, and what somebody sees of a group before coming in.
//! Promises: whoever looks at a link hears the same of one that never was, is over, used up or revoked, and can look at
//! few of them ([`JOIN_TRIES`](crate::limits::JOIN_TRIES)).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hongyan_protocol as wire;
use hongyan_protocol::{
    Approve, Asked, ClientId, ConversationId, Door, GroupOutside, JoinRequest, Millis, NewLink,
    Sent, Seq, Standing, UserId, UserProfile, limits,
};
use hongyan_store::{
    Admission, GroupChange, Joined, Joining, JoiningChange, Knock, Link, LinkToken, Request, Role,
    WayIn,
};

use crate::{Caller, Reply, Service, ServiceError};

/// The links of a group that the caller may see.
#[derive(Debug, Clone)]
pub struct LinksPage {
    /// Them, in the order in which they were made.
    pub links: Vec<wire::Link>,
    /// Who made them.
    pub users: Vec<UserProfile>,
}

/// Some of those who came in by a link.
#[derive(Debug, Clone)]
pub struct JoinersPage {
    /// Them, in the order of their coming.
    pub joiners: Vec<wire::Joiner>,
    /// The same people's names.
    pub users: Vec<UserProfile>,
    /// Whether others came behind the last one.
    pub more: bool,
}

/// Some of those who wait to be let in.
#[derive(Debug, Clone)]
pub struct RequestsPage {
    /// Them, ascending by user.
    pub requests: Vec<JoinRequest>,
    /// The same people's names.
    pub users: Vec<UserProfile>,
    /// Whether there are others above the last one.
    pub more: bool,
}

impl Service {
    /// Makes a link into a group.
    pub async fn make_link(
        &self,
        caller: &Caller,
        conv: ConversationId,
        new: NewLink,
    ) -> Result<wire::Link, ServiceError> {
        let new = self.new_link(new)?;
        let now = self.clock.now();
        let joined = self.joined(caller, conv, JoiningChange::Make(new)).await?;
        let link = joined.link.ok_or(ServiceError::Internal)?;
        let works = link.new.expires_at.is_none_or(|at| at > now);
        Ok(told(&link, works))
    }

    fn new_link(&self, new: NewLink) -> Result<hongyan_store::NewLink, ServiceError> {
        let name = new.name.unwrap_or_default();
        if name.len() > limits::LINK_NAME_BYTES {
            let what = format!(
                "a link's name has at most {} bytes",
                limits::LINK_NAME_BYTES
            );
            return Err(ServiceError::TooLarge(what));
        }
        if new.expires_at.is_some_and(|at| at <= self.clock.now()) {
            return Err(ServiceError::BadRequest(
                "expires_at is a time to come".into(),
            ));
        }
        let admits = match (new.uses, new.approval) {
            (None, false) => Admission::All,
            (None, true) => Admission::Approved,
            (Some(uses @ 1..=limits::LINK_USES), false) => Admission::First(uses),
            (Some(_), _) => {
                let what = format!(
                    "uses is 1 to {}, and not there with approval",
                    limits::LINK_USES
                );
                return Err(ServiceError::BadRequest(what));
            }
        };
        let mut token = [0; 16];
        self.entropy.fill(&mut token);
        Ok(hongyan_store::NewLink {
            client_id: new.client_id,
            token: LinkToken(token),
            name,
            expires_at: new.expires_at,
            admits,
        })
    }

    /// The links of a group that the caller may see: an admin all, others their own.
    pub async fn links(
        &self,
        caller: &Caller,
        conv: ConversationId,
    ) -> Result<LinksPage, ServiceError> {
        let found = self
            .store
            .links(caller.user(), conv, self.clock.now())
            .await?;
        let makers = found.iter().map(|(link, _)| link.by).collect();
        Ok(LinksPage {
            links: found
                .iter()
                .map(|(link, works)| told(link, *works))
                .collect(),
            users: self.names_of(caller, makers).await?,
        })
    }

    /// Takes a link away. Nobody can come by it any more.
    pub async fn revoke_link(
        &self,
        caller: &Caller,
        conv: ConversationId,
        link: u64,
    ) -> Result<(), ServiceError> {
        let revoke = JoiningChange::Revoke(link);
        self.joined(caller, conv, revoke).await.map(drop)
    }

    /// Who came into a group by a link, behind the entry `after`.
    pub async fn joiners(
        &self,
        caller: &Caller,
        (conv, link): (ConversationId, u64),
        after: Seq,
        limit: Option<usize>,
    ) -> Result<JoinersPage, ServiceError> {
        let limit = page(limit);
        let mut found = self
            .store
            .joiners(caller.user(), conv, link, after, limit + 1)
            .await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let ids = found.iter().map(|joiner| joiner.user).collect();
        let joiners = found.into_iter().map(|joiner| wire::Joiner {
            seq: joiner.seq,
            user: joiner.user,
            at: joiner.at,
        });
        Ok(JoinersPage {
            joiners: joiners.collect(),
            users: self.names_of(caller, ids).await?,
            more,
        })
    }

    /// What the caller sees of a group before coming in.
    pub async fn look(&self, caller: &Caller, door: Door) -> Result<GroupOutside, ServiceError> {
        self.flood.try_joining(caller.user())?;
        let knock = knock(&door)?;
        let now = self.clock.now();
        let way = self.way_in(caller, knock, now).await?;
        let state = standing(&way, now);
        let again_at = barred_until(&way, state, now);
        let some = |text: std::sync::Arc<str>| (!text.is_empty()).then_some(text);
        Ok(GroupOutside {
            conv: way.conv,
            name: way.settings.name.clone(),
            description: some(way.settings.description.clone()),
            avatar: some(way.settings.avatar.clone()),
            size: way.size as u64,
            approval: way.asks,
            state,
            again_at,
        })
    }

    /// Brings the caller into a group by a link, or asks for that. Again, it changes nothing.
    pub async fn join(&self, caller: &Caller, door: Door) -> Result<Asked, ServiceError> {
        self.flood.try_joining(caller.user())?;
        let knock = knock(&door)?;
        let way = self.way_in(caller, knock, self.clock.now()).await?;
        let state = match (knock, way.asks) {
            (Knock::Link(token), false) => {
                let client_id = door.client_id.ok_or_else(no_client_id)?;
                self.come(caller, way.conv, client_id, token).await?;
                Standing::Member
            }
            (Knock::Link(token), true) => {
                self.ask(caller, way.conv, Some(token)).await?;
                Standing::Waiting
            }
            (Knock::Group(_), _) => {
                self.ask(caller, way.conv, None).await?;
                Standing::Waiting
            }
        };
        Ok(Asked {
            conv: way.conv,
            state,
            name: None,
            again_at: None,
        })
    }

    async fn come(
        &self,
        caller: &Caller,
        conv: ConversationId,
        client_id: ClientId,
        token: LinkToken,
    ) -> Result<(), ServiceError> {
        let change = GroupChange::Join(token);
        let sent: Sent =
            answered(|reply| self.change_group(caller, conv, client_id, change, reply)).await?;
        debug_assert_eq!(sent.conv, conv);
        Ok(())
    }

    async fn ask(
        &self,
        caller: &Caller,
        conv: ConversationId,
        token: Option<LinkToken>,
    ) -> Result<(), ServiceError> {
        let ask = JoiningChange::Ask(token);
        self.joined(caller, conv, ask).await.map(drop)
    }

    async fn way_in(
        &self,
        caller: &Caller,
        knock: Knock,
        now: Millis,
    ) -> Result<WayIn, ServiceError> {
        let found = self.store.way_in(caller.user(), knock, now).await?;
        found.ok_or(match knock {
            Knock::Link(_) => ServiceError::DeadLink,
            Knock::Group(_) => ServiceError::ConversationNotFound,
        })
    }

    /// Who waits to be let into a group, with ids above `after`. Admins alone are told.
    pub async fn requests(
        &self,
        caller: &Caller,
        conv: ConversationId,
        after: UserId,
        limit: Option<usize>,
    ) -> Result<RequestsPage, ServiceError> {
        let role = self.store.conversation(caller.user(), conv).await?.role;
        if role < Some(Role::Admin) {
            return Err(ServiceError::Forbidden(
                "the group does not let you do this",
            ));
        }
        let limit = page(limit);
        let mut found = self
            .store
            .requests(caller.user(), conv, after, limit + 1)
            .await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let ids = found.iter().map(|(user, _)| *user).collect();
        let requests = found.into_iter().map(|(user, request)| JoinRequest {
            user,
            at: request.at,
            link: request.link,
        });
        Ok(RequestsPage {
            requests: requests.collect(),
            users: self.names_of(caller, ids).await?,
            more,
        })
    }

    /// Lets somebody in who asked.
    pub fn approve(
        &self,
        caller: &Caller,
        conv: ConversationId,
        user: UserId,
        approve: Approve,
        reply: Reply<Sent>,
    ) {
        let change = GroupChange::Approve(user);
        self.change_group(caller, conv, approve.client_id, change, reply);
    }

    /// Lets somebody not in who asked; the caller's own request is taken back.
    pub async fn decline(
        &self,
        caller: &Caller,
        conv: ConversationId,
        user: UserId,
    ) -> Result<(), ServiceError> {
        let change = match user == caller.user() {
            true => JoiningChange::Withdraw,
            false => JoiningChange::Decline(user),
        };
        self.joined(caller, conv, change).await.map(drop)
    }

    /// The caller's own requests: those that wait, and those that were declined lately.
    pub async fn own_requests(&self, caller: &Caller) -> Result<Vec<Asked>, ServiceError> {
        let now = self.clock.now();
        let found = self.store.own_requests(caller.user(), now).await?;
        let told = found.into_iter().map(|own| {
            let again_at = own.request.barred_until(now);
            Asked {
                conv: own.conv,
                name: Some(own.name),
                state: asking(&own.request),
                again_at,
            }
        });
        Ok(told.collect())
    }

    async fn joined(
        &self,
        caller: &Caller,
        conv: ConversationId,
        change: JoiningChange,
    ) -> Result<Joined, ServiceError> {
        let joining = Joining {
            by: caller.user(),
            conv,
            at: self.clock.now(),
            change,
        };
        answered(|reply| self.committer.joining(joining, reply)).await
    }

    /// What the caller may know of these, each once, ascending.
    async fn names_of(
        &self,
        caller: &Caller,
        ids: Vec<UserId>,
    ) -> Result<Vec<UserProfile>, ServiceError> {
        let mut users = self.store.users(&crate::groups::each_once(ids)).await?;
        users.sort_by_key(|user| user.id);
        Ok(self.profiles_for(caller, &users))
    }
}

/// What the asker's own devices hear of a change.
pub(crate) fn own_state(change: &JoiningChange) -> Option<Standing> {
    match change {
        JoiningChange::Ask(_) => Some(Standing::Waiting),
        JoiningChange::Withdraw => Some(Standing::Ended),
        JoiningChange::Make(_) | JoiningChange::Revoke(_) | JoiningChange::Decline(_) => None,
    }
}

fn standing(way: &WayIn, now: Millis) -> Standing {
    let request = way.request.filter(|request| request.counts(now));
    match request {
        _ if way.is_member => Standing::Member,
        _ if way.is_banned => Standing::Banned,
        Some(request) => asking(&request),
        None => Standing::Outside,
    }
}

fn asking(request: &Request) -> Standing {
    match request.is_declined {
        true => Standing::Declined,
        false => Standing::Waiting,
    }
}

fn barred_until(way: &WayIn, state: Standing, now: Millis) -> Option<Millis> {
    let request = way.request.filter(|_| state == Standing::Declined);
    request.and_then(|request| request.barred_until(now))
}

fn told(link: &Link, works: bool) -> wire::Link {
    let name = link.new.name.clone();
    wire::Link {
        link: link.id,
        token: URL_SAFE_NO_PAD.encode(link.new.token.0).into(),
        name: (!name.is_empty()).then_some(name),
        by: link.by,
        made_at: link.made_at,
        expires_at: link.new.expires_at,
        uses: match link.new.admits {
            Admission::First(uses) => Some(uses),
            Admission::All | Admission::Approved => None,
        },
        approval: link.new.admits == Admission::Approved,
        used: link.uses,
        works,
    }
}

fn knock(door: &Door) -> Result<Knock, ServiceError> {
    match (&door.token, door.conv) {
        (Some(token), None) => {
            let mut bytes = [0; 16];
            let read = URL_SAFE_NO_PAD.decode_slice(token.as_bytes(), &mut bytes);
            match read {
                Ok(16) => Ok(Knock::Link(LinkToken(bytes))),
                Ok(_) | Err(_) => Err(ServiceError::DeadLink),
            }
        }
        (None, Some(conv)) => Ok(Knock::Group(conv)),
        (Some(_), Some(_)) | (None, None) => {
            Err(ServiceError::BadRequest("say either token or conv".into()))
        }
    }
}

fn no_client_id() -> ServiceError {
    ServiceError::BadRequest("joining by a link needs a client_id".into())
}

fn page(limit: Option<usize>) -> usize {
    let most = limits::JOINING_PAGE;
    limit.unwrap_or(most).clamp(1, most)
}

/// Waits for the answer to something that is answered after a commit.
async fn answered<T: Send + 'static>(ask: impl FnOnce(Reply<T>)) -> Result<T, ServiceError> {
    let (sender, answer) = tokio::sync::oneshot::channel();
    ask(Box::new(move |result| {
        // Nobody waits any more.
        let _ = sender.send(result);
    }));
    answer.await.unwrap_or(Err(ServiceError::Internal))
}

const _: () = assert!(limits::JOINING_PAGE < hongyan_store::JOINING_PAGE);
