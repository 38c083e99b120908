//! Notices between the nodes of a cluster.
//!
//! dispatch → **bus** → the hubs of other nodes
//!
//! Owns: which node has which user online, and which conversation somebody looks at there, as far as routing needs it;
//! and what each node shows of who is there.
//! Promises: publishing never blocks and never fails; a notice goes once to each *other* node
//! that has a recipient online, so no node reads what does not concern it.
//! Not here: durability. A notice is a hint; whatever the bus loses, a gap in `seq` or the next
//! sync finds.

#[cfg(feature = "contract")]
pub mod contract;
mod memory;

use std::sync::Arc;

use bytes::Bytes;
use hongyan_protocol::{ConversationId, PresenceState, Seq, SessionId, UserId};
use tokio::sync::mpsc;

pub use memory::{MemoryBus, MemoryNetwork};

/// Notices that a node may have waiting. Overflow policy: the newest is dropped and counted as
/// lost; the node is told once that something was.
pub const INBOX_NOTICES: usize = 16 * 1024;

/// What happened, as other nodes need to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An entry was committed. The frame is what every recipient gets.
    Entry {
        /// The conversation.
        conv: ConversationId,
        /// The entry's position.
        seq: Seq,
        /// The message whose text it removes, where it is an edit or a recall.
        target: Option<Seq>,
        /// The encoded push.
        frame: Bytes,
    },
    /// Something droppable, such as a receipt.
    Droppable {
        /// The encoded push.
        frame: Bytes,
    },
    /// Something of the moment, such as that somebody is writing: where there is little room, it is the first to go.
    Live {
        /// The encoded push.
        frame: Bytes,
    },
    /// These sessions ended: their connections are to be closed.
    SessionsEnded(Arc<[SessionId]>),
}

/// An event and whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The users, ascending.
    pub recipients: Arc<[UserId]>,
    /// The event.
    pub event: Event,
}

/// What happened in a conversation that matters only where somebody looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// The conversation.
    pub conv: ConversationId,
    /// What happened.
    pub event: LiveEvent,
}

/// See [`Live`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveEvent {
    /// A member is writing something, and may.
    Typing(UserId),
    /// A member is not writing any more: it is said.
    Said(UserId),
    /// These are members since this entry.
    In(Arc<[UserId]>, Seq),
    /// A member has read up to here.
    Read(UserId, Seq),
    /// Reactions changed. Of those who look, these users are told, who ascend; it may be dropped.
    Reacted {
        /// The users.
        recipients: Arc<[UserId]>,
        /// The encoded push.
        frame: Bytes,
    },
    /// These are members no more.
    Out(Arc<[UserId]>),
    /// There are no members any more.
    Ended,
}

/// What a node reads from the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// A notice of another node.
    Notice(Notice),
    /// What happened in a conversation that somebody looks at here.
    Live(Live),
    /// Other nodes show something else of this user now: see [`Bus::announced`].
    Presence(UserId),
    /// This user, who has a connection here, has other settings.
    Settings(UserId),
    /// Notices were lost: an overflow, or a break of the connection to the bus.
    Lost,
}

/// One node's end of the bus.
pub trait Bus: Send + Sync + 'static {
    /// Says that `user` now has a connection on this node. Idempotent.
    fn user_online(&self, user: UserId);

    /// Says that `user` has no connection on this node any more. Idempotent.
    fn user_offline(&self, user: UserId);

    /// Sends a notice to every other node that has one of the recipients online.
    fn publish(&self, notice: Notice);

    /// Says that somebody on this node looks at the conversation now. Idempotent.
    fn watched(&self, conv: ConversationId);

    /// Says that nobody on this node looks at the conversation any more. Idempotent.
    fn unwatched(&self, conv: ConversationId);

    /// Sends this to every other node on which somebody looks at the conversation.
    fn publish_live(&self, live: Live);

    /// Says what this node shows of a user: it is known on the other nodes for as long as this one is there.
    fn announce(&self, user: UserId, state: PresenceState);

    /// The most that other nodes show of a user.
    fn announced(&self, user: UserId) -> PresenceState;

    /// Tells every other node on which this user is online that there are other settings.
    fn publish_settings(&self, user: UserId);

    /// The notices of other nodes. Can be taken once; later calls answer `None`.
    fn take_inbox(&self) -> Option<mpsc::Receiver<Received>>;
}
