//! Overwrites what SQLite leaves behind in the free space of pages.
//!
//! `secure_delete` overwrites a cell where it is removed. But where SQLite spreads the cells of neighbouring pages anew
//! (`rebuildPage`, after nearly every insertion into a full page and many a removal) it only moves the border between
//! cells and free space, and what stood there stays, in the page that a cell has left. When the message is recalled
//! later, its one live copy is overwritten, and these are not.
//!
//! So each transaction overwrites what the one before it has left:
//!
//! ```text
//! COMMIT ──► which pages did it write? (-wal) ──► whose free space is not zeros? ──► zeros, before the next COMMIT
//! ```
//!
//! Pages that are written again anyway, as most are that are being filled, thus cost no write. When nothing is written
//! `Writer::forget` has the rest done.
//!
//! Owns: which pages have something left.
//! Promises: between two commits these are among the pages that the last one wrote, all of which are still in the log's
//! file. So after a crash the log tells them all.
//! Not here: overflow pages, and pages that become free: those SQLite overwrites whole.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use rusqlite::{CachedStatement, Connection, Result};

use crate::connection::PAGE_BYTES;

/// Pages that one step of going through the whole file looks at. Some milliseconds, where they have to be read.
const STEP_PAGES: i64 = 2000;

/// The value of the counter `scrubbed` when the whole file was gone through.
const ALL: i64 = -1;

/// The first byte of a page of a tree.
mod kind {
    pub(super) const TABLE_LEAF: u8 = 0x0D;
    pub(super) const TABLE_INNER: u8 = 0x05;
    pub(super) const INDEX_LEAF: u8 = 0x0A;
    pub(super) const INDEX_INNER: u8 = 0x02;
}

/// What a page begins with: the kind of page, the first free block, how many cells, where they begin, fragments.
const PAGE_HEADER: usize = 8;

/// What one adds to it that has others below.
const INNER: usize = 4;

/// What the log begins with. At 16 there are 8 bytes, the salts, that change when it starts over.
const LOG_HEADER: u64 = 32;

/// What is before a page in the log: its number, the file's length if this completes a commit, the salts, a checksum.
const FRAME_HEADER: usize = 24;

const FRAME: u64 = FRAME_HEADER as u64 + PAGE_BYTES;

type Salts = [u8; 8];

pub(super) struct Scrubber {
    log_path: PathBuf,
    log: Option<File>,
    /// Those of the log when it was last looked at.
    salts: Option<Salts>,
    /// Pages in the log that were looked at.
    seen: u64,
    /// Pages whose free space is not zeros.
    left: BTreeSet<u32>,
}

impl Scrubber {
    pub(super) fn new(log_path: PathBuf) -> Self {
        Self {
            log_path,
            log: None,
            salts: None,
            seen: 0,
            left: BTreeSet::new(),
        }
    }

    /// Learns from the whole log what an earlier connection has left. `pages`: how many the log has by SQLite's count;
    /// in its file there may be more, of an earlier round or of a transaction that was given up.
    pub(super) fn look_at_all(&mut self, pages: u64) {
        self.salts = None;
        self.seen = 0;
        if self.look(true) {
            self.seen = pages;
        }
    }

    /// Learns what the commit has left that just returned.
    pub(super) fn after_commit(&mut self) {
        self.look(false);
    }

    /// Whether nothing is left.
    pub(super) fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    /// Overwrites, in the caller's transaction, what earlier ones have left.
    pub(super) fn clean(&mut self, conn: &Connection) -> Result<()> {
        if self.left.is_empty() {
            return Ok(());
        }
        let mut pages = Pages::new(conn)?;
        for page in std::mem::take(&mut self.left) {
            pages.clean(page.into())?;
        }
        Ok(())
    }

    /// Looks at what the log has got. A log that cannot be read is read from its beginning the next time.
    fn look(&mut self, any_round: bool) -> bool {
        let looked = self.try_look(any_round);
        if let Err(error) = &looked {
            self.salts = None;
            tracing::warn!(%error, "the write-ahead log could not be looked at");
        }
        looked.is_ok()
    }

    fn try_look(&mut self, any_round: bool) -> io::Result<()> {
        let log = match &self.log {
            Some(log) => log,
            none => match File::open(&self.log_path) {
                Ok(file) => self.log.insert(file),
                // Before the first write there is none.
                Err(error) if none.is_none() && error.kind() == io::ErrorKind::NotFound => {
                    return Ok(());
                }
                Err(error) => return Err(error),
            },
        };
        let mut salts = Salts::default();
        match log.read_exact_at(&mut salts, 16) {
            // It is empty.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        if self.salts != Some(salts) {
            self.salts = Some(salts);
            self.seen = 0;
        }
        loop {
            let at = LOG_HEADER + self.seen * FRAME;
            let mut head = [0; FRAME_HEADER + PAGE_HEADER];
            match log.read_exact_at(&mut head, at) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                read => read?,
            }
            if !any_round && head[8..16] != salts {
                return Ok(());
            }
            self.seen += 1;
            let page = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
            let mut is_left = false;
            // Texts are only there. A page that becomes one of another kind is overwritten.
            let free = free_space(&head[FRAME_HEADER..]);
            if let Some(free) = free.filter(|_| head[FRAME_HEADER] == kind::TABLE_LEAF) {
                let mut bytes = vec![0; free.len()];
                let begin = at + (FRAME_HEADER + free.start) as u64;
                match log.read_exact_at(&mut bytes, begin) {
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                    read => read?,
                }
                is_left = !is_zeros(&bytes);
            }
            if is_left {
                self.left.insert(page);
            } else if !any_round {
                self.left.remove(&page);
            }
        }
    }
}

/// Goes on going through the whole file, in the caller's transaction: for databases that were written before this
/// module was, or elsewhere. Whether there is more to do, and how many pages were overwritten.
pub(super) fn step(conn: &Connection) -> Result<(bool, usize)> {
    let from: i64 = conn
        .prepare_cached("SELECT value FROM counters WHERE name = 'scrubbed'")?
        .query_row([], |row| row.get(0))?;
    if from == ALL {
        return Ok((false, 0));
    }
    let count: i64 = conn.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    // The first page holds the schema.
    let from = from.max(2);
    let end = (from + STEP_PAGES).min(count + 1);
    let mut pages = Pages::new(conn)?;
    let mut cleaned = 0;
    let has_maps: bool = conn.query_row("PRAGMA auto_vacuum", [], |row| row.get(0))?;
    for page in from..end {
        if has_maps && is_map(page) {
            continue;
        }
        cleaned += usize::from(pages.clean(page)?);
    }
    let is_over = end > count;
    conn.prepare_cached("UPDATE counters SET value = ?1 WHERE name = 'scrubbed'")?
        .execute([if is_over { ALL } else { end }])?;
    Ok((!is_over, cleaned))
}

/// Whether this page of a database that can give pages back says which page belongs to which: its first byte may be that of
/// a tree's page, and means something else.
fn is_map(page: i64) -> bool {
    const ENTRIES: i64 = PAGE_BYTES as i64 / 5;
    (page - 2) % (ENTRIES + 1) == 0
}

/// Has the whole file gone through, from its beginning. In the caller's transaction.
pub(in crate::writer) fn begin(conn: &Connection) -> Result<()> {
    conn.execute("UPDATE counters SET value = 0 WHERE name = 'scrubbed'", [])?;
    Ok(())
}

/// Whether the whole file was gone through.
pub(super) fn is_complete(conn: &Connection) -> Result<bool> {
    conn.prepare_cached("SELECT value = ?1 FROM counters WHERE name = 'scrubbed'")?
        .query_row([ALL], |row| row.get(0))
}

/// Pages as they are in a transaction.
struct Pages<'c> {
    read: CachedStatement<'c>,
    write: CachedStatement<'c>,
}

impl<'c> Pages<'c> {
    fn new(conn: &'c Connection) -> Result<Self> {
        Ok(Self {
            read: conn.prepare_cached("SELECT data FROM sqlite_dbpage WHERE pgno = ?1")?,
            write: conn.prepare_cached("UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1")?,
        })
    }

    /// Overwrites the free space of a page, if need be. Nothing but that: SQLite has the page in its memory, too, with
    /// what it has worked out of it.
    fn clean(&mut self, page: i64) -> Result<bool> {
        let mut rows = self.read.query([page])?;
        let Some(row) = rows.next()? else {
            return Ok(false);
        };
        let data = row.get_ref(0)?.as_blob()?;
        let is_whole = data.len() as u64 == PAGE_BYTES;
        let Some(free) = free_space(data).filter(|_| is_whole && page > 1) else {
            return Ok(false);
        };
        if is_zeros(&data[free.clone()]) {
            return Ok(false);
        }
        let mut data = data.to_vec();
        data[free].fill(0);
        drop(rows);
        self.write.execute((page, data))?;
        Ok(true)
    }
}

/// Where a page of a tree has no cells and no pointers to them. `None` for other pages, and for one that makes no sense.
fn free_space(page: &[u8]) -> Option<Range<usize>> {
    let &[kind, _, _, cells_high, cells_low, begin_high, begin_low, _] =
        page.first_chunk::<PAGE_HEADER>()?;
    let header = match kind {
        kind::TABLE_LEAF | kind::INDEX_LEAF => PAGE_HEADER,
        kind::TABLE_INNER | kind::INDEX_INNER => PAGE_HEADER + INNER,
        _ => return None,
    };
    let cells = usize::from(u16::from_be_bytes([cells_high, cells_low]));
    let begin = usize::from(u16::from_be_bytes([begin_high, begin_low]));
    let free = header + 2 * cells..begin;
    (free.start < free.end && free.end as u64 <= PAGE_BYTES).then_some(free)
}

fn is_zeros(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
