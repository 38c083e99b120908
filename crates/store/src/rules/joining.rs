//! Who may come into a group by a link, or be let in, and who may make links.

use std::sync::Arc;

use hongyan_protocol::Millis;

use super::groups::{allowed, since};
use super::{Facts, Group, Named};
use crate::group::{GROUP_MEMBERS, GROUPS_A_USER};
use crate::joining::{LINKS, REQUESTS, REQUESTS_A_USER};
use crate::{
    Admission, AppendError, Effects, Event, Joining, JoiningChange, Link, LinkToken, NewLink,
    Request, Role, Settings, Ways, WaysChange,
};

/// What an engine has to find out before somebody comes in by a link or by a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coming {
    /// The link with the token that is said.
    pub link: Option<Arc<Link>>,
    /// The role of who made it, if that is a member still.
    pub maker: Option<Role>,
    /// The request of who is to be let in.
    pub request: Option<Request>,
}

/// What an engine has to find out before a [`Joining`] can be judged.
#[derive(Debug, Clone, Copy)]
pub struct JoiningFacts<'a> {
    /// The settings of the group; `None` where there is no such group.
    pub settings: Option<&'a Settings>,
    /// The ways into it.
    pub ways: &'a Ways,
    /// The role of who does it, if that is a member.
    pub role: Option<Role>,
    /// Whether the group lets that user not in.
    pub is_banned: bool,
    /// The role of who made the link by which that user asks.
    pub maker: Option<Role>,
    /// Into how many groups that user asks to be let.
    pub asked: usize,
}

/// What it makes of a group that the sender comes in by a link.
pub(super) fn joined(at: Millis, facts: &Facts, group: &Group) -> Result<Effects, AppendError> {
    let link = facts.coming.link.as_ref().ok_or(AppendError::DeadLink)?;
    let own = facts.named.first().ok_or(AppendError::NoSuchUser)?;
    if own.role.is_some() {
        return Err(AppendError::Unchanged);
    }
    if !link.is_live(facts.coming.maker, &group.settings, at) {
        return Err(AppendError::DeadLink);
    }
    allowed(link.new.admits != Admission::Approved)?;
    comes(own, group, Event::Joined(link.id))
}

/// What it makes of a group that this user is let in who asked.
pub(super) fn approved(role: Role, facts: &Facts, group: &Group) -> Result<Effects, AppendError> {
    allowed(role >= Role::Admin)?;
    let named = facts.named.first().ok_or(AppendError::NoSuchUser)?;
    if named.role.is_some() {
        return Err(AppendError::Unchanged);
    }
    let waiting = facts.coming.request.filter(|request| !request.is_declined);
    let request = waiting.ok_or(AppendError::NoRequest)?;
    comes(named, group, Event::Approved(named.user, request.link))
}

fn comes(named: &Named, group: &Group, event: Event) -> Result<Effects, AppendError> {
    if !named.is_user {
        return Err(AppendError::NoSuchUser);
    }
    if named.is_banned {
        return Err(AppendError::Banned);
    }
    if named.groups >= GROUPS_A_USER {
        return Err(AppendError::ListFull);
    }
    if group.size >= GROUP_MEMBERS {
        return Err(AppendError::GroupFull);
    }
    Ok(Effects {
        event,
        members: vec![(named.user, Some(Role::Member))],
        since: since(group),
    })
}

/// Judges what is done about the ways into a group: what it makes of them, or `None` where it is so already.
pub fn decide_joining(
    joining: &Joining,
    facts: JoiningFacts<'_>,
) -> Result<Option<WaysChange>, AppendError> {
    match &joining.change {
        JoiningChange::Make(new) => made(joining, new, facts),
        JoiningChange::Revoke(id) => revoked(joining, *id, facts),
        JoiningChange::Ask(token) => asked(joining, *token, facts),
        JoiningChange::Withdraw => {
            let request = facts.ways.requests.get(&joining.by);
            let waits = request.is_some_and(|request| !request.is_declined);
            Ok(waits.then_some(WaysChange::Request(joining.by, None)))
        }
        JoiningChange::Decline(user) => {
            allowed(facts.role.ok_or(AppendError::NotMember)? >= Role::Admin)?;
            let request = facts.ways.requests.get(user);
            let request = request.filter(|request| request.counts(joining.at));
            let request = request.ok_or(AppendError::NoRequest)?;
            let declined = Request {
                at: joining.at,
                is_declined: true,
                ..*request
            };
            let changes = !request.is_declined;
            Ok(changes.then_some(WaysChange::Request(*user, Some(declined))))
        }
    }
}

fn made(
    joining: &Joining,
    new: &NewLink,
    facts: JoiningFacts<'_>,
) -> Result<Option<WaysChange>, AppendError> {
    let role = facts.role.ok_or(AppendError::NotMember)?;
    let settings = facts.settings.ok_or(AppendError::NotMember)?;
    if let Some(earlier) = facts.ways.made_as(joining.by, new) {
        let same = NewLink {
            token: earlier.new.token,
            ..new.clone()
        };
        return match earlier.new == same {
            true => Ok(None),
            false => Err(AppendError::ClientIdConflict),
        };
    }
    allowed(settings.invite.has(role))?;
    if facts.ways.links.len() >= LINKS {
        return Err(AppendError::ListFull);
    }
    let link = Link {
        id: facts.ways.made + 1,
        by: joining.by,
        made_at: joining.at,
        new: new.clone(),
        uses: 0,
    };
    Ok(Some(WaysChange::Made(link.into())))
}

fn revoked(
    joining: &Joining,
    id: u64,
    facts: JoiningFacts<'_>,
) -> Result<Option<WaysChange>, AppendError> {
    let role = facts.role.ok_or(AppendError::NotMember)?;
    let Some(link) = facts.ways.links.get(&id) else {
        return match (1..=facts.ways.made).contains(&id) {
            true => Ok(None),
            false => Err(AppendError::DeadLink),
        };
    };
    allowed(role >= Role::Admin || link.by == joining.by)?;
    Ok(Some(WaysChange::Revoked(id)))
}

fn asked(
    joining: &Joining,
    token: Option<LinkToken>,
    facts: JoiningFacts<'_>,
) -> Result<Option<WaysChange>, AppendError> {
    let link = may_ask(joining.at, token, facts)?;
    if facts.is_banned {
        return Err(AppendError::Banned);
    }
    let requests = &facts.ways.requests;
    if let Some(earlier) = requests.get(&joining.by) {
        if !earlier.is_declined {
            return Ok(None);
        }
        if let Some(until) = earlier.barred_until(joining.at) {
            return Err(AppendError::Declined(until));
        }
    }
    let counts =
        |request: &&Request| !request.is_declined || request.barred_until(joining.at).is_some();
    if facts.asked >= REQUESTS_A_USER || requests.values().filter(counts).count() >= REQUESTS {
        return Err(AppendError::ListFull);
    }
    let request = Request {
        at: joining.at,
        link,
        is_declined: false,
    };
    Ok(Some(WaysChange::Request(joining.by, Some(request))))
}

/// Passes when the user may ask to be let in, with the number of the link where it is by one.
fn may_ask(
    now: Millis,
    token: Option<LinkToken>,
    facts: JoiningFacts<'_>,
) -> Result<Option<u64>, AppendError> {
    let unknown = match token {
        Some(_) => AppendError::DeadLink,
        None => AppendError::NotMember,
    };
    let settings = facts.settings.ok_or(unknown.clone())?;
    let link = token.map(|token| facts.ways.link(token).ok_or(unknown.clone()));
    let link = link.transpose()?;
    if facts.role.is_some() {
        return Err(AppendError::Unchanged);
    }
    match link {
        Some(link) => {
            let is_live = link.is_live(facts.maker, settings, now);
            is_live.then_some(()).ok_or(unknown)?;
            allowed(link.new.admits == Admission::Approved)?;
            Ok(Some(link.id))
        }
        None => settings.ask.then_some(None).ok_or(unknown),
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::{ClientId, ConversationId, Seq, UserId};

    use super::*;
    use crate::{GroupChange, Target, Who};

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    fn at(millis: u64) -> Millis {
        Millis::new(millis).unwrap()
    }

    fn link(admits: Admission, uses: u64) -> Link {
        Link {
            id: 3,
            by: user(1000),
            made_at: at(1),
            new: NewLink {
                client_id: ClientId::new("l").unwrap(),
                token: LinkToken([7; 16]),
                name: "".into(),
                expires_at: Some(at(100)),
                admits,
            },
            uses,
        }
    }

    fn judge(
        link: Link,
        maker: Option<Role>,
        now: u64,
        change: impl FnOnce(&mut Facts),
    ) -> Option<AppendError> {
        let mut facts = Facts {
            earlier: None,
            log: super::super::Log::Missing,
            subject: None,
            named: vec![Named {
                user: user(1001),
                is_user: true,
                role: None,
                groups: 0,
                is_banned: false,
                muted_until: None,
                has_blocked: false,
            }],
            coming: Coming {
                link: Some(link.into()),
                maker,
                request: None,
            },
        };
        change(&mut facts);
        let group = Group {
            settings: Settings {
                invite: Who::Admins,
                ..Settings::default()
            }
            .into(),
            size: 5,
            head: Seq::new(9).unwrap(),
            young_from: Seq::new(9).unwrap(),
            bans: 0,
            mutes: 0,
            spent_all_at: None,
        };
        joined(at(now), &facts, &group).err()
    }

    #[test]
    fn a_link_lives_while_it_may() {
        let admin = Some(Role::Admin);
        let all = || link(Admission::All, 5);
        let nothing = |_: &mut Facts| ();
        let dead = Some(AppendError::DeadLink);
        assert_eq!(judge(all(), admin, 99, nothing), None);
        assert_eq!(judge(all(), admin, 100, nothing), dead);
        assert_eq!(judge(all(), Some(Role::Member), 99, nothing), dead);
        assert_eq!(judge(all(), None, 99, nothing), dead);
        assert_eq!(
            judge(all(), admin, 99, |facts| facts.coming.link = None),
            dead
        );
        assert_eq!(
            judge(link(Admission::First(6), 5), admin, 99, nothing),
            None
        );
        assert_eq!(
            judge(link(Admission::First(5), 5), admin, 99, nothing),
            dead
        );
        let asks = judge(link(Admission::Approved, 0), admin, 99, nothing);
        assert_eq!(asks, Some(AppendError::NotAllowed));
        let banned = judge(all(), admin, 99, |facts| facts.named[0].is_banned = true);
        assert_eq!(banned, Some(AppendError::Banned));
        let is_in = judge(all(), admin, 100, |facts| {
            facts.named[0].role = Some(Role::Member)
        });
        assert_eq!(is_in, Some(AppendError::Unchanged));
    }

    #[test]
    fn a_missing_group_is_a_dead_link() {
        let append = crate::Append {
            from: user(1001),
            target: Target::Conversation(ConversationId::new(7).unwrap()),
            client_id: ClientId::new("c").unwrap(),
            change: crate::Change::Group(GroupChange::Join(LinkToken([0; 16]))),
            at: at(5),
        };
        let facts = Facts {
            earlier: None,
            log: super::super::Log::Missing,
            subject: None,
            named: Vec::new(),
            coming: Coming::default(),
        };
        let judged = super::super::decide(&append, &facts);
        assert_eq!(judged, Err(AppendError::DeadLink));
    }
}
