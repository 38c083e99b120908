//! Who has read a message, and by how many it was read: what is answered to those who ask.

use hongyan_protocol::{AskReadBy, ConversationId, ReadByCounts, Seq, UserId, UserProfile, limits};
use hongyan_store::{Content, HistoryRange, MEMBERS_PAGE, Standing};

use super::{Live, counts, short};
use crate::{Caller, ConnectionId, Service, ServiceError};

/// A page of those who have read a message, or have not.
#[derive(Debug, Clone)]
pub struct ReadersPage {
    /// Them, by id.
    pub users: Vec<UserProfile>,
    /// Whether there are others above the last one.
    pub more: bool,
}

impl Service {
    /// From here on the caller's connection is told by how many these messages were read, of the conversation that it looks
    /// at, and of no others. What is no message of the conversation is left out.
    pub async fn read_by(
        &self,
        caller: &Caller,
        ask: AskReadBy,
    ) -> Result<ReadByCounts, ServiceError> {
        let most = limits::READ_BY_MESSAGES;
        if ask.seqs.len() > most {
            let message = format!("at most {most} messages at a time");
            return Err(ServiceError::TooLarge(message));
        }
        let Some(connection) = caller.connection() else {
            return Err(not_watched());
        };
        let whose = (connection, caller.user());
        self.live.read_by(whose, ask.conv, ask.seqs).await
    }

    /// Who has read a message, or, where `unread`, who has not: members with ids above `after`, who were members when it was
    /// sent, without its sender.
    pub async fn readers(
        &self,
        caller: &Caller,
        (conv, seq): (ConversationId, Seq),
        after: UserId,
        limit: Option<usize>,
        unread: bool,
    ) -> Result<ReadersPage, ServiceError> {
        let most = limits::READERS_PAGE;
        let limit = limit.unwrap_or(most).clamp(1, most);
        let user = caller.user();
        let author = self.live.authors(user, conv, &[seq]).await?;
        let author = author.first().ok_or(ServiceError::EntryNotFound)?.1;
        let is_wanted = |one: &&Standing| {
            let was_there = one.joined <= seq && one.user != author;
            was_there && (one.read < seq) == unread
        };
        let (mut found, mut after) = (Vec::new(), after);
        while found.len() <= limit {
            let page = self
                .store
                .standings(user, conv, after, MEMBERS_PAGE)
                .await?;
            found.extend(page.iter().filter(is_wanted).map(|one| one.user));
            match page.last() {
                Some(last) if page.len() == MEMBERS_PAGE => after = last.user,
                Some(_) | None => break,
            }
        }
        let more = found.len() > limit;
        found.truncate(limit);
        let mut users = self.store.users(&found).await?;
        users.sort_by_key(|user| user.id);
        Ok(ReadersPage {
            users: self.profiles_for(caller, &users),
            more,
        })
    }
}

impl Live {
    async fn read_by(
        &self,
        whose: (ConnectionId, UserId),
        conv: ConversationId,
        mut seqs: Vec<Seq>,
    ) -> Result<ReadByCounts, ServiceError> {
        let (connection, user) = whose;
        let opened = {
            let mut state = self.state.lock();
            if !state.watchers.may_be_told(connection, conv) {
                return Err(not_watched());
            }
            state.rooms.open(conv)
        };
        if let Some(opened) = opened {
            self.read_members(user, conv, opened).await?;
        }
        seqs.sort_unstable();
        seqs.dedup();
        let messages = self.authors(user, conv, &seqs).await?;
        let messages: Vec<(u32, UserId)> = messages
            .into_iter()
            .map(|(seq, author)| (short(seq), author))
            .collect();
        let mut state = self.state.lock();
        if !state.watchers.may_be_told(connection, conv) {
            return Err(not_watched());
        }
        let named = state.rooms.name(conv, whose, &messages);
        // So much changed while the members were read that they are not known.
        let named = named.ok_or(ServiceError::Overloaded)?;
        Ok(counts(conv, &named))
    }

    /// Those of these entries, which are ascending, that are messages, each with its sender.
    async fn authors(
        &self,
        user: UserId,
        conv: ConversationId,
        seqs: &[Seq],
    ) -> Result<Vec<(Seq, UserId)>, ServiceError> {
        let (mut found, mut next) = (Vec::new(), 0);
        while let (Some(first), Some(last)) = (seqs.get(next), seqs.last()) {
            let range = HistoryRange::After(first.previous());
            let span = last.get() - first.get() + 1;
            let limit = usize::try_from(span).map_or(AUTHORS_SPAN, |span| span.min(AUTHORS_SPAN));
            let page = self.store.history(user, conv, range, limit).await?;
            let Some(end) = page.entries.last().map(|entry| entry.seq) else {
                break;
            };
            for entry in &page.entries {
                let is_message = matches!(entry.content, Content::Message { .. });
                if is_message && seqs.binary_search(&entry.seq).is_ok() {
                    found.push((entry.seq, entry.from));
                }
            }
            next = seqs.partition_point(|seq| *seq <= end);
        }
        Ok(found)
    }
}

/// Entries that are read at a time for the senders of some of them.
const AUTHORS_SPAN: usize = 2 * limits::READ_BY_MESSAGES;

fn not_watched() -> ServiceError {
    ServiceError::BadRequest("say watch first, of the same conversation".into())
}
