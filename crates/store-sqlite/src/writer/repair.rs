//! Settles of a damaged journal what can be read.
//!
//! Promises: an entry that can be read is in the tables afterwards, where it was told to be if that place is the next of
//! its log, at the end of the log otherwise; one that is there already is not there twice. An edit or a recall that
//! came behind the damage acts on its own message or on none.
//! Not here: when to do so (`crate::repair`).

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::{
    Append, Change, Move, MovedMessage, Outcome, React, Salvage, Target, View, Write,
};
use rusqlite::{Connection, Result, Transaction, TransactionBehavior};

use super::decide::{self, Cache, State};
use super::journal::{self, Copy, Damage, Entry, Found, Pending, Record};
use super::settle::{self, Settlement};
use crate::identity::{self, Stamp};

/// Settles what is in the files of this journal, and has them begun anew.
pub(crate) fn carry_out_what_can_be(conn: &mut Connection, database: &Path) -> Result<Salvage> {
    let found = Copy::of(database)?.found(conn)?;
    let salvage = match attempt(conn, database, &found, found.sound) {
        // Not even what is before the damage goes on where the logs end: a journal of another state.
        Err(error) if Damage::of(&error).is_some() => attempt(conn, database, &found, 0)?,
        done => done?,
    };
    for path in journal::paths(database) {
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::debug!(%error, "a journal that was settled could not be removed");
        }
    }
    Ok(salvage)
}

fn attempt(conn: &mut Connection, database: &Path, found: &Found, sound: usize) -> Result<Salvage> {
    let transaction = Transaction::new(conn, TransactionBehavior::Immediate)?;
    let conn = &*transaction;
    let (as_told, others) = found.records.split_at(sound.min(found.records.len()));
    let mut behind = Behind {
        conn,
        cache: Cache::new(),
        pending: Pending::default(),
        placed: HashMap::new(),
        sound_heads: HashMap::new(),
        salvage: Salvage {
            damage: found.damage.as_ref().map(Damage::to_string),
            ..Salvage::default()
        },
    };
    if !as_told.is_empty() {
        behind.cache.skip_versions(conn, as_told.len() as u64)?;
    }
    decide::take_up(
        conn,
        &mut behind.cache,
        &mut behind.pending,
        as_told.to_vec(),
    )?;
    let is_entry = |record: &&Record| matches!(record, Record::Entry(_));
    behind.salvage.as_told = as_told.iter().filter(is_entry).count() as u64;
    for record in others {
        behind.take(record)?;
    }
    let salvage = behind.settle(found.highest + 1)?;
    if found.damage.is_some() || sound < found.records.len() {
        // Clients hold what is lost, and hold other messages where these stand now.
        let stamps: Vec<_> = Stamp::read(database).into_iter().collect();
        identity::renew(conn, &stamps)?;
    }
    settle::begin_scrubbing(conn)?;
    journal::note_files(conn, database, false)?;
    transaction.commit()?;
    Ok(salvage)
}

/// What is behind the damage: it has perhaps lost what was before it in its log.
struct Behind<'a> {
    conn: &'a Connection,
    cache: Cache,
    pending: Pending,
    /// Where the entries stand that were told to stand elsewhere, or there.
    placed: HashMap<(ConversationId, Seq), Seq>,
    /// Up to where logs are as they were told.
    sound_heads: HashMap<ConversationId, Seq>,
    salvage: Salvage,
}

impl Behind<'_> {
    fn take(&mut self, record: &Record) -> Result<()> {
        match record {
            Record::Begin(begun) => {
                if self.cache.conversation(self.conn, begun.conv)?.is_none() {
                    self.cache.begin(*begun);
                    self.pending.begin(*begun);
                }
                Ok(())
            }
            Record::Entry(entry) => self.append(entry),
            Record::Move { conv, position } => {
                // A position that cannot be kept is learnt again from whoever holds the messages.
                let change = Move {
                    user: position.user,
                    conv: *conv,
                    read: Some(position.read),
                    delivered: Some(position.delivered),
                };
                self.decide(Write::Move(change)).map(|_| ())
            }
            Record::Reaction(reaction) => {
                let sound = self.sound_head(reaction.conv)?;
                let Some(seq) = self.stands_now(reaction.conv, reaction.seq, sound) else {
                    return Ok(());
                };
                let react = React {
                    user: reaction.user,
                    conv: reaction.conv,
                    seq,
                    value: Arc::clone(&reaction.value),
                    on: reaction.on,
                    at: reaction.at,
                };
                self.decide(Write::React(react)).map(|_| ())
            }
            Record::View { conv, user, view } => self.view(*conv, *user, view),
            // Whether it was still to be done, with what came before it lost, nobody can say.
            Record::Ways { .. } => Ok(()),
        }
    }

    /// As far as there is something left of the log that it is about.
    fn view(&mut self, conv: ConversationId, user: UserId, view: &View) -> Result<()> {
        let head = match self.cache.conversation(self.conn, conv)? {
            Some(hot) if hot.has(user) => hot.head,
            Some(_) | None => return Ok(()),
        };
        let mut view = view.clone();
        view.archived = view.archived.min(head);
        view.hidden = view.hidden.min(head);
        view.cleared = view.cleared.min(head);
        view.draft = view.draft.map(|draft| {
            let mut draft = (*draft).clone();
            draft.reply_to = draft.reply_to.filter(|seq| *seq <= head);
            draft.into()
        });
        self.pending.add_view(&view);
        self.cache.set_view(self.conn, conv, user, view)
    }

    fn append(&mut self, entry: &Entry) -> Result<()> {
        let place = entry.place;
        let lost = |salvage: &mut Salvage, why: &dyn std::fmt::Display| {
            salvage.lost.push(format!(
                "conversation {}, seq {}, of user {}: {why}",
                place.conv, place.seq, entry.from
            ));
        };
        let sound = self.sound_head(place.conv)?;
        let Some(change) = entry.said() else {
            // Whether it was still to be done, with what came before it lost, nobody can say.
            lost(&mut self.salvage, &"a change of the group");
            return Ok(());
        };
        let Some(change) = self.aimed_anew(change, place.conv, sound) else {
            lost(&mut self.salvage, &"what it is about is lost");
            return Ok(());
        };
        let append = Append {
            from: entry.from,
            target: Target::Conversation(place.conv),
            client_id: entry.client_id.clone(),
            change,
            at: entry.at,
        };
        match self.decide(Write::Append(append))? {
            Some(Outcome::Append(Ok(appended))) => {
                self.placed.insert((place.conv, place.seq), appended.seq);
                if appended.seq == place.seq {
                    self.salvage.as_told += 1;
                } else {
                    self.salvage.moved.push(MovedMessage {
                        conv: appended.conv,
                        told: place.seq,
                        now: appended.seq,
                    });
                }
            }
            Some(Outcome::Append(Err(error))) => lost(&mut self.salvage, &error),
            Some(Outcome::Move(_) | Outcome::React(_) | Outcome::View(_) | Outcome::Joining(_))
            | None => {}
        }
        Ok(())
    }

    /// Up to where this log was as it was told, before anything behind the damage came to it.
    fn sound_head(&mut self, conv: ConversationId) -> Result<Seq> {
        if let Some(head) = self.sound_heads.get(&conv) {
            return Ok(*head);
        }
        let hot = self.cache.conversation(self.conn, conv)?;
        let head = hot.map_or(Seq::ZERO, |hot| hot.head);
        self.sound_heads.insert(conv, head);
        Ok(head)
    }

    /// The change, about the message that it was about, wherever that stands now. `None` where that is lost.
    fn aimed_anew(&self, change: &Change, conv: ConversationId, sound: Seq) -> Option<Change> {
        let mut change = change.clone();
        let Some(told) = change.subject() else {
            return Some(change);
        };
        let now = self.stands_now(conv, told, sound);
        match &mut change {
            // An answer says something by itself.
            Change::Message { reply_to, .. } => *reply_to = now,
            Change::Edit { target, .. } | Change::Recall { target, .. } => *target = now?,
            Change::Group(_) => {}
        }
        Some(change)
    }

    /// Where the message stands that was told to stand here. `None` where it is lost.
    fn stands_now(&self, conv: ConversationId, told: Seq, sound: Seq) -> Option<Seq> {
        let now = self.placed.get(&(conv, told)).copied();
        now.or((told <= sound).then_some(told))
    }

    fn decide(&mut self, write: Write) -> Result<Option<Outcome>> {
        let state = State {
            conn: self.conn,
            cache: &mut self.cache,
            pending: &mut self.pending,
            settling: None,
        };
        let decided = decide::decide(state, &[write])?;
        Ok(decided.outcomes.into_iter().next())
    }

    fn settle(mut self, last: u64) -> Result<Salvage> {
        let rows = self.cache.take_rows(self.conn)?;
        let (settlement, _) = Settlement::of(self.pending.share(), rows, last);
        settlement.carry_out(self.conn)?;
        Ok(self.salvage)
    }
}
