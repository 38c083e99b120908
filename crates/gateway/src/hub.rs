//! Delivers to the connections of this node.
//!
//! dispatch or bus → **hub** → outbox → socket, and to many members → lane → outbox
//!
//! Owns: the life of a registration.
//! Promises: never waits on a socket; the order of calls for a conversation is the order in each outbox.
//! Not here: who may read a conversation (the recipients come with the notice).

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hongyan_bus::{Bus, Event, Notice};
use hongyan_protocol::{CloseCode, ConversationId, Millis, SessionId, UserId};
use hongyan_service::{Caller, ConnectionId, Sink};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use tungstenite::Utf8Bytes;

use crate::here::Here;
use crate::lane::{Lane, Push};
use crate::limits::{CONNECTIONS_PER_USER, ENDED_SESSIONS, RETRY_CONNECTION_LIMIT};
use crate::nudges::Nudges;
use crate::outbox::{Ending, Outbox, Part};

/// The connections of this node: see the [module](self).
pub struct Hub {
    here: Arc<Here>,
    lane: Arc<Lane>,
    ended: Mutex<VecDeque<SessionId>>,
    bus: Arc<dyn Bus>,
    /// Connections that ever were.
    registered: AtomicU64,
    emptied: Notify,
    nudges: Arc<Nudges>,
    closing: Mutex<Option<Spread>>,
    started: Instant,
}

/// How clients are told to come back when this node goes down: each a little later than the last.
#[derive(Clone, Copy)]
struct Spread {
    over: Duration,
    seed: u64,
}

/// A connection's place in the hub, given back when dropped.
pub struct Registration {
    hub: Arc<Hub>,
    user: UserId,
    outbox: Arc<Outbox>,
    /// When, in milliseconds of the hub's.
    opened: u64,
}

impl Hub {
    /// A hub without connections, on this node's end of the bus. To be called within a runtime.
    pub fn new(bus: Arc<dyn Bus>) -> Arc<Self> {
        let here = Arc::new(Here::new());
        Arc::new(Self {
            lane: Lane::start(Arc::clone(&here)),
            here,
            ended: Mutex::default(),
            bus,
            registered: AtomicU64::new(0),
            emptied: Notify::new(),
            nudges: Nudges::start(),
            closing: Mutex::default(),
            started: Instant::now(),
        })
    }

    /// Connections that said `hello` and are not gone.
    pub fn connections(&self) -> usize {
        self.here.connections()
    }

    /// From here on the connection gets every push for the caller.
    pub(crate) fn register(self: &Arc<Self>, caller: &Caller) -> Registration {
        let registration =
            self.register_apart(caller.user(), caller.session(), caller.expires_at());
        registration.take_part();
        registration
    }

    /// From here on the connection hears when it is to end, and of nothing else. It counts among nobody's
    /// until it [takes part](Registration::take_part).
    pub(crate) fn register_apart(
        self: &Arc<Self>,
        user: UserId,
        session: SessionId,
        expires_at: Millis,
    ) -> Registration {
        let connection = ConnectionId::after(self.registered.fetch_add(1, Ordering::Relaxed));
        let opened = self.elapsed();
        let outbox = Outbox::new(session, connection, expires_at, opened);
        let outbox = Arc::new(outbox);
        self.here.count_in();
        {
            let mut shard = self.here.shard(user);
            let no_end_before = if shard.users.is_empty() {
                u64::MAX
            } else {
                shard.no_end_before
            };
            shard.no_end_before = no_end_before.min(expires_at.get());
            let mine = shard.users.entry(user).or_default();
            if mine.is_empty() {
                self.bus.user_online(user);
            }
            mine.push(Arc::clone(&outbox));
        }
        self.end_if_too_late(&outbox);
        Registration {
            hub: Arc::clone(self),
            user,
            outbox,
            opened,
        }
    }

    /// Tells every connection, and every one that still comes, that this node goes down and when to
    /// come back: evenly over a time, in an order that `seed` shuffles.
    pub fn say_bye(&self, over: Duration, seed: u64) {
        let spread = Spread { over, seed };
        *self.closing.lock() = Some(spread);
        for shard in self.here.shards() {
            for outbox in shard.users.values().flatten() {
                outbox.end(spread.ending(outbox.session()));
            }
        }
    }

    /// Closes the connections whose sessions have ended by themselves.
    pub(crate) fn end_expired(&self, now: Millis) {
        for mut shard in self.here.shards() {
            if now.get() < shard.no_end_before {
                continue;
            }
            let mut next = u64::MAX;
            for outbox in shard.users.values().flatten() {
                if outbox.expires_at() <= now {
                    outbox.end(Ending::Now(CloseCode::Unauthenticated));
                } else {
                    next = next.min(outbox.expires_at().get());
                }
            }
            shard.no_end_before = next;
        }
    }

    /// Milliseconds since the hub was made: the time in which it compares who was heard of last.
    fn elapsed(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Returns when the last connection is gone.
    pub async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.connections() == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// A session may have ended, or this node begun to go down, between authentication and here.
    fn end_if_too_late(&self, outbox: &Outbox) {
        if self.ended.lock().contains(&outbox.session()) {
            outbox.end(Ending::Now(CloseCode::SessionRevoked));
        }
        let closing = *self.closing.lock();
        if let Some(spread) = closing {
            outbox.end(spread.ending(outbox.session()));
        }
    }

    fn end_sessions(&self, users: &[UserId], sessions: &[SessionId]) {
        {
            let mut ended = self.ended.lock();
            ended.extend(sessions);
            let excess = ended.len().saturating_sub(ENDED_SESSIONS);
            ended.drain(..excess);
        }
        self.here.for_each(users, |outbox| {
            if sessions.contains(&outbox.session()) {
                outbox.end(Ending::Now(CloseCode::SessionRevoked));
            }
        });
    }

    fn put_live(&self, outbox: &Arc<Outbox>, frame: &Utf8Bytes) {
        if outbox.hears() && outbox.put_live(frame.clone()) {
            self.nudges.owe(outbox);
        }
    }
}

impl Sink for Hub {
    fn deliver(&self, notice: &Notice, except: Option<ConnectionId>) {
        match &notice.event {
            Event::Entry {
                conv,
                seq,
                target,
                frame,
            } => {
                let Some(frame) = as_text(frame) else { return };
                self.lane.push(Push {
                    recipients: Arc::clone(&notice.recipients),
                    except,
                    conv: *conv,
                    seq: *seq,
                    target: *target,
                    frame,
                });
            }
            Event::Droppable { frame } => {
                let Some(frame) = as_text(frame) else { return };
                self.here.for_each(&notice.recipients, |outbox| {
                    let hears = outbox.hears() && except != Some(outbox.connection());
                    if hears && outbox.put_droppable(frame.clone()) {
                        self.nudges.owe(outbox);
                    }
                });
            }
            Event::Live { frame } => {
                let Some(frame) = as_text(frame) else { return };
                self.here
                    .for_each(&notice.recipients, |outbox| self.put_live(outbox, &frame));
            }
            Event::SessionsEnded(sessions) => self.end_sessions(&notice.recipients, sessions),
        }
    }

    fn before_answer(&self, conv: ConversationId, user: UserId, connection: ConnectionId) {
        self.lane.catch_up(conv, user, connection);
    }

    fn tell(&self, watchers: &[(UserId, ConnectionId)], frame: &bytes::Bytes) {
        let Some(frame) = as_text(frame) else { return };
        for (user, connection) in watchers {
            let shard = self.here.shard(*user);
            let mut mine = shard.users.get(user).into_iter().flatten();
            if let Some(outbox) = mine.find(|outbox| outbox.connection() == *connection) {
                self.put_live(outbox, &frame);
            }
        }
    }

    fn connected_sessions(&self, user: UserId) -> Vec<SessionId> {
        let shard = self.here.shard(user);
        let mine = shard.users.get(&user).into_iter().flatten();
        mine.map(|outbox| outbox.session()).collect()
    }
}

/// Makes room for another connection: the one that was silent for longest goes, and may come back later.
fn end_idlest(mine: &[Arc<Outbox>]) {
    let counted = mine.iter().filter(|outbox| outbox.counts());
    if let Some(idlest) = counted.min_by_key(|outbox| outbox.heard()) {
        let retry_after_ms = u64::try_from(RETRY_CONNECTION_LIMIT.as_millis()).unwrap_or(u64::MAX);
        idlest.set_part(Part::Apart);
        idlest.end(Ending::Bye {
            code: CloseCode::ConnectionLimit,
            retry_after_ms,
        });
    }
}

impl Registration {
    /// Notes a sign of life of the client's, so many milliseconds after the registration.
    pub fn hear(&self, after_ms: u64) {
        self.outbox.hear(self.opened.saturating_add(after_ms));
    }

    /// What waits for this connection.
    pub fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// From here on the connection gets every push for its user, and counts among the user's.
    pub fn take_part(&self) {
        let shard = self.hub.here.shard(self.user);
        if let Some(mine) = shard.users.get(&self.user)
            && !self.outbox.counts()
            && mine.iter().filter(|one| one.counts()).count() >= CONNECTIONS_PER_USER
        {
            end_idlest(mine);
        }
        self.outbox.set_part(Part::Full);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut shard = self.hub.here.shard(self.user);
        if let Some(mine) = shard.users.get_mut(&self.user) {
            mine.retain(|outbox| !Arc::ptr_eq(outbox, &self.outbox));
            if mine.is_empty() {
                shard.users.remove(&self.user);
                self.hub.bus.user_offline(self.user);
            }
        }
        drop(shard);
        if self.hub.here.count_out() {
            self.hub.emptied.notify_waiters();
        }
    }
}

impl Spread {
    /// A time for this session, evenly spread: multiplication by a large odd number shuffles ids.
    fn ending(self, session: SessionId) -> Ending {
        let shuffled = (session.get() ^ self.seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let over = u128::from(u64::try_from(self.over.as_millis()).unwrap_or(u64::MAX));
        let retry_after_ms = u64::try_from((over * u128::from(shuffled)) >> 64).unwrap_or_default();
        Ending::Bye {
            code: CloseCode::Shutdown,
            retry_after_ms,
        }
    }
}

/// Checks once, for all recipients, that the bytes are text.
fn as_text(frame: &bytes::Bytes) -> Option<Utf8Bytes> {
    Utf8Bytes::try_from(frame.clone())
        .inspect_err(|error| tracing::error!(%error, "a push that is not text"))
        .ok()
}

#[cfg(test)]
mod tests {
    use hongyan_bus::MemoryBus;
    use hongyan_protocol::Seq;

    use super::*;

    fn user(number: u64) -> UserId {
        UserId::new(1000 + number).unwrap()
    }

    fn entry(recipients: impl IntoIterator<Item = u64>) -> Notice {
        Notice {
            recipients: recipients.into_iter().map(user).collect(),
            event: Event::Entry {
                conv: ConversationId::new(1).unwrap(),
                seq: Seq::new(1).unwrap(),
                target: None,
                frame: bytes::Bytes::from_static(b"{}"),
            },
        }
    }

    /// Of many members few are here, or of few members many others: each who is meant gets it once.
    #[tokio::test]
    async fn a_push_reaches_those_members_who_are_here() {
        let hub = Hub::new(Arc::new(MemoryBus::alone()));
        let here: Vec<_> = (0..40)
            .map(|number| {
                let session = SessionId::new(number + 1).unwrap();
                let end = Millis::new(u64::from(u32::MAX)).unwrap();
                let place = hub.register_apart(user(number * 3), session, end);
                place.take_part();
                place
            })
            .collect();
        let large = (0..100_000).filter(|number| number % 2 == 0);
        for (notice, is_meant) in [
            (entry(large), (|number| number % 2 == 0) as fn(u64) -> bool),
            (entry([0, 3, 4, 117]), |number| {
                [0, 3, 117].contains(&number)
            }),
            (entry([]), |_| false),
        ] {
            hub.deliver(&notice, None);
            for (number, place) in (0..).zip(&here) {
                let mut items = VecDeque::new();
                place.outbox().take(&mut items);
                let expected = usize::from(is_meant(number * 3));
                assert_eq!(items.len(), expected, "user {}", number * 3);
            }
        }
        let except = here[2].outbox().connection();
        hub.deliver(&entry(0..100_000), Some(except));
        let mut items = VecDeque::new();
        here[2].outbox().take(&mut items);
        assert!(items.is_empty(), "it has its answer");
    }
}
