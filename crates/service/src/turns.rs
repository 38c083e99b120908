//! A fair queue, for work that only a few can do at a time: round robin by address, and within an address by name.
//!
//! A client that asks for much thus waits for itself.
//!
//! Owns: the waiting requests.
//! Promises: between two turns of one address every other waiting address has a turn; the same holds for the names
//! of an address. When too many wait, the last of the longest line goes, never one of a short line.
//! Not here: the work itself.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// Who asks for a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asking {
    /// Where from.
    pub(crate) address: Option<IpAddr>,
    /// In whose name.
    pub(crate) name: String,
}

/// Turns, so many at a time.
pub(crate) struct Turns(Mutex<State>);

/// The right to go on; given back when dropped.
pub(crate) struct Turn(Arc<Turns>);

struct State {
    /// Turns that nobody has.
    free: usize,
    queue: Queue<oneshot::Sender<Turn>>,
}

impl Turns {
    /// So many turns at a time, and so many that may wait for one.
    pub(crate) fn new(at_a_time: usize, waiting: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            free: at_a_time,
            queue: Queue::new(waiting),
        })))
    }

    /// Returns when it is the asker's turn; `None` for one that lost its place because too many wait.
    pub(crate) async fn take(self: &Arc<Self>, asking: Asking) -> Option<Turn> {
        let turn = {
            let mut state = self.0.lock();
            if state.free > 0 {
                state.free -= 1;
                return Some(Turn(Arc::clone(self)));
            }
            let (sender, turn) = oneshot::channel();
            // Who went away meanwhile takes no place.
            state.queue.retain(|waiting| !waiting.is_closed());
            // Dropped: whoever lost its place is told so.
            drop(state.queue.push(asking, sender));
            turn
        };
        turn.await.ok()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        loop {
            let mut state = self.0.0.lock();
            let Some(next) = state.queue.pop() else {
                state.free += 1;
                return;
            };
            drop(state);
            match next.send(Self(Arc::clone(&self.0))) {
                Ok(()) => return,
                // Whoever waited went away: the turn is the next one's, and is not given back twice.
                Err(unused) => std::mem::forget(unused),
            }
        }
    }
}

/// Lines of those who wait: one for each name of each address.
struct Queue<T> {
    addresses: VecDeque<Address<T>>,
    waiting: usize,
    capacity: usize,
}

struct Address<T> {
    address: Option<IpAddr>,
    lines: VecDeque<Line<T>>,
    waiting: usize,
}

struct Line<T> {
    name: String,
    waiting: VecDeque<T>,
}

impl<T> Queue<T> {
    fn new(capacity: usize) -> Self {
        Self {
            addresses: VecDeque::new(),
            waiting: 0,
            capacity,
        }
    }

    /// Puts one at the end of its line. Returns the one that has to go for it, perhaps itself.
    fn push(&mut self, asking: Asking, item: T) -> Option<T> {
        let mut known = self.addresses.iter();
        let known = known.position(|address| address.address == asking.address);
        let index = known.unwrap_or_else(|| {
            self.addresses.push_back(Address {
                address: asking.address,
                lines: VecDeque::new(),
                waiting: 0,
            });
            self.addresses.len() - 1
        });
        self.addresses[index].push(asking.name, item);
        self.waiting += 1;
        if self.waiting > self.capacity {
            self.pop_from_longest()
        } else {
            None
        }
    }

    /// The next one: its address and its name go to the end of the round.
    fn pop(&mut self) -> Option<T> {
        let mut address = self.addresses.pop_front()?;
        let mut line = address.lines.pop_front()?;
        let item = line.waiting.pop_front()?;
        if !line.waiting.is_empty() {
            address.lines.push_back(line);
        }
        address.waiting -= 1;
        if address.waiting > 0 {
            self.addresses.push_back(address);
        }
        self.waiting -= 1;
        Some(item)
    }

    fn pop_from_longest(&mut self) -> Option<T> {
        let address = self
            .addresses
            .iter_mut()
            .max_by_key(|address| address.waiting)?;
        let line = address
            .lines
            .iter_mut()
            .max_by_key(|line| line.waiting.len())?;
        let item = line.waiting.pop_back();
        self.retain(|_| true);
        item
    }

    /// Keeps only these, and counts anew.
    fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        for address in &mut self.addresses {
            for line in &mut address.lines {
                line.waiting.retain(&mut keep);
            }
            address.lines.retain(|line| !line.waiting.is_empty());
            address.waiting = address.lines.iter().map(|line| line.waiting.len()).sum();
        }
        self.addresses.retain(|address| address.waiting > 0);
        self.waiting = self.addresses.iter().map(|address| address.waiting).sum();
    }
}

impl<T> Address<T> {
    fn push(&mut self, name: String, item: T) {
        self.waiting += 1;
        match self.lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.waiting.push_back(item),
            None => self.lines.push_back(Line {
                name,
                waiting: VecDeque::from([item]),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(address: u8, name: &str) -> Asking {
        Asking {
            address: Some(IpAddr::from([192, 0, 2, address])),
            name: name.into(),
        }
    }

    fn drain(queue: &mut Queue<u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn addresses_take_turns_and_so_do_the_names_of_one() {
        let mut queue = Queue::new(100);
        for number in 0..4 {
            queue.push(asking(1, "many"), number);
        }
        queue.push(asking(1, "one"), 10);
        queue.push(asking(2, "other"), 20);
        queue.push(asking(2, "other"), 21);
        assert_eq!(drain(&mut queue), [0, 20, 10, 21, 1, 2, 3]);
    }

    #[test]
    fn where_too_many_wait_the_longest_line_loses_its_last() {
        let mut queue = Queue::new(5);
        for number in 0..5 {
            assert_eq!(queue.push(asking(1, "many"), number), None);
        }
        assert_eq!(queue.push(asking(1, "many"), 5), Some(5), "itself");
        assert_eq!(queue.push(asking(1, "one"), 10), Some(4));
        assert_eq!(queue.push(asking(2, "other"), 20), Some(3));
        assert_eq!(queue.waiting, 5);
        assert_eq!(drain(&mut queue), [0, 20, 10, 1, 2]);
        assert_eq!(queue.waiting, 0);
    }

    #[tokio::test]
    async fn who_went_away_takes_no_turn() {
        let turns = Turns::new(1, 2);
        let first = turns.take(asking(1, "a")).await.unwrap();
        let mut gone = Box::pin(turns.take(asking(1, "b")));
        let mut stays = Box::pin(turns.take(asking(1, "c")));
        assert!(futures_poll(&mut gone).is_none());
        assert!(futures_poll(&mut stays).is_none());
        drop(gone);
        drop(first);
        let second = stays.await.expect("a turn");
        drop(second);
        assert_eq!(turns.0.lock().free, 1);
    }

    /// What a future has now.
    fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut context) {
            std::task::Poll::Ready(done) => Some(done),
            std::task::Poll::Pending => None,
        }
    }
}
