//! The rows of conversations and members that a settlement writes.
//!
//! Not here: what they are to be (`cache`), and the rows of entries and of groups (`settle`).

use std::sync::Arc;

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};
use hongyan_store::{ASK_AGAIN_MS, Link, Member, Request, View};
use rusqlite::{Connection, Result, params};

use crate::read;
use crate::row::{self, sql};

/// The rows of conversations and members, to be written.
#[derive(Default)]
pub(in crate::writer) struct Rows {
    pub(super) logs: Vec<LogRow>,
    pub(super) members: Vec<MemberRow>,
    pub(super) views: Vec<ViewRow>,
    pub(super) out: Vec<OutRow>,
    /// How links and requests stand; `None` of those that are gone.
    pub(super) links: Vec<(ConversationId, u64, Option<Arc<Link>>)>,
    pub(super) requests: Vec<(ConversationId, UserId, Option<Request>)>,
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
        self.write_links(conn)?;
        self.write_requests(conn)?;
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

    fn write_links(&self, conn: &Connection) -> Result<()> {
        for (conv, id, link) in &self.links {
            let (conv, id) = (sql(*conv), id.cast_signed());
            let Some(link) = link else {
                conn.prepare_cached("DELETE FROM links WHERE conv_id = ?1 AND link = ?2")?
                    .execute((conv, id))?;
                note_made(conn, conv, id)?;
                continue;
            };
            conn.prepare_cached(
                "INSERT OR REPLACE INTO links
                     (conv_id, link, token, maker_id, client_id, name, made_at, expires_at, admits, uses)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                conv,
                id,
                link.new.token.0,
                sql(link.by),
                link.new.client_id.as_str(),
                &*link.new.name,
                sql(link.made_at),
                link.new.expires_at.map(sql),
                read::kept_admission(link.new.admits),
                link.uses.cast_signed(),
            ])?;
            note_made(conn, conv, id)?;
        }
        Ok(())
    }

    fn write_requests(&self, conn: &Connection) -> Result<()> {
        for (conv, user, request) in &self.requests {
            let (conv, user) = (sql(*conv), sql(*user));
            let Some(request) = request else {
                conn.prepare_cached("DELETE FROM requests WHERE conv_id = ?1 AND user_id = ?2")?
                    .execute((conv, user))?;
                continue;
            };
            conn.prepare_cached(
                "DELETE FROM requests WHERE conv_id = ?1 AND is_declined = 1 AND at <= ?2",
            )?
            .execute((conv, sql(request.at.minus(ASK_AGAIN_MS))))?;
            conn.prepare_cached(
                "INSERT OR REPLACE INTO requests (conv_id, user_id, at, link, is_declined)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                conv,
                user,
                sql(request.at),
                request.link.map(u64::cast_signed),
                request.is_declined,
            ))?;
        }
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

/// No link of the group gets this number again.
fn note_made(conn: &Connection, conv: i64, id: i64) -> Result<()> {
    conn.prepare_cached("UPDATE groups SET links = max(links, ?2) WHERE conv_id = ?1")?
        .execute((conv, id))?;
    Ok(())
}
