//! Groups: what is kept of one, what may be asked of one, and what each change of one says in its log.
//!
//! Owns: the words for roles, settings and events.
//! Promises: a state follows from its events: who has the events of a log from its beginning knows all members, their
//! roles and the settings.
//! Not here: who may do what (`rules`).

use std::sync::Arc;

use hongyan_protocol::{Seq, UserId};

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Ends it for everybody.
    Disband,
}

impl GroupChange {
    /// About as many bytes as it holds, its fixed part aside.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Create { name, users } => name.len() + size_of_val(&**users),
            Self::Add(users) | Self::Remove(users) => size_of_val(&**users),
            Self::Set(Setting::Name(text) | Setting::Description(text) | Setting::Avatar(text)) => {
                text.len()
            }
            Self::Set(Setting::Post(_) | Setting::Invite(_) | Setting::History(_))
            | Self::Role(..)
            | Self::Leave
            | Self::Disband => 0,
        }
    }
}

/// Users whom one change of a group may name.
pub const USERS_A_CHANGE: usize = 100;

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
        match self {
            Self::Created { name, users } => KeptEvent {
                text: name,
                ..named(1, users)
            },
            Self::Added(users) => named(2, users),
            Self::Removed(users) => named(3, users),
            Self::Left => only(4),
            Self::Disbanded => only(5),
            Self::Role(user, role) => named(10 + role.code(), std::slice::from_ref(user)),
            Self::Set(setting) => match setting {
                Setting::Name(name) => text(20, name),
                Setting::Description(description) => text(21, description),
                Setting::Avatar(file) => text(22, file),
                Setting::Post(who) => only(30 + who.code()),
                Setting::Invite(who) => only(40 + who.code()),
                Setting::History(window) => KeptEvent {
                    number: u64::from(window.code()),
                    ..only(23)
                },
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
            11..=19 => Self::Role(*users.first()?, Role::of_code(code - 10)?),
            20 => Self::Set(Setting::Name(text.into())),
            21 => Self::Set(Setting::Description(text.into())),
            22 => Self::Set(Setting::Avatar(text.into())),
            23 => Self::Set(Setting::History(Window::of_code(number.try_into().ok()?)?)),
            31..=39 => Self::Set(Setting::Post(Who::of_code(code - 30)?)),
            41..=49 => Self::Set(Setting::Invite(Who::of_code(code - 40)?)),
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
            Event::Created { .. } | Event::Added(_) => true,
            Event::Removed(_)
            | Event::Left
            | Event::Role(..)
            | Event::Set(_)
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
        ];
        events.extend(Role::ALL.map(|role| Event::Role(user(1000), role)));
        for who in [Who::All, Who::Admins] {
            events.push(Event::Set(Setting::Post(who)));
            events.push(Event::Set(Setting::Invite(who)));
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
