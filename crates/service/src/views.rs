//! One's own view of a conversation: what a user makes of it for oneself.

use hongyan_protocol as wire;
use hongyan_protocol::{ConversationId, Millis};
use hongyan_store::{DraftChange, Quiet, View, ViewChange};

use crate::committer::Viewer;
use crate::{Caller, Reply, Service};

impl Service {
    /// Changes the caller's view of a conversation, and tells the caller's other connections. What is so already changes
    /// nothing.
    pub fn set_view(
        &self,
        caller: &Caller,
        conv: ConversationId,
        wish: wire::ViewChange,
        reply: Reply<wire::Viewed>,
    ) {
        let change = ViewChange {
            user: caller.user(),
            conv,
            at: self.clock.now(),
            muted_until: wish.muted_until,
            pinned: wish.pinned,
            archived: wish.archived,
            hidden: wish.hidden,
            marked_unread: wish.marked_unread,
            draft: wish.draft.map(|draft| DraftChange {
                text: draft.text,
                reply_to: draft.reply_to,
            }),
            cleared: wish.cleared,
        };
        let viewer = Viewer {
            reply,
            connection: caller.connection(),
        };
        self.committer.set_view(change, viewer);
    }
}

/// A view as it is told.
pub(crate) fn told(view: &View) -> wire::View {
    wire::View {
        rev: view.rev,
        muted_until: view.muted_until,
        pinned: view.pinned,
        archived: view.archived,
        hidden: view.hidden,
        marked_unread: view.marked,
        draft: view.draft.as_ref().map(|draft| wire::Draft {
            text: draft.text.clone(),
            reply_to: draft.reply_to,
            at: draft.at,
        }),
        cleared: view.cleared,
    }
}

/// The same, where there is something to be told.
pub(crate) fn told_if_any(view: &View) -> Option<Box<wire::View>> {
    (*view != View::default()).then(|| Box::new(told(view)))
}

/// How many unread messages are to draw no attention now.
pub(crate) fn muted_now(quiet: &[Quiet], now: Millis) -> u64 {
    let quiet = quiet.iter().filter(|part| part.until > now);
    quiet.map(|part| part.unread).sum()
}
