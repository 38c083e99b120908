//! The one writer: a thread that decides, and one that carries out.
//!
//! store → queue → **writer** → journal or tables → answer
//!
//! Owns: the write connection, the journal, the lock against other servers, and what it remembers of hot
//! conversations.
//! Promises: commands run one after the other, in the order they were queued, and each counts whole or not at all;
//! after a failed one everything is opened anew, so that a disk with room again is all it takes to go on. No
//! caller waits for ever, not even when a thread dies.
//! Not here: filling batches (`service`).
//!
//! ```text
//! messages and moves ──► journal, on disk ──► answered ··· carried out later, many at once, beside the next ──► tables
//! anything else ───────► tables, on disk ───► answered
//! ```

mod accounts;
mod append;
mod batch;
mod cache;
mod checkpoint;
mod entry_ids;
mod generations;
mod handle;
mod journal;
mod pending;
mod repair;
mod scrub;
mod settling;
#[cfg(test)]
mod tests;
mod touches;
mod unused;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hongyan_protocol::{SessionId, UserId};
use hongyan_store::{
    Change, CreateUserError, NewSession, NewUser, Outcome, Session, StoreError, User, Write,
};
use rusqlite::Connection;

pub(crate) use handle::WriterHandle;
pub(crate) use journal::{Copy as JournalCopy, Damage, Record};
pub(crate) use repair::carry_out_what_can_be;

use self::cache::Cache;
use self::journal::{Journal, Row};
use self::pending::{Entry, Messages, Pending};
use self::settling::{Forgotten, Settlement, Settler, Tables, Work};
use self::touches::Touches;
use crate::connection;
use crate::error::store_error;
use crate::lock::WriterLock;
use crate::store::Options;
use crate::unsettled::Unsettled;

/// Between two steps of going through a whole database for what removed texts have left: 80 MB a second, so that there
/// is some of the disk for others.
const NEXT_STEP: Duration = Duration::from_millis(100);

/// Until the next attempt to have removed texts removed everywhere, where somebody read or something failed.
const NEXT_ATTEMPT: Duration = Duration::from_secs(1);

/// The state of the writing thread.
pub(crate) struct Writer {
    path: PathBuf,
    wal_limit_pages: u64,
    on_copier_start: fn(),
    /// `None` after a failure, until the next command opens it again.
    open: Option<Open>,
    journal: Journal,
    settler: Settler,
    /// Whether to settle again when the settler is ready.
    is_asked: bool,
    touches: Touches,
    unsettled: Arc<Unsettled>,
    has_to_forget: Arc<AtomicBool>,
    // Last, so that it is dropped after the connections.
    _lock: WriterLock,
}

/// The connections, and what is remembered of what was written. One is wrong without the other, so they are
/// dropped together.
struct Open {
    tables: Hold,
    /// Reads for what is journaled, while the tables are away.
    reader: Connection,
    cache: Cache,
    pending: Pending,
}

/// Who has the tables.
enum Hold {
    Here(Box<Tables>),
    /// The settler, which carries out these messages.
    Away(Messages<Arc<[Entry]>>),
}

impl Open {
    /// Carries out first what is in the journal, from before a crash or a failure.
    fn new(
        mut tables: Box<Tables>,
        reader: Connection,
        journal: &mut Journal,
        database: &Path,
    ) -> rusqlite::Result<Self> {
        let mut cache = Cache::new();
        tables.transaction(1, |conn| {
            let mut pending = Pending::default();
            let mut left = journal::of_an_older_version(conn)?;
            left.extend(journal.read(conn)?);
            if !left.is_empty() {
                cache.skip_versions(conn, left.len() as u64)?;
            }
            batch::take_up(conn, &mut cache, &mut pending, left)?;
            let settlement = Settlement {
                entries: pending.share().entries(),
                rows: cache.take_rows(conn)?,
                // The number of a batch that failed is never used again, so that nobody takes it for one that did not.
                last: journal.last() + 1,
                touches: Touches::default(),
            };
            settlement.carry_out(conn)?;
            if !journal::is_at_home(conn, database)? {
                // A copy, whose making nobody has looked after.
                scrub::begin(conn)?;
                journal::note_files(conn, database, false)?;
            }
            Ok(())
        })?;
        journal.begin(&tables.conn, journal.last() + 1)?;
        if !journal::is_noted(&tables.conn)? {
            // Not before they are there. From now on one that is missing is a damage.
            tables.transaction(1, |conn| journal::note_files(conn, database, true))?;
        }
        Ok(Self {
            tables: Hold::Here(tables),
            reader,
            cache,
            pending: Pending::default(),
        })
    }
}

impl Writer {
    /// Ready to write: what an earlier writer left in the journal is carried out.
    fn new(
        path: PathBuf,
        conn: Connection,
        options: &Options,
        unsettled: Arc<Unsettled>,
        has_to_forget: Arc<AtomicBool>,
        lock: WriterLock,
        settler: Settler,
    ) -> rusqlite::Result<Self> {
        let (wal_limit_pages, on_copier_start) = (options.wal_limit_pages, options.on_copier_start);
        let mut journal = Journal::new(&path);
        let tables = Tables::new(&path, conn, wal_limit_pages, on_copier_start)?;
        let tables = Box::new(tables);
        let reader = connection::open_reader(&path)?;
        let open = match Open::new(tables, reader, &mut journal, &path) {
            Ok(open) => Some(open),
            Err(error) if is_without_room(&error) => {
                let users = journal::concerned(&path)?;
                tracing::error!(
                    path = %path.display(), %error, waiting = users.len(),
                    "the disk takes nothing: what is stored can be read, but by those for whom something waits in \
                     the journal only when there is room; until then nothing can be written"
                );
                unsettled.add(&users);
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Self {
            path,
            wal_limit_pages,
            on_copier_start,
            open,
            journal,
            settler,
            is_asked: false,
            touches: Touches::default(),
            unsettled,
            has_to_forget,
            _lock: lock,
        })
    }

    pub(crate) fn commit(&mut self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        self.noting_failure(|writer| {
            writer.make_room()?;
            let open = writer.opened()?;
            if batch::is_for_journal(&open.reader, &mut open.cache, writes)? {
                writer.journal(writes)
            } else {
                let outcomes = writer.at_once(writes.len(), |conn, cache| {
                    batch::write_through(conn, cache, writes)
                })?;
                if writes.iter().any(removes) {
                    writer.has_to_forget.store(true, Ordering::Release);
                }
                Ok(outcomes)
            }
        })
    }

    /// Carries out everything that is journaled: when it returns, the tables have it.
    pub(crate) fn settle(&mut self) -> Result<(), StoreError> {
        self.noting_failure(Self::here)
    }

    /// Carries out what is journaled, as far as it concerns this user: when it returns, they can read it.
    pub(crate) fn settle_for(&mut self, user: UserId) -> Result<(), StoreError> {
        self.noting_failure(|writer| {
            writer.opened()?;
            writer.wait()?;
            if writer.unsettled.contains(user) {
                writer.here()?;
            }
            Ok(())
        })
    }

    /// Overwrites what is left of removed texts: in the free space of pages, in the log, in the journal. When to call it
    /// again, if there is more to do.
    pub(crate) fn forget(&mut self) -> Option<Duration> {
        let forgotten = self.noting_failure(|writer| {
            writer.here()?;
            let forgotten = writer.tables()?.0.forget()?;
            if forgotten == Forgotten::All {
                writer.journal.wipe()?;
            }
            Ok(forgotten)
        });
        let again = match forgotten {
            Ok(Forgotten::All) => None,
            Ok(Forgotten::InPart) => Some(NEXT_STEP),
            Ok(Forgotten::NotYet) => Some(NEXT_ATTEMPT),
            Err(error) => {
                tracing::debug!(%error, "removed texts could not be overwritten everywhere");
                Some(NEXT_ATTEMPT)
            }
        };
        self.has_to_forget.store(again.is_some(), Ordering::Release);
        again
    }

    /// Has what is journaled carried out, beside what comes, as soon as what is under way is done.
    fn settle_later(&mut self) {
        let begun = self.noting_failure(|writer| {
            writer.opened()?;
            writer.heard()?;
            writer.begin_settling()
        });
        match begun {
            Ok(begun) => self.is_asked = !begun,
            // What is journaled is safe, and is tried again with the next command.
            Err(error) => tracing::debug!(%error, "what was put off could not be begun"),
        }
    }

    /// [`settle_later`](Self::settle_later), if that had to wait for what was under way.
    fn settle_if_asked(&mut self) {
        if self.is_asked {
            self.settle_later();
        } else if let Err(error) = self.noting_failure(Self::heard) {
            tracing::debug!(%error, "what was put off could not be carried out");
        }
    }

    pub(crate) fn create_user(&mut self, user: &NewUser) -> Result<User, CreateUserError> {
        self.write(|conn| accounts::create_user(conn, user))?
    }

    pub(crate) fn rename_user(
        &mut self,
        user: UserId,
        name: &str,
    ) -> Result<Option<User>, StoreError> {
        self.write(|conn| accounts::rename_user(conn, user, name))
    }

    pub(crate) fn set_password(
        &mut self,
        user: UserId,
        hash: &str,
        keep: Option<SessionId>,
    ) -> Result<Option<Vec<SessionId>>, StoreError> {
        self.write(|conn| accounts::set_password(conn, user, hash, keep))
    }

    pub(crate) fn open_session(
        &mut self,
        session: &NewSession,
    ) -> Result<(Session, Vec<SessionId>), StoreError> {
        self.write(|conn| accounts::open_session(conn, session))
    }

    pub(crate) fn close_session(
        &mut self,
        user: UserId,
        session: SessionId,
    ) -> Result<bool, StoreError> {
        self.write(|conn| accounts::close_session(conn, user, session))
    }

    /// Writes something, to see whether that works. While the settler writes, that much is tried already.
    pub(crate) fn probe(&mut self) -> Result<(), StoreError> {
        self.noting_failure(|writer| {
            writer.opened()?;
            writer.heard()?;
            writer.journal.append(Row::default())?;
            let last = writer.journal.last();
            let open = writer.opened()?;
            let Hold::Here(tables) = &mut open.tables else {
                return Ok(());
            };
            if !open.pending.is_empty() {
                return tables.transaction(1, accounts::probe);
            }
            // Nothing else may come that would have the journal begin anew.
            tables.transaction(1, |conn| {
                accounts::probe(conn)?;
                journal::note_carried_out(conn, last)
            })?;
            writer.journal.start_over(last);
            Ok(())
        })
    }

    /// Whether enough was put off to be done as soon as it can be.
    fn is_due(&self) -> bool {
        let is_due = |open: &Open| open.pending.is_due();
        self.touches.is_full() || self.open.as_ref().is_some_and(is_due)
    }

    /// Writes to the tables, something that has nothing to do with what is journaled and so need not come after it.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.noting_failure(|writer| {
            writer.opened()?;
            writer.wait()?;
            writer.tables()?.0.transaction(1, work)
        })
    }

    /// Drops the connections, and what is remembered with them, if `work` fails.
    fn noting_failure<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        work(self).map_err(|error| {
            self.open = None;
            store_error(&error)
        })
    }

    /// The connections, opened if they have to be.
    fn opened(&mut self) -> rusqlite::Result<&mut Open> {
        match &mut self.open {
            Some(open) => Ok(open),
            none => {
                // What is under way ends first, and how does not matter: the journal has it, or the tables have.
                let _ = self.settler.wait();
                let conn = connection::open_writer(&self.path, self.wal_limit_pages)?;
                let pages = self.wal_limit_pages;
                let tables = Tables::new(&self.path, conn, pages, self.on_copier_start)?;
                let tables = Box::new(tables);
                let reader = connection::open_reader(&self.path)?;
                let open = Open::new(tables, reader, &mut self.journal, &self.path)?;
                self.unsettled.clear();
                Ok(none.insert(open))
            }
        }
    }

    /// Sees to it that a batch may be added to what is journaled and remembered.
    fn make_room(&mut self) -> rusqlite::Result<()> {
        self.opened()?;
        self.heard()?;
        let open = self.opened()?;
        if let Hold::Here(tables) = &open.tables
            && open.cache.has_foreign_change(&tables.conn)?
        {
            self.here()?;
            self.opened()?.cache.clear();
        } else if open.cache.is_overgrown() {
            self.here()?;
            self.opened()?.cache.age();
        } else if open.pending.is_full() {
            self.wait()?;
            self.begin_settling()?;
        }
        Ok(())
    }

    /// Commits a batch to the journal.
    fn journal(&mut self, writes: &[Write]) -> rusqlite::Result<Vec<Outcome>> {
        let Open {
            tables,
            reader,
            cache,
            pending,
        } = self.opened()?;
        let settling = match tables {
            Hold::Here(_) => None,
            Hold::Away(messages) => Some(messages),
        };
        let (outcomes, row) = batch::journal(reader, cache, pending, settling, writes)?;
        if !row.is_empty() {
            self.journal.append(row)?;
            // Before it is answered, and so before any of them can ask for it.
            self.unsettled.add(outcomes.iter().flat_map(concerned));
        }
        Ok(outcomes)
    }

    /// Does `work` in a transaction that is on disk when this returns, after everything that is journaled.
    fn at_once<T>(
        &mut self,
        writes: usize,
        work: impl FnOnce(&Connection, &mut Cache) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.here()?;
        let (tables, cache) = self.tables()?;
        tables.transaction(writes, |conn| {
            if cache.has_foreign_change(conn)? {
                cache.clear();
            }
            work(conn, cache)
        })
    }

    /// The tables, which must be here.
    fn tables(&mut self) -> rusqlite::Result<(&mut Tables, &mut Cache)> {
        match &mut self.open {
            Some(Open {
                tables: Hold::Here(tables),
                cache,
                ..
            }) => Ok((tables, cache)),
            Some(_) | None => Err(rusqlite::Error::InvalidQuery),
        }
    }

    /// Returns when the tables are here, with everything that is journaled and noted.
    fn here(&mut self) -> rusqlite::Result<()> {
        self.opened()?;
        self.wait()?;
        if self.begin_settling()? {
            self.wait()?;
        }
        Ok(())
    }

    /// Hands what is journaled to the settler. `false` if there is nothing, or it still has something to do.
    fn begin_settling(&mut self) -> rusqlite::Result<bool> {
        match self.hand_over()? {
            Some(work) => self.settler.begin(work).map(|()| true),
            None => Ok(false),
        }
    }

    /// What is journaled, to be carried out, with the tables. From here on what comes goes to the other file.
    fn hand_over(&mut self) -> rusqlite::Result<Option<Work>> {
        let Some(open) = &mut self.open else {
            return Ok(None);
        };
        let nothing = open.pending.is_empty() && self.touches.is_empty();
        if nothing || matches!(open.tables, Hold::Away(_)) {
            return Ok(None);
        }
        let messages = std::mem::take(&mut open.pending).share();
        let settlement = Settlement {
            entries: messages.entries(),
            rows: open.cache.take_rows(&open.reader)?,
            last: self.journal.last(),
            touches: std::mem::take(&mut self.touches),
        };
        self.journal.switch();
        self.unsettled.are_being_settled();
        Ok(
            match std::mem::replace(&mut open.tables, Hold::Away(messages)) {
                Hold::Here(tables) => Some(Work::new(tables, settlement)),
                Hold::Away(_) => None,
            },
        )
    }

    /// Takes back what the settler has done, if it is ready by now.
    fn heard(&mut self) -> rusqlite::Result<()> {
        if let Some(tables) = self.settler.poll()? {
            self.settled(tables);
        }
        Ok(())
    }

    /// Takes back what the settler has, when it is ready.
    fn wait(&mut self) -> rusqlite::Result<()> {
        if let Some(tables) = self.settler.wait()? {
            self.settled(tables);
        }
        Ok(())
    }

    fn settled(&mut self, tables: Box<Tables>) {
        // After a failure in between all is opened anew, and these are not needed.
        if let Some(open) = &mut self.open {
            open.tables = Hold::Here(tables);
            self.unsettled.are_settled();
        }
    }

    /// The last act: everything put off is written, the log is copied back, and the journal goes, unless something
    /// of these could not be done.
    fn finish(mut self) {
        let done = self.noting_failure(|writer| {
            writer.here()?;
            let path = writer.path.clone();
            let (tables, _) = writer.tables()?;
            tables.transaction(1, |conn| journal::note_files(conn, &path, false))
        });
        if let Err(error) = &done {
            tracing::warn!(%error, "what is journaled waits for the next start");
        }
        let Some(Open { tables, reader, .. }) = self.open.take() else {
            return;
        };
        // First, since the last connection removes the log, if it may write.
        drop(reader);
        if let Hold::Here(tables) = tables
            && tables.finish()
            && done.is_ok()
        {
            self.journal.remove();
        }
    }
}

/// Whether more room is all that it takes.
fn is_without_room(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DiskFull, SystemIoFailure};
    let code = error.sqlite_error_code();
    matches!(code, Some(DiskFull | SystemIoFailure))
}

/// Whether a write, if it is not refused, removes a text.
fn removes(write: &Write) -> bool {
    match write {
        Write::Append(append) => !matches!(append.change, Change::Message { .. }),
        Write::Move(_) => false,
    }
}

/// The name of a file that belongs to the database. SQLite has `-wal`, `-shm` and `-journal` for its own.
fn beside(database: &Path, ending: &str) -> PathBuf {
    // By its real name, as SQLite does it, or what is journaled under one name would be missed under another.
    let database = std::fs::canonicalize(database).unwrap_or_else(|_| database.into());
    let mut name = database.into_os_string();
    name.push(ending);
    name.into()
}

/// Whom an outcome concerns: whose reads have to see it.
fn concerned(outcome: &Outcome) -> &[UserId] {
    match outcome {
        Outcome::Append(Ok(appended)) if !appended.duplicate => &appended.members,
        Outcome::Move(Ok(moved)) if moved.changed => &moved.members,
        Outcome::Append(_) | Outcome::Move(_) => &[],
    }
}
