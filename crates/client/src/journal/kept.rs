//! What the journal adds up to.

use std::collections::{HashMap, VecDeque};

use hongyan_delivery::client::heartbeat::Network;
use hongyan_delivery::client::incoming::{Held, Snapshot};
use hongyan_delivery::client::outbox::Append;
use hongyan_protocol::{ClientId, ConversationId, UserId};

/// One change of what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// Who this client is.
    User(UserId),
    /// The session's token; none once it is worth nothing.
    Token(Option<KeptToken>),
    /// A request entered the outbox.
    Submitted(Append),
    /// A request left the outbox, answered or taken back.
    Settled(ClientId),
    /// How far a conversation is held.
    Held(Held),
    /// Where sync stands.
    Cursor {
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

/// What the journal adds up to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) user: Option<UserId>,
    pub(crate) token: Option<KeptToken>,
    pub(crate) outbox: VecDeque<Append>,
    pub(crate) held: HashMap<ConversationId, Held>,
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
            Record::Submitted(append) => self.outbox.push_back(append),
            // Answers come in the order of the outbox, nearly: the search ends early.
            Record::Settled(client_id) => {
                if let Some(index) = self.outbox.iter().position(|a| *a.client_id() == client_id) {
                    self.outbox.remove(index);
                }
            }
            Record::Held(held) => {
                self.held.insert(held.conv, held);
            }
            Record::Cursor { cursor, walk } => {
                self.cursor = cursor;
                self.walk = walk;
            }
            Record::Networks(networks) => self.networks = networks,
        }
    }

    /// The shortest list of changes that adds up to this.
    pub(crate) fn records(&self) -> Vec<Record> {
        let mut records = Vec::with_capacity(4 + self.outbox.len() + self.held.len());
        records.extend(self.user.map(Record::User));
        records.push(Record::Token(self.token.clone()));
        records.push(Record::Cursor {
            cursor: self.cursor.clone(),
            walk: self.walk.clone(),
        });
        records.push(Record::Networks(self.networks.clone()));
        records.extend(self.held.values().copied().map(Record::Held));
        records.extend(self.outbox.iter().cloned().map(Record::Submitted));
        records
    }

    /// The positions, for [`Incoming::restore`](hongyan_delivery::client::Incoming::restore).
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            cursor: self.cursor.clone(),
            walk: self.walk.clone(),
            held: self.held.values().copied().collect(),
        }
    }
}
