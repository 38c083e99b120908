//! The people with whom the caller spoke last.

use std::cmp::Reverse;

use hongyan_protocol::limits::PAGE_BYTES;
use hongyan_protocol::{ConversationId, Seq, UserId, UserProfile, escaped_bytes};
use hongyan_store::{Content, Entry, HistoryRange, SyncCursor, SyncLimits};

use super::{DirectMessage, other_member};
use crate::limits::{DIRECT_CONTACTS, SHORTENED_BYTES};
use crate::{Caller, Service, ServiceError};

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
    /// The listed conversations of which something was not delivered to the caller yet, and up to where
    /// the numbers above count it.
    pub counted: Vec<(ConversationId, Seq)>,
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
        let mut counted = Vec::new();
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
                let mut members = conversation.members.iter();
                let delivered = members.find(|member| member.user == me);
                if delivered.is_some_and(|member| member.delivered < conversation.head) {
                    counted.push((conversation.id, conversation.head));
                }
            }
        }
        found.sort_by_key(|(_, last, _)| Reverse(last.id));
        shorten(found.iter_mut().map(|(_, last, _)| last));

        let others: Vec<UserId> = found.iter().map(|(other, ..)| *other).collect();
        let users = self.store.users(&others).await?;
        let contact = |(other, last, unread)| {
            let user = users.iter().find(|user| user.id == other)?;
            Some(Contact {
                other: self.profile_for(caller, user),
                last,
                unread,
            })
        };
        Ok(Contacts {
            contacts: found.into_iter().filter_map(contact).collect(),
            total_unread: self.store.direct_unread(me).await?,
            counted,
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
            // A group's, which no conversation of two is.
            Content::Event(_) => None,
        };
        Ok(message.and_then(|entry| DirectMessage::from_entry(entry, me, other)))
    }
}

/// Shortens messages once those before them have filled a page: a list shows their beginning at most.
fn shorten<'a>(messages: impl Iterator<Item = &'a mut DirectMessage>) {
    let mut room = PAGE_BYTES;
    for text in messages.filter_map(|message| message.text.as_mut()) {
        let bytes = escaped_bytes(text);
        if bytes <= room {
            room -= bytes;
            continue;
        }
        let mut end = SHORTENED_BYTES.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        if end < text.len() {
            *text = format!("{}…", &text[..end]).into();
        }
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::limits::TEXT_BYTES;
    use hongyan_protocol::{ClientId, EntryId, Millis};

    use super::*;

    #[test]
    fn long_messages_are_shortened_where_the_page_is_full() {
        let message = |text: String| DirectMessage {
            id: EntryId::from_trusted(1),
            from: UserId::from_trusted(1000),
            to: UserId::from_trusted(1001),
            at: Millis::from_trusted(0),
            client_id: ClientId::new("c").unwrap(),
            text: Some(text.into()),
        };
        let hostile = "\u{1}".repeat(TEXT_BYTES);
        let plain = "x".repeat(60_000);
        let mut texts = vec![hostile.clone(); 2];
        texts.extend(vec![plain; 4]);
        texts.extend(vec![hostile; DIRECT_CONTACTS - 8]);
        texts.extend(["雁".repeat(20_000), "hello".to_owned()]);
        let mut messages: Vec<_> = texts.iter().cloned().map(message).collect();
        shorten(messages.iter_mut());
        let shown = |at: usize| messages[at].text.as_deref();
        let whole = |at: usize| shown(at) == Some(&*texts[at]);
        assert!((0..6).all(whole), "as long as there is room");
        let cut = format!("{}…", "\u{1}".repeat(SHORTENED_BYTES));
        assert!((6..DIRECT_CONTACTS - 2).all(|at| shown(at) == Some(&*cut)));
        let cut = format!("{}…", "雁".repeat(SHORTENED_BYTES / 3));
        assert_eq!(shown(DIRECT_CONTACTS - 2), Some(&*cut));
        assert!(whole(DIRECT_CONTACTS - 1), "what is short is whole");
    }
}
