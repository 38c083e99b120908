//! The rows of conversations and members that a settlement writes.
//!
//! Not here: what they are to be (`cache`), and the rows of entries and of groups (`settle`).

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};
use hongyan_store::{Member, View};
use rusqlite::{Connection, Result, params};

use crate::row::{self, sql};

/// The rows of conversations and members, to be written.
#[derive(Default)]
pub(in crate::writer) struct Rows {
    pub(super) logs: Vec<LogRow>,
    pub(super) members: Vec<MemberRow>,
    pub(super) views: Vec<ViewRow>,
    pub(super) out: Vec<OutRow>,
    /// The last number given to a change.
    pub(super) version: u64,
}

pub(super) struct LogRow {
    pub(super) conv: ConversationId,
    pub(super) head: Seq,
    pub(super) messages: u64,
    pub(super) last_message: Seq,
    pub(super) size: usize,
    pub(super) version: u64,
}

/// Somebody who is no member any more; `None` for all who went with this entry.
pub(super) struct OutRow {
    pub(super) conv: ConversationId,
    pub(super) user: Option<UserId>,
    pub(super) seq: Seq,
    pub(super) version: u64,
}

pub(super) struct MemberRow {
    pub(super) conv: ConversationId,
    pub(super) member: Member,
    pub(super) said_at: Option<Millis>,
    /// `None` where the conversation's number says it to all members.
    pub(super) version: Option<u64>,
}

pub(super) struct ViewRow {
    pub(super) conv: ConversationId,
    pub(super) user: UserId,
    pub(super) view: View,
    /// `None` for somebody who is out.
    pub(super) version: Option<u64>,
}

impl Rows {
    /// Writes them. Their entries must be in the table.
    pub(in crate::writer) fn write(&self, conn: &Connection) -> Result<()> {
        let mut log = conn.prepare_cached(
            "UPDATE conversations
             SET head = ?2, messages = ?3, last_message = ?4, version = ?5, size = ?6 WHERE id = ?1",
        )?;
        for row in &self.logs {
            log.execute((
                sql(row.conv),
                sql(row.head),
                row.messages.cast_signed(),
                sql(row.last_message),
                row.version.cast_signed(),
                row::limit(row.size),
            ))?;
        }
        let mut member = conn.prepare_cached(
            "UPDATE members SET read_seq = ?3, delivered_seq = ?4, version = coalesce(?5, version), said_at = ?6
             WHERE conv_id = ?1 AND user_id = ?2",
        )?;
        for row in &self.members {
            member.execute((
                sql(row.conv),
                sql(row.member.user),
                sql(row.member.read),
                sql(row.member.delivered),
                row.version.map(u64::cast_signed),
                row.said_at.map(sql),
            ))?;
        }
        self.write_views(conn)?;
        let mut out = conn.prepare_cached(
            "UPDATE members SET version = ?4
             WHERE conv_id = ?1 AND until_seq = ?2 AND (?3 IS NULL OR user_id = ?3)",
        )?;
        for row in &self.out {
            out.execute((
                sql(row.conv),
                sql(row.seq),
                row.user.map(sql),
                row.version.cast_signed(),
            ))?;
        }
        conn.prepare_cached("UPDATE counters SET value = ?1 WHERE name = 'version'")?
            .execute([self.version.cast_signed()])?;
        Ok(())
    }

    fn write_views(&self, conn: &Connection) -> Result<()> {
        let mut view = conn.prepare_cached(
            "INSERT OR REPLACE INTO views
                 (user_id, conv_id, rev, muted_until, pinned, archived_seq, hidden_seq, marked,
                  draft_reply, draft_at, draft, cleared_seq)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        let mut version = conn.prepare_cached(
            "UPDATE members SET version = max(version, ?3) WHERE conv_id = ?1 AND user_id = ?2",
        )?;
        for row in &self.views {
            let (conv, user, kept) = (sql(row.conv), sql(row.user), &row.view);
            let draft = kept.draft.as_deref();
            view.execute(params![
                user,
                conv,
                kept.rev.cast_signed(),
                sql(kept.muted_until),
                kept.pinned.cast_signed(),
                sql(kept.archived),
                sql(kept.hidden),
                kept.marked.map(sql),
                draft.and_then(|draft| draft.reply_to).map(sql),
                draft.map(|draft| sql(draft.at)),
                draft.map(|draft| &*draft.text),
                sql(kept.cleared),
            ])?;
            if let Some(given) = row.version {
                version.execute((conv, user, given.cast_signed()))?;
            }
        }
        Ok(())
    }
}
