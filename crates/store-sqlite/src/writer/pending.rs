//! What is journaled and not carried out yet, as the writer needs it.
//!
//! Owns: the journaled messages, where they go, and whom they concern.
//! Promises: bounded, by the writer, which carries everything out when it [is full](Pending::is_full).
//! Not here: positions and heads (`cache`).

use std::collections::{BTreeMap, HashSet};

use foldhash::fast::RandomState;
use hongyan_protocol::{ClientId, UserId};
use hongyan_store::{Append, Body, Change};

use super::append::Place;

/// Writes from which on they are carried out before anything else. More makes each cheaper, because
/// more of them share a page, and the pause for carrying them out longer.
const WRITES: usize = 4096;

/// Bytes of text from which on they are carried out before anything else.
const TEXT_BYTES: usize = 8 * 1024 * 1024;

/// A journaled message.
pub(super) struct Entry {
    pub(super) append: Append,
    pub(super) place: Place,
}

/// Ids are the server's, so that nobody can choose them to collide.
type Users = HashSet<UserId, RandomState>;

#[derive(Default)]
pub(super) struct Pending {
    entries: Vec<Entry>,
    /// Where the first so many of them are, see [`first_from`](Self::first_from).
    by_client_id: BTreeMap<(UserId, ClientId), usize>,
    moves: usize,
    text_bytes: usize,
    /// Members of conversations that the running batch wrote to.
    concerned: Users,
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
        self.entries.push(Entry { append, place });
    }

    pub(super) fn add_move(&mut self) {
        self.moves += 1;
    }

    /// Notes whose reads have to wait until this is carried out.
    pub(super) fn concern(&mut self, members: &[UserId]) {
        self.concerned.extend(members);
    }

    /// Those noted since the last call.
    pub(super) fn take_concerned(&mut self) -> Users {
        std::mem::take(&mut self.concerned)
    }

    /// In the order in which they were journaled.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The sender's first message from this client id on, in the order of client ids.
    ///
    /// Hardly ever asked for, so what came since the last time is put in order only now.
    pub(super) fn first_from(&mut self, from: UserId, client_id: &ClientId) -> Option<&Entry> {
        for (at, Entry { append, .. }) in self
            .entries
            .iter()
            .enumerate()
            .skip(self.by_client_id.len())
        {
            self.by_client_id
                .insert((append.from, append.client_id.clone()), at);
        }
        let (key, at) = self
            .by_client_id
            .range((from, client_id.clone())..)
            .next()?;
        self.entries.get(*at).filter(|_| key.0 == from)
    }

    /// Writes, messages and moves together.
    pub(super) fn writes(&self) -> usize {
        self.entries.len() + self.moves
    }

    pub(super) fn is_empty(&self) -> bool {
        self.writes() == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.writes() >= WRITES || self.text_bytes >= TEXT_BYTES
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.by_client_id.clear();
        self.concerned.clear();
        self.moves = 0;
        self.text_bytes = 0;
    }
}
