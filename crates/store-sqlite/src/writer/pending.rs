//! What is journaled and not carried out yet, as the writer needs it.
//!
//! Owns: the journaled messages and where they go, in the order in which they were journaled.
//! Promises: bounded, by the writer, which has everything carried out when there [are many](Pending::is_due) and waits
//! for that when it [is full](Pending::is_full).
//! Not here: positions and heads (`cache`).

use std::collections::BTreeMap;
use std::sync::Arc;

use hongyan_protocol::{ClientId, UserId};
use hongyan_store::{Append, Body, Change};

use super::append::Place;

/// Writes from which on they are carried out. More makes each cheaper, because more of them share a page; and a read
/// that needs them waits longer.
const WRITES: usize = 8192;

/// Bytes of text from which on they are carried out.
const TEXT_BYTES: usize = 8 * 1024 * 1024;

/// How many times as much there may be, while what was before is carried out. Under full load that is where it comes
/// to: the more, the less often all wait for the disk together, and the longer a read may wait.
const MOST: usize = 2;

/// A journaled message.
pub(super) struct Entry {
    pub(super) append: Append,
    pub(super) place: Place,
}

#[derive(Default)]
pub(super) struct Pending {
    messages: Messages<Vec<Entry>>,
    moves: usize,
    text_bytes: usize,
}

/// Messages that can be found by who sent them and under which client id.
#[derive(Default)]
pub(super) struct Messages<E> {
    entries: E,
    /// Where the first so many of them are, see [`first_from`](Self::first_from).
    by_client_id: BTreeMap<(UserId, ClientId), usize>,
}

impl Pending {
    pub(super) fn add(&mut self, append: Append, place: Place) {
        if let Change::Message {
            body: Body::Text(text),
            ..
        } = &append.change
        {
            self.text_bytes += text.len();
        }
        self.messages.entries.push(Entry { append, place });
    }

    pub(super) fn add_move(&mut self) {
        self.moves += 1;
    }

    pub(super) fn messages(&mut self) -> &mut Messages<Vec<Entry>> {
        &mut self.messages
    }

    /// The messages, to be carried out by somebody else while they still can be found here.
    pub(super) fn share(self) -> Messages<Arc<[Entry]>> {
        Messages {
            entries: self.messages.entries.into(),
            by_client_id: self.messages.by_client_id,
        }
    }

    /// Writes, messages and moves together.
    pub(super) fn writes(&self) -> usize {
        self.messages.entries.len() + self.moves
    }

    pub(super) fn is_empty(&self) -> bool {
        self.writes() == 0
    }

    /// Whether it is to be carried out as soon as that can be.
    pub(super) fn is_due(&self) -> bool {
        self.writes() >= WRITES || self.text_bytes >= TEXT_BYTES
    }

    /// Whether nothing more is to be added.
    pub(super) fn is_full(&self) -> bool {
        self.writes() >= MOST * WRITES || self.text_bytes >= MOST * TEXT_BYTES
    }
}

impl Messages<Arc<[Entry]>> {
    pub(super) fn entries(&self) -> Arc<[Entry]> {
        Arc::clone(&self.entries)
    }
}

impl<E: AsRef<[Entry]>> Messages<E> {
    /// The sender's first message from this client id on, in the order of client ids.
    ///
    /// Hardly ever asked for, so what came since the last time is put in order only now.
    pub(super) fn first_from(&mut self, from: UserId, client_id: &ClientId) -> Option<&Entry> {
        let entries = self.entries.as_ref();
        for (at, Entry { append, .. }) in entries.iter().enumerate().skip(self.by_client_id.len()) {
            self.by_client_id
                .insert((append.from, append.client_id.clone()), at);
        }
        let (key, at) = self
            .by_client_id
            .range((from, client_id.clone())..)
            .next()?;
        entries.get(*at).filter(|_| key.0 == from)
    }
}
