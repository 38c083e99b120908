//! What is committed and waits to be settled: whether it can be.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use hongyan_protocol::{ConversationId, EntryId, Seq, UserId};
use hongyan_store::Event;
use rusqlite::{Connection, OptionalExtension, Result, Transaction, TransactionBehavior};

use super::Check;
use super::views::is_beyond;
use crate::read;
use crate::row::{self, sql};
use crate::writer::{JournalCopy, JournaledEntry, Record};

/// How often the journal is read before what it says is believed to be wrong.
const ATTEMPTS: u32 = 10;

/// A conversation as the tables have it, and then as the journal goes on.
struct Log {
    head: Seq,
    messages: u64,
    last_id: EntryId,
    members: BTreeSet<UserId>,
}

impl Log {
    /// What the entry makes of the members.
    fn change(&mut self, entry: &JournaledEntry) {
        let Some(effects) = entry.effects() else {
            return;
        };
        if effects.event == Event::Disbanded {
            self.members.clear();
        }
        for (user, role) in &effects.members {
            match role {
                Some(_) => self.members.insert(*user),
                None => self.members.remove(user),
            };
        }
    }
}

impl Check<'_> {
    /// In one snapshot, so that what a running server carries out meanwhile is in one place or the other.
    pub(super) fn journal(&mut self) -> Result<()> {
        let conn = self.conn;
        let (snapshot, records) = journaled(conn, self.path)?;
        let mut logs = HashMap::new();
        let last_id = self.last_id()?;
        for record in records {
            let conv = record.conv();
            let log = match logs.entry(conv) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => match self.log_or_begun(&record, last_id)? {
                    Some(log) => free.insert(log),
                    None => {
                        self.broken(
                            conv,
                            Seq::ZERO,
                            "journaled, but no such conversation, or one that begins twice",
                        );
                        continue;
                    }
                },
            };
            let fits = match record {
                Record::Begin(_) => log.head == Seq::ZERO,
                Record::Entry(entry) => {
                    self.count_entry();
                    let place = entry.place;
                    let messages = log.messages + u64::from(entry.is_message());
                    let fits = place.seq == log.head.next()
                        && place.messages == messages
                        && place.id > log.last_id
                        && entry.subject() < Some(place.seq)
                        && (log.members.contains(&entry.from)
                            || entry.begins_group()
                            || entry.comes_by_link());
                    log.change(&entry);
                    (log.head, log.messages, log.last_id) = (place.seq, place.messages, place.id);
                    fits
                }
                Record::Move { position, .. } => {
                    position.read <= position.delivered
                        && position.delivered <= log.head
                        && log.members.contains(&position.user)
                }
                Record::Reaction(reaction) => {
                    reaction.seq <= log.head && log.members.contains(&reaction.user)
                }
                // Whether it is about a group, its place among the ways into that says.
                Record::Ways { .. } => log.head > Seq::ZERO,
                Record::View { user, view, .. } => {
                    !is_beyond(&view, log.head) && log.members.contains(&user)
                }
            };
            if !fits {
                let what = "what is journaled next does not go on where the log ends";
                let head = log.head;
                self.broken(conv, head, what);
            }
        }
        snapshot.finish()
    }

    /// The last id in the tables: all that are journaled are above it.
    fn last_id(&self) -> Result<EntryId> {
        self.conn
            .prepare_cached("SELECT coalesce(max(id), 0) FROM entries")?
            .query_row([], |row| row::id(row, 0))
    }

    /// The log that a record is the first for: it is there, or begins with it.
    fn log_or_begun(&mut self, record: &Record, last_id: EntryId) -> Result<Option<Log>> {
        let found = self.log(record.conv(), last_id)?;
        match record {
            Record::Begin(_) if found.is_some() => Ok(None),
            Record::Begin(begun) => Ok(Some(Log {
                head: Seq::ZERO,
                messages: 0,
                last_id,
                members: begun.members().into_iter().collect(),
            })),
            Record::Entry(entry) if entry.begins_group() && found.is_none() => Ok(Some(Log {
                head: Seq::ZERO,
                messages: 0,
                last_id,
                members: BTreeSet::new(),
            })),
            Record::Entry(_)
            | Record::Move { .. }
            | Record::Reaction(_)
            | Record::View { .. }
            | Record::Ways { .. } => Ok(found),
        }
    }

    fn log(&self, conv: ConversationId, last_id: EntryId) -> Result<Option<Log>> {
        let row = self
            .conn
            .prepare_cached("SELECT head, messages FROM conversations WHERE id = ?1")?
            .query_row([sql(conv)], |row| {
                Ok((row::id(row, 0)?, row::count(row, 1)?))
            })
            .optional()?;
        let Some((head, messages)) = row else {
            return Ok(None);
        };
        Ok(Some(Log {
            head,
            messages,
            last_id,
            members: read::member_ids(self.conn, conv)?.into_iter().collect(),
        }))
    }
}

/// A snapshot, and what is journaled beside it.
fn journaled<'c>(conn: &'c Connection, path: &Path) -> Result<(Transaction<'c>, Vec<Record>)> {
    let mut attempt = 1;
    loop {
        let copy = JournalCopy::of(path)?;
        let snapshot = Transaction::new_unchecked(conn, TransactionBehavior::Deferred)?;
        match copy.records(&snapshot) {
            // A server may have changed over between its files, just when one was read and the other was not.
            Err(_) if attempt < ATTEMPTS => attempt += 1,
            records => return Ok((snapshot, records?)),
        }
    }
}
