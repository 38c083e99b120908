//! Groups as rows: what a change of one writes.
//!
//! Not here: positions and the numbers of changes, which come with the rows that the settlement writes at its end.

use hongyan_protocol::Seq;
use hongyan_store::{Event, Role, Setting, Settings};
use rusqlite::{Connection, Result};

use super::{order, views};
use crate::row::{self, sql};
use crate::writer::journal::Entry;

/// A group that has nothing in it yet.
pub(super) fn begin(conn: &Connection, entry: &Entry) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO conversations (id, kind, size, head, messages, last_message)
         VALUES (?1, ?2, 0, 0, 0, 0)",
    )?
    .execute((sql(entry.place.conv), row::GROUP))?;
    Ok(())
}

/// What the entry makes of its group.
pub(super) fn change(conn: &Connection, entry: &Entry) -> Result<()> {
    let Some(effects) = entry.effects() else {
        return Ok(());
    };
    let (conv, seq) = (sql(entry.place.conv), sql(entry.place.seq));
    match &effects.event {
        Event::Created { name, .. } => {
            let Settings { post, invite, .. } = Settings::default();
            conn.prepare_cached(
                "INSERT INTO groups (conv_id, creator_id, client_id, name, description, avatar, post, invite)
                 VALUES (?1, ?2, ?3, ?4, '', '', ?5, ?6)",
            )?
            .execute((
                conv,
                sql(entry.from),
                entry.client_id.as_str(),
                &**name,
                post.code(),
                invite.code(),
            ))?;
        }
        Event::Set(setting) => set(conn, conv, setting)?,
        Event::Disbanded => {
            conn.prepare_cached(
                "UPDATE members SET until_seq = ?2 WHERE conv_id = ?1 AND until_seq IS NULL",
            )?
            .execute((conv, seq))?;
            views::end(conn, entry.place.conv)?;
        }
        event => order::change(conn, conv, event, entry.at)?,
    }
    for (user, role) in &effects.members {
        match role {
            Some(role) if effects.brings_in() => {
                let joined = entry.place.seq;
                comes(conn, conv, sql(*user), *role, (effects.since, joined))?;
            }
            Some(role) => {
                conn.prepare_cached(
                    "UPDATE members SET role = ?3 WHERE conv_id = ?1 AND user_id = ?2",
                )?
                .execute((conv, sql(*user), role.code()))?;
            }
            None => {
                conn.prepare_cached(
                    "UPDATE members SET until_seq = ?3 WHERE conv_id = ?1 AND user_id = ?2",
                )?
                .execute((conv, sql(*user), seq))?;
            }
        }
    }
    Ok(())
}

fn comes(
    conn: &Connection,
    conv: i64,
    user: i64,
    role: Role,
    (since, joined): (Seq, Seq),
) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO members (conv_id, user_id, read_seq, delivered_seq, version, role, since_seq, joined_seq)
         VALUES (?1, ?2, 0, 0, 0, ?3, ?4, ?5)
         ON CONFLICT (conv_id, user_id) DO UPDATE
         SET role = excluded.role, since_seq = excluded.since_seq, joined_seq = excluded.joined_seq,
             until_seq = NULL",
    )?
    .execute((conv, user, role.code(), sql(since), sql(joined)))?;
    Ok(())
}

fn set(conn: &Connection, conv: i64, setting: &Setting) -> Result<()> {
    let text = |column: &str, text: &str| {
        conn.prepare_cached(&format!(
            "UPDATE groups SET {column} = ?2 WHERE conv_id = ?1"
        ))?
        .execute((conv, text))
    };
    let code = |column: &str, code: i64| {
        conn.prepare_cached(&format!(
            "UPDATE groups SET {column} = ?2 WHERE conv_id = ?1"
        ))?
        .execute((conv, code))
    };
    match setting {
        Setting::Name(name) => text("name", name),
        Setting::Description(description) => text("description", description),
        Setting::Avatar(avatar) => text("avatar", avatar),
        Setting::Post(who) => code("post", who.code().into()),
        Setting::Invite(who) => code("invite", who.code().into()),
        Setting::History(window) => code("history", window.code().into()),
        Setting::Slow(seconds) => code("slow_s", i64::from(*seconds).min(u16::MAX.into())),
        Setting::Pin(who) => code("pin", who.code().into()),
        Setting::KeepDays(days) => code("keep_days", (*days).into()),
        Setting::KeepEntries(entries) => code("keep_entries", entries.cast_signed()),
        Setting::Ask(is_open) => code("ask", (*is_open).into()),
    }?;
    Ok(())
}
