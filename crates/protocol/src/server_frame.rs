//! Frames from the server.
//!
//! Read by clients as the server reads [`ClientFrame`](crate::ClientFrame); a frame of a newer
//! server reads as [`ServerFrame::Unknown`] and is passed over.

use serde::de::{Deserializer, Error, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::envelope::{self, Frames, Refusal, encode};
use crate::{
    Asked, ClientId, ConversationId, Entry, EntryId, ErrorCode, GroupView, Millis, Presence,
    Reacted, ReactionsPage, ReadByCounts, Requests, Seq, SessionId, Typists, UserId, View, Viewed,
};

/// What one user may know of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserProfile {
    /// The id.
    pub id: UserId,
    /// The name to sign in with.
    pub login: Box<str>,
    /// The name to show.
    pub name: Box<str>,
    /// The picture's file name or URL; absent, a client draws initials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Box<str>>,
}

/// How a client keeps a quiet connection alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatPlan {
    /// Send `ping` after this many milliseconds without sending, or without receiving: each side
    /// knows of the other's life only by what it hears.
    pub interval_ms: u64,
    /// Nothing heard for this many milliseconds after a `ping`: close and reconnect.
    pub timeout_ms: u64,
}

/// The limits that a client should respect before the server makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvertisedLimits {
    /// One frame from the client, in bytes.
    pub frame_bytes: usize,
    /// The text of one message, in UTF-8 bytes.
    pub text_bytes: usize,
    /// Requests without an answer yet, on one connection.
    pub requests: usize,
    /// Pushed entries without an ack yet, after which live pushes wait.
    pub unacked_entries: usize,
}

/// Answers `hello`: the connection is live and registered for pushes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Who the token says the caller is.
    pub user: UserProfile,
    /// The caller's session.
    pub session: SessionId,
    /// The name of the server's history: positions, cursors and ids mean something within one. Older servers do not
    /// say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Box<str>>,
    /// How to keep the connection alive, to begin with.
    pub heartbeat: HeartbeatPlan,
    /// What not to exceed.
    pub limits: AdvertisedLimits,
    /// The server's clock.
    pub server_time: Millis,
    /// The server's name and version.
    pub server: Box<str>,
}

/// Answers `ping`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    /// The time without sending, or without receiving, after which to ping next.
    pub next_interval_ms: u64,
    /// The server's clock.
    pub server_time: Millis,
}

/// Answers `send`, `edit` and `recall`: the entry is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The conversation; news to a sender that said `to`.
    pub conv: ConversationId,
    /// The entry's position.
    pub seq: Seq,
    /// The entry's id.
    pub id: EntryId,
    /// When the server took it.
    pub at: Millis,
    /// The sender's name for it.
    pub client_id: ClientId,
}

/// How far one member has come. Both only ever grow. Of a conversation of more than
/// [`limits::MEMBERS_TOLD`](crate::limits::MEMBERS_TOLD) members, only the member's own devices hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The conversation.
    pub conv: ConversationId,
    /// The member; the reader's own other devices get their own receipts too.
    pub user: UserId,
    /// Everything up to here was read.
    pub read: Seq,
    /// Everything up to here is on one of the member's devices.
    pub delivered: Seq,
}

/// What users are called now: they have other names than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profiles {
    /// The users, as the reader may know them.
    pub users: Vec<UserProfile>,
}

/// A push: the retention of a conversation has taken away what was said in it up to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// The conversation.
    pub conv: ConversationId,
    /// Nothing up to here is kept, for anybody.
    pub floor: Seq,
}

/// The reader has blocked a user on another device, or blocks them no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// The user.
    pub user: UserId,
    /// Whether the user is blocked now.
    pub on: bool,
}

/// Answers a request that has nothing to tell but that it was carried out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// The kind of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    /// Two people.
    Direct,
    /// Any number of people.
    Group,
    /// A kind this version does not know.
    #[serde(other)]
    Unknown,
}

/// How far the caller has come in a conversation that the frame already names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Everything up to here was read.
    pub read: Seq,
    /// Everything up to here is on one of the caller's devices. Where members are not told it may be too low: the
    /// server keeps no more than that it was read.
    pub delivered: Seq,
}

/// How far one member has come in a conversation that the frame already names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberPosition {
    /// The member.
    pub user: UserId,
    /// Everything up to here was read.
    pub read: Seq,
    /// Everything up to here is on one of the member's devices.
    pub delivered: Seq,
}

/// A conversation as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationView {
    /// The id.
    pub conv: ConversationId,
    /// The kind.
    pub kind: ConversationKind,
    /// The log's last seq.
    pub head: Seq,
    /// The first seq that the caller may read; absent, 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Seq>,
    /// Nothing up to here is kept, for anybody; absent, all is.
    #[serde(default, skip_serializing_if = "is_start")]
    pub floor: Seq,
    /// The messages that are pinned, as far as the caller may read, ascending: at most
    /// [`limits::PINS`](crate::limits::PINS).
    #[serde(
        default,
        deserialize_with = "crate::value::or_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub pins: Vec<Seq>,
    /// Messages by others, not recalled, after the caller's read position.
    pub unread: u64,
    /// In how many of these the caller is mentioned.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentions: u64,
    /// The caller's own positions.
    pub me: Position,
    /// What the caller made of it for oneself; absent where that is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<Box<View>>,
    /// How many members there are.
    pub size: u64,
    /// What a group is called, and what may be done there; absent in a conversation of two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupView>,
    /// The caller is no member any more: the log ends with `head` here, and nothing of it can be asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left: bool,
    /// Every member's positions, the caller's own among them. Absent where there are more than
    /// [`limits::MEMBERS_TOLD`](crate::limits::MEMBERS_TOLD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<MemberPosition>>,
    /// The last few entries, ascending.
    pub entries: Vec<Entry>,
}

/// A conversation in a list: what is needed to show it, and no more. What is left out is 0, or as said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The id.
    pub conv: ConversationId,
    /// The log's last seq.
    pub head: Seq,
    /// Messages by others, not recalled, after the caller's read position.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unread: u64,
    /// In how many of these the caller is mentioned.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentions: u64,
    /// The other member of a conversation of two; absent in one with oneself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// How far that member has read.
    #[serde(default, skip_serializing_if = "is_start")]
    pub read: Seq,
    /// How far it is delivered to that member; absent, as far as it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Seq>,
    /// Nothing up to here is kept; absent, all is.
    #[serde(default, skip_serializing_if = "is_start")]
    pub floor: Seq,
    /// How far the caller has read.
    #[serde(default, skip_serializing_if = "is_start")]
    pub own_read: Seq,
    /// How far it is delivered to the caller; absent, as far as it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_delivered: Option<Seq>,
    /// What the caller made of it for oneself; absent where that is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<Box<View>>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The first seq that is told of a log that all may read; `None` for the first of all.
fn first_told(floor: Seq, view: Option<&View>) -> Option<Seq> {
    let kept = (floor > Seq::ZERO).then(|| floor.next());
    kept.max(view.and_then(View::first_told))
}

fn is_start(seq: &Seq) -> bool {
    *seq == Seq::ZERO
}

impl ConversationView {
    /// The members other than the caller, where members are told.
    pub fn others(&self, caller: UserId) -> impl Iterator<Item = &MemberPosition> {
        let told = self.members.iter().flatten();
        told.filter(move |member| member.user != caller)
    }

    /// Whom the caller talks to in a conversation of two; in one with oneself, the caller.
    pub fn peer(&self, caller: UserId) -> Option<UserId> {
        let is_told = self.kind == ConversationKind::Direct && self.members.is_some();
        let other = self.others(caller).next();
        is_told.then(|| other.map_or(caller, |other| other.user))
    }
}

impl Listed {
    /// A conversation in the list of this member; `None` for one that a list cannot tell: any but one of two people, or
    /// of one with oneself, and one with pinned messages.
    pub fn of(view: &ConversationView, caller: UserId) -> Option<Self> {
        if !view.pins.is_empty() {
            return None;
        }
        view.peer(caller)?;
        let other = view.others(caller).next();
        let unlike = |read: Seq, delivered: Seq| (delivered != read).then_some(delivered);
        Some(Self {
            conv: view.conv,
            head: view.head,
            unread: view.unread,
            mentions: view.mentions,
            user: other.map(|other| other.user),
            read: other.map_or(Seq::ZERO, |other| other.read),
            delivered: other.and_then(|other| unlike(other.read, other.delivered)),
            floor: view.floor,
            own_read: view.me.read,
            own_delivered: unlike(view.me.read, view.me.delivered),
            view: view.view.clone(),
        })
    }

    /// The same as its member sees it in a page that is no list, but for the entries.
    pub fn into_view(self, caller: UserId) -> ConversationView {
        let me = Position {
            read: self.own_read,
            delivered: self.own_delivered.unwrap_or(self.own_read),
        };
        let own = MemberPosition {
            user: caller,
            read: me.read,
            delivered: me.delivered,
        };
        let other = self.user.map(|user| MemberPosition {
            user,
            read: self.read,
            delivered: self.delivered.unwrap_or(self.read),
        });
        let members: Vec<MemberPosition> = std::iter::once(own).chain(other).collect();
        ConversationView {
            conv: self.conv,
            kind: ConversationKind::Direct,
            head: self.head,
            since: first_told(self.floor, self.view.as_deref()),
            floor: self.floor,
            pins: Vec::new(),
            unread: self.unread,
            mentions: self.mentions,
            me,
            view: self.view,
            size: members.len() as u64,
            group: None,
            left: false,
            members: Some(members),
            entries: Vec::new(),
        }
    }
}

/// Answers `sync`: a page of the conversations that changed since the cursor, newest change first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synced {
    /// The conversations.
    pub conversations: Vec<ConversationView>,
    /// The conversations, where only a list was asked for; those that a list cannot tell are among the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub list: Vec<Listed>,
    /// The members who are told, and the senders of the entries.
    pub users: Vec<UserProfile>,
    /// The unread messages of all the caller's conversations but the hidden ones, this page's or not. One that is
    /// marked as unread, and has none, counts as one.
    pub total_unread: u64,
    /// How many of these are in conversations that are muted or archived.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub total_muted: u64,
    /// What to say in the next `sync`: for the next page while `more`, from then on for what is new.
    pub cursor: Box<str>,
    /// Whether this page was not the last.
    pub more: bool,
}

/// `GET /v1/mentions`: a page of the messages that mention the caller, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MentionsPage {
    /// The messages.
    pub entries: Vec<Entry>,
    /// Their senders.
    pub users: Vec<UserProfile>,
    /// What to say as `before` for the next page; absent where this was the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<str>>,
}

/// Answers `history`: a stretch of a log, ascending and without holes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// The conversation.
    pub conv: ConversationId,
    /// The entries.
    pub entries: Vec<Entry>,
    /// The log's last seq.
    pub head: Seq,
    /// The first seq that the caller may read; absent, 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Seq>,
    /// Whether the log goes on in the direction asked for.
    pub more: bool,
}

/// Answers a request that failed, or a frame that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FailureRead")]
pub struct Failure {
    /// What programs compare.
    pub code: ErrorCode,
    /// What people read.
    pub message: Box<str>,
    /// When the same request may succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

#[derive(Deserialize)]
struct FailureRead {
    code: Box<str>,
    #[serde(default)]
    message: Box<str>,
    #[serde(default)]
    retry_after_ms: Option<u64>,
}

impl From<FailureRead> for Failure {
    /// A code of a newer server reads as the nearest old one: with `retry_after_ms` as `internal`,
    /// which is retryable, without as `bad_request`, which is not. So an old client neither drops
    /// what could still succeed nor repeats for ever what cannot. (HTTP has clients do the same
    /// with an unknown status: RFC 9110, section 15.)
    fn from(read: FailureRead) -> Self {
        let code = match (ErrorCode::parse(&read.code), read.retry_after_ms) {
            (Some(code), _) => code,
            (None, Some(_)) => ErrorCode::Internal,
            (None, None) => ErrorCode::BadRequest,
        };
        Self {
            code,
            message: read.message,
            retry_after_ms: read.retry_after_ms,
        }
    }
}

/// Comes before a close that the server chose the time of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bye {
    /// The word of the close code that follows.
    pub code: Box<str>,
    /// Reconnect after this long: every client is told another time, so that they do not come all at once.
    pub retry_after_ms: u64,
}

/// A frame from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerFrame {
    /// See [`Welcome`].
    Welcome(Welcome),
    /// See [`Pong`].
    Pong(Pong),
    /// See [`Sent`].
    Sent(Sent),
    /// A push: see [`Entry`].
    Entry(Entry),
    /// A push: see [`Receipt`].
    Receipt(Receipt),
    /// A push: see [`Profiles`].
    Profiles(Profiles),
    /// A push: see [`Blocked`].
    Blocked(Blocked),
    /// A push: see [`Reacted`].
    Reacted(Reacted),
    /// A push: see [`Typists`].
    Typing(Typists),
    /// See [`Viewed`].
    View(Viewed),
    /// A push: see [`Asked`].
    Asked(Asked),
    /// A push: see [`Requests`].
    Requests(Requests),
    /// An answer, or a push: see [`Presence`].
    Presence(Presence),
    /// An answer, or a push: see [`ReadByCounts`].
    ReadBy(ReadByCounts),
    /// A push: see [`Floor`].
    Floor(Floor),
    /// See [`Done`].
    Done(Done),
    /// See [`Synced`].
    Synced(Synced),
    /// See [`HistoryPage`].
    History(HistoryPage),
    /// See [`ReactionsPage`].
    Reactions(ReactionsPage),
    /// See [`Failure`].
    Error(Failure),
    /// See [`Bye`].
    Bye(Bye),
    /// A frame of a newer server, to be passed over.
    Unknown,
}

impl ServerFrame {
    /// Reads one text frame; the number is the `req` that it answers.
    ///
    /// # Errors
    /// The text is no frame, or a known one that breaks this version's rules: the server is not
    /// what it says. A client closes and reconnects.
    pub fn decode(text: &str) -> Result<(Option<u64>, Self), serde_json::Error> {
        envelope::decode(text).map_err(|error| {
            let (_, message) = error.refusal;
            serde_json::Error::custom(message)
        })
    }

    /// Writes one text frame.
    pub fn encode(&self, req: Option<u64>) -> String {
        match self {
            Self::Welcome(frame) => encode("welcome", req, frame),
            Self::Pong(frame) => encode("pong", req, frame),
            Self::Sent(frame) => encode("sent", req, frame),
            Self::Entry(frame) if req.is_none() => frame.encode(),
            Self::Entry(frame) => encode("entry", req, frame),
            Self::Receipt(frame) => encode("receipt", req, frame),
            Self::Profiles(frame) => encode("profiles", req, frame),
            Self::Blocked(frame) => encode("blocked", req, frame),
            Self::Reacted(frame) => encode("reacted", req, frame),
            Self::Typing(frame) => encode("typing", req, frame),
            Self::View(frame) => encode("view", req, frame),
            Self::Asked(frame) => encode("asked", req, frame),
            Self::Requests(frame) => encode("requests", req, frame),
            Self::Presence(frame) => encode("presence", req, frame),
            Self::ReadBy(frame) => encode("read_by", req, frame),
            Self::Floor(frame) => encode("floor", req, frame),
            Self::Done(frame) => encode("done", req, frame),
            Self::Synced(frame) => encode("synced", req, frame),
            Self::History(frame) => encode("history", req, frame),
            Self::Reactions(frame) => encode("reactions", req, frame),
            Self::Error(frame) => encode("error", req, frame),
            Self::Bye(frame) => encode("bye", req, frame),
            Self::Unknown => encode("unknown", req, &Done {}),
        }
    }
}

impl<'a> Frames<'a> for ServerFrame {
    fn read<D: Deserializer<'a>>(kind: &str, fields: D) -> Result<Result<Self, Refusal>, D::Error> {
        Ok(Ok(match kind {
            "welcome" => Self::Welcome(Welcome::deserialize(fields)?),
            "pong" => Self::Pong(Pong::deserialize(fields)?),
            "sent" => Self::Sent(Sent::deserialize(fields)?),
            "entry" => Self::Entry(Entry::deserialize(fields)?),
            "receipt" => Self::Receipt(Receipt::deserialize(fields)?),
            "profiles" => Self::Profiles(Profiles::deserialize(fields)?),
            "blocked" => Self::Blocked(Blocked::deserialize(fields)?),
            "reacted" => Self::Reacted(Reacted::deserialize(fields)?),
            "typing" => Self::Typing(Typists::deserialize(fields)?),
            "view" => Self::View(Viewed::deserialize(fields)?),
            "asked" => Self::Asked(Asked::deserialize(fields)?),
            "requests" => Self::Requests(Requests::deserialize(fields)?),
            "presence" => Self::Presence(Presence::deserialize(fields)?),
            "read_by" => Self::ReadBy(ReadByCounts::deserialize(fields)?),
            "floor" => Self::Floor(Floor::deserialize(fields)?),
            "done" => Self::Done(Done::deserialize(fields)?),
            "synced" => Self::Synced(Synced::deserialize(fields)?),
            "history" => Self::History(HistoryPage::deserialize(fields)?),
            "reactions" => Self::Reactions(ReactionsPage::deserialize(fields)?),
            "error" => Self::Error(Failure::deserialize(fields)?),
            "bye" => Self::Bye(Bye::deserialize(fields)?),
            _ => {
                IgnoredAny::deserialize(fields)?;
                Self::Unknown
            }
        }))
    }
}
