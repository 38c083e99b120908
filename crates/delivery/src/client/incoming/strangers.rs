//! Where a conversation begins that the client did not know: by a sync that shows it, or by pushes that came before
//! any sync.

use hongyan_protocol::{ConversationId, Entry, Seq, limits};

use super::early::Early;
use super::machine::{Gap, Incoming};
use super::{Action, Start};
use crate::Tick;

/// A conversation of which pushes came, but of which no sync has told yet. It has at least one
/// early entry, so strangers are bounded as those are.
#[derive(Debug)]
pub(super) struct Stranger {
    pub(super) early: Early,
    /// The walk that was under way when the first push came: it may have missed the conversation.
    pub(super) walk: u64,
}

impl Incoming {
    /// Where a conversation begins that a sync shows for the first time. With a cursor it is new since then: this
    /// device was there when it began, and has missed all of it.
    pub(super) fn start(&self, first: Option<&Entry>, head: Seq) -> Seq {
        let recent = limits::SYNC_ENTRIES as u64;
        match (self.policy.start, first) {
            (Start::Everything, _) => Seq::ZERO,
            (Start::Recent, _) if self.walk.cursor.is_some() => Seq::ZERO,
            (Start::Recent, Some(first)) => first.seq.previous(),
            // The page was too full for entries: the last few are fetched.
            (Start::Recent, None) => Seq::from_trusted(head.get().saturating_sub(recent)),
        }
    }

    /// Begins a conversation after `start`.
    pub(super) fn introduce(&mut self, conv: ConversationId, start: Seq) {
        self.held.insert(conv, start);
        if let Some(stranger) = self.strangers.remove(&conv) {
            let gap = Gap {
                head: stranger.early.last().unwrap_or(start),
                early: stranger.early,
                failures: 0,
            };
            self.gaps.insert(conv, gap);
        }
    }

    /// Keeps a push of a conversation that no sync has introduced. Without room it is dropped: the
    /// sync that it makes necessary brings it.
    pub(super) fn meet_stranger(&mut self, entry: Entry, now: Tick) {
        let conv = entry.conv;
        let total = self.early_total;
        let has_room = total < self.policy.reorder_entries_total;
        if !has_room && !self.strangers.contains_key(&conv) {
            return self.walk.want_another(now);
        }
        self.walk.hurry(now);
        let walk = self.walk.number();
        let stranger = self.strangers.entry(conv).or_insert_with(|| Stranger {
            early: Early::default(),
            walk,
        });
        self.early_total -= stranger.early.len();
        let has_room = has_room && stranger.early.len() < self.policy.reorder_entries;
        stranger.early.insert(entry, has_room);
        self.early_total += stranger.early.len();
    }

    /// A walk came to its end. Strangers that it should have shown and did not begin at their first entry, too;
    /// for younger ones, another walk.
    pub(super) fn settle_strangers(&mut self, walk: u64, now: Tick, out: &mut Vec<Action>) {
        let known = self.strangers.iter();
        let known = known.filter(|(_, stranger)| stranger.walk < walk);
        let known: Vec<_> = known.map(|(&conv, _)| conv).collect();
        for conv in known {
            self.introduce(conv, Seq::ZERO);
            self.absorb(conv, [], Seq::ZERO, now, out);
        }
        if !self.strangers.is_empty() {
            self.walk.want_another(now);
        }
    }
}
