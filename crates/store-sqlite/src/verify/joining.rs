//! The ways into a group: that its log tells who came by which, and that nobody waits who need not.

use std::collections::BTreeSet;

use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::{Admission, LINKS};
use rusqlite::Result;

use super::Check;
use super::group::Present;
use crate::read;
use crate::row::{self, sql};

impl Check<'_> {
    /// The tables have the uses of links that a log tells, and requests only of those who may have one.
    pub(super) fn ways(
        &mut self,
        conv: ConversationId,
        head: Seq,
        present: &Present,
    ) -> Result<()> {
        let ways = read::ways(self.conn, conv)?;
        let came = self.came_by_link(conv)?;
        if came != present.by_link {
            let what = "who came in by which link is not what its log tells";
            self.broken(conv, head, what);
        }
        for link in ways.links.values() {
            let used = present.by_link.iter().filter(|(id, ..)| *id == link.id);
            let used = used.count() as u64;
            let most = match link.new.admits {
                Admission::First(most) => most,
                Admission::All | Admission::Approved => u64::MAX,
            };
            if link.uses != used || used > most {
                let what = format!(
                    "link {} says that {} came in by it, the log has {used}",
                    link.id, link.uses
                );
                self.broken(conv, head, what);
            }
        }
        let has_ended = present.roles.is_empty();
        if ways.links.len() > LINKS || has_ended && !ways.links.is_empty() {
            self.broken(conv, head, "it has links that it may not have");
        }
        let highest = present.by_link.last().map_or(0, |(link, ..)| *link);
        let last = ways.links.keys().next_back().copied().unwrap_or_default();
        if ways.made < highest.max(last) {
            self.broken(conv, head, "it would give the number of a link again");
        }
        for (user, request) in &ways.requests {
            let is_over = has_ended
                || present.roles.contains_key(user)
                || present.order.banned.contains(user);
            if is_over || request.link > Some(ways.made) {
                let what = format!("user {user} asks to be let in, and cannot");
                self.broken(conv, head, what);
            }
        }
        Ok(())
    }

    fn came_by_link(&self, conv: ConversationId) -> Result<BTreeSet<(u64, Seq, UserId)>> {
        self.conn
            .prepare_cached("SELECT link, seq, user_id FROM joiners WHERE conv_id = ?1")?
            .query_map([sql(conv)], |row| {
                Ok((row::count(row, 0)?, row::id(row, 1)?, row::id(row, 2)?))
            })?
            .collect()
    }
}
