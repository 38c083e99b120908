//! Mentions as rows: an index of the messages that mention somebody, by whom they mention.
//!
//! Promises: a user other than its sender whom a message mentions has a row, until the message is recalled. A message
//! without mentions writes none, nor does one that mentions all: an index of the entries finds it.

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};
use hongyan_store::{Change, Content};
use rusqlite::{Connection, OptionalExtension, Result};

use crate::row::{self, ENTRY_COLUMNS, sql};
use crate::writer::journal::Entry;

/// Notes whom the entry mentions.
pub(super) fn insert(conn: &Connection, entry: &Entry) -> Result<()> {
    let Some(change @ Change::Message { mentions, .. }) = entry.said() else {
        return Ok(());
    };
    if change.mentions_all() {
        return Ok(());
    }
    let place = (entry.place.conv, entry.place.seq);
    note(conn, place, entry.from, entry.at, mentions)
}

fn note(
    conn: &Connection,
    (conv, seq): (ConversationId, Seq),
    from: UserId,
    at: Millis,
    mentions: &[UserId],
) -> Result<()> {
    for user in mentions.iter().filter(|user| **user != from) {
        conn.prepare_cached(
            "INSERT OR IGNORE INTO mentions (conv_id, user_id, seq, at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((sql(conv), sql(*user), sql(seq), sql(at)))?;
    }
    Ok(())
}

/// The entry may recall a message: that mentions nobody from then on.
pub(super) fn recall(conn: &Connection, entry: &Entry) -> Result<()> {
    let Some(Change::Recall { target, .. }) = entry.said() else {
        return Ok(());
    };
    let conv = sql(entry.place.conv);
    let users = conn
        .prepare_cached("SELECT mentions FROM entries WHERE conv_id = ?1 AND seq = ?2")?
        .query_row((conv, sql(*target)), |row| row::users(row, 0))
        .optional()?;
    for user in users.into_iter().flatten() {
        conn.prepare_cached(
            "DELETE FROM mentions WHERE conv_id = ?1 AND user_id = ?2 AND seq = ?3",
        )?
        .execute((conv, sql(user), sql(*target)))?;
    }
    Ok(())
}

/// Notes whom the messages of earlier versions mention.
pub(crate) fn fill(conn: &Connection) -> Result<()> {
    let is_filled = "SELECT value FROM counters WHERE name = 'mentions'";
    if conn.query_row(is_filled, [], |row| row.get(0))? {
        return Ok(());
    }
    tracing::info!("noting whom messages mention: this is done once");
    let mut select = conn.prepare(&format!(
        "SELECT {ENTRY_COLUMNS} FROM entries WHERE kind = 1 AND mentions IS NOT NULL AND recalled_by IS NULL"
    ))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let entry = row::entry(row)?;
        if let Content::Message { mentions, .. } = &entry.content {
            note(
                conn,
                (entry.conv, entry.seq),
                entry.from,
                entry.at,
                mentions,
            )?;
        }
    }
    conn.execute("UPDATE counters SET value = 1 WHERE name = 'mentions'", [])?;
    Ok(())
}
