//! One append: the rules of the log.
//!
//! Everything is checked before anything is written, so a refusal needs no undoing.

use hongyan_protocol::{ConversationId, EntryId, Millis, Seq, UserId};
use hongyan_store::{Append, AppendError, Appended, Body, Change, Position, Target};
use rusqlite::{OptionalExtension, Row, params};

use super::batch::{Batch, advanced};
use super::cache::Hot;
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
         reply_to, client_id, mentions, body)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
     ON CONFLICT (sender_id, client_id) DO NOTHING";

/// What a new entry says in its columns, beyond those that every entry has.
#[derive(Default)]
struct Columns<'a> {
    target: Option<Seq>,
    reply_to: Option<Seq>,
    mentions: &'a [UserId],
    body: Option<&'a Body>,
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

    /// Nearly every append is the first under its client id, so that is tried before an earlier one is
    /// looked for. But no rule refuses a retry: it finds its first attempt even where the rules would no
    /// longer let it pass, such as the second recall of a message.
    fn try_append(&mut self, append: &Append) -> Result<Appended, Stop> {
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
            Change::Message {
                body,
                reply_to,
                mentions,
            } => {
                if let Some(seq) = *reply_to {
                    self.message(conv, seq)?;
                }
                let columns = Columns {
                    reply_to: *reply_to,
                    mentions,
                    body: Some(body),
                    ..Columns::default()
                };
                self.insert(append, conv, Kind::Message, columns)
            }
            Change::Edit {
                target,
                body,
                not_before,
            } => {
                self.own_message(conv, *target, append.from, *not_before)?;
                let columns = Columns {
                    target: Some(*target),
                    body: Some(body),
                    ..Columns::default()
                };
                let appended = self.insert(append, conv, Kind::Edit, columns)?;
                self.replace_body(&appended, *target, body)?;
                Ok(appended)
            }
            Change::Recall { target, not_before } => {
                self.own_message(conv, *target, append.from, *not_before)?;
                let columns = Columns {
                    target: Some(*target),
                    ..Columns::default()
                };
                let appended = self.insert(append, conv, Kind::Recall, columns)?;
                self.blank(&appended, *target)?;
                Ok(appended)
            }
        }
    }

    /// The outcome of an earlier append under the same client id, in this batch or long ago.
    fn first_attempt(&mut self, append: &Append) -> Result<Option<Appended>, Stop> {
        let found = self
            .conn
            .prepare_cached(
                "SELECT conv_id, seq, id, at, digest FROM entries
                 WHERE sender_id = ?1 AND client_id = ?2",
            )?
            .query_row((sql(append.from), append.client_id.as_str()), |row| {
                let digest: i64 = row.get(4)?;
                let (conv, seq, id, at) = entry_key(row)?;
                Ok((conv, seq, id, at, digest))
            })
            .optional()?;
        let Some((conv, seq, id, at, digest)) = found else {
            return Ok(None);
        };
        let meant = match append.target {
            Target::Conversation(conv) => Some(conv),
            Target::Direct(user) => self.cache.direct(self.conn, append.from, user)?,
        };
        if meant != Some(conv) || digest != append.change.digest().0 {
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

    /// The conversation that the append is for; a 1:1 one is made if need be.
    fn resolve(&mut self, append: &Append) -> Result<ConversationId, Stop> {
        let other = match append.target {
            Target::Conversation(conv) => return Ok(conv),
            Target::Direct(other) => other,
        };
        if let Some(conv) = self.cache.direct(self.conn, append.from, other)? {
            return Ok(conv);
        }
        if other == append.from || !self.user_exists(append.from)? || !self.user_exists(other)? {
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
                "INSERT INTO conversations (kind, head, messages, last_message)
                 VALUES (?1, 0, 0, 0) RETURNING id",
            )?
            .query_row([row::DIRECT], |row| row::id(row, 0))?;
        self.conn
            .prepare_cached(
                "INSERT INTO direct_conversations (low_user, high_user, conv_id) VALUES (?1, ?2, ?3)",
            )?
            .execute((sql(low), sql(high), sql(conv)))?;
        for user in [low, high] {
            // Version and unseen get their values when the batch ends.
            self.conn
                .prepare_cached(
                    "INSERT INTO members (conv_id, user_id, read_seq, delivered_seq, version, unseen)
                     VALUES (?1, ?2, 0, 0, 0, 0)",
                )?
                .execute((sql(conv), sql(user)))?;
        }
        let members = [low, high].map(|user| Position {
            user,
            read: Seq::ZERO,
            delivered: Seq::ZERO,
        });
        self.cache
            .insert(conv, Hot::new(Seq::ZERO, 0, Seq::ZERO, members.to_vec()));
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

    /// Writes the entry, unless its sender used the client id before.
    fn insert(
        &mut self,
        append: &Append,
        conv: ConversationId,
        kind: Kind,
        columns: Columns<'_>,
    ) -> Result<Appended, Stop> {
        let from = append.from;
        let hot = self.membership(conv, from)?.ok_or(AppendError::NotMember)?;
        let (seq, members) = (hot.head.next(), hot.member_ids.clone());
        let messages = hot.messages + u64::from(kind == Kind::Message);
        let body = columns.body.map(|Body::Text(text)| &**text);
        let inserted = self.insert_entry.insert(params![
            sql(conv),
            sql(seq),
            sql(from),
            kind.code(),
            sql(append.at),
            messages.cast_signed(),
            append.change.digest().0,
            columns.target.map(sql),
            columns.reply_to.map(sql),
            append.client_id.as_str(),
            row::mentions_blob(columns.mentions),
            body,
        ]);
        let id = match inserted {
            Err(rusqlite::Error::StatementChangedRows(0)) => return Err(Stop::NotTheFirst),
            other => other?,
        };
        let id = EntryId::new(id.cast_unsigned())
            .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, id))?;
        self.change(conv, |hot| {
            hot.head = seq;
            hot.messages = messages;
            // A message is read by who wrote it. An edit or a recall moves nobody's position: it
            // may be made from a list of old messages, with newer ones unread.
            if kind == Kind::Message {
                hot.last_message = seq;
                if let Some(member) = hot.member_mut(from) {
                    *member = advanced(*member, Some(seq), Some(seq));
                }
            }
        })?;
        Ok(Appended {
            conv,
            seq,
            id,
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

fn entry_key(row: &Row<'_>) -> rusqlite::Result<(ConversationId, Seq, EntryId, Millis)> {
    Ok((
        row::id(row, 0)?,
        row::id(row, 1)?,
        row::id(row, 2)?,
        row::id(row, 3)?,
    ))
}
