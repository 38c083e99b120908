//! Users and sessions.

use hongyan_protocol::{Millis, UserId};
use hongyan_store::{Credentials, Privacy, Session, User, login_key};
use rusqlite::{Connection, OptionalExtension, Result};

use crate::row::{self, SESSION_COLUMNS, USER_COLUMNS, sql};

/// Sessions that one list may show; the least recently used are left out.
const SESSIONS: i64 = 1000;

pub(crate) fn credentials(conn: &Connection, login: &str) -> Result<Option<Credentials>> {
    let found = |condition: &str, name: &str| {
        conn.prepare_cached(&format!(
            "SELECT id, password_hash FROM users WHERE {condition}"
        ))?
        .query_row([name], |row| {
            Ok(Credentials {
                user: row::id(row, 0)?,
                password_hash: row.get(1)?,
            })
        })
        .optional()
    };
    // As it was spelled first: of two names that once were two, each is found by its own.
    match found("login = ?1", login)? {
        Some(found) => Ok(Some(found)),
        // With a space it is the key of one that has no spelling but its own.
        None => found("login_key = ?1 AND ?1 NOT LIKE ' %'", &login_key(login)),
    }
}

pub(crate) fn users(conn: &Connection, ids: &[UserId]) -> Result<Vec<User>> {
    let mut select =
        conn.prepare_cached(&format!("SELECT {USER_COLUMNS} FROM users WHERE id = ?1"))?;
    let found = ids
        .iter()
        .map(|id| select.query_row([sql(*id)], row::user).optional());
    found.filter_map(Result::transpose).collect()
}

/// What these users let others see, of those who changed it.
pub(crate) fn privacy(conn: &Connection, ids: &[UserId]) -> Result<Vec<(UserId, Privacy)>> {
    let mut select =
        conn.prepare_cached("SELECT hides_last_seen, invisible FROM privacy WHERE user_id = ?1")?;
    let found = ids.iter().map(|id| {
        let row = select.query_row([sql(*id)], |row| {
            let privacy = Privacy {
                hides_last_seen: row.get(0)?,
                invisible: row.get(1)?,
            };
            Ok((*id, privacy))
        });
        row.optional()
    });
    found.filter_map(Result::transpose).collect()
}

/// When these users were last seen on any of their devices.
pub(crate) fn last_seen(conn: &Connection, ids: &[UserId]) -> Result<Vec<(UserId, Millis)>> {
    let mut select = conn.prepare_cached(
        "SELECT seen_at FROM sessions WHERE user_id = ?1 ORDER BY seen_at DESC LIMIT 1",
    )?;
    let found = ids.iter().map(|id| {
        let row = select.query_row([sql(*id)], |row| Ok((*id, row::id(row, 0)?)));
        row.optional()
    });
    found.filter_map(Result::transpose).collect()
}

pub(crate) fn list_users(conn: &Connection, after: UserId, limit: usize) -> Result<Vec<User>> {
    conn.prepare_cached(&format!(
        "SELECT {USER_COLUMNS} FROM users WHERE id > ?1 ORDER BY id LIMIT ?2"
    ))?
    .query_map((sql(after), row::limit(limit)), row::user)?
    .collect()
}

pub(crate) fn session(
    conn: &Connection,
    token_hash: &[u8; 32],
    now: Millis,
) -> Result<Option<(Session, User)>> {
    let session = conn
        .prepare_cached(&format!(
            "SELECT {SESSION_COLUMNS} FROM sessions WHERE token_hash = ?1 AND expires_at > ?2"
        ))?
        .query_row((token_hash, sql(now)), row::session)
        .optional()?;
    let Some(session) = session else {
        return Ok(None);
    };
    let user = users(conn, &[session.user])?.pop();
    Ok(user.map(|user| (session, user)))
}

pub(crate) fn is_revoked(conn: &Connection, token_hash: &[u8; 32], now: Millis) -> Result<bool> {
    conn.prepare_cached("SELECT 1 FROM revoked_tokens WHERE token_hash = ?1 AND expires_at > ?2")?
        .exists((token_hash, sql(now)))
}

pub(crate) fn sessions(conn: &Connection, user: UserId, now: Millis) -> Result<Vec<Session>> {
    conn.prepare_cached(&format!(
        "SELECT {SESSION_COLUMNS} FROM sessions WHERE user_id = ?1 AND expires_at > ?2
         ORDER BY seen_at DESC, id DESC LIMIT {SESSIONS}"
    ))?
    .query_map((sql(user), sql(now)), row::session)?
    .collect()
}
