//! One append: the rules of the log.
//!
//! Everything is checked before anything is written, so a refusal needs no undoing.

use std::sync::Arc;

use hongyan_protocol::{ClientId, ConversationId, EntryId, Millis, Seq, UserId};
use hongyan_store::{Append, AppendError, Appended, Body, Change, ChangeDigest, Position, Target};
use rusqlite::{OptionalExtension, Statement, params};

use super::batch::{Batch, Way};
use super::cache::Hot;
use super::pending::Entry;
use crate::row::{self, Kind, sql};

/// Why an append went no further.
enum Stop {
    /// It broke a rule; the batch goes on.
    Refused(AppendError),
    /// Its sender used its client id before.
    NotTheFirst,
    /// The batch is lost.
    Sql(rusqlite::Error),
}

impl From<AppendError> for Stop {
    fn from(error: AppendError) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// Writes an entry, or nothing where its sender used the client id before.
pub(super) const INSERT_ENTRY: &str =
    "INSERT INTO entries (conv_id, seq, sender_id, kind, at, messages, digest, target,
         reply_to, client_id, mentions, body, id)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
     ON CONFLICT (sender_id, client_id) DO NOTHING";

/// Where a new entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) conv: ConversationId,
    pub(crate) seq: Seq,
    pub(crate) id: EntryId,
    /// Entries of kind message in the log, up to and including this one.
    pub(crate) messages: u64,
}

/// What was found where a client id would be.
enum Found {
    Earlier(Earlier),
    /// It was not used before. The sender's next one that was, in the order of client ids.
    Next(Option<ClientId>),
}

/// An earlier append under the same client id.
struct Earlier {
    conv: ConversationId,
    seq: Seq,
    id: EntryId,
    at: Millis,
    digest: ChangeDigest,
}

impl Earlier {
    fn of(entry: &Entry) -> Self {
        Self {
            conv: entry.place.conv,
            seq: entry.place.seq,
            id: entry.place.id,
            at: entry.append.at,
            digest: entry.append.change.digest(),
        }
    }
}

/// Runs [`INSERT_ENTRY`]. Where the client id was used before it is an error,
/// [`rusqlite::Error::StatementChangedRows`].
pub(super) fn insert_entry(
    insert: &mut Statement<'_>,
    append: &Append,
    place: Place,
) -> rusqlite::Result<()> {
    let (kind, target, reply_to, mentions, body) = match &append.change {
        Change::Message {
            body,
            reply_to,
            mentions,
        } => (Kind::Message, None, *reply_to, &**mentions, Some(body)),
        Change::Edit { target, body, .. } => (Kind::Edit, Some(*target), None, &[][..], Some(body)),
        Change::Recall { target, .. } => (Kind::Recall, Some(*target), None, &[][..], None),
    };
    let body = body.map(|Body::Text(text)| &**text);
    let rows = insert.execute(params![
        sql(place.conv),
        sql(place.seq),
        sql(append.from),
        kind.code(),
        sql(append.at),
        place.messages.cast_signed(),
        append.change.digest().0,
        target.map(sql),
        reply_to.map(sql),
        append.client_id.as_str(),
        row::mentions_blob(mentions),
        body,
        sql(place.id),
    ])?;
    if rows == 1 {
        Ok(())
    } else {
        Err(rusqlite::Error::StatementChangedRows(rows))
    }
}

impl Batch<'_> {
    pub(super) fn append(
        &mut self,
        append: &Append,
    ) -> rusqlite::Result<Result<Appended, AppendError>> {
        match self.try_append(append) {
            Ok(appended) => Ok(Ok(appended)),
            Err(Stop::Refused(error)) => Ok(Err(error)),
            // The index said that there is one, and then had none.
            Err(Stop::NotTheFirst) => Err(rusqlite::Error::QueryReturnedNoRows),
            Err(Stop::Sql(error)) => Err(error),
        }
    }

    /// No rule refuses a retry: it finds its first attempt even where the rules would no longer let it
    /// pass, such as the second recall of a message. Nearly every append is the first under its client
    /// id; so where the index would say that it is not, an earlier one is looked for only then.
    fn try_append(&mut self, append: &Append) -> Result<Appended, Stop> {
        if matches!(self.way, Way::Journal { .. })
            && !self.cache.unused.contains(append.from, &append.client_id)
            && let Some(first) = self.first_attempt(append)?
        {
            return Ok(first);
        }
        match self.append_first(append) {
            Err(stop @ (Stop::NotTheFirst | Stop::Refused(_))) => {
                self.first_attempt(append)?.ok_or(stop)
            }
            done @ (Ok(_) | Err(Stop::Sql(_))) => done,
        }
    }

    fn append_first(&mut self, append: &Append) -> Result<Appended, Stop> {
        let conv = self.resolve(append)?;
        if self.membership(conv, append.from)?.is_none() {
            return Err(AppendError::NotMember.into());
        }
        match &append.change {
            Change::Message { reply_to, .. } => {
                if let Some(seq) = *reply_to {
                    self.answerable(conv, seq)?;
                }
                self.insert(append, conv)
            }
            Change::Edit {
                target,
                body,
                not_before,
            } => {
                self.own_message(conv, *target, append.from, *not_before)?;
                let appended = self.insert(append, conv)?;
                self.replace_body(&appended, *target, body)?;
                Ok(appended)
            }
            Change::Recall { target, not_before } => {
                self.own_message(conv, *target, append.from, *not_before)?;
                let appended = self.insert(append, conv)?;
                self.blank(&appended, *target)?;
                Ok(appended)
            }
        }
    }

    /// The outcome of an earlier append under the same client id, in this batch or long ago.
    fn first_attempt(&mut self, append: &Append) -> Result<Option<Appended>, Stop> {
        let Earlier {
            conv,
            seq,
            id,
            at,
            digest,
        } = match self.find(append)? {
            Found::Earlier(earlier) => earlier,
            Found::Next(next) => {
                let (from, client_id) = (append.from, append.client_id.clone());
                self.cache.unused.learn(from, client_id, next);
                return Ok(None);
            }
        };
        let meant = match append.target {
            Target::Conversation(conv) => Some(conv),
            Target::Direct(user) => self.cache.direct(self.conn, append.from, user)?,
        };
        if meant != Some(conv) || digest != append.change.digest() {
            return Err(AppendError::ClientIdConflict.into());
        }
        let hot = self.membership(conv, append.from)?;
        let members = hot.ok_or(AppendError::NotMember)?.member_ids.clone();
        Ok(Some(Appended {
            conv,
            seq,
            id,
            at,
            duplicate: true,
            members,
        }))
    }

    /// Looks for an append's client id, in the journal and in the log.
    fn find(&mut self, append: &Append) -> rusqlite::Result<Found> {
        let mut next = None;
        if let Way::Journal {
            pending, settling, ..
        } = &mut self.way
        {
            let (from, client_id) = (append.from, &append.client_id);
            let settling = settling
                .as_mut()
                .and_then(|messages| messages.first_from(from, client_id));
            let pending = pending.messages().first_from(from, client_id);
            for entry in settling.into_iter().chain(pending) {
                if entry.append.client_id == append.client_id {
                    return Ok(Found::Earlier(Earlier::of(entry)));
                }
                next = next
                    .into_iter()
                    .chain([entry.append.client_id.clone()])
                    .min();
            }
        }
        let in_log = self
            .conn
            .prepare_cached(
                "SELECT client_id, id FROM entries WHERE sender_id = ?1 AND client_id >= ?2
                 ORDER BY client_id LIMIT 1",
            )?
            .query_row((sql(append.from), append.client_id.as_str()), |row| {
                Ok((row::client_id(row, 0)?, row::id(row, 1)?))
            })
            .optional()?;
        if let Some((client_id, id)) = in_log {
            if client_id == append.client_id {
                return self.earlier(id).map(Found::Earlier);
            }
            next = next.into_iter().chain([client_id]).min();
        }
        Ok(Found::Next(next))
    }

    fn earlier(&self, id: EntryId) -> rusqlite::Result<Earlier> {
        self.conn
            .prepare_cached("SELECT conv_id, seq, at, digest FROM entries WHERE id = ?1")?
            .query_row([sql(id)], |row| {
                Ok(Earlier {
                    conv: row::id(row, 0)?,
                    seq: row::id(row, 1)?,
                    id,
                    at: row::id(row, 2)?,
                    digest: ChangeDigest(row.get(3)?),
                })
            })
    }

    /// The conversation that the append is for; a 1:1 one is made if need be.
    fn resolve(&mut self, append: &Append) -> Result<ConversationId, Stop> {
        let other = match append.target {
            Target::Conversation(conv) => return Ok(conv),
            Target::Direct(other) => other,
        };
        if let Some(conv) = self.cache.direct(self.conn, append.from, other)? {
            return Ok(conv);
        }
        if !self.user_exists(append.from)? || !self.user_exists(other)? {
            return Err(AppendError::NoSuchUser.into());
        }
        match append.change {
            Change::Message { reply_to: None, .. } => {
                // What was sent to somebody else under this client id must not begin a conversation.
                self.first_attempt(append)?;
                Ok(self.make_direct(append.from, other)?)
            }
            // In a conversation that is not there, nothing can be answered, edited or recalled.
            Change::Message { .. } | Change::Edit { .. } | Change::Recall { .. } => {
                Err(AppendError::NoSuchMessage.into())
            }
        }
    }

    fn user_exists(&self, user: UserId) -> rusqlite::Result<bool> {
        self.conn
            .prepare_cached("SELECT 1 FROM users WHERE id = ?1")?
            .exists([sql(user)])
    }

    fn make_direct(&mut self, a: UserId, b: UserId) -> rusqlite::Result<ConversationId> {
        let (low, high) = (a.min(b), a.max(b));
        let conv: ConversationId = self
            .conn
            .prepare_cached(
                "INSERT INTO conversations (id, kind, head, messages, last_message)
                 VALUES (1 + max((SELECT coalesce(max(id), 0) FROM conversations),
                                 (SELECT value FROM counters WHERE name = 'floor')),
                         ?1, 0, 0, 0) RETURNING id",
            )?
            .query_row([row::DIRECT], |row| row::id(row, 0))?;
        if low == high {
            self.conn
                .prepare_cached("INSERT INTO own_conversations (user_id, conv_id) VALUES (?1, ?2)")?
                .execute((sql(low), sql(conv)))?;
        } else {
            self.conn
                .prepare_cached(
                    "INSERT INTO direct_conversations (low_user, high_user, conv_id) VALUES (?1, ?2, ?3)",
                )?
                .execute((sql(low), sql(high), sql(conv)))?;
        }
        let mut both = vec![low, high];
        // With oneself there is one member.
        both.dedup();
        for user in &both {
            // Version and unseen get their values when the batch ends.
            self.conn
                .prepare_cached(
                    "INSERT INTO members (conv_id, user_id, read_seq, delivered_seq, version, unseen)
                     VALUES (?1, ?2, 0, 0, 0, 0)",
                )?
                .execute((sql(conv), sql(*user)))?;
        }
        let members = both.into_iter().map(|user| Position {
            user,
            read: Seq::ZERO,
            delivered: Seq::ZERO,
        });
        self.cache
            .insert(conv, Hot::new(Seq::ZERO, 0, Seq::ZERO, members.collect()));
        Ok(conv)
    }

    /// The sender and time of the message at `seq`, and whether it was recalled.
    fn message(&self, conv: ConversationId, seq: Seq) -> Result<(UserId, Millis, bool), Stop> {
        let found = self
            .conn
            .prepare_cached(
                "SELECT sender_id, at, kind, recalled_by FROM entries WHERE conv_id = ?1 AND seq = ?2",
            )?
            .query_row((sql(conv), sql(seq)), |row| {
                let recalled: Option<Seq> = row::optional_id(row, 3)?;
                Ok((
                    row::id(row, 0)?,
                    row::id(row, 1)?,
                    Kind::from_row(row, 2)?,
                    recalled.is_some(),
                ))
            })
            .optional()?;
        match found {
            Some((sender, at, Kind::Message, recalled)) => Ok((sender, at, recalled)),
            Some((_, _, Kind::Edit | Kind::Recall, _)) | None => {
                Err(AppendError::NoSuchMessage.into())
            }
        }
    }

    /// Passes when there is a message at `seq`.
    fn answerable(&mut self, conv: ConversationId, seq: Seq) -> Result<(), Stop> {
        let hot = self.cache.conversation(self.conn, conv)?;
        // What is journaled is messages only.
        let is_journaled = hot.is_some_and(|hot| hot.written < seq && seq <= hot.head);
        if !is_journaled {
            self.message(conv, seq)?;
        }
        Ok(())
    }

    /// Passes when the message at `seq` may be edited or recalled by `user`.
    fn own_message(
        &self,
        conv: ConversationId,
        seq: Seq,
        user: UserId,
        not_before: Millis,
    ) -> Result<(), Stop> {
        let (sender, at, recalled) = self.message(conv, seq)?;
        if sender != user {
            Err(AppendError::NotSender.into())
        } else if recalled {
            Err(AppendError::Recalled.into())
        } else if at < not_before {
            Err(AppendError::TooLate.into())
        } else {
            Ok(())
        }
    }

    /// Puts the entry where the batch goes, unless its sender used the client id before.
    fn insert(&mut self, append: &Append, conv: ConversationId) -> Result<Appended, Stop> {
        let from = append.from;
        let hot = self.membership(conv, from)?.ok_or(AppendError::NotMember)?;
        let (seq, members) = (hot.head.next(), Arc::clone(&hot.member_ids));
        let is_message = matches!(append.change, Change::Message { .. });
        let messages = hot.messages + u64::from(is_message);
        let id = match self.way {
            Way::Through(_) => self.cache.ids.above_all(self.conn)?,
            Way::Journal { .. } => self.cache.next_id(self.conn, conv)?,
        };
        let place = Place {
            conv,
            seq,
            id,
            messages,
        };
        match &mut self.way {
            Way::Through(insert) => match insert_entry(insert, append, place) {
                Err(rusqlite::Error::StatementChangedRows(0)) => return Err(Stop::NotTheFirst),
                other => other?,
            },
            Way::Journal { row, pending, .. } => {
                row.message(append, place)?;
                pending.add(append.clone(), place);
            }
        }
        self.cache.unused.is_used(from, &append.client_id);
        let is_written = matches!(self.way, Way::Through(_));
        self.cache.change(self.conn, conv, |hot| {
            hot.head = seq;
            if is_written {
                hot.written = seq;
            }
            // An edit or a recall moves nobody's position: it may be made from a list of old messages,
            // with newer ones unread.
            if is_message {
                hot.count_message(from);
            }
        })?;
        Ok(Appended {
            conv,
            seq,
            id: place.id,
            at: append.at,
            duplicate: false,
            members,
        })
    }

    /// Puts an edit's body in place of the message's. What earlier edits said was replaced as well,
    /// so they are blanked: an old wording is kept nowhere.
    fn replace_body(&self, edit: &Appended, target: Seq, body: &Body) -> Result<(), Stop> {
        let Body::Text(text) = body;
        self.conn
            .prepare_cached(
                "UPDATE entries INDEXED BY entries_edits SET body = NULL
                 WHERE conv_id = ?1 AND target = ?2 AND kind = 2 AND seq <> ?3",
            )?
            .execute((sql(edit.conv), sql(target), sql(edit.seq)))?;
        self.conn
            .prepare_cached(
                "UPDATE entries SET body = ?4, edited_by = ?3 WHERE conv_id = ?1 AND seq = ?2",
            )?
            .execute((sql(edit.conv), sql(target), sql(edit.seq), &**text))?;
        Ok(())
    }

    /// Blanks a recalled message and every edit of it.
    fn blank(&self, recall: &Appended, target: Seq) -> Result<(), Stop> {
        self.conn
            .prepare_cached(
                "UPDATE entries INDEXED BY entries_edits SET body = NULL, recalled_by = ?3
                 WHERE conv_id = ?1 AND target = ?2 AND kind = 2",
            )?
            .execute((sql(recall.conv), sql(target), sql(recall.seq)))?;
        self.conn
            .prepare_cached(
                "UPDATE entries SET body = NULL, recalled_by = ?3 WHERE conv_id = ?1 AND seq = ?2",
            )?
            .execute((sql(recall.conv), sql(target), sql(recall.seq)))?;
        Ok(())
    }
}
