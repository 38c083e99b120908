//! The one writer: a thread that decides and makes durable, and one that settles.
//!
//! store → queue → **writer** → answer
//!
//! Owns: the write connection, the journal, the lock against other servers, and what it remembers of hot
//! conversations.
//! Promises: commands run one after the other, in the order they were queued, and each counts whole or not at all;
//! after a failed one everything is opened anew, so that a disk with room again is all it takes to go on. No
//! caller waits for ever, not even when a thread dies.
//! Not here: filling batches (`service`).
//!
//! ```text
//! a batch ──► decide/ ──► journal/, on disk ──► answered ··· settle/, many at once, beside the next ──► tables
//! accounts and sessions ────────────────────────────────────────────────► tables, on disk ──► answered
//! ```

mod accounts;
mod blocks;
mod decide;
mod handle;
mod journal;
mod repair;
mod settle;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hongyan_protocol::{ConversationId, SessionId, UserId};
use hongyan_store::{
    CreateUserError, Floor, NewSession, NewUser, Outcome, Privacy, RetainStep, Retained, Session,
    StoreError, User, Write,
};
use rusqlite::Connection;

pub(crate) use handle::WriterHandle;
pub(crate) use journal::{
    Begun, Copy as JournalCopy, Damage, Entry as JournaledEntry, Record, What,
};
pub(crate) use repair::carry_out_what_can_be;
pub(crate) use settle::{fill_feed, fill_mentions};

use self::decide::{Cache, Decided, State};
use self::journal::{Journal, Payload, Pending, SharedEntries};
use self::settle::{Forgotten, Settlement, Settler, Tables, Taken, Touches, Work};
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
    tables: TablesAt,
    /// Looks facts up, whoever has the tables.
    reader: Connection,
    cache: Cache,
    pending: Pending,
}

/// Who has the tables.
enum TablesAt {
    Writer(Box<Tables>),
    /// The settler, with these entries.
    Settler(SharedEntries),
}

impl Open {
    /// Settles first what is in the journal, from before a crash or a failure.
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
            decide::take_up(conn, &mut cache, &mut pending, left)?;
            // The number of a batch that failed is never used again, so that nobody takes it for one that did not.
            let last = journal.last() + 1;
            let (settlement, _) = Settlement::of(pending.share(), cache.take_rows(conn)?, last);
            settlement.carry_out(conn)?;
            if !journal::is_at_home(conn, database)? {
                // A copy, whose making nobody has looked after.
                settle::begin_scrubbing(conn)?;
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
            tables: TablesAt::Writer(tables),
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
                unsettled.add_users(&users);
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
            writer.journal(writes)
        })
    }

    /// Settles everything that is journaled: when it returns, the tables have it.
    pub(crate) fn settle_all(&mut self) -> Result<(), StoreError> {
        self.noting_failure(Self::try_settle_all)
    }

    /// Settles what is journaled, if any of it concerns this user: when it returns, the tables have that.
    pub(crate) fn settle_for(&mut self, user: UserId) -> Result<(), StoreError> {
        self.noting_failure(|writer| {
            writer.opened()?;
            writer.wait()?;
            if writer.unsettled.concerns(user) {
                writer.try_settle_all()?;
            }
            Ok(())
        })
    }

    /// Overwrites what is left of removed texts: in the free space of pages, in the log, in the journal. When to call it
    /// again, if there is more to do.
    pub(crate) fn forget(&mut self) -> Option<Duration> {
        let forgotten = self.noting_failure(|writer| {
            writer.try_settle_all()?;
            let forgotten = writer.tables()?.forget()?;
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

    /// Takes away what is not to be kept of these conversations, which are there: ascending, up to the first of which
    /// something is left. What is journaled is settled before, so that nobody has to know of both.
    pub(crate) fn retain(
        &mut self,
        convs: &[ConversationId],
        step: &RetainStep,
    ) -> Result<Retained, StoreError> {
        self.noting_failure(|writer| {
            writer.try_settle_all()?;
            let mut taken = Vec::new();
            let mut left = step.bodies;
            writer.tables()?.transaction(convs.len(), |conn| {
                for conv in convs {
                    let of_log = settle::take(conn, *conv, step, left)?;
                    left -= of_log.entries;
                    let is_all = of_log.is_all;
                    taken.push((*conv, of_log));
                    if !is_all || left == 0 {
                        break;
                    }
                }
                Ok(())
            })?;
            writer.note_taken(taken)
        })
    }

    fn note_taken(&mut self, taken: Vec<(ConversationId, Taken)>) -> rusqlite::Result<Retained> {
        let open = self.opened()?;
        let mut done = Retained::default();
        for (conv, of_log) in taken {
            if let Some(floor) = of_log.floor {
                let members = open.cache.floor_has_risen(&open.reader, conv, floor)?;
                done.floors.push(Floor {
                    conv,
                    floor,
                    members,
                });
            }
            done.bodies += of_log.bodies;
            done.next = match of_log.is_all {
                true => Some(conv),
                false => ConversationId::new(conv.get() - 1).ok(),
            };
        }
        if done.bodies > 0 {
            self.has_to_forget.store(true, Ordering::Release);
        }
        Ok(done)
    }

    /// Puts some entries closer together that have become short. How many.
    pub(crate) fn pack(&mut self) -> Result<u64, StoreError> {
        self.noting_failure(|writer| {
            writer.opened()?;
            writer.wait()?;
            let rows = writer.tables()?.transaction(1, settle::pack)?;
            writer.has_to_forget.fetch_or(rows > 0, Ordering::AcqRel);
            Ok(rows)
        })
    }

    /// Gives some of the disk back that got free. How many bytes.
    pub(crate) fn give_back(&mut self) -> Result<u64, StoreError> {
        self.noting_failure(|writer| {
            writer.opened()?;
            writer.wait()?;
            let pages = writer.tables()?.transaction(1, settle::give_back)?;
            // The file gets shorter when its log is copied back.
            writer.has_to_forget.fetch_or(pages > 0, Ordering::AcqRel);
            Ok(pages * connection::PAGE_BYTES)
        })
    }

    /// Has what is journaled settled, beside what comes, as soon as what is under way is done.
    fn settle_later(&mut self) {
        let begun = self.noting_failure(|writer| {
            writer.opened()?;
            writer.take_back_if_done()?;
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
        } else if let Err(error) = self.noting_failure(Self::take_back_if_done) {
            tracing::debug!(%error, "what was put off could not be settled");
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

    pub(crate) fn set_privacy(
        &mut self,
        user: UserId,
        privacy: Privacy,
    ) -> Result<bool, StoreError> {
        self.write(|conn| accounts::set_privacy(conn, user, privacy))
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
            writer.take_back_if_done()?;
            writer.journal.append(Payload::default())?;
            let last = writer.journal.last();
            let open = writer.opened()?;
            let TablesAt::Writer(tables) = &mut open.tables else {
                return Ok(());
            };
            if !open.pending.is_empty() {
                return tables.transaction(1, accounts::probe);
            }
            // Nothing else may come that would have the journal begin anew.
            tables.transaction(1, |conn| {
                accounts::probe(conn)?;
                journal::note_settled(conn, last)
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
            writer.tables()?.transaction(1, work)
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
        self.take_back_if_done()?;
        let open = self.opened()?;
        if let TablesAt::Writer(tables) = &open.tables
            && open.cache.has_foreign_change(&tables.conn)?
        {
            self.try_settle_all()?;
            self.opened()?.cache.clear();
        } else if open.cache.is_overgrown() {
            self.try_settle_all()?;
            self.opened()?.cache.age();
        } else if open.pending.is_full() {
            self.wait()?;
            self.begin_settling()?;
        }
        Ok(())
    }

    /// Decides a batch, and commits what was decided to the journal.
    fn journal(&mut self, writes: &[Write]) -> rusqlite::Result<Vec<Outcome>> {
        let open = self.opened()?;
        let state = State {
            conn: &open.reader,
            cache: &mut open.cache,
            pending: &mut open.pending,
            settling: match &mut open.tables {
                TablesAt::Writer(_) => None,
                TablesAt::Settler(entries) => Some(entries),
            },
        };
        let decided = decide::decide(state, writes)?;
        let removes = decided.removes();
        let Decided {
            outcomes,
            payload,
            news,
            ..
        } = decided;
        if !payload.is_empty() {
            self.journal.append(payload)?;
            // Before it is answered, and so before any of them can ask for it.
            self.unsettled
                .add(news, outcomes.iter().filter_map(concerned));
        }
        if removes {
            self.has_to_forget.store(true, Ordering::Release);
        }
        Ok(outcomes)
    }

    /// The tables, which the writer must have.
    fn tables(&mut self) -> rusqlite::Result<&mut Tables> {
        match &mut self.open {
            Some(Open {
                tables: TablesAt::Writer(tables),
                ..
            }) => Ok(tables),
            Some(_) | None => Err(rusqlite::Error::InvalidQuery),
        }
    }

    /// Returns when the writer has the tables, with everything that is journaled and noted in them.
    fn try_settle_all(&mut self) -> rusqlite::Result<()> {
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

    /// What is journaled, to be settled, with the tables. From here on what comes goes to the other file.
    fn hand_over(&mut self) -> rusqlite::Result<Option<Work>> {
        let Some(open) = &mut self.open else {
            return Ok(None);
        };
        let nothing = open.pending.is_empty() && self.touches.is_empty();
        if nothing || matches!(open.tables, TablesAt::Settler(_)) {
            return Ok(None);
        }
        let pending = std::mem::take(&mut open.pending).share();
        let rows = open.cache.take_rows(&open.reader)?;
        let (mut settlement, entries) = Settlement::of(pending, rows, self.journal.last());
        settlement.touches = std::mem::take(&mut self.touches);
        self.journal.switch();
        self.unsettled.are_being_settled();
        Ok(
            match std::mem::replace(&mut open.tables, TablesAt::Settler(entries)) {
                TablesAt::Writer(tables) => Some(Work::new(tables, settlement)),
                TablesAt::Settler(_) => None,
            },
        )
    }

    /// Takes the tables back from the settler, if it is done by now.
    fn take_back_if_done(&mut self) -> rusqlite::Result<()> {
        if let Some(tables) = self.settler.poll()? {
            self.take_back(tables);
        }
        Ok(())
    }

    /// Takes the tables back from the settler, when it is done.
    fn wait(&mut self) -> rusqlite::Result<()> {
        if let Some(tables) = self.settler.wait()? {
            self.take_back(tables);
        }
        Ok(())
    }

    fn take_back(&mut self, tables: Box<Tables>) {
        // After a failure in between all is opened anew, and these are not needed.
        if let Some(open) = &mut self.open {
            open.tables = TablesAt::Writer(tables);
            self.unsettled.are_settled();
        }
    }

    /// The last act: everything put off is written, the log is copied back, and the journal goes, unless something
    /// of these could not be done.
    fn finish(mut self) {
        let done = self.noting_failure(|writer| {
            writer.try_settle_all()?;
            let path = writer.path.clone();
            let tables = writer.tables()?;
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
        if let TablesAt::Writer(tables) = tables
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

/// The name of a file that belongs to the database. SQLite has `-wal`, `-shm` and `-journal` for its own.
fn beside(database: &Path, ending: &str) -> PathBuf {
    // By its real name, as SQLite does it, or what is journaled under one name would be missed under another.
    let database = std::fs::canonicalize(database).unwrap_or_else(|_| database.into());
    let mut name = database.into_os_string();
    name.push(ending);
    name.into()
}

/// Whom an outcome concerns: the members whose reads have to see it.
fn concerned(outcome: &Outcome) -> Option<(ConversationId, &Arc<[UserId]>)> {
    match outcome {
        Outcome::Append(Ok(appended)) if !appended.duplicate => {
            Some((appended.conv, &appended.members))
        }
        Outcome::Move(Ok(moved)) if moved.changed => Some((moved.conv, &moved.members)),
        Outcome::React(Ok(reacted)) if reacted.changed => Some((reacted.conv, &reacted.members)),
        Outcome::Joining(Ok(joined)) => {
            let asking = joined.asking.as_ref()?;
            Some((joined.conv, &asking.admins))
        }
        // A view concerns its member alone, as its record says.
        Outcome::Append(_)
        | Outcome::Move(_)
        | Outcome::React(_)
        | Outcome::View(_)
        | Outcome::Joining(_) => None,
    }
}
