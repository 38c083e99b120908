//! Messages that mention a user.

use hongyan_protocol::limits::PAGE_BYTES;
use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::{Mention, MentionPage};
use rusqlite::{Connection, OptionalExtension, Result};

use super::{conversation, view};
use crate::row::{self, ENTRY_COLUMNS, sql};

/// Mentions that one page looks at. Of those that may not be read now nothing is told, so a page may be short.
const LOOKED_AT: usize = 1000;

/// How many messages after this place mention a member.
pub(crate) fn unread(
    conn: &Connection,
    conv: ConversationId,
    user: UserId,
    after: Seq,
) -> Result<u64> {
    conn.prepare_cached(
        "SELECT count(*) FROM mentions WHERE conv_id = ?1 AND user_id = ?2 AND seq > ?3",
    )?
    .query_row((sql(conv), sql(user), sql(after)), |row| row::count(row, 0))
}

/// The newest messages before one that mention a user who may read them now, newest first.
pub(crate) fn mentions(
    conn: &Connection,
    user: UserId,
    before: Option<Mention>,
    limit: usize,
) -> Result<MentionPage> {
    let before = before.unwrap_or(Mention::LAST);
    let found: Vec<Mention> = conn
        .prepare_cached(
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
        .collect::<Result<_>>()?;
    let mut page = MentionPage {
        entries: Vec::new(),
        next: None,
    };
    let mut bytes = 0;
    let is_all = found.len() < LOOKED_AT;
    for mention in found {
        let Some(own) = conversation::member(conn, mention.conv, user)? else {
            page.next = Some(mention);
            continue;
        };
        let since = view::view(conn, mention.conv, user)?.first_told(own.since);
        if mention.seq >= since {
            let entry = conn
                .prepare_cached(&format!(
                    "SELECT {ENTRY_COLUMNS} FROM entries WHERE conv_id = ?1 AND seq = ?2"
                ))?
                .query_row((sql(mention.conv), sql(mention.seq)), row::entry)
                .optional()?;
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
