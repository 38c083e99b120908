//! Ways into groups.

use std::sync::Arc;

use hongyan_protocol::{ConversationId, Millis, Seq, UserId};
use hongyan_store::{
    Admission, Joiner, Knock, Link, LinkToken, NewLink, OwnRequest, Request, Role, WayIn, Ways,
};
use rusqlite::{Connection, Error, OptionalExtension, Result, Row};

use super::conversation::{member, settings};
use super::order::is_banned;
use crate::row::{self, sql};

/// The columns that [`link`] reads.
const LINK_COLUMNS: &str =
    "link, token, maker_id, client_id, name, made_at, expires_at, admits, uses";

/// All ways into a group.
pub(crate) fn ways(conn: &Connection, conv: ConversationId) -> Result<Ways> {
    let made = conn
        .prepare_cached("SELECT links FROM groups WHERE conv_id = ?1")?
        .query_row([sql(conv)], |row| row::count(row, 0))
        .optional()?;
    let links = links(conn, conv)?.into_iter();
    let requests = conn
        .prepare_cached("SELECT user_id, at, link, is_declined FROM requests WHERE conv_id = ?1")?
        .query_map([sql(conv)], of_user)?
        .collect::<Result<_>>()?;
    Ok(Ways {
        links: links.map(|link| (link.id, Arc::new(link))).collect(),
        made: made.unwrap_or_default(),
        requests,
    })
}

/// What a member of a group may do; `None` for somebody who is none, or where it is no group.
pub(crate) fn group_role(
    conn: &Connection,
    conv: ConversationId,
    user: UserId,
) -> Result<Option<Role>> {
    let is_group = conn
        .prepare_cached("SELECT 1 FROM groups WHERE conv_id = ?1")?
        .exists([sql(conv)])?;
    match is_group {
        true => Ok(member(conn, conv, user)?.map(|own| own.role)),
        false => Ok(None),
    }
}

/// Admins and the owner of a group, ascending.
pub(crate) fn admins(conn: &Connection, conv: ConversationId) -> Result<Vec<UserId>> {
    conn.prepare_cached(
        "SELECT user_id FROM members
         WHERE conv_id = ?1 AND until_seq IS NULL AND role >= ?2 ORDER BY user_id",
    )?
    .query_map((sql(conv), Role::Admin.code()), |row| row::id(row, 0))?
    .collect()
}

/// The links of a group, ascending.
pub(crate) fn links(conn: &Connection, conv: ConversationId) -> Result<Vec<Link>> {
    conn.prepare_cached(&format!(
        "SELECT {LINK_COLUMNS} FROM links WHERE conv_id = ?1 ORDER BY link"
    ))?
    .query_map([sql(conv)], link)?
    .collect()
}

/// The links of a group that this member may see, each with whether it works now.
pub(crate) fn links_for(
    conn: &Connection,
    conv: ConversationId,
    (user, role): (UserId, Role),
    now: Millis,
) -> Result<Vec<(Link, bool)>> {
    let settings = settings(conn, conv)?;
    let mut all = links(conn, conv)?;
    all.retain(|link| role >= Role::Admin || link.by == user);
    let told = all.into_iter().map(|link| {
        let maker = member(conn, conv, link.by)?.map(|maker| maker.role);
        let is_live = link.is_live(maker, &settings, now);
        Ok((link, is_live))
    });
    told.collect()
}

/// Whether this member may see who came by a link.
pub(crate) fn sees_joiners(
    conn: &Connection,
    conv: ConversationId,
    (user, role): (UserId, Role),
    link: u64,
) -> Result<bool> {
    if role >= Role::Admin {
        return Ok(true);
    }
    conn.prepare_cached("SELECT 1 FROM links WHERE conv_id = ?1 AND link = ?2 AND maker_id = ?3")?
        .exists((sql(conv), link.cast_signed(), sql(user)))
}

/// At most `limit` of those who came in by a link behind an entry.
pub(crate) fn joiners(
    conn: &Connection,
    (conv, link): (ConversationId, u64),
    after: Seq,
    limit: usize,
) -> Result<Vec<Joiner>> {
    conn.prepare_cached(
        "SELECT j.seq, j.user_id, e.at FROM joiners j
         JOIN entries e ON e.conv_id = j.conv_id AND e.seq = j.seq
         WHERE j.conv_id = ?1 AND j.link = ?2 AND j.seq > ?3 ORDER BY j.seq LIMIT ?4",
    )?
    .query_map(
        (sql(conv), link.cast_signed(), sql(after), row::limit(limit)),
        |row| {
            Ok(Joiner {
                seq: row::id(row, 0)?,
                user: row::id(row, 1)?,
                at: row::id(row, 2)?,
            })
        },
    )?
    .collect()
}

/// At most `limit` of those above a user who wait to be let in.
pub(crate) fn requests(
    conn: &Connection,
    conv: ConversationId,
    after: UserId,
    limit: usize,
) -> Result<Vec<(UserId, Request)>> {
    conn.prepare_cached(
        "SELECT user_id, at, link, is_declined FROM requests
         WHERE conv_id = ?1 AND is_declined = 0 AND user_id > ?2 ORDER BY user_id LIMIT ?3",
    )?
    .query_map((sql(conv), sql(after), row::limit(limit)), of_user)?
    .collect()
}

/// How many wait to be let in.
pub(super) fn waiting(conn: &Connection, conv: ConversationId) -> Result<usize> {
    conn.prepare_cached("SELECT count(*) FROM requests WHERE conv_id = ?1 AND is_declined = 0")?
        .query_row([sql(conv)], |row| {
            Ok(usize::try_from(row::count(row, 0)?).unwrap_or(usize::MAX))
        })
}

/// The groups that this user waits to be let into.
pub(crate) fn asked(conn: &Connection, user: UserId) -> Result<Vec<ConversationId>> {
    conn.prepare_cached("SELECT conv_id FROM requests WHERE user_id = ?1 AND is_declined = 0")?
        .query_map([sql(user)], |row| row::id(row, 0))?
        .collect()
}

pub(crate) fn own_requests(
    conn: &Connection,
    user: UserId,
    now: Millis,
) -> Result<Vec<OwnRequest>> {
    let mut all: Vec<OwnRequest> = conn
        .prepare_cached(
            "SELECT r.conv_id, r.at, r.link, r.is_declined, g.name
             FROM requests r JOIN groups g ON g.conv_id = r.conv_id
             WHERE r.user_id = ?1 ORDER BY r.conv_id",
        )?
        .query_map([sql(user)], |row| {
            Ok(OwnRequest {
                conv: row::id(row, 0)?,
                name: row.get::<_, String>(4)?.into(),
                request: request(row)?,
            })
        })?
        .collect::<Result<_>>()?;
    all.retain(|own| own.request.counts(now));
    Ok(all)
}

/// How this user stands before a group.
pub(crate) fn way_in(
    conn: &Connection,
    user: UserId,
    knock: Knock,
    now: Millis,
) -> Result<Option<WayIn>> {
    match knock {
        Knock::Link(token) => {
            let Some((conv, link)) = by_token(conn, token)? else {
                return Ok(None);
            };
            let maker = member(conn, conv, link.by)?.map(|maker| maker.role);
            let before = before(conn, user, conv)?;
            // A member is told of the group in any case: who came by the last use may ask again.
            let is_live = |way: &WayIn| way.is_member || link.is_live(maker, &way.settings, now);
            let asks = link.new.admits == Admission::Approved;
            Ok(before.filter(is_live).map(|way| WayIn { asks, ..way }))
        }
        Knock::Group(conv) => Ok(before(conn, user, conv)?.filter(|way| way.settings.ask)),
    }
}

/// How this user stands before a group that has members.
fn before(conn: &Connection, user: UserId, conv: ConversationId) -> Result<Option<WayIn>> {
    let size = conn
        .prepare_cached("SELECT size FROM conversations WHERE id = ?1 AND kind = ?2 AND size > 0")?
        .query_row((sql(conv), row::GROUP), |row| row::count(row, 0))
        .optional()?;
    let Some(size) = size else {
        return Ok(None);
    };
    let request = conn
        .prepare_cached(
            "SELECT user_id, at, link, is_declined FROM requests
             WHERE conv_id = ?1 AND user_id = ?2",
        )?
        .query_row((sql(conv), sql(user)), of_user)
        .optional()?;
    Ok(Some(WayIn {
        conv,
        settings: settings(conn, conv)?.into(),
        size: usize::try_from(size).unwrap_or(usize::MAX),
        asks: true,
        is_member: member(conn, conv, user)?.is_some(),
        is_banned: is_banned(conn, conv, user)?,
        request: request.map(|(_, request)| request),
    }))
}

fn by_token(conn: &Connection, token: LinkToken) -> Result<Option<(ConversationId, Link)>> {
    conn.prepare_cached(&format!(
        "SELECT {LINK_COLUMNS}, conv_id FROM links WHERE token = ?1"
    ))?
    .query_row([token.0], |row| Ok((row::id(row, 9)?, link(row)?)))
    .optional()
}

fn link(row: &Row<'_>) -> Result<Link> {
    let admits: i64 = row.get(7)?;
    Ok(Link {
        id: row::count(row, 0)?,
        by: row::id(row, 2)?,
        made_at: row::id(row, 5)?,
        new: NewLink {
            client_id: row::client_id(row, 3)?,
            token: LinkToken(row.get(1)?),
            name: row.get::<_, String>(4)?.into(),
            expires_at: row::optional_id(row, 6)?,
            admits: match admits {
                0 => Admission::All,
                -1 => Admission::Approved,
                uses => Admission::First(
                    u64::try_from(uses).map_err(|_| Error::IntegralValueOutOfRange(7, uses))?,
                ),
            },
        },
        uses: row::count(row, 8)?,
    })
}

/// What is kept of whom a link lets in.
pub(crate) fn kept_admission(admits: Admission) -> i64 {
    match admits {
        Admission::All => 0,
        Admission::Approved => -1,
        Admission::First(uses) => uses.cast_signed(),
    }
}

fn of_user(row: &Row<'_>) -> Result<(UserId, Request)> {
    Ok((row::id(row, 0)?, request(row)?))
}

/// Reads `at, link, is_declined` behind another column.
fn request(row: &Row<'_>) -> Result<Request> {
    Ok(Request {
        at: row::id(row, 1)?,
        link: row.get::<_, Option<i64>>(2)?.map(i64::cast_unsigned),
        is_declined: row.get(3)?,
    })
}
