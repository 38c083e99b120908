//! Bans, mutes and pins.

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};
use hongyan_store::Order;
use rusqlite::{Connection, OptionalExtension, Result};

use crate::row::{self, sql};

/// What a mark is. A code has its meaning for ever.
pub(crate) mod mark {
    pub(crate) const BANNED: i64 = 1;
    pub(crate) const MUTED: i64 = 2;
    pub(crate) const PINNED: i64 = 3;
}

/// All that is kept of a conversation.
pub(crate) fn order(conn: &Connection, conv: ConversationId) -> Result<Order> {
    let mut order = Order::default();
    let mut select =
        conn.prepare_cached("SELECT kind, key, value FROM marks WHERE conv_id = ?1")?;
    let mut rows = select.query([sql(conv)])?;
    while let Some(row) = rows.next()? {
        match row.get::<_, i64>(0)? {
            mark::BANNED => {
                order.banned.insert(row::id(row, 1)?);
            }
            mark::MUTED => {
                order.muted.insert(row::id(row, 1)?, row::id(row, 2)?);
            }
            mark::PINNED => {
                order.pinned.insert(row::id(row, 1)?);
            }
            other => return Err(rusqlite::Error::IntegralValueOutOfRange(0, other)),
        }
    }
    Ok(order)
}

/// Whether a group lets this user not in.
pub(super) fn is_banned(conn: &Connection, conv: ConversationId, user: UserId) -> Result<bool> {
    conn.prepare_cached("SELECT 1 FROM marks WHERE conv_id = ?1 AND kind = ?2 AND key = ?3")?
        .exists((sql(conv), mark::BANNED, sql(user)))
}

/// The pinned messages from a place on, ascending.
pub(crate) fn pinned(conn: &Connection, conv: ConversationId, since: Seq) -> Result<Vec<Seq>> {
    conn.prepare_cached(
        "SELECT key FROM marks WHERE conv_id = ?1 AND kind = ?2 AND key >= ?3 ORDER BY key",
    )?
    .query_map((sql(conv), mark::PINNED, sql(since)), |row| row::id(row, 0))?
    .collect()
}

/// Until when somebody may not write; perhaps a time that is over.
pub(crate) fn muted_until(
    conn: &Connection,
    conv: ConversationId,
    user: UserId,
) -> Result<Option<Millis>> {
    conn.prepare_cached("SELECT value FROM marks WHERE conv_id = ?1 AND kind = ?2 AND key = ?3")?
        .query_row((sql(conv), mark::MUTED, sql(user)), |row| row::id(row, 0))
        .optional()
}
