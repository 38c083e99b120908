//! What a member made of a conversation for oneself.

use std::collections::BTreeSet;
use std::sync::Arc;

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};
use hongyan_store::{Draft, LastMessage, View};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use crate::row::{self, sql};

/// The columns that [`of_row`] reads.
pub(crate) const COLUMNS: &str = "v.rev, v.muted_until, v.pinned, v.archived_seq, v.hidden_seq, v.marked, \
     v.draft_at, v.draft_reply, v.draft, v.cleared_seq";

/// As it is kept, with what has ended. Nothing for somebody who is no member.
pub(crate) fn view(conn: &Connection, conv: ConversationId, user: UserId) -> Result<View> {
    let found = conn
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM views v WHERE v.user_id = ?1 AND v.conv_id = ?2"
        ))?
        .query_row((sql(user), sql(conv)), |row| of_row(row, 0))
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Reads [`COLUMNS`] that begin at this column.
pub(crate) fn of_row(row: &Row<'_>, first: usize) -> Result<View> {
    let draft = match row::optional_id::<Millis>(row, first + 6)? {
        None => None,
        Some(at) => Some(Arc::new(Draft {
            text: row.get(first + 8)?,
            reply_to: row::optional_id(row, first + 7)?,
            at,
        })),
    };
    Ok(View {
        rev: row::count(row, first)?,
        muted_until: row::id(row, first + 1)?,
        pinned: row::count(row, first + 2)?,
        archived: row::id(row, first + 3)?,
        hidden: row::id(row, first + 4)?,
        marked: row::optional_id(row, first + 5)?,
        draft,
        cleared: row::id(row, first + 9)?,
    })
}

/// The conversations that a user has pinned, and those with a draft. Those that the user is out of may be among them.
pub(crate) fn counted_views(
    conn: &Connection,
    user: UserId,
) -> Result<(BTreeSet<ConversationId>, BTreeSet<ConversationId>)> {
    let of = |condition: &str| -> Result<BTreeSet<ConversationId>> {
        conn.prepare_cached(&format!(
            "SELECT conv_id FROM views WHERE user_id = ?1 AND {condition}"
        ))?
        .query_map([sql(user)], |row| row::id(row, 0))?
        .collect()
    };
    Ok((of("pinned > 0")?, of("draft_at IS NOT NULL")?))
}

/// The last message of a log, which is at this place, for what this view asks of it.
pub(crate) fn last_message(
    conn: &Connection,
    conv: ConversationId,
    seq: Seq,
    view: &View,
) -> Result<LastMessage> {
    let at = match view.asks_when(seq) {
        true => conn
            .prepare_cached("SELECT at FROM entries WHERE conv_id = ?1 AND seq = ?2")?
            .query_row((sql(conv), sql(seq)), |row| row::id(row, 0))?,
        false => Millis::default(),
    };
    Ok(LastMessage { seq, at })
}
