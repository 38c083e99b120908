//! What is told only to those who look at a conversation, and kept nowhere.
//!
//! client → hint → **live** → (once a second) sink (this node) and bus (the others)
//!
//! Owns: which connection looks at what, who is writing.
//! Promises: bounded, and never in the way of an entry: a hint that finds no room is dropped, watchers are told in slices,
//! and the committer and the dispatcher wait for nothing here. Whoever was put out of a conversation hears nothing after the
//! entry that says so: a connection counts before its membership is looked up, and the dispatcher takes it off
//! before it pushes that entry.
//! Not here: what may be dropped when (`gateway::outbox`).

mod typing;
mod watchers;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use hongyan_bus::{Bus, Event as Happened, Live as Hint, LiveEvent, Notice, Received};
use hongyan_protocol::{ConversationId, ServerFrame, Typing, Typists, UserId, Watch};
use hongyan_store::{Append, Appended, ConversationKind, Event, ReadError, Store};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

use crate::dispatch::Follower;
use crate::limits::{LIVE_HINTS, LIVE_SLICE};
use crate::{Caller, ConnectionId, Service, ServiceError, Sink, sight};
use typing::{Audience, Writers};
use watchers::{Turned, Watchers};

/// What is live on this node: see the [module](self).
pub(crate) struct Live {
    store: Arc<dyn Store>,
    sink: Arc<dyn Sink>,
    bus: Arc<dyn Bus>,
    state: Mutex<State>,
    /// Whether there is anything in it. While there is not, nobody waits for the lock.
    is_idle: AtomicBool,
    asked: mpsc::Sender<Asked>,
    wake: Arc<Notify>,
}

#[derive(Default)]
struct State {
    watchers: Watchers,
    writers: Writers,
}

/// What the task is to look at.
enum Asked {
    /// Somebody says to be writing.
    Typing(ConversationId, UserId),
    /// Somebody has said it.
    Said(ConversationId, UserId),
}

impl Live {
    /// Starts the task that tells. It ends with them.
    pub(crate) fn start(
        store: Arc<dyn Store>,
        sink: Arc<dyn Sink>,
        bus: Arc<dyn Bus>,
    ) -> Arc<Self> {
        let (asked, hints) = mpsc::channel(LIVE_HINTS);
        let wake = Arc::new(Notify::new());
        let live = Arc::new(Self {
            store,
            sink,
            bus,
            state: Mutex::default(),
            is_idle: AtomicBool::new(true),
            asked,
            wake: Arc::clone(&wake),
        });
        tokio::spawn(run(Arc::downgrade(&live), hints, wake));
        live
    }

    /// The connection looks at this conversation from here on, once its user is known to be a member.
    async fn watch(
        &self,
        user: UserId,
        connection: ConnectionId,
        conv: ConversationId,
    ) -> Result<(), ServiceError> {
        // Before the store is asked: who is put out from here on is taken off by the dispatcher.
        self.change(|state| state.watchers.begin(connection, user, conv));
        let found = self.store.conversation(user, conv).await;
        let mut is_member = false;
        if found.is_ok() {
            self.change(|state| {
                is_member = state.watchers.confirm(connection, conv);
                state.writers.tell_again(conv, Instant::now());
                Turned::default()
            });
            self.wake.notify_one();
        } else {
            self.end(connection);
        }
        found?;
        is_member
            .then_some(())
            .ok_or(ServiceError::ConversationNotFound)
    }

    /// The connection looks at nothing any more.
    pub(crate) fn end(&self, connection: ConnectionId) {
        if self.is_idle.load(Ordering::Relaxed) {
            return;
        }
        self.change(|state| Turned {
            watched: None,
            unwatched: state.watchers.end(connection),
        });
    }

    fn changed(&self, conv: ConversationId, from: UserId, event: &Event) {
        match event {
            Event::Removed(users) => self.out(conv, LiveEvent::Out(users.as_slice().into())),
            Event::Left => self.out(conv, LiveEvent::Out(Arc::new([from]))),
            Event::Disbanded => self.out(conv, LiveEvent::Ended),
            Event::Created { .. } | Event::Added(_) | Event::Role(..) | Event::Set(_) => {}
        }
    }

    fn out(&self, conv: ConversationId, event: LiveEvent) {
        self.take_out(conv, &event);
        self.bus.publish_live(Hint { conv, event });
    }

    fn take_out(&self, conv: ConversationId, event: &LiveEvent) {
        let users = match event {
            LiveEvent::Out(users) => Some(&**users),
            LiveEvent::Ended => None,
            LiveEvent::Typing(_) | LiveEvent::Said(_) => return,
        };
        // Without a look whether anybody is there: an old answer would be a wrong one.
        self.change(|state| {
            let now = Instant::now();
            for user in users.unwrap_or_default() {
                state.writers.stop(conv, *user, now);
            }
            Turned {
                watched: None,
                unwatched: state.watchers.out(conv, users),
            }
        });
        self.wake.notify_one();
    }

    /// Who has said it is not writing it any more.
    fn said(&self, conv: ConversationId, user: UserId) {
        if self.is_idle.load(Ordering::Relaxed) {
            return;
        }
        // Where there is no room, the clients know by the entry.
        let _ = self.asked.try_send(Asked::Said(conv, user));
    }

    /// Changes what is kept, and lets the other nodes know which conversations are looked at here since.
    fn change(&self, change: impl FnOnce(&mut State) -> Turned) {
        let mut state = self.state.lock();
        let Turned { watched, unwatched } = change(&mut state);
        if let Some(conv) = unwatched {
            self.bus.unwatched(conv);
            state.writers.forget(conv);
        }
        if let Some(conv) = watched {
            self.bus.watched(conv);
        }
        let is_idle = state.watchers.is_empty() && state.writers.is_empty();
        self.is_idle.store(is_idle, Ordering::Relaxed);
    }

    async fn look_at(&self, asked: Asked) {
        match asked {
            Asked::Typing(conv, user) => self.begins(conv, user).await,
            Asked::Said(conv, user) => {
                let event = LiveEvent::Said(user);
                let hint = Hint { conv, event };
                self.heard(&hint);
                self.bus.publish_live(hint);
            }
        }
    }

    /// Somebody says to be writing: those who look are told, where it may be.
    async fn begins(&self, conv: ConversationId, user: UserId) {
        if self
            .state
            .lock()
            .writers
            .is_fresh(conv, user, Instant::now())
        {
            return;
        }
        let conversation = match self.store.conversation(user, conv).await {
            Ok(conversation) if sight::may_write(&conversation) => conversation,
            Ok(_) | Err(ReadError::NotMember) => return,
            Err(ReadError::Store(error)) => {
                return tracing::debug!(%error, "nobody is told who is writing");
            }
        };
        match conversation.kind {
            ConversationKind::Direct => {
                let mut others = conversation.members.iter().map(|member| member.user);
                if let Some(other) = others.find(|other| *other != user) {
                    self.writes(conv, Some(other), user);
                }
            }
            ConversationKind::Group => {
                self.writes(conv, None, user);
                let event = LiveEvent::Typing(user);
                self.bus.publish_live(Hint { conv, event });
            }
        }
    }

    fn writes(&self, conv: ConversationId, only: Option<UserId>, user: UserId) {
        self.change(|state| {
            if only.is_some() || state.watchers.has(conv) {
                let audience = Audience { conv, only };
                state.writers.note(audience, user, Instant::now());
            }
            Turned::default()
        });
    }

    fn heard(&self, hint: &Hint) {
        match &hint.event {
            LiveEvent::Typing(user) => self.writes(hint.conv, None, *user),
            LiveEvent::Said(user) => self.change(|state| {
                state.writers.stop(hint.conv, *user, Instant::now());
                Turned::default()
            }),
            event @ (LiveEvent::Out(_) | LiveEvent::Ended) => self.take_out(hint.conv, event),
        }
        self.wake.notify_one();
    }

    /// Looks up again who is a member of all who look.
    async fn check_again(&self, doubted: Vec<(ConversationId, ConnectionId, UserId)>) {
        for (conv, connection, user) in doubted {
            // Its conversation and no other: the client may look elsewhere by now.
            let found = self.store.conversation(user, conv).await;
            self.change(|state| {
                let still = state.watchers.confirm(connection, conv);
                let ends = still && found.is_err();
                Turned {
                    watched: None,
                    unwatched: ends.then(|| state.watchers.end(connection)).flatten(),
                }
            });
        }
    }

    /// Tells all that is due.
    async fn tell_due(&self) {
        loop {
            let due = self.state.lock().writers.take_due(Instant::now());
            let Some((audience, typists)) = due else {
                break;
            };
            let frame = Bytes::from(ServerFrame::Typing(typists.clone()).encode(None));
            match audience.only {
                Some(other) => self.tell_user(other, frame),
                None => self.tell_watchers(audience.conv, &frame, &typists).await,
            }
        }
        self.change(|_| Turned::default());
    }

    fn tell_user(&self, user: UserId, frame: Bytes) {
        let notice = Notice {
            recipients: Arc::new([user]),
            event: Happened::Live { frame },
        };
        self.sink.deliver(&notice, None);
        self.bus.publish(notice);
    }

    /// In slices: others go on in between. Each is told with the lock held, so that nobody is who was put out.
    async fn tell_watchers(&self, conv: ConversationId, frame: &Bytes, typists: &Typists) {
        let mut above = None;
        loop {
            {
                let state = self.state.lock();
                let mut some = state.watchers.some_above(conv, above, LIVE_SLICE);
                let Some((_, last)) = some.last() else {
                    return;
                };
                above = Some(*last);
                // Who writes alone knows.
                some.retain(|(user, _)| typists.others > 0 || typists.users != [*user]);
                self.sink.tell(&some, frame);
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Follower for Live {
    fn appended(&self, append: &Append, appended: &Appended) {
        if let Some(event) = &appended.event {
            self.changed(appended.conv, append.from, event);
        } else if append.change.is_message() {
            self.said(appended.conv, append.from);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

impl Service {
    /// From here on the caller's connection looks at this conversation, or at none. It is told what happens there, until it
    /// looks elsewhere, ends, or its user is a member no more.
    pub async fn watch(&self, caller: &Caller, watch: Watch) -> Result<(), ServiceError> {
        let Some(connection) = caller.connection() else {
            let message = "only a connection looks at a conversation";
            return Err(ServiceError::BadRequest(message.into()));
        };
        match watch.conv {
            Some(conv) => self.live.watch(caller.user(), connection, conv).await,
            None => {
                self.live.end(connection);
                Ok(())
            }
        }
    }

    /// The caller is writing something. A hint: where it may not be, or there is much to do, nothing happens.
    pub fn typing(&self, caller: &Caller, typing: Typing) {
        let asked = Asked::Typing(typing.conv, caller.user());
        let _ = self.live.asked.try_send(asked);
    }
}

/// Looks at what is asked, and tells what is due, for as long as somebody may ask.
async fn run(live: Weak<Live>, mut hints: mpsc::Receiver<Asked>, wake: Arc<Notify>) {
    while let Some(strong) = live.upgrade() {
        let next = strong.state.lock().writers.next();
        drop(strong);
        let due = async {
            match next {
                Some(next) => sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        let asked = tokio::select! {
            asked = hints.recv() => asked,
            () = due => None,
            () = wake.notified() => None,
        };
        let Some(strong) = live.upgrade() else {
            return;
        };
        if let Some(asked) = asked {
            strong.look_at(asked).await;
        }
        strong.tell_due().await;
    }
}

/// Takes in what other nodes say, for as long as this one is there.
pub(crate) async fn hear(live: Weak<Live>, mut inbox: mpsc::Receiver<Received>) {
    while let Some(received) = inbox.recv().await {
        let Some(live) = live.upgrade() else {
            return;
        };
        match received {
            Received::Notice(notice) => live.sink.deliver(&notice, None),
            Received::Live(hint) => live.heard(&hint),
            // Among what was lost may be that somebody was put out.
            Received::Lost => {
                let doubted = live.state.lock().watchers.doubt();
                tokio::spawn(async move { live.check_again(doubted).await });
            }
        }
    }
}
