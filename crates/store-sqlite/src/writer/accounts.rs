//! Writes to users and sessions.
//!
//! Like a batch, each function runs inside a transaction of the caller's; the inner result is a
//! refusal, which leaves no trace.

use hongyan_protocol::{SessionId, UserId};
use hongyan_store::{
    CreateUserError, NewSession, NewUser, Privacy, REVOKED_TOKENS, SESSIONS_PER_USER, Session,
    User, login_key,
};
use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::people;
use crate::row::{self, SESSION_COLUMNS, USER_COLUMNS, sql};

pub(super) fn create_user(
    conn: &Connection,
    new: &NewUser,
) -> Result<std::result::Result<User, CreateUserError>> {
    let login_taken = conn
        .prepare_cached("SELECT 1 FROM users WHERE login = ?1 OR login_key = ?2")?
        .exists([&new.login, &login_key(&new.login)])?;
    if login_taken {
        return Ok(Err(CreateUserError::LoginTaken));
    }
    let id = match new.id {
        Some(id) if user_exists(conn, id)? => return Ok(Err(CreateUserError::IdTaken)),
        Some(id) => id,
        None => free_user_id(conn)?,
    };
    conn.prepare_cached(
        "INSERT INTO users (id, login, name, avatar, password_hash, created_at, login_key)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        sql(id),
        new.login,
        new.name,
        new.avatar,
        new.password_hash,
        sql(new.created_at),
        login_key(&new.login),
    ])?;
    let user = User {
        id,
        login: new.login.clone(),
        name: new.name.clone(),
        avatar: new.avatar.clone(),
        created_at: new.created_at,
    };
    people::add(conn, &user)?;
    Ok(Ok(user))
}

/// The next id that nobody has. Users are never deleted, so the search goes on where the last one ended.
fn free_user_id(conn: &Connection) -> Result<UserId> {
    let mut id: UserId = conn.query_row(
        "SELECT value FROM counters WHERE name = 'user'",
        [],
        |row| row::id(row, 0),
    )?;
    while user_exists(conn, id)? {
        let next = id.get() + 1;
        id = UserId::new(next)
            .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, next.cast_signed()))?;
    }
    conn.execute(
        "UPDATE counters SET value = ?1 WHERE name = 'user'",
        [sql(id)],
    )?;
    Ok(id)
}

fn user_exists(conn: &Connection, id: UserId) -> Result<bool> {
    conn.prepare_cached("SELECT 1 FROM users WHERE id = ?1")?
        .exists([sql(id)])
}

pub(super) fn rename_user(conn: &Connection, user: UserId, name: &str) -> Result<Option<User>> {
    people::remove(conn, user)?;
    let renamed = conn
        .prepare_cached(&format!(
            "UPDATE users SET name = ?2 WHERE id = ?1 RETURNING {USER_COLUMNS}"
        ))?
        .query_row((sql(user), name), row::user)
        .optional()?;
    if let Some(user) = &renamed {
        people::add(conn, user)?;
    }
    Ok(renamed)
}

/// By default a user has no row.
pub(super) fn set_privacy(conn: &Connection, user: UserId, privacy: Privacy) -> Result<bool> {
    if !user_exists(conn, user)? {
        return Ok(false);
    }
    if privacy == Privacy::default() {
        conn.prepare_cached("DELETE FROM privacy WHERE user_id = ?1")?
            .execute([sql(user)])?;
        return Ok(true);
    }
    conn.prepare_cached(
        "INSERT OR REPLACE INTO privacy (user_id, hides_last_seen, invisible) VALUES (?1, ?2, ?3)",
    )?
    .execute((sql(user), privacy.hides_last_seen, privacy.invisible))?;
    Ok(true)
}

pub(super) fn set_password(
    conn: &Connection,
    user: UserId,
    hash: &str,
    keep: Option<SessionId>,
) -> Result<Option<Vec<SessionId>>> {
    let changed = conn.execute(
        "UPDATE users SET password_hash = ?2 WHERE id = ?1",
        (sql(user), hash),
    )?;
    if changed == 0 {
        return Ok(None);
    }
    conn.prepare_cached(
        "INSERT OR IGNORE INTO revoked_tokens (token_hash, user_id, expires_at)
         SELECT token_hash, user_id, expires_at FROM sessions WHERE user_id = ?1 AND id IS NOT ?2",
    )?
    .execute((sql(user), keep.map(sql)))?;
    forget_oldest_revoked(conn, user)?;
    let mut end =
        conn.prepare("DELETE FROM sessions WHERE user_id = ?1 AND id IS NOT ?2 RETURNING id")?;
    let ended = end.query_map((sql(user), keep.map(sql)), |row| row::id(row, 0))?;
    ended.collect::<Result<Vec<_>>>().map(Some)
}

pub(super) fn open_session(
    conn: &Connection,
    new: &NewSession,
) -> Result<(Session, Vec<SessionId>)> {
    let earlier = conn
        .prepare_cached("DELETE FROM sessions WHERE user_id = ?1 AND device = ?2 RETURNING id")?
        .query_row((sql(new.user), &new.device), |row| row::id(row, 0))
        .optional()?;
    let mut ended = Vec::from_iter(earlier);
    // Expired sessions of other devices go on this occasion, so they do not pile up.
    conn.prepare_cached("DELETE FROM sessions WHERE user_id = ?1 AND expires_at <= ?2")?
        .execute((sql(new.user), sql(new.created_at)))?;
    for id in beyond_the_cap(conn, new)? {
        conn.prepare_cached("DELETE FROM sessions WHERE id = ?1")?
            .execute([sql(id)])?;
        ended.push(id);
    }
    let session = conn
        .prepare_cached(&format!(
            "INSERT INTO sessions (user_id, device, client, token_hash, created_at, seen_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6) RETURNING {SESSION_COLUMNS}"
        ))?
        .query_row(
            params![
                sql(new.user),
                new.device,
                new.client,
                new.token_hash,
                sql(new.created_at),
                sql(new.expires_at),
            ],
            row::session,
        )?;
    Ok((session, ended))
}

/// The sessions that have to go for a new one: those used longest ago, connected ones last.
fn beyond_the_cap(conn: &Connection, new: &NewSession) -> Result<Vec<SessionId>> {
    let mut latest_first = conn.prepare_cached(
        "SELECT id FROM sessions WHERE user_id = ?1 ORDER BY seen_at DESC, id DESC",
    )?;
    let live = latest_first.query_map([sql(new.user)], |row| row::id(row, 0))?;
    let live: Vec<SessionId> = live.collect::<Result<_>>()?;
    let (connected, others): (Vec<_>, Vec<_>) =
        live.into_iter().partition(|id| new.connected.contains(id));
    let in_order = connected.into_iter().chain(others);
    Ok(in_order.skip(SESSIONS_PER_USER - 1).collect())
}

pub(super) fn close_session(conn: &Connection, user: UserId, session: SessionId) -> Result<bool> {
    conn.prepare_cached(
        "INSERT OR IGNORE INTO revoked_tokens (token_hash, user_id, expires_at)
         SELECT token_hash, user_id, expires_at FROM sessions WHERE id = ?1 AND user_id = ?2",
    )?
    .execute((sql(session), sql(user)))?;
    forget_oldest_revoked(conn, user)?;
    let ended = conn
        .prepare_cached("DELETE FROM sessions WHERE id = ?1 AND user_id = ?2")?
        .execute((sql(session), sql(user)))?;
    Ok(ended > 0)
}

/// Keeps as many as are promised. What has expired is the first to go.
fn forget_oldest_revoked(conn: &Connection, user: UserId) -> Result<()> {
    let kept = i64::try_from(REVOKED_TOKENS).unwrap_or(i64::MAX);
    conn.prepare_cached(
        "DELETE FROM revoked_tokens WHERE token_hash IN (SELECT token_hash FROM revoked_tokens
             WHERE user_id = ?1 ORDER BY expires_at DESC LIMIT -1 OFFSET ?2)",
    )?
    .execute((sql(user), kept))?;
    Ok(())
}

/// Writes a page for the sake of writing it.
pub(super) fn probe(conn: &Connection) -> Result<()> {
    conn.prepare_cached("UPDATE counters SET value = value + 1 WHERE name = 'probe'")?
        .execute([])?;
    Ok(())
}
