//! The ways into groups, as plainly as can be.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use hongyan_protocol::{Millis, UserId};

use super::model::{Log, Model};
use crate::{
    Admission, Append, AppendError, Asking, Content, Event, GROUP_MEMBERS, Joined, Joiner, Joining,
    JoiningChange, Link, LinkToken, OwnRequest, Request, Role, WayIn, Who,
};

/// In milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// The ways into one group.
#[derive(Default)]
pub(super) struct Doors {
    /// All that were ever made, with no uses noted.
    made: Vec<Link>,
    revoked: BTreeSet<u64>,
    /// All that count, and some that do not any more.
    requests: HashMap<UserId, Request>,
}

impl Log {
    /// Its links as they are now, ascending.
    pub(super) fn links(&self) -> Vec<Link> {
        let there = self.doors.made.iter();
        let there = there.filter(|link| !self.doors.revoked.contains(&link.id));
        let with_uses = there.map(|link| Link {
            uses: self.joiners(link.id).len() as u64,
            ..link.clone()
        });
        match self.roles.is_empty() {
            true => Vec::new(),
            false => with_uses.collect(),
        }
    }

    /// Who came by a link, by the log.
    pub(super) fn joiners(&self, link: u64) -> Vec<Joiner> {
        let came = self.entries.iter().filter_map(|entry| {
            let user = match &entry.content {
                Content::Event(Event::Joined(by)) if *by == link => entry.from,
                Content::Event(Event::Approved(user, Some(by))) if *by == link => *user,
                _ => return None,
            };
            Some(Joiner {
                seq: entry.seq,
                user,
                at: entry.at,
            })
        });
        came.collect()
    }

    fn link(&self, token: LinkToken) -> Option<Link> {
        self.links()
            .into_iter()
            .find(|link| link.new.token == token)
    }

    pub(super) fn works(&self, link: &Link, now: Millis) -> bool {
        let maker = self.roles.get(&link.by);
        let settings = self.settings.as_ref().unwrap();
        let may_invite = match settings.invite {
            Who::All => maker.is_some(),
            Who::Admins => matches!(maker, Some(Role::Admin | Role::Owner)),
        };
        let has_room = match link.new.admits {
            Admission::First(most) => link.uses < most,
            _ => true,
        };
        may_invite && has_room && link.new.expires_at.is_none_or(|at| now < at)
    }

    pub(super) fn leads(&self, user: UserId) -> bool {
        matches!(self.roles.get(&user), Some(Role::Admin | Role::Owner))
    }

    /// Who waits to be let in. Ascending.
    pub(super) fn waiting(&self) -> Vec<(UserId, Request)> {
        let all = self.doors.requests.iter();
        let waiting = all.filter(|(_, request)| !request.is_declined);
        let mut waiting: Vec<_> = waiting.map(|(user, request)| (*user, *request)).collect();
        waiting.sort_by_key(|(user, _)| *user);
        waiting
    }

    fn asking(&self, refused: Vec<UserId>) -> Asking {
        let mut admins = self.members();
        admins.retain(|user| self.leads(*user));
        Asking {
            count: self.waiting().len(),
            refused,
            admins: admins.into(),
        }
    }

    /// A user comes in by a link.
    pub(super) fn may_join(
        &self,
        append: &Append,
        token: LinkToken,
        is_user: bool,
    ) -> Result<Event, AppendError> {
        let link = self.link(token).ok_or(AppendError::DeadLink)?;
        if self.has(append.from) {
            return Err(AppendError::Unchanged);
        }
        if !self.works(&link, append.at) {
            return Err(AppendError::DeadLink);
        }
        if link.new.admits == Admission::Approved {
            return Err(AppendError::NotAllowed);
        }
        self.may_come(append.from, is_user)?;
        Ok(Event::Joined(link.id))
    }

    /// Somebody is let in.
    pub(super) fn may_approve(
        &self,
        from: UserId,
        user: UserId,
        is_user: bool,
    ) -> Result<Event, AppendError> {
        if !self.leads(from) {
            return Err(AppendError::NotAllowed);
        }
        if self.has(user) {
            return Err(AppendError::Unchanged);
        }
        let waiting = self.waiting();
        let asked = waiting.iter().find(|(asks, _)| *asks == user);
        let (_, request) = asked.ok_or(AppendError::NoRequest)?;
        self.may_come(user, is_user)?;
        Ok(Event::Approved(user, request.link))
    }

    fn may_come(&self, user: UserId, is_user: bool) -> Result<(), AppendError> {
        if !is_user {
            Err(AppendError::NoSuchUser)
        } else if self.banned.contains(&user) {
            Err(AppendError::Banned)
        } else if self.roles.len() == GROUP_MEMBERS {
            Err(AppendError::GroupFull)
        } else {
            Ok(())
        }
    }

    /// Requests that an event ended: who asks now, if that is others. Called after the event.
    pub(super) fn asking_after(&mut self) -> Option<Asking> {
        let before: Vec<UserId> = self.waiting().iter().map(|(user, _)| *user).collect();
        let (roles, banned) = (&self.roles, &self.banned);
        let has_ended = roles.is_empty();
        self.doors
            .requests
            .retain(|user, _| !has_ended && !roles.contains_key(user) && !banned.contains(user));
        if before.len() == self.waiting().len() {
            return None;
        }
        let mut refused = before;
        refused.retain(|user| !self.doors.requests.contains_key(user) && !self.has(*user));
        Some(self.asking(refused))
    }

    fn joining(&mut self, joining: &Joining, asked: usize) -> Result<bool, AppendError> {
        let (by, now) = (joining.by, joining.at);
        let is_in = self.has(by);
        match &joining.change {
            JoiningChange::Make(new) => {
                if !is_in || self.settings.is_none() {
                    return Err(AppendError::NotMember);
                }
                let mut own = self.links();
                own.retain(|link| link.by == by && link.new.client_id == new.client_id);
                if let Some(earlier) = own.first() {
                    let (a, b) = (&earlier.new, new);
                    let is_same =
                        (&a.name, a.expires_at, a.admits) == (&b.name, b.expires_at, b.admits);
                    return match is_same {
                        true => Ok(false),
                        false => Err(AppendError::ClientIdConflict),
                    };
                }
                let invite = self.settings.as_ref().unwrap().invite;
                if invite == Who::Admins && !self.leads(by) {
                    return Err(AppendError::NotAllowed);
                }
                if self.links().len() == 100 {
                    return Err(AppendError::ListFull);
                }
                self.doors.made.push(Link {
                    id: self.doors.made.len() as u64 + 1,
                    by,
                    made_at: now,
                    new: new.clone(),
                    uses: 0,
                });
                Ok(true)
            }
            JoiningChange::Revoke(id) => {
                if !is_in {
                    return Err(AppendError::NotMember);
                }
                let links = self.links();
                match links.iter().find(|link| link.id == *id) {
                    None if *id > 0 && *id <= self.doors.made.len() as u64 => Ok(false),
                    None => Err(AppendError::DeadLink),
                    Some(link) if link.by != by && !self.leads(by) => Err(AppendError::NotAllowed),
                    Some(_) => Ok(self.doors.revoked.insert(*id)),
                }
            }
            JoiningChange::Ask(token) => {
                let link = match token {
                    Some(token) => Some(self.link(*token).ok_or(AppendError::DeadLink)?),
                    None if self.settings.is_none() => return Err(AppendError::NotMember),
                    None => None,
                };
                if is_in {
                    return Err(AppendError::Unchanged);
                }
                match &link {
                    Some(link) if !self.works(link, now) => return Err(AppendError::DeadLink),
                    Some(link) if link.new.admits != Admission::Approved => {
                        return Err(AppendError::NotAllowed);
                    }
                    None if !self.settings.as_ref().unwrap().ask => {
                        return Err(AppendError::NotMember);
                    }
                    _ => {}
                }
                if self.banned.contains(&by) {
                    return Err(AppendError::Banned);
                }
                if let Some(earlier) = self.doors.requests.get(&by) {
                    let again = earlier.at.get() + DAY;
                    if !earlier.is_declined {
                        return Ok(false);
                    } else if now.get() < again {
                        return Err(AppendError::Declined(Millis::new(again).unwrap()));
                    }
                }
                if asked == 20 {
                    return Err(AppendError::ListFull);
                }
                let request = Request {
                    at: now,
                    link: link.map(|link| link.id),
                    is_declined: false,
                };
                self.doors.requests.insert(by, request);
                Ok(true)
            }
            JoiningChange::Withdraw => {
                let is_declined = self.doors.requests.get(&by).map(|own| own.is_declined);
                match is_declined {
                    Some(false) => Ok(self.doors.requests.remove(&by).is_some()),
                    Some(true) | None => Ok(false),
                }
            }
            JoiningChange::Decline(user) => {
                if !is_in {
                    return Err(AppendError::NotMember);
                }
                if self.settings.is_none() || !self.leads(by) {
                    return Err(AppendError::NotAllowed);
                }
                let request = self.doors.requests.get_mut(user);
                let request = request.ok_or(AppendError::NoRequest)?;
                if request.is_declined {
                    return match now.get() < request.at.get() + DAY {
                        true => Ok(false),
                        false => Err(AppendError::NoRequest),
                    };
                }
                (request.is_declined, request.at) = (true, now);
                Ok(true)
            }
        }
    }

    /// How a user stands before it, who comes by this link or by none.
    pub(super) fn way_in(&self, user: UserId, link: Option<&Link>, now: Millis) -> Option<WayIn> {
        let settings = self.settings.clone()?;
        let lets = match link {
            Some(link) => self.works(link, now) || self.has(user),
            None => settings.ask && !self.roles.is_empty(),
        };
        lets.then(|| WayIn {
            conv: self.conv,
            asks: link.is_none_or(|link| link.new.admits == Admission::Approved),
            settings: settings.into(),
            size: self.roles.len(),
            is_member: self.has(user),
            is_banned: self.banned.contains(&user),
            request: self.doors.requests.get(&user).copied(),
        })
    }
}

impl Model {
    pub(super) fn joining(&mut self, joining: &Joining) -> Result<Joined, AppendError> {
        let asked = self.logs.iter();
        let asked = asked.filter(|log| log.waiting().iter().any(|(user, _)| *user == joining.by));
        let asked = asked.count();
        let batch = self.batch;
        let missing = Joined {
            conv: joining.conv,
            changed: false,
            link: None,
            asking: None,
        };
        let Some(at) = self.find(joining.conv) else {
            return match joining.change {
                JoiningChange::Withdraw => Ok(missing),
                JoiningChange::Ask(Some(_)) => Err(AppendError::DeadLink),
                _ => Err(AppendError::NotMember),
            };
        };
        let log = &mut self.logs[at];
        let changed = log.joining(joining, asked)?;
        let links = log.links();
        let link = match &joining.change {
            JoiningChange::Make(new) => links
                .into_iter()
                .find(|link| link.by == joining.by && link.new.client_id == new.client_id),
            _ => None,
        };
        let refused = match joining.change {
            JoiningChange::Decline(user) => Some(vec![user]),
            JoiningChange::Ask(_) | JoiningChange::Withdraw => Some(Vec::new()),
            JoiningChange::Make(_) | JoiningChange::Revoke(_) => None,
        };
        let asking = refused
            .filter(|_| changed)
            .map(|refused| log.asking(refused));
        if asking.is_some() {
            log.changed_in = batch;
        }
        Ok(Joined {
            changed,
            link: link.map(Arc::new),
            asking,
            ..missing
        })
    }

    /// The requests of a user.
    pub(super) fn own_requests(&self, user: UserId) -> Vec<OwnRequest> {
        let own = self.logs.iter().filter_map(|log| {
            Some(OwnRequest {
                conv: log.conv,
                name: log.settings.as_ref()?.name.clone(),
                request: *log.doors.requests.get(&user)?,
            })
        });
        let mut own: Vec<_> = own.collect();
        own.sort_by_key(|own| own.conv);
        own
    }
}
