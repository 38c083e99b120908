//! The rules of messaging: who may do what, and what follows from it.
//!
//! gateway → **service** → store → (commit) → dispatch → sink (the hub of this node) and bus (the others)
//!
//! Owns: the queue in front of the store and its group commit, the order *durable, then answered,
//! then published*, accounts and tokens, coalesced delivered positions.
//! Promises: no call waits on a socket; every call takes a [`Caller`], which only authentication makes.
//! Not here: sockets, SQL, and what a particular connection was already pushed (`delivery`).

mod accounts;
mod blocks;
mod committer;
mod direct;
mod dispatch;
mod emoji;
mod error;
mod flood;
mod groups;
mod guessing;
mod health;
mod joining;
mod large;
pub mod limits;
mod live;
mod mentions;
mod messaging;
mod names;
mod operator;
mod order;
mod password;
mod people;
mod positions;
mod reactions;
mod reading;
mod renames;
mod retention;
mod seldom;
mod sight;
mod system;
mod throttle;
mod token;
mod turns;
mod views;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hongyan_bus::{Bus, Notice};
use hongyan_protocol::{ConversationId, SessionId, UserId};
use hongyan_store::{Retention, Store};

pub use accounts::{Caller, ChangePassword, ConnectionId, Login, SignedIn};
pub use blocks::BlockedPage;
pub use direct::{
    Contact, Contacts, DirectEntry, DirectMessage, DirectPage, OldestEntries, Undelivered,
};
pub use error::ServiceError;
pub use groups::MembersPage;
pub use joining::{JoinersPage, LinksPage, RequestsPage};
pub use live::{Attention, ReadersPage, SetPrivacy};
pub use operator::{AddUser, Operator};
pub use order::{BansPage, MutesPage};
pub use people::FoundPeople;
pub use reactions::ReactorsPage;
pub use reading::{Push, PushPage};
pub use seldom::{SELDOM, Seldom};
pub use system::{Clock, Entropy, SystemClock, SystemEntropy};
pub use throttle::limited_as;
pub use token::{DeviceSecret, Token};

/// Takes the answer to a request that waits for a commit. Called once, from the dispatcher: it
/// must not block.
pub type Reply<T> = Box<dyn FnOnce(Result<T, ServiceError>) + Send>;

/// Takes what is to be pushed to the connections of this node: the gateway's hub.
///
/// Called from the dispatcher, in commit order. It must not block: a connection that cannot take
/// more is the hub's to close.
pub trait Sink: Send + Sync + 'static {
    /// Pushes to every connection of every recipient, but not to the one that asked for it and has its
    /// answer.
    fn deliver(&self, notice: &Notice, except: Option<ConnectionId>);

    /// The connection of this user is about to get the answer to what it appended to this conversation: what was
    /// delivered there before goes to it first.
    fn before_answer(&self, conv: ConversationId, user: UserId, connection: ConnectionId);

    /// Pushes something of the moment to these connections of these users. Where one has little room, it gets nothing.
    fn tell(&self, watchers: &[(UserId, ConnectionId)], frame: &Bytes);

    /// The sessions of this user that have a connection.
    fn connected_sessions(&self, user: UserId) -> Vec<SessionId>;
}

/// The rules that a deployment may set.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// How long after it was sent a message may be edited.
    pub edit_window: Duration,
    /// How long after it was sent a message may be recalled.
    pub recall_window: Duration,
    /// How long a session lasts.
    pub session_lifetime: Duration,
    /// Whether everybody sees everybody's login name.
    pub show_logins: bool,
    /// How much of any log is kept. A group may keep less of its own.
    pub keep: Retention,
    /// From the end of one walk over all conversations, for what is not to be kept, to the next. At least a second.
    pub keep_looks_every: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 60 * 60);
        Self {
            edit_window: day,
            recall_window: day,
            session_lifetime: 90 * day,
            show_logins: false,
            keep: Retention::default(),
            keep_looks_every: Duration::from_secs(60 * 60),
        }
    }
}

/// What a [`Service`] is built on.
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The way to other nodes.
    pub bus: Arc<dyn Bus>,
    /// The way to this node's connections.
    pub sink: Arc<dyn Sink>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub entropy: Arc<dyn Entropy>,
    /// The deployment's rules.
    pub rules: Rules,
}

/// The rules, at work. One a node.
pub struct Service {
    store: Arc<dyn Store>,
    bus: Arc<dyn Bus>,
    sink: Arc<dyn Sink>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    rules: Rules,
    committer: committer::Committer,
    positions: Arc<positions::Positions>,
    renames: Arc<renames::Renames>,
    large: Arc<large::Large>,
    flood: Arc<flood::Flood>,
    live: Arc<live::Live>,
    passwords: password::Passwords,
    guesses: guessing::Guesses,
    health: health::Health,
}

impl Service {
    /// Starts the group commit, the dispatcher, the position flusher, the tellers of new names and of what is live, and what
    /// takes away what is not to be kept, on the current runtime. Who starts it may administer it.
    pub fn start(parts: Parts) -> (Arc<Self>, Operator) {
        let pending = Arc::default();
        let large = Arc::default();
        let flood = Arc::new(flood::Flood::new());
        let live = live::Live::start(
            Arc::clone(&parts.store),
            Arc::clone(&parts.sink),
            Arc::clone(&parts.bus),
            Arc::clone(&parts.clock),
        );
        if let Some(inbox) = parts.bus.take_inbox() {
            tokio::spawn(live::hear(Arc::downgrade(&live), inbox));
        }
        let dispatcher = dispatch::Dispatcher::new(
            Arc::clone(&parts.sink),
            Arc::clone(&parts.bus),
            Arc::clone(&pending),
            Arc::clone(&large),
            Arc::clone(&flood),
            reactions::Gathered::start(
                Arc::clone(&parts.sink),
                Arc::clone(&parts.bus),
                Arc::clone(&live) as _,
            ),
            Arc::clone(&live) as _,
        );
        let committer = committer::Committer::start(Arc::clone(&parts.store), dispatcher);
        let positions = positions::Positions::start(committer.queue(), pending);
        let renames = renames::Renames::start(
            Arc::clone(&parts.store),
            Arc::clone(&parts.sink),
            Arc::clone(&parts.bus),
            parts.rules.show_logins,
        );
        retention::start(&parts);
        let service = Arc::new(Self {
            store: parts.store,
            bus: parts.bus,
            sink: parts.sink,
            clock: parts.clock,
            entropy: parts.entropy,
            rules: parts.rules,
            committer,
            positions,
            renames,
            large,
            flood,
            live,
            passwords: password::Passwords::new(),
            guesses: guessing::Guesses::new(),
            health: health::Health::default(),
        });
        (service, Operator::of_a_service_that_starts())
    }

    /// The name of the history that this server has: see [`Maintenance::epoch`](hongyan_store::Maintenance::epoch).
    pub fn epoch(&self) -> &str {
        self.store.epoch()
    }

    /// The wall clock.
    pub fn now(&self) -> hongyan_protocol::Millis {
        self.clock.now()
    }

    /// Whether a message could be made durable, now or within the last [`limits::HEALTH_AGE`].
    pub async fn check_health(&self) -> Result<(), ServiceError> {
        self.health.check(&*self.store).await
    }

    /// Whether a part of what is stored could not be read.
    pub fn is_damaged(&self) -> bool {
        !self.store.damaged().is_empty()
    }

    /// Stops taking writes, commits and publishes what was taken, and returns when that is done.
    pub async fn shutdown(&self, _operator: &Operator) {
        self.positions.flush();
        self.committer.stop().await;
    }
}
