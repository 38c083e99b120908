//! The messages between the caller and one other person.

use hongyan_protocol::{ConversationId, EntryId, Seq, UserId};
use hongyan_store::{Entry, HistoryRange};

use super::{DirectMessage, last_seq};
use crate::limits::{DIRECT_MESSAGES, DIRECT_POLL};
use crate::{Caller, Service, ServiceError};

/// Messages between the caller and one other person, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectPage {
    /// Their conversation.
    pub conv: ConversationId,
    /// Whoever has seen these messages has seen the conversation up to here.
    pub up_to: Seq,
    /// The messages.
    pub messages: Vec<DirectMessage>,
}

impl Service {
    /// The newest messages between the caller and `other`: at most [`DIRECT_MESSAGES`], fewer when
    /// they are long. `None` when the two never spoke.
    pub async fn direct_messages(
        &self,
        caller: &Caller,
        other: UserId,
    ) -> Result<Option<DirectPage>, ServiceError> {
        let me = caller.user();
        let Some(conv) = self.store.direct_conversation(me, other).await? else {
            return Ok(None);
        };
        let found = self
            .store
            .history(me, conv, HistoryRange::Latest, DIRECT_MESSAGES)
            .await?;
        Ok(Some(DirectPage {
            conv,
            up_to: found.head,
            messages: messages(found.entries, me, other),
        }))
    }

    /// The id of the newest entry between the caller and `other`; `None` when the two never spoke.
    pub async fn newest_direct_entry(
        &self,
        caller: &Caller,
        other: UserId,
    ) -> Result<Option<EntryId>, ServiceError> {
        let me = caller.user();
        let Some(conv) = self.store.direct_conversation(me, other).await? else {
            return Ok(None);
        };
        let found = self
            .store
            .history(me, conv, HistoryRange::Latest, 1)
            .await?;
        Ok(found.entries.last().map(|entry| entry.id))
    }

    /// The messages between the caller and `other` with ids above `since`, the oldest first: at most
    /// [`DIRECT_MESSAGES`], fewer when they are long; ask again with the last id for more. `None`
    /// when the two never spoke.
    pub async fn direct_messages_since(
        &self,
        caller: &Caller,
        other: UserId,
        since: EntryId,
    ) -> Result<Option<DirectPage>, ServiceError> {
        let me = caller.user();
        let Some(conv) = self.store.direct_conversation(me, other).await? else {
            return Ok(None);
        };
        let newest = self
            .store
            .history(me, conv, HistoryRange::Latest, DIRECT_POLL)
            .await?;
        let oldest = newest.entries.first();
        let has_all = oldest.is_none_or(|entry| entry.id <= since || entry.seq == Seq::ZERO.next());
        let entries = if has_all {
            let mut entries = newest.entries;
            entries.retain(|entry| entry.id > since);
            entries
        } else {
            let above = oldest.map_or(Seq::ZERO, |entry| entry.seq);
            let start = self.last_with_id_at_most(me, conv, since, above).await?;
            let range = HistoryRange::After(start);
            let found = self.store.history(me, conv, range, DIRECT_MESSAGES).await?;
            found.entries
        };
        Ok(Some(DirectPage {
            conv,
            up_to: last_seq(&entries, Seq::ZERO),
            messages: messages(entries, me, other),
        }))
    }

    /// The last entry whose id is at most `id`, below `above`, whose id is larger. Ids ascend with the
    /// seq, so halving finds it: 20 reads in a log of a million.
    async fn last_with_id_at_most(
        &self,
        me: UserId,
        conv: ConversationId,
        id: EntryId,
        above: Seq,
    ) -> Result<Seq, ServiceError> {
        let (mut low, mut high) = (0, above.get());
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let range = HistoryRange::After(Seq::from_trusted(middle).previous());
            let found = self.store.history(me, conv, range, 1).await?;
            match found.entries.first() {
                Some(entry) if entry.id <= id => low = middle,
                Some(_) | None => high = middle,
            }
        }
        Ok(Seq::from_trusted(low))
    }
}

fn messages(entries: Vec<Entry>, me: UserId, other: UserId) -> Vec<DirectMessage> {
    entries
        .into_iter()
        .filter_map(|entry| DirectMessage::from_entry(entry, me, other))
        .collect()
}
