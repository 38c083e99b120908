//! Groups: making and changing them, and what their entries make of them.
//!
//! Promises: a change whose answer the network swallowed is asked for once more under the same name, so that it is
//! made once; [`Group::entry`] is pure, and the same entries give the same group. Not here: what other members hear of
//! a change, which are [entries](crate::Event::Entry).

use std::collections::BTreeSet;

use hongyan_protocol::{
    AddMembers, ClientId, ConversationId, ConversationView, Entry, GroupEvent, GroupMember,
    GroupView, NewGroup, Role, Sent, Seq, SetGroup, SetRole, UserId, UserProfile, Who, Window,
    limits,
};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Client, HttpError};

/// One setting of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupSetting {
    /// What it is called; at most [`limits::GROUP_NAME_BYTES`].
    Name(Box<str>),
    /// What it is for, perhaps empty; at most [`limits::GROUP_DESCRIPTION_BYTES`].
    Description(Box<str>),
    /// Who may write.
    Post(Who),
    /// Who may bring others in.
    Invite(Who),
    /// What those who come in from now on may read of what was said before; with `days` of how many, 1 to 365.
    History(Window, Option<u64>),
    /// How many seconds a member waits between two messages; 0 for not at all, at most [`limits::SLOW_S`].
    Slow(u64),
    /// Who may pin messages.
    Pin(Who),
    /// Of how many days what was said is kept; 0 for all, at most [`limits::KEEP_DAYS`]. The owner's to say.
    KeepDays(u64),
    /// How many entries are kept; 0 for all, at most [`limits::KEEP_ENTRIES`]. The owner's to say.
    KeepEntries(u64),
    /// Whether everybody may ask to be let in, also without a link.
    Ask(bool),
}

/// A page of a group's members, by id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MemberPage {
    /// The members, each with a role.
    pub members: Vec<GroupMember>,
    /// Who they are.
    pub users: Vec<UserProfile>,
    /// There are others behind the last.
    pub more: bool,
}

impl Client {
    /// Makes a group of the caller, who owns it, and these, at most [`limits::GROUP_USERS`].
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn create_group(&self, name: &str, users: &[UserId]) -> Result<Sent, HttpError> {
        let (client_id, users) = (self.client_id(), users.to_vec());
        let name = name.into();
        let group = NewGroup {
            client_id,
            name,
            users,
        };
        self.change(Method::POST, "/v1/groups".into(), &group).await
    }

    /// Changes one setting of a group.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn set_group(
        &self,
        conv: ConversationId,
        setting: GroupSetting,
    ) -> Result<Sent, HttpError> {
        let mut change = SetGroup {
            client_id: self.client_id(),
            name: None,
            description: None,
            post: None,
            invite: None,
            history: None,
            history_days: None,
            slow_s: None,
            pin: None,
            keep_days: None,
            keep_entries: None,
            ask: None,
        };
        match setting {
            GroupSetting::Name(name) => change.name = Some(name.into()),
            GroupSetting::Description(text) => change.description = Some(text.into()),
            GroupSetting::Post(who) => change.post = Some(who),
            GroupSetting::Invite(who) => change.invite = Some(who),
            GroupSetting::Slow(seconds) => change.slow_s = Some(seconds),
            GroupSetting::Pin(who) => change.pin = Some(who),
            GroupSetting::KeepDays(days) => change.keep_days = Some(days),
            GroupSetting::KeepEntries(entries) => change.keep_entries = Some(entries),
            GroupSetting::Ask(is_open) => change.ask = Some(is_open),
            GroupSetting::History(window, days) => {
                (change.history, change.history_days) = (Some(window), days);
            }
        }
        self.change(Method::PATCH, path(conv), &change).await
    }

    /// Ends a group for everybody. Its owner alone may.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn disband(&self, conv: ConversationId) -> Result<Sent, HttpError> {
        self.end(path(conv)).await
    }

    /// A page of a group's members: those after this id, or the first. The server gives as many as it thinks fit, or
    /// `limit`, up to 200.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn members(
        &self,
        conv: ConversationId,
        after: Option<UserId>,
        limit: Option<usize>,
    ) -> Result<MemberPage, HttpError> {
        let after = after.map(|user| user.to_string());
        let limit = limit.map(|limit| limit.to_string());
        let mut query = Vec::new();
        query.extend(after.as_deref().map(|after| ("after", after)));
        query.extend(limit.as_deref().map(|limit| ("limit", limit)));
        let path = format!("{}/members", path(conv));
        let token = self.token()?;
        self.http().ask(Method::GET, &path, &query, &token).await
    }

    /// Brings people into a group, at most [`limits::GROUP_USERS`] at a time. Those who are in it do not count.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn add_members(
        &self,
        conv: ConversationId,
        users: &[UserId],
    ) -> Result<Sent, HttpError> {
        let (client_id, users) = (self.client_id(), users.to_vec());
        let path = format!("{}/members", path(conv));
        self.change(Method::POST, path, &AddMembers { client_id, users })
            .await
    }

    /// Puts a member out of a group.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn remove_member(
        &self,
        conv: ConversationId,
        user: UserId,
    ) -> Result<Sent, HttpError> {
        self.end(member(conv, user)).await
    }

    /// Leaves a group. Its owner gives that role to somebody else first.
    ///
    /// # Errors
    /// See [`HttpError`]; [`HttpError::NotSignedIn`] before the first welcome of a client that had a token.
    pub async fn leave(&self, conv: ConversationId) -> Result<Sent, HttpError> {
        let me = self.me().ok_or(HttpError::NotSignedIn)?;
        self.end(member(conv, me.id)).await
    }

    /// Gives a member another role. Who makes somebody the owner is an admin from then on.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn set_role(
        &self,
        conv: ConversationId,
        user: UserId,
        role: Role,
    ) -> Result<Sent, HttpError> {
        let client_id = self.client_id();
        let change = SetRole { client_id, role };
        self.change(Method::PATCH, member(conv, user), &change)
            .await
    }

    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: String,
        body: &(impl Serialize + Sync),
    ) -> Result<T, HttpError> {
        let token = self.token()?;
        let ask = || self.http().ask_with(method.clone(), &path, body, &token);
        once_more(ask).await
    }

    async fn end(&self, path: String) -> Result<Sent, HttpError> {
        let client_id: ClientId = self.client_id();
        let token = self.token()?;
        let query = [("client_id", client_id.as_str())];
        let ask = || self.http().ask(Method::DELETE, &path, &query, &token);
        once_more(ask).await
    }
}

/// Asks again where nobody knows whether the server has heard it.
async fn once_more<T, F>(ask: impl Fn() -> F) -> Result<T, HttpError>
where
    F: Future<Output = Result<T, HttpError>>,
{
    match ask().await {
        Err(HttpError::Unreachable(_)) => ask().await,
        answer => answer,
    }
}

fn path(conv: ConversationId) -> String {
    format!("/v1/groups/{conv}")
}

fn member(conv: ConversationId, user: UserId) -> String {
    format!("/v1/groups/{conv}/members/{user}")
}

/// A group as a program knows it: what a sync said, brought up to date by the entries that came since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What it is called, and what its members may do. `None` until it is told: a sync follows the entry by which
    /// somebody comes in.
    pub view: Option<GroupView>,
    /// How many are in it.
    pub size: u64,
    /// Who is in it; `None` where there are too many to be told.
    pub members: Option<BTreeSet<UserId>>,
    /// The user is no member any more.
    pub is_left: bool,
    /// Older entries change nothing.
    as_of: Seq,
}

impl Group {
    /// A group of which nothing was told but that it is one.
    pub fn unknown() -> Self {
        Self {
            view: None,
            size: 0,
            members: None,
            is_left: false,
            as_of: Seq::ZERO,
        }
    }

    /// Takes in what a sync says, unless it is older than an entry that came. Of a group that one has left it says
    /// nothing more: it stays as it was known.
    pub fn told(&mut self, view: &ConversationView) {
        if view.head < self.as_of && self.view.is_some() {
            return;
        }
        self.as_of = self.as_of.max(view.head);
        self.is_left = view.left;
        if view.left {
            return;
        }
        self.view = view.group.clone();
        self.size = view.size;
        let members = view.members.as_ref();
        self.members = members.map(|members| members.iter().map(|member| member.user).collect());
    }

    /// Takes in the next entry, as `me` sees it. What a sync said is not undone by an older one.
    pub fn entry(&mut self, entry: &Entry, me: UserId) {
        let Some(event) = &entry.event else { return };
        if entry.seq <= self.as_of {
            return;
        }
        self.as_of = entry.seq;
        match &**event {
            GroupEvent::Created { name, users } => {
                let role = if entry.from == me {
                    Role::Owner
                } else {
                    Role::Member
                };
                self.view = Some(begun(name, role));
                self.members = Some(BTreeSet::new());
                self.come(std::iter::once(entry.from).chain(users.iter().copied()), me);
            }
            GroupEvent::Added { users } => self.come_in(users, me),
            GroupEvent::Joined { .. } => self.come_in(&[entry.from], me),
            GroupEvent::Approved { user, .. } => self.come_in(std::slice::from_ref(user), me),
            GroupEvent::Removed { users } => self.go(users, me),
            GroupEvent::Banned { users, out } => {
                let size = self.size.saturating_sub(*out);
                self.go(users, me);
                self.size = size;
            }
            GroupEvent::Left => self.go(&[entry.from], me),
            GroupEvent::Disbanded => {
                self.is_left = true;
                self.size = 0;
                self.members = Some(BTreeSet::new());
            }
            event => {
                if let Some(view) = &mut self.view {
                    set(view, event, entry.from, me);
                }
            }
        }
    }

    fn come_in(&mut self, users: &[UserId], me: UserId) {
        if let Some(view) = self.view.as_mut().filter(|_| users.contains(&me)) {
            view.role = Role::Member;
        }
        self.come(users.iter().copied(), me);
    }

    fn come(&mut self, users: impl Iterator<Item = UserId>, me: UserId) {
        for user in users {
            self.is_left &= user != me;
            let is_new = self
                .members
                .as_mut()
                .is_none_or(|members| members.insert(user));
            self.size += u64::from(is_new);
        }
        if self.size > limits::MEMBERS_TOLD as u64 {
            self.members = None;
        }
    }

    fn go(&mut self, users: &[UserId], me: UserId) {
        for user in users {
            self.is_left |= *user == me;
            let was_there = self
                .members
                .as_mut()
                .is_none_or(|members| members.remove(user));
            self.size = self.size.saturating_sub(u64::from(was_there));
        }
    }
}

fn begun(name: &std::sync::Arc<str>, role: Role) -> GroupView {
    GroupView {
        name: name.clone(),
        description: None,
        avatar: None,
        post: Who::All,
        invite: Who::All,
        history: None,
        history_days: None,
        slow_s: None,
        pin: None,
        keep_days: None,
        keep_entries: None,
        ask: false,
        requests: None,
        muted_until: None,
        role,
    }
}

/// Changes of the group itself. Who comes and goes changes nothing of it.
fn set(view: &mut GroupView, event: &GroupEvent, from: UserId, me: UserId) {
    let some = |text: &std::sync::Arc<str>| (!text.is_empty()).then(|| text.clone());
    match event {
        GroupEvent::Renamed { name } => view.name = name.clone(),
        GroupEvent::Described { description } => view.description = some(description),
        GroupEvent::Pictured { avatar } => view.avatar = some(avatar),
        GroupEvent::PostSet { post } => view.post = *post,
        GroupEvent::InviteSet { invite } => view.invite = *invite,
        GroupEvent::HistorySet {
            history,
            history_days,
        } => {
            view.history = Some(*history).filter(|window| *window != Window::All);
            view.history_days = *history_days;
        }
        GroupEvent::SlowSet { slow_s } => view.slow_s = Some(*slow_s).filter(|slow_s| *slow_s > 0),
        GroupEvent::KeepDaysSet { keep_days } => {
            view.keep_days = Some(*keep_days).filter(|days| *days > 0);
        }
        GroupEvent::KeepEntriesSet { keep_entries } => {
            view.keep_entries = Some(*keep_entries).filter(|entries| *entries > 0);
        }
        GroupEvent::PinSet { pin } => view.pin = Some(*pin).filter(|who| *who != Who::Admins),
        GroupEvent::AskSet { ask } => view.ask = *ask,
        GroupEvent::Muted { user, until } if *user == me => view.muted_until = Some(*until),
        GroupEvent::Unmuted { user } if *user == me => view.muted_until = None,
        GroupEvent::Role { user, role } if *user == me => view.role = *role,
        GroupEvent::Role { role, .. } if *role == Role::Owner && from == me => {
            view.role = Role::Admin;
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::{
        ConversationKind, EntryId, EntryKind, MemberPosition, Millis, Position,
    };

    use super::*;

    const ME: UserId = UserId::from_trusted(1);

    fn user(id: u64) -> UserId {
        UserId::from_trusted(id)
    }

    fn entry(seq: u64, from: u64, event: GroupEvent) -> Entry {
        Entry {
            conv: ConversationId::from_trusted(7),
            seq: Seq::from_trusted(seq),
            id: EntryId::from_trusted(seq),
            kind: EntryKind::Event,
            from: user(from),
            at: Millis::from_trusted(0),
            client_id: ClientId::new(format!("c{seq}")).unwrap(),
            body: None,
            reply_to: None,
            mentions: Vec::new(),
            mentions_all: false,
            topic: None,
            expires_at: None,
            origin: None,
            event: Some(Box::new(event)),
            target: None,
            edited_by: None,
            recalled_by: None,
        }
    }

    fn group(events: &[(u64, GroupEvent)]) -> Group {
        let mut group = Group::unknown();
        for (seq, (from, event)) in (1..).zip(events) {
            group.entry(&entry(seq, *from, event.clone()), ME);
        }
        group
    }

    fn created(users: impl IntoIterator<Item = u64>) -> (u64, GroupEvent) {
        let users = users.into_iter().map(user).collect();
        (
            1,
            GroupEvent::Created {
                name: "雁群".into(),
                users,
            },
        )
    }

    fn members(group: &Group) -> Vec<u64> {
        group
            .members
            .iter()
            .flatten()
            .map(|user| user.get())
            .collect()
    }

    #[test]
    fn follows_its_entries() {
        let users = |id| vec![user(id)];
        let known = group(&[
            created([2, 3]),
            (2, GroupEvent::Added { users: users(4) }),
            (5, GroupEvent::Joined { link: 1 }),
            (
                1,
                GroupEvent::Approved {
                    user: user(6),
                    link: None,
                },
            ),
            (1, GroupEvent::AskSet { ask: true }),
            (1, GroupEvent::Removed { users: users(2) }),
            (3, GroupEvent::Left),
            (
                1,
                GroupEvent::Renamed {
                    name: "大雁".into(),
                },
            ),
            (
                1,
                GroupEvent::Described {
                    description: "南飞".into(),
                },
            ),
            (1, GroupEvent::PostSet { post: Who::Admins }),
            (
                1,
                GroupEvent::Role {
                    user: user(4),
                    role: Role::Owner,
                },
            ),
        ]);
        assert_eq!((members(&known), known.size), (vec![1, 4, 5, 6], 4));
        assert!(known.view.as_ref().unwrap().ask);
        let view = known.view.as_ref().unwrap();
        assert_eq!(
            (&*view.name, view.description.as_deref()),
            ("大雁", Some("南飞"))
        );
        assert_eq!(
            (view.post, view.role),
            (Who::Admins, Role::Admin),
            "who gives the owner's role away is an admin"
        );

        let mut gone = known.clone();
        gone.entry(&entry(19, 4, GroupEvent::Removed { users: users(1) }), ME);
        assert!(gone.is_left);
        gone.entry(&entry(20, 4, GroupEvent::Added { users: users(1) }), ME);
        assert_eq!(
            (gone.is_left, gone.view.unwrap().role),
            (false, Role::Member)
        );
        let mut ended = known;
        ended.entry(&entry(19, 4, GroupEvent::Disbanded), ME);
        assert_eq!((ended.is_left, ended.size), (true, 0));
    }

    #[test]
    fn what_a_sync_said_is_not_undone_by_older_entries() {
        let mut known = group(&[created([2])]);
        let told = MemberPosition {
            user: ME,
            read: Seq::ZERO,
            delivered: Seq::ZERO,
        };
        let mut view = ConversationView {
            pins: Vec::new(),
            conv: ConversationId::from_trusted(7),
            kind: ConversationKind::Group,
            head: Seq::from_trusted(5),
            unread: 0,
            me: Position {
                read: Seq::ZERO,
                delivered: Seq::ZERO,
            },
            size: 1,
            members: Some(vec![told]),
            entries: Vec::new(),
            group: known.view.clone(),
            left: false,
            mentions: 0,
            view: None,
            since: None,
            floor: Seq::ZERO,
        };
        known.told(&view);
        known.entry(&entry(3, 2, GroupEvent::Renamed { name: "old".into() }), ME);
        assert_eq!((members(&known), known.size), (vec![1], 1));
        assert_eq!(&*known.view.as_ref().unwrap().name, "雁群");
        // Nor does a page that was written before an entry that has come undo that.
        let name = "new".into();
        known.entry(&entry(6, 2, GroupEvent::Renamed { name }), ME);
        known.told(&view);
        assert_eq!(&*known.view.as_ref().unwrap().name, "new");
        view.head = Seq::from_trusted(7);
        (view.left, view.group, view.members, view.size) = (true, None, None, 0);
        known.told(&view);
        assert!(known.is_left);
        assert_eq!(
            &*known.view.unwrap().name,
            "new",
            "it stays as it was known"
        );
    }

    #[test]
    fn members_are_known_as_long_as_they_are_told() {
        let told = limits::MEMBERS_TOLD as u64;
        let full = group(&[created(2..=told)]);
        assert_eq!((full.size, full.members.is_some()), (told, true));
        let users = vec![user(1000)];
        let large = group(&[created(2..=told), (1, GroupEvent::Added { users })]);
        assert_eq!((large.size, large.members), (told + 1, None));
    }
}
