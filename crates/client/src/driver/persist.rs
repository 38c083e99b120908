//! The state that a client keeps, and when it is written.
//!
//! Requests are written at once, because their submission waits for it. A crash may lose the rest at the cost of
//! repeated work. So it is gathered and written once in a while: answers (the client would send the request again,
//! under the same name), positions (entries would be delivered again), and what the heartbeat has learnt.

use std::time::Duration;

use hongyan_delivery::Tick;
use hongyan_delivery::client::heartbeat::Network;
use hongyan_delivery::client::incoming::{Held, Snapshot};
use hongyan_delivery::client::outbox::{self, Append, Outbox};
use hongyan_protocol::{ConversationId, UserId};

use super::Driver;
use crate::journal::{Journal, Kept, KeptSecret, KeptToken, Record};
use crate::{Credentials, StateError};

/// From a change that may be lost to its writing.
const DELAY: Duration = Duration::from_secs(1);

/// The journal, if there is one, and what is still to be written to it.
#[derive(Debug)]
pub(super) struct Keeper {
    store: Store,
    resume: bool,
    waiting: Vec<Record>,
    due: Option<Tick>,
}

#[derive(Debug)]
enum Store {
    /// Nothing is kept.
    Nothing,
    /// Boxed, because it moves to a thread that may block, and back.
    Journal(Box<Journal>),
    /// The thread that held it died.
    Lost,
}

impl Keeper {
    /// Writes to this journal. Positions are only taken from it where `resume` says so.
    pub(super) fn new(journal: Option<Journal>, resume: bool) -> Self {
        Self {
            store: journal.map_or(Store::Nothing, |journal| Store::Journal(Box::new(journal))),
            resume,
            waiting: Vec::new(),
            due: None,
        }
    }

    /// The positions to go on from.
    pub(super) fn snapshot(&self) -> Snapshot {
        match self.kept() {
            Some(kept) if self.resume => kept.snapshot(),
            Some(kept) => Snapshot {
                epoch: kept.epoch.clone(),
                ..Snapshot::default()
            },
            None => Snapshot::default(),
        }
    }

    /// An outbox with what was answered, for what is not answered to be submitted to.
    pub(super) fn outbox_of(&self, policy: outbox::Policy) -> Outbox {
        match self.kept() {
            Some(kept) => Outbox::restore(policy, kept.answered.clone(), kept.people.clone()),
            None => Outbox::new(policy),
        }
    }

    /// Notes the other users of 1:1 conversations that were not known.
    pub(super) fn learn_directs(&mut self, directs: &[(UserId, ConversationId)]) {
        let Some(kept) = self.kept() else { return };
        let news = directs
            .iter()
            .filter(|(user, conv)| kept.people.get(conv) != Some(user));
        let news: Vec<_> = news
            .map(|&(user, conv)| Record::Direct(conv, user))
            .collect();
        self.waiting.extend(news);
    }

    /// What an earlier run's heartbeat had learnt.
    pub(super) fn networks(&self) -> Vec<Network> {
        self.kept().map_or(Vec::new(), |kept| kept.networks.clone())
    }

    /// The requests that an earlier run had left, in their order.
    pub(super) fn outbox(&self) -> Vec<Append> {
        let outbox = self.kept().map(|kept| &kept.outbox);
        outbox.into_iter().flatten().cloned().collect()
    }

    /// Whose directory it is.
    pub(super) fn user(&self) -> Option<UserId> {
        self.kept().and_then(|kept| kept.user)
    }

    /// Notes a change that may wait.
    pub(super) fn later(&mut self, record: Record) {
        if matches!(self.store, Store::Journal(_)) {
            self.waiting.push(record);
        }
    }

    /// Asks for a writing of what may wait, within [`DELAY`].
    pub(super) fn soon(&mut self, now: Tick) {
        if matches!(self.store, Store::Journal(_)) {
            self.due.get_or_insert(now.after(DELAY));
        }
    }

    /// When the next writing is due.
    pub(super) fn next_deadline(&self) -> Option<Tick> {
        self.due
    }

    /// Writes these changes and those that waited, where it does not hold up the runtime.
    pub(super) async fn commit(&mut self, records: Vec<Record>) -> Result<(), StateError> {
        if matches!(self.store, Store::Nothing) {
            return Ok(());
        }
        let waited = self.waiting.len();
        self.waiting.extend(records);
        if self.waiting.is_empty() {
            return Ok(());
        }
        let Store::Journal(mut journal) = std::mem::replace(&mut self.store, Store::Lost) else {
            self.waiting.clear();
            return Err(StateError::Poisoned);
        };
        let batch = self.waiting.clone();
        let write = move || {
            let written = journal.commit(batch);
            (journal, written)
        };
        let (journal, written) = tokio::task::spawn_blocking(write)
            .await
            .map_err(std::io::Error::other)?;
        self.store = Store::Journal(journal);
        match written {
            Ok(()) => self.waiting.clear(),
            Err(_) => self.waiting.truncate(waited),
        }
        written
    }

    /// Forgets everything that was kept, and keeps nothing more.
    pub(super) async fn erase(&mut self) -> Result<(), StateError> {
        self.waiting.clear();
        self.due = None;
        match std::mem::replace(&mut self.store, Store::Nothing) {
            Store::Journal(journal) => tokio::task::spawn_blocking(move || journal.erase())
                .await
                .map_err(std::io::Error::other)?,
            Store::Nothing | Store::Lost => Ok(()),
        }
    }

    fn kept(&self) -> Option<&Kept> {
        match &self.store {
            Store::Journal(journal) => Some(journal.kept()),
            Store::Nothing | Store::Lost => None,
        }
    }
}

impl Driver {
    /// Puts what an earlier run had left into the outbox.
    pub(super) async fn take_up(&mut self) {
        let now = self.ambient.now();
        for append in self.keeper.outbox() {
            let client_id = append.client_id().clone();
            match self.outbox.submit(append, now, &mut self.outbox_actions) {
                Ok(()) => self.waiters.submitted(client_id, None),
                // The capacity is smaller than in that run: the rest waits for a run with room.
                Err(error) => tracing::warn!(%error, "a kept request is not sent in this run"),
            }
        }
        if self.is_fresh_token {
            self.keep_token().await;
        }
    }

    /// Keeps the token and the device's secret, with the login name that they were made for.
    pub(super) async fn keep_token(&mut self) {
        let token = self.status.borrow().token.clone();
        if let (Some(token), Credentials::Password { login, .. }) = (token, &self.credentials) {
            let login = login.clone();
            let secret = self.device_secret.clone().map(|secret| {
                let login = login.clone();
                Record::Secret(KeptSecret { login, secret })
            });
            let token = Record::Token(Some(KeptToken { login, token }));
            self.keep_now(std::iter::once(token).chain(secret).collect())
                .await;
        }
    }

    /// Writes a change that should not wait. A failure is logged: the next writing tries again.
    pub(super) async fn keep_now(&mut self, records: Vec<Record>) {
        records
            .into_iter()
            .for_each(|record| self.keeper.later(record));
        self.keep(Vec::new()).await;
    }

    /// Writes what waits, once it has waited long enough.
    pub(super) async fn keep_when_due(&mut self) {
        let now = self.ambient.now();
        if self.keeper.due.is_some_and(|at| at <= now) {
            self.keep_all().await;
            // The application finishes entries without telling; so look again while it has some.
            if self.outlet.has_unfinished() {
                self.keeper.soon(now);
            }
        }
    }

    /// Writes all that may wait, now.
    pub(super) async fn keep_all(&mut self) {
        let now = self.ambient.now();
        let records = self.changes(now);
        self.keep(records).await;
    }

    async fn keep(&mut self, records: Vec<Record>) {
        self.keeper.due = None;
        if let Err(error) = self.keeper.commit(records).await {
            tracing::warn!(%error, "cannot keep the client's state");
            // Not known to be for ever: a disk may have room again.
            if !matches!(error, StateError::Poisoned) {
                self.keeper.soon(self.ambient.now());
            }
        }
    }

    /// What has changed since the last writing.
    fn changes(&mut self, now: Tick) -> Vec<Record> {
        let unfinished = self.outlet.unfinished();
        let Some(kept) = self.keeper.kept() else {
            return Vec::new();
        };
        let mut records = Vec::new();
        let networks = self.heartbeat.networks(now);
        if differ(&kept.networks, &networks) {
            records.push(Record::Networks(networks));
        }
        let Snapshot {
            epoch,
            cursor,
            walk,
            held,
        } = self.incoming.snapshot();
        // What is kept is of another history, until what waits is written.
        let mut waiting = self.keeper.waiting.iter();
        let is_reset = waiting.any(|record| *record == Record::Reset);
        for held in held {
            // Not further than the application has come; it gets the rest again.
            let seq = match unfinished.get(&held.conv) {
                Some(first) => held.seq.min(first.previous()),
                None => held.seq,
            };
            let head = held.head.max(held.seq);
            let held = Held { seq, head, ..held };
            if is_reset || kept.held.get(&held.conv) != Some(&held) {
                records.push(Record::Held(held));
            }
        }
        if is_reset || kept.epoch != epoch || kept.cursor != cursor || kept.walk != walk {
            records.push(Record::Cursor {
                epoch,
                cursor,
                walk,
            });
        }
        records
    }
}

/// Whether something was learnt. That what was learnt has grown older is no change.
fn differ(kept: &[Network], now: &[Network]) -> bool {
    let learnt = |network: &Network| (network.key.clone(), network.learnt, network.confirmations);
    !kept.iter().map(learnt).eq(now.iter().map(learnt))
}
