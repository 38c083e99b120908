//! Stretches of a log.

use hongyan_protocol::limits::PAGE_BYTES;
use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::{Entry, History, HistoryRange, View};
use rusqlite::{Connection, OptionalExtension, Result};

use super::view;
use crate::row::{self, ENTRY_COLUMNS, sql};
use crate::unsettled::Tail;

/// At most `limit` entries. `None` when `user` is not a member. `tail`, `view`: what was unsettled just before the snapshot of `conn` began.
pub(crate) fn history(
    conn: &Connection,
    user: UserId,
    conv: ConversationId,
    range: HistoryRange,
    limit: usize,
    (tail, view): (Option<&Tail>, Option<&View>),
) -> Result<Option<History>> {
    let settled: Option<(Seq, Option<Seq>, Seq)> = conn
        .prepare_cached(
            "SELECT c.head, (SELECT m.since_seq FROM members m
                             WHERE m.conv_id = c.id AND m.user_id = ?2 AND m.until_seq IS NULL),
                    c.floor_seq
             FROM conversations c WHERE c.id = ?1",
        )?
        .query_row((sql(conv), sql(user)), |row| {
            let (head, since) = (row::id(row, 0)?, row::optional_id(row, 1)?);
            Ok((head, since, row::id(row, 2)?))
        })
        .optional()?;
    // What the tables have come to since then they have whole.
    let tail = tail.filter(|tail| settled.is_none_or(|(head, ..)| head < tail.head));
    let changed = tail.and_then(|tail| tail.reads_from(user));
    let since = changed.unwrap_or(settled.and_then(|(_, since, _)| since));
    let head = tail
        .map(|tail| tail.head)
        .or(settled.map(|(head, ..)| head));
    let (Some(head), Some(since)) = (head, since) else {
        return Ok(None);
    };
    // Whatever raises a floor has everything settled before.
    let floor = settled.map_or(Seq::ZERO, |(.., floor)| floor);
    let since = view::view(conn, conv, user)?.first_told(since.max(floor.next()));
    let since = view.map_or(since, |view| view.first_told(since));
    let log = Log {
        conn,
        conv,
        since,
        tail,
    };
    let mut room = Room {
        bytes: PAGE_BYTES,
        least: 1,
    };
    let entries = match range {
        HistoryRange::Latest => log.newest_below(head.next(), limit, &mut room)?,
        HistoryRange::Before(seq) => log.newest_below(seq.min(head.next()), limit, &mut room)?,
        HistoryRange::After(seq) => log.oldest_above(seq, limit, &mut room)?,
    };
    Ok(Some(History {
        entries,
        head,
        since,
    }))
}

/// What a page may still take.
pub(crate) struct Room {
    /// Bytes of entries, as they are [written](Entry::wire_bytes).
    pub(crate) bytes: usize,
    /// Entries that are given though they do not fit: with one, whoever pages always comes forward.
    pub(crate) least: usize,
}

impl Room {
    /// Whether one more entry of this size has room, which it takes.
    fn takes(&mut self, entry: &Entry, given: usize) -> bool {
        let size = entry.wire_bytes();
        if size > self.bytes && given >= self.least {
            return false;
        }
        self.bytes = self.bytes.saturating_sub(size);
        true
    }
}

/// A log as the tables have it, and as it goes on, for somebody who may read it from `since` on.
struct Log<'a> {
    conn: &'a Connection,
    conv: ConversationId,
    since: Seq,
    tail: Option<&'a Tail>,
}

impl Log<'_> {
    /// The newest entries below a seq, ascending: as many as there is room for, which they take.
    fn newest_below(&self, below: Seq, limit: usize, room: &mut Room) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut is_full = false;
        let mut settled_below = below;
        if let Some(tail) = self.tail {
            settled_below = below.min(tail.first);
            let is_in = |entry: &Entry| entry.seq < below && entry.seq >= self.since;
            let newest_first = tail.entries().rev().filter(is_in);
            let shown = newest_first.map(|entry| Ok(self.shown(entry)));
            is_full = put(shown, &mut entries, limit, room)?;
        }
        if !is_full {
            let mut select = self.conn.prepare_cached(&format!(
                "SELECT {ENTRY_COLUMNS} FROM entries WHERE conv_id = ?1 AND seq < ?2 AND seq >= ?4
                 ORDER BY seq DESC LIMIT ?3"
            ))?;
            let left = row::limit(limit - entries.len());
            let from = (sql(self.conv), sql(settled_below), left, sql(self.since));
            let rows = select.query_map(from, row::entry)?;
            put(self.replaced(rows), &mut entries, limit, room)?;
        }
        entries.reverse();
        Ok(entries)
    }

    fn oldest_above(&self, above: Seq, limit: usize, room: &mut Room) -> Result<Vec<Entry>> {
        let above = above.max(self.since.previous());
        let mut entries = Vec::new();
        let settled_below = self.tail.map_or(i64::MAX, |tail| sql(tail.first));
        let mut select = self.conn.prepare_cached(&format!(
            "SELECT {ENTRY_COLUMNS} FROM entries WHERE conv_id = ?1 AND seq > ?2 AND seq < ?4
             ORDER BY seq LIMIT ?3"
        ))?;
        let from = (sql(self.conv), sql(above), row::limit(limit), settled_below);
        let rows = select.query_map(from, row::entry)?;
        let is_full = put(self.replaced(rows), &mut entries, limit, room)?;
        if let Some(tail) = self.tail
            && !is_full
        {
            let oldest_first = tail.entries().filter(|entry| entry.seq > above);
            let shown = oldest_first.map(|entry| Ok(self.shown(entry)));
            put(shown, &mut entries, limit, room)?;
        }
        Ok(entries)
    }

    /// Entries of the tables, as what is unsettled has made them.
    fn replaced<'r>(
        &'r self,
        rows: impl Iterator<Item = Result<Entry>> + 'r,
    ) -> impl Iterator<Item = Result<Entry>> + 'r {
        rows.map(|entry| {
            let mut entry = entry?;
            if let Some(tail) = self.tail {
                tail.replace(&mut entry);
            }
            Ok(self.shown(entry))
        })
    }

    /// An entry as the reader may see it.
    fn shown(&self, mut entry: Entry) -> Entry {
        entry.content.hide_before(self.since);
        entry
    }
}

/// The newest settled entries of a log, ascending, for somebody who may read it from `since` on: as many as there is room
/// for, which they take.
pub(crate) fn newest(
    conn: &Connection,
    conv: ConversationId,
    (since, head): (Seq, Seq),
    limit: usize,
    room: &mut Room,
) -> Result<Vec<Entry>> {
    let log = Log {
        conn,
        conv,
        since,
        tail: None,
    };
    log.newest_below(head.next(), limit, room)
}

/// Puts entries into a page. Whether it is full.
fn put(
    from: impl Iterator<Item = Result<Entry>>,
    page: &mut Vec<Entry>,
    limit: usize,
    room: &mut Room,
) -> Result<bool> {
    for entry in from {
        let entry = entry?;
        if page.len() >= limit || !room.takes(&entry, page.len()) {
            return Ok(true);
        }
        page.push(entry);
    }
    Ok(page.len() >= limit)
}
