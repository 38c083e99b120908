use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

use futures_util::FutureExt;
use hongyan_protocol::{CloseCode, ConversationId, Millis, Seq, SessionId};
use hongyan_service::ConnectionId;

use crate::limits::{LIVE_ITEMS, LIVE_PART, OUTBOX_BYTES, OUTBOX_MISSED, OUTBOX_PUSHES};
use crate::outbox::{Ending, Item, Outbox, Removals};

fn outbox() -> Outbox {
    let never = Millis::from_trusted((1 << 53) - 1);
    Outbox::new(SessionId::from_trusted(1), ConnectionId::after(0), never, 0)
}

fn entry(seq: u64, bytes: usize) -> Item {
    Item::Entry {
        conv: ConversationId::from_trusted(1),
        seq: Seq::from_trusted(seq),
        target: None,
        frame: "x".repeat(bytes).into(),
    }
}

fn taken(outbox: &Outbox) -> (usize, Option<Ending>) {
    let mut items = VecDeque::new();
    let ending = outbox.take(&mut items);
    (items.len(), ending)
}

fn missed(outbox: &Outbox) -> Vec<(u64, u64, u64)> {
    let mut items = VecDeque::new();
    outbox.take(&mut items);
    let missed = items.iter().filter_map(|item| match item {
        Item::Missed { conv, first, last } => Some((conv.get(), first.get(), last.get())),
        _ => None,
    });
    missed.collect()
}

fn entry_of(conv: u64, seq: u64, bytes: usize) -> Item {
    Item::Entry {
        conv: ConversationId::from_trusted(conv),
        seq: Seq::from_trusted(seq),
        target: None,
        frame: "x".repeat(bytes).into(),
    }
}

#[test]
fn what_is_removed_by_what_had_no_room_is_told() {
    let outbox = outbox();
    outbox.put(entry_of(1, 1, OUTBOX_BYTES));
    outbox.put(Item::Entry {
        conv: ConversationId::from_trusted(1),
        seq: Seq::from_trusted(2),
        target: Some(Seq::from_trusted(1)),
        frame: "recall".into(),
    });
    let mut items = VecDeque::new();
    outbox.take(&mut items);
    assert_eq!(items.len(), 3);
    let (conv, seq) = (ConversationId::from_trusted(1), Seq::from_trusted);
    assert!(Removals::of(&items).contain(conv, seq(1), None));
}

#[test]
fn of_pushes_too_many_the_numbers_are_kept_and_nothing_overtakes_them() {
    let outbox = outbox();
    for seq in 0..OUTBOX_PUSHES as u64 {
        outbox.put(entry(seq, 1));
    }
    outbox.put(entry_of(2, 9, 1));
    outbox.put(entry_of(2, 11, 1));
    outbox.put(entry_of(2, 10, 1));
    outbox.put(entry_of(1, 9999, 1));
    let mut items = VecDeque::new();
    assert_eq!(outbox.take(&mut items), None);
    assert_eq!(items.len(), OUTBOX_PUSHES + 2);
    assert!(matches!(items.back(), Some(Item::Missed { .. })));
    assert!(missed(&outbox).is_empty(), "there is room again");
}

#[test]
fn of_bytes_too_many_as_well_but_one_large_frame_passes() {
    let large = outbox();
    large.put(entry(1, OUTBOX_BYTES + 1));
    assert_eq!(taken(&large), (1, None));
    let many = outbox();
    many.put(entry_of(1, 1, OUTBOX_BYTES - 10));
    many.put(entry_of(2, 7, 11));
    // It would have room, but what it follows had none.
    many.put(entry_of(2, 8, 1));
    many.put(entry_of(3, 1, 1));
    assert_eq!(missed(&many), [(2, 7, 8)]);
}

#[test]
fn one_conversation_too_many_closes_resumable_and_frees_the_memory() {
    let outbox = outbox();
    let most = (OUTBOX_PUSHES + OUTBOX_MISSED) as u64;
    for conv in 1..=most {
        outbox.put(entry_of(conv, 1, 1));
    }
    assert_eq!(outbox.ended().now_or_never(), None);
    outbox.put(entry_of(most + 1, 1, 1));
    assert_eq!(
        taken(&outbox),
        (0, Some(Ending::Now(CloseCode::SlowReader)))
    );
    assert!(CloseCode::means_reconnect(CloseCode::SlowReader.number()));
    outbox.put(entry(10_000, 1));
    assert_eq!(taken(&outbox).0, 0, "nothing gathers after the end");
}

#[test]
fn the_droppable_goes_first() {
    let outbox = outbox();
    outbox.put(entry(1, OUTBOX_BYTES / 2));
    assert!(!outbox.put_droppable("receipt".into()));
    assert_eq!(taken(&outbox), (1, None));
    assert!(outbox.put_droppable("receipt".into()));
    assert_eq!(taken(&outbox), (1, None));
}

#[test]
fn the_droppable_waits_for_company_or_a_nudge() {
    let outbox = outbox();
    let is_woken = || outbox.changed().now_or_never().is_some();
    assert!(outbox.put_droppable("receipt".into()), "nothing else wakes");
    assert!(
        !outbox.put_droppable("receipt".into()),
        "one nudge is enough"
    );
    assert!(!is_woken());
    outbox.put(entry(1, 1));
    assert!(is_woken());
    assert_eq!(taken(&outbox).0, 3);
    outbox.nudge();
    assert!(!is_woken(), "it has gone out already");
    assert!(outbox.put_droppable("receipt".into()));
    outbox.nudge();
    assert!(is_woken());
}

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn who_waits_is_woken_once_by_what_does_not_wait() {
    let outbox = outbox();
    let count = Arc::new(Count(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&count));
    let is_ready = || {
        let mut context = Context::from_waker(&waker);
        pin!(outbox.changed()).poll(&mut context).is_ready()
    };
    let woken = || count.0.swap(0, Ordering::Relaxed);
    assert!(!is_ready() && !is_ready());
    assert!(outbox.put_droppable("receipt".into()));
    assert_eq!(woken(), 0);
    outbox.put(entry(1, 1));
    outbox.put(entry(2, 1));
    assert_eq!(woken(), 1);
    assert!(is_ready() && is_ready(), "until it is taken");
    assert_eq!(taken(&outbox).0, 3);
    assert!(!is_ready());
    outbox.end(Ending::Now(CloseCode::Shutdown));
    assert_eq!(woken(), 1);
    assert!(is_ready());
}

#[test]
fn the_first_reason_stands() {
    let outbox = outbox();
    outbox.end(Ending::Now(CloseCode::SessionRevoked));
    outbox.end(Ending::Now(CloseCode::Shutdown));
    assert_eq!(
        taken(&outbox).1,
        Some(Ending::Now(CloseCode::SessionRevoked))
    );
}

#[test]
fn what_is_live_goes_before_all_else_when_there_is_little_room() {
    let outbox = outbox();
    let frame = || "x".repeat(100).into();
    assert!(outbox.put_live(frame()), "somebody is to wake it");
    for seq in 1..LIVE_ITEMS as u64 {
        outbox.put(entry(seq, 10));
    }
    let _ = outbox.put_live(frame());
    assert_eq!(taken(&outbox), (LIVE_ITEMS, None), "too many wait");
    outbox.put(entry(100, OUTBOX_BYTES / LIVE_PART));
    let _ = outbox.put_live(frame());
    let _ = outbox.put_droppable(frame());
    outbox.put(entry(101, 10));
    assert_eq!(
        taken(&outbox),
        (3, None),
        "a receipt has room, and an entry"
    );
}
