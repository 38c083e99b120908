//! The feed: which entries were appended, in the order in which they were committed.
//!
//! Entry ids come in blocks, and versions are one a settlement and conversation: neither says what came first. So each
//! settlement notes where its entries stand, in the order of the journal. An entry has a number, which is its place in
//! this order: 1, 2, 3 … A row has a stretch of them, so that a settlement of thousands adds some tens of rows.
//!
//! ```text
//! feed:   first │ places
//!             1 │ (conv, seq) (conv, seq) …      numbers in LEB128, up to 256 pairs
//!           257 │ …
//! ```
//!
//! Promises: dense; every entry once; what is committed later stands later.
//! Not here: reading it (`read::feed`).

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Result};

use crate::varint;
use crate::writer::journal::Entry;

/// Entries in one row: some 1.5 KB, so that it needs no page of its own.
const PLACES: usize = 256;

/// Adds a settlement's entries.
pub(super) fn add(conn: &Connection, entries: &[Arc<Entry>]) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut first = next(conn)?;
    let mut insert = conn.prepare_cached("INSERT INTO feed (first, places) VALUES (?1, ?2)")?;
    for stretch in entries.chunks(PLACES) {
        let places = varint::write_places(
            stretch
                .iter()
                .map(|entry| (entry.place.conv, entry.place.seq)),
        );
        insert.execute((first, places))?;
        first += stretch.len() as i64;
    }
    Ok(())
}

/// Fills the feed of a database of a version that had none: in the order of ids, as near to that of the commits as can
/// be known.
pub(crate) fn fill(conn: &Connection) -> Result<()> {
    let is_filled = "SELECT EXISTS (SELECT 1 FROM feed) OR NOT EXISTS (SELECT 1 FROM entries)";
    if conn.query_row(is_filled, [], |row| row.get(0))? {
        return Ok(());
    }
    tracing::info!("noting in which order the entries were committed: this is done once");
    let mut select = conn.prepare("SELECT conv_id, seq FROM entries ORDER BY id")?;
    let mut insert = conn.prepare("INSERT INTO feed (first, places) VALUES (?1, ?2)")?;
    let mut rows = select.query([])?;
    let (mut first, mut stretch) = (1_i64, Vec::with_capacity(PLACES));
    loop {
        let row = rows.next()?;
        let is_last = row.is_none();
        if let Some(row) = row {
            stretch.push((crate::row::id(row, 0)?, crate::row::id(row, 1)?));
        }
        if stretch.len() == PLACES || (is_last && !stretch.is_empty()) {
            let count = stretch.len() as i64;
            insert.execute((first, varint::write_places(stretch.drain(..))))?;
            first += count;
        }
        if is_last {
            return Ok(());
        }
    }
}

/// The number of the entry that is added next.
fn next(conn: &Connection) -> Result<i64> {
    let last = conn
        .prepare_cached("SELECT first, places FROM feed ORDER BY first DESC LIMIT 1")?
        .query_row([], |row| {
            let places: Vec<u8> = row.get(1)?;
            Ok(row.get::<_, i64>(0)? + varint::read_places(&places, 1)?.len() as i64)
        })
        .optional()?;
    Ok(last.unwrap_or(1))
}
