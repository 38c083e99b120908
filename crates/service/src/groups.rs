//! Groups: making one, changing it, and who is in it.
//!
//! Owns: what a name and a description of a group may be. Who may do what, the store's rules judge.

use hongyan_protocol::{
    AddMembers, ClientId, ConversationId, GroupMember, NewGroup, Sent, SetGroup, SetRole, UserId,
    UserProfile, Who, limits,
};
use hongyan_store::{Change, GroupChange, Setting, Target};

use crate::names::{check_description, check_name};
use crate::{Caller, Reply, Service, ServiceError, wire};

/// A page of the members of a group.
#[derive(Debug, Clone)]
pub struct MembersPage {
    /// Them, ascending by user.
    pub members: Vec<GroupMember>,
    /// The same people's names.
    pub users: Vec<UserProfile>,
    /// Whether there are others above the last one.
    pub more: bool,
}

impl Service {
    /// Makes a group, with the caller as its owner.
    pub fn create_group(&self, caller: &Caller, new: NewGroup, reply: Reply<Sent>) {
        if let Err(error) = check_name(&new.name) {
            return reply(Err(error));
        }
        let (name, users) = (new.name, each_once(new.users));
        if let Err(error) = self.flood.check(caller.user(), &users) {
            return reply(Err(error));
        }
        let change = GroupChange::Create { name, users };
        self.group(caller, Target::NewGroup, new.client_id, change, reply);
    }

    /// Brings people into a group.
    pub fn add_members(
        &self,
        caller: &Caller,
        conv: ConversationId,
        add: AddMembers,
        reply: Reply<Sent>,
    ) {
        let users = each_once(add.users);
        if let Err(error) = self.flood.check(caller.user(), &users) {
            return reply(Err(error));
        }
        let change = GroupChange::Add(users);
        self.change_group(caller, conv, add.client_id, change, reply);
    }

    /// Puts a member out of a group; the caller may go as well.
    pub fn remove_member(
        &self,
        caller: &Caller,
        conv: ConversationId,
        user: UserId,
        client_id: ClientId,
        reply: Reply<Sent>,
    ) {
        let change = match user == caller.user() {
            true => GroupChange::Leave,
            false => GroupChange::Remove(vec![user]),
        };
        self.change_group(caller, conv, client_id, change, reply);
    }

    /// Gives a member of a group another role.
    pub fn set_role(
        &self,
        caller: &Caller,
        conv: ConversationId,
        user: UserId,
        set: SetRole,
        reply: Reply<Sent>,
    ) {
        match wire::stored_role(set.role) {
            Some(role) => {
                let change = GroupChange::Role(user, role);
                self.change_group(caller, conv, set.client_id, change, reply);
            }
            None => reply(Err(unknown("role"))),
        }
    }

    /// Changes one setting of a group.
    pub fn set_group(
        &self,
        caller: &Caller,
        conv: ConversationId,
        set: SetGroup,
        reply: Reply<Sent>,
    ) {
        let client_id = set.client_id.clone();
        match setting(set) {
            Ok(setting) => {
                self.change_group(caller, conv, client_id, GroupChange::Set(setting), reply);
            }
            Err(error) => reply(Err(error)),
        }
    }

    /// Ends a group for everybody.
    pub fn disband_group(
        &self,
        caller: &Caller,
        conv: ConversationId,
        client_id: ClientId,
        reply: Reply<Sent>,
    ) {
        self.change_group(caller, conv, client_id, GroupChange::Disband, reply);
    }

    /// A page of the members of a conversation of the caller's, with ids above `after`.
    pub async fn members(
        &self,
        caller: &Caller,
        conv: ConversationId,
        after: UserId,
        limit: Option<usize>,
    ) -> Result<MembersPage, ServiceError> {
        let limit = limit
            .unwrap_or(limits::MEMBERS_PAGE)
            .clamp(1, limits::MEMBERS_PAGE);
        let mut found = self
            .store
            .members(caller.user(), conv, after, limit + 1)
            .await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let ids: Vec<UserId> = found.iter().map(|(member, _)| member.user).collect();
        let users = self.store.users(&ids).await?;
        let members = found.into_iter().map(|(member, role)| GroupMember {
            user: member.user,
            role: wire::role(role),
        });
        Ok(MembersPage {
            members: members.collect(),
            users: self.profiles_for(caller, &users),
            more,
        })
    }

    pub(crate) fn change_group(
        &self,
        caller: &Caller,
        conv: ConversationId,
        client_id: ClientId,
        change: GroupChange,
        reply: Reply<Sent>,
    ) {
        self.group(caller, Target::Conversation(conv), client_id, change, reply);
    }

    fn group(
        &self,
        caller: &Caller,
        target: Target,
        client_id: ClientId,
        change: GroupChange,
        reply: Reply<Sent>,
    ) {
        self.append(caller, target, client_id, Change::Group(change), reply);
    }
}

/// The one setting that is to be changed.
fn setting(set: SetGroup) -> Result<Setting, ServiceError> {
    let who = |who: Who| wire::stored_who(who).ok_or(unknown("right"));
    let mut settings = Vec::new();
    if let Some(name) = set.name {
        check_name(&name)?;
        settings.push(Setting::Name(name));
    }
    if let Some(description) = set.description {
        check_description(&description)?;
        settings.push(Setting::Description(description));
    }
    settings.extend(set.post.map(who).transpose()?.map(Setting::Post));
    settings.extend(set.invite.map(who).transpose()?.map(Setting::Invite));
    if let Some(window) = set.history {
        let window = wire::stored_window(window, set.history_days);
        settings.push(Setting::History(window.ok_or_else(unknown_window)?));
    }
    if let Some(seconds) = set.slow_s {
        let allowed = u32::try_from(seconds).ok();
        let allowed = allowed.filter(|seconds| *seconds <= hongyan_store::SLOW_S);
        settings.push(Setting::Slow(allowed.ok_or_else(too_slow)?));
    }
    settings.extend(set.pin.map(who).transpose()?.map(Setting::Pin));
    if let Some(days) = set.keep_days {
        let allowed = u32::try_from(days).ok();
        let allowed = allowed.filter(|days| *days <= hongyan_store::KEEP_DAYS);
        settings.push(Setting::KeepDays(allowed.ok_or_else(keeps_too_much)?));
    }
    if let Some(entries) = set.keep_entries {
        let allowed = Some(entries).filter(|entries| *entries <= limits::KEEP_ENTRIES);
        settings.push(Setting::KeepEntries(allowed.ok_or_else(keeps_too_much)?));
    }
    settings.extend(set.ask.map(Setting::Ask));
    match <[Setting; 1]>::try_from(settings) {
        Ok([setting]) => Ok(setting),
        Err(_) => Err(ServiceError::BadRequest(
            "say exactly one of name, description, post, invite, history, slow_s, pin, ask, keep_days and keep_entries".into(),
        )),
    }
}

fn unknown(what: &str) -> ServiceError {
    ServiceError::BadRequest(format!("a {what} that this server does not know"))
}

fn unknown_window() -> ServiceError {
    ServiceError::BadRequest(format!(
        "history is all, joining, or days with history_days from 1 to {}",
        limits::WINDOW_DAYS
    ))
}

fn too_slow() -> ServiceError {
    ServiceError::BadRequest(format!("slow_s is at most {}", limits::SLOW_S))
}

fn keeps_too_much() -> ServiceError {
    ServiceError::BadRequest(format!(
        "keep_days is at most {}, keep_entries at most {}; 0 keeps all",
        limits::KEEP_DAYS,
        limits::KEEP_ENTRIES
    ))
}

pub(crate) fn each_once(mut users: Vec<UserId>) -> Vec<UserId> {
    users.sort_unstable();
    users.dedup();
    users
}

// The limits of both sides are one.
const _: () = assert!(limits::GROUP_USERS == hongyan_store::USERS_A_CHANGE);
const _: () = assert!(limits::WINDOW_DAYS == hongyan_store::WINDOW_DAYS as u64);
const _: () = assert!(limits::SLOW_S == hongyan_store::SLOW_S as u64);
const _: () = assert!(limits::KEEP_DAYS == hongyan_store::KEEP_DAYS as u64);
const _: () = assert!(limits::KEEP_ENTRIES == hongyan_store::KEEP_ENTRIES);
const _: () = assert!(limits::PINS == hongyan_store::PINS);
const _: () = assert!(limits::GROUP_MEMBERS == hongyan_store::GROUP_MEMBERS);
const _: () = assert!(limits::GROUP_NAME_BYTES == crate::limits::NAME_BYTES);
const _: () = assert!(limits::MEMBERS_PAGE < hongyan_store::MEMBERS_PAGE);
