//! What is told only to those who look at a conversation, and kept nowhere.
//!
//! client → hint → **live** → (once a second) sink (this node) and bus (the others)
//!
//! Owns: which connection looks at what, who is writing, who is there, and by how many the messages that are shown were
//! read.
//! Promises: bounded, and never in the way of an entry: a hint that finds no room is dropped, watchers are told in slices,
//! and the committer and the dispatcher wait for nothing here. Whoever was put out of a conversation hears nothing after the
//! entry that says so: a connection counts before its membership is looked up, and the dispatcher takes it off
//! before it pushes that entry.
//! Not here: what may be dropped when (`gateway::outbox`).

mod presence;
mod privacy;
mod read_by;
mod readers;
mod rooms;
mod typing;
mod watchers;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use hongyan_bus::{Bus, Event as Happened, Live as Hint, LiveEvent, Notice, Received};
use hongyan_protocol::{
    ConversationId, Presence, PresenceState, ReadByCount, ReadByCounts, Seq, ServerFrame, Typing,
    UserId, UserPresence, Watch,
};
use hongyan_store::{
    Append, Appended, Conversation, ConversationKind, Event, MEMBERS_PAGE, Moved, ReadError, Store,
};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

use crate::dispatch::Follower;
use crate::limits::{COUNT_SLICE, LIVE_HINTS, LIVE_SLICE, PRIVACY_LOOKUPS, RETRY_STORE};
use crate::{Caller, Clock, ConnectionId, Service, ServiceError, Sink, sight};
use presence::Presences;
use read_by::{Came, Seat, short};
use rooms::{Due, Rooms};
use typing::{Audience, Writers};
use watchers::{Turned, Watchers};

pub use presence::Attention;
pub use privacy::SetPrivacy;
pub use readers::ReadersPage;

/// What is live on this node: see the [module](self).
pub(crate) struct Live {
    store: Arc<dyn Store>,
    sink: Arc<dyn Sink>,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
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
    presences: Presences,
    rooms: Rooms,
}

/// What the task is to look at.
enum Asked {
    /// Somebody says to be writing.
    Typing(ConversationId, UserId),
    /// Somebody has said it.
    Said(ConversationId, UserId),
    /// Reactions changed: of these members those who look are to be told.
    Reacted(ConversationId, Arc<[UserId]>, Bytes),
}

impl Live {
    /// Starts the task that tells. It ends with them.
    pub(crate) fn start(
        store: Arc<dyn Store>,
        sink: Arc<dyn Sink>,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let (asked, hints) = mpsc::channel(LIVE_HINTS);
        let wake = Arc::new(Notify::new());
        let live = Arc::new(Self {
            store,
            sink,
            bus,
            clock,
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
        // Before the store is asked: who comes in or is put out from here on is noted by the dispatcher.
        let mut opened = None;
        self.change(|state| {
            state.unname(connection);
            let turned = state.watchers.begin(connection, user, conv);
            opened = state.rooms.open(conv);
            turned
        });
        let mut is_blind = false;
        let found = match self.store.conversation(user, conv).await {
            Ok(conversation) => {
                is_blind = self.is_blocked_in(&conversation, user).await;
                match opened {
                    Some(opened) => self.read_members(user, conv, opened).await,
                    None => Ok(()),
                }
            }
            Err(error) => Err(error),
        };
        if found.is_ok() && is_blind {
            // It looks, and is told nothing, as if nothing happened there.
            return Ok(());
        }
        let mut is_member = false;
        if found.is_ok() {
            self.change(|state| {
                is_member = state.watchers.confirm(connection, conv);
                state.writers.tell_again(conv, Instant::now());
                Turned::default()
            });
            self.tell_first((user, connection), conv).await;
            self.wake.notify_one();
        } else {
            self.end(connection);
        }
        found?;
        is_member
            .then_some(())
            .ok_or(ServiceError::ConversationNotFound)
    }

    /// Whether the other of a conversation of two has blocked somebody; where that cannot be read, as if it were so.
    async fn is_blocked_in(&self, conversation: &Conversation, user: UserId) -> bool {
        let members = conversation.members.iter().map(|member| member.user);
        let others: Vec<UserId> = match conversation.kind {
            ConversationKind::Direct => members.filter(|other| *other != user).collect(),
            ConversationKind::Group => return false,
        };
        let found = self.store.who_blocks(user, &others).await;
        !found.is_ok_and(|found| found.is_empty())
    }

    /// Takes in the members of a conversation that somebody looks at.
    async fn read_members(
        &self,
        user: UserId,
        conv: ConversationId,
        opened: u64,
    ) -> Result<(), ReadError> {
        let (mut members, mut after) = (Vec::new(), UserId::default());
        loop {
            let page = self
                .store
                .standings(user, conv, after, MEMBERS_PAGE)
                .await?;
            members.extend(page.iter().map(Seat::of));
            match page.last() {
                Some(last) if page.len() == MEMBERS_PAGE => after = last.user,
                Some(_) | None => break,
            }
        }
        let mut state = self.state.lock();
        state.rooms.read((conv, opened), members, Instant::now());
        Ok(())
    }

    /// Tells somebody who looks since who is there, or how many.
    async fn tell_first(&self, watcher: (UserId, ConnectionId), conv: ConversationId) {
        let count = {
            let state = self.state.lock();
            let Some((members, online)) = state.rooms.members(conv) else {
                return;
            };
            if state.rooms.tells_who(conv) {
                let there = members.iter().map(|seat| self.seen(&state, seat.user));
                let users = there.filter(|one| one.state != PresenceState::Offline);
                let presence = Presence {
                    conv: Some(conv),
                    users: users.collect(),
                    online: None,
                };
                return self.tell_one(&state, watcher, conv, presence);
            }
            online
        };
        let online = match count {
            Some(online) => online,
            None => self.count(conv).await,
        };
        let state = self.state.lock();
        let presence = Presence {
            conv: Some(conv),
            users: Vec::new(),
            online: Some(online),
        };
        self.tell_one(&state, watcher, conv, presence);
    }

    /// With the lock held, and only while the watcher may be told.
    fn tell_one(
        &self,
        state: &State,
        watcher: (UserId, ConnectionId),
        conv: ConversationId,
        presence: Presence,
    ) {
        if state.watchers.may_be_told(watcher.1, conv) {
            let frame = ServerFrame::Presence(presence).encode(None);
            self.sink.tell(&[watcher], &Bytes::from(frame));
        }
    }

    /// What others see of a user, over all nodes.
    fn seen(&self, state: &State, user: UserId) -> UserPresence {
        let here = state.presences.visible(user);
        UserPresence {
            user,
            state: here.max(self.bus.announced(user)),
            last_seen: None,
        }
    }

    /// How many members are there. In slices: others go on in between.
    async fn count(&self, conv: ConversationId) -> u64 {
        let members = {
            let state = self.state.lock();
            let members = state.rooms.members(conv).map(|(members, _)| members);
            members.unwrap_or_default().to_vec()
        };
        let mut online = 0;
        for some in members.chunks(COUNT_SLICE) {
            {
                let state = self.state.lock();
                let there = some.iter().map(|seat| self.seen(&state, seat.user).state);
                online += there
                    .filter(|state| *state != PresenceState::Offline)
                    .count();
            }
            tokio::task::yield_now().await;
        }
        online as u64
    }

    /// The connection looks at nothing any more.
    pub(crate) fn end(&self, connection: ConnectionId) {
        if self.is_idle.load(Ordering::SeqCst) {
            return;
        }
        self.change(|state| {
            state.unname(connection);
            Turned {
                watched: None,
                unwatched: state.watchers.end(connection),
            }
        });
    }

    fn changed(&self, (conv, seq): (ConversationId, Seq), from: UserId, event: &Event) {
        match event {
            Event::Removed(users) | Event::Banned(users, _) => {
                self.out(conv, LiveEvent::Out(users.as_slice().into()))
            }
            Event::Left => self.out(conv, LiveEvent::Out(Arc::new([from]))),
            Event::Disbanded => self.out(conv, LiveEvent::Ended),
            Event::Added(users) => self.come(conv, users.as_slice().into(), seq),
            Event::Joined(_) => self.come(conv, Arc::new([from]), seq),
            Event::Approved(user, _) => self.come(conv, Arc::new([*user]), seq),
            Event::Created { .. }
            | Event::Role(..)
            | Event::Set(_)
            | Event::Unbanned(_)
            | Event::Muted(..)
            | Event::Pinned(_)
            | Event::Unpinned(_) => {}
        }
    }

    fn come(&self, conv: ConversationId, users: Arc<[UserId]>, seq: Seq) {
        let event = LiveEvent::In(users, seq);
        self.come_and_go(conv, &event);
        self.bus.publish_live(Hint { conv, event });
    }

    fn out(&self, conv: ConversationId, event: LiveEvent) {
        self.take_out(conv, &event);
        self.bus.publish_live(Hint { conv, event });
    }

    /// A member has read up to here.
    fn read(&self, conv: ConversationId, user: UserId, seq: Seq) {
        let event = LiveEvent::Read(user, seq);
        if !self.is_idle.load(Ordering::SeqCst) {
            self.come_and_go(conv, &event);
        }
        self.bus.publish_live(Hint { conv, event });
    }

    /// Takes in that members came or went, or have read.
    fn come_and_go(&self, conv: ConversationId, event: &LiveEvent) {
        let changes: Vec<Came> = match event {
            LiveEvent::In(users, seq) => users.iter().map(|user| Came::In(*user, *seq)).collect(),
            LiveEvent::Read(user, seq) => vec![Came::Read(*user, *seq)],
            LiveEvent::Out(users) => users.iter().copied().map(Came::Out).collect(),
            LiveEvent::Ended
            | LiveEvent::Typing(_)
            | LiveEvent::Said(_)
            | LiveEvent::Reacted { .. } => return,
        };
        let now = Instant::now();
        let wakes = {
            let mut state = self.state.lock();
            let before = state.rooms.next();
            state.rooms.change(conv, &changes, now);
            state.rooms.next() != before
        };
        if wakes {
            self.wake.notify_one();
        }
    }

    fn take_out(&self, conv: ConversationId, event: &LiveEvent) {
        let users = match event {
            LiveEvent::Out(users) => Some(&**users),
            LiveEvent::Ended => None,
            LiveEvent::In(..)
            | LiveEvent::Read(..)
            | LiveEvent::Typing(_)
            | LiveEvent::Said(_)
            | LiveEvent::Reacted { .. } => return,
        };
        self.come_and_go(conv, event);
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
        if self.is_idle.load(Ordering::SeqCst) {
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
            state.rooms.close(conv);
        }
        if let Some(conv) = watched {
            self.bus.watched(conv);
        }
        let is_idle = state.watchers.is_empty() && state.writers.is_empty();
        self.is_idle.store(is_idle, Ordering::SeqCst);
    }

    /// The user's settings are others, or who has blocked the user.
    pub(crate) fn doubt(self: &Arc<Self>, user: UserId) {
        let doubted = {
            let mut state = self.state.lock();
            state.presences.doubt(user);
            state.watchers.doubt(Some(user))
        };
        self.wake.notify_one();
        if !doubted.is_empty() {
            let live = Arc::clone(self);
            tokio::spawn(async move { live.check_again(doubted).await });
        }
    }

    /// When there is something to do.
    fn next(&self) -> Option<Instant> {
        let state = self.state.lock();
        let presence = state.presences.next(Instant::now());
        let all = [state.writers.next(), state.rooms.next(), presence];
        all.into_iter().flatten().min()
    }

    async fn look_at(&self, asked: Asked) {
        match asked {
            Asked::Typing(conv, user) => self.begins(conv, user).await,
            Asked::Said(conv, user) => {
                let event = LiveEvent::Said(user);
                let hint = Hint { conv, event };
                self.heard(&hint).await;
                self.bus.publish_live(hint);
            }
            Asked::Reacted(conv, recipients, frame) => {
                let event = LiveEvent::Reacted { recipients, frame };
                let hint = Hint { conv, event };
                self.heard(&hint).await;
                self.bus.publish_live(hint);
            }
        }
    }

    /// Somebody says to be writing: those who look are told, where it may be.
    async fn begins(&self, conv: ConversationId, user: UserId) {
        {
            let state = self.state.lock();
            let is_fresh = state.writers.is_fresh(conv, user, Instant::now());
            if is_fresh || !state.presences.is_seen(user) {
                return;
            }
        }
        let conversation = match self.store.conversation(user, conv).await {
            Ok(conversation) if sight::may_write(&conversation, self.clock.now()) => conversation,
            Ok(_) | Err(ReadError::NotMember) => return,
            Err(ReadError::Store(error)) => {
                return tracing::debug!(%error, "nobody is told who is writing");
            }
        };
        match conversation.kind {
            ConversationKind::Direct => {
                let mut others = conversation.members.iter().map(|member| member.user);
                let other = others.find(|other| *other != user);
                if let Some(other) = other
                    && !self.is_between(user, other).await
                {
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

    /// Whether one of two has blocked the other, or that cannot be read.
    async fn is_between(&self, one: UserId, other: UserId) -> bool {
        for (user, among) in [(one, other), (other, one)] {
            let found = self.store.who_blocks(user, &[among]).await;
            if !found.is_ok_and(|found| found.is_empty()) {
                return true;
            }
        }
        false
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

    async fn heard(&self, hint: &Hint) {
        match &hint.event {
            LiveEvent::Typing(user) => self.writes(hint.conv, None, *user),
            LiveEvent::Said(user) => self.change(|state| {
                state.writers.stop(hint.conv, *user, Instant::now());
                Turned::default()
            }),
            event @ (LiveEvent::In(..) | LiveEvent::Read(..)) => {
                self.come_and_go(hint.conv, event);
            }
            event @ (LiveEvent::Out(_) | LiveEvent::Ended) => self.take_out(hint.conv, event),
            LiveEvent::Reacted { recipients, frame } => {
                let is_meant = |user: &UserId| recipients.binary_search(user).is_ok();
                return self.tell_watchers(hint.conv, frame, is_meant).await;
            }
        }
        self.wake.notify_one();
    }

    /// Looks up again who is a member of all who look.
    async fn check_again(&self, doubted: Vec<(ConversationId, ConnectionId, UserId)>) {
        for (conv, connection, user) in doubted {
            // Its conversation and no other: the client may look elsewhere by now.
            let found = self.store.conversation(user, conv).await;
            if let Ok(conversation) = &found
                && self.is_blocked_in(conversation, user).await
            {
                self.tell_nobody_is_there((user, connection), conversation);
                continue;
            }
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

    /// What these let be seen is to be looked up again.
    fn doubt_all(&self, users: Vec<UserId>) {
        let mut state = self.state.lock();
        users
            .into_iter()
            .for_each(|user| state.presences.doubt(user));
    }

    /// Tells somebody that the other of two went, as far as they are to know.
    fn tell_nobody_is_there(&self, watcher: (UserId, ConnectionId), conversation: &Conversation) {
        let others = conversation.members.iter().map(|member| member.user);
        let users = others.filter(|other| *other != watcher.0);
        let presence = Presence {
            conv: Some(conversation.id),
            users: users.map(gone).collect(),
            online: None,
        };
        let frame = Bytes::from(ServerFrame::Presence(presence).encode(None));
        self.sink.tell(&[watcher], &frame);
    }

    /// Looks up what those let be seen who are there since, or have other settings.
    async fn look_up(&self) {
        loop {
            let some = self.state.lock().presences.take_unknown(PRIVACY_LOOKUPS);
            if some.is_empty() {
                return;
            }
            let found = match self.store.privacy(&some).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::debug!(%error, "nobody is told who is there");
                    self.doubt_all(some);
                    return tokio::time::sleep(RETRY_STORE).await;
                }
            };
            let mut state = self.state.lock();
            for user in some {
                let own = found.iter().find(|(one, _)| *one == user);
                let privacy = own.map(|(_, privacy)| *privacy).unwrap_or_default();
                state.presences.know(user, privacy);
            }
        }
    }

    /// Tells who is there since, or no more.
    async fn tell_presence(&self) {
        let now = Instant::now();
        {
            let mut state = self.state.lock();
            for (user, visible) in state.presences.take_changed(now) {
                self.bus.announce(user, visible);
                state.rooms.changed(user, now);
            }
        }
        loop {
            let due = self.state.lock().rooms.take_due(now);
            let Some((conv, due)) = due else {
                return;
            };
            let mut presence = Presence {
                conv: Some(conv),
                ..Presence::default()
            };
            match due {
                Due::Who(users) => {
                    let state = self.state.lock();
                    let seen = users.into_iter().map(|user| self.seen(&state, user));
                    presence.users = seen.collect();
                }
                Due::Count => {
                    let online = self.count(conv).await;
                    if !self.state.lock().rooms.counted(conv, online) {
                        continue;
                    }
                    presence.online = Some(online);
                }
            }
            let frame = Bytes::from(ServerFrame::Presence(presence).encode(None));
            self.tell_watchers(conv, &frame, |_| true).await;
        }
    }

    /// Tells by how many what is shown was read since.
    async fn tell_reads(&self) {
        let now = Instant::now();
        loop {
            let due = self.state.lock().rooms.take_reads(now);
            let Some((conv, changed)) = due else {
                return;
            };
            let mut above = None;
            // Who shows the same gets the same bytes.
            let mut frames = HashMap::new();
            loop {
                {
                    let state = self.state.lock();
                    let some = state.rooms.showing(conv, above, LIVE_SLICE);
                    let Some((last, ..)) = some.last() else {
                        break;
                    };
                    above = Some(*last);
                    for (connection, user, shown) in some {
                        let own = changed.iter().filter(|(seq, _)| shown.contains(seq));
                        let own: Vec<(u32, u32)> = own.copied().collect();
                        if own.is_empty() || !state.watchers.may_be_told(connection, conv) {
                            continue;
                        }
                        let frame = frames
                            .entry(own)
                            .or_insert_with_key(|own| frame_of(counts(conv, own)));
                        self.sink.tell(&[(user, connection)], frame);
                    }
                }
                tokio::task::yield_now().await;
            }
        }
    }

    /// Tells all that is due.
    async fn tell_due(&self) {
        self.tell_presence().await;
        self.tell_reads().await;
        loop {
            let due = self.state.lock().writers.take_due(Instant::now());
            let Some((audience, typists)) = due else {
                break;
            };
            let frame = Bytes::from(ServerFrame::Typing(typists.clone()).encode(None));
            match audience.only {
                Some(other) => self.tell_user(other, frame),
                None => {
                    // Who writes alone knows.
                    let alone = match typists.users[..] {
                        [alone] if typists.others == 0 => Some(alone),
                        _ => None,
                    };
                    let is_meant = |user: &UserId| Some(*user) != alone;
                    self.tell_watchers(audience.conv, &frame, is_meant).await;
                }
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
    async fn tell_watchers(
        &self,
        conv: ConversationId,
        frame: &Bytes,
        is_meant: impl Fn(&UserId) -> bool,
    ) {
        let mut above = None;
        loop {
            {
                let state = self.state.lock();
                let mut some = state.watchers.some_above(conv, above, LIVE_SLICE);
                let Some((_, last)) = some.last() else {
                    return;
                };
                above = Some(*last);
                some.retain(|(user, _)| is_meant(user));
                self.sink.tell(&some, frame);
            }
            tokio::task::yield_now().await;
        }
    }
}

impl State {
    /// The connection shows nothing any more.
    fn unname(&mut self, connection: ConnectionId) {
        if let Some(conv) = self.watchers.at(connection) {
            self.rooms.unname(conv, connection);
        }
    }
}

/// How somebody is shown who is not there.
fn gone(user: UserId) -> UserPresence {
    UserPresence {
        user,
        state: PresenceState::Offline,
        last_seen: None,
    }
}

/// By how many these messages were read.
fn counts(conv: ConversationId, messages: &[(u32, u32)]) -> ReadByCounts {
    let messages = messages.iter().map(|(seq, count)| ReadByCount {
        seq: Seq::from_trusted((*seq).into()),
        count: (*count).into(),
    });
    ReadByCounts {
        conv,
        messages: messages.collect(),
    }
}

fn frame_of(counts: ReadByCounts) -> Bytes {
    Bytes::from(ServerFrame::ReadBy(counts).encode(None))
}

impl Follower for Live {
    fn appended(&self, append: &Append, appended: &Appended) {
        if let Some(event) = &appended.event {
            let at = (appended.conv, appended.seq);
            self.changed(at, append.from, event);
        } else if append.change.is_message() {
            self.said(appended.conv, append.from);
            self.read(appended.conv, append.from, appended.seq);
        }
    }

    fn moved(&self, moved: &Moved) {
        // Nobody else is told.
        if *moved.members == [moved.user] {
            return;
        }
        self.read(moved.conv, moved.user, moved.read);
    }

    fn reacted(&self, conv: ConversationId, members: Arc<[UserId]>, frame: Bytes) {
        // Where there is no room, the numbers of the next one show it.
        let _ = self.asked.try_send(Asked::Reacted(conv, members, frame));
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

    /// A connection of the caller's came, went, or is looked at or not.
    pub fn attend(&self, caller: &Caller, before: Attention, now: Attention) {
        if before != now {
            let mut state = self.live.state.lock();
            let at = Instant::now();
            state.presences.attend(caller.user(), before, now, at);
            drop(state);
            self.live.wake.notify_one();
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
        let next = strong.next();
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
        strong.look_up().await;
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
            Received::Live(hint) => live.heard(&hint).await,
            Received::Presence(user) => {
                live.state.lock().rooms.changed(user, Instant::now());
                live.wake.notify_one();
            }
            Received::Settings(user) => live.doubt(user),
            // Among what was lost may be that somebody was put out.
            Received::Lost => {
                let doubted = live.state.lock().watchers.doubt(None);
                tokio::spawn(async move { live.check_again(doubted).await });
            }
        }
    }
}
