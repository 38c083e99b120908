//! Reactions as rows.

use hongyan_protocol::Seq;
use rusqlite::{Connection, Result};

use crate::row::sql;
use crate::writer::journal::Reaction;

/// Sets a reaction or takes it back. Its message, and what recalls it, must be in the table.
pub(super) fn write(conn: &Connection, reaction: &Reaction) -> Result<()> {
    let (conv, seq) = (sql(reaction.conv), sql(reaction.seq));
    conn.prepare_cached(
        "INSERT INTO reacted (conv_id, seq, number) VALUES (?1, ?2, ?3)
         ON CONFLICT (conv_id, seq) DO UPDATE SET number = excluded.number",
    )?
    .execute((conv, seq, reaction.number.cast_signed()))?;
    // What is recalled was so after this, or it would have been refused.
    let is_recalled = conn
        .prepare_cached(
            "SELECT 1 FROM entries WHERE conv_id = ?1 AND seq = ?2 AND recalled_by IS NOT NULL",
        )?
        .exists((conv, seq))?;
    if is_recalled {
        return Ok(());
    }
    let (value, user) = (&*reaction.value, sql(reaction.user));
    if reaction.on {
        conn.prepare_cached(
            "INSERT OR REPLACE INTO reactions (conv_id, seq, value, user_id, at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((conv, seq, value, user, sql(reaction.at)))?;
    } else {
        conn.prepare_cached(
            "DELETE FROM reactions WHERE conv_id = ?1 AND seq = ?2 AND value = ?3 AND user_id = ?4",
        )?
        .execute((conv, seq, value, user))?;
    }
    if reaction.count == 0 {
        conn.prepare_cached(
            "DELETE FROM reaction_counts WHERE conv_id = ?1 AND seq = ?2 AND value = ?3",
        )?
        .execute((conv, seq, value))?;
    } else {
        conn.prepare_cached(
            "INSERT INTO reaction_counts (conv_id, seq, value, count) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (conv_id, seq, value) DO UPDATE SET count = excluded.count",
        )?
        .execute((conv, seq, value, reaction.count.cast_signed()))?;
    }
    Ok(())
}

/// The message is recalled: what stands beside it goes with it.
pub(super) fn recall(conn: &Connection, conv: i64, message: Seq) -> Result<()> {
    for table in ["reactions", "reaction_counts"] {
        conn.prepare_cached(&format!(
            "DELETE FROM {table} WHERE conv_id = ?1 AND seq = ?2"
        ))?
        .execute((conv, sql(message)))?;
    }
    Ok(())
}
