//! The view of clients that know people, but no conversations: each 1:1 conversation is named by
//! the other person, and only its messages show.
//!
//! adapter → **direct** → store
//!
//! Owns: which entries are messages to show, who the other person is, and in which order messages
//! of several conversations come.
//! Promises: everything is derived from the same logs and positions that every other client sees.
//! Not here: writing (an adapter sends and reads through the same calls as everybody), the words for
//! what was recalled, and JSON.

mod contacts;
mod messages;
mod undelivered;

pub use contacts::{Contact, Contacts};
pub use messages::DirectPage;
pub use undelivered::{DirectEntry, OldestEntries, Undelivered};

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use hongyan_protocol::{ClientId, ConversationId, EntryId, Millis, Seq, UserId, UserProfile};
use hongyan_store::{Body, Content, Conversation, ConversationKind, Entry};

use crate::{Caller, Service, ServiceError};

/// A message of a 1:1 conversation, in its present state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectMessage {
    /// Its id: ascending within the conversation.
    pub id: EntryId,
    /// Who sent it.
    pub from: UserId,
    /// Who it was sent to.
    pub to: UserId,
    /// When.
    pub at: Millis,
    /// The sender's name for it.
    pub client_id: ClientId,
    /// What it says now, edits included; `None` once recalled.
    pub text: Option<Arc<str>>,
}

impl DirectMessage {
    /// The message in an entry between `me` and `other`; `None` for an edit or a recall, which show
    /// in the message that they changed.
    fn from_entry(entry: Entry, me: UserId, other: UserId) -> Option<Self> {
        let Content::Message { body, .. } = entry.content else {
            return None;
        };
        Some(Self {
            id: entry.id,
            from: entry.from,
            to: if entry.from == me { other } else { me },
            at: entry.at,
            client_id: entry.client_id,
            text: body.map(|Body::Text(text)| text),
        })
    }
}

impl Service {
    /// The names of these users, at most 1,000; unknown ones are left out.
    pub async fn people(
        &self,
        caller: &Caller,
        ids: &[UserId],
    ) -> Result<BTreeMap<UserId, UserProfile>, ServiceError> {
        let users = self.store.users(ids).await?;
        Ok(users
            .iter()
            .map(|user| (user.id, self.profile_for(caller, user)))
            .collect())
    }

    /// Messages by others, not recalled, after the read position, over all conversations of two of the caller's.
    pub async fn total_unread(&self, caller: &Caller) -> Result<u64, ServiceError> {
        Ok(self.store.direct_unread(caller.user()).await?)
    }

    /// What the client ids of one source begin with, where the clients behind it have none of their own:
    /// unique, and later ones sort after earlier ones. 28 bytes of visible ASCII.
    pub fn fresh_client_id_prefix(&self) -> String {
        let mut random = [0; 8];
        self.entropy.fill(&mut random);
        let mut prefix = format!("{:011x}-", self.clock.now().get());
        for byte in random {
            // Writing to a string never fails.
            let _ = write!(prefix, "{byte:02x}");
        }
        prefix
    }
}

/// The other person of a 1:1 conversation.
fn other_member(conversation: &Conversation, me: UserId) -> Option<UserId> {
    match conversation.kind {
        ConversationKind::Direct => {
            let mut members = conversation.members.iter().map(|member| member.user);
            members.find(|user| *user != me)
        }
        ConversationKind::Group => None,
    }
}

/// The seq of the last of these entries, or where they began.
fn last_seq(entries: &[Entry], start: Seq) -> Seq {
    entries.last().map_or(start, |entry| entry.seq)
}

/// A conversation that a page of entries was read from.
type Held = (ConversationId, Seq);
