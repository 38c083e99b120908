//! A conversation without its entries.

use std::collections::BTreeSet;
use std::sync::Arc;

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};
use hongyan_store::{
    Conversation, ConversationKind, LastMessage, MEMBERS_TOLD, Member, Role, Settings, View,
};
use rusqlite::{Connection, OptionalExtension, Result};

use super::{blocks, joining, order, view};
use crate::row::{self, sql};

/// A conversation as it is kept, with what has ended of its member's view.
pub(crate) struct Seen {
    pub(crate) conversation: Conversation,
    pub(crate) last: LastMessage,
    /// Of the other of two, who has blocked this one: no more than this is told.
    pub(crate) shown: Option<Member>,
}

impl Seen {
    /// As its member is told of it.
    pub(crate) fn told(self) -> Conversation {
        let Self {
            mut conversation,
            last,
            shown,
        } = self;
        if let Some(shown) = shown {
            let members = conversation.members.iter();
            conversation.members = members.map(|member| no_further(*member, shown)).collect();
        }
        let since = conversation.view.first_told(conversation.since);
        conversation.pinned.retain(|seq| *seq >= since);
        Conversation {
            since,
            view: conversation.view.now(conversation.me.read, last),
            ..conversation
        }
    }
}

/// A member's positions, but if it is this one, no further than so.
pub(crate) fn no_further(member: Member, shown: Member) -> Member {
    match member.user == shown.user {
        true => Member {
            user: member.user,
            read: member.read.min(shown.read),
            delivered: member.delivered.min(shown.delivered),
        },
        false => member,
    }
}

/// The other of a conversation of two, as far as a member is told who was blocked by the other. `None` where that is not so.
pub(crate) fn other_shown(
    conn: &Connection,
    kind: ConversationKind,
    members: &[Member],
    user: UserId,
) -> Result<Option<Member>> {
    let other = members.iter().find(|member| member.user != user);
    match (kind, other) {
        (ConversationKind::Direct, Some(other)) => blocks::shown(conn, other.user, user),
        _ => Ok(None),
    }
}

/// The conversation as this member sees it; `None` where there is none, or for somebody who is no member.
pub(super) fn conversation(
    conn: &Connection,
    conv: ConversationId,
    user: UserId,
) -> Result<Option<Conversation>> {
    Ok(seen(conn, conv, user)?.map(Seen::told))
}

/// The same, as it is kept.
pub(crate) fn seen(conn: &Connection, conv: ConversationId, user: UserId) -> Result<Option<Seen>> {
    let Some(own) = member(conn, conv, user)? else {
        return Ok(None);
    };
    let (kind, head, size, last, floor) = conn
        .prepare_cached(
            "SELECT kind, head, size, last_message, floor_seq FROM conversations WHERE id = ?1",
        )?
        .query_row([sql(conv)], |row| {
            let size = usize::try_from(row::count(row, 2)?).unwrap_or(usize::MAX);
            let kind = row::conversation_kind(row, 0)?;
            let (head, last) = (row::id(row, 1)?, row::id(row, 3)?);
            Ok((kind, head, size, last, row::id(row, 4)?))
        })?;
    let view = view::view(conn, conv, user)?;
    let last = view::last_message(conn, conv, last, &view)?;
    let members = match size {
        ..=MEMBERS_TOLD => all_members(conn, conv)?,
        _ => Vec::new(),
    };
    let shown = other_shown(conn, kind, &members, user)?;
    let conversation = Conversation {
        id: conv,
        kind,
        head,
        since: own.since,
        floor,
        pinned: order::pinned(conn, conv, own.since)?,
        muted_until: match kind {
            ConversationKind::Direct => None,
            ConversationKind::Group => order::muted_until(conn, conv, user)?,
        },
        size,
        requests: match kind {
            ConversationKind::Group if own.role >= Role::Admin => joining::waiting(conn, conv)?,
            ConversationKind::Group | ConversationKind::Direct => 0,
        },
        me: own.member,
        view,
        role: Some(own.role),
        group: match kind {
            ConversationKind::Direct => None,
            ConversationKind::Group => Some(settings(conn, conv)?.into()),
        },
        members: members.into(),
    };
    Ok(Some(Seen {
        conversation,
        last,
        shown,
    }))
}

/// What somebody who was put out of a group by this entry still sees of it.
pub(crate) fn left(conv: ConversationId, user: UserId, until: Seq) -> Conversation {
    Conversation {
        id: conv,
        kind: ConversationKind::Group,
        head: until,
        since: until,
        floor: Seq::ZERO,
        pinned: Vec::new(),
        muted_until: None,
        size: 0,
        requests: 0,
        me: Member::new(user).advanced(Some(until), Some(until)),
        view: View::default(),
        role: None,
        group: None,
        members: Arc::default(),
    }
}

/// The settings of a group.
pub(crate) fn settings(conn: &Connection, conv: ConversationId) -> Result<Settings> {
    conn.prepare_cached(
        "SELECT name, description, avatar, post, invite, history, slow_s, pin, keep_days, keep_entries, ask
         FROM groups WHERE conv_id = ?1",
    )?
    .query_row([sql(conv)], row::settings)
}

/// Who a member is in a conversation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Membership {
    pub(crate) member: Member,
    pub(crate) role: Role,
    /// The first seq that the member may read, and that is kept.
    pub(crate) since: Seq,
    /// When the member of a group said something last.
    pub(crate) said_at: Option<Millis>,
}

/// A member; `None` for somebody who is none.
pub(crate) fn member(
    conn: &Connection,
    conv: ConversationId,
    user: UserId,
) -> Result<Option<Membership>> {
    conn.prepare_cached(
        "SELECT user_id, read_seq, delivered_seq, role,
                max(since_seq, (SELECT floor_seq + 1 FROM conversations c WHERE c.id = conv_id)), said_at
         FROM members WHERE conv_id = ?1 AND user_id = ?2 AND until_seq IS NULL",
    )?
    .query_row((sql(conv), sql(user)), |row| {
        Ok(Membership {
            member: row::member(row)?,
            role: row::role(row, 3)?,
            since: row::id(row, 4)?,
            said_at: row::optional_id(row, 5)?,
        })
    })
    .optional()
}

/// The groups that a user is in.
pub(crate) fn groups_of(conn: &Connection, user: UserId) -> Result<BTreeSet<ConversationId>> {
    conn.prepare_cached(
        "SELECT m.conv_id FROM members m INDEXED BY members_of_user
         JOIN conversations c ON c.id = m.conv_id
         WHERE m.user_id = ?1 AND m.until_seq IS NULL AND c.kind = ?2",
    )?
    .query_map((sql(user), row::GROUP), |row| row::id(row, 0))?
    .collect()
}

/// When somebody said something in a group last, whether they are a member still or not.
pub(crate) fn said_at(
    conn: &Connection,
    conv: ConversationId,
    user: UserId,
) -> Result<Option<Millis>> {
    let found = conn
        .prepare_cached("SELECT said_at FROM members WHERE conv_id = ?1 AND user_id = ?2")?
        .query_row((sql(conv), sql(user)), |row| row::optional_id(row, 0))
        .optional()?;
    Ok(found.flatten())
}

/// At most `limit` members above a user, ascending.
pub(crate) fn members(
    conn: &Connection,
    conv: ConversationId,
    after: UserId,
    limit: usize,
) -> Result<Vec<(Member, Role)>> {
    conn.prepare_cached(
        "SELECT user_id, read_seq, delivered_seq, role FROM members
         WHERE conv_id = ?1 AND user_id > ?2 AND until_seq IS NULL ORDER BY user_id LIMIT ?3",
    )?
    .query_map((sql(conv), sql(after), row::limit(limit)), |row| {
        Ok((row::member(row)?, row::role(row, 3)?))
    })?
    .collect()
}

/// At most `limit` members above a user with what they came in with, ascending.
pub(crate) fn standings(
    conn: &Connection,
    conv: ConversationId,
    after: UserId,
    limit: usize,
) -> Result<Vec<(Member, Seq)>> {
    conn.prepare_cached(
        "SELECT user_id, read_seq, delivered_seq, joined_seq FROM members
         WHERE conv_id = ?1 AND user_id > ?2 AND until_seq IS NULL ORDER BY user_id LIMIT ?3",
    )?
    .query_map((sql(conv), sql(after), row::limit(limit)), |row| {
        Ok((row::member(row)?, row::id(row, 3)?))
    })?
    .collect()
}

/// As [`other_shown`], of members with what they came in with.
pub(crate) fn other_standing(
    conn: &Connection,
    conv: ConversationId,
    user: UserId,
    standings: &[(Member, Seq)],
) -> Result<Option<Member>> {
    let kind = conn
        .prepare_cached("SELECT kind FROM conversations WHERE id = ?1")?
        .query_row([sql(conv)], |row| row::conversation_kind(row, 0))?;
    let members: Vec<Member> = standings
        .iter()
        .take(2)
        .map(|(member, _)| *member)
        .collect();
    other_shown(conn, kind, &members, user)
}

/// How far the members have come, ascending by user.
fn all_members(conn: &Connection, conv: ConversationId) -> Result<Vec<Member>> {
    conn.prepare_cached(
        "SELECT user_id, read_seq, delivered_seq FROM members
         WHERE conv_id = ?1 AND until_seq IS NULL ORDER BY user_id",
    )?
    .query_map([sql(conv)], row::member)?
    .collect()
}

/// The members who may not read a log from its beginning, each with where they may begin. Ascending.
pub(crate) fn windows(conn: &Connection, conv: ConversationId) -> Result<Vec<(UserId, Seq)>> {
    conn.prepare_cached(
        "SELECT user_id, since_seq FROM members
         WHERE conv_id = ?1 AND until_seq IS NULL AND since_seq > 1 ORDER BY user_id",
    )?
    .query_map([sql(conv)], |row| Ok((row::id(row, 0)?, row::id(row, 1)?)))?
    .collect()
}

/// The members, ascending.
pub(crate) fn member_ids(conn: &Connection, conv: ConversationId) -> Result<Vec<UserId>> {
    conn.prepare_cached(
        "SELECT user_id FROM members WHERE conv_id = ?1 AND until_seq IS NULL ORDER BY user_id",
    )?
    .query_map([sql(conv)], |row| row::id(row, 0))?
    .collect()
}

/// The 1:1 conversation of two users, the lower id first; of a user with oneself, where they are the same.
pub(crate) fn direct_conversation(
    conn: &Connection,
    low: UserId,
    high: UserId,
) -> Result<Option<ConversationId>> {
    if low == high {
        return conn
            .prepare_cached("SELECT conv_id FROM own_conversations WHERE user_id = ?1")?
            .query_row([sql(low)], |row| row::id(row, 0))
            .optional();
    }
    conn.prepare_cached(
        "SELECT conv_id FROM direct_conversations WHERE low_user = ?1 AND high_user = ?2",
    )?
    .query_row((sql(low), sql(high)), |row| row::id(row, 0))
    .optional()
}
