//! Ids for new entries: a log's come in blocks.
//!
//! Entries are kept in the order of their ids, and a settlement carries them out in it. With blocks, that order goes from
//! log to log instead of from message to message: what is near in the table and its indexes is written together, and
//! read together.
//!
//! Promises: an id is given once; those of one log ascend; none is below one that was carried out.

use hongyan_protocol::EntryId;
use rusqlite::{Connection, Error, Result};

/// How much larger a log's next block is, until the next settlement. The first has one id, so that where little is
/// written no id is left out.
const GROWTH: u64 = 4;

/// The ids of the largest block.
const LARGEST: u64 = 64;

/// Gives the ids.
#[derive(Default)]
pub(super) struct EntryIds {
    /// The lowest that is in no block; `None` before it was read.
    free: Option<u64>,
    /// Blocks of earlier rounds are over.
    round: u64,
}

/// Ids for the next entries of one log.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Block {
    round: u64,
    next: u64,
    end: u64,
    size: u64,
}

impl EntryIds {
    /// The next id of a log, out of its block, or of a new one.
    pub(super) fn in_block(&mut self, conn: &Connection, block: &mut Block) -> Result<EntryId> {
        let is_over = block.round != self.round;
        if is_over || block.next == block.end {
            // Nobody had a block before the first, whose size is 0.
            let larger = (block.size * GROWTH).clamp(1, LARGEST);
            let size = if is_over { 1 } else { larger };
            let next = self.take(conn, size)?;
            *block = Block {
                round: self.round,
                next,
                end: next + size,
                size,
            };
        }
        let id = block.next;
        block.next += 1;
        entry_id(id)
    }

    /// What is given from now on is to be above everything that was given, and above what blocks have left.
    pub(super) fn begin_round(&mut self) {
        self.round += 1;
    }

    /// Somebody else gave this one.
    pub(super) fn is_used(&mut self, conn: &Connection, id: EntryId) -> Result<()> {
        self.free = Some(self.free(conn)?.max(id.get() + 1));
        Ok(())
    }

    /// The first of so many ids.
    fn take(&mut self, conn: &Connection, count: u64) -> Result<u64> {
        let first = self.free(conn)?;
        self.free = Some(first + count);
        Ok(first)
    }

    fn free(&self, conn: &Connection) -> Result<u64> {
        if let Some(free) = self.free {
            return Ok(free);
        }
        let last: i64 = conn
            .prepare_cached(
                "SELECT max((SELECT coalesce(max(id), 0) FROM entries),
                            (SELECT value FROM counters WHERE name = 'floor'))",
            )?
            .query_row([], |row| row.get(0))?;
        Ok(last.cast_unsigned() + 1)
    }
}

fn entry_id(id: u64) -> Result<EntryId> {
    EntryId::new(id).map_err(|_| Error::IntegralValueOutOfRange(0, id.cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE entries (id INTEGER PRIMARY KEY);
             CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER);
             INSERT INTO counters (name, value) VALUES ('floor', 0);",
        )
        .unwrap();
        conn
    }

    #[test]
    fn logs_have_blocks_that_grow_and_share_no_id() {
        let conn = empty();
        let mut ids = EntryIds::default();
        ids.begin_round();
        let mut blocks = [Block::default(), Block::default()];
        let mut given = [Vec::new(), Vec::new()];
        for _ in 0..200 {
            for (block, given) in blocks.iter_mut().zip(&mut given) {
                given.push(ids.in_block(&conn, block).unwrap().get());
            }
        }
        let runs = |ids: &[u64]| 1 + ids.windows(2).filter(|two| two[0] + 1 != two[1]).count();
        // 1, 4 and 16 of them, and then 64 at a time.
        assert_eq!(given.each_ref().map(|ids| runs(ids)), [6, 6]);
        let mut all = given.concat();
        assert!(given.iter().all(|ids| ids.is_sorted()));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 400);
    }

    #[test]
    fn the_first_round_needs_no_beginning() {
        let conn = empty();
        let mut ids = EntryIds::default();
        let mut blocks = [Block::default(), Block::default()];
        let mut given = Vec::new();
        for _ in 0..20 {
            for block in &mut blocks {
                given.push(ids.in_block(&conn, block).unwrap());
            }
        }
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 40);
    }

    #[test]
    fn a_round_leaves_what_blocks_had() {
        let conn = empty();
        let mut ids = EntryIds::default();
        let mut block = Block::default();
        let mut last = 0;
        for _ in 0..5 {
            ids.begin_round();
            for _ in 0..7 {
                let id = ids.in_block(&conn, &mut block).unwrap().get();
                assert!(id > last);
                last = id;
            }
        }
    }

    #[test]
    fn where_little_is_written_none_is_left_out() {
        let conn = empty();
        let mut ids = EntryIds::default();
        let mut block = Block::default();
        let alone = (0..4).map(|_| {
            ids.begin_round();
            ids.in_block(&conn, &mut block).unwrap().get()
        });
        assert_eq!(alone.collect::<Vec<_>>(), [1, 2, 3, 4]);
    }

    #[test]
    fn what_others_gave_is_left_out() {
        let conn = empty();
        conn.execute("INSERT INTO entries (id) VALUES (7)", ())
            .unwrap();
        let mut ids = EntryIds::default();
        let id = |id| EntryId::new(id).unwrap();
        ids.is_used(&conn, id(12)).unwrap();
        ids.is_used(&conn, id(9)).unwrap();
        ids.begin_round();
        let next = |ids: &mut EntryIds| ids.in_block(&conn, &mut Block::default()).unwrap();
        assert_eq!(next(&mut ids), id(13));
        assert_eq!(next(&mut EntryIds::default()), id(8));
    }
}
