//! Deciding a batch: what becomes of each write, without touching the tables.
//!
//! writes → **decide** (facts → `hongyan_store::rules`) → records → journal
//!
//! Owns: what is remembered of hot conversations ([`cache`]), of client ids that are free ([`fresh`]), and the ids that
//! are given ([`entry_ids`]).
//! Promises: outcomes in the order of the writes; a refused write leaves no trace. What is decided is written down
//! whole, so that carrying it out after a crash cannot end otherwise than it would have without one. An `Err` means
//! that what is remembered must be dropped; the caller does that.
//! Not here: the rules (`hongyan_store::rules`), where records go (`journal`), and what becomes of them (`settle`).

mod append;
mod cache;
mod counts;
mod entry_ids;
mod facts;
mod fresh;
mod generations;
mod joining;
mod reactions;
mod roster;
mod rows;
mod views;
mod windows;

use std::sync::Arc;

use hongyan_store::{Change, Move, MoveError, Moved, Outcome, Write, rules};
use rusqlite::{Connection, Error, Result};

pub(in crate::writer) use self::cache::Cache;
pub(in crate::writer) use self::rows::Rows;
use super::journal::{self, Begun, Entry, Payload, Pending, Place, Record, SharedEntries, What};

/// What a batch is decided upon: the tables as they are, and what goes before them.
pub(super) struct State<'a> {
    /// Reads the tables. They may have what is being settled already, or not.
    pub(super) conn: &'a Connection,
    pub(super) cache: &'a mut Cache,
    pub(super) pending: &'a mut Pending,
    /// What is being settled.
    pub(super) settling: Option<&'a mut SharedEntries>,
}

/// What was decided of a batch.
#[derive(Default)]
pub(super) struct Decided {
    pub(super) outcomes: Vec<Outcome>,
    /// For the journal.
    pub(super) payload: Payload,
    /// What readers have to see, once it is journaled.
    pub(super) news: Vec<Record>,
    /// Whether the text of a draft goes.
    has_forgotten: bool,
}

impl Decided {
    /// Whether any of it removes a text that was said before.
    pub(super) fn removes(&self) -> bool {
        let removes = |record: &Record| match record {
            Record::Entry(entry) => entry.replaces(),
            Record::Begin(_)
            | Record::Move { .. }
            | Record::Reaction(_)
            | Record::View { .. }
            | Record::Ways { .. } => false,
        };
        self.has_forgotten || self.news.iter().any(removes)
    }
}

/// Decides a batch. What was decided is pending from here on.
pub(super) fn decide(state: State<'_>, writes: &[Write]) -> Result<Decided> {
    let mut batch = Batch {
        state,
        decided: Decided::default(),
    };
    for write in writes {
        let outcome = match write {
            Write::Append(append) => Outcome::Append(batch.append(append)?),
            Write::Move(change) => Outcome::Move(batch.advance(change)?),
            Write::React(react) => Outcome::React(batch.react(react)?),
            Write::View(change) => Outcome::View(batch.view(change)?),
            Write::Joining(joining) => Outcome::Joining(batch.joining(joining)?),
        };
        batch.decided.outcomes.push(outcome);
    }
    batch.decided.has_forgotten = batch.state.cache.views.take_forgotten();
    Ok(batch.decided)
}

/// Makes what was decided before a crash or a failure pending again.
pub(super) fn take_up(
    conn: &Connection,
    cache: &mut Cache,
    pending: &mut Pending,
    records: Vec<Record>,
) -> Result<()> {
    for record in records {
        match record {
            Record::Begin(begun) => {
                if cache.conversation(conn, begun.conv)?.is_some() {
                    return Err(journal::senseless("a conversation begins twice"));
                }
                cache.begin(begun);
                pending.begin(begun);
            }
            Record::Entry(entry) => {
                let (place, is_message) = (entry.place, entry.is_message());
                if entry.begins_group() && cache.conversation(conn, place.conv)?.is_none() {
                    cache.begin_group(place.conv, entry.from, entry.client_id.clone());
                }
                let hot = cache.conversation(conn, place.conv)?;
                let fits = hot.is_some_and(|hot| {
                    let messages = hot.messages + u64::from(is_message);
                    hot.head.next() == place.seq
                        && (hot.has(entry.from) || entry.begins_group() || entry.comes_by_link())
                        && place.messages == messages
                });
                if !fits {
                    return Err(journal::senseless("it does not go on where a log ends"));
                }
                cache.append(conn, place.conv, entry.from, is_message.then_some(entry.at))?;
                if let Some(effects) = entry.effects() {
                    cache.change_group(conn, place.conv, entry.from, effects, entry.at)?;
                }
                if entry.said().is_some_and(Change::mentions_all) {
                    cache.mentioned_all(conn, place.conv, entry.at)?;
                }
                if let Some(Change::Recall { target, .. }) = entry.said() {
                    cache.recalled(conn, place.conv, *target)?;
                }
                cache.ids.is_used(conn, place.id)?;
                pending.add(entry);
            }
            Record::Move { conv, position } => {
                if cache.member(conn, conv, position.user)?.is_none() {
                    return Err(journal::senseless("somebody reads who is no member"));
                }
                cache.move_member(conn, conv, position)?;
                pending.add_move();
            }
            Record::Reaction(reaction) => {
                if cache.member(conn, reaction.conv, reaction.user)?.is_none() {
                    return Err(journal::senseless("somebody reacts who is no member"));
                }
                cache.reactions.add(conn, &reaction)?;
                pending.react(reaction);
            }
            Record::Ways { conv, change } => {
                cache.apply_ways(conn, conv, &change)?;
                pending.add_ways();
            }
            Record::View { conv, user, view } => {
                if cache.member(conn, conv, user)?.is_none() {
                    return Err(journal::senseless("a view of somebody who is no member"));
                }
                pending.add_view(&view);
                cache.set_view(conn, conv, user, view)?;
            }
        }
    }
    Ok(())
}

struct Batch<'a> {
    state: State<'a>,
    decided: Decided,
}

impl Batch<'_> {
    fn advance(&mut self, change: &Move) -> Result<std::result::Result<Moved, MoveError>> {
        let State {
            conn,
            cache,
            pending,
            ..
        } = &mut self.state;
        let member = cache.member(conn, change.conv, change.user)?;
        let hot = cache.conversation(conn, change.conv)?;
        let known = hot.as_deref().zip(member);
        let stands = known.map(|(hot, at)| (hot.head, hot.members.len(), at));
        let moved = match rules::decide_move(change, stands) {
            Ok(moved) => moved,
            Err(error) => return Ok(Err(error)),
        };
        let (hot, before) = known.ok_or(Error::QueryReturnedNoRows)?;
        let mut members = Arc::clone(&hot.members);
        if let Some(other) = cache.other_of_two(conn, change.conv, change.user)?
            && cache.has_blocked(conn, change.user, other)?
        {
            members = Arc::new([change.user]);
        }
        let changed = before != moved;
        if changed {
            cache.move_member(conn, change.conv, moved)?;
            self.decided.payload.moved(change.conv, moved);
            pending.add_move();
            self.decided.news.push(Record::Move {
                conv: change.conv,
                position: moved,
            });
        }
        let view = self.end_mark(change, before, moved)?;
        Ok(Ok(Moved {
            conv: change.conv,
            user: change.user,
            read: moved.read,
            delivered: moved.delivered,
            changed,
            members,
            view,
        }))
    }
}
