//! What members made of conversations for themselves.

use std::collections::HashMap;

use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::{DRAFT_BYTES, DRAFTS, PINNED, View};
use rusqlite::{Result, Transaction, TransactionBehavior};

use super::Check;
use crate::read::{VIEW_COLUMNS, view_of_row};
use crate::row;

impl Check<'_> {
    /// Nothing in a view is beyond the log; of those who are out nothing is kept; and nobody has more than may be.
    pub(super) fn views(&mut self) -> Result<()> {
        let snapshot = Transaction::new_unchecked(self.conn, TransactionBehavior::Deferred)?;
        {
            let mut select = snapshot.prepare(&format!(
                "SELECT v.user_id, v.conv_id, c.head, m.user_id IS NOT NULL, m.until_seq IS NULL, {VIEW_COLUMNS}
                 FROM views v LEFT JOIN conversations c ON c.id = v.conv_id
                 LEFT JOIN members m ON m.conv_id = v.conv_id AND m.user_id = v.user_id"
            ))?;
            let mut counted: HashMap<UserId, (usize, usize)> = HashMap::new();
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                let (user, conv): (UserId, ConversationId) = (row::id(row, 0)?, row::id(row, 1)?);
                let head: Seq = row::optional_id(row, 2)?.unwrap_or_default();
                let (was_in, is_in) = (row.get::<_, bool>(3)?, row.get::<_, bool>(4)?);
                let view = view_of_row(row, 5)?;
                if let Some(what) = wrong(&view, head, was_in, was_in && is_in) {
                    self.broken(conv, head, format!("the view of user {user}: {what}"));
                }
                let (pinned, drafts) = counted.entry(user).or_default();
                *pinned += usize::from(view.pinned > 0);
                *drafts += usize::from(view.draft.is_some());
            }
            for (user, (pinned, drafts)) in counted {
                if pinned > PINNED || drafts > DRAFTS {
                    let what = format!("has {pinned} conversations pinned and {drafts} drafts");
                    self.broken(
                        ConversationId::default(),
                        Seq::ZERO,
                        format!("user {user} {what}"),
                    );
                }
            }
        }
        snapshot.finish()
    }
}

/// Whether a view goes beyond a log with this head.
pub(super) fn is_beyond(view: &View, head: Seq) -> bool {
    let answers = view.draft.as_ref().and_then(|draft| draft.reply_to);
    let seqs = [
        Some(view.archived),
        Some(view.hidden),
        Some(view.cleared),
        view.marked,
        answers,
    ];
    seqs.into_iter().flatten().max() > Some(head)
}

fn wrong(view: &View, head: Seq, was_in: bool, is_in: bool) -> Option<&'static str> {
    let left = View {
        rev: view.rev,
        cleared: view.cleared,
        ..View::default()
    };
    if !was_in {
        Some("the user was never a member")
    } else if !is_in && *view != left {
        Some("something is left of it, and the user is out")
    } else if view.rev == 0 {
        Some("it was never changed")
    } else if is_beyond(view, head) {
        Some("it goes beyond the log")
    } else if view
        .draft
        .as_ref()
        .is_some_and(|draft| draft.text.len() > DRAFT_BYTES)
    {
        Some("its draft is too long")
    } else {
        None
    }
}
