//! Views as rows.

use hongyan_protocol::ConversationId;
use rusqlite::{Connection, Result};

use crate::row::sql;

/// The group has ended, and with it all views of it.
pub(super) fn end(conn: &Connection, conv: ConversationId) -> Result<()> {
    conn.prepare_cached(
        "DELETE FROM views
         WHERE conv_id = ?1 AND user_id IN (SELECT user_id FROM members WHERE conv_id = ?1)",
    )?
    .execute([sql(conv)])?;
    Ok(())
}
