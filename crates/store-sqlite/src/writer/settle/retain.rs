//! Takes away what is not to be kept.
//!
//! ```text
//! floor rises ──► nobody is told what is below ──► bodies go, some in each step ──► free pages ──► shorter file
//! ```
//!
//! Promises: each step is one transaction of the caller's. What it takes away is named by the number of its log's entries,
//! so the next step, or the next start, goes on where it ended.
//! Not here: putting what is left closer together (`pack`), overwriting what a removed text has left (`scrub`), and when a step is made.

use hongyan_protocol::{ConversationId, Seq};
use hongyan_store::RetainStep;
use rusqlite::{Connection, Result};

use super::pack;
use crate::read::{self, Kept, mark};
use crate::row::{self, sql};

/// Pages that one step gives back: 1 MiB. Each of them is perhaps moved to another place before.
const PAGES_A_STEP: u64 = 256;

/// What a step did to a log.
pub(in crate::writer) struct Taken {
    /// Where its floor is now, if it has risen.
    pub(in crate::writer) floor: Option<Seq>,
    /// Entries that were looked at.
    pub(in crate::writer) entries: usize,
    /// Bodies that went.
    pub(in crate::writer) bodies: u64,
    /// Whether nothing is left to be taken away of this log.
    pub(in crate::writer) is_all: bool,
}

/// Raises the floor of a log to where it belongs, and takes away at most so many bodies below.
pub(in crate::writer) fn take(
    conn: &Connection,
    conv: ConversationId,
    step: &RetainStep,
    most: usize,
) -> Result<Taken> {
    let kept = read::kept(conn, conv)?;
    let due = kept.due(conn, step)?;
    let floor = (due > kept.floor).then_some(due);
    if let Some(floor) = floor {
        raise(conn, conv, floor)?;
    }
    let floor_now = floor.unwrap_or(kept.floor);
    let (bare, bodies) = strip(conn, &kept, floor_now, most)?;
    Ok(Taken {
        floor,
        entries: usize::try_from(bare.get() - kept.bare.get()).unwrap_or(usize::MAX),
        bodies,
        is_all: bare == floor_now,
    })
}

/// Nothing up to here is told any more. All members hear of it with their next sync.
fn raise(conn: &Connection, conv: ConversationId, floor: Seq) -> Result<()> {
    conn.prepare_cached("UPDATE counters SET value = value + 1 WHERE name = 'version'")?
        .execute([])?;
    conn.prepare_cached(
        "UPDATE conversations
         SET floor_seq = ?2, version = (SELECT value FROM counters WHERE name = 'version') WHERE id = ?1",
    )?
    .execute((sql(conv), sql(floor)))?;
    conn.prepare_cached("DELETE FROM marks WHERE conv_id = ?1 AND kind = ?2 AND key <= ?3")?
        .execute((sql(conv), mark::PINNED, sql(floor)))?;
    Ok(())
}

/// Takes bodies away, of the next entries up to the floor. Up to where, and how many.
fn strip(conn: &Connection, kept: &Kept, floor: Seq, most: usize) -> Result<(Seq, u64)> {
    let first = kept.bare.get() + 1;
    let last = floor.get().min(kept.bare.get().saturating_add(most as u64));
    if last < first {
        return Ok((kept.bare, 0));
    }
    let conv = sql(kept.conv);
    let range = (conv, first.cast_signed(), last.cast_signed());
    let taken = forget_mentions(conn, range)?;
    conn.prepare_cached(
        "UPDATE entries SET body = NULL, body_type = NULL, mentions = NULL, topic = NULL, expires_at = NULL, origin = NULL
         WHERE conv_id = ?1 AND seq BETWEEN ?2 AND ?3 AND kind IN (1, 2)",
    )?
    .execute(range)?;
    // An edit that stands above the floor says what its message said.
    conn.prepare_cached(
        "UPDATE entries INDEXED BY entries_edits SET body = NULL
         WHERE conv_id = ?1 AND target BETWEEN ?2 AND ?3 AND kind = 2 AND body IS NOT NULL",
    )?
    .execute(range)?;
    for table in ["reactions", "reaction_counts"] {
        conn.prepare_cached(&format!(
            "DELETE FROM {table} WHERE conv_id = ?1 AND seq BETWEEN ?2 AND ?3"
        ))?
        .execute(range)?;
    }
    conn.prepare_cached("UPDATE conversations SET bare_seq = ?2 WHERE id = ?1")?
        .execute((conv, last.cast_signed()))?;
    let last = Seq::new(last).map_err(|_| rusqlite::Error::InvalidQuery)?;
    pack::note(conn, taken.ids)?;
    Ok((last, taken.bodies))
}

/// The messages and edits in a range.
struct InRange {
    bodies: u64,
    /// The first id and the last.
    ids: Option<(i64, i64)>,
}

/// Whom the messages in a range mention is not found by that any more. Which they are.
fn forget_mentions(conn: &Connection, range: (i64, i64, i64)) -> Result<InRange> {
    let mut select = conn.prepare_cached(
        "SELECT id, seq, mentions FROM entries
         WHERE conv_id = ?1 AND seq BETWEEN ?2 AND ?3 AND kind IN (1, 2) ORDER BY seq",
    )?;
    let mut forget = conn
        .prepare_cached("DELETE FROM mentions WHERE conv_id = ?1 AND user_id = ?2 AND seq = ?3")?;
    let mut rows = select.query(range)?;
    let mut found = InRange {
        bodies: 0,
        ids: None,
    };
    while let Some(row) = rows.next()? {
        let (id, seq): (i64, i64) = (row.get(0)?, row.get(1)?);
        for user in row::users(row, 2)? {
            forget.execute((range.0, sql(user), seq))?;
        }
        found.bodies += 1;
        found.ids = Some((found.ids.map_or(id, |(first, _)| first), id));
    }
    Ok(found)
}

/// Gives pages back that got free, at the end of the file. How many.
pub(in crate::writer) fn give_back(conn: &Connection) -> Result<u64> {
    let pages = read::free_pages(conn)?.min(PAGES_A_STEP);
    if pages == 0 {
        return Ok(0);
    }
    let length =
        || -> Result<u64> { conn.query_row("PRAGMA page_count", [], |row| row::count(row, 0)) };
    let before = length()?;
    conn.execute_batch(&format!("PRAGMA incremental_vacuum({pages})"))?;
    Ok(before - length()?)
}
