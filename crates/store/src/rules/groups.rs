//! Who may do what to a group.

use hongyan_protocol::{Millis, Seq, UserId};

use super::{Group, Named};
use crate::group::{GROUP_MEMBERS, GROUPS_A_USER};
use crate::{AppendError, BANS, Effects, Event, GroupChange, MUTES, Role, Window};

/// What a new group is. `named`: all whom it names.
pub(super) fn created(
    from: UserId,
    change: &GroupChange,
    named: &[Named],
) -> Result<Effects, AppendError> {
    let GroupChange::Create { name, users } = change else {
        return Err(AppendError::NotMember);
    };
    if !named.iter().all(|named| named.is_user) {
        return Err(AppendError::NoSuchUser);
    }
    have_room(named.iter())?;
    let others: Vec<UserId> = users.iter().copied().filter(|user| *user != from).collect();
    let mut members: Vec<_> = others
        .iter()
        .map(|user| (*user, Some(Role::Member)))
        .chain([(from, Some(Role::Owner))])
        .collect();
    members.sort_unstable_by_key(|(user, _)| *user);
    let event = Event::Created {
        name: name.clone(),
        users: others,
    };
    Ok(Effects {
        event,
        members,
        since: FIRST,
    })
}

/// The first seq of a log.
const FIRST: Seq = Seq::ZERO.next();

/// What a change makes of a group.
pub(super) fn changed(
    (from, role): (UserId, Role),
    at: Millis,
    change: &GroupChange,
    group: &Group,
    named: &[Named],
) -> Result<Effects, AppendError> {
    match change {
        // Pins, and who comes uninvited, are judged elsewhere.
        GroupChange::Create { .. }
        | GroupChange::Pin(_)
        | GroupChange::Unpin(_)
        | GroupChange::Join(_)
        | GroupChange::Approve(_) => Err(AppendError::NotAllowed),
        GroupChange::Ban(users) => banned((from, role), users, group, named),
        GroupChange::Unban(_) => unbanned(role, named),
        GroupChange::Mute(user, until) => muted(role, (*user, *until), at, group, named),
        GroupChange::Add(_) => added(role, group, named),
        GroupChange::Remove(users) => removed((from, role), users, named),
        GroupChange::Leave => left((from, role), group),
        GroupChange::Role(user, new) => role_given((from, role), *user, *new, named),
        GroupChange::Set(setting) => {
            allowed(role >= setting.needs())?;
            if group.settings.with(setting) == *group.settings {
                return Err(AppendError::Unchanged);
            }
            Ok(only(Event::Set(setting.clone())))
        }
        GroupChange::Disband => {
            allowed(role == Role::Owner)?;
            Ok(only(Event::Disbanded))
        }
    }
}

fn added(role: Role, group: &Group, named: &[Named]) -> Result<Effects, AppendError> {
    allowed(group.settings.invite.has(role))?;
    if !named.iter().all(|named| named.is_user) {
        return Err(AppendError::NoSuchUser);
    }
    if named.iter().any(|named| named.is_banned) {
        return Err(AppendError::Banned);
    }
    let new = named.iter().filter(|named| named.role.is_none());
    let new: Vec<UserId> = new.map(|named| named.user).collect();
    if new.is_empty() {
        return Err(AppendError::Unchanged);
    }
    have_room(named.iter().filter(|named| named.role.is_none()))?;
    if group.size + new.len() > GROUP_MEMBERS {
        return Err(AppendError::GroupFull);
    }
    let member = |user: &UserId| (*user, Some(Role::Member));
    Ok(Effects {
        members: new.iter().map(member).collect(),
        event: Event::Added(new),
        since: since(group),
    })
}

/// Passes when each of these may come into one more group, and lets the sender bring them in.
fn have_room<'a>(mut coming: impl Iterator<Item = &'a Named>) -> Result<(), AppendError> {
    match coming.any(|named| named.has_blocked || named.groups >= GROUPS_A_USER) {
        true => Err(AppendError::ListFull),
        false => Ok(()),
    }
}

/// From where those may read who come into the group now.
pub(super) fn since(group: &Group) -> Seq {
    match group.settings.history {
        Window::All => FIRST,
        Window::Joining => group.head.next(),
        Window::Days(_) => group.young_from,
    }
}

fn removed(
    (from, role): (UserId, Role),
    users: &[UserId],
    named: &[Named],
) -> Result<Effects, AppendError> {
    allowed(role >= Role::Admin && !users.contains(&from))?;
    for named in named {
        // An admin cannot remove another one.
        allowed(named.role.ok_or(AppendError::NotInGroup)? < role)?;
    }
    if users.is_empty() {
        return Err(AppendError::Unchanged);
    }
    Ok(Effects {
        event: Event::Removed(users.to_vec()),
        members: users.iter().map(|user| (*user, None)).collect(),
        since: FIRST,
    })
}

fn banned(
    (from, role): (UserId, Role),
    users: &[UserId],
    group: &Group,
    named: &[Named],
) -> Result<Effects, AppendError> {
    allowed(role >= Role::Admin && !users.contains(&from))?;
    if !named.iter().all(|named| named.is_user) {
        return Err(AppendError::NoSuchUser);
    }
    allowed(named.iter().all(|named| named.role < Some(role)))?;
    let new: Vec<&Named> = named.iter().filter(|named| !named.is_banned).collect();
    if new.is_empty() {
        return Err(AppendError::Unchanged);
    }
    if group.bans + new.len() > BANS {
        return Err(AppendError::ListFull);
    }
    let members = new.iter().filter(|named| named.role.is_some());
    let members: Vec<_> = members.map(|named| (named.user, None)).collect();
    let users = new.iter().map(|named| named.user).collect();
    Ok(Effects {
        event: Event::Banned(users, members.len() as u64),
        members,
        since: FIRST,
    })
}

fn unbanned(role: Role, named: &[Named]) -> Result<Effects, AppendError> {
    allowed(role >= Role::Admin)?;
    let banned = named.iter().filter(|named| named.is_banned);
    let banned: Vec<UserId> = banned.map(|named| named.user).collect();
    match banned.is_empty() {
        true => Err(AppendError::Unchanged),
        false => Ok(only(Event::Unbanned(banned))),
    }
}

fn muted(
    role: Role,
    (user, until): (UserId, Millis),
    at: Millis,
    group: &Group,
    named: &[Named],
) -> Result<Effects, AppendError> {
    allowed(role >= Role::Admin)?;
    let named = named.iter().find(|named| named.user == user);
    let named = named.ok_or(AppendError::NotInGroup)?;
    allowed(named.role.ok_or(AppendError::NotInGroup)? < role)?;
    let is_over = |until: &Millis| *until <= at;
    let before = named.muted_until.filter(|until| !is_over(until));
    let after = Some(until).filter(|until| !is_over(until));
    match (before, after) {
        (before, after) if before == after => Err(AppendError::Unchanged),
        (None, Some(_)) if group.mutes >= MUTES => Err(AppendError::ListFull),
        (_, Some(until)) => Ok(only(Event::Muted(user, until))),
        (_, None) => Ok(only(Event::Muted(user, Millis::default()))),
    }
}

fn left((from, role): (UserId, Role), group: &Group) -> Result<Effects, AppendError> {
    match role {
        Role::Owner if group.size == 1 => Ok(only(Event::Disbanded)),
        Role::Owner => Err(AppendError::OwnerStays),
        Role::Admin | Role::Member => Ok(Effects {
            event: Event::Left,
            members: vec![(from, None)],
            since: FIRST,
        }),
    }
}

fn role_given(
    (from, role): (UserId, Role),
    user: UserId,
    new: Role,
    named: &[Named],
) -> Result<Effects, AppendError> {
    allowed(role == Role::Owner)?;
    let before = named.iter().find(|named| named.user == user);
    let before = before.and_then(|named| named.role);
    match before.ok_or(AppendError::NotInGroup)? {
        before if before == new => return Err(AppendError::Unchanged),
        // There is one owner, who makes another one and no other thing of oneself.
        Role::Owner => return Err(AppendError::OwnerStays),
        Role::Admin | Role::Member => {}
    }
    let mut members = vec![(user, Some(new))];
    if new == Role::Owner {
        members.push((from, Some(Role::Admin)));
        members.sort_unstable_by_key(|(user, _)| *user);
    }
    Ok(Effects {
        event: Event::Role(user, new),
        members,
        since: FIRST,
    })
}

pub(super) fn allowed(is_allowed: bool) -> Result<(), AppendError> {
    match is_allowed {
        true => Ok(()),
        false => Err(AppendError::NotAllowed),
    }
}

/// An event that says by itself what becomes of the members.
pub(super) fn only(event: Event) -> Effects {
    Effects {
        event,
        members: Vec::new(),
        since: FIRST,
    }
}
