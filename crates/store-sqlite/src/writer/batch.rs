//! One batch in one transaction.
//!
//! Promises: outcomes in the order of the writes; a refused write leaves no trace; entry ids
//! ascend in the order of the batch. An `Err` means that the transaction must be rolled back and
//! the cache dropped; the caller does both.
//!
//! The rows of a conversation and its members are written once, when the batch ends, however many
//! entries it got: between, the cache holds the truth.

use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::{Move, MoveError, Moved, Outcome, Position, Write};
use rusqlite::{CachedStatement, Connection, Result};

use super::append;
use super::cache::{Cache, Hot};
use crate::row::sql;

/// Applies the writes and brings the rows up to date. The transaction is the caller's.
pub(super) fn apply(
    conn: &Connection,
    cache: &mut Cache,
    writes: &[Write],
) -> Result<Vec<Outcome>> {
    cache.age();
    cache.note_data_version(conn)?;
    let mut batch = Batch {
        conn,
        cache,
        changed: Vec::new(),
        insert_entry: conn.prepare_cached(append::INSERT_ENTRY)?,
    };
    let outcomes = writes
        .iter()
        .map(|write| match write {
            Write::Append(append) => batch.append(append).map(Outcome::Append),
            Write::Move(change) => batch.advance(change).map(Outcome::Move),
        })
        .collect::<Result<Vec<_>>>()?;
    batch.finish()?;
    Ok(outcomes)
}

pub(super) struct Batch<'a> {
    pub(super) conn: &'a Connection,
    pub(super) cache: &'a mut Cache,
    /// The conversations that this batch changed, in the order of their first change.
    changed: Vec<ConversationId>,
    /// The one statement that runs for every message: found once, rather than looked up by its text.
    pub(super) insert_entry: CachedStatement<'a>,
}

impl Batch<'_> {
    /// The conversation, if `user` is a member of it.
    pub(super) fn membership(
        &mut self,
        conv: ConversationId,
        user: UserId,
    ) -> Result<Option<&mut Hot>> {
        let hot = self.cache.conversation(self.conn, conv)?;
        Ok(hot.filter(|hot| hot.member(user).is_some()))
    }

    /// Changes what is remembered of a conversation, to be written when the batch ends.
    pub(super) fn change<T>(
        &mut self,
        conv: ConversationId,
        change: impl FnOnce(&mut Hot) -> T,
    ) -> Result<T> {
        let hot = self
            .cache
            .conversation(self.conn, conv)?
            .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        if !std::mem::replace(&mut hot.changed, true) {
            self.changed.push(conv);
        }
        Ok(change(hot))
    }

    fn advance(&mut self, change: &Move) -> Result<std::result::Result<Moved, MoveError>> {
        let Some(hot) = self.membership(change.conv, change.user)? else {
            return Ok(Err(MoveError::NotMember));
        };
        let wished = change.read.max(change.delivered).unwrap_or(Seq::ZERO);
        if wished > hot.head {
            return Ok(Err(MoveError::BeyondHead));
        }
        let members = hot.member_ids.clone();
        let Some(member) = hot.member_mut(change.user) else {
            return Ok(Err(MoveError::NotMember));
        };
        let moved = advanced(*member, change.read, change.delivered);
        let changed = moved != *member;
        if changed {
            *member = moved;
            self.change(change.conv, |_| ())?;
        }
        Ok(Ok(Moved {
            conv: change.conv,
            user: change.user,
            read: moved.read,
            delivered: moved.delivered,
            changed,
            members,
        }))
    }

    /// Gives every changed conversation its version and writes the rows that the cache is ahead of.
    fn finish(self) -> Result<()> {
        if self.changed.is_empty() {
            return Ok(());
        }
        let mut version = self.cache.version(self.conn)?;
        let mut log = self.conn.prepare_cached(
            "UPDATE conversations SET head = ?2, messages = ?3, last_message = ?4 WHERE id = ?1",
        )?;
        let mut member_row = self.conn.prepare_cached(
            "UPDATE members SET read_seq = ?3, delivered_seq = ?4, version = ?5, unseen = ?6
             WHERE conv_id = ?1 AND user_id = ?2",
        )?;
        for &conv in &self.changed {
            version += 1;
            let Some(hot) = self.cache.conversation(self.conn, conv)? else {
                continue;
            };
            hot.changed = false;
            log.execute((
                sql(conv),
                sql(hot.head),
                hot.messages.cast_signed(),
                sql(hot.last_message),
            ))?;
            for member in &hot.members {
                member_row.execute((
                    sql(conv),
                    sql(member.user),
                    sql(member.read),
                    sql(member.delivered),
                    version.cast_signed(),
                    hot.last_message > member.read,
                ))?;
            }
        }
        self.conn
            .prepare_cached("UPDATE counters SET value = ?1 WHERE name = 'version'")?
            .execute([version.cast_signed()])?;
        self.cache.set_version(version);
        Ok(())
    }
}

/// A position moved forward; what would move it back does nothing.
pub(super) fn advanced(from: Position, read: Option<Seq>, delivered: Option<Seq>) -> Position {
    let read = from.read.max(read.unwrap_or(Seq::ZERO));
    let delivered = from.delivered.max(delivered.unwrap_or(Seq::ZERO)).max(read);
    Position {
        user: from.user,
        read,
        delivered,
    }
}
