//! Whom messages mention, as the log tells it.

use std::collections::BTreeSet;

use hongyan_protocol::{ConversationId, Seq};
use hongyan_store::{Content, Entry};
use rusqlite::Result;

use super::Check;
use super::group::Present;
use crate::row::{self, sql};

/// How many mentions a log has.
#[derive(Default)]
pub(super) struct Counts {
    by_name: u64,
    /// Messages that mention all, recalled ones with them.
    alls: u64,
}

impl Check<'_> {
    /// Whom the entry mentions is found by it, and by a recalled one nobody. Who mentions all leads the group, and nobody
    /// is found by that. `present` are the members before it.
    pub(super) fn mentioned(
        &mut self,
        entry: &Entry,
        present: &Present,
        count: &mut Counts,
    ) -> Result<()> {
        let Content::Message {
            mentions,
            header,
            recalled_by,
            ..
        } = &entry.content
        else {
            return Ok(());
        };
        if header.mentions_all() {
            count.alls += 1;
            if !present.is_led_by(entry.from) {
                let what = "it mentions all, which its sender could not do";
                self.broken(entry.conv, entry.seq, what);
            }
            return Ok(());
        }
        if recalled_by.is_some() {
            return Ok(());
        }
        let others = mentions.iter().filter(|user| **user != entry.from);
        for user in others.collect::<BTreeSet<_>>() {
            let is_there = self
                .conn
                .prepare_cached(
                    "SELECT 1 FROM mentions WHERE conv_id = ?1 AND user_id = ?2 AND seq = ?3 AND at = ?4",
                )?
                .exists((sql(entry.conv), sql(*user), sql(entry.seq), sql(entry.at)))?;
            count.by_name += 1;
            if !is_there {
                let what = format!("it mentions user {user}, who is not found by it");
                self.broken(entry.conv, entry.seq, what);
            }
        }
        Ok(())
    }

    /// There are so many mentions and no others.
    pub(super) fn mentions(&mut self, conv: ConversationId, expected: &Counts) -> Result<()> {
        let kept = self
            .conn
            .prepare_cached("SELECT count(*) FROM mentions WHERE conv_id = ?1")?
            .query_row([sql(conv)], |row| row::count(row, 0))?;
        if kept != expected.by_name {
            let what = format!(
                "{kept} mentions are noted, the log has {}",
                expected.by_name
            );
            self.broken(conv, Seq::ZERO, what);
        }
        let found = self
            .conn
            .prepare_cached(
                "SELECT count(*) FROM entries INDEXED BY entries_all
                 WHERE conv_id = ?1 AND mentions_all = 1",
            )?
            .query_row([sql(conv)], |row| row::count(row, 0))?;
        if found != expected.alls {
            let what = format!("{found} entries mention all, {} messages do", expected.alls);
            self.broken(conv, Seq::ZERO, what);
        }
        Ok(())
    }
}
