//! Who has blocked whom.

use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::BLOCKS;
use rusqlite::Result;

use super::Check;
use crate::row;

impl Check<'_> {
    /// Nobody has blocked oneself, nor more than may be; and of whoever has, no more is delivered than read.
    pub(super) fn blocks(&mut self) -> Result<()> {
        let mut select = self.conn.prepare(
            "SELECT user_id, count(*), sum(user_id = other_id), sum(read_seq > delivered_seq)
             FROM blocks GROUP BY user_id",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let user: UserId = row::id(row, 0)?;
            let (count, own, early) = (
                row::count(row, 1)?,
                row::count(row, 2)?,
                row::count(row, 3)?,
            );
            let wrong = [
                (count > BLOCKS as u64, format!("has blocked {count} users")),
                (own > 0, "has blocked oneself".into()),
                (early > 0, "had read what was not delivered".into()),
            ];
            for (_, what) in wrong.into_iter().filter(|(is_wrong, _)| *is_wrong) {
                let nowhere = ConversationId::default();
                self.broken(nowhere, Seq::ZERO, format!("user {user} {what}"));
            }
        }
        Ok(())
    }
}
