//! The order of commits: whether it has every entry once.

use std::collections::HashMap;

use hongyan_protocol::{ConversationId, Seq};
use hongyan_store::Fault;
use rusqlite::{Result, Transaction, TransactionBehavior};

use super::Check;
use crate::row;
use crate::varint;

impl Check<'_> {
    pub(super) fn feed(&mut self) -> Result<()> {
        let snapshot = Transaction::new_unchecked(self.conn, TransactionBehavior::Deferred)?;
        let entries: u64 =
            snapshot.query_row("SELECT count(*) FROM entries", [], |row| row::count(row, 0))?;
        let mut heads: HashMap<ConversationId, Seq> = HashMap::new();
        let mut next = 1;
        {
            let mut select = snapshot.prepare("SELECT first, places FROM feed ORDER BY first")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                let first = row::count(row, 0)?;
                if first != next {
                    self.feed_fault(format!("number {first} stands where {next} should"));
                }
                let places = varint::read_places(row.get_ref(1)?.as_blob()?, 1)?;
                next = first + places.len() as u64;
                for (conv, seq) in places {
                    let head = heads.entry(conv).or_insert(Seq::ZERO);
                    if seq != head.next() {
                        let after = *head;
                        self.feed_fault(format!(
                            "in conversation {conv} seq {seq} comes after seq {after}"
                        ));
                    }
                    *head = seq;
                }
            }
        }
        if next - 1 != entries {
            let noted = next - 1;
            self.feed_fault(format!("{noted} entries are noted, there are {entries}"));
        }
        snapshot.finish()
    }

    fn feed_fault(&mut self, what: String) {
        self.fault(Fault::Engine(format!("the order of commits: {what}")));
    }
}
