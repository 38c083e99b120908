//! One batch in one transaction.
//!
//! Promises: outcomes in the order of the writes; a refused write leaves no trace. An `Err` means that the
//! transaction must be rolled back and that what is remembered must be dropped; the caller does both.
//!
//! A batch goes one of two ways. [`write_through`] carries it out. [`journal()`] decides it, writes the
//! decisions down ([`super::journal`]) and leaves the carrying out to a later transaction (`settling`), which is then
//! shared by many batches. Both take the same decisions, in the same code: a way differs only in
//! where an entry is put, and where an earlier attempt is looked for.
//!
//! The rows of a conversation and its members are written once, at the end, however many
//! entries it got: between, the cache holds the truth.

use std::sync::Arc;

use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::{Change, Move, MoveError, Moved, Outcome, Target, Write};
use rusqlite::{CachedStatement, Connection, Result};

use super::append;
use super::cache::{Cache, Hot, advanced};
use super::journal::{self, Record, Row};
use super::pending::{Entry, Messages, Pending};

/// Whether a batch goes by the journal: one of messages in conversations that are there, and of moves. The rest is
/// rare.
pub(super) fn is_for_journal(
    conn: &Connection,
    cache: &mut Cache,
    writes: &[Write],
) -> Result<bool> {
    for write in writes {
        let Write::Append(append) = write else {
            continue;
        };
        let Change::Message { .. } = append.change else {
            return Ok(false);
        };
        if let Target::Direct(other) = append.target
            && cache.direct(conn, append.from, other)?.is_none()
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Carries a batch out. Nothing may be pending. The transaction is the caller's.
pub(super) fn write_through(
    conn: &Connection,
    cache: &mut Cache,
    writes: &[Write],
) -> Result<Vec<Outcome>> {
    let mut batch = Batch {
        conn,
        cache,
        way: Way::Through(conn.prepare_cached(append::INSERT_ENTRY)?),
    };
    let outcomes = batch.write_all(writes)?;
    batch.cache.take_rows(conn)?.write(conn)?;
    Ok(outcomes)
}

/// Decides a batch and writes the decisions down, for the caller to put into the journal.
pub(super) fn journal(
    conn: &Connection,
    cache: &mut Cache,
    pending: &mut Pending,
    settling: Option<&mut Messages<Arc<[Entry]>>>,
    writes: &[Write],
) -> Result<(Vec<Outcome>, Row)> {
    let mut row = Row::default();
    let way = Way::Journal {
        row: &mut row,
        pending,
        settling,
    };
    let outcomes = Batch { conn, cache, way }.write_all(writes)?;
    Ok((outcomes, row))
}

/// Takes up again what an earlier writer had journaled, as far as memory goes.
pub(super) fn take_up(
    conn: &Connection,
    cache: &mut Cache,
    pending: &mut Pending,
    records: Vec<Record>,
) -> Result<()> {
    for record in records {
        match record {
            Record::Message { append, place } => {
                let fits = cache.change(conn, place.conv, |hot| {
                    let fits = hot.head.next() == place.seq && hot.member(append.from).is_some();
                    hot.head = place.seq;
                    hot.count_message(append.from);
                    fits
                })?;
                if !fits {
                    return Err(journal::senseless("it does not go on where a log ends"));
                }
                cache.ids.is_used(conn, place.id)?;
                pending.add(append, place);
            }
            Record::Move { conv, position } => {
                cache.change(conn, conv, |hot| {
                    if let Some(member) = hot.member_mut(position.user) {
                        *member = position;
                    }
                })?;
                pending.add_move();
            }
        }
    }
    Ok(())
}

pub(super) struct Batch<'a> {
    pub(super) conn: &'a Connection,
    pub(super) cache: &'a mut Cache,
    pub(super) way: Way<'a>,
}

/// See the [module](self).
pub(super) enum Way<'a> {
    /// The one statement that runs for every message: found once, rather than looked up by its text.
    Through(CachedStatement<'a>),
    Journal {
        row: &'a mut Row,
        pending: &'a mut Pending,
        settling: Option<&'a mut Messages<Arc<[Entry]>>>,
    },
}

impl Batch<'_> {
    fn write_all(&mut self, writes: &[Write]) -> Result<Vec<Outcome>> {
        let outcomes = writes.iter().map(|write| match write {
            Write::Append(append) => self.append(append).map(Outcome::Append),
            Write::Move(change) => self.advance(change).map(Outcome::Move),
        });
        outcomes.collect()
    }

    /// The conversation, if `user` is a member of it.
    pub(super) fn membership(
        &mut self,
        conv: ConversationId,
        user: UserId,
    ) -> Result<Option<&mut Hot>> {
        let hot = self.cache.conversation(self.conn, conv)?;
        Ok(hot.filter(|hot| hot.member(user).is_some()))
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
            self.cache.change(self.conn, change.conv, |_| ())?;
            if let Way::Journal { row, pending, .. } = &mut self.way {
                row.moved(change.conv, moved);
                pending.add_move();
            }
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
}
