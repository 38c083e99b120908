//! One's own view of a conversation on the wire: what a user made of it for oneself, on all devices.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::envelope::{Refusal, read_object};
use crate::{ConversationId, ErrorCode, Millis, Seq, limits, value};

/// What the caller made of a conversation for oneself. An absent field is as nobody has set it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// How often it was changed: of two views of one conversation the higher one is the later.
    pub rev: u64,
    /// Muted until then. 2^53 − 1 stands for no end.
    #[serde(default, skip_serializing_if = "is_never")]
    pub muted_until: Millis,
    /// Among those at the top: the higher, the further up. 0: not there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pinned: u64,
    /// Archived with the log up to here. A message above that comes at `muted_until` or later ends it.
    #[serde(default, skip_serializing_if = "is_start")]
    pub archived: Seq,
    /// Out of the list with the log up to here. A message above ends it.
    #[serde(default, skip_serializing_if = "is_start")]
    pub hidden: Seq,
    /// Marked as unread, for as long as the caller's `read` is this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marked_unread: Option<Seq>,
    /// What was begun to be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Draft>,
    /// Nothing up to here is told to the caller.
    #[serde(default, skip_serializing_if = "is_start")]
    pub cleared: Seq,
}

/// A message that is not sent yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What it says so far.
    pub text: Arc<str>,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// When the server took it.
    pub at: Millis,
}

/// Answers `set_view`; and a push to the user's other connections: the view as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewed {
    /// The conversation.
    pub conv: ConversationId,
    /// The caller's view of it, whole.
    pub view: View,
}

/// Changes the caller's view of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetView {
    /// The conversation.
    pub conv: ConversationId,
    /// What to change.
    pub view: ViewChange,
}

/// What is to be changed of a view; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewChange {
    /// Mutes until then; a time that has passed, such as 0, ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<Millis>,
    /// Puts it to the top, the higher the further up; 0 takes it from there. At most [`limits::PINNED`] at a time.
    #[serde(
        default,
        deserialize_with = "value::optional_integer",
        skip_serializing_if = "Option::is_none"
    )]
    pub pinned: Option<u64>,
    /// Archives it, or takes it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Takes it out of the list until the next message, or puts it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
    /// Marks it as unread, or ends that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marked_unread: Option<bool>,
    /// Keeps a draft in place of the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<SetDraft>,
    /// Clears everything up to here, for the caller alone and for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared: Option<Seq>,
}

/// A draft to be kept. With an empty text and no `reply_to`: none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetDraft {
    /// What it says so far; at most [`limits::DRAFT_BYTES`].
    pub text: Arc<str>,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
}

impl View {
    /// The first seq that is told, where that is not the log's first.
    pub(crate) fn first_told(&self) -> Option<Seq> {
        (self.cleared > Seq::ZERO).then(|| self.cleared.next())
    }

    /// The most bytes that are written of it.
    pub fn wire_bytes(&self) -> usize {
        let draft = self.draft.as_ref();
        VIEW_BYTES + draft.map_or(0, |draft| crate::escaped_bytes(&draft.text))
    }
}

/// A view as it is written, in bytes, the draft's text aside.
const VIEW_BYTES: usize = 256;

impl SetView {
    pub(crate) fn checked(self) -> Result<Self, Refusal> {
        self.view.check()?;
        Ok(self)
    }
}

impl ViewChange {
    /// Reads the body of an HTTP request.
    ///
    /// # Errors
    /// The code to answer with and a message for people, as [`ClientFrame::decode`](crate::ClientFrame::decode) gives them.
    pub fn from_json(body: &[u8]) -> Result<Self, (ErrorCode, String)> {
        let read: Self = read_object(body)?;
        read.check()?;
        Ok(read)
    }

    fn check(&self) -> Result<(), Refusal> {
        let Some(draft) = &self.draft else {
            return Ok(());
        };
        if draft.text.len() > limits::DRAFT_BYTES {
            let message = format!("a draft has at most {} bytes", limits::DRAFT_BYTES);
            return Err((ErrorCode::TooLarge, message));
        }
        if draft.text.contains('\0') {
            return Err((ErrorCode::BadRequest, "a text holds no U+0000".into()));
        }
        Ok(())
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn is_start(seq: &Seq) -> bool {
    *seq == Seq::ZERO
}

fn is_never(at: &Millis) -> bool {
    *at == Millis::default()
}
