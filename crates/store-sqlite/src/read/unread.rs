//! Unread messages, derived from the log.
//!
//! By definition: messages by others, not recalled, after the read position, after what the member cleared, and
//! after what is kept no more. Counting them would cost as much as is unread. So each entry keeps how many messages the log holds up to it, and
//!
//! ```text
//! unread = messages up to the head − messages up to the read position
//!          − recalled messages after the read position
//! ```
//!
//! The two counts are equal because no message after a member's read position is the member's own:
//! a message moves its sender's read position onto itself, in the same transaction, and positions
//! never move back. Where more is passed than was read, the same holds of what is behind that. Edits and recalls move no position, but they are no messages either. An
//! entry's count never changes, because entries are never removed and never change their kind.
//!
//! `verify` counts by the definition and compares.

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};
use hongyan_store::{FOR_EVER, Quiet};
use rusqlite::{Connection, Result};

use super::view;
use crate::row::{self, sql};

/// The unread messages of the member in row `m`, whose conversation is row `c` and who has read up to `read`.
fn after(read: &str) -> String {
    format!(
        "c.messages
         - coalesce((SELECT e.messages FROM entries e
                     WHERE e.conv_id = m.conv_id AND e.seq = {read}), 0)
         - (SELECT count(*) FROM entries r INDEXED BY entries_recalled
            WHERE r.conv_id = m.conv_id AND r.seq > {read}
              AND r.kind = 1 AND r.recalled_by IS NOT NULL)"
    )
}

/// What is not unread: read, or kept no more.
const READ: &str = "max(m.read_seq, c.floor_seq)";

/// The same, or cleared in the view in row `v`.
const PASSED: &str = "max(m.read_seq, c.floor_seq, v.cleared_seq)";

/// The same where there may be no view.
const PASSED_IF_ANY: &str = "max(m.read_seq, c.floor_seq, coalesce(v.cleared_seq, 0))";

/// Of one member. 0 for somebody who is not.
pub(crate) fn unread(conn: &Connection, conv: ConversationId, user: UserId) -> Result<u64> {
    let (passed, unread) = (PASSED_IF_ANY, after(PASSED_IF_ANY));
    conn.prepare_cached(&format!(
        "SELECT coalesce(sum({unread}), 0) FROM members m JOIN conversations c ON c.id = m.conv_id
         LEFT JOIN views v ON v.user_id = m.user_id AND v.conv_id = m.conv_id
         WHERE m.conv_id = ?1 AND m.user_id = ?2 AND m.until_seq IS NULL
           AND c.last_message > {passed}"
    ))?
    .query_row((sql(conv), sql(user)), |row| row::count(row, 0))
}

/// What counts over all of a user's conversations, and what of it is muted or archived.
///
/// A hidden conversation counts nothing, one that is marked counts at least one, and of one that was cleared only what
/// is not counts. All are seldom, so the total by read positions alone is put right for them.
pub(crate) fn totals(conn: &Connection, user: UserId) -> Result<(u64, Vec<Quiet>)> {
    let mut total = all(conn, user)?;
    let mut quiet = Vec::new();
    let (columns, from_read, from_passed) = (view::COLUMNS, after(READ), after(PASSED));
    let mut select = conn.prepare_cached(&format!(
        "SELECT m.conv_id, m.read_seq, c.last_message,
                CASE WHEN c.last_message > {READ} THEN {from_read} ELSE 0 END,
                CASE WHEN c.last_message > {PASSED} THEN {from_passed} ELSE 0 END, {columns}
         FROM views v JOIN members m ON m.conv_id = v.conv_id AND m.user_id = v.user_id
         JOIN conversations c ON c.id = v.conv_id
         WHERE v.user_id = ?1 AND m.until_seq IS NULL"
    ))?;
    let mut rows = select.query([sql(user)])?;
    while let Some(row) = rows.next()? {
        let (conv, read, last) = (row::id(row, 0)?, row::id(row, 1)?, row::id(row, 2)?);
        let (plain, unread) = (row::count(row, 3)?, row::count(row, 4)?);
        let kept = view::of_row(row, 5)?;
        let view = kept.now(read, view::last_message(conn, conv, last, &kept)?);
        let counted = match view.hidden > Seq::ZERO {
            true => 0,
            false => unread.max(u64::from(view.marked.is_some())),
        };
        total = total - plain + counted;
        let until = match view.archived > Seq::ZERO {
            true => Millis::new(FOR_EVER).unwrap_or_default(),
            false => view.muted_until,
        };
        if counted > 0 && until > Millis::default() {
            quiet.push(Quiet {
                until,
                unread: counted,
            });
        }
    }
    Ok((total, quiet))
}

/// The first of [`totals`].
pub(crate) fn total(conn: &Connection, user: UserId) -> Result<u64> {
    totals(conn, user).map(|(total, _)| total)
}

/// Over all of a user's conversations, by read positions alone. Costs two look-ups for each, and more where there is
/// something new.
fn all(conn: &Connection, user: UserId) -> Result<u64> {
    let unread = after(READ);
    conn.prepare_cached(&format!(
        "SELECT coalesce(sum({unread}), 0)
         FROM members m INDEXED BY members_of_user JOIN conversations c ON c.id = m.conv_id
         WHERE m.user_id = ?1 AND m.until_seq IS NULL AND c.last_message > {READ}"
    ))?
    .query_row([sql(user)], |row| row::count(row, 0))
}

/// Unread messages over all of a user's conversations of two, whatever the user made of them but for what was cleared.
pub(crate) fn direct(conn: &Connection, user: UserId) -> Result<u64> {
    let (passed, unread) = (PASSED_IF_ANY, after(PASSED_IF_ANY));
    conn.prepare_cached(&format!(
        "SELECT coalesce(sum({unread}), 0)
         FROM members m INDEXED BY members_of_user JOIN conversations c ON c.id = m.conv_id
         LEFT JOIN views v ON v.user_id = m.user_id AND v.conv_id = m.conv_id
         WHERE m.user_id = ?1 AND c.kind = ?2 AND c.last_message > {passed}"
    ))?
    .query_row((sql(user), row::DIRECT), |row| row::count(row, 0))
}
