//! What stands beside messages.

use std::sync::Arc;

use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::{MessageReactions, Reaction, ReactionPage, ReactionRange};
use rusqlite::{Connection, Result, Row};

use crate::row::{self, sql};

/// How often each reaction to a message stands there, in the order of the values' bytes.
pub(crate) fn reaction_counts(
    conn: &Connection,
    conv: ConversationId,
    seq: Seq,
) -> Result<Vec<(Arc<str>, u64)>> {
    conn.prepare_cached(
        "SELECT value, count FROM reaction_counts WHERE conv_id = ?1 AND seq = ?2 ORDER BY value",
    )?
    .query_map((sql(conv), sql(seq)), |row| {
        Ok((row.get::<_, String>(0)?.into(), row::count(row, 1)?))
    })?
    .collect()
}

/// The number of the last change of a conversation's reactions; 0 before the first.
pub(crate) fn reaction_number(conn: &Connection, conv: ConversationId) -> Result<u64> {
    conn.prepare_cached("SELECT coalesce(max(number), 0) FROM reacted WHERE conv_id = ?1")?
        .query_row([sql(conv)], |row| row::count(row, 0))
}

/// How the reactions of some messages stand, for this member, who may read from `since` on.
pub(crate) fn reactions(
    conn: &Connection,
    conv: ConversationId,
    (user, since): (UserId, Seq),
    range: ReactionRange,
    limit: usize,
) -> Result<ReactionPage> {
    // One more tells whether there are others.
    let found = reacted(conn, (conv, since), range, limit + 1)?;
    let more = found.len() > limit;
    let mut messages = Vec::new();
    for (seq, number) in found.into_iter().take(limit) {
        let mut reactions = Vec::new();
        for (value, count) in reaction_counts(conn, conv, seq)? {
            let mine = conn
                .prepare_cached(
                    "SELECT 1 FROM reactions
                     WHERE conv_id = ?1 AND seq = ?2 AND value = ?3 AND user_id = ?4",
                )?
                .exists((sql(conv), sql(seq), &*value, sql(user)))?;
            reactions.push(Reaction { value, count, mine });
        }
        messages.push(MessageReactions {
            seq,
            number,
            reactions,
        });
    }
    Ok(ReactionPage {
        messages,
        number: reaction_number(conn, conv)?,
        more,
    })
}

/// The messages of a range, not before `since`, each with the number of its last change.
fn reacted(
    conn: &Connection,
    (conv, since): (ConversationId, Seq),
    range: ReactionRange,
    limit: usize,
) -> Result<Vec<(Seq, u64)>> {
    let place = |row: &Row<'_>| Ok((row::id(row, 0)?, row::count(row, 1)?));
    let (conv, limit) = (sql(conv), row::limit(limit));
    match range {
        ReactionRange::After(number) => conn
            .prepare_cached(
                "SELECT seq, number FROM reacted WHERE conv_id = ?1 AND number > ?2 AND seq >= ?4
                 ORDER BY number LIMIT ?3",
            )?
            .query_map(
                (
                    conv,
                    i64::try_from(number).unwrap_or(i64::MAX),
                    limit,
                    sql(since),
                ),
                place,
            )?
            .collect(),
        ReactionRange::Within(first, last) => conn
            .prepare_cached(
                "SELECT seq, number FROM reacted WHERE conv_id = ?1 AND seq BETWEEN ?2 AND ?3
                 ORDER BY seq LIMIT ?4",
            )?
            .query_map((conv, sql(first.max(since)), sql(last), limit), place)?
            .collect(),
    }
}

/// Who set a reaction to a message, ascending.
pub(crate) fn reactors(
    conn: &Connection,
    (conv, seq): (ConversationId, Seq),
    value: &str,
    after: UserId,
    limit: usize,
) -> Result<Vec<UserId>> {
    conn.prepare_cached(
        "SELECT user_id FROM reactions
         WHERE conv_id = ?1 AND seq = ?2 AND value = ?3 AND user_id > ?4
         ORDER BY user_id LIMIT ?5",
    )?
    .query_map(
        (sql(conv), sql(seq), value, sql(after), row::limit(limit)),
        |row| row::id(row, 0),
    )?
    .collect()
}
