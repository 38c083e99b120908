//! What the naive model knows of groups, by its own rules.

use hongyan_protocol::{Seq, UserId};

use super::fixture::seq;
use super::model::Log;
use crate::{AppendError, Entry, Event, GROUP_MEMBERS, GroupChange, Member, Role, Who, Window};

/// What becomes of a change that a user asks of a group.
pub(super) fn judge(
    log: &Log,
    from: UserId,
    change: &GroupChange,
    is_user: impl Fn(UserId) -> bool,
) -> Result<Event, AppendError> {
    let Some(settings) = &log.settings else {
        return Err(AppendError::NotAllowed);
    };
    let own = log.roles[&from];
    let is_chief = own != Role::Member;
    let is_owner = own == Role::Owner;
    match change {
        GroupChange::Create { .. } => Err(AppendError::NotAllowed),
        GroupChange::Add(users) => {
            if settings.invite == Who::Admins && !is_chief {
                return Err(AppendError::NotAllowed);
            }
            if users.iter().any(|user| !is_user(*user)) {
                return Err(AppendError::NoSuchUser);
            }
            let mut new = users.clone();
            new.retain(|user| !log.roles.contains_key(user));
            if new.is_empty() {
                return Err(AppendError::Unchanged);
            }
            if log.roles.len() + new.len() > GROUP_MEMBERS {
                return Err(AppendError::GroupFull);
            }
            Ok(Event::Added(new))
        }
        GroupChange::Remove(users) => {
            if !is_chief || users.contains(&from) {
                return Err(AppendError::NotAllowed);
            }
            for user in users {
                match (log.roles.get(user), own) {
                    (None, _) => return Err(AppendError::NotInGroup),
                    (Some(Role::Member), _) | (Some(Role::Admin), Role::Owner) => {}
                    (Some(_), _) => return Err(AppendError::NotAllowed),
                }
            }
            if users.is_empty() {
                return Err(AppendError::Unchanged);
            }
            Ok(Event::Removed(users.clone()))
        }
        GroupChange::Leave if !is_owner => Ok(Event::Left),
        GroupChange::Leave if log.roles.len() == 1 => Ok(Event::Disbanded),
        GroupChange::Leave => Err(AppendError::OwnerStays),
        GroupChange::Role(user, role) => {
            if !is_owner {
                return Err(AppendError::NotAllowed);
            }
            match log.roles.get(user) {
                None => Err(AppendError::NotInGroup),
                Some(before) if before == role => Err(AppendError::Unchanged),
                Some(_) if *user == from => Err(AppendError::OwnerStays),
                Some(_) => Ok(Event::Role(*user, *role)),
            }
        }
        GroupChange::Set(setting) => {
            if !is_chief {
                Err(AppendError::NotAllowed)
            } else if settings.with(setting) == *settings {
                Err(AppendError::Unchanged)
            } else {
                Ok(Event::Set(setting.clone()))
            }
        }
        GroupChange::Disband if is_owner => Ok(Event::Disbanded),
        GroupChange::Disband => Err(AppendError::NotAllowed),
    }
}

impl Log {
    /// What the event, which is the log's last entry, makes of the group. All who are told of it.
    pub(super) fn happened(&mut self, from: UserId, event: &Event) -> Vec<UserId> {
        let before = self.members();
        match event {
            Event::Created { users, .. } => {
                self.join(from, Role::Owner, seq(1));
                for user in users {
                    self.join(*user, Role::Member, seq(1));
                }
            }
            Event::Added(users) => {
                let since = self.shown_from();
                for user in users {
                    self.join(*user, Role::Member, since);
                }
            }
            Event::Removed(users) => {
                for user in users {
                    self.part(*user);
                }
            }
            Event::Left => self.part(from),
            Event::Role(user, role) => {
                self.roles.insert(*user, *role);
                if *role == Role::Owner {
                    self.roles.insert(from, Role::Admin);
                }
            }
            Event::Set(setting) => {
                self.settings = self.settings.as_ref().map(|known| known.with(setting));
            }
            Event::Disbanded => {
                for user in &before {
                    self.part(*user);
                }
            }
        }
        let mut told = before;
        told.extend(self.members());
        told.sort();
        told.dedup();
        told
    }

    /// The first entry that those may read who come in by the last one.
    fn shown_from(&self) -> Seq {
        let history = self.settings.as_ref().unwrap().history;
        let by = self.entries.last().unwrap();
        match history {
            Window::All => seq(1),
            Window::Joining => by.seq,
            Window::Days(days) => {
                let earliest = by.at.get().saturating_sub(u64::from(days) * 86_400_000);
                let is_young = |entry: &&Entry| entry.at.get() >= earliest;
                self.entries.iter().find(is_young).unwrap().seq
            }
        }
    }

    /// Who comes has nothing to read of what was before.
    fn join(&mut self, user: UserId, role: Role, since: Seq) {
        let head = self.head();
        self.since.insert(user, since);
        self.roles.insert(user, role);
        self.positions.push(Member {
            user,
            read: head,
            delivered: head,
        });
        self.positions.sort_by_key(|member| member.user);
    }

    fn part(&mut self, user: UserId) {
        self.roles.remove(&user);
        self.view_ends(user);
        self.positions.retain(|member| member.user != user);
    }
}
