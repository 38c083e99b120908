//! Whom messages mention, as the log tells it.

use std::collections::BTreeSet;

use hongyan_protocol::ConversationId;
use hongyan_store::{Content, Entry};
use rusqlite::Result;

use super::Check;
use crate::row::{self, sql};

impl Check<'_> {
    /// Whom the entry mentions is found by it, and by a recalled one nobody. How many these are.
    pub(super) fn mentioned(&mut self, entry: &Entry) -> Result<u64> {
        let Content::Message {
            mentions,
            recalled_by: None,
            ..
        } = &entry.content
        else {
            return Ok(0);
        };
        let mut count = 0;
        let others = mentions.iter().filter(|user| **user != entry.from);
        for user in others.collect::<BTreeSet<_>>() {
            let is_there = self
                .conn
                .prepare_cached(
                    "SELECT 1 FROM mentions WHERE conv_id = ?1 AND user_id = ?2 AND seq = ?3 AND at = ?4",
                )?
                .exists((sql(entry.conv), sql(*user), sql(entry.seq), sql(entry.at)))?;
            count += 1;
            if !is_there {
                let what = format!("it mentions user {user}, who is not found by it");
                self.broken(entry.conv, entry.seq, what);
            }
        }
        Ok(count)
    }

    /// There are so many mentions and no others.
    pub(super) fn mentions(&mut self, conv: ConversationId, expected: u64) -> Result<()> {
        let kept = self
            .conn
            .prepare_cached("SELECT count(*) FROM mentions WHERE conv_id = ?1")?
            .query_row([sql(conv)], |row| row::count(row, 0))?;
        if kept != expected {
            let what = format!("{kept} mentions are noted, the log has {expected}");
            self.broken(conv, hongyan_protocol::Seq::ZERO, what);
        }
        Ok(())
    }
}
