//! Groups on the wire: what an entry tells of a change, and what a request for one holds.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::envelope::read_object;
use crate::{ClientId, ErrorCode, Millis, Seq, UserId, limits, value};

/// What a member of a group may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Writes, and brings others in where the group lets all do so.
    Member,
    /// Changes the group's settings, removes members, and recalls what others said.
    Admin,
    /// Gives roles, and ends the group. A group has one owner.
    Owner,
    /// A role this version does not know: a client takes it for a member's.
    #[serde(other)]
    Unknown,
}

/// Whom a right in a group belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// All members.
    All,
    /// Admins and the owner.
    Admins,
    /// Somebody this version does not know: a client takes it for admins.
    #[serde(other)]
    Unknown,
}

/// What those who come into a group may read of what was said before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// All of it.
    All,
    /// Nothing: they read from the entry on that brought them in.
    Joining,
    /// What was said in so many days before.
    Days,
    /// A window this version does not know: a client takes it for `joining`.
    #[serde(other)]
    Unknown,
}

/// What a group is called, and what its members may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupView {
    /// The name to show.
    pub name: Arc<str>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Arc<str>>,
    /// The picture's file name or URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Arc<str>>,
    /// Who may write.
    pub post: Who,
    /// Who may bring others in.
    pub invite: Who,
    /// What those who come in may read of what was said before; absent, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Window>,
    /// Of how many days, where it is `days`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_days: Option<u64>,
    /// How many seconds a member waits between two messages; absent, none. Admins never wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_s: Option<u64>,
    /// Who may pin messages; absent, admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Who>,
    /// Only what is younger than so many days is kept; absent, all is, as far as the server keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u64>,
    /// Only the newest so many entries are kept; absent, all are, as far as the server keeps them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_entries: Option<u64>,
    /// Whether everybody may ask to be let in, also without a link.
    #[serde(
        default,
        deserialize_with = "value::or_default",
        skip_serializing_if = "value::is_false"
    )]
    pub ask: bool,
    /// How many wait to be let in, for admins; absent, nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    /// Until when the reader may read and not write; perhaps a time that is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<Millis>,
    /// The reader's own role.
    pub role: Role,
}

/// What a change of a group was. It is in the entry of kind `event`; the entry's `from` did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum GroupEvent {
    /// The group began, with its `from` as the owner.
    Created {
        /// Its name.
        name: Arc<str>,
        /// The other members, ascending.
        users: Vec<UserId>,
    },
    /// These came in.
    Added {
        /// Who, ascending.
        users: Vec<UserId>,
    },
    /// These were put out. For each of them the group ends with this entry.
    Removed {
        /// Who, ascending.
        users: Vec<UserId>,
    },
    /// The entry's `from` went. For them the group ends with this entry.
    Left,
    /// A member has another role. Where it is the owner's, the `from` is an admin now.
    Role {
        /// Who.
        user: UserId,
        /// Which.
        role: Role,
    },
    /// The group has another name.
    Renamed {
        /// The new one.
        name: Arc<str>,
    },
    /// The group has another description.
    Described {
        /// The new one; empty for none.
        description: Arc<str>,
    },
    /// The group has another picture.
    Pictured {
        /// Its file name or URL; empty for none.
        avatar: Arc<str>,
    },
    /// Others may write.
    PostSet {
        /// Who.
        post: Who,
    },
    /// Others may bring people in.
    InviteSet {
        /// Who.
        invite: Who,
    },
    /// Those who come in from now on may read more, or less, of what was said before.
    HistorySet {
        /// What.
        history: Window,
        /// Of how many days, where it is `days`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        history_days: Option<u64>,
    },
    /// A member waits so long between two messages.
    SlowSet {
        /// Seconds; 0 for not at all.
        slow_s: u64,
    },
    /// Others may pin messages.
    PinSet {
        /// Who.
        pin: Who,
    },
    /// What is older is not kept.
    KeepDaysSet {
        /// Days; 0 for no bound.
        keep_days: u64,
    },
    /// No more entries than these are kept.
    KeepEntriesSet {
        /// Entries; 0 for no bound.
        keep_entries: u64,
    },
    /// Everybody may ask to be let in, or only who has a link.
    AskSet {
        /// Whether everybody may.
        ask: bool,
    },
    /// The entry's `from` came in by a link.
    Joined {
        /// Which of the group's.
        link: u64,
    },
    /// Somebody was let in who had asked.
    Approved {
        /// Who.
        user: UserId,
        /// By which of the group's links; absent, without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<u64>,
    },
    /// These cannot be brought in any more. For those of them who were members the group ends with this entry.
    Banned {
        /// Who, ascending.
        users: Vec<UserId>,
        /// How many of them were members.
        out: u64,
    },
    /// These can be brought in again.
    Unbanned {
        /// Who, ascending.
        users: Vec<UserId>,
    },
    /// A member may read and not write.
    Muted {
        /// Who.
        user: UserId,
        /// Until when.
        until: Millis,
    },
    /// A member may write again, before that time.
    Unmuted {
        /// Who.
        user: UserId,
    },
    /// A message is pinned.
    Pinned {
        /// Its seq.
        target: Seq,
    },
    /// A message is not pinned any more.
    Unpinned {
        /// Its seq.
        target: Seq,
    },
    /// The group ended for everybody.
    Disbanded,
    /// A change this version does not know.
    #[serde(other)]
    Unknown,
}

/// One member in a page of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMember {
    /// Who.
    pub user: UserId,
    /// What they may do.
    pub role: Role,
}

/// `POST /v1/groups`: makes a group, whose owner is the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewGroup {
    /// The caller's name for the entry that begins it: a retry finds the group.
    pub client_id: ClientId,
    /// The name to show; at most [`limits::GROUP_NAME_BYTES`].
    pub name: Arc<str>,
    /// Other members, at most [`limits::GROUP_USERS`]; more are added afterwards.
    #[serde(
        default,
        deserialize_with = "value::capped_list::<{ limits::GROUP_USERS + 1 }, _, _>"
    )]
    pub users: Vec<UserId>,
}

/// `POST /v1/groups/{conv}/members`: brings people in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddMembers {
    /// The caller's name for the entry.
    pub client_id: ClientId,
    /// Who; at most [`limits::GROUP_USERS`].
    #[serde(deserialize_with = "value::capped_list::<{ limits::GROUP_USERS + 1 }, _, _>")]
    pub users: Vec<UserId>,
}

/// `PATCH /v1/groups/{conv}/members/{user}`: gives a member another role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRole {
    /// The caller's name for the entry.
    pub client_id: ClientId,
    /// Which.
    pub role: Role,
}

/// `PATCH /v1/groups/{conv}`: changes one setting; exactly one of them is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetGroup {
    /// The caller's name for the entry.
    pub client_id: ClientId,
    /// The new name; at most [`limits::GROUP_NAME_BYTES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// The new description, perhaps empty; at most [`limits::GROUP_DESCRIPTION_BYTES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Arc<str>>,
    /// Who may write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<Who>,
    /// Who may bring others in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<Who>,
    /// What those who come in may read of what was said before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Window>,
    /// Of how many days, with `days`: 1 to [`limits::WINDOW_DAYS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_days: Option<u64>,
    /// How many seconds a member waits between two messages: 0 for not at all, at most [`limits::SLOW_S`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_s: Option<u64>,
    /// Who may pin messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Who>,
    /// Of how many days what was said is kept: 0 for all, at most [`limits::KEEP_DAYS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u64>,
    /// How many entries are kept: 0 for all, at most [`limits::KEEP_ENTRIES`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_entries: Option<u64>,
    /// Whether everybody may ask to be let in, also without a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<bool>,
}

/// `POST /v1/groups/{conv}/bans`: puts people out, and lets them not in again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// The caller's name for the entry.
    pub client_id: ClientId,
    /// Who, members or not; at most [`limits::GROUP_USERS`].
    #[serde(deserialize_with = "value::capped_list::<{ limits::GROUP_USERS + 1 }, _, _>")]
    pub users: Vec<UserId>,
}

/// `POST /v1/groups/{conv}/mutes`: lets a member read and not write for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// The caller's name for the entry.
    pub client_id: ClientId,
    /// Who.
    pub user: UserId,
    /// Until when; a time to come.
    pub until: Millis,
}

/// A member of a group who may read and not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Muted {
    /// Who.
    pub user: UserId,
    /// Until when.
    pub until: Millis,
}

/// `POST /v1/conversations/{conv}/pins`: pins a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The caller's name for the entry.
    pub client_id: ClientId,
    /// The message.
    pub seq: Seq,
}

impl Ban {
    /// Reads the body of an HTTP request.
    ///
    /// # Errors
    /// The code to answer with and a message for people.
    pub fn from_json(body: &[u8]) -> Result<Self, (ErrorCode, String)> {
        let read: Self = read_object(body)?;
        few(&read.users)?;
        Ok(read)
    }
}

impl NewGroup {
    /// Reads the body of an HTTP request.
    ///
    /// # Errors
    /// The code to answer with and a message for people.
    pub fn from_json(body: &[u8]) -> Result<Self, (ErrorCode, String)> {
        let read: Self = read_object(body)?;
        few(&read.users)?;
        Ok(read)
    }
}

impl AddMembers {
    /// Reads the body of an HTTP request.
    ///
    /// # Errors
    /// The code to answer with and a message for people.
    pub fn from_json(body: &[u8]) -> Result<Self, (ErrorCode, String)> {
        let read: Self = read_object(body)?;
        few(&read.users)?;
        Ok(read)
    }
}

fn few(users: &[UserId]) -> Result<(), (ErrorCode, String)> {
    if users.len() > limits::GROUP_USERS {
        let message = format!("at most {} users at a time", limits::GROUP_USERS);
        return Err((ErrorCode::TooLarge, message));
    }
    Ok(())
}
