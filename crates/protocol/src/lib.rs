//! The wire: every frame, id, code and limit that two sides of a connection must agree on.
//!
//! Owns: the JSON of the native protocol (`hongyan.v1.json`), the numbers both sides obey, and
//! the arithmetic of the smart heartbeat.
//! Promises: no input makes a decoder panic, recurse without bound, or allocate more than a few
//! times the frame's size.
//! Not here: sockets, SQL, tokio, and what a message may do (`service`).
//!
//! `docs/PROTOCOL.md` describes the same for people who write a client in another language.

mod append;
mod client_frame;
mod code;
mod entry;
mod envelope;
mod group;
pub mod heartbeat;
mod ids;
mod joining;
mod json;
pub mod limits;
mod live;
mod reaction;
mod request;
mod server_frame;
mod value;
mod view;

pub use append::{Edit, Recall, Send, Target};
pub use client_frame::{ClientFrame, DecodeError};
pub use code::{CloseCode, ErrorCode};
pub use entry::{Body, Entry, EntryKind};
pub use envelope::read_object;
pub use group::{
    AddMembers, Ban, GroupEvent, GroupMember, GroupView, Mute, Muted, NewGroup, Pin, Role,
    SetGroup, SetRole, Who, Window,
};
pub use ids::{ClientId, ConversationId, EntryId, InvalidId, Millis, Seq, SessionId, UserId};
pub use joining::{
    Approve, Asked, Door, GroupOutside, JoinRequest, Joiner, Link, NewLink, Requests, Standing,
};
pub use json::escaped_bytes;
pub use live::{
    AskPresence, AskReadBy, LastSeen, Presence, PresenceState, ReadByCount, ReadByCounts, Typing,
    Typists, UserPresence, Watch,
};
pub use reaction::{
    MessageReactions, React, Reacted, Reaction, ReactionChange, Reactions, ReactionsPage,
};
pub use request::{Ack, Hello, History, Ping, Read, Sync};
pub use server_frame::{
    AdvertisedLimits, Blocked, Bye, ConversationKind, ConversationView, Done, Failure, Floor,
    HeartbeatPlan, HistoryPage, Listed, MemberPosition, MentionsPage, Pong, Position, Profiles,
    Receipt, Sent, ServerFrame, Synced, UserProfile, Welcome,
};
pub use value::page_limit;
pub use view::{Draft, SetDraft, SetView, View, ViewChange, Viewed};

/// The WebSocket subprotocol that names this wire format.
pub const SUBPROTOCOL: &str = "hongyan.v1.json";

/// The path of the native WebSocket endpoint.
pub const WEBSOCKET_PATH: &str = "/v1/ws";
