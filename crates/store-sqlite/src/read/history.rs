//! Stretches of a log.

use hongyan_protocol::limits::PAGE_BYTES;
use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::{Entry, HISTORY_LIMIT, History, HistoryRange};
use rusqlite::{Connection, OptionalExtension, Result, Statement};

use crate::row::{self, ENTRY_COLUMNS, sql};

/// `None` when `user` is not a member.
pub(crate) fn history(
    conn: &Connection,
    user: UserId,
    conv: ConversationId,
    range: HistoryRange,
    limit: usize,
) -> Result<Option<History>> {
    let head: Option<Seq> = conn
        .prepare_cached(
            "SELECT c.head FROM members m JOIN conversations c ON c.id = m.conv_id
             WHERE m.conv_id = ?1 AND m.user_id = ?2",
        )?
        .query_row((sql(conv), sql(user)), |row| row::id(row, 0))
        .optional()?;
    let Some(head) = head else {
        return Ok(None);
    };
    let limit = limit.min(HISTORY_LIMIT);
    let mut room = Room {
        bytes: PAGE_BYTES,
        least: 1,
    };
    let entries = match range {
        HistoryRange::Latest => newest_below(conn, conv, head.next(), limit, &mut room)?,
        HistoryRange::Before(seq) => {
            newest_below(conn, conv, seq.min(head.next()), limit, &mut room)?
        }
        HistoryRange::After(seq) => oldest_above(conn, conv, seq, limit, &mut room)?,
    };
    Ok(Some(History { entries, head }))
}

/// What a page may still take.
pub(crate) struct Room {
    /// Bytes of entries, as they are [written](Entry::wire_bytes).
    pub(crate) bytes: usize,
    /// Entries that are given though they do not fit: with one, whoever pages always comes forward.
    pub(crate) least: usize,
}

/// The newest entries below a seq, ascending: as many as there is room for, which they take.
pub(crate) fn newest_below(
    conn: &Connection,
    conv: ConversationId,
    below: Seq,
    limit: usize,
    room: &mut Room,
) -> Result<Vec<Entry>> {
    let mut select = conn.prepare_cached(&format!(
        "SELECT {ENTRY_COLUMNS} FROM entries WHERE conv_id = ?1 AND seq < ?2
         ORDER BY seq DESC LIMIT ?3"
    ))?;
    let mut entries = take(&mut select, conv, below, limit, room)?;
    entries.reverse();
    Ok(entries)
}

fn oldest_above(
    conn: &Connection,
    conv: ConversationId,
    above: Seq,
    limit: usize,
    room: &mut Room,
) -> Result<Vec<Entry>> {
    let mut select = conn.prepare_cached(&format!(
        "SELECT {ENTRY_COLUMNS} FROM entries WHERE conv_id = ?1 AND seq > ?2
         ORDER BY seq LIMIT ?3"
    ))?;
    take(&mut select, conv, above, limit, room)
}

fn take(
    select: &mut Statement<'_>,
    conv: ConversationId,
    bound: Seq,
    limit: usize,
    room: &mut Room,
) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut rows = select.query((sql(conv), sql(bound), row::limit(limit)))?;
    while let Some(row) = rows.next()? {
        let entry = row::entry(row)?;
        let size = entry.wire_bytes();
        if size > room.bytes && entries.len() >= room.least {
            break;
        }
        room.bytes = room.bytes.saturating_sub(size);
        entries.push(entry);
    }
    Ok(entries)
}
