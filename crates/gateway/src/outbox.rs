//! The frames that wait to be written to one connection.
//!
//! hub, dispatcher → **outbox** → the task that owns the socket
//!
//! Promises: putting a frame in never waits. When a connection cannot keep up, the outbox keeps only the numbers of
//! its entries, and the task reads the entries from the log. So a slow connection never makes another wait, and its
//! memory is bounded.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use hongyan_protocol::{CloseCode, ConversationId, Millis, Seq, SessionId};
use hongyan_service::ConnectionId;
use tungstenite::Utf8Bytes;

use crate::limits::{LIVE_ITEMS, LIVE_PART, OUTBOX_BYTES, OUTBOX_MISSED, OUTBOX_PUSHES};
use crate::sync::{AtomicU8, AtomicU64, Mutex, MutexGuard, Ordering};

/// Something to be written.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    /// A committed entry; the delivery machine decides when.
    Entry {
        /// The conversation.
        conv: ConversationId,
        /// The position.
        seq: Seq,
        /// The message whose text it removes, where it is an edit or a recall.
        target: Option<Seq>,
        /// The encoded push.
        frame: Utf8Bytes,
    },
    /// Committed entries for which there was no room, from the first to the last.
    Missed {
        /// The conversation.
        conv: ConversationId,
        /// The first.
        first: Seq,
        /// The last.
        last: Seq,
    },
    /// Among them was one that replaced or recalled a message.
    Removed {
        /// The conversation.
        conv: ConversationId,
        /// The message.
        target: Seq,
        /// What replaced or recalled it.
        by: Seq,
    },
    /// The answer to a request; `None` where the answer is silence. As many as requests in flight.
    Answer(Option<Utf8Bytes>),
    /// The answer to a request that appended an entry, and the push of that entry: one frame for both.
    Appended {
        /// The conversation.
        conv: ConversationId,
        /// The position.
        seq: Seq,
        /// The message whose text it removes, where it is an edit or a recall.
        target: Option<Seq>,
        /// The encoded answer.
        frame: Utf8Bytes,
    },
    /// Something that may be dropped, such as a receipt.
    Droppable(Utf8Bytes),
}

/// How a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// At once.
    Now(CloseCode),
    /// After a `bye` that says when to come back.
    Bye {
        /// Why.
        code: CloseCode,
        /// When, in milliseconds.
        retry_after_ms: u64,
    },
}

/// What a connection has to do with its user's deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Part {
    /// It gets them, and counts among the user's connections.
    Full,
    /// It hears of them, but another connection of the same page has taken over: it does not count.
    StoodBack,
    /// It only hears of its end.
    Apart,
}

/// What waits to be written to one connection: see the [module](self).
pub struct Outbox {
    session: SessionId,
    connection: ConnectionId,
    /// When the session ends by itself.
    expires_at: Millis,
    /// When the client was last heard of, in milliseconds of the hub's.
    heard: AtomicU64,
    /// A [`Part`].
    part: AtomicU8,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    items: VecDeque<Item>,
    bytes: usize,
    /// What had no room. A conversation that is here goes on here: an entry behind it that had room would hide it.
    missed: Option<Box<Missed>>,
    ending: Option<Ending>,
    /// Something came, since the last [`take`](Outbox::take), that is not to wait.
    has_news: bool,
    /// The task that owns the socket, when it waits for news.
    waker: Option<Waker>,
    /// Somebody will [`nudge`](Outbox::nudge) for what is droppable.
    nudge_is_coming: bool,
}

/// What had no room.
#[derive(Default)]
struct Missed {
    /// The first and the last entry of each conversation.
    entries: BTreeMap<ConversationId, (Seq, Seq)>,
    /// What they remove.
    removals: Vec<(ConversationId, Seq, Seq)>,
}

impl Outbox {
    /// A new connection's, of a client that is heard of at `heard`. It stands apart.
    pub(crate) fn new(
        session: SessionId,
        connection: ConnectionId,
        expires_at: Millis,
        heard: u64,
    ) -> Self {
        Self {
            session,
            connection,
            expires_at,
            heard: AtomicU64::new(heard),
            part: AtomicU8::new(Part::Apart as u8),
            queue: Mutex::default(),
        }
    }

    /// The session that the connection was opened with.
    pub(crate) fn session(&self) -> SessionId {
        self.session
    }

    /// The connection.
    pub(crate) fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// When the session ends by itself.
    pub(crate) fn expires_at(&self) -> Millis {
        self.expires_at
    }

    /// When the client was last heard of.
    pub fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// Notes a sign of life.
    pub(crate) fn hear(&self, now: u64) {
        self.heard.store(now, Ordering::Relaxed);
    }

    /// Whether the connection counts among its user's.
    pub fn counts(&self) -> bool {
        self.part.load(Ordering::Relaxed) == Part::Full as u8
    }

    /// Whether the connection is told of deliveries.
    pub(crate) fn hears(&self) -> bool {
        self.part.load(Ordering::Relaxed) != Part::Apart as u8
    }

    /// From now on it has this part in the deliveries.
    pub fn set_part(&self, part: Part) {
        self.part.store(part as u8, Ordering::Relaxed);
    }

    /// Puts something droppable in, without waking the connection: it goes out with what comes next. Whether
    /// the caller is to [`nudge`](Self::nudge) in a while, in case nothing comes.
    #[must_use]
    pub(crate) fn put_droppable(&self, frame: Utf8Bytes) -> bool {
        self.put_within(frame, usize::MAX, OUTBOX_BYTES / 2)
    }

    /// The same for something of the moment, which is the first to be dropped.
    #[must_use]
    pub(crate) fn put_live(&self, frame: Utf8Bytes) -> bool {
        self.put_within(frame, LIVE_ITEMS, OUTBOX_BYTES / LIVE_PART)
    }

    fn put_within(&self, frame: Utf8Bytes, items: usize, bytes: usize) -> bool {
        let mut queue = self.queue.lock();
        let is_full = queue.items.len() >= items || queue.bytes + frame.len() > bytes;
        if queue.ending.is_some() || is_full {
            return false;
        }
        queue.bytes += frame.len();
        queue.items.push_back(Item::Droppable(frame));
        !std::mem::replace(&mut queue.nudge_is_coming, true)
    }

    /// Wakes the connection, if something waits.
    pub(crate) fn nudge(&self) {
        let mut queue = self.queue.lock();
        queue.nudge_is_coming = false;
        if !queue.items.is_empty() {
            tell(queue);
        }
    }

    /// Puts something in, or notes that there was no room for it.
    pub(crate) fn put(&self, item: Item) {
        let mut queue = self.queue.lock();
        if queue.ending.is_some() {
            return;
        }
        let size = item.bytes();
        if let Item::Entry {
            conv, seq, target, ..
        } = item
            && queue.misses(conv, size)
        {
            queue.miss(conv, seq, target);
            return tell(queue);
        }
        queue.bytes += size;
        queue.items.push_back(item);
        tell(queue);
    }

    /// Ends the connection; the first reason stands.
    pub fn end(&self, ending: Ending) {
        let mut queue = self.queue.lock();
        queue.end(ending);
        tell(queue);
    }

    /// Moves everything that waits into `items`, and tells whether the connection is to end after it.
    pub fn take(&self, items: &mut VecDeque<Item>) -> Option<Ending> {
        let mut queue = self.queue.lock();
        queue.bytes = 0;
        queue.has_news = false;
        std::mem::swap(&mut queue.items, items);
        if let Some(missed) = queue.missed.take() {
            let removals = missed.removals.into_iter();
            items.extend(removals.map(|(conv, target, by)| Item::Removed { conv, target, by }));
            // Behind all that came before it had no room.
            let entries = missed.entries.into_iter();
            items.extend(entries.map(|(conv, (first, last))| Item::Missed { conv, first, last }));
        }
        queue.ending
    }

    /// Returns when something that is not to wait has come since the last [`take`](Self::take). Cancel-safe. For
    /// one task: of several, only the last to ask is woken.
    pub async fn changed(&self) {
        poll_fn(|context| self.poll_changed(context)).await
    }

    /// Returns when the connection is to end, for a task that cannot take anything else. Cancel-safe; for one task.
    pub(crate) async fn ended(&self) -> Ending {
        poll_fn(|context| {
            let mut queue = self.queue.lock();
            if let Some(ending) = queue.ending {
                return Poll::Ready(ending);
            }
            queue.wake_with(context);
            Poll::Pending
        })
        .await
    }

    fn poll_changed(&self, context: &Context<'_>) -> Poll<()> {
        let mut queue = self.queue.lock();
        if queue.has_news {
            return Poll::Ready(());
        }
        queue.wake_with(context);
        Poll::Pending
    }
}

/// Wakes the task that owns the socket, out of the lock.
fn tell(mut queue: MutexGuard<'_, Queue>) {
    queue.has_news = true;
    let waker = queue.waker.take();
    drop(queue);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Queue {
    fn wake_with(&mut self, context: &Context<'_>) {
        match &mut self.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
    }

    /// Whether there is no room for an entry.
    fn misses(&self, conv: ConversationId, bytes: usize) -> bool {
        let is_full = self.bytes + bytes > OUTBOX_BYTES && self.bytes > 0;
        let has_missed = self.missed.as_ref();
        is_full
            || self.items.len() >= OUTBOX_PUSHES
            || has_missed.is_some_and(|missed| missed.entries.contains_key(&conv))
    }

    fn miss(&mut self, conv: ConversationId, seq: Seq, target: Option<Seq>) {
        let missed = self.missed.get_or_insert_default();
        let is_full = missed.entries.len() >= OUTBOX_MISSED && !missed.entries.contains_key(&conv);
        if is_full || missed.removals.len() >= OUTBOX_MISSED {
            return self.end(Ending::Now(CloseCode::SlowReader));
        }
        let (first, last) = missed.entries.entry(conv).or_insert((seq, seq));
        *first = seq.min(*first);
        *last = seq.max(*last);
        missed
            .removals
            .extend(target.map(|target| (conv, target, seq)));
    }

    fn end(&mut self, ending: Ending) {
        if self.ending.is_none() {
            self.ending = Some(ending);
            self.items = VecDeque::new();
            self.missed = None;
            self.bytes = 0;
        }
    }
}

impl Item {
    fn bytes(&self) -> usize {
        match self {
            Self::Entry { frame, .. }
            | Self::Droppable(frame)
            | Self::Answer(Some(frame))
            | Self::Appended { frame, .. } => frame.len(),
            Self::Answer(None) | Self::Missed { .. } | Self::Removed { .. } => 0,
        }
    }
}

/// What is removed by what waits: of a conversation, the message's position and that of the removing entry.
#[derive(Default)]
pub(crate) struct Removals(Vec<(ConversationId, Seq, Seq)>);

impl Removals {
    /// What these items remove.
    pub(crate) fn of<'a>(items: impl IntoIterator<Item = &'a Item>) -> Self {
        let removals = items.into_iter().filter_map(|item| match item {
            Item::Entry {
                conv,
                seq,
                target: Some(target),
                ..
            }
            | Item::Appended {
                conv,
                seq,
                target: Some(target),
                ..
            } => Some((*conv, *target, *seq)),
            Item::Removed { conv, target, by } => Some((*conv, *target, *by)),
            Item::Entry { .. }
            | Item::Missed { .. }
            | Item::Appended { .. }
            | Item::Answer(_)
            | Item::Droppable(_) => None,
        });
        Self(removals.collect())
    }

    /// Whether the text of this entry is among what is removed.
    pub(crate) fn contain(&self, conv: ConversationId, seq: Seq, target: Option<Seq>) -> bool {
        self.0.iter().any(|&(removed_in, removed, by)| {
            removed_in == conv && seq < by && (seq == removed || target == Some(removed))
        })
    }
}
