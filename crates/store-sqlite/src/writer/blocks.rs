//! Writes of who has blocked whom.
//!
//! As a write to an account, it goes to the tables at once. The writer knows of it from then on, and so do the rules for
//! every write that comes later.

use hongyan_protocol::{Seq, UserId};
use hongyan_store::{BLOCKS, BlockError, Member, SetBlock};
use rusqlite::{Connection, Result, params};

use super::Writer;
use crate::read;
use crate::row::{self, sql};

impl Writer {
    pub(crate) fn set_block(&mut self, set: &SetBlock) -> std::result::Result<bool, BlockError> {
        let stands = self.noting_failure(|writer| writer.stands(set.user, set.other))?;
        let changed = self.write(|conn| write(conn, set, stands))??;
        if let Some(open) = &mut self.open {
            open.cache.set_block(set.user, set.other, set.on);
        }
        Ok(changed)
    }

    /// How far a user has come in the conversation with another.
    fn stands(&mut self, user: UserId, other: UserId) -> Result<Member> {
        let open = self.opened()?;
        let (conn, cache) = (&open.reader, &mut open.cache);
        let known = match cache.direct(conn, user, other)? {
            Some(conv) => cache.member(conn, conv, user)?,
            None => None,
        };
        Ok(known.unwrap_or(Member::new(user)))
    }
}

fn write(
    conn: &Connection,
    set: &SetBlock,
    stands: Member,
) -> Result<std::result::Result<bool, BlockError>> {
    let (user, other) = (sql(set.user), sql(set.other));
    if !set.on {
        let gone = conn
            .prepare_cached("DELETE FROM blocks WHERE user_id = ?1 AND other_id = ?2")?
            .execute((user, other))?;
        return Ok(Ok(gone > 0));
    }
    let are_users = conn
        .prepare_cached("SELECT 1 FROM users a, users b WHERE a.id = ?1 AND b.id = ?2")?
        .exists((user, other))?;
    if !are_users || user == other {
        return Ok(Err(BlockError::NoSuchUser));
    }
    if read::has_blocked(conn, set.user, set.other)? {
        return Ok(Ok(false));
    }
    let count = conn
        .prepare_cached("SELECT count(*) FROM blocks WHERE user_id = ?1")?
        .query_row([user], |row| row::count(row, 0))?;
    if count >= BLOCKS as u64 {
        return Ok(Err(BlockError::TooMany));
    }
    let seq = |seq: Seq| sql(seq);
    conn.prepare_cached(
        "INSERT INTO blocks (user_id, other_id, at, read_seq, delivered_seq)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        user,
        other,
        sql(set.at),
        seq(stands.read),
        seq(stands.delivered),
    ])?;
    Ok(Ok(true))
}
