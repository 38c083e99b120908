//! The conversations that changed, newest change first.
//!
//! Every transaction gives each conversation that it changes a version of its own, higher than any
//! before. What only one member hears of, as a read position in a large group, gets a version in that member's row
//! instead. The later of the two counts. So a message writes one version, however many read it, and a page costs two
//! look-ups for each conversation of the user's (measured by the example `groups`).
//!
//! A walk notes the highest version at its start (`top`) and goes down from there. What
//! changes during the walk gets a version above `top`: perhaps this walk then misses it, but the
//! next one, which begins at `top`, finds it.

use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::{Entry, SyncCursor, SyncLimits, SyncPage};
use rusqlite::{Connection, Result};

use super::history::{self, Room};
use super::{conversation, mentions, unread};
use crate::row::{self, sql};

/// Conversations in a page, whatever the caller asks for.
const CONVERSATIONS: usize = 1000;

/// Conversations that are looked at when one cannot be read. Where the one is beyond, the sync fails.
const PROBED: usize = 10_000;

pub(crate) fn sync(
    conn: &Connection,
    user: UserId,
    cursor: SyncCursor,
    limits: SyncLimits,
    is_damaged: &dyn Fn(ConversationId) -> bool,
) -> Result<SyncPage> {
    let limit = limits.conversations.clamp(1, CONVERSATIONS);
    let (since, top, below) = match cursor {
        SyncCursor::Since(since) => {
            let newest = newest(conn, user)?;
            if since > newest && since > last_given(conn)? {
                // Of a later state of this history, which somebody took back: nothing of it holds.
                (0, newest, newest + 1)
            } else {
                let top = newest.max(since);
                (since, top, top + 1)
            }
        }
        SyncCursor::Within { since, top, below } => (since, top, below),
    };
    // One more than the page holds, to know whether it is the last.
    let mut changed = changed(conn, user, since, below, limit + 1)?;
    let more = changed.len() > limit;
    changed.truncate(limit);
    let next = match changed.last() {
        Some(&Changed { version, .. }) if more => SyncCursor::Within {
            since,
            top,
            below: version,
        },
        Some(_) | None => SyncCursor::Since(top),
    };
    let mut room = Room {
        bytes: limits.bytes,
        least: 0,
    };
    let mut conversations = Vec::with_capacity(changed.len());
    let mut mentioned = Vec::new();
    for Changed { conv, until, .. } in changed {
        if let Some(until) = until {
            conversations.push((conversation::left(conv, user, until), 0, Vec::new()));
            continue;
        }
        let Some(conversation) = conversation::conversation(conn, conv, user)? else {
            continue;
        };
        let entries = if limits.entries == 0 || room.bytes == 0 || is_damaged(conv) {
            Vec::new()
        } else {
            let all = (conversation.since, conversation.head);
            history::newest(conn, conv, all, limits.entries, &mut room)?
        };
        let unread = unread::unread(conn, conv, user)?;
        if unread > 0 {
            let passed = conversation.me.read.max(conversation.since.previous());
            let count = mentions::unread(conn, conv, user, passed)?;
            mentioned.extend((count > 0).then_some((conv, count)));
        }
        conversations.push((conversation, unread, entries));
    }
    let (total_unread, quiet) = unread::totals(conn, user)?;
    Ok(SyncPage {
        conversations,
        mentions: mentioned,
        total_unread,
        quiet,
        next,
    })
}

/// Looks which of the user's conversations have something in their newest entries that cannot be read, and has `note` take
/// note of each. Whether any of that was news.
pub(crate) fn probe(
    conn: &Connection,
    user: UserId,
    entries: usize,
    note: &dyn Fn(ConversationId, &Result<Vec<Entry>>) -> bool,
) -> Result<bool> {
    let mut is_news = false;
    for Changed { conv, .. } in changed(conn, user, 0, u64::MAX >> 1, PROBED)? {
        let read = head(conn, conv).and_then(|head| {
            let mut room = Room {
                bytes: usize::MAX,
                least: 0,
            };
            history::newest(conn, conv, (Seq::ZERO, head), entries, &mut room)
        });
        is_news |= note(conv, &read);
    }
    Ok(is_news)
}

fn head(conn: &Connection, conv: ConversationId) -> Result<Seq> {
    conn.prepare_cached("SELECT head FROM conversations WHERE id = ?1")?
        .query_row([sql(conv)], |row| row::id(row, 0))
}

/// What a member hears of: the later of what all hear of and of what only this one does. To a former member only the
/// last of these counts.
const VERSION: &str =
    "CASE WHEN m.until_seq IS NULL THEN max(m.version, c.version) ELSE m.version END";

/// The number of the newest change in any conversation of the user's; 0 if there is none.
fn newest(conn: &Connection, user: UserId) -> Result<u64> {
    conn.prepare_cached(&format!(
        "SELECT coalesce(max({VERSION}), 0)
         FROM members m INDEXED BY members_of_user JOIN conversations c ON c.id = m.conv_id
         WHERE m.user_id = ?1"
    ))?
    .query_row([sql(user)], |row| row::count(row, 0))
}

/// The last number given to a change, in anybody's conversation.
fn last_given(conn: &Connection) -> Result<u64> {
    conn.prepare_cached("SELECT value FROM counters WHERE name = 'version'")?
        .query_row([], |row| row::count(row, 0))
}

/// A conversation that changed.
struct Changed {
    conv: ConversationId,
    version: u64,
    /// The last entry of somebody who is no member any more.
    until: Option<Seq>,
}

/// Conversations with `since < version < below`, descending by version. From the beginning, those that the user has left
/// are none of them.
fn changed(
    conn: &Connection,
    user: UserId,
    since: u64,
    below: u64,
    limit: usize,
) -> Result<Vec<Changed>> {
    conn.prepare_cached(&format!(
        "SELECT m.conv_id, {VERSION} AS changed, m.until_seq
         FROM members m INDEXED BY members_of_user JOIN conversations c ON c.id = m.conv_id
         WHERE m.user_id = ?1 AND changed > ?2 AND changed < ?3 AND (?2 > 0 OR m.until_seq IS NULL)
         ORDER BY changed DESC LIMIT ?4"
    ))?
    .query_map(
        (
            sql(user),
            since.cast_signed(),
            below.cast_signed(),
            row::limit(limit),
        ),
        |row| {
            Ok(Changed {
                conv: row::id(row, 0)?,
                version: row::count(row, 1)?,
                until: row::optional_id(row, 2)?,
            })
        },
    )?
    .collect()
}
