//! Takes away what is not to be kept.
//!
//! ```text
//! floor rises ──► nobody is told what is below ──► bodies go, some in each step ──► free pages ──► shorter file
//! ```
//!
//! A row whose body goes is deleted and inserted anew: only so does SQLite join pages that have become empty in part. A row
//! that is made shorter in its place leaves its page as long as before.
//!
//! Promises: each step is one transaction of the caller's. What it takes away is named by the number of its log's entries,
//! so the next step, or the next start, goes on where it ended.
//! Not here: overwriting what a removed text has left (`scrub`), and when a step is made.

use hongyan_protocol::{ConversationId, Seq};
use hongyan_store::RetainStep;
use rusqlite::types::Value;
use rusqlite::{Connection, Result, Row, params_from_iter};

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
    let skeletons = skeletons(conn, range)?;
    conn.prepare_cached(
        "DELETE FROM entries WHERE conv_id = ?1 AND seq BETWEEN ?2 AND ?3 AND kind IN (1, 2)",
    )?
    .execute(range)?;
    let mut insert = conn.prepare_cached(
        "INSERT INTO entries (id, conv_id, seq, sender_id, kind, at, messages, digest, target, reply_to,
                              edited_by, recalled_by, client_id, mentions_all)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    for skeleton in &skeletons {
        insert.execute(params_from_iter(skeleton))?;
    }
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
    Ok((last, skeletons.len() as u64))
}

/// What stays of the messages and edits in a range, in the order of their ids. Whom they mention is forgotten on the way.
fn skeletons(conn: &Connection, range: (i64, i64, i64)) -> Result<Vec<Vec<Value>>> {
    let mut select = conn.prepare_cached(
        "SELECT id, conv_id, seq, sender_id, kind, at, messages, digest, target, reply_to, edited_by, recalled_by,
                client_id, mentions_all, mentions
         FROM entries WHERE conv_id = ?1 AND seq BETWEEN ?2 AND ?3 AND kind IN (1, 2) ORDER BY seq",
    )?;
    let mut rows = select.query(range)?;
    let mut skeletons = Vec::new();
    while let Some(row) = rows.next()? {
        forget_mentions(conn, range.0, row)?;
        let skeleton = (0..SKELETON_COLUMNS).map(|column| row.get(column));
        skeletons.push(skeleton.collect::<Result<_>>()?);
    }
    Ok(skeletons)
}

/// The columns of a skeleton; behind them stands whom it mentions.
const SKELETON_COLUMNS: usize = 14;

fn forget_mentions(conn: &Connection, conv: i64, row: &Row<'_>) -> Result<()> {
    let seq: i64 = row.get(2)?;
    for user in row::users(row, SKELETON_COLUMNS)? {
        conn.prepare_cached(
            "DELETE FROM mentions WHERE conv_id = ?1 AND user_id = ?2 AND seq = ?3",
        )?
        .execute((conv, sql(user), seq))?;
    }
    Ok(())
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
