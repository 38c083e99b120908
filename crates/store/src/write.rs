//! Writes and their outcomes: what a batch is made of.

use std::sync::Arc;

use hongyan_protocol::{ClientId, ConversationId, EntryId, Millis, Seq, UserId};
use sha2::{Digest, Sha256};

use crate::{
    Asking, Body, Event, GroupChange, Header, Joined, Joining, React, ReactError, Reacted, View,
    ViewChange, ViewError, Viewed,
};

/// Whom an append is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A conversation that exists.
    Conversation(ConversationId),
    /// The 1:1 conversation with this user, made if it is not there.
    Direct(UserId),
    /// A group that the sender makes under this client id.
    NewGroup,
}

/// What an append does to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Says something. The sender's read and delivered positions move to it.
    Message {
        /// What.
        body: Body,
        /// The message it answers; must be at or before the head.
        reply_to: Option<Seq>,
        /// Who should notice it.
        mentions: Vec<UserId>,
        /// What else the sender says of it.
        header: Header,
    },
    /// Replaces the body of the sender's own message at `target`, in place, and is a log entry itself.
    Edit {
        /// The message.
        target: Seq,
        /// Its new body.
        body: Body,
        /// Only a message that is no older than this.
        not_before: Millis,
    },
    /// Blanks the sender's own message at `target` and every edit of it, and is a log entry itself.
    Recall {
        /// The message.
        target: Seq,
        /// Only a message that is no older than this. In a group that does not hold for admins, who may recall what others
        /// said as well.
        not_before: Millis,
    },
    /// Changes a group, and says in its log what was changed.
    Group(GroupChange),
}

/// What a client id stands for, short: 8 bytes of SHA-256. Kept with the entry, because an edit or a
/// recall changes the body that a retry would have to be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeDigest(pub i64);

impl Change {
    /// The message that it is about: the answered, the edited or the recalled one.
    pub fn subject(&self) -> Option<Seq> {
        match self {
            Self::Message { reply_to, .. } => *reply_to,
            Self::Edit { target, .. } | Self::Recall { target, .. } => Some(*target),
            Self::Group(GroupChange::Pin(seq) | GroupChange::Unpin(seq)) => Some(*seq),
            Self::Group(_) => None,
        }
    }

    /// Whether it says something, rather than change what was said.
    pub fn is_message(&self) -> bool {
        matches!(self, Self::Message { .. })
    }

    /// Whether it asks all members of a group to notice it.
    pub fn mentions_all(&self) -> bool {
        matches!(self, Self::Message { header, .. } if header.mentions_all())
    }

    /// What it says.
    pub fn body(&self) -> Option<&Body> {
        match self {
            Self::Message { body, .. } | Self::Edit { body, .. } => Some(body),
            Self::Recall { .. } | Self::Group(_) => None,
        }
    }

    /// The digest of what the sender asked for. The time limit is the server's and does not count.
    pub fn digest(&self) -> ChangeDigest {
        let mut hash = Sha256::new();
        match self {
            Self::Message {
                body,
                reply_to,
                mentions,
                header,
            } => {
                hash.update([1]);
                hash.update(reply_to.map_or(0, Seq::get).to_le_bytes());
                hash.update((mentions.len() as u64).to_le_bytes());
                for user in mentions {
                    hash.update(user.get().to_le_bytes());
                }
                hash_body(&mut hash, body);
                hash_header(&mut hash, header);
            }
            Self::Edit {
                target,
                body,
                not_before: _,
            } => {
                hash.update([2]);
                hash.update(target.get().to_le_bytes());
                hash_body(&mut hash, body);
            }
            Self::Recall {
                target,
                not_before: _,
            } => {
                hash.update([3]);
                hash.update(target.get().to_le_bytes());
            }
            Self::Group(change) => {
                hash.update([4]);
                hash_group_change(&mut hash, change);
            }
        }
        let bytes: [u8; 32] = hash.finalize().into();
        let [a, b, c, d, e, f, g, h, ..] = bytes;
        ChangeDigest(i64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// A message without a header has the digest that it had before there were any.
fn hash_header(hash: &mut Sha256, header: &Header) {
    let Some(fields) = header.fields() else {
        return;
    };
    let mut text = |text: Option<&str>| {
        let text = text.unwrap_or_default();
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    text(fields.topic.as_deref());
    text(fields.origin.as_deref());
    let expires_at = fields.expires_at.map_or(0, Millis::get);
    hash.update(expires_at.to_le_bytes());
    // One that does not mention all has the digest that it had before any did.
    if fields.mentions_all {
        hash.update([1]);
    }
}

/// As the event that it would be.
fn hash_group_change(hash: &mut Sha256, change: &GroupChange) {
    let event = match change.clone() {
        GroupChange::Create { name, users } => Event::Created { name, users },
        GroupChange::Add(users) => Event::Added(users),
        GroupChange::Remove(users) => Event::Removed(users),
        GroupChange::Leave => Event::Left,
        GroupChange::Role(user, role) => Event::Role(user, role),
        GroupChange::Set(setting) => Event::Set(setting),
        GroupChange::Ban(users) => Event::Banned(users, 0),
        GroupChange::Unban(users) => Event::Unbanned(users),
        GroupChange::Mute(user, until) => Event::Muted(user, until),
        GroupChange::Pin(seq) => Event::Pinned(seq),
        GroupChange::Unpin(seq) => Event::Unpinned(seq),
        GroupChange::Join(token) => {
            // Which link it is, is not known here.
            hash.update(token.0);
            Event::Joined(0)
        }
        GroupChange::Approve(user) => Event::Approved(user, None),
        GroupChange::Disband => Event::Disbanded,
    };
    let kept = event.kept();
    hash.update([kept.code]);
    hash.update((kept.users.len() as u64).to_le_bytes());
    for user in kept.users {
        hash.update(user.get().to_le_bytes());
    }
    hash.update(kept.text.as_bytes());
    // One without a number has the digest that it had before there were any.
    if kept.number != 0 {
        hash.update(kept.number.to_le_bytes());
    }
}

fn hash_body(hash: &mut Sha256, body: &Body) {
    let (code, text) = body.kept();
    hash.update([code]);
    hash.update(text.as_bytes());
}

/// One entry to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Who.
    pub from: UserId,
    /// To which log.
    pub target: Target,
    /// The sender's name for it.
    pub client_id: ClientId,
    /// What it does.
    pub change: Change,
    /// When the server took it.
    pub at: Millis,
}

/// A member's positions to be moved forward. One that would move back stays where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The member.
    pub user: UserId,
    /// The conversation.
    pub conv: ConversationId,
    /// Everything up to here was read; `delivered` follows at least as far.
    pub read: Option<Seq>,
    /// Everything up to here is on one of the member's devices.
    pub delivered: Option<Seq>,
}

/// One write of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// See [`Append`].
    Append(Append),
    /// See [`Move`].
    Move(Move),
    /// See [`React`].
    React(React),
    /// See [`ViewChange`].
    View(ViewChange),
    /// See [`Joining`].
    Joining(Joining),
}

/// An append that is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The conversation.
    pub conv: ConversationId,
    /// The position.
    pub seq: Seq,
    /// The id.
    pub id: EntryId,
    /// When the server took it: the first time, for a retry.
    pub at: Millis,
    /// The entry was there already, from an earlier attempt under the same client id; nothing was written.
    pub duplicate: bool,
    /// Everyone whose log this is, the sender included, ascending; those who were put out by it as well. Shared, because
    /// a group's is long.
    pub members: Arc<[UserId]>,
    /// Those of the members who may not read the message that it edits: the new body is not for them. Ascending.
    pub blind: Arc<[UserId]>,
    /// What it changed of the group. `None` for what changes none, and for a duplicate.
    pub event: Option<Arc<Event>>,
    /// Who asks to be let into the group, where that is others now.
    pub asking: Option<Asking>,
}

/// Why an append was refused. It left no trace.
///
/// Where several reasons apply, a conflict of the client id comes first (and a retry of what
/// succeeded is never refused), then the order here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// No such conversation, or the sender is not a member.
    #[error("no such conversation")]
    NotMember,
    /// The group does not let this member do it, it is no group, or the other of two has blocked the sender.
    #[error("not allowed here")]
    NotAllowed,
    /// The group lets the sender read and not write, until this time.
    #[error("muted until {0}")]
    Muted(Millis),
    /// The group lets the sender write again in so many milliseconds.
    #[error("the next message may come in {0} ms")]
    TooSoon(u64),
    /// No such user to start a conversation with, or to bring into a group.
    #[error("no such user")]
    NoSuchUser,
    /// The client id stands for another change of the sender's in this conversation.
    #[error("the client id stands for something else")]
    ClientIdConflict,
    /// `target` or `reply_to` names nothing, something that is not a message, or something that the sender may not read.
    #[error("no such message")]
    NoSuchMessage,
    /// The message is somebody else's.
    #[error("somebody else's message")]
    NotSender,
    /// The message was recalled.
    #[error("the message was recalled")]
    Recalled,
    /// The message is older than the limit.
    #[error("the message is too old")]
    TooLate,
    /// Somebody whom a change of a group names is no member. Of several that are named, the first whom a reason applies to
    /// counts.
    #[error("not a member of the group")]
    NotInGroup,
    /// Somebody who is to come in is banned.
    #[error("banned from the group")]
    Banned,
    /// There are as many of these as there may be, or somebody who is to come in has blocked the sender.
    #[error("there are as many as there may be")]
    ListFull,
    /// A group has an owner: the owner gives it to somebody else before.
    #[error("the owner has to make another member the owner first")]
    OwnerStays,
    /// It is so already.
    #[error("it is so already")]
    Unchanged,
    /// The group would have more than [`GROUP_MEMBERS`](crate::GROUP_MEMBERS).
    #[error("the group is full")]
    GroupFull,
    /// No link has this token or number, or nobody can come in by it any more: which of these is not told.
    #[error("no such link, or it does not work any more")]
    DeadLink,
    /// The group declined the user, who may ask again from this time on.
    #[error("declined, and may ask again at {0}")]
    Declined(Millis),
    /// The user does not ask to be let in.
    #[error("no such request")]
    NoRequest,
    /// A part of the log cannot be read: what would be added could perhaps not be read either.
    #[error("a part of the conversation cannot be read")]
    Damaged,
}

/// Positions as they stand after a move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The conversation.
    pub conv: ConversationId,
    /// The member.
    pub user: UserId,
    /// Everything up to here was read.
    pub read: Seq,
    /// Everything up to here is on one of the member's devices.
    pub delivered: Seq,
    /// Whether the move changed anything.
    pub changed: bool,
    /// Everyone who is told of it, ascending: all in the conversation. In one of two, not whom the member has blocked.
    pub members: Arc<[UserId]>,
    /// The member's view, where the move ended a mark in it.
    pub view: Option<View>,
}

/// Why a move was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// No such conversation, or the user is not a member.
    #[error("no such conversation")]
    NotMember,
    /// Beyond the head of the log.
    #[error("beyond the head of the log")]
    BeyondHead,
}

/// What became of one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Of [`Write::Append`].
    Append(Result<Appended, AppendError>),
    /// Of [`Write::Move`].
    Move(Result<Moved, MoveError>),
    /// Of [`Write::React`].
    React(Result<Reacted, ReactError>),
    /// Of [`Write::View`].
    View(Result<Viewed, ViewError>),
    /// Of [`Write::Joining`].
    Joining(Result<Joined, AppendError>),
}
