//! What persistence means: the model, the trait that every engine implements, and the contract
//! suite that every engine passes.
//!
//! service → **store** → engine (SQLite, PostgreSQL)
//!
//! Owns: the words for what is kept, what a commit promises, and [who may do what to a log](rules): an engine finds
//! facts and carries out plans, and judges nothing itself.
//! Promises: nothing here knows SQL; types carry no serde, the wire is not the table.
//! Not here: who somebody is (`service`), and batching (`service::committer` fills a batch, an
//! engine makes it one transaction).

mod block;
#[cfg(feature = "contract")]
pub mod contract;
mod group;
mod joining;
mod login;
mod mention;
mod model;
mod order;
pub mod people;
mod reaction;
mod retention;
pub mod rules;
mod verify;
mod view;
mod write;

pub use hongyan_protocol::limits::{ALLS_A_DAY, BLOCKS, DRAFT_BYTES, DRAFTS, MEMBERS_TOLD, PINNED};

pub use block::{BlockError, SetBlock};
pub use group::{
    Effects, Event, GROUP_MEMBERS, GROUPS_A_USER, GroupChange, KeptEvent, Role, Setting, Settings,
    USERS_A_CHANGE, WINDOW_DAYS, Who, Window,
};
pub use joining::{
    ASK_AGAIN_MS, Admission, Asking, JOINING_PAGE, Joined, Joiner, Joining, JoiningChange, Knock,
    LINKS, Link, LinkToken, NewLink, OwnRequest, REQUESTS, REQUESTS_A_USER, Request, WayIn, Ways,
    WaysChange, WaysEnded,
};
pub use login::{composed, login_key};
pub use mention::{Mention, MentionPage};
pub use model::{
    Body, Committed, Content, Conversation, ConversationKind, Credentials, Entry, FoundUsers,
    Header, HeaderFields, History, HistoryRange, Member, NewSession, NewUser, Privacy, Session,
    Standing, SyncCursor, SyncLimits, SyncPage, User,
};
pub use order::{BANS, MUTES, Order, PINS, SLOW_S};
pub use reaction::{
    MessageReactions, REACTIONS_A_MESSAGE, REACTIONS_PAGE, React, ReactError, Reacted, Reaction,
    ReactionPage, ReactionRange,
};
pub use retention::{Floor, KEEP_DAYS, KEEP_ENTRIES, RetainStep, Retained, Retention};
pub use verify::{Fault, MovedMessage, Repaired, Salvage, VerifyReport};
pub use view::{
    Draft, DraftChange, FOR_EVER, LastMessage, Quiet, View, ViewChange, ViewError, Viewed,
};
pub use write::{
    Append, AppendError, Appended, Change, ChangeDigest, Move, MoveError, Moved, Outcome, Target,
    Write,
};

use std::sync::Arc;

use async_trait::async_trait;
use hongyan_protocol::{ConversationId, Millis, Seq, SessionId, UserId};

/// Why a store could not do what it was asked, through no fault of the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It cannot now, and may later: disk full, database away, shutting down. Nothing was stored.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// A fault that waiting does not mend: a corrupt page, a broken invariant, a bug.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// Why a user could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateUserError {
    /// The login name belongs to somebody.
    #[error("the login name is taken")]
    LoginTaken,
    /// The wished id belongs to somebody.
    #[error("the id is taken")]
    IdTaken,
    /// See [`StoreError`].
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a conversation could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No such conversation, or the reader is not a member: deliberately one answer.
    #[error("no such conversation")]
    NotMember,
    /// See [`StoreError`].
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Everything that Hongyan keeps, by what is kept.
///
/// **Reading.** Each read sees one consistent snapshot, never half a batch.
pub trait Store:
    Accounts + Blocks + Sessions + Logs + Reactions + JoiningReads + Maintenance
{
}

impl<S: Accounts + Blocks + Sessions + Logs + Reactions + JoiningReads + Maintenance> Store for S {}

/// Who has an account.
#[async_trait]
pub trait Accounts: Send + Sync + 'static {
    /// Makes a user. Without a wished id the next free one from 1000 upwards is taken.
    async fn create_user(&self, user: NewUser) -> Result<User, CreateUserError>;

    /// Gives a user another name to show, and returns the user as it is now. `None` where there is no
    /// such user.
    async fn rename_user(&self, user: UserId, name: String) -> Result<Option<User>, StoreError>;

    /// Replaces a user's password hash and ends all of the user's sessions but `keep`; their ids are
    /// returned. `None` where there is no such user.
    async fn set_password(
        &self,
        user: UserId,
        hash: String,
        keep: Option<SessionId>,
    ) -> Result<Option<Vec<SessionId>>, StoreError>;

    /// Sets what a user lets others see of being there. `false` where there is no such user.
    async fn set_privacy(&self, user: UserId, privacy: Privacy) -> Result<bool, StoreError>;

    /// What these users let others see, of those with other settings than the default. At most 1,000 ids.
    async fn privacy(&self, ids: &[UserId]) -> Result<Vec<(UserId, Privacy)>, StoreError>;

    /// What is needed to check a password. Login names compare by [`login_key`]; of two that were made before that
    /// was so, each is found by its own spelling, and the older one by any other.
    async fn credentials(&self, login: &str) -> Result<Option<Credentials>, StoreError>;

    /// The users with these ids, in no promised order; unknown ids are left out. At most 1,000 ids.
    async fn users(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError>;

    /// At most `limit` users with ids above `after`, ascending.
    async fn list_users(&self, after: UserId, limit: usize) -> Result<Vec<User>, StoreError>;

    /// At most `limit` users that a query finds, the best first: in the order of its [looks](people::Query::looks), each by
    /// key and then by id. Of one that would take more work than [`people::KEYS_LOOKED_AT`] and
    /// [`people::PEOPLE_CHECKED`] allow, those who are found until then.
    async fn search_users(
        &self,
        query: people::Query,
        limit: usize,
    ) -> Result<FoundUsers, StoreError>;
}

/// Who wants to have nothing to do with whom.
///
/// Who is blocked says nothing in the conversation of the two, and brings the one who blocks into no group: the
/// [rules] hold to that from the write on. Their mentions do not count. Of the one who blocks, positions in the
/// conversation of the two stand still for who is blocked.
#[async_trait]
pub trait Blocks: Send + Sync + 'static {
    /// Blocks somebody, or no more. `false` where it is so already.
    async fn set_block(&self, set: SetBlock) -> Result<bool, BlockError>;

    /// Whom a user has blocked: at most `limit` with ids above `after`, ascending.
    async fn blocked(
        &self,
        user: UserId,
        after: UserId,
        limit: usize,
    ) -> Result<Vec<UserId>, StoreError>;

    /// Who of these has blocked a user. At most 1,000 ids.
    async fn who_blocks(&self, user: UserId, among: &[UserId]) -> Result<Vec<UserId>, StoreError>;
}

/// Which devices are signed in.
#[async_trait]
pub trait Sessions: Send + Sync + 'static {
    /// Makes a session. What it ends is returned beside it: an earlier session of the same user and
    /// device, and beyond [`SESSIONS_PER_USER`] those that were used longest ago, connected ones last.
    async fn open_session(
        &self,
        session: NewSession,
    ) -> Result<(Session, Vec<SessionId>), StoreError>;

    /// The live session behind a token's hash, and its user. `None` when it was never there, was
    /// ended, or expires at `now` or before.
    async fn session(
        &self,
        token_hash: &[u8; 32],
        now: Millis,
    ) -> Result<Option<(Session, User)>, StoreError>;

    /// Whether this token's hash is that of a session which was signed out: by [`close_session`](Self::close_session)
    /// or by [`set_password`](Accounts::set_password), and not because a newer one took its place or it expired. It is
    /// known until the session would have expired, of a user's [`REVOKED_TOKENS`] last ones at least.
    async fn is_revoked(&self, token_hash: &[u8; 32], now: Millis) -> Result<bool, StoreError>;

    /// A user's live sessions, the most recently used first.
    async fn sessions(&self, user: UserId, now: Millis) -> Result<Vec<Session>, StoreError>;

    /// When these users were last seen on any device that is signed in, of those who have one. At most 1,000 ids.
    async fn last_seen(&self, ids: &[UserId]) -> Result<Vec<(UserId, Millis)>, StoreError>;

    /// Notes that a session was used, and by which client. A hint: it need not be durable at once.
    async fn touch_session(
        &self,
        session: SessionId,
        client: Option<String>,
        now: Millis,
    ) -> Result<(), StoreError>;

    /// Ends a session of this user. `false` when the user has no such live session.
    async fn close_session(&self, user: UserId, session: SessionId) -> Result<bool, StoreError>;
}

/// The conversations' logs, and how far their members have come.
///
/// **Writing.** [`commit`](Self::commit) applies a batch whole, in order. Each write has an outcome of
/// its own: one that breaks a [rule](rules) fails alone, the others go through. When it returns `Ok`, all
/// that succeeded is on disk and seen by every read that starts later. When it returns `Err`,
/// none of the batch counts as stored; should a fault leave it open whether the disk has it
/// (a failed fsync), a retry under the same client id finds out.
#[async_trait]
pub trait Logs: Send + Sync + 'static {
    /// Applies a batch in one transaction. The outcomes stand in the order of the writes.
    ///
    /// The batch is shared, not given away: the caller encodes the pushes from the same texts afterwards.
    async fn commit(&self, batch: Arc<[Write]>) -> Result<Vec<Outcome>, StoreError>;

    /// The conversations of `user` that changed since the cursor, newest change first. Where the cursor is beyond the last
    /// change that this history has, all of them: an older state was put back, and nobody noticed.
    async fn sync(
        &self,
        user: UserId,
        cursor: SyncCursor,
        limits: SyncLimits,
    ) -> Result<SyncPage, StoreError>;

    /// A stretch of a log, ascending. It ends early at [`HISTORY_LIMIT`] entries, and before more than
    /// [`PAGE_BYTES`](hongyan_protocol::limits::PAGE_BYTES) are [written](Entry::wire_bytes) of them; but where
    /// there is an entry in the range, one at least is given. So whether the log goes on is told by the seqs, not by
    /// the number of entries.
    async fn history(
        &self,
        user: UserId,
        conv: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<History, ReadError>;

    /// A conversation of `user`'s, without its entries.
    async fn conversation(
        &self,
        user: UserId,
        conv: ConversationId,
    ) -> Result<Conversation, ReadError>;

    /// The members of a conversation of `user`'s whose ids are above `after`, ascending: at most `limit`, and at most
    /// [`MEMBERS_PAGE`].
    async fn members(
        &self,
        user: UserId,
        conv: ConversationId,
        after: UserId,
        limit: usize,
    ) -> Result<Vec<(Member, Role)>, ReadError>;

    /// Who may not come into a conversation of `user`'s, who may not write there, and what is pinned, as far as the user
    /// may read.
    async fn order(&self, user: UserId, conv: ConversationId) -> Result<Order, ReadError>;

    /// What the members of a conversation of `user`'s have seen, of those with ids above `after`, ascending: at most `limit`,
    /// and at most [`MEMBERS_PAGE`].
    async fn standings(
        &self,
        user: UserId,
        conv: ConversationId,
        after: UserId,
        limit: usize,
    ) -> Result<Vec<Standing>, ReadError>;

    /// The 1:1 conversation of two users, if they ever spoke.
    async fn direct_conversation(
        &self,
        user: UserId,
        other: UserId,
    ) -> Result<Option<ConversationId>, StoreError>;

    /// [`SyncPage::total_unread`], without a page.
    async fn total_unread(&self, user: UserId) -> Result<u64, StoreError>;

    /// Messages by others, not recalled, after the read position, over the conversations of `user` that are of two.
    async fn direct_unread(&self, user: UserId) -> Result<u64, StoreError>;

    /// The newest messages before one that mention `user`, newest first, and that `user` may read now: at most `limit`,
    /// and at most [`MENTIONS_PAGE`]. A page may be short, or empty, and have a next one. One's own are none.
    async fn mentions(
        &self,
        user: UserId,
        before: Option<Mention>,
        limit: usize,
    ) -> Result<MentionPage, StoreError>;

    /// The entries that were committed behind that of the number `after`, in the order of their commits, as they are
    /// now: at most `limit` of them, and at most 1,000. Numbers are 1, 2, 3 … over all conversations; 0 is before the
    /// first. Whoever asks on from the last number misses nothing and gets nothing twice. What was committed in the last
    /// second may not be there yet.
    async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Committed>, StoreError>;
}

/// What stands beside messages. It is written by [`Logs::commit`].
#[async_trait]
pub trait Reactions: Send + Sync + 'static {
    /// How the reactions of messages of this conversation of `user`'s stand: a page of at most `limit` messages, and at
    /// most [`REACTIONS_PAGE`].
    async fn reactions(
        &self,
        user: UserId,
        conv: ConversationId,
        range: ReactionRange,
        limit: usize,
    ) -> Result<ReactionPage, ReadError>;

    /// Who set a reaction to a message of this conversation of `user`'s: those whose ids are above `after`, ascending, at
    /// most `limit`, and at most [`REACTIONS_PAGE`].
    async fn reactors(
        &self,
        user: UserId,
        (conv, seq): (ConversationId, Seq),
        value: &str,
        after: UserId,
        limit: usize,
    ) -> Result<Vec<UserId>, ReadError>;
}

/// The ways into groups. They are written by [`Logs::commit`].
#[async_trait]
pub trait JoiningReads: Send + Sync + 'static {
    /// How this user stands before a group, at this time. `None` where the link does not work and the user is no member, or
    /// where the group does not let everybody ask.
    async fn way_in(
        &self,
        user: UserId,
        knock: Knock,
        now: Millis,
    ) -> Result<Option<WayIn>, StoreError>;

    /// The links of a group of `user`'s, ascending, each with whether it works at this time. Admins see all, others those
    /// that they made.
    async fn links(
        &self,
        user: UserId,
        conv: ConversationId,
        now: Millis,
    ) -> Result<Vec<(Link, bool)>, ReadError>;

    /// Who came into a group of `user`'s by a link of this number, behind the entry `after`, in the order of their coming:
    /// at most `limit`, and at most [`JOINING_PAGE`]. Also of a link that was revoked. To others than admins, of links that
    /// they did not make, nobody.
    async fn joiners(
        &self,
        user: UserId,
        conv: ConversationId,
        link: u64,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Joiner>, ReadError>;

    /// Who waits to be let into a group of `user`'s, with ids above `after`, ascending: at most `limit`, and at most
    /// [`JOINING_PAGE`]. To others than admins, nobody.
    async fn requests(
        &self,
        user: UserId,
        conv: ConversationId,
        after: UserId,
        limit: usize,
    ) -> Result<Vec<(UserId, Request)>, ReadError>;

    /// The requests of this user: those that wait, and those that were declined so lately that the user may not ask again at
    /// this time. Ascending by group.
    async fn own_requests(&self, user: UserId, now: Millis) -> Result<Vec<OwnRequest>, StoreError>;
}

/// The state of what is kept.
#[async_trait]
pub trait Maintenance: Send + Sync + 'static {
    /// The name of the history that the store holds: visible ASCII without a dot, of at most [`EPOCH_BYTES`]. It changes
    /// when a backup is put back, or anything else takes back what was acknowledged, and never while the store is open.
    fn epoch(&self) -> &str;

    /// Proves that a write could be made durable now: for health checks.
    async fn check_writable(&self) -> Result<(), StoreError>;

    /// Conversations of which a part could not be read since this was opened. Nothing is appended to them.
    fn damaged(&self) -> Vec<ConversationId> {
        Vec::new()
    }

    /// Does a step of taking away what is not to be kept: raises floors, takes bodies away below them, and gives disk back
    /// that got free. The work of a step is bounded, so that who writes meanwhile waits for some milliseconds. What was
    /// taken away is in no file any more within a minute, as what was recalled.
    ///
    /// Whoever goes on from [`Retained::next`] until there is none has all done that was to be done. A step that a crash
    /// cuts off counts whole or not at all.
    async fn retain(&self, step: RetainStep) -> Result<Retained, StoreError>;

    /// Reads everything and reports what contradicts the model (`hongyan check`). `progress` is told
    /// how many entries were read so far, now and then.
    async fn verify(
        &self,
        progress: Box<dyn FnMut(u64) + Send>,
    ) -> Result<VerifyReport, StoreError>;
}

/// The name of a history, in bytes: with the numbers of a cursor it fits one.
pub const EPOCH_BYTES: usize = 32;

/// Live sessions of one user. Beyond it the one used longest ago ends, a connected one only where all are.
pub const SESSIONS_PER_USER: usize = 100;

/// Signed-out sessions of one user that are remembered. Beyond it those that would expire first are forgotten: their
/// devices are told that the token is unknown.
pub const REVOKED_TOKENS: usize = 1000;

/// The largest number of messages that one [`Logs::mentions`] may return.
pub const MENTIONS_PAGE: usize = 100;

/// The largest number of members that one [`Logs::members`] may return.
pub const MEMBERS_PAGE: usize = 1000;

/// The largest number of entries that one [`Logs::history`] may return.
pub const HISTORY_LIMIT: usize = 1000;
