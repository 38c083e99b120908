//! What is journaled and not settled yet, as the writer needs it.
//!
//! Owns: the journaled writes in the order in which they were journaled, and what of them is found by client id and by
//! seq.
//! Promises: bounded, by the writer, which has everything settled when there [is much](Pending::is_due) and waits for
//! that when it [is full](Pending::is_full).
//! Not here: positions and heads (`decide::cache`), and what readers see (`crate::unsettled`).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use hongyan_protocol::{ClientId, ConversationId, Seq, UserId};
use hongyan_store::{Change, View};

use super::record::{Begun, Entry, Reaction};

/// Writes from which on they are settled. More makes each cheaper, because more of them share a page; and a sync that
/// needs them waits longer.
const WRITES: usize = 8192;

/// Bytes of text from which on they are settled.
const TEXT_BYTES: usize = 8 * 1024 * 1024;

/// How many times as much there may be, while what was before is being settled. Under full load that is where it comes
/// to: the more, the less often all wait for the disk together, and the longer a sync may wait.
const MOST: usize = 2;

#[derive(Default)]
pub(in crate::writer) struct Pending {
    entries: Entries<Vec<Arc<Entry>>>,
    begun: Vec<Begun>,
    /// Writes that are no entries.
    moves: usize,
    /// In the order in which they were journaled.
    reactions: Vec<Arc<Reaction>>,
    text_bytes: usize,
}

/// What is pending, to be settled by somebody else, while the entries still can be found.
pub(in crate::writer) struct Shared {
    pub(in crate::writer) entries: SharedEntries,
    /// What begins with them.
    pub(in crate::writer) begun: Vec<Begun>,
    pub(in crate::writer) reactions: Vec<Arc<Reaction>>,
}

/// Entries that can be found by who sent them where under which client id, and by where they stand.
///
/// Both are hardly ever asked for, so what came since the last time is put in order only then.
#[derive(Default)]
pub(in crate::writer) struct Entries<E> {
    entries: E,
    by_client_id: BTreeMap<(ConversationId, UserId, ClientId), usize>,
    by_seq: HashMap<(ConversationId, Seq), usize, RandomState>,
    recalled: HashSet<(ConversationId, Seq), RandomState>,
}

/// Entries that are being settled, and can be found still.
pub(in crate::writer) type SharedEntries = Entries<Arc<[Arc<Entry>]>>;

impl Pending {
    pub(in crate::writer) fn begin(&mut self, begun: Begun) {
        self.begun.push(begun);
    }

    pub(in crate::writer) fn add(&mut self, entry: Arc<Entry>) {
        if let Some(change) = entry.said() {
            self.text_bytes += change.body().map_or(0, |body| body.len());
            if let Change::Recall { target, .. } = change {
                self.entries.recalled.insert((entry.place.conv, *target));
            }
        }
        self.entries.entries.push(entry);
    }

    pub(in crate::writer) fn add_move(&mut self) {
        self.moves += 1;
    }

    pub(in crate::writer) fn add_ways(&mut self) {
        self.moves += 1;
    }

    pub(in crate::writer) fn react(&mut self, reaction: Arc<Reaction>) {
        self.reactions.push(reaction);
    }

    pub(in crate::writer) fn add_view(&mut self, view: &View) {
        self.moves += 1;
        self.text_bytes += view.draft.as_ref().map_or(0, |draft| draft.text.len());
    }

    pub(in crate::writer) fn entries(&mut self) -> &mut Entries<Vec<Arc<Entry>>> {
        &mut self.entries
    }

    pub(in crate::writer) fn share(self) -> Shared {
        let entries = Entries {
            entries: self.entries.entries.into(),
            by_client_id: self.entries.by_client_id,
            by_seq: self.entries.by_seq,
            recalled: self.entries.recalled,
        };
        Shared {
            entries,
            begun: self.begun,
            reactions: self.reactions,
        }
    }

    /// Writes of all kinds together.
    pub(in crate::writer) fn writes(&self) -> usize {
        self.entries.entries.len() + self.begun.len() + self.moves + self.reactions.len()
    }

    pub(in crate::writer) fn is_empty(&self) -> bool {
        self.writes() == 0
    }

    /// Whether it is to be settled as soon as that can be.
    pub(in crate::writer) fn is_due(&self) -> bool {
        self.writes() >= WRITES || self.text_bytes >= TEXT_BYTES
    }

    /// Whether nothing more is to be added.
    pub(in crate::writer) fn is_full(&self) -> bool {
        self.writes() >= MOST * WRITES || self.text_bytes >= MOST * TEXT_BYTES
    }
}

impl SharedEntries {
    pub(in crate::writer) fn all(&self) -> Arc<[Arc<Entry>]> {
        Arc::clone(&self.entries)
    }
}

impl<E: AsRef<[Arc<Entry>]>> Entries<E> {
    /// The sender's first entry in this conversation from this client id on, in the order of client ids.
    pub(in crate::writer) fn first_from(
        &mut self,
        (conv, from): (ConversationId, UserId),
        client_id: &ClientId,
    ) -> Option<&Entry> {
        let entries = self.entries.as_ref();
        for (at, entry) in entries.iter().enumerate().skip(self.by_client_id.len()) {
            let key = (entry.place.conv, entry.from, entry.client_id.clone());
            self.by_client_id.insert(key, at);
        }
        let (key, at) = self
            .by_client_id
            .range((conv, from, client_id.clone())..)
            .next()?;
        entries
            .get(*at)
            .filter(|_| (key.0, key.1) == (conv, from))
            .map(|entry| &**entry)
    }

    /// All of them, in their order.
    pub(in crate::writer) fn as_slice(&self) -> &[Arc<Entry>] {
        self.entries.as_ref()
    }

    /// The entry at this place of a log.
    pub(in crate::writer) fn at(&mut self, conv: ConversationId, seq: Seq) -> Option<&Entry> {
        let entries = self.entries.as_ref();
        for (at, entry) in entries.iter().enumerate().skip(self.by_seq.len()) {
            self.by_seq.insert((entry.place.conv, entry.place.seq), at);
        }
        let at = self.by_seq.get(&(conv, seq))?;
        entries.get(*at).map(|entry| &**entry)
    }

    /// Whether the message at this place of a log is recalled by one of these.
    pub(in crate::writer) fn has_recalled(&self, conv: ConversationId, seq: Seq) -> bool {
        self.recalled.contains(&(conv, seq))
    }
}
