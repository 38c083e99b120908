//! The store's face: every call goes to the writer or to a reader.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hongyan_protocol::{ConversationId, Millis, Seq, SessionId, UserId};
use hongyan_store::{
    Accounts, AppendError, BlockError, Blocks, Committed, Conversation, CreateUserError,
    Credentials, FoundUsers, HISTORY_LIMIT, History, HistoryRange, JOINING_PAGE, Joiner,
    JoiningReads, Knock, Link, Logs, MEMBERS_PAGE, MENTIONS_PAGE, Maintenance, Member, Mention,
    MentionPage, NewSession, NewUser, Order, Outcome, OwnRequest, Privacy, REACTIONS_PAGE,
    ReactError, ReactionPage, ReactionRange, Reactions, ReadError, Request, RetainStep, Retained,
    Role, Session, Sessions, SetBlock, Standing, StoreError, SyncCursor, SyncLimits, SyncPage,
    Target, User, VerifyReport, WayIn, Write, people,
};

use rusqlite::Connection;

use crate::backup::{self, BackupError};
use crate::damaged::{Damaged, is_damage};
use crate::failure::Failure;
use crate::identity;
use crate::lock::Watch;
use crate::open::{self, OpenError};
use crate::read::{self, Overdue, Seen};
use crate::readers::Readers;
use crate::unsettled::Unsettled;
use crate::verify;
use crate::writer::{Writer, WriterHandle};

/// Ids in one call of [`Accounts::users`], and users in one page of [`Accounts::list_users`].
const USERS: usize = 1000;

/// No conversation has a higher id.
const LAST_CONVERSATION: Option<ConversationId> = match ConversationId::new((1 << 53) - 1) {
    Ok(conv) => Some(conv),
    Err(_) => None,
};

/// Between two looks at whether the database's file is still the one that was opened.
const WATCH_EVERY: Duration = Duration::from_secs(2);

/// What may be chosen when a database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections that read, and so reads that run at the same time. At least 1.
    pub readers: usize,
    /// What the thread does first that carries out what is journaled. Where somebody has to wait for it, the one that
    /// commits takes over at the next entry. So where cores are few, it had better let all others go first.
    pub on_settler_start: fn(),
    /// What the thread does first that copies the write-ahead log back. Nobody waits for it as long as it keeps up; so
    /// where cores are few, it had better let the one go first that commits.
    pub on_copier_start: fn(),
    /// Pages (of 4 KiB) of the write-ahead log after which they are copied back and the log starts over. More makes
    /// commits faster on average, and reads and the opening after a crash slower.
    pub wal_limit_pages: u64,
    /// How long removed texts may stay in the log, in the journal and in the free space of pages, until something is
    /// done about it.
    pub forget_after: Duration,
}

impl Default for Options {
    /// 4 readers; removed texts go after 10 seconds: a minute is promised, so there is time for many that are removed in a
    /// row, and for readers that stay. A log of 40 MiB. While a busy writer waits for it to be copied it grows by half of that.
    fn default() -> Self {
        Self {
            readers: 4,
            on_settler_start: || (),
            on_copier_start: || (),
            wal_limit_pages: 10 * 1024,
            forget_after: Duration::from_secs(10),
        }
    }
}

/// A database file, open. Dropped, it finishes what is queued and closes the file, which may block;
/// [`close`](Self::close) does the same without blocking.
pub struct SqliteStore {
    path: PathBuf,
    epoch: Box<str>,
    writer: WriterHandle,
    readers: Arc<Readers>,
    unsettled: Arc<Unsettled>,
    damaged: Arc<Damaged>,
    watch: Watch,
    failure: Failure,
}

impl SqliteStore {
    /// Opens the database, makes it if it is not there, and brings its schema up to date.
    ///
    /// Reads files and takes locks, so it blocks for some milliseconds, or longer after a crash.
    pub fn open(path: impl AsRef<Path>, options: &Options) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let (conn, lock) = open::open_for_writing(path, options.wal_limit_pages)?;
        let epoch = identity::epoch(&conn).map_err(|error| open::sqlite_error(path, error))?;
        let watch = Watch::of(path).map_err(|error| open::io_error(path, error))?;
        let failure = Failure::default();
        let unsettled = Arc::<Unsettled>::default();
        let marks = Arc::clone(&unsettled);
        let writer = WriterHandle::start(path, options, conn, marks, lock, &failure)?;
        writer.forget_later();
        Ok(Self {
            path: path.into(),
            epoch,
            writer,
            readers: Readers::new(path.into(), options.readers.max(1)),
            unsettled,
            damaged: Arc::default(),
            watch,
            failure,
        })
    }

    /// Returns, with the reason, when nothing more that is written could be relied upon: a thread of this has panicked, or
    /// the database's file is not the one that was opened. The server had better end. Looks for the latter only while
    /// somebody waits here.
    pub async fn failed(&self) -> String {
        let replaced = async {
            loop {
                tokio::time::sleep(WATCH_EVERY).await;
                if let Some(complaint) = self.watch.complaint() {
                    return complaint;
                }
            }
        };
        tokio::select! {
            what = self.failure.happened() => what,
            what = replaced => what,
        }
    }

    /// Finishes the writes that are queued, copies the write-ahead log back and lets go of the file.
    /// Calls that come later fail as [`StoreError::Unavailable`].
    pub async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }

    /// Writes a copy of everything that was committed before this call to a new file. Who writes meanwhile does not
    /// wait, but the write-ahead log does not start over before the copy is written.
    pub async fn backup(&self, to: PathBuf) -> Result<(), BackupError> {
        self.writer.run(Writer::settle_all).await?;
        let path = self.path.clone();
        let copied = tokio::task::spawn_blocking(move || backup::copy(&path, &to)).await;
        copied.unwrap_or_else(|error| Err(StoreError::Failed(error.to_string()).into()))
    }

    /// Returns when all that concerns this user is settled. Nearly always it is.
    async fn settled(&self, user: UserId) -> Result<(), StoreError> {
        if self.unsettled.concerns(user) {
            self.writer.run(move |writer| writer.settle_for(user)).await
        } else {
            Ok(())
        }
    }

    /// Returns when the tables have all that was changed of this group.
    async fn group_settled(&self, conv: ConversationId) -> Result<(), StoreError> {
        if self.unsettled.changes_group(conv) {
            self.writer.run(Writer::settle_all).await
        } else {
            Ok(())
        }
    }

    /// Returns when the tables have all that was changed of groups.
    async fn groups_settled(&self) -> Result<(), StoreError> {
        if self.unsettled.changes_any_group() {
            self.writer.run(Writer::settle_all).await
        } else {
            Ok(())
        }
    }

    /// Commits what is not for a damaged conversation, and refuses the rest.
    async fn commit_in_part(&self, batch: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        let mut is_refused = Vec::with_capacity(batch.len());
        for write in batch {
            let conv = match write {
                Write::Move(_) | Write::View(_) | Write::Joining(_) => None,
                Write::React(react) => Some(react.conv),
                Write::Append(append) => match append.target {
                    Target::Conversation(conv) => Some(conv),
                    // A new one has nothing that could be damaged.
                    Target::NewGroup => None,
                    Target::Direct(other) => self.direct_conversation(append.from, other).await?,
                },
            };
            is_refused.push(conv.is_some_and(|conv| self.damaged.contains(conv)));
        }
        let taken = batch.iter().zip(&is_refused);
        let taken: Arc<[Write]> = taken
            .filter(|(_, is_refused)| !**is_refused)
            .map(|(write, _)| write.clone())
            .collect();
        let done = self.writer.run(move |writer| writer.commit(&taken)).await?;
        let mut done = done.into_iter();
        let outcomes = batch.iter().zip(is_refused);
        let outcomes = outcomes.map(|(write, is_refused)| match (write, is_refused) {
            (_, false) => done.next(),
            (Write::React(_), true) => Some(Outcome::React(Err(ReactError::Damaged))),
            (_, true) => Some(Outcome::Append(Err(AppendError::Damaged))),
        });
        let outcomes: Option<_> = outcomes.collect();
        outcomes.ok_or_else(|| StoreError::Failed("a write has no outcome".into()))
    }

    /// Takes away what is not to be kept of these. One of which something cannot be read does not keep the others from it.
    async fn retain_of(
        &self,
        convs: Vec<ConversationId>,
        step: RetainStep,
    ) -> Result<Retained, StoreError> {
        let retain = |convs: Vec<ConversationId>| {
            self.writer.run(move |writer| writer.retain(&convs, &step))
        };
        let together = retain(convs.clone()).await;
        let Err(StoreError::Failed(_)) = together else {
            return together;
        };
        let last = convs.last().copied();
        for conv in convs {
            match retain(vec![conv]).await {
                Err(StoreError::Failed(error)) => {
                    tracing::warn!(%conv, error, "nothing can be taken away of this conversation");
                }
                done => return done,
            }
        }
        // With none of them anything could be done: on behind them.
        Ok(Retained {
            next: last,
            ..Retained::default()
        })
    }

    #[cfg(test)]
    pub(crate) fn writer(&self) -> &WriterHandle {
        &self.writer
    }

    #[cfg(test)]
    pub(crate) fn has_settled_all(&self) -> bool {
        self.unsettled.is_empty()
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.readers.close();
    }
}

#[async_trait]
impl Accounts for SqliteStore {
    async fn create_user(&self, user: NewUser) -> Result<User, CreateUserError> {
        self.writer
            .run(move |writer| writer.create_user(&user))
            .await
    }

    async fn rename_user(&self, user: UserId, name: String) -> Result<Option<User>, StoreError> {
        self.writer
            .run(move |writer| writer.rename_user(user, &name))
            .await
    }

    async fn set_privacy(&self, user: UserId, privacy: Privacy) -> Result<bool, StoreError> {
        self.writer
            .run(move |writer| writer.set_privacy(user, privacy))
            .await
    }

    async fn privacy(&self, ids: &[UserId]) -> Result<Vec<(UserId, Privacy)>, StoreError> {
        let ids = few(ids)?;
        self.readers
            .run(move |conn| read::privacy(conn, &ids))
            .await
    }

    async fn set_password(
        &self,
        user: UserId,
        hash: String,
        keep: Option<SessionId>,
    ) -> Result<Option<Vec<SessionId>>, StoreError> {
        self.writer
            .run(move |writer| writer.set_password(user, &hash, keep))
            .await
    }

    async fn credentials(&self, login: &str) -> Result<Option<Credentials>, StoreError> {
        let login = login.to_owned();
        self.readers
            .run(move |conn| read::credentials(conn, &login))
            .await
    }

    async fn users(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        let ids = few(ids)?;
        self.readers.run(move |conn| read::users(conn, &ids)).await
    }

    async fn list_users(&self, after: UserId, limit: usize) -> Result<Vec<User>, StoreError> {
        self.readers
            .run(move |conn| read::list_users(conn, after, limit.min(USERS)))
            .await
    }

    async fn search_users(
        &self,
        query: people::Query,
        limit: usize,
    ) -> Result<FoundUsers, StoreError> {
        self.readers
            .run(move |conn| crate::people::search(conn, &query, limit.min(USERS)))
            .await
    }
}

#[async_trait]
impl Blocks for SqliteStore {
    async fn set_block(&self, set: SetBlock) -> Result<bool, BlockError> {
        self.writer.run(move |writer| writer.set_block(&set)).await
    }

    async fn blocked(
        &self,
        user: UserId,
        after: UserId,
        limit: usize,
    ) -> Result<Vec<UserId>, StoreError> {
        self.readers
            .run(move |conn| read::blocked(conn, user, after, limit))
            .await
    }

    async fn who_blocks(&self, user: UserId, among: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let among = few(among)?;
        self.readers
            .run(move |conn| read::who_blocks(conn, user, &among))
            .await
    }
}

#[async_trait]
impl Sessions for SqliteStore {
    async fn open_session(
        &self,
        session: NewSession,
    ) -> Result<(Session, Vec<SessionId>), StoreError> {
        self.writer
            .run(move |writer| writer.open_session(&session))
            .await
    }

    async fn session(
        &self,
        token_hash: &[u8; 32],
        now: Millis,
    ) -> Result<Option<(Session, User)>, StoreError> {
        let token_hash = *token_hash;
        self.readers
            .run(move |conn| read::session(conn, &token_hash, now))
            .await
    }

    async fn is_revoked(&self, token_hash: &[u8; 32], now: Millis) -> Result<bool, StoreError> {
        let token_hash = *token_hash;
        self.readers
            .run(move |conn| read::is_revoked(conn, &token_hash, now))
            .await
    }

    async fn sessions(&self, user: UserId, now: Millis) -> Result<Vec<Session>, StoreError> {
        self.readers
            .run(move |conn| read::sessions(conn, user, now))
            .await
    }

    async fn last_seen(&self, ids: &[UserId]) -> Result<Vec<(UserId, Millis)>, StoreError> {
        let ids = few(ids)?;
        self.readers
            .run(move |conn| read::last_seen(conn, &ids))
            .await
    }

    async fn touch_session(
        &self,
        session: SessionId,
        client: Option<String>,
        now: Millis,
    ) -> Result<(), StoreError> {
        self.writer.touch(session, client, now).await
    }

    async fn close_session(&self, user: UserId, session: SessionId) -> Result<bool, StoreError> {
        self.writer
            .run(move |writer| writer.close_session(user, session))
            .await
    }
}

#[async_trait]
impl Logs for SqliteStore {
    async fn commit(&self, batch: Arc<[Write]>) -> Result<Vec<Outcome>, StoreError> {
        let outcomes = if self.damaged.is_any() {
            self.commit_in_part(&batch).await
        } else {
            self.writer.run(move |writer| writer.commit(&batch)).await
        };
        if !self.unsettled.is_empty() {
            self.writer.settle_later();
        }
        self.writer.forget_later();
        outcomes
    }

    async fn sync(
        &self,
        user: UserId,
        cursor: SyncCursor,
        limits: SyncLimits,
    ) -> Result<SyncPage, StoreError> {
        self.settled(user).await?;
        let damaged = Arc::clone(&self.damaged);
        let read = move |conn: &Connection| {
            let read = || read::sync(conn, user, cursor, limits, &|conv| damaged.contains(conv));
            match read() {
                Err(error) if is_damage(&error) => {
                    // All others can be read still, once it is known which cannot.
                    let note = |conv, read: &rusqlite::Result<_>| damaged.note(conv, read);
                    if read::probe(conn, user, limits.entries, &note)? {
                        return read();
                    }
                    Err(error)
                }
                done => done,
            }
        };
        self.readers.run(read).await
    }

    async fn history(
        &self,
        user: UserId,
        conv: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<History, ReadError> {
        let limit = limit.min(HISTORY_LIMIT);
        let damaged = Arc::clone(&self.damaged);
        let unsettled = Arc::clone(&self.unsettled);
        let found = self
            .readers
            .run_after(
                // Before the snapshot: what is settled in between is in both.
                move || {
                    (
                        unsettled.tail(conv, range, limit),
                        unsettled.view(conv, user),
                    )
                },
                move |conn, (tail, view)| {
                    let beside = (tail.as_ref(), view.as_ref());
                    let read = read::history(conn, user, conv, range, limit, beside);
                    damaged.note(conv, &read);
                    read
                },
            )
            .await?;
        found.ok_or(ReadError::NotMember)
    }

    async fn conversation(
        &self,
        user: UserId,
        conv: ConversationId,
    ) -> Result<Conversation, ReadError> {
        self.group_settled(conv).await?;
        let unsettled = Arc::clone(&self.unsettled);
        let found = self
            .readers
            .run_after(
                move || unsettled.beside(conv, user),
                move |conn, beside| {
                    let settled = read::seen(conn, conv, user)?;
                    let seen = match beside {
                        Some(beside) => beside.completed(settled, user),
                        None => settled,
                    };
                    Ok(seen.map(Seen::told))
                },
            )
            .await?;
        found.ok_or(ReadError::NotMember)
    }

    async fn members(
        &self,
        user: UserId,
        conv: ConversationId,
        after: UserId,
        limit: usize,
    ) -> Result<Vec<(Member, Role)>, ReadError> {
        self.settled(user).await?;
        self.group_settled(conv).await?;
        let found = self
            .readers
            .run(move |conn| match read::member(conn, conv, user)? {
                Some(_) => read::members(conn, conv, after, limit.min(MEMBERS_PAGE)).map(Some),
                None => Ok(None),
            })
            .await?;
        found.ok_or(ReadError::NotMember)
    }

    async fn order(&self, user: UserId, conv: ConversationId) -> Result<Order, ReadError> {
        self.settled(user).await?;
        let found = self
            .readers
            .run(move |conn| match read::member(conn, conv, user)? {
                Some(own) => {
                    let mut order = read::order(conn, conv)?;
                    order.pinned.retain(|seq| *seq >= own.since);
                    Ok(Some(order))
                }
                None => Ok(None),
            })
            .await?;
        found.ok_or(ReadError::NotMember)
    }

    async fn standings(
        &self,
        user: UserId,
        conv: ConversationId,
        after: UserId,
        limit: usize,
    ) -> Result<Vec<Standing>, ReadError> {
        self.settled(user).await?;
        self.group_settled(conv).await?;
        let unsettled = Arc::clone(&self.unsettled);
        let found = self
            .readers
            .run_after(
                move || unsettled.beside(conv, user),
                move |conn, beside| {
                    if read::member(conn, conv, user)?.is_none() {
                        return Ok(None);
                    }
                    let found = read::standings(conn, conv, after, limit.min(MEMBERS_PAGE))?;
                    let shown = read::other_standing(conn, conv, user, &found)?;
                    let now = found.into_iter().map(|(member, joined)| {
                        let member = beside.as_ref().map_or(member, |beside| beside.now(member));
                        let member = shown.map_or(member, |shown| read::no_further(member, shown));
                        Standing {
                            user: member.user,
                            joined,
                            read: member.read,
                        }
                    });
                    Ok(Some(now.collect()))
                },
            )
            .await?;
        found.ok_or(ReadError::NotMember)
    }

    async fn direct_conversation(
        &self,
        user: UserId,
        other: UserId,
    ) -> Result<Option<ConversationId>, StoreError> {
        let (low, high) = (user.min(other), user.max(other));
        if let Some(conv) = self.unsettled.direct(low, high) {
            return Ok(Some(conv));
        }
        self.readers
            .run(move |conn| read::direct_conversation(conn, low, high))
            .await
    }

    async fn total_unread(&self, user: UserId) -> Result<u64, StoreError> {
        self.settled(user).await?;
        self.readers
            .run(move |conn| read::unread::total(conn, user))
            .await
    }

    async fn direct_unread(&self, user: UserId) -> Result<u64, StoreError> {
        self.settled(user).await?;
        self.readers
            .run(move |conn| read::unread::direct(conn, user))
            .await
    }

    async fn mentions(
        &self,
        user: UserId,
        before: Option<Mention>,
        limit: usize,
    ) -> Result<MentionPage, StoreError> {
        self.settled(user).await?;
        self.readers
            .run(move |conn| read::mentions(conn, user, before, limit.min(MENTIONS_PAGE)))
            .await
    }

    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Committed>, StoreError> {
        self.readers
            .run(move |conn| read::changes(conn, after, limit))
            .await
    }
}

#[async_trait]
impl Reactions for SqliteStore {
    async fn reactions(
        &self,
        user: UserId,
        conv: ConversationId,
        range: ReactionRange,
        limit: usize,
    ) -> Result<ReactionPage, ReadError> {
        self.settled(user).await?;
        let found = self
            .readers
            .run(move |conn| match read::member(conn, conv, user)? {
                Some(own) => {
                    let limit = limit.min(REACTIONS_PAGE);
                    let view = read::view(conn, conv, user)?;
                    let reader = (user, view.first_told(own.since));
                    read::reactions(conn, conv, reader, range, limit).map(Some)
                }
                None => Ok(None),
            })
            .await?;
        found.ok_or(ReadError::NotMember)
    }

    async fn reactors(
        &self,
        user: UserId,
        (conv, seq): (ConversationId, Seq),
        value: &str,
        after: UserId,
        limit: usize,
    ) -> Result<Vec<UserId>, ReadError> {
        self.settled(user).await?;
        let value = value.to_owned();
        let found = self
            .readers
            .run(move |conn| match read::member(conn, conv, user)? {
                Some(own) if seq < own.since => Ok(Some(Vec::new())),
                Some(_) => {
                    let limit = limit.min(REACTIONS_PAGE);
                    read::reactors(conn, (conv, seq), &value, after, limit).map(Some)
                }
                None => Ok(None),
            })
            .await?;
        found.ok_or(ReadError::NotMember)
    }
}

#[async_trait]
impl JoiningReads for SqliteStore {
    async fn way_in(
        &self,
        user: UserId,
        knock: Knock,
        now: Millis,
    ) -> Result<Option<WayIn>, StoreError> {
        self.groups_settled().await?;
        self.readers
            .run(move |conn| read::way_in(conn, user, knock, now))
            .await
    }

    async fn links(
        &self,
        user: UserId,
        conv: ConversationId,
        now: Millis,
    ) -> Result<Vec<(Link, bool)>, ReadError> {
        self.group_settled(conv).await?;
        let found = self
            .readers
            .run(move |conn| match read::group_role(conn, conv, user)? {
                Some(role) => read::links_for(conn, conv, (user, role), now).map(Some),
                None => Ok(None),
            })
            .await?;
        found.ok_or(ReadError::NotMember)
    }

    async fn joiners(
        &self,
        user: UserId,
        conv: ConversationId,
        link: u64,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Joiner>, ReadError> {
        self.group_settled(conv).await?;
        let found = self
            .readers
            .run(move |conn| {
                let Some(role) = read::group_role(conn, conv, user)? else {
                    return Ok(None);
                };
                if !read::sees_joiners(conn, conv, (user, role), link)? {
                    return Ok(Some(Vec::new()));
                }
                let limit = limit.min(JOINING_PAGE);
                read::joiners(conn, (conv, link), after, limit).map(Some)
            })
            .await?;
        found.ok_or(ReadError::NotMember)
    }

    async fn requests(
        &self,
        user: UserId,
        conv: ConversationId,
        after: UserId,
        limit: usize,
    ) -> Result<Vec<(UserId, Request)>, ReadError> {
        self.group_settled(conv).await?;
        let found = self
            .readers
            .run(move |conn| match read::group_role(conn, conv, user)? {
                Some(Role::Member) => Ok(Some(Vec::new())),
                Some(Role::Admin | Role::Owner) => {
                    read::requests(conn, conv, after, limit.min(JOINING_PAGE)).map(Some)
                }
                None => Ok(None),
            })
            .await?;
        found.ok_or(ReadError::NotMember)
    }

    async fn own_requests(&self, user: UserId, now: Millis) -> Result<Vec<OwnRequest>, StoreError> {
        self.groups_settled().await?;
        self.readers
            .run(move |conn| read::own_requests(conn, user, now))
            .await
    }
}

#[async_trait]
impl Maintenance for SqliteStore {
    fn epoch(&self) -> &str {
        &self.epoch
    }

    async fn check_writable(&self) -> Result<(), StoreError> {
        self.writer.run(Writer::probe).await
    }

    fn damaged(&self) -> Vec<ConversationId> {
        self.damaged.all()
    }

    async fn retain(&self, step: RetainStep) -> Result<Retained, StoreError> {
        let step = RetainStep {
            bodies: step.bodies.max(1),
            ..step
        };
        if step.after == ConversationId::default() && !self.unsettled.is_empty() {
            self.writer.run(Writer::settle_all).await?;
        }
        let overdue = self.readers.run(move |conn| read::overdue(conn, &step));
        let Overdue { convs, last } = overdue.await?;
        let mut done = Retained {
            next: last,
            ..Retained::default()
        };
        let convs: Vec<_> = convs
            .into_iter()
            .filter(|conv| !self.damaged.contains(*conv))
            .collect();
        if let Some(&last_overdue) = convs.last() {
            let took = self.retain_of(convs, step).await?;
            if took.next != Some(last_overdue) {
                done.next = took.next;
            }
            done.floors = took.floors;
            done.bodies = took.bodies;
            self.writer.forget_later();
        }
        if last.is_none() && done.next.is_none() && self.readers.run(read::to_pack).await?.is_some()
        {
            done.packed = self.writer.run(Writer::pack).await?;
            self.writer.forget_later();
        }
        if self.readers.run(read::has_much_free).await? {
            done.bytes = self.writer.run(Writer::give_back).await?;
            self.writer.forget_later();
        }
        if done.bytes + done.packed > 0 && done.next.is_none() {
            // Behind all conversations, for what else is to be given back.
            done.next = LAST_CONVERSATION;
        }
        Ok(done)
    }

    async fn verify(
        &self,
        mut progress: Box<dyn FnMut(u64) + Send>,
    ) -> Result<VerifyReport, StoreError> {
        let path = self.path.clone();
        let done = tokio::task::spawn_blocking(move || verify::check_file(&path, &mut progress));
        match done.await {
            Ok(Ok(report)) => Ok(report),
            Ok(Err(error)) => Err(error.into()),
            Err(error) => Err(StoreError::Failed(error.to_string())),
        }
    }
}

/// So many users as may be asked for at once.
fn few(ids: &[UserId]) -> Result<Vec<UserId>, StoreError> {
    if ids.len() > USERS {
        return Err(StoreError::Failed(format!(
            "{} users asked for at once; at most {USERS} may be",
            ids.len()
        )));
    }
    Ok(ids.to_vec())
}
