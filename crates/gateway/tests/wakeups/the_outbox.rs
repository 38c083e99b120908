use std::collections::VecDeque;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Wake, Waker};

use hongyan_protocol::{CloseCode, ConversationId, Millis, Seq, SessionId};
use hongyan_service::ConnectionId;
use shuttle::{future, thread};

use crate::outbox::{Ending, Item, Outbox};
use crate::schedules::try_many;
use crate::sync::{Arc, AtomicBool, Ordering};

const ENTRIES: u64 = 3;
const SHUTDOWN: Ending = Ending::Now(CloseCode::Shutdown);

fn outbox() -> Arc<Outbox> {
    let (session, connection) = (SessionId::from_trusted(1), ConnectionId::after(0));
    let never = Millis::from_trusted((1 << 53) - 1);
    Arc::new(Outbox::new(session, connection, never, 0))
}

fn entry(conv: u64, seq: u64) -> Item {
    Item::Entry {
        conv: ConversationId::from_trusted(conv),
        seq: Seq::from_trusted(seq),
        target: None,
        frame: "push".into(),
    }
}

fn put_entries(outbox: &Arc<Outbox>, conv: u64) {
    let outbox = Arc::clone(outbox);
    thread::spawn(move || (1..=ENTRIES).for_each(|seq| outbox.put(entry(conv, seq))));
}

/// The entries of a conversation that are there, in order.
fn entries(items: &[Item], of: u64) -> Vec<u64> {
    let entries = items.iter().filter_map(|item| match item {
        Item::Entry { conv, seq, .. } if conv.get() == of => Some(seq.get()),
        _ => None,
    });
    entries.collect()
}

/// Waits and takes, until there are so many.
async fn take(outbox: &Outbox, count: usize) -> Vec<Item> {
    let (mut all, mut items) = (Vec::new(), VecDeque::new());
    while all.len() < count {
        outbox.changed().await;
        assert_eq!(outbox.take(&mut items), None);
        all.extend(items.drain(..));
    }
    all
}

#[test]
fn whatever_is_put_in_wakes_who_waits() {
    try_many(|| {
        let outbox = outbox();
        put_entries(&outbox, 1);
        put_entries(&outbox, 2);
        let items = future::block_on(take(&outbox, 2 * ENTRIES as usize));
        let in_order: Vec<u64> = (1..=ENTRIES).collect();
        assert_eq!(entries(&items, 1), in_order);
        assert_eq!(entries(&items, 2), in_order);
    });
}

/// Whoever is told to nudge does it after a while, as `nudges.rs` does.
#[test]
fn the_droppable_goes_out_with_the_next_or_with_a_nudge() {
    try_many(|| {
        let outbox = outbox();
        for _ in 0..2 {
            let outbox = Arc::clone(&outbox);
            thread::spawn(move || {
                for _ in 0..2 {
                    if outbox.put_droppable("receipt".into()) {
                        let outbox = Arc::clone(&outbox);
                        thread::spawn(move || outbox.nudge());
                    }
                }
            });
        }
        put_entries(&outbox, 1);
        future::block_on(take(&outbox, 4 + ENTRIES as usize));
    });
}

/// A task whose client takes nothing waits for the end only, as `connection::run` does.
#[test]
fn the_end_wakes_who_waits_for_it_and_who_waits_for_news() {
    try_many(|| {
        let outbox = outbox();
        put_entries(&outbox, 1);
        let ending = Arc::clone(&outbox);
        thread::spawn(move || ending.end(SHUTDOWN));
        let mut items = VecDeque::new();
        future::block_on(async {
            outbox.changed().await;
            if outbox.take(&mut items).is_some() {
                return;
            }
            assert_eq!(outbox.ended().await, SHUTDOWN);
            outbox.changed().await;
            items.clear();
            assert_eq!(outbox.take(&mut items), Some(SHUTDOWN));
        });
        assert!(items.is_empty(), "nothing gathers after the end");
    });
}

/// A task that runs on another thread than before, or in another `select`, has another waker.
#[test]
fn the_last_waker_is_woken() {
    try_many(|| {
        let outbox = outbox();
        put_entries(&outbox, 1);
        let mut changed = pin!(outbox.changed());
        let mut before = Context::from_waker(Waker::noop());
        if changed.as_mut().poll(&mut before).is_pending() {
            future::block_on(changed);
        }
    });
}

/// Passes on all wake-ups but the first.
struct Deaf {
    has_slept: AtomicBool,
    waker: Waker,
}

impl Wake for Deaf {
    fn wake(self: Arc<Self>) {
        if self.has_slept.swap(true, Ordering::SeqCst) {
            self.waker.wake_by_ref();
        }
    }
}

#[test]
fn a_lost_wake_up_is_found() {
    let found = catch_unwind(AssertUnwindSafe(|| {
        try_many(|| {
            let outbox = outbox();
            put_entries(&outbox, 1);
            future::block_on(async {
                let mut changed = pin!(outbox.changed());
                let mut deaf = None;
                poll_fn(|context| {
                    let deaf = deaf.get_or_insert_with(|| {
                        let has_slept = AtomicBool::new(false);
                        let waker = context.waker().clone();
                        Waker::from(Arc::new(Deaf { has_slept, waker }))
                    });
                    changed.as_mut().poll(&mut Context::from_waker(deaf))
                })
                .await;
            });
        });
    }));
    let report = found.unwrap_err();
    let report = report.downcast_ref::<String>().unwrap();
    assert!(report.contains("deadlock"), "{report}");
}
