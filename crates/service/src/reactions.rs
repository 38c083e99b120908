//! Reactions: setting one, how they stand, and telling those who look.
//!
//! react → queue → (commit) → dispatch → **gathered** → (after a while) → sink (this node) and bus (the others)
//!
//! Owns: the changes of which nobody was told yet.
//! Promises: what changes within [`REACTION_DELAY`] is one frame for each connection, and in a large conversation what
//! changes within [`LARGE_REACTION_DELAY`], however many react. A frame that gets lost, or had no room, shows by the
//! numbers in the next one.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use hongyan_bus::{Bus, Event, Notice};
use hongyan_protocol::{
    ConversationId, MessageReactions, React, Reacted, Reaction, ReactionChange, Reactions,
    ReactionsPage, Seq, ServerFrame, UserId, UserProfile, limits,
};
use hongyan_store::{Event as GroupEvent, ReactionRange};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::dispatch::Follower;
use crate::emoji::is_emoji;
use crate::large::is_large;
use crate::limits::{
    LARGE_REACTION_DELAY, PENDING_REACTIONS, REACTION_CHANGES, REACTION_DELAY, REACTION_MESSAGES,
};
use crate::{Caller, Reply, Service, ServiceError, Sink};

/// Some of those who set a reaction.
#[derive(Debug, Clone)]
pub struct ReactorsPage {
    /// Them, ascending by id.
    pub users: Vec<UserProfile>,
    /// Whether there are others above the last one.
    pub more: bool,
}

impl Service {
    /// Sets a reaction of the caller's, or takes it back. Again, it changes nothing.
    pub fn react(&self, caller: &Caller, react: React, reply: Reply<()>) {
        if !is_emoji(&react.value) {
            let what = "a reaction is one emoji, in the form that Unicode calls fully qualified";
            return reply(Err(ServiceError::BadRequest(what.into())));
        }
        let react = hongyan_store::React {
            user: caller.user(),
            conv: react.conv,
            seq: react.seq,
            value: react.value.into(),
            on: react.on,
            at: self.clock.now(),
        };
        self.committer.react(react, reply);
    }

    /// How the reactions of messages of a conversation of the caller's stand.
    pub async fn reactions(
        &self,
        caller: &Caller,
        ask: Reactions,
    ) -> Result<ReactionsPage, ServiceError> {
        let range = match (ask.after, ask.from, ask.to) {
            (after, None, None) => ReactionRange::After(after.unwrap_or(0)),
            (None, Some(from), Some(to)) => ReactionRange::Within(from, to),
            _ => {
                return Err(ServiceError::BadRequest(
                    "say either after, or from and to".into(),
                ));
            }
        };
        let limit = ask.limit.unwrap_or(limits::REACTIONS_PAGE);
        let limit = limit.clamp(1, limits::REACTIONS_PAGE);
        let page = self
            .store
            .reactions(caller.user(), ask.conv, range, limit)
            .await?;
        let messages = page.messages.into_iter().map(|message| MessageReactions {
            seq: message.seq,
            number: message.number,
            reactions: message.reactions.into_iter().map(shown).collect(),
        });
        Ok(ReactionsPage {
            conv: ask.conv,
            messages: messages.collect(),
            number: page.number,
            more: page.more,
        })
    }

    /// Who set a reaction to a message: users with ids above `after`.
    pub async fn reactors(
        &self,
        caller: &Caller,
        at: (ConversationId, Seq),
        value: &str,
        after: UserId,
        limit: Option<usize>,
    ) -> Result<ReactorsPage, ServiceError> {
        let most = limits::REACTORS_PAGE;
        let limit = limit.unwrap_or(most).clamp(1, most);
        let (user, more) = (caller.user(), limit + 1);
        let mut ids = self.store.reactors(user, at, value, after, more).await?;
        let more = ids.len() > limit;
        ids.truncate(limit);
        let mut users = self.store.users(&ids).await?;
        users.sort_by_key(|user| user.id);
        Ok(ReactorsPage {
            users: self.profiles_for(caller, &users),
            more,
        })
    }
}

fn shown(reaction: hongyan_store::Reaction) -> Reaction {
    Reaction {
        value: (&*reaction.value).into(),
        count: reaction.count,
        mine: reaction.mine,
    }
}

/// The changes of which nobody was told yet, and the task that tells of them.
pub(crate) struct Gathered {
    sink: Arc<dyn Sink>,
    bus: Arc<dyn Bus>,
    follower: Arc<dyn Follower>,
    pending: Mutex<BTreeMap<ConversationId, Untold>>,
    wake: Arc<Notify>,
}

/// What changed in one conversation.
struct Untold {
    due: Instant,
    after: u64,
    number: u64,
    messages: BTreeMap<Seq, MessageReactions>,
    changes: Vec<ReactionChange>,
    cut: bool,
    recipients: Arc<[UserId]>,
    /// Of a large conversation only those are told who look at it.
    to_watchers: bool,
}

impl Gathered {
    /// Starts the task that tells of them. It ends with this.
    pub(crate) fn start(
        sink: Arc<dyn Sink>,
        bus: Arc<dyn Bus>,
        follower: Arc<dyn Follower>,
    ) -> Arc<Self> {
        let wake = Arc::new(Notify::new());
        let gathered = Arc::new(Self {
            sink,
            bus,
            follower,
            pending: Mutex::default(),
            wake: Arc::clone(&wake),
        });
        tokio::spawn(run(Arc::downgrade(&gathered), wake));
        gathered
    }

    /// A reaction was set or taken back, and is on disk.
    pub(crate) fn note(&self, react: &hongyan_store::React, reacted: &hongyan_store::Reacted) {
        if !reacted.changed {
            return;
        }
        let mut pending = self.pending.lock();
        if !pending.contains_key(&reacted.conv) && pending.len() >= PENDING_REACTIONS {
            return;
        }
        let untold = pending
            .entry(reacted.conv)
            .or_insert_with(|| Untold::new(reacted));
        untold.add(react, reacted);
        self.wake.notify_one();
    }

    /// The group was changed: who is out from here on is told no more of what is untold yet. To be called before that entry
    /// is pushed.
    pub(crate) fn group_changed(&self, conv: ConversationId, from: UserId, event: &GroupEvent) {
        let out: &[UserId] = match event {
            GroupEvent::Removed(users) | GroupEvent::Banned(users, _) => users,
            GroupEvent::Left => &[from],
            GroupEvent::Disbanded => {
                self.pending.lock().remove(&conv);
                return;
            }
            GroupEvent::Created { .. }
            | GroupEvent::Added(_)
            | GroupEvent::Joined(_)
            | GroupEvent::Approved(..)
            | GroupEvent::Role(..)
            | GroupEvent::Set(_)
            | GroupEvent::Unbanned(_)
            | GroupEvent::Muted(..)
            | GroupEvent::Pinned(_)
            | GroupEvent::Unpinned(_) => return,
        };
        if let Some(untold) = self.pending.lock().get_mut(&conv) {
            let stays = |user: &&UserId| !out.contains(user);
            untold.recipients = untold.recipients.iter().filter(stays).copied().collect();
        }
    }

    /// What is due by now, and when the next will be.
    fn take_due(&self, now: Instant) -> (Vec<(ConversationId, Untold)>, Option<Instant>) {
        let mut pending = self.pending.lock();
        let due: Vec<_> = pending
            .extract_if(.., |_, untold| untold.due <= now)
            .collect();
        let next = pending.values().map(|untold| untold.due).min();
        (due, next)
    }

    fn tell(&self, conv: ConversationId, untold: Untold) {
        let (recipients, to_watchers) = (Arc::clone(&untold.recipients), untold.to_watchers);
        let frame = Bytes::from(ServerFrame::Reacted(untold.into_frame(conv)).encode(None));
        if to_watchers {
            return self.follower.reacted(conv, recipients, frame);
        }
        let event = Event::Droppable { frame };
        let notice = Notice { recipients, event };
        self.sink.deliver(&notice, None);
        self.bus.publish(notice);
    }
}

/// Those who may hear of all the changes of a frame: not who went meanwhile, and not who may not read one of the messages.
/// Others learn by the numbers that they missed something.
fn in_both(before: &Arc<[UserId]>, now: &Arc<[UserId]>) -> Arc<[UserId]> {
    if Arc::ptr_eq(before, now) {
        return Arc::clone(now);
    }
    let is_in = |user: &&UserId| before.binary_search(user).is_ok();
    now.iter().filter(is_in).copied().collect()
}

impl Drop for Gathered {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

impl Untold {
    fn new(reacted: &hongyan_store::Reacted) -> Self {
        let delay = match is_large(reacted.members.len()) {
            true => LARGE_REACTION_DELAY,
            false => REACTION_DELAY,
        };
        Self {
            due: Instant::now() + delay,
            after: reacted.number - 1,
            number: reacted.number,
            messages: BTreeMap::new(),
            changes: Vec::new(),
            cut: false,
            recipients: Arc::clone(&reacted.members),
            to_watchers: is_large(reacted.members.len()),
        }
    }

    fn add(&mut self, react: &hongyan_store::React, reacted: &hongyan_store::Reacted) {
        self.number = reacted.number;
        self.recipients = in_both(&self.recipients, &reacted.members);
        let counts = reacted.counts.iter().map(|(value, count)| Reaction {
            value: (&**value).into(),
            count: *count,
            mine: false,
        });
        let stands = MessageReactions {
            seq: reacted.seq,
            number: reacted.number,
            reactions: counts.collect(),
        };
        self.messages.insert(reacted.seq, stands);
        if self.messages.len() > REACTION_MESSAGES {
            self.messages.pop_first();
            // Whoever knows all up to what is told does not know this one.
            self.after = self.number;
        }
        match self.changes.len() < REACTION_CHANGES {
            true => self.changes.push(ReactionChange {
                seq: react.seq,
                user: react.user,
                value: (&*react.value).into(),
                on: react.on,
            }),
            false => self.cut = true,
        }
    }

    fn into_frame(self, conv: ConversationId) -> Reacted {
        Reacted {
            conv,
            after: self.after,
            number: self.number,
            messages: self.messages.into_values().collect(),
            changes: self.changes,
            cut: self.cut,
        }
    }
}

async fn run(gathered: Weak<Gathered>, wake: Arc<Notify>) {
    loop {
        wake.notified().await;
        loop {
            let next = {
                let Some(gathered) = gathered.upgrade() else {
                    return;
                };
                let (due, next) = gathered.take_due(Instant::now());
                for (conv, untold) in due {
                    gathered.tell(conv, untold);
                }
                next
            };
            match next {
                Some(next) => sleep_until(next).await,
                None => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u64) -> UserId {
        UserId::new(1000 + number).unwrap()
    }

    fn seq(value: u64) -> Seq {
        Seq::new(value).unwrap()
    }

    fn change(
        by: u64,
        at: u64,
        number: u64,
        count: u64,
    ) -> (hongyan_store::React, hongyan_store::Reacted) {
        let conv = ConversationId::new(7).unwrap();
        let react = hongyan_store::React {
            user: user(by),
            conv,
            seq: seq(at),
            value: "👍".into(),
            on: true,
            at: hongyan_protocol::Millis::default(),
        };
        let reacted = hongyan_store::Reacted {
            conv,
            seq: seq(at),
            changed: true,
            number,
            counts: vec![("👍".into(), count)],
            members: [user(0)].into(),
        };
        (react, reacted)
    }

    fn told(changes: impl IntoIterator<Item = (u64, u64, u64, u64)>) -> Reacted {
        let mut untold = None;
        for (by, at, number, count) in changes {
            let (react, reacted) = change(by, at, number, count);
            untold
                .get_or_insert_with(|| Untold::new(&reacted))
                .add(&react, &reacted);
        }
        untold.unwrap().into_frame(ConversationId::new(7).unwrap())
    }

    #[tokio::test]
    async fn of_each_message_the_last_state_is_told() {
        let frame = told([(1, 3, 11, 1), (2, 3, 12, 2), (1, 2, 13, 1)]);
        assert_eq!((frame.after, frame.number, frame.cut), (10, 13, false));
        let states = frame.messages.iter();
        let states =
            states.map(|message| (message.seq, message.number, message.reactions[0].count));
        assert!(states.eq([(seq(2), 13, 1), (seq(3), 12, 2)]));
        assert_eq!(frame.changes.len(), 3);
    }

    struct Nobody;

    impl Sink for Nobody {
        fn deliver(&self, _: &Notice, _: Option<crate::ConnectionId>) {}

        fn before_answer(&self, _: ConversationId, _: UserId, _: crate::ConnectionId) {}

        fn tell(&self, _: &[(UserId, crate::ConnectionId)], _: &Bytes) {}

        fn connected_sessions(&self, _: UserId) -> Vec<hongyan_protocol::SessionId> {
            Vec::new()
        }
    }

    impl Follower for Nobody {
        fn appended(&self, _: &hongyan_store::Append, _: &hongyan_store::Appended) {}

        fn moved(&self, _: &hongyan_store::Moved) {}

        fn reacted(&self, _: ConversationId, _: Arc<[UserId]>, _: Bytes) {}
    }

    /// Even if nobody reacts after that.
    #[tokio::test]
    async fn who_is_put_out_meanwhile_is_not_told() {
        let bus = Arc::new(hongyan_bus::MemoryBus::alone());
        let nobody = Arc::new(Nobody);
        let gathered = Gathered::start(Arc::clone(&nobody) as _, bus, nobody);
        let (react, mut reacted) = change(1, 3, 11, 1);
        reacted.members = [user(0), user(1), user(2)].into();
        let conv = reacted.conv;
        let told = |event: &GroupEvent| {
            gathered.note(&react, &reacted);
            gathered.group_changed(conv, user(2), event);
            let (due, _) = gathered.take_due(Instant::now() + REACTION_DELAY);
            let told = due
                .into_iter()
                .flat_map(|(_, untold)| untold.recipients.to_vec());
            told.collect::<Vec<_>>()
        };
        let (none, all) = (vec![], vec![user(0), user(1), user(2)]);
        assert_eq!(told(&GroupEvent::Added(vec![user(3)])), all);
        assert_eq!(
            told(&GroupEvent::Removed(vec![user(1)])),
            [user(0), user(2)]
        );
        assert_eq!(told(&GroupEvent::Left), [user(0), user(1)]);
        assert_eq!(told(&GroupEvent::Disbanded), none);
    }

    #[tokio::test]
    async fn of_too_many_it_says_so() {
        let many = REACTION_CHANGES as u64 + 1;
        let frame = told((1..=many).map(|number| (number, 3, number, number)));
        assert_eq!((frame.changes.len(), frame.cut), (REACTION_CHANGES, true));
        assert_eq!((frame.after, frame.messages.len()), (0, 1));
        let many = REACTION_MESSAGES as u64 + 1;
        let frame = told((1..=many).map(|number| (1, number, number, 1)));
        assert_eq!(frame.messages.len(), REACTION_MESSAGES);
        assert_eq!(frame.after, many, "one is missing");
    }
}
