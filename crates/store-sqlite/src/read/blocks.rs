//! Who has blocked whom.

use hongyan_protocol::UserId;
use hongyan_store::Member;
use rusqlite::{Connection, OptionalExtension, Result};

use crate::row::{self, sql};

/// Whether a user has blocked another.
pub(crate) fn has_blocked(conn: &Connection, user: UserId, other: UserId) -> Result<bool> {
    conn.prepare_cached("SELECT 1 FROM blocks WHERE user_id = ?1 AND other_id = ?2")?
        .exists((sql(user), sql(other)))
}

/// Whom a user has blocked, above a user, ascending.
pub(crate) fn blocked(
    conn: &Connection,
    user: UserId,
    after: UserId,
    limit: usize,
) -> Result<Vec<UserId>> {
    conn.prepare_cached(
        "SELECT other_id FROM blocks WHERE user_id = ?1 AND other_id > ?2
         ORDER BY other_id LIMIT ?3",
    )?
    .query_map((sql(user), sql(after), row::limit(limit)), |row| {
        row::id(row, 0)
    })?
    .collect()
}

/// Who of these has blocked a user.
pub(crate) fn who_blocks(conn: &Connection, user: UserId, among: &[UserId]) -> Result<Vec<UserId>> {
    let mut found = Vec::new();
    for one in among {
        if has_blocked(conn, *one, user)? {
            found.push(*one);
        }
    }
    Ok(found)
}

/// How far somebody had come in the conversation with another, whom they blocked then. That is all that the other is told.
/// `None` where they did not.
pub(super) fn shown(conn: &Connection, user: UserId, other: UserId) -> Result<Option<Member>> {
    conn.prepare_cached(
        "SELECT user_id, read_seq, delivered_seq FROM blocks WHERE user_id = ?1 AND other_id = ?2",
    )?
    .query_row((sql(user), sql(other)), row::member)
    .optional()
}
