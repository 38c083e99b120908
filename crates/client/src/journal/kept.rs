//! What the journal adds up to.

use std::collections::{BTreeMap, HashMap, VecDeque};

use hongyan_delivery::client::heartbeat::Network;
use hongyan_delivery::client::incoming::{Held, Snapshot};
use hongyan_delivery::client::outbox::{Answered, AnsweredList, Append};
use hongyan_protocol::{ClientId, ConversationId, Sent, UserId};

/// One change of what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// Who this client is.
    User(UserId),
    /// The session's token; none once it is worth nothing.
    Token(Option<KeptToken>),
    /// What tells the server at the next sign-in that this device knew the account before.
    Secret(KeptSecret),
    /// A request entered the outbox.
    Submitted(Append),
    /// A request left the outbox, refused or taken back.
    Settled(ClientId),
    /// A request left the outbox, answered.
    Answered(Sent),
    /// A request that was answered in another history is there in this one, in another form.
    Found(ClientId),
    /// A message that was answered, as it is kept.
    Remembered(Box<Answered>),
    /// The other user of a 1:1 conversation.
    Direct(ConversationId, UserId),
    /// The server has another history: positions are gone, and what was answered is to be sent again.
    Reset,
    /// How far a conversation is held.
    Held(Held),
    /// Where sync stands.
    Cursor {
        /// See [`Snapshot::epoch`].
        epoch: Option<Box<str>>,
        /// See [`Snapshot::cursor`].
        cursor: Option<Box<str>>,
        /// See [`Snapshot::walk`].
        walk: Option<Box<str>>,
    },
    /// What the heartbeat has learnt.
    Networks(Vec<Network>),
}

/// A session's token, and the login name that it was made for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeptToken {
    pub(crate) login: Box<str>,
    pub(crate) token: Box<str>,
}

impl std::fmt::Debug for KeptToken {
    /// Shows no secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeptToken({}, …)", self.login)
    }
}

/// A device's secret, and the login name that it was made for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeptSecret {
    pub(crate) login: Box<str>,
    pub(crate) secret: Box<str>,
}

impl std::fmt::Debug for KeptSecret {
    /// Shows no secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeptSecret({}, …)", self.login)
    }
}

/// What the journal adds up to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) user: Option<UserId>,
    pub(crate) token: Option<KeptToken>,
    pub(crate) secret: Option<KeptSecret>,
    pub(crate) outbox: VecDeque<Append>,
    pub(crate) answered: AnsweredList,
    pub(crate) people: BTreeMap<ConversationId, UserId>,
    pub(crate) held: HashMap<ConversationId, Held>,
    pub(crate) epoch: Option<Box<str>>,
    pub(crate) cursor: Option<Box<str>>,
    pub(crate) walk: Option<Box<str>>,
    pub(crate) networks: Vec<Network>,
}

impl Kept {
    /// Takes in one change.
    pub(crate) fn apply(&mut self, record: Record) {
        match record {
            Record::User(user) => self.user = Some(user),
            Record::Token(token) => self.token = token,
            Record::Secret(secret) => self.secret = Some(secret),
            Record::Submitted(append) => self.outbox.push_back(append),
            Record::Settled(client_id) => {
                if self.take(&client_id).is_none() {
                    self.answered.forget(&client_id);
                }
            }
            Record::Answered(sent) => {
                let append = self.take(&sent.client_id);
                if let Some(append) = append.or_else(|| self.answered.open_request(&sent.client_id))
                {
                    self.answered.sent(&append, &sent);
                }
            }
            Record::Found(client_id) => self.answered.is_there(&client_id),
            Record::Remembered(answered) => self.answered.restore(*answered),
            Record::Direct(conv, user) => {
                self.people.insert(conv, user);
            }
            Record::Reset => {
                self.held.clear();
                (self.cursor, self.walk) = (None, None);
                self.answered.history_replaced(&self.people);
                self.outbox = std::mem::take(&mut self.outbox)
                    .into_iter()
                    .filter_map(|append| append.in_another_history(&self.people))
                    .collect();
                self.people.clear();
            }
            Record::Held(held) => {
                self.held.insert(held.conv, held);
            }
            Record::Cursor {
                epoch,
                cursor,
                walk,
            } => {
                self.epoch = epoch;
                self.cursor = cursor;
                self.walk = walk;
            }
            Record::Networks(networks) => self.networks = networks,
        }
    }

    /// Takes a request out of the outbox. Answers come in its order, nearly: the search ends early.
    fn take(&mut self, client_id: &ClientId) -> Option<Append> {
        let mut outbox = self.outbox.iter();
        let index = outbox.position(|append| append.client_id() == client_id)?;
        self.outbox.remove(index)
    }

    /// The shortest list of changes that adds up to this.
    pub(crate) fn records(&self) -> Vec<Record> {
        let mut records = Vec::with_capacity(4 + self.outbox.len() + self.held.len());
        records.extend(self.user.map(Record::User));
        records.push(Record::Token(self.token.clone()));
        records.extend(self.secret.clone().map(Record::Secret));
        records.push(Record::Cursor {
            epoch: self.epoch.clone(),
            cursor: self.cursor.clone(),
            walk: self.walk.clone(),
        });
        records.push(Record::Networks(self.networks.clone()));
        records.extend(self.held.values().copied().map(Record::Held));
        let people = self.people.iter();
        records.extend(people.map(|(&conv, &user)| Record::Direct(conv, user)));
        records.extend(
            self.answered
                .iter()
                .cloned()
                .map(|one| Record::Remembered(Box::new(one))),
        );
        records.extend(self.outbox.iter().cloned().map(Record::Submitted));
        records
    }

    /// The positions, for [`Incoming::restore`](hongyan_delivery::client::Incoming::restore).
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            epoch: self.epoch.clone(),
            cursor: self.cursor.clone(),
            walk: self.walk.clone(),
            held: self.held.values().copied().collect(),
        }
    }
}
