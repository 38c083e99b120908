//! One's own view of a conversation: what a member made of it for oneself, on all devices.
//!
//! Owns: the words for it, and what ends by itself.
//! Promises: a message writes nothing here. That it ends an archiving or a hiding, and that a read ends a mark, follows
//! from the log and from the read position.
//! Not here: what may be set (`rules`).

use std::sync::Arc;

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};

/// What a member made of a conversation for oneself. By default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// How often it was changed: of two views of one member and conversation the higher one is the later.
    pub rev: u64,
    /// Muted until then; 0 where it is not, and [`FOR_EVER`].
    pub muted_until: Millis,
    /// Among those at the top: the higher, the further up. 0 where it is not.
    pub pinned: u64,
    /// Archived with the log up to here; 0 where it is not. A message above ends it, unless it was muted when that came.
    pub archived: Seq,
    /// Out of the list with the log up to here; 0 where it is not. A message above ends it.
    pub hidden: Seq,
    /// Marked as unread, for as long as the read position is this one.
    pub marked: Option<Seq>,
    /// What was begun to be written.
    pub draft: Option<Arc<Draft>>,
    /// Nothing up to here is told to the member; 0 where all is. It only grows, and stays when the member goes.
    pub cleared: Seq,
}

/// A message that is not sent yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it says so far; at most [`DRAFT_BYTES`](crate::DRAFT_BYTES).
    pub text: Arc<str>,
    /// The message it answers.
    pub reply_to: Option<Seq>,
    /// When the server took it.
    pub at: Millis,
}

/// The time of a muting without an end.
pub const FOR_EVER: u64 = (1 << 53) - 1;

/// The last message of a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LastMessage {
    /// Its seq; 0 before the first.
    pub seq: Seq,
    /// When the server took it. Only told where [`View::asks_when`] asks.
    pub at: Millis,
}

impl View {
    /// What of it counts now: what has ended is left out. `read`: the member's read position.
    #[must_use]
    pub fn now(&self, read: Seq, last: LastMessage) -> Self {
        let mut view = self.clone();
        if view.hidden < last.seq {
            view.hidden = Seq::ZERO;
        }
        if view.archived < last.seq && view.muted_until <= last.at {
            view.archived = Seq::ZERO;
        }
        view.marked = view.marked.filter(|marked| *marked == read);
        view
    }

    /// The first seq that is told to the member, who may read from `since` on.
    pub fn first_told(&self, since: Seq) -> Seq {
        since.max(self.cleared.next())
    }

    /// Whether it depends on when the last message came.
    pub fn asks_when(&self, last: Seq) -> bool {
        self.archived > Seq::ZERO && self.archived < last && self.muted_until > Millis::default()
    }

    /// What is left of it to a member who is out.
    #[must_use]
    pub fn of_former_member(&self) -> Self {
        match *self == Self::default() {
            true => Self::default(),
            false => Self {
                rev: self.rev + 1,
                cleared: self.cleared,
                ..Self::default()
            },
        }
    }
}

/// What is to be changed of a member's view; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewChange {
    /// The member.
    pub user: UserId,
    /// The conversation.
    pub conv: ConversationId,
    /// When the server took it.
    pub at: Millis,
    /// See [`View::muted_until`]. A time that has passed is none.
    pub muted_until: Option<Millis>,
    /// See [`View::pinned`].
    pub pinned: Option<u64>,
    /// See [`View::archived`].
    pub archived: Option<bool>,
    /// See [`View::hidden`].
    pub hidden: Option<bool>,
    /// See [`View::marked`].
    pub marked_unread: Option<bool>,
    /// See [`View::draft`].
    pub draft: Option<DraftChange>,
    /// See [`View::cleared`].
    pub cleared: Option<Seq>,
}

/// A draft to be kept; without a text and without a message that it answers, none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftChange {
    /// See [`Draft::text`].
    pub text: Arc<str>,
    /// See [`Draft::reply_to`].
    pub reply_to: Option<Seq>,
}

/// A view as it stands after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewed {
    /// The conversation.
    pub conv: ConversationId,
    /// The member.
    pub user: UserId,
    /// What of it counts now.
    pub view: View,
    /// Whether anything was changed.
    pub changed: bool,
}

/// Why a change of a view was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// No such conversation, or the user is not a member.
    #[error("no such conversation")]
    NotMember,
    /// The draft answers something, or is to be cleared up to something, beyond the head of the log.
    #[error("beyond the head of the log")]
    BeyondHead,
    /// The user has as many pinned conversations, or drafts, as may be.
    #[error("as many as there may be")]
    TooMany,
}

/// Unread messages that are not to draw attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// Until then; [`FOR_EVER`] where the conversation is archived.
    pub until: Millis,
    /// How many of [`SyncPage::total_unread`](crate::SyncPage::total_unread).
    pub unread: u64,
}
