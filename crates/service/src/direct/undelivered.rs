//! What still has to be pushed to a user: which logs go on after the delivered position, and their
//! entries in one order.

use std::collections::BTreeMap;

use hongyan_protocol::{ConversationId, EntryId, Millis, Seq, UserId};
use hongyan_store::{ConversationKind, Entry, HistoryRange, SyncCursor, SyncLimits};

use super::{DirectMessage, Held, last_seq, other_member};
use crate::limits::UNDELIVERED_CONVERSATIONS;
use crate::{Caller, Service, ServiceError};

/// A conversation of which a part was not delivered to the caller yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undelivered {
    /// The conversation.
    pub conv: ConversationId,
    /// Everything up to here was delivered.
    pub delivered: Seq,
    /// The log's last seq.
    pub head: Seq,
}

/// One entry of a 1:1 conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectEntry {
    /// The conversation.
    pub conv: ConversationId,
    /// The position.
    pub seq: Seq,
    /// The message, if it is one.
    pub message: Option<DirectMessage>,
}

/// The oldest entries of several logs together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OldestEntries {
    /// Ascending by id, so within each log ascending and without holes.
    pub entries: Vec<DirectEntry>,
    /// Conversations that are not 1:1, or not the caller's (any more).
    pub gone: Vec<ConversationId>,
}

impl Service {
    /// The conversations with something undelivered, among the [`UNDELIVERED_CONVERSATIONS`] that
    /// changed last.
    pub async fn undelivered(&self, caller: &Caller) -> Result<Vec<Undelivered>, ServiceError> {
        let limits = SyncLimits {
            conversations: UNDELIVERED_CONVERSATIONS,
            entries: 0,
            bytes: 0,
        };
        let me = caller.user();
        let acked: BTreeMap<_, _> = self.positions.of(me).into_iter().collect();
        let page = self.store.sync(me, SyncCursor::Since(0), limits).await?;
        let undelivered = page.conversations.iter().filter_map(|(conversation, ..)| {
            if conversation.kind != ConversationKind::Direct {
                return None;
            }
            let mut members = conversation.members.iter();
            let delivered = members.find(|member| member.user == me)?.delivered;
            let acked = acked.get(&conversation.id).copied().unwrap_or(Seq::ZERO);
            let delivered = delivered.max(acked);
            (delivered < conversation.head).then_some(Undelivered {
                conv: conversation.id,
                delivered,
                head: conversation.head,
            })
        });
        Ok(undelivered.collect())
    }

    /// The oldest entries of all these logs together, each read from after its seq: at most `limit`,
    /// and at least one where there is one.
    pub async fn oldest_entries(
        &self,
        caller: &Caller,
        after: &[Held],
        limit: usize,
    ) -> Result<OldestEntries, ServiceError> {
        let me = caller.user();
        // Enough of each log that a few rounds over many logs do not read everything many times.
        let page = (2 * limit / after.len().max(1)).max(LEAST_PAGE).min(limit);
        let mut oldest = Oldest::new(limit);
        let mut found = OldestEntries::default();
        for (conv, start) in after {
            let range = HistoryRange::After(*start);
            match self.store.history(me, *conv, range, page).await {
                Ok(history) => {
                    let more = last_seq(&history.entries, *start) < history.head;
                    oldest.add(history.entries, more);
                }
                Err(hongyan_store::ReadError::NotMember) => found.gone.push(*conv),
                Err(error) => return Err(error.into()),
            }
        }
        let mut others = BTreeMap::new();
        for entry in oldest.into_sorted() {
            let other = match others.get(&entry.conv) {
                Some(other) => *other,
                None => {
                    let other = self.other_person(me, entry.conv).await?;
                    others.insert(entry.conv, other);
                    other
                }
            };
            match other {
                Some(other) => found.entries.push(DirectEntry {
                    conv: entry.conv,
                    seq: entry.seq,
                    message: DirectMessage::from_entry(entry, me, other),
                }),
                None if found.gone.contains(&entry.conv) => {}
                None => found.gone.push(entry.conv),
            }
        }
        Ok(found)
    }

    async fn other_person(
        &self,
        me: UserId,
        conv: ConversationId,
    ) -> Result<Option<UserId>, ServiceError> {
        match self.store.conversation(me, conv).await {
            Ok(conversation) => Ok(other_member(&conversation, me)),
            Err(hongyan_store::ReadError::NotMember) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Entries read of each log at a time, at least.
const LEAST_PAGE: usize = 4;

/// Where an entry stands among those of several logs: by the clock, in milliseconds. Ids ascend within a log only.
type Age = (Millis, EntryId);

/// The oldest entries of several logs, each of which was read from its beginning, but
/// perhaps not to its end. Holds at most twice its limit.
struct Oldest {
    limit: usize,
    entries: Vec<(Age, Entry)>,
    /// The lowest age at which the reading of a log stopped: beyond it something may be missing.
    complete_to: Option<Age>,
}

impl Oldest {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            entries: Vec::new(),
            complete_to: None,
        }
    }

    /// Adds the beginning of one log; `more`: the log goes on.
    fn add(&mut self, entries: Vec<Entry>, more: bool) {
        // Where the clock was set back, the log goes before the clock.
        let mut latest = Millis::default();
        let aged = entries.into_iter().map(|entry| {
            latest = latest.max(entry.at);
            ((latest, entry.id), entry)
        });
        let aged: Vec<_> = aged.collect();
        if let Some((last, _)) = aged.last().filter(|_| more) {
            let earlier = self.complete_to.unwrap_or(*last);
            self.complete_to = Some(earlier.min(*last));
        }
        self.entries.extend(aged);
        if self.entries.len() > 2 * self.limit {
            self.keep_oldest();
        }
    }

    fn into_sorted(mut self) -> Vec<Entry> {
        if let Some(complete_to) = self.complete_to {
            self.entries.retain(|(age, _)| *age <= complete_to);
        }
        self.keep_oldest();
        self.entries.into_iter().map(|(_, entry)| entry).collect()
    }

    fn keep_oldest(&mut self) {
        self.entries.sort_unstable_by_key(|(age, _)| *age);
        self.entries.truncate(self.limit);
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::ClientId;
    use hongyan_store::Content;

    use super::*;

    /// Taken at that time; its id says nothing of it.
    fn entry(conv: u64, seq: u64, at: u64) -> Entry {
        Entry {
            conv: ConversationId::from_trusted(conv),
            seq: Seq::from_trusted(seq),
            id: EntryId::from_trusted(1000 * (1000 - conv) + seq),
            from: UserId::from_trusted(1000),
            at: Millis::from_trusted(at),
            client_id: ClientId::new("c").unwrap(),
            content: Content::Recall {
                target: Seq::from_trusted(1),
            },
        }
    }

    fn times(oldest: Oldest) -> Vec<u64> {
        let entries = oldest.into_sorted();
        entries.iter().map(|entry| entry.at.get()).collect()
    }

    #[test]
    fn logs_are_merged_by_the_clock() {
        let mut oldest = Oldest::new(10);
        oldest.add(vec![entry(1, 1, 1), entry(1, 2, 4)], false);
        oldest.add(vec![entry(2, 7, 2), entry(2, 8, 5)], false);
        oldest.add(vec![entry(3, 1, 3)], false);
        assert_eq!(times(oldest), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn nothing_comes_before_what_was_not_read_yet() {
        let mut oldest = Oldest::new(10);
        // The log goes on, perhaps at 3 and 4.
        oldest.add(vec![entry(1, 1, 1), entry(1, 2, 2)], true);
        oldest.add(vec![entry(2, 1, 5)], false);
        assert_eq!(times(oldest), [1, 2]);
    }

    #[test]
    fn where_the_clock_was_set_back_a_log_stays_in_order() {
        let mut oldest = Oldest::new(10);
        oldest.add(vec![entry(1, 1, 7), entry(1, 2, 3)], false);
        oldest.add(vec![entry(2, 1, 5)], false);
        assert_eq!(times(oldest), [5, 7, 3]);
    }

    #[test]
    fn the_limit_keeps_the_lowest_and_bounds_what_is_held() {
        let mut oldest = Oldest::new(3);
        for conv in 0..100 {
            let base = 1000 - conv * 10;
            oldest.add(vec![entry(conv, 1, base), entry(conv, 2, base + 1)], true);
            assert!(oldest.entries.len() <= 6);
        }
        assert_eq!(times(oldest), [10, 11]);
    }
}
