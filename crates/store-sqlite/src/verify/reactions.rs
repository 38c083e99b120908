//! What stands beside messages: that it belongs to one, and is counted right.

use hongyan_protocol::{ConversationId, Seq};
use hongyan_store::REACTIONS_A_MESSAGE;
use rusqlite::Result;

use super::Check;
use crate::row::{self, sql};

/// Each gives the messages of a conversation whose reactions are wrong in one way.
const QUESTIONS: [(&str, &str); 4] = [
    (
        "SELECT DISTINCT seq FROM reactions AS r WHERE conv_id = ?1 AND NOT EXISTS (
             SELECT 1 FROM entries AS e
             WHERE e.conv_id = r.conv_id AND e.seq = r.seq AND kind = 1 AND recalled_by IS NULL)",
        "there are reactions to it, and it is no message, or recalled",
    ),
    (
        "SELECT DISTINCT seq FROM reactions AS r WHERE conv_id = ?1 AND NOT EXISTS (
             SELECT 1 FROM reacted AS n WHERE n.conv_id = r.conv_id AND n.seq = r.seq)",
        "there are reactions to it that have no number, so nobody is told",
    ),
    (
        "SELECT seq FROM (
             SELECT seq, value, count(*) AS counted FROM reactions
             WHERE conv_id = ?1 GROUP BY seq, value)
         AS r WHERE counted IS NOT (
             SELECT count FROM reaction_counts AS c
             WHERE c.conv_id = ?1 AND c.seq = r.seq AND c.value = r.value)",
        "its reactions are more or fewer than is noted",
    ),
    (
        "SELECT seq FROM reaction_counts AS c WHERE conv_id = ?1 AND NOT EXISTS (
             SELECT 1 FROM reactions AS r
             WHERE r.conv_id = c.conv_id AND r.seq = c.seq AND r.value = c.value)",
        "a reaction to it is noted that nobody set",
    ),
];

impl Check<'_> {
    /// `bare`: up to there nothing stands beside messages.
    pub(super) fn reactions(&mut self, conv: ConversationId, bare: Seq) -> Result<()> {
        let conn = self.conn;
        let mut wrong = Vec::new();
        for (question, what) in QUESTIONS {
            let mut select = conn.prepare_cached(question)?;
            for seq in select.query_map([sql(conv)], |row| row::id(row, 0))? {
                wrong.push((seq?, what));
            }
        }
        let mut select = conn.prepare_cached(
            "SELECT seq FROM reaction_counts WHERE conv_id = ?1 GROUP BY seq HAVING count(*) > ?2",
        )?;
        let most = row::limit(REACTIONS_A_MESSAGE);
        for seq in select.query_map((sql(conv), most), |row| row::id(row, 0))? {
            wrong.push((seq?, "it has too many different reactions"));
        }
        let mut select = conn.prepare_cached(
            "SELECT DISTINCT seq FROM reactions WHERE conv_id = ?1 AND seq <= ?2",
        )?;
        for seq in select.query_map((sql(conv), sql(bare)), |row| row::id(row, 0))? {
            wrong.push((
                seq?,
                "it is not kept any more, and there are reactions to it",
            ));
        }
        for (seq, what) in wrong {
            let seq: Seq = seq;
            self.broken(conv, seq, what);
        }
        Ok(())
    }
}
