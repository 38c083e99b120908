//! What the naive model knows of groups, by its own rules.

use hongyan_protocol::{Millis, Seq, UserId};

use super::fixture::seq;
use super::model::{Log, message};
use crate::{
    ALLS_A_DAY, Append, AppendError, Change, Content, Entry, Event, GROUP_MEMBERS, GroupChange,
    Member, Role, Setting, Who, Window,
};

/// What becomes of a change that a user asks of a group.
pub(super) fn judge(
    log: &Log,
    append: &Append,
    change: &GroupChange,
    is_user: impl Fn(UserId) -> bool,
    has_blocked: impl Fn(UserId) -> bool,
) -> Result<Event, AppendError> {
    let from = append.from;
    if let GroupChange::Pin(seq) | GroupChange::Unpin(seq) = change {
        return pin(log, from, *seq, matches!(change, GroupChange::Pin(_)));
    }
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
            if users.iter().any(|user| log.banned.contains(user)) {
                return Err(AppendError::Banned);
            }
            let mut new = users.clone();
            new.retain(|user| !log.roles.contains_key(user));
            if new.is_empty() {
                return Err(AppendError::Unchanged);
            }
            if new.iter().any(|user| has_blocked(*user)) {
                return Err(AppendError::ListFull);
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
        GroupChange::Ban(users) => {
            if !is_chief || users.contains(&from) {
                return Err(AppendError::NotAllowed);
            }
            if users.iter().any(|user| !is_user(*user)) {
                return Err(AppendError::NoSuchUser);
            }
            let leads = |user: &UserId| match log.roles.get(user) {
                None | Some(Role::Member) => false,
                Some(Role::Admin) => !is_owner,
                Some(Role::Owner) => true,
            };
            if users.iter().any(leads) {
                return Err(AppendError::NotAllowed);
            }
            let mut new = users.clone();
            new.retain(|user| !log.banned.contains(user));
            match new.is_empty() {
                true => Err(AppendError::Unchanged),
                false => {
                    let members = new.iter().filter(|user| log.roles.contains_key(user));
                    let out = members.count() as u64;
                    Ok(Event::Banned(new, out))
                }
            }
        }
        GroupChange::Unban(users) => {
            if !is_chief {
                return Err(AppendError::NotAllowed);
            }
            let mut old = users.clone();
            old.retain(|user| log.banned.contains(user));
            match old.is_empty() {
                true => Err(AppendError::Unchanged),
                false => Ok(Event::Unbanned(old)),
            }
        }
        GroupChange::Mute(user, until) => {
            if !is_chief {
                return Err(AppendError::NotAllowed);
            }
            match log.roles.get(user) {
                None => return Err(AppendError::NotInGroup),
                Some(Role::Admin) if is_owner => {}
                Some(Role::Member) => {}
                Some(_) => return Err(AppendError::NotAllowed),
            }
            let until = if *until <= append.at {
                Millis::default()
            } else {
                *until
            };
            let before = log.muted.get(user).copied().unwrap_or_default();
            let before = if before <= append.at {
                Millis::default()
            } else {
                before
            };
            match until == before {
                true => Err(AppendError::Unchanged),
                false => Ok(Event::Muted(*user, until)),
            }
        }
        GroupChange::Pin(_) | GroupChange::Unpin(_) | GroupChange::Join(_) => {
            unreachable!("judged above")
        }
        GroupChange::Approve(user) => log.may_approve(from, *user, is_user(*user)),
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
            let is_kept = matches!(setting, Setting::KeepDays(_) | Setting::KeepEntries(_));
            if !is_chief || (is_kept && !is_owner) {
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

fn pin(log: &Log, from: UserId, seq: Seq, on: bool) -> Result<Event, AppendError> {
    let pinners = log.settings.as_ref().map(|settings| settings.pin);
    if pinners == Some(Who::Admins) && log.roles[&from] == Role::Member {
        return Err(AppendError::NotAllowed);
    }
    let (_, _, is_recalled) = message(log, seq, from)?;
    match (on, log.pinned.contains(&seq)) {
        (true, _) if is_recalled => Err(AppendError::Recalled),
        (true, false) if log.pinned.len() == 100 => Err(AppendError::ListFull),
        (true, false) => Ok(Event::Pinned(seq)),
        (false, true) => Ok(Event::Unpinned(seq)),
        (true, true) | (false, false) => Err(AppendError::Unchanged),
    }
}

impl Log {
    /// Whether the group lets a member say something, or say it in other words, at this time.
    pub(super) fn may_write_now(&self, append: &Append, is_chief: bool) -> Result<(), AppendError> {
        let Some(settings) = self.settings.as_ref().filter(|_| !is_chief) else {
            return Ok(());
        };
        if let Some(until) = self.muted.get(&append.from)
            && append.at < *until
        {
            return Err(AppendError::Muted(*until));
        }
        if let (Change::Message { .. }, Some(said)) = (&append.change, self.said.get(&append.from))
        {
            let next = said.get() + 1000 * u64::from(settings.slow_s);
            if settings.slow_s > 0 && append.at.get() < next {
                return Err(AppendError::TooSoon(next - append.at.get()));
            }
        }
        Ok(())
    }

    pub(super) fn may_mention_all(
        &self,
        append: &Append,
        is_chief: bool,
    ) -> Result<(), AppendError> {
        if !is_chief {
            return Err(AppendError::NotAllowed);
        }
        let alls = self.entries.iter().filter(|entry| {
            matches!(&entry.content, Content::Message { header, .. } if header.mentions_all())
        });
        let alls: Vec<u64> = alls.map(|entry| entry.at.get()).collect();
        let Some(spent) = alls.len().checked_sub(ALLS_A_DAY) else {
            return Ok(());
        };
        let (next, now) = (alls[spent] + 24 * 60 * 60 * 1000, append.at.get());
        match now < next {
            true => Err(AppendError::ListFull),
            false => Ok(()),
        }
    }

    /// What the event, which is the log's last entry, makes of the group. All who are told of it.
    pub(super) fn happened(&mut self, append: &Append, event: &Event) -> Vec<UserId> {
        let from = append.from;
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
            Event::Joined(_) => {
                let since = self.shown_from();
                self.join(from, Role::Member, since);
            }
            Event::Approved(user, _) => {
                let since = self.shown_from();
                self.join(*user, Role::Member, since);
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
            Event::Banned(users, _) => {
                for user in users {
                    self.part(*user);
                    self.banned.insert(*user);
                }
            }
            Event::Unbanned(users) => {
                for user in users {
                    self.banned.remove(user);
                }
            }
            Event::Muted(user, until) => {
                self.muted.insert(*user, *until);
                self.muted.retain(|_, until| *until > append.at);
            }
            Event::Pinned(seq) => {
                self.pinned.insert(*seq);
            }
            Event::Unpinned(seq) => {
                self.pinned.remove(seq);
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
