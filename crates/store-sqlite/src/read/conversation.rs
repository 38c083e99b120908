//! A conversation without its entries.

use hongyan_protocol::{ConversationId, UserId};
use hongyan_store::{Conversation, Member};
use rusqlite::{Connection, OptionalExtension, Result};

use crate::row::{self, sql};

/// The conversation as it is, whoever asks.
pub(crate) fn conversation(
    conn: &Connection,
    conv: ConversationId,
) -> Result<Option<Conversation>> {
    let found = conn
        .prepare_cached("SELECT kind, head FROM conversations WHERE id = ?1")?
        .query_row([sql(conv)], |row| {
            Ok((row::conversation_kind(row, 0)?, row::id(row, 1)?))
        })
        .optional()?;
    let Some((kind, head)) = found else {
        return Ok(None);
    };
    Ok(Some(Conversation {
        id: conv,
        kind,
        head,
        members: members(conn, conv)?.into(),
    }))
}

/// The members' positions, ascending by user.
pub(crate) fn members(conn: &Connection, conv: ConversationId) -> Result<Vec<Member>> {
    conn.prepare_cached(
        "SELECT user_id, read_seq, delivered_seq FROM members WHERE conv_id = ?1 ORDER BY user_id",
    )?
    .query_map([sql(conv)], row::member)?
    .collect()
}

/// The 1:1 conversation of two users, the lower id first; of a user with oneself, where they are the same.
pub(crate) fn direct_conversation(
    conn: &Connection,
    low: UserId,
    high: UserId,
) -> Result<Option<ConversationId>> {
    if low == high {
        return conn
            .prepare_cached("SELECT conv_id FROM own_conversations WHERE user_id = ?1")?
            .query_row([sql(low)], |row| row::id(row, 0))
            .optional();
    }
    conn.prepare_cached(
        "SELECT conv_id FROM direct_conversations WHERE low_user = ?1 AND high_user = ?2",
    )?
    .query_row((sql(low), sql(high)), |row| row::id(row, 0))
    .optional()
}
