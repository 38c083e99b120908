//! Delivered positions, gathered: acks come with every push, and only the last one counts.
//!
//! ack → **positions** → (after 100 ms) queue → store → receipts
//!
//! A position waits here until it is stored, and the user's own syncs read it from here. So a client that comes
//! back at once is told what it acked a moment ago. When a connection ends, the positions of its user are written.
//!
//! A few due positions go at once, in one commit. Of many, a tenth goes at a time: thousands in one batch would be
//! a pause for everybody, and as many receipts after it.
//!
//! A crash loses the positions of that time at most. That is harmless: the client's next ack or sync brings them
//! again. Read positions are a person's act, and are written at once.

use std::collections::VecDeque;
use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;

use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::Move;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::committer::{Job, Mover, Queue};
use crate::limits::{PENDING_POSITIONS, POSITION_DELAY, POSITION_STEPS, POSITIONS_A_STEP};
use crate::{Caller, ConnectionId};

/// The positions that wait, and the task that writes them.
pub(crate) struct Positions {
    pending: Arc<Mutex<Pending>>,
    queue: Queue,
    wake: Arc<Notify>,
}

/// Whose position in which conversation.
type Key = (UserId, ConversationId);

/// The positions that wait, and since when, the oldest first.
#[derive(Default)]
pub(crate) struct Pending {
    positions: BTreeMap<Key, Position>,
    /// What was written before its turn still stands here.
    order: VecDeque<(Instant, Key)>,
    /// On their way to the store: as many at most as the queue holds.
    writing: BTreeMap<Key, Seq>,
}

/// A position that waits.
struct Position {
    seq: Seq,
    /// Where it came from, if only from there: it knows.
    connection: Option<ConnectionId>,
}

impl Positions {
    /// Starts the task that writes them. It ends with them.
    pub(crate) fn start(queue: Queue, pending: Arc<Mutex<Pending>>) -> Arc<Self> {
        let wake = Arc::new(Notify::new());
        let positions = Arc::new(Self {
            pending,
            queue,
            wake: Arc::clone(&wake),
        });
        let weak = Arc::downgrade(&positions);
        tokio::spawn(async move {
            loop {
                wake.notified().await;
                sleep(POSITION_DELAY).await;
                loop {
                    let Some(positions) = weak.upgrade() else {
                        return;
                    };
                    if !positions.flush_some() {
                        break;
                    }
                    drop(positions);
                    sleep(POSITION_DELAY / POSITION_STEPS).await;
                }
            }
        });
        positions
    }

    /// Notes that the caller holds `conv` up to `seq`, and knows that to be within the log.
    pub(crate) fn delivered(&self, caller: &Caller, conv: ConversationId, seq: Seq) {
        let key = (caller.user(), conv);
        let (now, from) = (Instant::now(), caller.connection());
        if self.pending.lock().note(key, seq, from, now) {
            self.wake.notify_one();
        }
    }

    /// Up to where the user's devices hold conversations, as far as that is not in the store yet. Ask before the
    /// store is read: what is written in between is then in both.
    pub(crate) fn of(&self, user: UserId) -> Vec<(ConversationId, Seq)> {
        self.pending.lock().of(user)
    }

    /// Writes what waits of this user, now.
    pub(crate) fn flush_user(&self, user: UserId) {
        let own = self.pending.lock().take_user(user);
        self.write(own);
    }

    /// Writes what waits, now.
    pub(crate) fn flush(&self) {
        let all = self.pending.lock().take(usize::MAX, Instant::now());
        self.write(all);
    }

    /// Writes some of what has waited long enough. Whether anything still waits.
    fn flush_some(&self) -> bool {
        let (some, remain) = {
            let mut pending = self.pending.lock();
            let count = pending.step();
            let since = Instant::now() - POSITION_DELAY;
            (pending.take(count, since), !pending.order.is_empty())
        };
        self.write(some);
        remain
    }

    fn write(&self, positions: Vec<(Key, Position)>) {
        for ((user, conv), Position { seq, connection }) in positions {
            let moved = Move {
                user,
                conv,
                read: None,
                delivered: Some(seq),
            };
            let mover = Mover {
                reply: None,
                connection,
            };
            if !self.queue.offer(Job::Move(moved, mover)) {
                self.pending.lock().written((user, conv), seq);
            }
        }
    }
}

impl Drop for Positions {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

impl Pending {
    /// What was taken is in the store, or will not get there.
    pub(crate) fn written(&mut self, key: Key, seq: Seq) {
        if self.writing.get(&key).is_some_and(|last| *last <= seq) {
            self.writing.remove(&key);
        }
    }

    fn of(&self, user: UserId) -> Vec<(ConversationId, Seq)> {
        let own = conversations_of(user);
        let waiting = self.positions.range(own.clone());
        let waiting = waiting.map(|((_, conv), position)| (*conv, position.seq));
        let writing = self
            .writing
            .range(own)
            .map(|((_, conv), seq)| (*conv, *seq));
        waiting.chain(writing).collect()
    }

    fn take_user(&mut self, user: UserId) -> Vec<(Key, Position)> {
        let own = self.positions.range(conversations_of(user));
        let keys: Vec<Key> = own.map(|(key, _)| *key).collect();
        self.take_keys(keys)
    }

    fn take_keys(&mut self, keys: impl IntoIterator<Item = Key>) -> Vec<(Key, Position)> {
        let mut taken = Vec::new();
        for key in keys {
            if let Some(position) = self.positions.remove(&key) {
                let seq = self.writing.entry(key).or_default();
                *seq = position.seq.max(*seq);
                taken.push((key, position));
            }
        }
        taken
    }

    /// Whether it is the first that waits.
    fn note(&mut self, key: Key, seq: Seq, connection: Option<ConnectionId>, now: Instant) -> bool {
        let waiting = self.positions.len();
        match self.positions.entry(key) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.seq = seq.max(known.seq);
                if known.connection != connection {
                    known.connection = None;
                }
            }
            Entry::Vacant(free) if waiting < PENDING_POSITIONS => {
                free.insert(Position { seq, connection });
                self.order.push_back((now, key));
            }
            Entry::Vacant(_) => {}
        }
        waiting == 0
    }

    /// How many are to be written at a time.
    fn step(&self) -> usize {
        let steps = usize::try_from(POSITION_STEPS).unwrap_or(1);
        POSITIONS_A_STEP.max(self.order.len().div_ceil(steps))
    }

    /// Those that have waited since then or longer, so many at most.
    fn take(&mut self, count: usize, since: Instant) -> Vec<(Key, Position)> {
        let due = self.order.partition_point(|(noted, _)| *noted <= since);
        let keys: Vec<Key> = self
            .order
            .drain(..due.min(count))
            .map(|(_, key)| key)
            .collect();
        self.take_keys(keys)
    }
}

/// Every key of one user.
fn conversations_of(user: UserId) -> std::ops::RangeInclusive<Key> {
    let last = ConversationId::from_trusted((1 << 53) - 1);
    (user, ConversationId::default())..=(user, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> Key {
        let conv = ConversationId::new(number + 1).unwrap();
        (UserId::new(1000).unwrap(), conv)
    }

    fn seq(number: u64) -> Seq {
        Seq::new(number).unwrap()
    }

    /// So many, noted at that time.
    fn pending(count: u64, at: Instant) -> Pending {
        let mut pending = Pending::default();
        for number in 0..count {
            assert_eq!(pending.note(key(number), seq(1), None, at), number == 0);
        }
        pending
    }

    fn take_step(pending: &mut Pending, since: Instant) -> Vec<(Key, Seq)> {
        let count = pending.step();
        let taken = pending.take(count, since).into_iter();
        taken.map(|(key, position)| (key, position.seq)).collect()
    }

    #[test]
    fn only_the_last_position_counts_and_it_keeps_its_place() {
        let now = Instant::now();
        let mut pending = pending(2, now);
        let later = now + POSITION_DELAY;
        pending.note(key(0), seq(5), None, later);
        pending.note(key(0), seq(4), None, later);
        let taken = take_step(&mut pending, now);
        assert_eq!(taken, [(key(0), seq(5)), (key(1), seq(1))]);
        assert!(
            pending.note(key(0), seq(6), None, later),
            "nothing else waits"
        );
        assert_eq!(take_step(&mut pending, now), []);
        assert_eq!(take_step(&mut pending, later), [(key(0), seq(6))]);
    }

    #[test]
    fn a_position_is_told_of_until_it_is_written() {
        let now = Instant::now();
        let mut pending = pending(2, now);
        let (user, first) = key(0);
        let (_, second) = key(1);
        let stranger = UserId::new(1001).unwrap();
        assert_eq!(pending.of(stranger), []);
        assert_eq!(pending.of(user), [(first, seq(1)), (second, seq(1))]);
        assert_eq!(take_step(&mut pending, now).len(), 2);
        assert_eq!(pending.of(user), [(first, seq(1)), (second, seq(1))]);
        pending.note(key(0), seq(3), None, now);
        pending.written(key(1), seq(1));
        assert_eq!(pending.of(user), [(first, seq(3)), (first, seq(1))]);
        let taken = pending.take_user(user);
        assert_eq!(taken.len(), 1, "without waiting for its turn");
        pending.written(key(0), seq(1));
        assert_eq!(
            pending.of(user),
            [(first, seq(3))],
            "the later one is still on its way"
        );
        assert_eq!(take_step(&mut pending, now), [], "it went before its turn");
        pending.written(key(0), seq(3));
        assert_eq!(pending.of(user), []);
    }

    #[test]
    fn few_go_at_once_and_of_many_a_tenth() {
        let now = Instant::now();
        assert_eq!(take_step(&mut pending(64, now), now).len(), 64);
        let mut some = pending(100, now);
        assert_eq!(take_step(&mut some, now).len(), 64);
        assert_eq!(take_step(&mut some, now).first(), Some(&(key(64), seq(1))));
        assert_eq!(take_step(&mut pending(1000, now), now).len(), 100);
    }

    #[test]
    fn what_is_too_much_is_dropped() {
        let (limit, now) = (PENDING_POSITIONS as u64, Instant::now());
        let mut pending = pending(limit, now);
        pending.note(key(limit), seq(1), None, now);
        pending.note(key(1), seq(2), None, now);
        let all = pending.take(usize::MAX, now);
        assert_eq!(all.len(), PENDING_POSITIONS);
        assert_eq!(all[1].1.seq, seq(2));
    }
}
