//! The way from the client's task to the application: a bounded stream of events.
//!
//! task → backlog → channel → [`Events`]
//!
//! Owns: what the application has not taken yet, and what it has taken but not finished.
//! Promises: bounded memory. The channel has a capacity; what does not fit goes to a backlog, and
//! while there is one, [`Outlet::is_stalled`] tells the task to take in no more entries. So the
//! backlog holds what one frame of the server can release, and notices of the outbox, whose
//! requests are refused at [`Outlet::is_full`]. Receipts are dropped meanwhile: the sync after the
//! stall tells them anew.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use futures_util::Stream;
use hongyan_protocol::{ConversationId, Seq};
use tokio::sync::mpsc;

use crate::Event;

/// Notices of the outbox in the backlog, beyond which no request is taken.
const BACKLOG: usize = 4096;

/// The events of one client: see [`Event`]. A stream that ends when the client has stopped.
///
/// Asking for the next event says that the one before it is dealt with. With a state directory,
/// an entry that was not is delivered again after a crash.
///
/// A program that only sends drops the stream: then entries are acknowledged and forgotten.
#[derive(Debug)]
pub struct Events {
    receiver: mpsc::Receiver<Event>,
    taken: u64,
    finished: Arc<AtomicU64>,
}

impl Events {
    /// The next event; `None` once the client has stopped and everything was read. Dropping the
    /// future before it is ready loses nothing.
    pub async fn next(&mut self) -> Option<Event> {
        self.finish();
        let event = self.receiver.recv().await;
        self.taken += u64::from(event.is_some());
        event
    }

    fn finish(&self) {
        self.finished.store(self.taken, Ordering::Release);
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.finish();
        let polled = self.receiver.poll_recv(context);
        if let Poll::Ready(Some(_)) = polled {
            self.taken += 1;
        }
        polled
    }
}

/// The task's end of the stream.
#[derive(Debug)]
pub(crate) struct Outlet {
    sender: mpsc::Sender<Event>,
    backlog: VecDeque<Event>,
    /// Events put in, the backlog counted: the number of the last one.
    pushed: u64,
    finished: Arc<AtomicU64>,
    /// Entries put in and not known to be finished, with their numbers.
    unfinished: VecDeque<(u64, ConversationId, Seq)>,
    missed: bool,
}

/// A stream of this capacity.
pub(crate) fn stream(capacity: usize) -> (Outlet, Events) {
    let (sender, receiver) = mpsc::channel(capacity);
    let finished = Arc::new(AtomicU64::new(0));
    let outlet = Outlet {
        sender,
        backlog: VecDeque::new(),
        pushed: 0,
        finished: Arc::clone(&finished),
        unfinished: VecDeque::new(),
        missed: false,
    };
    let events = Events {
        receiver,
        taken: 0,
        finished,
    };
    (outlet, events)
}

impl Outlet {
    /// Puts an event in. Without a stream to read it, it is forgotten.
    pub(crate) fn push(&mut self, event: Event) {
        if self.sender.is_closed() {
            self.backlog.clear();
            self.unfinished.clear();
            return;
        }
        if self.is_stalled() {
            if matches!(event, Event::Receipt(_)) {
                self.missed = true;
                return;
            }
            if let Some(last) = self.backlog.back_mut()
                && is_about_connection(last)
                && is_about_connection(&event)
            {
                *last = event;
                return;
            }
        }
        self.pushed += 1;
        if matches!(event, Event::Reset) {
            // Entries of another history have no part in how far this one is dealt with.
            self.unfinished.clear();
        }
        if let Event::Entry(entry) = &event {
            self.forget_finished();
            self.unfinished
                .push_back((self.pushed, entry.conv, entry.seq));
        }
        if self.is_stalled() {
            self.backlog.push_back(event);
            return;
        }
        match self.sender.try_send(event) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
            Err(mpsc::error::TrySendError::Full(event)) => self.backlog.push_back(event),
        }
    }

    /// Whether the application is behind: entries must wait on the server.
    pub(crate) fn is_stalled(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// Whether the application is so far behind that it may not even send.
    pub(crate) fn is_full(&self) -> bool {
        self.backlog.len() >= BACKLOG
    }

    /// Notes that something was left out, because of a stall.
    pub(crate) fn miss(&mut self) {
        self.missed = true;
    }

    /// Whether something was left out since the last call: then a sync is due.
    pub(crate) fn take_missed(&mut self) -> bool {
        std::mem::take(&mut self.missed)
    }

    /// Waits for room and moves the backlog on; for ever where there is none. Cancel-safe.
    pub(crate) async fn drain(&mut self) {
        if self.backlog.is_empty() {
            return std::future::pending().await;
        }
        match self.sender.reserve().await {
            Ok(permit) => {
                if let Some(event) = self.backlog.pop_front() {
                    permit.send(event);
                }
            }
            Err(_) => {
                self.backlog.clear();
                return;
            }
        }
        while let Ok(permit) = self.sender.try_reserve() {
            match self.backlog.pop_front() {
                Some(event) => permit.send(event),
                None => return,
            }
        }
    }

    /// For each conversation, the first entry that the application has not finished.
    pub(crate) fn unfinished(&mut self) -> HashMap<ConversationId, Seq> {
        self.forget_finished();
        let mut first = HashMap::new();
        for (_, conv, seq) in &self.unfinished {
            first.entry(*conv).or_insert(*seq);
        }
        first
    }

    /// Whether the application has entries that it may not have finished.
    pub(crate) fn has_unfinished(&self) -> bool {
        !self.unfinished.is_empty()
    }

    fn forget_finished(&mut self) {
        if self.sender.is_closed() {
            self.unfinished.clear();
        }
        let finished = self.finished.load(Ordering::Acquire);
        while self
            .unfinished
            .front()
            .is_some_and(|(number, ..)| *number <= finished)
        {
            self.unfinished.pop_front();
        }
    }
}

/// Whether a later event of this sort makes this one stale.
fn is_about_connection(event: &Event) -> bool {
    matches!(
        event,
        Event::Connecting { .. }
            | Event::Connected { .. }
            | Event::CaughtUp
            | Event::Disconnected { .. }
    )
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use hongyan_protocol::{Body, ClientId, Entry, EntryId, EntryKind, Millis, UserId};

    use super::*;

    fn entry(conv: u64, seq: u64) -> Event {
        Event::Entry(Entry {
            event: None,
            conv: ConversationId::from_trusted(conv),
            seq: Seq::from_trusted(seq),
            id: EntryId::from_trusted(seq),
            kind: EntryKind::Message,
            from: UserId::from_trusted(1),
            at: Millis::from_trusted(0),
            client_id: ClientId::new("c").unwrap(),
            body: Some(Body::text("hi")),
            reply_to: None,
            mentions: Vec::new(),
            mentions_all: false,
            topic: None,
            expires_at: None,
            origin: None,
            target: None,
            edited_by: None,
            recalled_by: None,
        })
    }

    fn first_unfinished(outlet: &mut Outlet) -> Option<u64> {
        let conv = ConversationId::from_trusted(1);
        outlet.unfinished().get(&conv).map(|seq| seq.get())
    }

    #[tokio::test]
    async fn what_does_not_fit_waits_in_order() {
        let (mut outlet, mut events) = stream(2);
        for seq in 1..=5 {
            outlet.push(entry(1, seq));
        }
        assert!(outlet.is_stalled());
        for expected in 1..=5 {
            if outlet.is_stalled() && expected > 2 {
                outlet.drain().await;
            }
            let Some(Event::Entry(entry)) = events.next().await else {
                panic!("no entry {expected}");
            };
            assert_eq!(entry.seq.get(), expected);
        }
        assert!(!outlet.is_stalled());
    }

    #[tokio::test]
    async fn an_entry_is_finished_when_the_next_is_asked_for() {
        let (mut outlet, mut events) = stream(8);
        outlet.push(entry(1, 1));
        outlet.push(Event::CaughtUp);
        outlet.push(entry(1, 2));
        assert_eq!(first_unfinished(&mut outlet), Some(1));
        events.next().await;
        assert_eq!(first_unfinished(&mut outlet), Some(1), "still in hand");
        events.next().await;
        assert_eq!(first_unfinished(&mut outlet), Some(2));
        events.next().await;
        assert!(events.next().now_or_never().is_none());
        assert_eq!(first_unfinished(&mut outlet), None);
    }

    #[tokio::test]
    async fn a_stall_drops_receipts_and_keeps_the_last_word_on_the_connection() {
        let (mut outlet, _events) = stream(1);
        outlet.push(entry(1, 1));
        for attempt in 1..=1000 {
            outlet.push(Event::Connecting { attempt });
            outlet.push(Event::Receipt(hongyan_protocol::Receipt {
                conv: ConversationId::from_trusted(1),
                user: UserId::from_trusted(2),
                read: Seq::ZERO,
                delivered: Seq::ZERO,
            }));
        }
        assert_eq!(outlet.backlog.len(), 1);
        assert!(outlet.take_missed());
        assert!(!outlet.take_missed());
    }

    #[tokio::test]
    async fn without_a_reader_nothing_piles_up() {
        let (mut outlet, events) = stream(1);
        drop(events);
        for seq in 1..=100 {
            outlet.push(entry(1, seq));
        }
        assert!(!outlet.is_stalled());
        assert!(outlet.unfinished().is_empty());
    }
}
