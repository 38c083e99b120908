//! What `hongyan check` finds.

use hongyan_protocol::{ClientId, ConversationId, Seq, UserId};

/// One contradiction between what is kept and the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Seqs are 1, 2, 3 … without holes.
    #[error("conversation {conv}: seq {found} stands where {expected} should")]
    NotDense {
        /// Where.
        conv: ConversationId,
        /// What should stand there.
        expected: Seq,
        /// What does.
        found: Seq,
    },
    /// The head kept beside the log is the log's last seq.
    #[error("conversation {conv}: the head says {head}, the log ends at {last}")]
    HeadDiffers {
        /// Where.
        conv: ConversationId,
        /// What is kept.
        head: Seq,
        /// What the log says.
        last: Seq,
    },
    /// A sender's client id stands for one entry.
    #[error("user {user}: client id {client_id} stands for more than one entry")]
    ClientIdTwice {
        /// Whose.
        user: UserId,
        /// Which.
        client_id: ClientId,
    },
    /// read ≤ delivered ≤ head.
    #[error("conversation {conv}, user {user}: read {read}, delivered {delivered}, head {head}")]
    PositionOutOfRange {
        /// Where.
        conv: ConversationId,
        /// Whose.
        user: UserId,
        /// The read position.
        read: Seq,
        /// The delivered position.
        delivered: Seq,
        /// The log's last seq.
        head: Seq,
    },
    /// What the store answers as unread is what counting the log gives.
    #[error("conversation {conv}, user {user}: unread is {answered}, the log says {counted}")]
    UnreadDiffers {
        /// Where.
        conv: ConversationId,
        /// Whose.
        user: UserId,
        /// What a sync would say.
        answered: u64,
        /// What the log says.
        counted: u64,
    },
    /// The parts hang together: senders are members, targets are messages, blanked bodies are blank, ids ascend.
    #[error("conversation {conv}, seq {seq}: {what}")]
    Broken {
        /// Where.
        conv: ConversationId,
        /// Which entry.
        seq: Seq,
        /// What is wrong with it.
        what: String,
    },
    /// The engine's own check of its file.
    #[error("the database file: {0}")]
    Engine(String),
}

/// What was carried out of a damaged journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Salvage {
    /// What is wrong with it, if anything is.
    pub damage: Option<String>,
    /// Messages that stand where they were told to stand.
    pub as_told: u64,
    /// Messages that what was before them in their log is lost to: they stand at its end.
    pub moved: Vec<MovedMessage>,
    /// Messages that could be read and are nowhere, and why.
    pub lost: Vec<String>,
}

/// A message that has another place than its sender was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedMessage {
    /// Where.
    pub conv: ConversationId,
    /// What its sender was told.
    pub told: Seq,
    /// Where it stands.
    pub now: Seq,
}

/// What was mended of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// Out of the journal.
    pub salvage: Salvage,
    /// Whether the indexes were built anew, because something was wrong with the file; or why that could not be done.
    pub indexes: Option<Result<(), String>>,
    /// What is found afterwards.
    pub report: VerifyReport,
}

/// The result of reading everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Users seen.
    pub users: u64,
    /// Conversations seen.
    pub conversations: u64,
    /// Entries seen.
    pub entries: u64,
    /// What is wrong, the first hundred.
    pub faults: Vec<Fault>,
}

impl VerifyReport {
    /// Faults beyond this many are not collected.
    pub const FAULTS: usize = 100;

    /// Nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }
}
