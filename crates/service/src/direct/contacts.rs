//! The people with whom the caller spoke last.

use std::cmp::Reverse;

use hongyan_protocol::limits::PAGE_BYTES;
use hongyan_protocol::{ConversationId, UserId, UserProfile};
use hongyan_store::{Content, Entry, HistoryRange, SyncCursor, SyncLimits};

use super::{DirectMessage, other_member};
use crate::limits::DIRECT_CONTACTS;
use crate::{Caller, Service, ServiceError, wire};

/// Somebody with whom the caller spoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub other: UserProfile,
    /// The last message between the two.
    pub last: DirectMessage,
    /// Messages that the caller has not read.
    pub unread: u64,
}

/// The people with whom the caller spoke last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contacts {
    /// The last message's newest first.
    pub contacts: Vec<Contact>,
    /// Unread messages over all conversations, those that are not listed included.
    pub total_unread: u64,
}

impl Service {
    /// The contacts of the [`DIRECT_CONTACTS`] conversations that changed last.
    pub async fn direct_contacts(&self, caller: &Caller) -> Result<Contacts, ServiceError> {
        let me = caller.user();
        let limits = SyncLimits {
            conversations: DIRECT_CONTACTS,
            entries: 1,
            bytes: PAGE_BYTES,
        };
        let page = self.store.sync(me, SyncCursor::Since(0), limits).await?;
        let mut found = Vec::new();
        for (conversation, unread, mut entries) in page.conversations {
            let Some(other) = other_member(&conversation, me) else {
                continue;
            };
            let newest = entries.pop();
            let last = self
                .last_message(me, other, conversation.id, newest)
                .await?;
            if let Some(last) = last {
                found.push((other, last, unread));
            }
        }
        found.sort_by_key(|(_, last, _)| Reverse(last.id));

        let others: Vec<UserId> = found.iter().map(|(other, ..)| *other).collect();
        let users = self.store.users(&others).await?;
        let contact = |(other, last, unread)| {
            let user = users.iter().find(|user| user.id == other)?;
            Some(Contact {
                other: wire::profile(user),
                last,
                unread,
            })
        };
        Ok(Contacts {
            contacts: found.into_iter().filter_map(contact).collect(),
            total_unread: page.total_unread,
        })
    }

    /// The message to show for a conversation: its newest entry, or the message that this entry
    /// changed. One read at most, however often a message was edited.
    async fn last_message(
        &self,
        me: UserId,
        other: UserId,
        conv: ConversationId,
        newest: Option<Entry>,
    ) -> Result<Option<DirectMessage>, ServiceError> {
        let newest = match newest {
            Some(entry) => Some(entry),
            // The page was full of text.
            None => {
                let range = HistoryRange::Latest;
                let found = self.store.history(me, conv, range, 1).await?;
                found.entries.into_iter().next()
            }
        };
        let Some(newest) = newest else {
            return Ok(None);
        };
        let message = match newest.content {
            Content::Message { .. } => Some(newest),
            Content::Edit { target, .. } | Content::Recall { target } => {
                let range = HistoryRange::Before(target.next());
                let found = self.store.history(me, conv, range, 1).await?;
                found.entries.into_iter().next()
            }
        };
        Ok(message.and_then(|entry| DirectMessage::from_entry(entry, me, other)))
    }
}
