//! Requests that read: sync, history, people.

use std::collections::BTreeSet;

use bytes::Bytes;
use hongyan_protocol::limits::{
    HISTORY_ENTRIES, HISTORY_ENTRIES_DEFAULT, LIST_CONVERSATIONS, PAGE_BYTES, SYNC_CONVERSATIONS,
    SYNC_ENTRIES,
};
use hongyan_protocol::{
    ConversationId, ConversationView, History, HistoryPage, Listed, Seq, Sync, Synced, UserId,
    UserProfile,
};
use hongyan_store::{Entry, HistoryRange, SyncCursor, SyncLimits, User};

use crate::limits::USERS_PAGE;
use crate::{Caller, Service, ServiceError, wire};

/// A stretch of a log as encoded pushes, for a connection that was held back.
pub struct PushPage {
    /// The entries, ascending.
    pub entries: Vec<Push>,
    /// The log's last seq.
    pub head: Seq,
}

/// One entry, to be pushed.
#[derive(Debug, Clone)]
pub struct Push {
    /// Its position.
    pub seq: Seq,
    /// The message that it is about, where it is an edit or a recall.
    pub target: Option<Seq>,
    /// The encoded push.
    pub frame: Bytes,
}

impl Service {
    /// A page of the caller's conversations that changed since the cursor.
    pub async fn sync(&self, caller: &Caller, sync: Sync) -> Result<Synced, ServiceError> {
        let cursor = match &sync.cursor {
            None => SyncCursor::Since(0),
            Some(text) => SyncCursor::parse(text, self.epoch()).ok_or_else(|| {
                ServiceError::BadRequest(
                    "not a cursor of this server's history; sync without one".into(),
                )
            })?,
        };
        let bytes = sync.bytes.map_or(PAGE_BYTES, |wish| wish.min(PAGE_BYTES));
        let (most, entries, bytes) = if sync.list {
            (LIST_CONVERSATIONS, 0, 0)
        } else {
            (SYNC_CONVERSATIONS, SYNC_ENTRIES, bytes)
        };
        let acked = self.positions.of(caller.user());
        let limits = SyncLimits {
            conversations: sync.limit.unwrap_or(SYNC_CONVERSATIONS).clamp(1, most),
            entries,
            bytes,
        };
        let mut page = self.store.sync(caller.user(), cursor, limits).await?;
        if sync.bytes.is_some() && !sync.list {
            // The page ends with its bytes: who asks for few wants the next page, and not each text by itself.
            let is_whole = |entries: &[Entry], head: Seq| {
                entries.len() as u64 >= head.get().min(SYNC_ENTRIES as u64)
            };
            let mut conversations = page.conversations.iter();
            let whole = conversations
                .position(|(conversation, _, entries)| !is_whole(entries, conversation.head))
                .map(|whole| whole.max(1));
            if let Some(conversations) = whole.filter(|whole| *whole < page.conversations.len()) {
                let limits = SyncLimits {
                    conversations,
                    ..limits
                };
                page = self.store.sync(caller.user(), cursor, limits).await?;
            }
        }
        let people: BTreeSet<UserId> = page
            .conversations
            .iter()
            .flat_map(|(conversation, ..)| conversation.members.iter().map(|member| member.user))
            .collect();
        let people: Vec<UserId> = people.into_iter().collect();
        let users = self.store.users(&people).await?;
        let (mut conversations, mut list) = (Vec::new(), Vec::new());
        for (conversation, unread, entries) in page.conversations {
            let mut view = wire::conversation(&conversation, unread, entries);
            raise_delivered(&mut view, caller.user(), &acked);
            match sync
                .list
                .then(|| Listed::of(&view, caller.user()))
                .flatten()
            {
                Some(listed) => list.push(listed),
                None => conversations.push(view),
            }
        }
        Ok(Synced {
            conversations,
            list,
            users: self.profiles_for(caller, &users),
            total_unread: page.total_unread,
            cursor: page.next.to_text(self.epoch()).into(),
            more: matches!(page.next, SyncCursor::Within { .. }),
        })
    }

    /// A stretch of a log.
    pub async fn history(
        &self,
        caller: &Caller,
        history: History,
    ) -> Result<HistoryPage, ServiceError> {
        let range = match (history.before, history.after) {
            (None, None) => HistoryRange::Latest,
            (Some(before), None) => HistoryRange::Before(before),
            (None, Some(after)) => HistoryRange::After(after),
            (Some(_), Some(_)) => {
                return Err(ServiceError::BadRequest(
                    "say at most one of before and after".into(),
                ));
            }
        };
        let limit = history
            .limit
            .unwrap_or(HISTORY_ENTRIES_DEFAULT)
            .clamp(1, HISTORY_ENTRIES);
        let bytes = history
            .bytes
            .map_or(PAGE_BYTES, |wish| wish.min(PAGE_BYTES));
        // More have no room for certain, and need not be read.
        let limit = limit.min(bytes / LEAST_ENTRY_BYTES + 1);
        let found = self
            .store
            .history(caller.user(), history.conv, range, limit)
            .await?;
        let entries = match history.bytes {
            Some(_) => fit(found.entries, range, bytes),
            None => found.entries,
        };
        let more = match range {
            HistoryRange::After(after) => {
                entries.last().map_or(after, |entry| entry.seq) < found.head
            }
            HistoryRange::Latest | HistoryRange::Before(_) => entries
                .first()
                .is_some_and(|entry| entry.seq > Seq::ZERO.next()),
        };
        Ok(HistoryPage {
            conv: history.conv,
            entries: entries.into_iter().map(wire::entry).collect(),
            head: found.head,
            more,
        })
    }

    /// The entries after `after`, as pushes.
    pub async fn pushes_after(
        &self,
        caller: &Caller,
        conv: ConversationId,
        after: Seq,
        limit: usize,
    ) -> Result<PushPage, ServiceError> {
        let range = HistoryRange::After(after);
        let limit = limit.clamp(1, HISTORY_ENTRIES);
        let found = self
            .store
            .history(caller.user(), conv, range, limit)
            .await?;
        let encode = |entry: Entry| {
            let entry = wire::entry(entry);
            Push {
                seq: entry.seq,
                target: entry.target,
                frame: Bytes::from(entry.encode()),
            }
        };
        Ok(PushPage {
            entries: found.entries.into_iter().map(encode).collect(),
            head: found.head,
        })
    }

    /// A page of everybody, by id: whom the caller may write to.
    pub async fn directory(
        &self,
        caller: &Caller,
        after: UserId,
        limit: Option<usize>,
    ) -> Result<Vec<UserProfile>, ServiceError> {
        let limit = limit.unwrap_or(USERS_PAGE).clamp(1, USERS_PAGE);
        let users = self.store.list_users(after, limit).await?;
        Ok(self.profiles_for(caller, &users))
    }

    /// The user with this login name, which who asks knows already: so it is told.
    pub async fn find_user(
        &self,
        _caller: &Caller,
        login: &str,
    ) -> Result<UserProfile, ServiceError> {
        let found = self
            .store
            .credentials(login)
            .await?
            .ok_or(ServiceError::UserNotFound)?;
        self.profile(found.user).await
    }

    /// What the caller may know of these users: of others' login names, only what the deployment shows.
    pub(crate) fn profiles_for(&self, caller: &Caller, users: &[User]) -> Vec<UserProfile> {
        let profile = |user| self.profile_for(caller, user);
        users.iter().map(profile).collect()
    }

    /// The same for one.
    pub(crate) fn profile_for(&self, caller: &Caller, user: &User) -> UserProfile {
        wire::profile_for(user, self.rules.show_logins || user.id == caller.user())
    }

    /// The caller's own profile.
    pub async fn me(&self, caller: &Caller) -> Result<UserProfile, ServiceError> {
        self.profile(caller.user()).await
    }

    async fn profile(&self, user: UserId) -> Result<UserProfile, ServiceError> {
        let users = self.store.users(&[user]).await?;
        users
            .first()
            .map(wire::profile)
            .ok_or(ServiceError::UserNotFound)
    }
}

/// Shows how far the caller's devices hold a conversation, where the store does not know of it yet.
fn raise_delivered(view: &mut ConversationView, user: UserId, acked: &[(ConversationId, Seq)]) {
    let own = view.members.iter_mut().find(|member| member.user == user);
    let acked = acked.iter().filter(|(conv, _)| *conv == view.conv);
    if let (Some(own), Some(seq)) = (own, acked.map(|(_, seq)| *seq).max()) {
        own.delivered = own.delivered.max(seq);
    }
}

/// Ends a page where a client wants no more bytes, at the end that the next page goes on from.
fn fit(mut entries: Vec<Entry>, range: HistoryRange, most: usize) -> Vec<Entry> {
    let mut bytes = 0;
    let mut fits = |entry: &Entry| {
        bytes += entry.wire_bytes();
        bytes <= most
    };
    match range {
        HistoryRange::After(_) => {
            let kept = entries.iter().take_while(|entry| fits(entry)).count();
            entries.truncate(kept.max(1));
        }
        HistoryRange::Latest | HistoryRange::Before(_) => {
            let kept = entries.iter().rev().take_while(|entry| fits(entry)).count();
            let dropped = entries.len().saturating_sub(kept.max(1));
            entries.drain(..dropped);
        }
    }
    entries
}

/// An entry has more, in bytes.
const LEAST_ENTRY_BYTES: usize = 120;
