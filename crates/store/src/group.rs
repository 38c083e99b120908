//! Groups: what is kept of one, what may be asked of one, and what each change of one says in its log.
//!
//! Owns: the words for roles, settings and events.
//! Promises: a state follows from its events: who has the events of a log from its beginning knows all members, their
//! roles and the settings.
//! Not here: who may do what (`rules`).

use std::sync::Arc;

use hongyan_protocol::{Millis, Seq, UserId};

use crate::{LinkToken, Retention};

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Writes, and brings others in where the settings let all do so.
    Member,
    /// Changes the settings as well, and removes members.
    Admin,
    /// Gives roles as well, and ends the group. A group has one.
    Owner,
}

impl Role {
    const ALL: [Self; 3] = [Self::Member, Self::Admin, Self::Owner];

    /// What an engine keeps of it. A role has its code for ever.
    pub const fn code(self) -> u8 {
        match self {
            Self::Member => 1,
            Self::Admin => 2,
            Self::Owner => 3,
        }
    }

    /// The role of this code.
    pub fn of_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// Whom a right belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Who {
    /// All members.
    #[default]
    All,
    /// Admins and the owner.
    Admins,
}

impl Who {
    /// Whether it belongs to somebody of this role.
    pub fn has(self, role: Role) -> bool {
        match self {
            Self::All => true,
            Self::Admins => role >= Role::Admin,
        }
    }

    /// What an engine keeps of it.
    pub const fn code(self) -> u8 {
        match self {
            Self::All => 1,
            Self::Admins => 2,
        }
    }

    /// The right of this code.
    pub fn of_code(code: u8) -> Option<Self> {
        [Self::All, Self::Admins]
            .into_iter()
            .find(|who| who.code() == code)
    }
}

/// What who comes into a group may read of what was said before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Window {
    /// All of it.
    #[default]
    All,
    /// Nothing: from the entry on that brought them in.
    Joining,
    /// What was said in so many days before, 1 to [`WINDOW_DAYS`].
    Days(u16),
}

/// Days that a [`Window`] may reach back.
pub const WINDOW_DAYS: u16 = 365;

impl Window {
    /// What an engine keeps of it.
    pub const fn code(self) -> u16 {
        match self {
            Self::All => 0,
            Self::Days(days) => days,
            Self::Joining => 1000,
        }
    }

    /// The window of this code.
    pub fn of_code(code: u16) -> Option<Self> {
        match code {
            0 => Some(Self::All),
            1..=WINDOW_DAYS => Some(Self::Days(code)),
            1000 => Some(Self::Joining),
            _ => None,
        }
    }

    /// How far it reaches back, in milliseconds, where it reaches back by time.
    pub fn reach_ms(self) -> Option<u64> {
        match self {
            Self::All | Self::Joining => None,
            Self::Days(days) => Some(u64::from(days) * 24 * 60 * 60 * 1000),
        }
    }
}

/// What a group is called, and what its members may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The name to show.
    pub name: Arc<str>,
    /// What it is for; perhaps empty.
    pub description: Arc<str>,
    /// The picture's file name or URL; empty for none.
    pub avatar: Arc<str>,
    /// Who may write.
    pub post: Who,
    /// Who may bring others in.
    pub invite: Who,
    /// What those who come in may read of what was said before.
    pub history: Window,
    /// How long a member waits between two messages, in seconds; 0 for not at all. Admins never wait.
    pub slow_s: u32,
    /// Who may pin messages.
    pub pin: Who,
    /// How much of its log is kept, where the server does not keep less.
    pub keep: Retention,
    /// Whether everybody may ask to be let in, also without a link.
    pub ask: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: Arc::default(),
            description: Arc::default(),
            avatar: Arc::default(),
            post: Who::All,
            invite: Who::All,
            history: Window::All,
            slow_s: 0,
            pin: Who::Admins,
            keep: Retention::default(),
            ask: false,
        }
    }
}

/// One setting, to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// See [`Settings::name`].
    Name(Arc<str>),
    /// See [`Settings::description`].
    Description(Arc<str>),
    /// See [`Settings::avatar`].
    Avatar(Arc<str>),
    /// See [`Settings::post`].
    Post(Who),
    /// See [`Settings::invite`].
    Invite(Who),
    /// See [`Settings::history`].
    History(Window),
    /// See [`Settings::slow_s`].
    Slow(u32),
    /// See [`Settings::pin`].
    Pin(Who),
    /// See [`Retention::days`].
    KeepDays(u32),
    /// See [`Retention::entries`].
    KeepEntries(u64),
    /// See [`Settings::ask`].
    Ask(bool),
}

impl Setting {
    /// The role that it takes to change it. What is taken away cannot be put back, so that is the owner's.
    pub fn needs(&self) -> Role {
        match self {
            Self::KeepDays(_) | Self::KeepEntries(_) => Role::Owner,
            Self::Name(_)
            | Self::Description(_)
            | Self::Avatar(_)
            | Self::Post(_)
            | Self::Invite(_)
            | Self::History(_)
            | Self::Slow(_)
            | Self::Pin(_)
            | Self::Ask(_) => Role::Admin,
        }
    }
}

impl Settings {
    /// Of a new group.
    pub fn named(name: Arc<str>) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// With one setting changed.
    #[must_use]
    pub fn with(&self, setting: &Setting) -> Self {
        let mut settings = self.clone();
        match setting.clone() {
            Setting::Name(name) => settings.name = name,
            Setting::Description(description) => settings.description = description,
            Setting::Avatar(avatar) => settings.avatar = avatar,
            Setting::Post(who) => settings.post = who,
            Setting::Invite(who) => settings.invite = who,
            Setting::History(window) => settings.history = window,
            Setting::Slow(seconds) => settings.slow_s = seconds,
            Setting::Pin(who) => settings.pin = who,
            Setting::KeepDays(days) => settings.keep.days = days,
            Setting::KeepEntries(entries) => settings.keep.entries = entries,
            Setting::Ask(is_open) => settings.ask = is_open,
        }
        settings
    }
}

/// What is asked of a group. Users stand once each, ascending, at most [`USERS_A_CHANGE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupChange {
    /// Makes it, with the sender as its owner.
    Create {
        /// Its name.
        name: Arc<str>,
        /// Other members.
        users: Vec<UserId>,
    },
    /// Brings these in.
    Add(Vec<UserId>),
    /// Puts these out.
    Remove(Vec<UserId>),
    /// The sender goes.
    Leave,
    /// Gives a member another role. Another owner makes an admin of the one before.
    Role(UserId, Role),
    /// Changes a setting.
    Set(Setting),
    /// Puts those of these out who are members, and lets none of them in.
    Ban(Vec<UserId>),
    /// Lets these in again, when somebody brings them.
    Unban(Vec<UserId>),
    /// Lets a member read and not write, until this time; lets them write again, where it is 0.
    Mute(UserId, Millis),
    /// Pins a message, here or in a conversation of two.
    Pin(Seq),
    /// Takes the pin from a message.
    Unpin(Seq),
    /// The sender, who is no member, comes in by a link.
    Join(LinkToken),
    /// Lets somebody in who asked.
    Approve(UserId),
    /// Ends it for everybody.
    Disband,
}

impl GroupChange {
    /// About as many bytes as it holds, its fixed part aside.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Create { name, users } => name.len() + size_of_val(&**users),
            Self::Add(users) | Self::Remove(users) | Self::Ban(users) | Self::Unban(users) => {
                size_of_val(&**users)
            }
            Self::Set(Setting::Name(text) | Setting::Description(text) | Setting::Avatar(text)) => {
                text.len()
            }
            Self::Set(
                Setting::Post(_)
                | Setting::Invite(_)
                | Setting::History(_)
                | Setting::Slow(_)
                | Setting::Pin(_)
                | Setting::KeepDays(_)
                | Setting::KeepEntries(_)
                | Setting::Ask(_),
            )
            | Self::Mute(..)
            | Self::Pin(_)
            | Self::Unpin(_)
            | Self::Join(_)
            | Self::Approve(_)
            | Self::Role(..)
            | Self::Leave
            | Self::Disband => 0,
        }
    }
}

/// Users whom one change of a group may name.
pub const USERS_A_CHANGE: usize = 100;

/// Groups that one user may be in.
pub const GROUPS_A_USER: usize = 5_000;

/// Members of a group.
pub const GROUP_MEMBERS: usize = 10_000;

/// What a change of a group was, as its log tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The group began, with its sender as the owner and these.
    Created {
        /// Its name.
        name: Arc<str>,
        /// The other members, ascending.
        users: Vec<UserId>,
    },
    /// These came in, ascending.
    Added(Vec<UserId>),
    /// These were put out, ascending.
    Removed(Vec<UserId>),
    /// The sender went.
    Left,
    /// A member has another role. Where it is the owner's, the one before is an admin now.
    Role(UserId, Role),
    /// A setting was changed.
    Set(Setting),
    /// These cannot be brought in any more. Ascending. So many of them were members, and are out.
    Banned(Vec<UserId>, u64),
    /// These can be brought in again. Ascending.
    Unbanned(Vec<UserId>),
    /// A member may read and not write until this time; may write again, where it is 0.
    Muted(UserId, Millis),
    /// A message is pinned.
    Pinned(Seq),
    /// A message is not pinned any more.
    Unpinned(Seq),
    /// The sender came in by the group's link of this number.
    Joined(u64),
    /// This user was let in who had asked, by the group's link of this number, or without one.
    Approved(UserId, Option<u64>),
    /// It ended: nobody is a member any more.
    Disbanded,
}

/// An event's parts, as an engine keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptEvent<'a> {
    /// What it is. A code has its meaning for ever.
    pub code: u8,
    /// The name or text in it.
    pub text: &'a str,
    /// Whom it names.
    pub users: &'a [UserId],
    /// The number in it; 0 for none.
    pub number: u64,
}

impl Event {
    /// The link that somebody came in by.
    pub fn link(&self) -> Option<u64> {
        match self {
            Self::Joined(link) => Some(*link),
            Self::Approved(_, link) => *link,
            _ => None,
        }
    }

    /// Its parts.
    pub fn kept(&self) -> KeptEvent<'_> {
        let blank = KeptEvent {
            code: 0,
            text: "",
            users: &[],
            number: 0,
        };
        let only = |code| KeptEvent { code, ..blank };
        let text = |code, text| KeptEvent {
            code,
            text,
            ..blank
        };
        let named = |code, users| KeptEvent {
            code,
            users,
            ..blank
        };
        let numbered = |code, number| KeptEvent {
            code,
            number,
            ..blank
        };
        match self {
            Self::Created { name, users } => KeptEvent {
                text: name,
                ..named(1, users)
            },
            Self::Added(users) => named(2, users),
            Self::Removed(users) => named(3, users),
            Self::Left => only(4),
            Self::Disbanded => only(5),
            Self::Banned(users, out) => KeptEvent {
                number: *out,
                ..named(6, users)
            },
            Self::Unbanned(users) => named(7, users),
            Self::Muted(user, until) => KeptEvent {
                number: until.get(),
                ..named(8, std::slice::from_ref(user))
            },
            Self::Pinned(seq) => numbered(9, seq.get()),
            Self::Unpinned(seq) => numbered(10, seq.get()),
            Self::Joined(link) => numbered(80, *link),
            Self::Approved(user, link) => KeptEvent {
                number: link.unwrap_or(0),
                ..named(81, std::slice::from_ref(user))
            },
            Self::Role(user, role) => named(10 + role.code(), std::slice::from_ref(user)),
            Self::Set(setting) => match setting {
                Setting::Name(name) => text(20, name),
                Setting::Description(description) => text(21, description),
                Setting::Avatar(file) => text(22, file),
                Setting::Post(who) => only(30 + who.code()),
                Setting::Invite(who) => only(40 + who.code()),
                Setting::History(window) => numbered(23, window.code().into()),
                Setting::Slow(seconds) => numbered(24, (*seconds).into()),
                Setting::Pin(who) => only(50 + who.code()),
                Setting::KeepDays(days) => numbered(25, (*days).into()),
                Setting::KeepEntries(entries) => numbered(26, *entries),
                Setting::Ask(is_open) => only(70 + u8::from(*is_open)),
            },
        }
    }

    /// Made again of its parts. `None` for what this version does not know.
    pub fn of_kept(kept: KeptEvent<'_>) -> Option<Self> {
        let KeptEvent {
            code,
            text,
            users,
            number,
        } = kept;
        Some(match code {
            1 => Self::Created {
                name: text.into(),
                users: users.to_vec(),
            },
            2 => Self::Added(users.to_vec()),
            3 => Self::Removed(users.to_vec()),
            4 => Self::Left,
            5 => Self::Disbanded,
            6 => Self::Banned(users.to_vec(), number),
            7 => Self::Unbanned(users.to_vec()),
            8 => Self::Muted(*users.first()?, Millis::new(number).ok()?),
            9 => Self::Pinned(Seq::new(number).ok()?),
            10 => Self::Unpinned(Seq::new(number).ok()?),
            11..=19 => Self::Role(*users.first()?, Role::of_code(code - 10)?),
            20 => Self::Set(Setting::Name(text.into())),
            21 => Self::Set(Setting::Description(text.into())),
            22 => Self::Set(Setting::Avatar(text.into())),
            23 => Self::Set(Setting::History(Window::of_code(number.try_into().ok()?)?)),
            24 => Self::Set(Setting::Slow(number.try_into().ok()?)),
            25 => Self::Set(Setting::KeepDays(number.try_into().ok()?)),
            26 => Self::Set(Setting::KeepEntries(number)),
            31..=39 => Self::Set(Setting::Post(Who::of_code(code - 30)?)),
            41..=49 => Self::Set(Setting::Invite(Who::of_code(code - 40)?)),
            51..=59 => Self::Set(Setting::Pin(Who::of_code(code - 50)?)),
            70 | 71 => Self::Set(Setting::Ask(code == 71)),
            80 => Self::Joined(number),
            81 => Self::Approved(*users.first()?, Some(number).filter(|link| *link > 0)),
            _ => return None,
        })
    }
}

/// What a change of a group makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// What its log says. From it the settings follow, and that a group has [ended](Event::Disbanded).
    pub event: Event,
    /// The members who are others now, with their roles; `None` for those who are out. Ascending.
    pub members: Vec<(UserId, Option<Role>)>,
    /// The first entry that those may read who come in by it.
    pub since: Seq,
}

impl Effects {
    /// Whether those of its [members](Self::members) who have a role come in by it; otherwise they were in before.
    pub fn brings_in(&self) -> bool {
        match &self.event {
            Event::Created { .. } | Event::Added(_) | Event::Joined(_) | Event::Approved(..) => {
                true
            }
            Event::Removed(_)
            | Event::Left
            | Event::Role(..)
            | Event::Set(_)
            | Event::Banned(..)
            | Event::Unbanned(_)
            | Event::Muted(..)
            | Event::Pinned(_)
            | Event::Unpinned(_)
            | Event::Disbanded => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_survives_being_kept() {
        let user = |id| UserId::new(id).unwrap();
        let mut events = vec![
            Event::Created {
                name: "雁".into(),
                users: vec![user(1000), user(1001)],
            },
            Event::Added(vec![user(1003)]),
            Event::Removed(vec![user(1003)]),
            Event::Left,
            Event::Disbanded,
            Event::Set(Setting::Name("群".into())),
            Event::Set(Setting::Description("".into())),
            Event::Set(Setting::Avatar("a.png".into())),
            Event::Set(Setting::KeepDays(30)),
            Event::Set(Setting::KeepDays(0)),
            Event::Set(Setting::KeepEntries(1_000_000)),
            Event::Banned(vec![user(1000), user(1003)], 1),
            Event::Banned(vec![user(1000)], 0),
            Event::Unbanned(vec![user(1000)]),
            Event::Muted(user(1000), Millis::new(1_800_000_000_000).unwrap()),
            Event::Muted(user(1000), Millis::default()),
            Event::Pinned(Seq::new(7).unwrap()),
            Event::Unpinned(Seq::new(7).unwrap()),
            Event::Joined(3),
            Event::Approved(user(1000), Some(7)),
            Event::Approved(user(1000), None),
            Event::Set(Setting::Ask(true)),
            Event::Set(Setting::Ask(false)),
            Event::Set(Setting::Slow(0)),
            Event::Set(Setting::Slow(21_600)),
        ];
        events.extend(Role::ALL.map(|role| Event::Role(user(1000), role)));
        for who in [Who::All, Who::Admins] {
            events.push(Event::Set(Setting::Post(who)));
            events.push(Event::Set(Setting::Invite(who)));
            events.push(Event::Set(Setting::Pin(who)));
        }
        for window in [
            Window::All,
            Window::Joining,
            Window::Days(1),
            Window::Days(365),
        ] {
            events.push(Event::Set(Setting::History(window)));
        }
        for event in events {
            assert_eq!(Event::of_kept(event.kept()).as_ref(), Some(&event));
        }
        let unknown = KeptEvent {
            code: 99,
            text: "",
            users: &[],
            number: 0,
        };
        assert_eq!(Event::of_kept(unknown), None);
    }
}
