//! Pushes to many members, a few members at a time, so that nobody else waits for all of them.
//!
//! hub → **lane** → outbox → socket
//!
//! A push to 10,000 wakes 10,000 connections, and each then writes to its socket: tens of milliseconds in which a message
//! between two people would stand in the line behind them. The lane wakes [`LANE_STEP`] members and lets everybody else have
//! a turn, those it woke included.
//!
//! It walks in a circle. A push gets on wherever the walk is, and off when the walk is there again. So each member gets, once a
//! round, all that came since the last one, and writes it with one system call. The lane gets cheaper by the message as
//! there are more, as group commit does.
//!
//! An answer to what somebody sent overtakes no push: that connection first gets what is still on its way to it.
//!
//! Owns: the pushes that are on their way to many.
//! Promises: all pushes of a conversation that is in the lane go through it, in their order. Conversations take turns. It
//! is bounded by [`LANE_PUSHES`] a conversation and by [`LANE_BYTES`].
//! Not here: who is connected (`here`).

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_service::ConnectionId;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tungstenite::Utf8Bytes;

use crate::here::{Here, Way};
use crate::limits::{LANE_BYTES, LANE_FROM, LANE_PUSHES, LANE_STEP, LANE_TOGETHER};
use crate::outbox::{Item, Outbox};

/// An entry, and who is to get it.
#[derive(Debug)]
pub(crate) struct Push {
    /// They ascend.
    pub(crate) recipients: Arc<[UserId]>,
    /// The connection that has it already.
    pub(crate) except: Option<ConnectionId>,
    pub(crate) conv: ConversationId,
    pub(crate) seq: Seq,
    pub(crate) target: Option<Seq>,
    pub(crate) frame: Utf8Bytes,
}

/// Pushes on their way to many: see the [module](self).
pub(crate) struct Lane {
    here: Arc<Here>,
    walks: Mutex<Walks>,
    /// Conversations in the lane, of which one learns without the lock whether there are any.
    conversations: AtomicUsize,
    wake: Arc<Notify>,
}

#[derive(Default)]
struct Walks {
    by_conv: HashMap<ConversationId, Walk, foldhash::fast::RandomState>,
    /// Whose turn is next.
    turns: VecDeque<ConversationId>,
    bytes: usize,
}

/// What is to be pushed in one conversation.
struct Walk {
    pushes: VecDeque<Rider>,
    /// So many of them are on their way. They go to the same members.
    riding: usize,
    way: Way,
    /// The units that it came by, over all rounds.
    at: u64,
    /// Connections that got what was before an answer, and up to which entry.
    caught_up: HashMap<ConnectionId, Seq, foldhash::fast::RandomState>,
}

struct Rider {
    push: Push,
    /// Where it got on.
    from: u64,
}

impl Lane {
    /// Starts the task that walks. It ends with this.
    pub(crate) fn start(here: Arc<Here>) -> Arc<Self> {
        let lane = Arc::new(Self {
            here,
            walks: Mutex::default(),
            conversations: AtomicUsize::new(0),
            wake: Arc::default(),
        });
        tokio::spawn(walk(Arc::downgrade(&lane), Arc::clone(&lane.wake)));
        lane
    }

    /// Pushes: at once to a few, and to many in their turn.
    pub(crate) fn push(&self, push: Push) {
        let few = push.recipients.len().min(self.here.connections()) < LANE_FROM;
        if few && self.conversations.load(Ordering::Acquire) == 0 {
            return push.go(&self.here);
        }
        let mut walks = self.walks.lock();
        let conv = push.conv;
        if few && !walks.by_conv.contains_key(&conv) {
            drop(walks);
            return push.go(&self.here);
        }
        walks.add(push, &self.here);
        if walks.are_full(conv) {
            walks.hurry(conv, &self.here);
        }
        self.conversations
            .store(walks.by_conv.len(), Ordering::Release);
        if !walks.turns.is_empty() {
            self.wake.notify_one();
        }
    }

    /// Brings a connection all that is on its way to it in a conversation. For it gets the answer to what it sent there next, and a
    /// client that has an entry is pushed none before it.
    pub(crate) fn catch_up(&self, conv: ConversationId, user: UserId, connection: ConnectionId) {
        if self.conversations.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut walks = self.walks.lock();
        if let Some(walk) = walks.by_conv.get_mut(&conv)
            && let Some(outbox) = self.here.connection(user, connection)
        {
            walk.catch_up(user, &outbox);
        }
    }

    /// Lets the next conversation have a turn. Whether there are more turns to have.
    fn step(&self) -> bool {
        let mut walks = self.walks.lock();
        let Some(conv) = walks.turns.pop_front() else {
            return false;
        };
        if walks.step(conv, &self.here, LANE_STEP) {
            walks.turns.push_back(conv);
        }
        self.conversations
            .store(walks.by_conv.len(), Ordering::Release);
        !walks.turns.is_empty()
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

async fn walk(lane: Weak<Lane>, wake: Arc<Notify>) {
    loop {
        wake.notified().await;
        loop {
            let Some(lane) = lane.upgrade() else { return };
            if !lane.step() {
                break;
            }
            drop(lane);
            tokio::task::yield_now().await;
        }
    }
}

impl Walks {
    fn add(&mut self, push: Push, here: &Here) {
        self.bytes += push.frame.len();
        let conv = push.conv;
        let turns = &mut self.turns;
        let walk = self.by_conv.entry(conv).or_insert_with(|| {
            turns.push_back(conv);
            Walk::new()
        });
        walk.pushes.push_back(Rider { push, from: 0 });
        walk.let_on(here);
    }

    fn are_full(&self, conv: ConversationId) -> bool {
        let pushes = self.by_conv.get(&conv).map_or(0, |walk| walk.pushes.len());
        pushes > LANE_PUSHES || self.bytes > LANE_BYTES
    }

    /// Brings all that there is in a conversation to all its members.
    fn hurry(&mut self, conv: ConversationId, here: &Here) {
        while self.step(conv, here, usize::MAX) {}
        self.turns.retain(|other| *other != conv);
    }

    /// Brings what is on its way in a conversation to its next members. Whether there is more of it; else the conversation
    /// is out of the lane.
    fn step(&mut self, conv: ConversationId, here: &Here, most: usize) -> bool {
        let Some(walk) = self.by_conv.get_mut(&conv) else {
            return false;
        };
        self.bytes -= walk.step(here, most);
        let has_more = walk.riding > 0;
        if !has_more {
            self.by_conv.remove(&conv);
        }
        has_more
    }
}

impl Walk {
    fn new() -> Self {
        Self {
            pushes: VecDeque::new(),
            riding: 0,
            way: Way::Members,
            at: 0,
            caught_up: HashMap::default(),
        }
    }

    /// Lets on what waits, as far as it goes to the members to whom the others go.
    fn let_on(&mut self, here: &Here) {
        while let Some(next) = self.pushes.get(self.riding) {
            let goes_along = match self.pushes.front() {
                Some(first) if self.riding > 0 => {
                    let (one, other) = (&first.push.recipients, &next.push.recipients);
                    self.riding < LANE_TOGETHER && (Arc::ptr_eq(one, other) || one == other)
                }
                Some(_) | None => {
                    (self.way, self.at) = (here.way(&next.push.recipients), 0);
                    true
                }
            };
            if !goes_along {
                return;
            }
            self.pushes[self.riding].from = self.at;
            self.riding += 1;
        }
    }

    /// Goes on a little. Returns the bytes of what got off.
    fn step(&mut self, here: &Here, most: usize) -> usize {
        let Some(first) = self.pushes.front() else {
            return 0;
        };
        let users = &first.push.recipients;
        let units = self.way.units(users) as u64;
        if let Some(at) = self.at.checked_rem(units) {
            let left = first.from + units - self.at;
            let next = at as usize..(at + left).min(units) as usize;
            let (riders, caught_up) = (self.pushes.range(..self.riding), &self.caught_up);
            let done = here.reach(users, self.way, next, most, |outbox| {
                let has = caught_up.get(&outbox.connection());
                let lacks = riders.clone().filter(|rider| has < Some(&rider.push.seq));
                lacks.for_each(|rider| rider.push.put_into(outbox));
            });
            self.at += done as u64;
        }
        let bytes = self.let_off(units);
        self.let_on(here);
        bytes
    }

    /// Those leave who were all round.
    fn let_off(&mut self, units: u64) -> usize {
        let mut bytes = 0;
        while let Some(first) = self.pushes.front()
            && self.riding > 0
            && first.from + units <= self.at
        {
            bytes += first.push.frame.len();
            self.pushes.pop_front();
            self.riding -= 1;
        }
        // Who has no more than what is gone needs no note: a busy group may be in the lane for days.
        if bytes > 0
            && let Some(first) = self.pushes.front()
        {
            let next = first.push.seq;
            self.caught_up.retain(|_, has| *has >= next);
        }
        bytes
    }

    /// Brings a connection of this user all that it did not get yet.
    fn catch_up(&mut self, user: UserId, outbox: &Arc<Outbox>) {
        let (Some(first), Some(last)) = (self.pushes.front(), self.pushes.back()) else {
            return;
        };
        let users = &first.push.recipients;
        let units = self.way.units(users) as u64;
        // Where the walk was there last, if it was.
        let unit = self.way.unit(users, user);
        let last_there = unit.and_then(|unit| {
            let ahead = (unit as u64 + units - self.at % units) % units;
            (self.at + ahead).checked_sub(units)
        });
        let last_seq = last.push.seq;
        let has = self.caught_up.get(&outbox.connection()).copied();
        for (index, Rider { push, from }) in self.pushes.iter().enumerate() {
            let was_there = index < self.riding && last_there.is_some_and(|last| *from <= last);
            let is_meant = push.recipients.binary_search(&user).is_ok();
            if is_meant && !was_there && has < Some(push.seq) {
                push.put_into(outbox);
            }
        }
        self.caught_up.insert(outbox.connection(), last_seq);
    }
}

impl Push {
    /// Goes to all at once.
    fn go(&self, here: &Here) {
        here.for_each(&self.recipients, |outbox| self.put_into(outbox));
    }

    fn put_into(&self, outbox: &Arc<Outbox>) {
        if outbox.hears() && self.except != Some(outbox.connection()) {
            outbox.put(Item::Entry {
                conv: self.conv,
                seq: self.seq,
                target: self.target,
                frame: self.frame.clone(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::{Millis, SessionId};
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;
    use crate::outbox::Part;

    const USERS: u64 = 400;

    fn user(number: u64) -> UserId {
        UserId::new(1000 + number).unwrap()
    }

    /// So many users are connected, each once.
    fn connect(here: &Here, users: impl Iterator<Item = u64>) -> Vec<(UserId, Arc<Outbox>)> {
        users
            .map(|number| {
                let end = Millis::new(u64::from(u32::MAX)).unwrap();
                let session = SessionId::new(number + 1).unwrap();
                let outbox = Outbox::new(session, ConnectionId::after(number), end, 0);
                let outbox = Arc::new(outbox);
                outbox.set_part(Part::Full);
                let mut shard = here.shard(user(number));
                shard.users.insert(user(number), vec![Arc::clone(&outbox)]);
                here.count_in();
                (user(number), outbox)
            })
            .collect()
    }

    fn push(conv: u64, seq: u64, recipients: &Arc<[UserId]>) -> Push {
        Push {
            recipients: Arc::clone(recipients),
            except: None,
            conv: ConversationId::new(conv).unwrap(),
            seq: Seq::new(seq).unwrap(),
            target: None,
            frame: Utf8Bytes::from("x".repeat(100)),
        }
    }

    fn taken(outbox: &Outbox) -> Vec<(u64, u64)> {
        let mut items = VecDeque::new();
        outbox.take(&mut items);
        let entries = items.into_iter().map(|item| match item {
            Item::Entry { conv, seq, .. } => (conv.get(), seq.get()),
            other => panic!("{other:?}"),
        });
        entries.collect()
    }

    fn of(all: &[(u64, u64)], conv: u64) -> Vec<u64> {
        let of_it = all.iter().filter(|one| one.0 == conv);
        of_it.map(|one| one.1).collect()
    }

    /// Random pushes of three conversations whose members come and go and are many or few, between random steps: every
    /// member gets just what is meant for them, in the order of each conversation.
    #[tokio::test]
    async fn each_gets_what_is_meant_for_them_in_order() {
        let seed = rand::random();
        println!("seed {seed}");
        let mut random = StdRng::seed_from_u64(seed);
        for connected in [USERS, USERS / 4] {
            let here = Arc::new(Here::new());
            let every = USERS / connected;
            let connections = connect(&here, (0..connected).map(|number| number * every));
            let lane = Lane::start(Arc::clone(&here));
            let mut meant: HashMap<UserId, Vec<(u64, u64)>> = HashMap::new();
            let mut got: HashMap<UserId, Vec<(u64, u64)>> = HashMap::new();
            let mut members: [Arc<[UserId]>; 3] =
                [USERS, USERS / 2, 3].map(|most| (0..most).map(user).collect());
            for seq in 1..=300 {
                for (conv, members) in (1..).zip(&mut members) {
                    if random.random_ratio(1, 10) {
                        let most = random.random_range(1..=USERS);
                        *members = (0..most)
                            .filter(|_| random.random_bool(0.8))
                            .map(user)
                            .collect();
                    }
                    for member in members.iter() {
                        meant.entry(*member).or_default().push((conv, seq));
                    }
                    if random.random_ratio(1, 5) {
                        // Somebody sends: all that was before is there, at the latest now.
                        let (member, outbox) =
                            &connections[random.random_range(0..connections.len())];
                        let conv = ConversationId::new(conv).unwrap();
                        lane.catch_up(conv, *member, outbox.connection());
                        got.entry(*member).or_default().extend(taken(outbox));
                        let meant = meant.get(member).map(|all| of(all, conv.get()));
                        let meant: Vec<u64> = meant.unwrap_or_default();
                        let before = meant.iter().filter(|before| **before < seq);
                        let got = got.get(member).map(|all| of(all, conv.get()));
                        assert!(got.unwrap_or_default().iter().eq(before), "{member:?}");
                    }
                    lane.push(push(conv, seq, members));
                    for _ in 0..random.random_range(0..3) {
                        lane.step();
                    }
                }
            }
            while lane.step() {}
            for (member, outbox) in &connections {
                let mut got = got.remove(member).unwrap_or_default();
                got.extend(taken(outbox));
                let meant = meant.remove(member).unwrap_or_default();
                for conv in 1..=3 {
                    assert_eq!(of(&got, conv), of(&meant, conv), "{member:?} in {conv}");
                }
            }
            let walks = lane.walks.lock();
            assert!(walks.by_conv.is_empty() && walks.turns.is_empty());
            assert_eq!(walks.bytes, 0);
        }
    }

    /// A step reaches a few, then another conversation has its turn; what comes on the way gets on there.
    #[tokio::test]
    async fn conversations_take_turns_and_what_comes_meanwhile_goes_along() {
        let here = Arc::new(Here::new());
        let connections = connect(&here, 0..USERS);
        let lane = Lane::start(Arc::clone(&here));
        let all: Arc<[UserId]> = (0..USERS).map(user).collect();
        let reached = || {
            let taken = connections.iter().map(|(_, outbox)| taken(outbox));
            taken
                .filter(|entries| !entries.is_empty())
                .collect::<Vec<_>>()
        };
        lane.push(push(1, 1, &all));
        lane.push(push(2, 1, &all));
        lane.step();
        assert_eq!(reached(), vec![vec![(1, 1)]; LANE_STEP]);
        lane.step();
        assert_eq!(reached(), vec![vec![(2, 1)]; LANE_STEP]);
        let few: Arc<[UserId]> = Arc::new([user(7)]);
        lane.push(push(3, 1, &few));
        assert_eq!(reached(), [[(3, 1)]], "a few do not wait");
        lane.push(push(1, 2, &all));
        let mut both = 0;
        loop {
            lane.step();
            match &reached()[..] {
                [] => break,
                some if some[0][0].0 == 2 => {}
                some if some[0] == [(1, 1), (1, 2)] => both += some.len(),
                some => assert_eq!(
                    some,
                    vec![vec![(1, 2)]; LANE_STEP],
                    "those at the beginning"
                ),
            }
        }
        assert_eq!(both, USERS as usize - LANE_STEP);
    }

    /// A group that is never out of the lane, in which one after the other says something.
    #[tokio::test]
    async fn who_caught_up_is_noted_for_as_long_as_it_matters() {
        let here = Arc::new(Here::new());
        let connections = connect(&here, 0..USERS);
        let lane = Lane::start(Arc::clone(&here));
        let all: Arc<[UserId]> = (0..USERS).map(user).collect();
        let conv = ConversationId::new(1).unwrap();
        for (seq, (sender, outbox)) in (1..).zip(&connections) {
            lane.catch_up(conv, *sender, outbox.connection());
            lane.push(push(1, seq, &all));
            for _ in 0..USERS as usize / LANE_STEP {
                lane.step();
            }
            let walks = lane.walks.lock();
            let walk = &walks.by_conv[&conv];
            assert!(walk.caught_up.len() <= walk.pushes.len() + 1);
        }
    }

    /// Nobody takes a turn, and pushes come without end: they are pushed at once, and what is kept is bounded.
    #[tokio::test]
    async fn too_many_pushes_go_out_at_once() {
        let here = Arc::new(Here::new());
        let connections = connect(&here, 0..USERS);
        let lane = Lane::start(Arc::clone(&here));
        let all: Arc<[UserId]> = (0..USERS).map(user).collect();
        let mut got = 0;
        for seq in 1..=2 * LANE_PUSHES as u64 {
            lane.push(push(1, seq, &all));
            let walks = lane.walks.lock();
            let kept = walks.by_conv.values().map(|walk| walk.pushes.len());
            assert!(kept.sum::<usize>() <= LANE_PUSHES);
            got += taken(&connections[USERS as usize - 1].1).len();
        }
        assert!(got > LANE_PUSHES, "{got}");
        while lane.step() {}
        got += taken(&connections[USERS as usize - 1].1).len();
        assert_eq!(got, 2 * LANE_PUSHES);
    }
}
