//! A conversation without its entries.

use hongyan_protocol::{ConversationId, UserId};
use hongyan_store::{Conversation, MEMBERS_TOLD, Member};
use rusqlite::{Connection, OptionalExtension, Result};

use crate::row::{self, sql};

/// The conversation as this member sees it; `None` where there is none, or for somebody who is no member.
pub(crate) fn conversation(
    conn: &Connection,
    conv: ConversationId,
    user: UserId,
) -> Result<Option<Conversation>> {
    let Some(me) = member(conn, conv, user)? else {
        return Ok(None);
    };
    let (kind, head, size) = conn
        .prepare_cached("SELECT kind, head, size FROM conversations WHERE id = ?1")?
        .query_row([sql(conv)], |row| {
            let size = usize::try_from(row::count(row, 2)?).unwrap_or(usize::MAX);
            Ok((row::conversation_kind(row, 0)?, row::id(row, 1)?, size))
        })?;
    let members = match size {
        ..=MEMBERS_TOLD => members(conn, conv)?,
        _ => Vec::new(),
    };
    Ok(Some(Conversation {
        id: conv,
        kind,
        head,
        size,
        me,
        members: members.into(),
    }))
}

/// How far a member has come; `None` for somebody who is none.
pub(crate) fn member(
    conn: &Connection,
    conv: ConversationId,
    user: UserId,
) -> Result<Option<Member>> {
    conn.prepare_cached(
        "SELECT user_id, read_seq, delivered_seq FROM members WHERE conv_id = ?1 AND user_id = ?2",
    )?
    .query_row((sql(conv), sql(user)), row::member)
    .optional()
}

/// How far the members have come, ascending by user.
fn members(conn: &Connection, conv: ConversationId) -> Result<Vec<Member>> {
    conn.prepare_cached(
        "SELECT user_id, read_seq, delivered_seq FROM members WHERE conv_id = ?1 ORDER BY user_id",
    )?
    .query_map([sql(conv)], row::member)?
    .collect()
}

/// The members, ascending.
pub(crate) fn member_ids(conn: &Connection, conv: ConversationId) -> Result<Vec<UserId>> {
    conn.prepare_cached("SELECT user_id FROM members WHERE conv_id = ?1 ORDER BY user_id")?
        .query_map([sql(conv)], |row| row::id(row, 0))?
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
