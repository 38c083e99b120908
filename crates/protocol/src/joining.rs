//! Ways into groups on the wire: links, and requests to be let in.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ClientId, ConversationId, Millis, Seq, UserId};

/// `POST /v1/groups/{conv}/links`: makes a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLink {
    /// The caller's name for it: a retry finds the link.
    pub client_id: ClientId,
    /// What it is for, for those who see it in the list; at most [`limits::LINK_NAME_BYTES`](crate::limits::LINK_NAME_BYTES).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// From when on it does not work any more; absent, never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Millis>,
    /// How many it lets in, 1 to [`limits::LINK_USES`](crate::limits::LINK_USES); absent, all who come. Not with `approval`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u64>,
    /// Whether who comes by it only asks to be let in.
    #[serde(
        default,
        deserialize_with = "crate::value::or_default",
        skip_serializing_if = "crate::value::is_false"
    )]
    pub approval: bool,
}

/// A link into a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Which of the group's. No number is given twice.
    pub link: u64,
    /// The secret: whoever has it may come.
    pub token: Box<str>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// Who made it.
    pub by: UserId,
    /// When.
    pub made_at: Millis,
    /// From when on it does not work any more; absent, never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Millis>,
    /// How many it lets in; absent, all who come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u64>,
    /// Whether who comes by it only asks to be let in.
    #[serde(
        default,
        deserialize_with = "crate::value::or_default",
        skip_serializing_if = "crate::value::is_false"
    )]
    pub approval: bool,
    /// How many came in by it.
    pub used: u64,
    /// Whether it works now.
    pub works: bool,
}

/// Somebody who came in by a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joiner {
    /// The entry that says so.
    pub seq: Seq,
    /// Who.
    pub user: UserId,
    /// When.
    pub at: Millis,
}

/// `POST /v1/join/look` and `POST /v1/join`: into which group. Exactly one of `token` and `conv` is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Door {
    /// The secret of a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Box<str>>,
    /// A group that lets everybody ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conv: Option<ConversationId>,
    /// The caller's name for the entry that brings the caller in. Needed to join by a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
}

/// How a user stands before a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Outside, and may come.
    Outside,
    /// A member.
    Member,
    /// Waits to be let in.
    Waiting,
    /// Does not wait any more: the user took the request back, or it ended without a word.
    Ended,
    /// Was declined, and may not ask again yet.
    Declined,
    /// The group lets this user not in.
    Banned,
    /// Something this version does not know.
    #[serde(other)]
    Unknown,
}

/// What somebody sees of a group before coming in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupOutside {
    /// The group.
    pub conv: ConversationId,
    /// The name to show.
    pub name: Arc<str>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Arc<str>>,
    /// The picture's file name or URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Arc<str>>,
    /// How many members it has.
    pub size: u64,
    /// Whether who comes only asks to be let in.
    #[serde(
        default,
        deserialize_with = "crate::value::or_default",
        skip_serializing_if = "crate::value::is_false"
    )]
    pub approval: bool,
    /// How the caller stands.
    pub state: Standing,
    /// With `declined`: when the caller may ask again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_at: Option<Millis>,
}

/// A push, the answer to `POST /v1/join`, and an item of `GET /v1/requests`: how the caller stands before a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The group.
    pub conv: ConversationId,
    /// How the caller stands.
    pub state: Standing,
    /// What the group is called; only in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// With `declined`: when the caller may ask again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_at: Option<Millis>,
}

/// A push to admins: so many wait to be let into a group now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// The group.
    pub conv: ConversationId,
    /// How many.
    pub count: u64,
}

/// Somebody who waits to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRequest {
    /// Who.
    pub user: UserId,
    /// Since when.
    pub at: Millis,
    /// By which link; absent, without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<u64>,
}

/// `POST /v1/groups/{conv}/requests/{user}`: lets somebody in who asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approve {
    /// The caller's name for the entry.
    pub client_id: ClientId,
}
