//! Requests that read: sync, history, people.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use hongyan_protocol::limits::{
    HISTORY_ENTRIES, HISTORY_ENTRIES_DEFAULT, LIST_CONVERSATIONS, PAGE_BYTES, SYNC_CONVERSATIONS,
    SYNC_ENTRIES,
};
use hongyan_protocol::{
    ConversationId, ConversationView, History, HistoryPage, Listed, Seq, Sync, Synced, UserId,
    UserProfile,
};
use hongyan_store::{Conversation, Entry, HistoryRange, SyncCursor, SyncLimits, SyncPage, User};

use crate::limits::{CONVERSATION_BYTES, MEMBER_BYTES, PEOPLE_BYTES, PIN_BYTES, USERS_PAGE};
use crate::{Caller, Service, ServiceError, views, wire};

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
        let mut limits = SyncLimits {
            conversations: sync.limit.unwrap_or(SYNC_CONVERSATIONS).clamp(1, most),
            entries,
            bytes,
        };
        let mut page = self.store.sync(caller.user(), cursor, limits).await?;
        if sync.bytes.is_some() && !sync.list {
            // The page ends with its bytes: who asks for few wants the next page, and not each text by itself.
            let is_whole = |conversation: &Conversation, entries: &[Entry]| {
                let readable = conversation.head.get() - conversation.since.previous().get();
                let most = readable.min(SYNC_ENTRIES as u64);
                // Of one that was left there is nothing to give.
                conversation.role.is_none() || entries.len() as u64 >= most
            };
            let mut conversations = page.conversations.iter();
            let whole = conversations
                .position(|(conversation, _, entries)| !is_whole(conversation, entries))
                .map(|whole| whole.max(1));
            if let Some(conversations) = whole.filter(|whole| *whole < page.conversations.len()) {
                limits.conversations = conversations;
                page = self.store.sync(caller.user(), cursor, limits).await?;
            }
        }
        let mut users = self.people_in(&page).await?;
        while let Some(conversations) = fitting(&page, &users) {
            limits.conversations = conversations;
            page = self.store.sync(caller.user(), cursor, limits).await?;
            users = self.people_in(&page).await?;
        }
        let (mut conversations, mut list) = (Vec::new(), Vec::new());
        for (conversation, unread, entries) in page.conversations {
            let mut view = wire::conversation(&conversation, unread, entries);
            let mentions = page.mentions.iter().find(|(conv, _)| *conv == view.conv);
            view.mentions = mentions.map_or(0, |(_, count)| *count);
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
            users: self.profiles_for(caller, users.values()),
            total_unread: page.total_unread,
            total_muted: views::muted_now(&page.quiet, self.clock.now()),
            cursor: page.next.to_text(self.epoch()).into(),
            more: matches!(page.next, SyncCursor::Within { .. }),
        })
    }

    /// Whoever has to be named with a page.
    async fn people_in(&self, page: &SyncPage) -> Result<BTreeMap<UserId, User>, ServiceError> {
        let shown = page.conversations.iter();
        let people: BTreeSet<UserId> = shown
            .flat_map(|(conversation, _, entries)| people(conversation, entries))
            .collect();
        let people: Vec<UserId> = people.into_iter().collect();
        let mut users = BTreeMap::new();
        for some in people.chunks(USERS_AT_ONCE) {
            let found = self.store.users(some).await?;
            users.extend(found.into_iter().map(|user| (user.id, user)));
        }
        Ok(users)
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
            HistoryRange::Latest | HistoryRange::Before(_) => {
                entries.first().is_some_and(|entry| entry.seq > found.since)
            }
        };
        Ok(HistoryPage {
            conv: history.conv,
            entries: entries.into_iter().map(wire::entry).collect(),
            head: found.head,
            since: wire::told_since(found.since),
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
    pub(crate) fn profiles_for<'a>(
        &self,
        caller: &Caller,
        users: impl IntoIterator<Item = &'a User>,
    ) -> Vec<UserProfile> {
        let profile = |user| self.profile_for(caller, user);
        users.into_iter().map(profile).collect()
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
    let acked = acked.iter().filter(|(conv, _)| *conv == view.conv);
    let Some(seq) = acked.map(|(_, seq)| *seq).max() else {
        return;
    };
    view.me.delivered = view.me.delivered.max(seq);
    let mut told = view.members.iter_mut().flatten();
    if let Some(own) = told.find(|member| member.user == user) {
        own.delivered = view.me.delivered;
    }
}

/// Who has to be named with a conversation: the members that are told, and the senders of the entries.
fn people(conversation: &Conversation, entries: &[Entry]) -> impl Iterator<Item = UserId> {
    let members = wire::members_told(conversation).unwrap_or_default().iter();
    let senders = entries.iter().map(|entry| entry.from);
    members.map(|member| member.user).chain(senders)
}

/// How many conversations a page has room for, with their people; `None` where all have room.
fn fitting(page: &SyncPage, users: &BTreeMap<UserId, User>) -> Option<usize> {
    let mut named = BTreeSet::new();
    let mut bytes = 0;
    for (index, (conversation, _, entries)) in page.conversations.iter().enumerate() {
        let told = wire::members_told(conversation).map_or(0, <[_]>::len);
        let pins = conversation.pinned.len() * PIN_BYTES;
        bytes += CONVERSATION_BYTES + pins + told * MEMBER_BYTES;
        bytes += views::told_if_any(&conversation.view).map_or(0, |view| view.wire_bytes());
        for user in people(conversation, entries).filter(|user| named.insert(*user)) {
            bytes += users.get(&user).map_or(0, wire::profile_bytes);
        }
        if bytes > PEOPLE_BYTES {
            return Some(index.max(1)).filter(|fitting| *fitting < page.conversations.len());
        }
    }
    None
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

/// Users that a store is asked for at a time.
const USERS_AT_ONCE: usize = 1000;

/// An entry has more, in bytes.
const LEAST_ENTRY_BYTES: usize = 120;

#[cfg(test)]
mod tests {
    use hongyan_protocol::limits::{MEMBERS_TOLD, SYNC_ENTRIES};
    use hongyan_protocol::{ClientId, EntryId, Millis};
    use hongyan_store::{Content, ConversationKind, Member, View};

    use super::*;
    use crate::limits::{AVATAR_BYTES, LOGIN_BYTES, NAME_BYTES};

    fn id(number: u64) -> UserId {
        UserId::new(number).unwrap()
    }

    /// So many conversations, each with so many members of its own and the last entries by others still.
    fn page(conversations: u64, members: u64) -> SyncPage {
        let one = |number: u64| {
            let conv = ConversationId::new(number).unwrap();
            let first = 1_000_000 * number;
            let told = if members > MEMBERS_TOLD as u64 {
                0
            } else {
                members
            };
            let told = (first..first + told).map(|user| Member::new(id(user)));
            let entry = |seq: u64| Entry {
                conv,
                seq: Seq::new(seq).unwrap(),
                id: EntryId::new(seq).unwrap(),
                from: id(first + 500_000 + seq),
                at: Millis::new(0).unwrap(),
                client_id: ClientId::new("c").unwrap(),
                content: Content::Recall { target: Seq::ZERO },
            };
            let conversation = Conversation {
                requests: 0,
                role: Some(hongyan_store::Role::Member),
                group: None,
                view: View::default(),
                id: conv,
                kind: ConversationKind::Direct,
                head: Seq::new(SYNC_ENTRIES as u64).unwrap(),
                since: Seq::ZERO.next(),
                floor: Seq::ZERO,
                pinned: Vec::new(),
                muted_until: None,
                size: members as usize,
                me: Member::new(id(first)),
                members: told.collect(),
            };
            let entries = (1..=SYNC_ENTRIES as u64).map(entry).collect();
            (conversation, 0, entries)
        };
        SyncPage {
            conversations: (1..=conversations).map(one).collect(),
            mentions: Vec::new(),
            total_unread: 0,
            quiet: Vec::new(),
            next: SyncCursor::Since(1),
        }
    }

    /// Everybody in a page, with names as long as these.
    fn users(page: &SyncPage, login: usize, name: usize, avatar: usize) -> BTreeMap<UserId, User> {
        let shown = page.conversations.iter();
        let people = shown.flat_map(|(conversation, _, entries)| people(conversation, entries));
        let user = |id| User {
            id,
            login: "l".repeat(login),
            name: "\"".repeat(name),
            avatar: Some("\u{1}".repeat(avatar)),
            created_at: Millis::new(0).unwrap(),
        };
        people.map(|id| (id, user(id))).collect()
    }

    #[test]
    fn a_page_names_the_members_told_and_the_senders_of_its_entries() {
        let count = |members: usize| {
            let page = page(1, members as u64);
            users(&page, 1, 1, 1).len()
        };
        assert_eq!(count(2), 2 + SYNC_ENTRIES);
        assert_eq!(count(MEMBERS_TOLD), MEMBERS_TOLD + SYNC_ENTRIES);
        assert_eq!(count(MEMBERS_TOLD + 1), SYNC_ENTRIES);
        assert_eq!(count(10_000), SYNC_ENTRIES);
    }

    #[test]
    fn a_page_ends_before_its_people_are_too_many_bytes() {
        let usual = page(50, MEMBERS_TOLD as u64);
        assert_eq!(fitting(&usual, &users(&usual, 20, 12, 2)), None);
        let longest = users(&usual, LOGIN_BYTES, NAME_BYTES, AVATAR_BYTES);
        let fitting_longest = fitting(&usual, &longest).unwrap();
        assert!((1..50).contains(&fitting_longest), "{fitting_longest}");
        let one = page(1, MEMBERS_TOLD as u64);
        assert_eq!(fitting(&one, &longest), None);
        let large = page(200, 10_000);
        assert_eq!(fitting(&large, &users(&large, 20, 12, 2)), None);
    }
}
