//! Reads everything and reports what contradicts the model.
//!
//! Promises: changes nothing, and works beside a running server or on what a crash left. Memory is
//! bounded by the members of one conversation, not by its log. Each conversation is read in a
//! snapshot of its own, so that the write-ahead log can start over between two of them.
//! Not here: mending.

mod blocks;
mod feed;
mod file;
mod group;
mod joining;
mod journal;
mod links;
mod log;
mod mentions;
mod people;
mod reactions;
mod views;

use std::path::{Path, PathBuf};

use hongyan_protocol::ConversationId;
use hongyan_store::{Fault, StoreError, VerifyReport};
use rusqlite::{Connection, ErrorCode, Result, Transaction, TransactionBehavior};

use crate::error::store_error;
use crate::open::{self, OpenError};
use crate::row::{self, ENTRY_COLUMNS, sql};
use crate::writer::Damage;

/// Entries between two calls of `progress`.
const PROGRESS_EVERY: u64 = 10_000;

/// Stretches that are named of what cannot be read in one conversation.
const RANGES: usize = 20;

/// Conversation ids fetched at a time.
const IDS: usize = 1000;

/// Why a check could not be carried through.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The file could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Reading failed, for a reason that is no fault in the data.
    #[error("{}: {error}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        error: rusqlite::Error,
    },
}

impl From<CheckError> for StoreError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Sqlite { error, .. }
            | CheckError::Open(OpenError::Sqlite { error, .. }) => store_error(&error),
            CheckError::Open(error) => Self::Failed(error.to_string()),
        }
    }
}

/// Checks the database in this file, which nobody needs to have open, and anybody may.
/// `progress` is told how many entries were read so far, now and then and at the end.
pub fn check_file(
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> std::result::Result<VerifyReport, CheckError> {
    let conn = match open::open_for_reading(path) {
        Ok(conn) => conn,
        // So broken that not even the schema can be read: the first and last thing to report.
        Err(OpenError::Sqlite { error, .. }) if is_senseless(&error) => {
            return Ok(VerifyReport {
                faults: vec![Fault::Engine(error.to_string())],
                ..VerifyReport::default()
            });
        }
        Err(error) => return Err(error.into()),
    };
    let mut check = Check {
        conn: &conn,
        path,
        report: VerifyReport::default(),
        progress,
    };
    check.run().map_err(|error| CheckError::Sqlite {
        path: path.into(),
        error,
    })?;
    Ok(check.report)
}

struct Check<'a> {
    conn: &'a Connection,
    path: &'a Path,
    report: VerifyReport,
    progress: &'a mut dyn FnMut(u64),
}

impl Check<'_> {
    fn run(&mut self) -> Result<()> {
        // First the file itself: what follows may be nonsense where it is broken.
        self.tolerating("the file", Self::file)?;
        self.tolerating("the list of conversations", Self::conversations)?;
        self.tolerating("the feed", Self::feed)?;
        self.tolerating("the list of people", Self::people)?;
        self.tolerating("the views", Self::views)?;
        self.tolerating("the blocks", Self::blocks)?;
        self.tolerating("the journal", Self::journal)?;
        (self.progress)(self.report.entries);
        Ok(())
    }

    fn conversations(&mut self) -> Result<()> {
        let mut after = ConversationId::default();
        loop {
            let ids = self.conversations_above(after)?;
            let Some(&last) = ids.last() else {
                return Ok(());
            };
            for conv in ids {
                self.tolerating(&format!("conversation {conv}"), |check| {
                    let snapshot =
                        Transaction::new_unchecked(check.conn, TransactionBehavior::Deferred)?;
                    let checked = check.conversation(conv);
                    if matches!(&checked, Err(error) if is_senseless(error)) {
                        check.say_what_can_be_read(conv)?;
                    }
                    checked?;
                    snapshot.finish()
                })?;
            }
            after = last;
        }
    }

    fn conversations_above(&self, after: ConversationId) -> Result<Vec<ConversationId>> {
        self.conn
            .prepare_cached("SELECT id FROM conversations WHERE id > ?1 ORDER BY id LIMIT ?2")?
            .query_map((sql(after), row::limit(IDS)), |row| row::id(row, 0))?
            .collect()
    }

    /// Tries each entry of a conversation by itself.
    fn say_what_can_be_read(&mut self, conv: ConversationId) -> Result<()> {
        let head: u64 = self.conn.query_row(
            "SELECT head FROM conversations WHERE id = ?1",
            [sql(conv)],
            |row| row::count(row, 0),
        )?;
        let mut select = self.conn.prepare_cached(&format!(
            "SELECT {ENTRY_COLUMNS} FROM entries WHERE conv_id = ?1 AND seq = ?2"
        ))?;
        let mut readable = 0;
        let mut unreadable: Vec<(u64, u64)> = Vec::new();
        for seq in 1..=head {
            if select
                .query_row((sql(conv), seq.cast_signed()), row::entry)
                .is_ok()
            {
                readable += 1;
                continue;
            }
            match unreadable.last_mut() {
                Some((_, last)) if *last + 1 == seq => *last = seq,
                _ => unreadable.push((seq, seq)),
            }
        }
        let ranges = unreadable
            .iter()
            .take(RANGES)
            .map(|(from, to)| match from == to {
                true => from.to_string(),
                false => format!("{from} to {to}"),
            });
        let ranges = ranges.collect::<Vec<_>>().join(", ");
        let more = if unreadable.len() > RANGES {
            " and more"
        } else {
            ""
        };
        self.fault(Fault::Engine(format!(
            "conversation {conv}: of {head} entries {readable} can be read, but not seq {ranges}{more}"
        )));
        Ok(())
    }

    fn fault(&mut self, fault: Fault) {
        if self.report.faults.len() < VerifyReport::FAULTS {
            self.report.faults.push(fault);
        }
    }

    fn count_entry(&mut self) {
        self.report.entries += 1;
        if self.report.entries.is_multiple_of(PROGRESS_EVERY) {
            (self.progress)(self.report.entries);
        }
    }

    /// Runs one part of the check. That the file makes no sense there is a fault to report; that it
    /// cannot be read now is not.
    fn tolerating(&mut self, what: &str, part: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        match part(self) {
            Ok(()) => Ok(()),
            Err(error) if is_senseless(&error) => {
                let fault = match Damage::of(&error) {
                    Some(damage) => damage.to_string(),
                    None => format!("{what}: {error}"),
                };
                self.fault(Fault::Engine(fault));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

/// The error tells of the data, not of the circumstances of reading it.
fn is_senseless(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        // Unknown is how SQLite calls a statement that does not fit the schema: a table or an index is missing.
        Some(code) => matches!(
            code,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown
        ),
        // A value that the model cannot hold.
        None => true,
    }
}
