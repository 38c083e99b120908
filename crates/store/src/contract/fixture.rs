//! A fresh store and the few things that every case does with it.

use std::future::Future;
use std::sync::Arc;

use hongyan_protocol::{ClientId, ConversationId, Millis, Seq, UserId};

use crate::{
    Accounts, Admission, Append, AppendError, Appended, Body, Change, Conversation, Entry,
    GroupChange, HISTORY_LIMIT, Header, HistoryRange, Joined, Joining, JoiningChange, LinkToken,
    Logs, Maintenance, Move, MoveError, Moved, NewLink, NewSession, NewUser, Outcome, React,
    ReactError, Reacted, Store, SyncCursor, SyncLimits, SyncPage, Target, ViewChange, ViewError,
    Viewed, Write,
};

/// How the suite gets at an engine: one value is one place to keep things, fresh at first.
pub trait Engine: Sized + Send + Sync {
    /// What it is.
    type Store: Store;

    /// A place where nothing was ever kept.
    fn fresh() -> impl Future<Output = Self> + Send;

    /// Opens what is kept there.
    fn open(&self) -> impl Future<Output = Self::Store> + Send;

    /// Another handle on what is kept there, while the first is open, as another node has it. An engine that one process
    /// owns alone has only the first.
    fn second(&self, first: &Arc<Self::Store>) -> impl Future<Output = Arc<Self::Store>> + Send {
        let first = Arc::clone(first);
        async move { first }
    }

    /// Closes it as a server that shuts down does.
    fn close(&self, store: Self::Store) -> impl Future<Output = ()> + Send;
}

/// Runs one case on a fresh store; in the end nothing may be wrong with what is kept.
pub async fn run<E: Engine>(case: impl AsyncFnOnce(&mut Fixture<E>)) {
    let mut fixture = Fixture::<E>::fresh().await;
    case(&mut fixture).await;
    fixture.finish().await;
}

/// Room enough for whatever a case looks at.
pub(super) const WIDE: SyncLimits = SyncLimits {
    conversations: 1000,
    entries: 100,
    bytes: 1 << 30,
};

/// How long a session lasts, in milliseconds: longer than a case.
pub(super) const LONG: u64 = 1_000_000;

/// A store with a clock and a source of client ids.
pub struct Fixture<E: Engine> {
    engine: E,
    /// `None` only while it is being opened anew.
    store: Option<Arc<E::Store>>,
    now: u64,
    client_ids: u64,
    users: u64,
}

impl<E: Engine> Fixture<E> {
    pub async fn fresh() -> Self {
        Self::on(E::fresh().await).await
    }

    /// On a place that may have something.
    pub async fn on(engine: E) -> Self {
        let store = engine.open().await;
        Self {
            engine,
            store: Some(Arc::new(store)),
            now: 1_700_000_000_000,
            client_ids: 0,
            users: 0,
        }
    }

    /// An engine may write some of it into its tables only when it is closed, so all of it is
    /// checked after a restart.
    async fn finish(mut self) {
        self.verify().await;
        self.reopen().await;
        self.verify().await;
        self.close().await;
    }

    /// Ends the case without a check, for what a test of one engine does next.
    pub async fn into_engine(mut self) -> E {
        self.close().await;
        self.engine
    }

    pub fn engine(&self) -> &E {
        &self.engine
    }

    pub async fn verify(&self) {
        let report = self.store().verify(Box::new(|_| ())).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.faults);
    }

    async fn close(&mut self) {
        let store = Arc::into_inner(self.store.take().unwrap()).unwrap();
        self.engine.close(store).await;
    }

    /// A restart of the server.
    pub async fn reopen(&mut self) {
        self.close().await;
        self.store = Some(Arc::new(self.engine.open().await));
    }

    pub fn store(&self) -> &E::Store {
        self.store.as_ref().unwrap()
    }

    /// The store for another task. To be dropped before the case ends.
    pub fn shared(&self) -> Arc<E::Store> {
        Arc::clone(self.store.as_ref().unwrap())
    }

    /// The handle of another node. To be dropped before the case ends.
    pub async fn second(&self) -> Arc<E::Store> {
        self.engine.second(self.store.as_ref().unwrap()).await
    }

    /// A time later than any before.
    pub fn tick(&mut self) -> Millis {
        self.now += 1;
        Millis::new(self.now).unwrap()
    }

    /// Time passes.
    pub fn pass(&mut self, milliseconds: u64) {
        self.now += milliseconds;
    }

    pub fn new_user(&mut self, login: &str) -> NewUser {
        NewUser {
            id: None,
            login: login.into(),
            name: format!("{login} 的名字"),
            avatar: None,
            password_hash: format!("hash of {login}"),
            created_at: self.tick(),
        }
    }

    /// That lasts until long after the case.
    pub fn new_session(&mut self, user: UserId, device: &str, token_hash: [u8; 32]) -> NewSession {
        let created_at = self.tick();
        NewSession {
            user,
            device: device.into(),
            client: Some("cli/1".into()),
            token_hash,
            created_at,
            expires_at: Millis::new(created_at.get() + LONG).unwrap(),
            connected: Vec::new(),
        }
    }

    pub async fn user(&mut self) -> UserId {
        self.users += 1;
        let new = self.new_user(&format!("user{}", self.users));
        self.store().create_user(new).await.unwrap().id
    }

    /// Two users.
    pub async fn pair(&mut self) -> (UserId, UserId) {
        (self.user().await, self.user().await)
    }

    pub fn client_id(&mut self) -> ClientId {
        self.client_ids += 1;
        ClientId::new(format!("c{:08}", self.client_ids)).unwrap()
    }

    fn change(&mut self, from: UserId, target: Target, change: Change) -> Append {
        Append {
            from,
            target,
            client_id: self.client_id(),
            change,
            at: self.tick(),
        }
    }

    pub fn message(&mut self, from: UserId, target: Target, text: &str) -> Append {
        self.change(
            from,
            target,
            Change::Message {
                body: Body::Text(text.into()),
                reply_to: None,
                mentions: Vec::new(),
                header: Header::default(),
            },
        )
    }

    pub fn edit(&mut self, from: UserId, conv: ConversationId, target: Seq, text: &str) -> Append {
        self.change(
            from,
            Target::Conversation(conv),
            Change::Edit {
                target,
                body: Body::Text(text.into()),
                not_before: Millis::default(),
            },
        )
    }

    pub fn recall(&mut self, from: UserId, conv: ConversationId, target: Seq) -> Append {
        self.change(
            from,
            Target::Conversation(conv),
            Change::Recall {
                target,
                not_before: Millis::default(),
            },
        )
    }

    /// A group of this user and these others.
    pub fn new_group(&mut self, from: UserId, name: &str, users: &[UserId]) -> Append {
        let change = GroupChange::Create {
            name: name.into(),
            users: users.to_vec(),
        };
        self.change(from, Target::NewGroup, Change::Group(change))
    }

    pub fn group_change(
        &mut self,
        from: UserId,
        conv: ConversationId,
        change: GroupChange,
    ) -> Append {
        self.change(from, Target::Conversation(conv), Change::Group(change))
    }

    pub async fn commit(&self, writes: Vec<Write>) -> Vec<Outcome> {
        self.store().commit(writes.into()).await.unwrap()
    }

    /// Commits appends as one batch.
    pub async fn append_all(&self, appends: &[Append]) -> Vec<Result<Appended, AppendError>> {
        let writes = appends.iter().cloned().map(Write::Append).collect();
        let outcomes = self.commit(writes).await;
        assert_eq!(outcomes.len(), appends.len());
        outcomes.into_iter().map(append_outcome).collect()
    }

    pub async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        let outcomes = self.append_all(std::slice::from_ref(append)).await;
        outcomes.into_iter().next().unwrap()
    }

    /// A message from one to the other, alone in its batch.
    pub async fn say(&mut self, from: UserId, to: UserId, text: &str) -> Appended {
        let append = self.message(from, Target::Direct(to), text);
        self.append(&append).await.unwrap()
    }

    pub async fn advance(
        &self,
        user: UserId,
        conv: ConversationId,
        read: Option<u64>,
        delivered: Option<u64>,
    ) -> Result<Moved, MoveError> {
        let change = Move {
            user,
            conv,
            read: read.map(seq),
            delivered: delivered.map(seq),
        };
        let outcomes = self.commit(vec![Write::Move(change)]).await;
        move_outcome(outcomes.into_iter().next().unwrap())
    }

    /// A reaction to be set or taken back.
    pub fn reaction(
        &mut self,
        user: UserId,
        (conv, seq): (ConversationId, u64),
        value: &str,
        on: bool,
    ) -> React {
        React {
            user,
            conv,
            seq: self::seq(seq),
            value: value.into(),
            on,
            at: self.tick(),
        }
    }

    pub async fn react(&self, react: &React) -> Result<Reacted, ReactError> {
        let outcomes = self.commit(vec![Write::React(react.clone())]).await;
        match outcomes.into_iter().next().unwrap() {
            Outcome::React(outcome) => outcome,
            other => panic!("another outcome for a reaction: {other:?}"),
        }
    }

    pub fn now(&self) -> Millis {
        Millis::new(self.now).unwrap()
    }

    /// Another token each time.
    pub fn token(&mut self) -> LinkToken {
        let mut token = [7; 16];
        token[..8].copy_from_slice(&self.tick().get().to_le_bytes());
        LinkToken(token)
    }

    /// A link to be made, which does not expire.
    pub fn new_link(&mut self, admits: Admission) -> NewLink {
        NewLink {
            client_id: self.client_id(),
            token: self.token(),
            name: "门".into(),
            expires_at: None,
            admits,
        }
    }

    pub fn joining(&mut self, by: UserId, conv: ConversationId, change: JoiningChange) -> Joining {
        Joining {
            by,
            conv,
            at: self.tick(),
            change,
        }
    }

    /// Does something about the ways into a group, alone in its batch.
    pub async fn join(&self, joining: &Joining) -> Result<Joined, AppendError> {
        let outcomes = self.commit(vec![Write::Joining(joining.clone())]).await;
        match outcomes.into_iter().next().unwrap() {
            Outcome::Joining(outcome) => outcome,
            other => panic!("another outcome for a way into a group: {other:?}"),
        }
    }

    /// A change of a view that changes nothing yet.
    pub fn view(&mut self, user: UserId, conv: ConversationId) -> ViewChange {
        ViewChange {
            user,
            conv,
            at: self.tick(),
            muted_until: None,
            pinned: None,
            archived: None,
            hidden: None,
            marked_unread: None,
            draft: None,
            cleared: None,
        }
    }

    /// Makes a change of a view, alone in its batch.
    pub async fn set_view(&self, change: &ViewChange) -> Result<Viewed, ViewError> {
        let outcomes = self.commit(vec![Write::View(change.clone())]).await;
        view_outcome(outcomes.into_iter().next().unwrap())
    }

    pub async fn conversation(&self, user: UserId, conv: ConversationId) -> Conversation {
        self.store().conversation(user, conv).await.unwrap()
    }

    /// The whole log, read in pages.
    pub async fn log(&self, user: UserId, conv: ConversationId) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let after = entries.last().map_or(Seq::ZERO, |entry| entry.seq);
            let range = HistoryRange::After(after);
            let page = self.store().history(user, conv, range, HISTORY_LIMIT).await;
            let page = page.unwrap();
            if page.entries.is_empty() {
                // All of it may be before what the user may read.
                assert_eq!(page.head, after.max(page.since.previous()));
                return entries;
            }
            entries.extend(page.entries);
        }
    }

    /// One entry.
    pub async fn entry(&self, user: UserId, conv: ConversationId, at: u64) -> Entry {
        let range = HistoryRange::After(seq(at - 1));
        let page = self.store().history(user, conv, range, 1).await.unwrap();
        page.entries.into_iter().next().unwrap()
    }

    pub async fn sync(&self, user: UserId, cursor: SyncCursor, limits: SyncLimits) -> SyncPage {
        self.store().sync(user, cursor, limits).await.unwrap()
    }

    /// What a sync from the beginning says of one conversation.
    pub async fn unread(&self, user: UserId, conv: ConversationId) -> u64 {
        let page = self.sync(user, SyncCursor::Since(0), WIDE).await;
        let found = page
            .conversations
            .iter()
            .find(|(found, ..)| found.id == conv);
        found.map(|(_, unread, _)| *unread).unwrap()
    }
}

pub(super) fn view_outcome(outcome: Outcome) -> Result<Viewed, ViewError> {
    match outcome {
        Outcome::View(outcome) => outcome,
        other => panic!("another outcome for a view: {other:?}"),
    }
}

pub(super) fn append_outcome(outcome: Outcome) -> Result<Appended, AppendError> {
    match outcome {
        Outcome::Append(outcome) => outcome,
        other => panic!("another outcome for an append: {other:?}"),
    }
}

pub(super) fn move_outcome(outcome: Outcome) -> Result<Moved, MoveError> {
    match outcome {
        Outcome::Move(outcome) => outcome,
        other => panic!("another outcome for a move: {other:?}"),
    }
}

pub(super) fn seq(value: u64) -> Seq {
    Seq::new(value).unwrap()
}

pub(super) fn text(text: &str) -> Option<Body> {
    Some(Body::Text(text.into()))
}
