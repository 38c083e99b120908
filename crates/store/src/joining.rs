//! Ways into a group that nobody has to be brought by: links that are handed on, and requests to be let in.
//!
//! A link works as long as its maker may bring people in. What is used of one follows from the log: each entry that
//! brought somebody in by a link names it.
//!
//! Owns: the words for links and requests, their bounds, and what an event makes of them.
//! Not here: who may do what (`rules`), and how a token is made and written (`service`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use hongyan_protocol::{ClientId, ConversationId, Millis, Seq, UserId};

use crate::{Event, Role, Settings};

pub use hongyan_protocol::limits::{LINKS, REQUESTS, REQUESTS_A_USER};

/// How long somebody who was declined waits before asking again, in milliseconds.
pub const ASK_AGAIN_MS: u64 = 24 * 60 * 60 * 1000;

/// The largest number of people in one page of [`joiners`](crate::JoiningReads::joiners) and of
/// [`requests`](crate::JoiningReads::requests).
pub const JOINING_PAGE: usize = 1000;

/// The secret of a link: whoever has it may come in by it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkToken(pub [u8; 16]);

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

/// Whom a link lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// All.
    All,
    /// The first so many; at least one.
    First(u64),
    /// Nobody: who comes by it asks to be let in.
    Approved,
}

/// A link to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// Its maker's name for it: a retry finds the link.
    pub client_id: ClientId,
    /// The secret.
    pub token: LinkToken,
    /// What it is for; perhaps empty.
    pub name: Arc<str>,
    /// From when on it does not work any more.
    pub expires_at: Option<Millis>,
    /// Whom it lets in.
    pub admits: Admission,
}

/// A link into a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Which of the group's: 1, 2, 3 … None is given twice.
    pub id: u64,
    /// Who made it.
    pub by: UserId,
    /// When.
    pub made_at: Millis,
    /// What its maker said of it.
    pub new: NewLink,
    /// How many came in by it.
    pub uses: u64,
}

impl Link {
    /// Whether somebody may come in by it, or ask to. `maker`: the role of who made it, if that is a member still.
    pub fn is_live(&self, maker: Option<Role>, settings: &Settings, now: Millis) -> bool {
        let is_over = self.new.expires_at.is_some_and(|at| at <= now);
        let is_used_up = match self.new.admits {
            Admission::First(uses) => self.uses >= uses,
            Admission::All | Admission::Approved => false,
        };
        maker.is_some_and(|role| settings.invite.has(role)) && !is_over && !is_used_up
    }
}

/// That somebody wants to be let into a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// When it was asked, or declined.
    pub at: Millis,
    /// By which link; `None` where it was asked without one.
    pub link: Option<u64>,
    /// Whether it was declined. It is kept until the user may ask again.
    pub is_declined: bool,
}

impl Request {
    /// Whether it waits, or keeps the user from asking again.
    pub fn counts(&self, now: Millis) -> bool {
        !self.is_declined || self.barred_until(now).is_some()
    }

    /// Until when the user may not ask again, if that is still so.
    pub fn barred_until(&self, now: Millis) -> Option<Millis> {
        let until = self.at.plus(ASK_AGAIN_MS);
        (self.is_declined && until > now).then_some(until)
    }
}

/// What is done about the ways into a group, which is no entry of its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joining {
    /// Who does it.
    pub by: UserId,
    /// Of which group.
    pub conv: ConversationId,
    /// When the server took it.
    pub at: Millis,
    /// What.
    pub change: JoiningChange,
}

/// See [`Joining`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoiningChange {
    /// Makes a link.
    Make(NewLink),
    /// Takes a link away.
    Revoke(u64),
    /// Asks to be let in: by a link, or without one where the group lets everybody ask.
    Ask(Option<LinkToken>),
    /// Asks no more.
    Withdraw,
    /// Lets somebody not in who asked.
    Decline(UserId),
}

/// What a [`Joining`] makes of the ways into a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaysChange {
    /// This link is there.
    Made(Arc<Link>),
    /// This one is not any more.
    Revoked(u64),
    /// How this user's request stands; `None` where there is none any more.
    Request(UserId, Option<Request>),
}

/// What became of a [`Joining`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The group.
    pub conv: ConversationId,
    /// Whether it changed anything.
    pub changed: bool,
    /// The link that was made, then or by an earlier attempt.
    pub link: Option<Arc<Link>>,
    /// Who asks to be let in now, where it was about a request.
    pub asking: Option<Asking>,
}

/// Who asks to be let into a group, after a change of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// How many.
    pub count: usize,
    /// Whose request ended without their coming in. Ascending.
    pub refused: Vec<UserId>,
    /// Whom it concerns: admins and the owner. Ascending.
    pub admins: Arc<[UserId]>,
}

/// The ways into a group, as an engine keeps them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways {
    /// Its links, by their numbers.
    pub links: BTreeMap<u64, Arc<Link>>,
    /// How many links it ever had.
    pub made: u64,
    /// Who asked to be let in, and how that stands. Of those who were declined, some may be here still who may ask again.
    pub requests: BTreeMap<UserId, Request>,
}

/// What an event made of the ways into its group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaysEnded {
    /// Links that somebody came in by, or that are gone.
    pub links: Vec<u64>,
    /// Whose requests are gone, and whether each still waited. Ascending.
    pub requests: Vec<(UserId, bool)>,
}

impl Ways {
    /// The link with this token.
    pub fn link(&self, token: LinkToken) -> Option<&Arc<Link>> {
        self.links.values().find(|link| link.new.token == token)
    }

    /// The link that this user made before under the same client id.
    pub fn made_as(&self, by: UserId, new: &NewLink) -> Option<&Arc<Link>> {
        let is_same = |link: &&Arc<Link>| link.by == by && link.new.client_id == new.client_id;
        self.links.values().find(is_same)
    }

    /// How many wait to be let in.
    pub fn waiting(&self) -> usize {
        let waits = |request: &&Request| !request.is_declined;
        self.requests.values().filter(waits).count()
    }

    /// What is done about them makes this of them.
    pub fn apply(&mut self, change: &WaysChange) {
        match change {
            WaysChange::Made(link) => {
                self.made = self.made.max(link.id);
                self.links.insert(link.id, Arc::clone(link));
            }
            WaysChange::Revoked(id) => {
                self.links.remove(id);
            }
            WaysChange::Request(user, Some(request)) => {
                self.requests.retain(|_, known| known.counts(request.at));
                self.requests.insert(*user, *request);
            }
            WaysChange::Request(user, None) => {
                self.requests.remove(user);
            }
        }
    }

    /// What an event of the group's log makes of them: who came in or is banned asks no more, and who came in by a link
    /// used it.
    pub fn happened(&mut self, from: UserId, event: &Event) -> WaysEnded {
        let mut ended = WaysEnded::default();
        if let Some(id) = event.link()
            && let Some(link) = self.links.get_mut(&id)
        {
            Arc::make_mut(link).uses += 1;
            ended.links.push(id);
        }
        let over: BTreeSet<UserId> = match event {
            Event::Added(users) | Event::Banned(users, _) => users.iter().copied().collect(),
            Event::Joined(_) => [from].into(),
            Event::Approved(user, _) => [*user].into(),
            Event::Disbanded => {
                ended.links = std::mem::take(&mut self.links).into_keys().collect();
                self.requests.keys().copied().collect()
            }
            Event::Created { .. }
            | Event::Removed(_)
            | Event::Left
            | Event::Role(..)
            | Event::Set(_)
            | Event::Unbanned(_)
            | Event::Muted(..)
            | Event::Pinned(_)
            | Event::Unpinned(_) => return ended,
        };
        for user in over {
            if let Some(request) = self.requests.remove(&user) {
                ended.requests.push((user, !request.is_declined));
            }
        }
        ended
    }
}

/// How somebody who is not in a group stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayIn {
    /// The group.
    pub conv: ConversationId,
    /// What it is called, and lets people do.
    pub settings: Arc<Settings>,
    /// How many members it has.
    pub size: usize,
    /// Whether who comes asks to be let in.
    pub asks: bool,
    /// Whether the asker is a member.
    pub is_member: bool,
    /// Whether the group lets the asker not in.
    pub is_banned: bool,
    /// How the asker's request stands.
    pub request: Option<Request>,
}

/// By what somebody looks at a group from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knock {
    /// By a link.
    Link(LinkToken),
    /// By its id, where it lets everybody ask.
    Group(ConversationId),
}

/// Somebody who came in by a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joiner {
    /// With this entry.
    pub seq: Seq,
    /// Who.
    pub user: UserId,
    /// When.
    pub at: Millis,
}

/// A request of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRequest {
    /// To which group.
    pub conv: ConversationId,
    /// What that is called.
    pub name: Arc<str>,
    /// How it stands.
    pub request: Request,
}
