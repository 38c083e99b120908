//! Bans, mutes and pins as rows: what an event writes.

use hongyan_protocol::{Millis, Seq};
use hongyan_store::Event;
use rusqlite::{Connection, Result};

use crate::read::mark;
use crate::row::sql;

/// What an event at this time makes of them.
pub(super) fn change(conn: &Connection, conv: i64, event: &Event, at: Millis) -> Result<()> {
    match event {
        Event::Banned(users, _) => users
            .iter()
            .try_for_each(|user| set(conn, conv, mark::BANNED, sql(*user), 0)),
        Event::Unbanned(users) => users
            .iter()
            .try_for_each(|user| clear(conn, conv, mark::BANNED, sql(*user))),
        Event::Muted(user, until) => {
            conn.prepare_cached(
                "DELETE FROM marks WHERE conv_id = ?1 AND kind = ?2 AND value <= ?3",
            )?
            .execute((conv, mark::MUTED, sql(at)))?;
            match *until > at {
                true => set(conn, conv, mark::MUTED, sql(*user), sql(*until)),
                false => clear(conn, conv, mark::MUTED, sql(*user)),
            }
        }
        Event::Pinned(seq) => set(conn, conv, mark::PINNED, sql(*seq), 0),
        Event::Unpinned(seq) => unpin(conn, conv, *seq),
        Event::Created { .. }
        | Event::Added(_)
        | Event::Removed(_)
        | Event::Left
        | Event::Role(..)
        | Event::Set(_)
        | Event::Joined(_)
        | Event::Approved(..)
        | Event::Disbanded => Ok(()),
    }
}

/// A message is not pinned any more, if it was.
pub(super) fn unpin(conn: &Connection, conv: i64, seq: Seq) -> Result<()> {
    clear(conn, conv, mark::PINNED, sql(seq))
}

fn set(conn: &Connection, conv: i64, kind: i64, key: i64, value: i64) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO marks (conv_id, kind, key, value) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (conv_id, kind, key) DO UPDATE SET value = excluded.value",
    )?
    .execute((conv, kind, key, value))?;
    Ok(())
}

fn clear(conn: &Connection, conv: i64, kind: i64, key: i64) -> Result<()> {
    conn.prepare_cached("DELETE FROM marks WHERE conv_id = ?1 AND kind = ?2 AND key = ?3")?
        .execute((conv, kind, key))?;
    Ok(())
}
