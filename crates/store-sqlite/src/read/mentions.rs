//! Messages that mention a user.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use hongyan_protocol::limits::PAGE_BYTES;
use hongyan_protocol::{ConversationId, Millis, Seq, UserId};
use hongyan_store::{Mention, MentionPage};
use rusqlite::{Connection, OptionalExtension, Result};

use super::{conversation, has_blocked, view};
use crate::row::{self, ENTRY_COLUMNS, sql};

/// Mentions that one page looks at. Of those that may not be read now nothing is told, so a page may be short.
const LOOKED_AT: usize = 1000;

/// How many messages after this place mention a member, by name or as one of all.
pub(crate) fn unread(
    conn: &Connection,
    conv: ConversationId,
    user: UserId,
    after: Seq,
) -> Result<u64> {
    let by_name = conn
        .prepare_cached(
            "SELECT count(*) FROM mentions m
             JOIN entries e ON e.conv_id = m.conv_id AND e.seq = m.seq
             WHERE m.conv_id = ?1 AND m.user_id = ?2 AND m.seq > ?3 AND NOT EXISTS
                 (SELECT 1 FROM blocks b WHERE b.user_id = ?2 AND b.other_id = e.sender_id)",
        )?
        .query_row((sql(conv), sql(user), sql(after)), |row| row::count(row, 0))?;
    let among_all = conn
        .prepare_cached(
            "SELECT count(*) FROM entries INDEXED BY entries_all
             WHERE conv_id = ?1 AND mentions_all = 1 AND seq > ?3
                 AND recalled_by IS NULL AND sender_id <> ?2 AND NOT EXISTS
                 (SELECT 1 FROM blocks b WHERE b.user_id = ?2 AND b.other_id = sender_id)",
        )?
        .query_row((sql(conv), sql(user), sql(after)), |row| row::count(row, 0))?;
    Ok(by_name + among_all)
}

/// When the last messages of a log that mention all were taken, recalled ones with them, at most so many. In the order of
/// the log.
pub(crate) fn last_alls(
    conn: &Connection,
    conv: ConversationId,
    limit: usize,
) -> Result<VecDeque<Millis>> {
    let mut found = VecDeque::new();
    let mut select = conn.prepare_cached(
        "SELECT at FROM entries INDEXED BY entries_all
         WHERE conv_id = ?1 AND mentions_all = 1 ORDER BY seq DESC LIMIT ?2",
    )?;
    let mut rows = select.query((sql(conv), row::limit(limit)))?;
    while let Some(row) = rows.next()? {
        found.push_front(row::id(row, 0)?);
    }
    Ok(found)
}

/// The newest messages before one that mention a user who may read them now, newest first.
pub(crate) fn mentions(
    conn: &Connection,
    user: UserId,
    before: Option<Mention>,
    limit: usize,
) -> Result<MentionPage> {
    let before = before.unwrap_or(Mention::LAST);
    let mut found = by_name(conn, user, before)?;
    found.extend(among_all(conn, user, before, limit + 1)?);
    found.sort_unstable();
    found.reverse();
    let is_all = found.len() < LOOKED_AT;
    found.truncate(LOOKED_AT);
    let mut page = MentionPage {
        entries: Vec::new(),
        next: None,
    };
    let mut bytes = 0;
    for mention in found {
        let Some(since) = told_from(conn, mention.conv, user)? else {
            page.next = Some(mention);
            continue;
        };
        if mention.seq >= since {
            let entry = conn
                .prepare_cached(&format!(
                    "SELECT {ENTRY_COLUMNS} FROM entries WHERE conv_id = ?1 AND seq = ?2"
                ))?
                .query_row((sql(mention.conv), sql(mention.seq)), row::entry)
                .optional()?;
            let entry = match entry {
                Some(entry) if has_blocked(conn, user, entry.from)? => None,
                entry => entry,
            };
            let size = entry.as_ref().map_or(0, |entry| entry.wire_bytes());
            if page.entries.len() >= limit || bytes + size > PAGE_BYTES && bytes > 0 {
                return Ok(page);
            }
            bytes += size;
            page.entries.extend(entry);
        }
        page.next = Some(mention);
    }
    if is_all {
        page.next = None;
    }
    Ok(page)
}

/// The first seq of a conversation that is told to a user; `None` for somebody who is no member.
fn told_from(conn: &Connection, conv: ConversationId, user: UserId) -> Result<Option<Seq>> {
    let Some(own) = conversation::member(conn, conv, user)? else {
        return Ok(None);
    };
    view::view(conn, conv, user).map(|view| Some(view.first_told(own.since)))
}

/// The newest messages before one that name a user, newest first.
fn by_name(conn: &Connection, user: UserId, before: Mention) -> Result<Vec<Mention>> {
    conn.prepare_cached(
        "SELECT at, conv_id, seq FROM mentions INDEXED BY mentions_of_user
         WHERE user_id = ?1 AND (at, conv_id, seq) < (?2, ?3, ?4)
         ORDER BY at DESC, conv_id DESC, seq DESC LIMIT ?5",
    )?
    .query_map(
        (
            sql(user),
            sql(before.at),
            sql(before.conv),
            sql(before.seq),
            row::limit(LOOKED_AT),
        ),
        |row| {
            Ok(Mention {
                at: row::id(row, 0)?,
                conv: row::id(row, 1)?,
                seq: row::id(row, 2)?,
            })
        },
    )?
    .collect()
}

/// The newest messages before one that mention all members of a group of the user's, and that the user may read: at most so
/// many. It looks into each of the user's groups, and reads on in those only that have newer ones than were found.
fn among_all(
    conn: &Connection,
    user: UserId,
    before: Mention,
    limit: usize,
) -> Result<Vec<Mention>> {
    let mut newest: BinaryHeap<Reverse<Mention>> = BinaryHeap::new();
    for conv in conversation::groups_of(conn, user)? {
        let oldest = newest.peek().filter(|_| newest.len() >= limit);
        let not_before = oldest.map_or(Millis::default(), |Reverse(oldest)| oldest.at);
        if !has_any(conn, conv, not_before)? {
            continue;
        }
        let Some(since) = told_from(conn, conv, user)? else {
            continue;
        };
        let mut select = conn.prepare_cached(
            "SELECT at, seq FROM entries INDEXED BY entries_all_by_time
             WHERE conv_id = ?1 AND mentions_all = 1 AND (at, conv_id, seq) < (?2, ?3, ?4) AND at >= ?5
                 AND seq >= ?6 AND recalled_by IS NULL AND sender_id <> ?7 AND NOT EXISTS
                 (SELECT 1 FROM blocks b WHERE b.user_id = ?7 AND b.other_id = sender_id)
             ORDER BY at DESC, seq DESC LIMIT ?8",
        )?;
        let mut rows = select.query((
            sql(conv),
            sql(before.at),
            sql(before.conv),
            sql(before.seq),
            sql(not_before),
            sql(since),
            sql(user),
            row::limit(limit),
        ))?;
        while let Some(row) = rows.next()? {
            newest.push(Reverse(Mention {
                at: row::id(row, 0)?,
                conv,
                seq: row::id(row, 1)?,
            }));
            if newest.len() > limit {
                newest.pop();
            }
        }
    }
    Ok(newest.into_iter().map(|Reverse(mention)| mention).collect())
}

/// Whether a message that is no older than this mentions all members of a group.
fn has_any(conn: &Connection, conv: ConversationId, not_before: Millis) -> Result<bool> {
    conn.prepare_cached(
        "SELECT 1 FROM entries INDEXED BY entries_all_by_time
         WHERE conv_id = ?1 AND mentions_all = 1 AND at >= ?2",
    )?
    .exists((sql(conv), sql(not_before)))
}
