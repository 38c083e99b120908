//! Unread messages, derived from the log.
//!
//! By definition: messages by others, not recalled, after the read position. Counting them would
//! cost as much as is unread. So each entry keeps how many messages the log holds up to it, and
//!
//! ```text
//! unread = messages up to the head − messages up to the read position
//!          − recalled messages after the read position
//! ```
//!
//! The two counts are equal because no message after a member's read position is the member's own:
//! a message moves its sender's read position onto itself, in the same transaction, and positions
//! never move back. Edits and recalls move no position, but they are no messages either. An
//! entry's count never changes, because entries are never removed and never change their kind.
//!
//! `verify` counts by the definition and compares.

use hongyan_protocol::{ConversationId, UserId};
use rusqlite::{Connection, Result};

use crate::row::{self, sql};

/// The unread messages of the member in row `m`, whose conversation is row `c`.
const OF_MEMBER: &str = "
    c.messages
    - coalesce((SELECT e.messages FROM entries e
                WHERE e.conv_id = m.conv_id AND e.seq = m.read_seq), 0)
    - (SELECT count(*) FROM entries r INDEXED BY entries_recalled
       WHERE r.conv_id = m.conv_id AND r.seq > m.read_seq
         AND r.kind = 1 AND r.recalled_by IS NOT NULL)";

/// Of one member. 0 for somebody who is not.
pub(crate) fn unread(conn: &Connection, conv: ConversationId, user: UserId) -> Result<u64> {
    conn.prepare_cached(&format!(
        "SELECT coalesce(sum({OF_MEMBER}), 0) FROM members m JOIN conversations c ON c.id = m.conv_id
         WHERE m.conv_id = ?1 AND m.user_id = ?2 AND m.until_seq IS NULL
           AND c.last_message > m.read_seq"
    ))?
    .query_row((sql(conv), sql(user)), |row| row::count(row, 0))
}

/// Over all of a user's conversations. Costs two look-ups for each, and more where there is something new.
pub(crate) fn total(conn: &Connection, user: UserId) -> Result<u64> {
    conn.prepare_cached(&format!(
        "SELECT coalesce(sum({OF_MEMBER}), 0)
         FROM members m INDEXED BY members_of_user JOIN conversations c ON c.id = m.conv_id
         WHERE m.user_id = ?1 AND m.until_seq IS NULL AND c.last_message > m.read_seq"
    ))?
    .query_row([sql(user)], |row| row::count(row, 0))
}

/// The same over those of two.
pub(crate) fn direct(conn: &Connection, user: UserId) -> Result<u64> {
    conn.prepare_cached(&format!(
        "SELECT coalesce(sum({OF_MEMBER}), 0)
         FROM members m INDEXED BY members_of_user JOIN conversations c ON c.id = m.conv_id
         WHERE m.user_id = ?1 AND c.kind = ?2 AND c.last_message > m.read_seq"
    ))?
    .query_row((sql(user), row::DIRECT), |row| row::count(row, 0))
}
