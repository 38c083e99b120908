//! Carries out of a damaged journal what can be read.
//!
//! Promises: a message that can be read is in the tables afterwards, where it was told to be if that place is the next of
//! its log, at the end of the log otherwise; one that is there already is not there twice.
//! Not here: when to do so (`crate::repair`).

use std::path::Path;

use hongyan_store::{Change, Move, MovedMessage, Outcome, Salvage, Write};
use rusqlite::{Connection, Result, Transaction, TransactionBehavior};

use super::cache::Cache;
use super::journal::{self, Copy, Damage, Found, Record};
use super::pending::Pending;
use super::settling::Settlement;
use super::touches::Touches;
use super::{batch, scrub};
use crate::identity::{self, Stamp};

/// Carries out what is in the files of this journal, and has them begun anew.
pub(crate) fn carry_out_what_can_be(conn: &mut Connection, database: &Path) -> Result<Salvage> {
    let found = Copy::of(database)?.found(conn)?;
    let salvage = match attempt(conn, database, &found, found.sound) {
        // Not even what is before the damage goes on where the logs end: a journal of another state.
        Err(error) if Damage::of(&error).is_some() => attempt(conn, database, &found, 0)?,
        done => done?,
    };
    for path in journal::paths(database) {
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::debug!(%error, "a journal that was carried out could not be removed");
        }
    }
    Ok(salvage)
}

fn attempt(conn: &mut Connection, database: &Path, found: &Found, sound: usize) -> Result<Salvage> {
    let transaction = Transaction::new(conn, TransactionBehavior::Immediate)?;
    let conn = &*transaction;
    let mut cache = Cache::new();
    let (as_told, others) = found.records.split_at(sound.min(found.records.len()));
    let mut salvage = Salvage {
        damage: found.damage.as_ref().map(Damage::to_string),
        ..Salvage::default()
    };
    if !as_told.is_empty() {
        cache.skip_versions(conn, as_told.len() as u64)?;
    }
    let mut pending = Pending::default();
    batch::take_up(conn, &mut cache, &mut pending, as_told.to_vec())?;
    let settlement = Settlement {
        entries: pending.share().entries(),
        rows: cache.take_rows(conn)?,
        last: found.highest + 1,
        touches: Touches::default(),
    };
    settlement.carry_out(conn)?;
    salvage.as_told = settlement.entries.len() as u64;
    for record in others {
        append(conn, &mut cache, record, &mut salvage)?;
    }
    if found.damage.is_some() || sound < found.records.len() {
        // Clients hold what is lost, and hold other messages where these stand now.
        let stamps: Vec<_> = Stamp::read(database).into_iter().collect();
        identity::renew(conn, &stamps)?;
    }
    scrub::begin(conn)?;
    journal::note_files(conn, database, false)?;
    transaction.commit()?;
    Ok(salvage)
}

/// What is behind the damage has perhaps lost what was before it in its log.
fn append(
    conn: &Connection,
    cache: &mut Cache,
    record: &Record,
    salvage: &mut Salvage,
) -> Result<()> {
    let write = match record {
        Record::Message { append, .. } => Write::Append(append.clone()),
        Record::Move { conv, position } => Write::Move(Move {
            user: position.user,
            conv: *conv,
            read: Some(position.read),
            delivered: Some(position.delivered),
        }),
    };
    let outcomes = batch::write_through(conn, cache, &[write])?;
    // A position that cannot be kept is learnt again from whoever holds the messages.
    let (Record::Message { append, place }, Some(Outcome::Append(outcome))) =
        (record, outcomes.into_iter().next())
    else {
        return Ok(());
    };
    debug_assert!(matches!(append.change, Change::Message { .. }));
    match outcome {
        Ok(appended) if appended.seq == place.seq => salvage.as_told += 1,
        Ok(appended) => salvage.moved.push(MovedMessage {
            conv: appended.conv,
            told: place.seq,
            now: appended.seq,
        }),
        Err(error) => salvage.lost.push(format!(
            "conversation {}, seq {}, of user {}: {error}",
            place.conv, place.seq, append.from
        )),
    }
    Ok(())
}
