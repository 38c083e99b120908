//! How much of logs is kept, and where that is less than there is.

use hongyan_protocol::{ConversationId, Millis, Seq};
use hongyan_store::rules::{self, FloorFacts};
use hongyan_store::{RetainStep, Retention};
use rusqlite::{Connection, Result, Row};

use crate::row::{self, sql};

/// Conversations that are looked at in one step.
const LOOKED_AT: usize = 1000;

/// Conversations of which something is taken away in one step.
const TAKEN: usize = 32;

/// A log, with what its retention asks of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) conv: ConversationId,
    head: Seq,
    pub(crate) floor: Seq,
    /// Nothing up to here says anything any more.
    pub(crate) bare: Seq,
    keep: Retention,
}

/// Where something is to be taken away.
pub(crate) struct Overdue {
    pub(crate) convs: Vec<ConversationId>,
    /// The last conversation that was looked at; `None` where there is no other behind it.
    pub(crate) last: Option<ConversationId>,
}

const COLUMNS: &str = "c.id, c.head, c.floor_seq, c.bare_seq, g.keep_days, g.keep_entries";

fn kept_of_row(row: &Row<'_>) -> Result<Kept> {
    let days: Option<u32> = row.get(4)?;
    let entries: Option<i64> = row.get(5)?;
    Ok(Kept {
        conv: row::id(row, 0)?,
        head: row::id(row, 1)?,
        floor: row::id(row, 2)?,
        bare: row::id(row, 3)?,
        keep: Retention {
            days: days.unwrap_or_default(),
            entries: entries.map_or(0, i64::cast_unsigned),
        },
    })
}

/// The log of a conversation that is there.
pub(crate) fn kept(conn: &Connection, conv: ConversationId) -> Result<Kept> {
    conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM conversations c LEFT JOIN groups g ON g.conv_id = c.id WHERE c.id = ?1"
    ))?
    .query_row([sql(conv)], kept_of_row)
}

/// The first conversations of the step of which something is to be taken away.
pub(crate) fn overdue(conn: &Connection, step: &RetainStep) -> Result<Overdue> {
    let mut select = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM conversations c LEFT JOIN groups g ON g.conv_id = c.id
         WHERE c.id > ?1 ORDER BY c.id LIMIT ?2"
    ))?;
    let mut rows = select.query((sql(step.after), row::limit(LOOKED_AT)))?;
    let (mut convs, mut looked_at) = (Vec::new(), 0);
    let mut last = None;
    while let Some(row) = rows.next()? {
        let kept = kept_of_row(row)?;
        let is_overdue = kept.bare < kept.floor || kept.due(conn, step)? > kept.floor;
        convs.extend(is_overdue.then_some(kept.conv));
        last = Some(kept.conv);
        looked_at += 1;
        if convs.len() == TAKEN {
            return Ok(Overdue { convs, last });
        }
    }
    let last = last.filter(|_| looked_at == LOOKED_AT);
    Ok(Overdue { convs, last })
}

/// Free pages that stay for what comes next: 16 MiB, or an eighth of the file where that is less.
const PAGES_KEPT: u64 = 4096;

/// Pages that got free and are to be given back. A database that was made by an earlier version keeps all.
pub(crate) fn free_pages(conn: &Connection) -> Result<u64> {
    let count = |pragma: &str| -> Result<u64> {
        conn.query_row(&format!("PRAGMA {pragma}"), [], |row| row::count(row, 0))
    };
    const INCREMENTAL: u64 = 2;
    if count("auto_vacuum")? != INCREMENTAL {
        return Ok(0);
    }
    let kept = PAGES_KEPT.min(count("page_count")? / 8);
    Ok(count("freelist_count")?.saturating_sub(kept))
}

/// From which id up to which one entries have become shorter since they were put closer together; `None` where none have.
pub(crate) fn to_pack(conn: &Connection) -> Result<Option<(i64, i64)>> {
    let counter = |name: &str| -> Result<i64> {
        conn.prepare_cached("SELECT coalesce((SELECT value FROM counters WHERE name = ?1), 0)")?
            .query_row([name], |row| row.get(0))
    };
    let (next, last) = (counter("pack_next")?, counter("pack_last")?);
    Ok((0 < next && next <= last).then_some((next, last)))
}

/// Whether there are any.
pub(crate) fn has_much_free(conn: &Connection) -> Result<bool> {
    Ok(free_pages(conn)? > 0)
}

impl Kept {
    /// Where its floor belongs.
    pub(crate) fn due(&self, conn: &Connection, step: &RetainStep) -> Result<Seq> {
        let keep = self.keep.shorter(step.keep);
        let old = match keep.earliest(step.now) {
            Some(earliest) => self.old(conn, earliest)?,
            None => self.floor,
        };
        let facts = FloorFacts {
            head: self.head,
            floor: self.floor,
            old,
        };
        Ok(rules::raised_floor(keep, facts))
    }

    /// The last entry that is older than this and behind which there is one that is not, or none. Costs one look-up where
    /// there is none, and else some for each power of two of entries.
    fn old(&self, conn: &Connection, earliest: Millis) -> Result<Seq> {
        let mut at =
            conn.prepare_cached("SELECT at FROM entries WHERE conv_id = ?1 AND seq = ?2")?;
        let mut is_old = |seq: u64| -> Result<bool> {
            let taken: Millis =
                at.query_row((sql(self.conv), seq.cast_signed()), |row| row::id(row, 0))?;
            Ok(taken < earliest)
        };
        let (mut old, mut young) = (self.floor.get(), self.head.get() + 1);
        if young - old > 1 && !is_old(old + 1)? {
            return Ok(self.floor);
        }
        while young - old > 1 {
            let middle = old + (young - old) / 2;
            match is_old(middle)? {
                true => old = middle,
                false => young = middle,
            }
        }
        Seq::new(old).map_err(|_| rusqlite::Error::InvalidQuery)
    }
}
