//! The feed: entries in the order in which they were committed.

use hongyan_protocol::{ConversationId, Seq};
use hongyan_store::Committed;
use rusqlite::{Connection, Result};

use crate::row::{self, ENTRY_COLUMN_COUNT, ENTRY_COLUMNS, sql};
use crate::varint;

/// Entries in one page, whatever the caller asks for.
const ENTRIES: usize = 1000;

/// What was committed behind the entry of this number, as far as it is settled.
pub(crate) fn changes(conn: &Connection, after: u64, limit: usize) -> Result<Vec<Committed>> {
    let mut select = conn.prepare_cached(&format!(
        "SELECT {ENTRY_COLUMNS}, (SELECT floor_seq FROM conversations WHERE id = ?1)
         FROM entries WHERE conv_id = ?1 AND seq = ?2"
    ))?;
    let places = places(conn, after, limit.min(ENTRIES))?;
    let committed = places.into_iter().map(|(number, conv, seq)| {
        let entry = select.query_row((sql(conv), sql(seq)), |row| {
            let mut entry = row::entry(row)?;
            let floor = row::id(row, ENTRY_COLUMN_COUNT)?;
            if entry.seq <= floor {
                entry.content.take_away();
            }
            entry.content.hide_before(floor.next());
            Ok(entry)
        })?;
        Ok(Committed { number, entry })
    });
    committed.collect()
}

/// Where the entries behind this number stand, ascending.
fn places(conn: &Connection, after: u64, limit: usize) -> Result<Vec<(u64, ConversationId, Seq)>> {
    // The stretch that has the next number begins at it or before.
    let mut select = conn.prepare_cached(
        "SELECT first, places FROM feed
         WHERE first >= coalesce((SELECT max(first) FROM feed WHERE first <= ?1), 0)
         ORDER BY first",
    )?;
    let next = after.saturating_add(1);
    let mut rows = select.query([i64::try_from(next).unwrap_or(i64::MAX)])?;
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        let first = row::count(row, 0)?;
        let stretch = varint::read_places(row.get_ref(1)?.as_blob()?, 1)?;
        let numbered = (first..).zip(stretch).filter(|(number, _)| *number >= next);
        let left = limit - found.len();
        found.extend(
            numbered
                .take(left)
                .map(|(number, (conv, seq))| (number, conv, seq)),
        );
    }
    Ok(found)
}
