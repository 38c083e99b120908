//! Entries as rows: what is inserted, and what an edit or a recall replaces.

use hongyan_protocol::{Seq, UserId};
use hongyan_store::{Change, HeaderFields};
use rusqlite::{Connection, Error, Result, Statement, params};

use super::order;
use super::reactions;
use crate::row::{self, Kind, sql};
use crate::writer::journal::{Begun, Entry, What};

/// Writes an entry, or nothing where its sender used the client id in the conversation before.
pub(super) const INSERT: &str =
    "INSERT INTO entries (conv_id, seq, sender_id, kind, at, messages, digest, target,
         reply_to, client_id, mentions, body, body_type, id, topic, expires_at, origin,
         mentions_all)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
     ON CONFLICT (conv_id, sender_id, client_id) DO NOTHING";

/// Runs [`INSERT`]. Where the client id was used before it is an error, [`Error::StatementChangedRows`]: it was looked
/// for when the entry was decided.
pub(super) fn insert(insert: &mut Statement<'_>, entry: &Entry) -> Result<()> {
    let place = entry.place;
    let Columns {
        kind,
        target,
        reply_to,
        users,
        header,
        body,
    } = columns(&entry.what);
    let rows = insert.execute(params![
        sql(place.conv),
        sql(place.seq),
        sql(entry.from),
        kind.code(),
        sql(entry.at),
        place.messages.cast_signed(),
        entry.digest().0,
        target,
        reply_to.map(sql),
        entry.client_id.as_str(),
        row::users_blob(users),
        body.map(|(_, text)| text),
        body.map(|(code, _)| code),
        sql(place.id),
        header.and_then(|header| header.topic.as_deref()),
        header.and_then(|header| header.expires_at).map(sql),
        header.and_then(|header| header.origin.as_deref()),
        header.filter(|header| header.mentions_all).map(|_| true),
    ])?;
    match rows {
        1 => Ok(()),
        _ => Err(Error::StatementChangedRows(rows)),
    }
}

/// What the columns say that not every kind of entry has.
struct Columns<'a> {
    kind: Kind,
    /// What an edit or a recall is about; the number in an event.
    target: Option<i64>,
    reply_to: Option<Seq>,
    /// Who is mentioned, or named by an event.
    users: &'a [UserId],
    header: Option<&'a HeaderFields>,
    /// The type and the text of a body, or of an event.
    body: Option<(u8, &'a str)>,
}

fn columns(what: &What) -> Columns<'_> {
    let none = Columns {
        kind: Kind::Message,
        target: None,
        reply_to: None,
        users: &[],
        header: None,
        body: None,
    };
    match what {
        What::Said(Change::Message {
            body,
            reply_to,
            mentions,
            header,
        }) => Columns {
            reply_to: *reply_to,
            users: mentions,
            header: header.fields(),
            body: Some(body.kept()),
            ..none
        },
        What::Said(Change::Edit { target, body, .. }) => Columns {
            kind: Kind::Edit,
            target: Some(sql(*target)),
            body: Some(body.kept()),
            ..none
        },
        What::Said(Change::Recall { target, .. }) => Columns {
            kind: Kind::Recall,
            target: Some(sql(*target)),
            ..none
        },
        What::Changed { effects, .. } => {
            let kept = effects.event.kept();
            Columns {
                kind: Kind::Event,
                target: (kept.number != 0).then(|| kept.number.cast_signed()),
                users: kept.users,
                body: Some((kept.code, kept.text)),
                ..none
            }
        }
        // What was asked for is not what is kept of it.
        What::Said(Change::Group(_)) => none,
    }
}

/// What the entry does to earlier ones. An old wording is kept nowhere: an edit takes the message's place, and blanks
/// what earlier edits of it said; a recall blanks the message and all of its edits.
pub(super) fn replace(conn: &Connection, entry: &Entry) -> Result<()> {
    let (conv, seq) = (sql(entry.place.conv), sql(entry.place.seq));
    let Some(change) = entry.said() else {
        return Ok(());
    };
    match change {
        Change::Message { .. } | Change::Group(_) => {}
        Change::Edit { target, body, .. } => {
            let (code, text) = body.kept();
            conn.prepare_cached(
                "UPDATE entries INDEXED BY entries_edits SET body = NULL
                 WHERE conv_id = ?1 AND target = ?2 AND kind = 2 AND seq < ?3",
            )?
            .execute((conv, sql(*target), seq))?;
            conn.prepare_cached(
                "UPDATE entries SET body = ?4, body_type = ?5, edited_by = ?3
                 WHERE conv_id = ?1 AND seq = ?2",
            )?
            .execute((conv, sql(*target), seq, text, code))?;
        }
        Change::Recall { target, .. } => {
            conn.prepare_cached(
                "UPDATE entries INDEXED BY entries_edits SET body = NULL, recalled_by = ?3
                 WHERE conv_id = ?1 AND target = ?2 AND kind = 2",
            )?
            .execute((conv, sql(*target), seq))?;
            conn.prepare_cached(
                "UPDATE entries SET body = NULL, recalled_by = ?3 WHERE conv_id = ?1 AND seq = ?2",
            )?
            .execute((conv, sql(*target), seq))?;
            order::unpin(conn, conv, *target)?;
            reactions::recall(conn, conv, *target)?;
        }
    }
    Ok(())
}

/// A conversation that has nothing in it yet. Its head and its version come with the rows that the
/// settlement writes at its end.
pub(super) fn begin(conn: &Connection, begun: Begun) -> Result<()> {
    let Begun { conv, low, high } = begun;
    conn.prepare_cached(
        "INSERT INTO conversations (id, kind, size, head, messages, last_message)
         VALUES (?1, ?2, ?3, 0, 0, 0)",
    )?
    .execute((sql(conv), row::DIRECT, row::limit(begun.members().len())))?;
    if low == high {
        conn.prepare_cached("INSERT INTO own_conversations (user_id, conv_id) VALUES (?1, ?2)")?
            .execute((sql(low), sql(conv)))?;
    } else {
        conn.prepare_cached(
            "INSERT INTO direct_conversations (low_user, high_user, conv_id) VALUES (?1, ?2, ?3)",
        )?
        .execute((sql(low), sql(high), sql(conv)))?;
    }
    for user in begun.members() {
        conn.prepare_cached(
            "INSERT INTO members (conv_id, user_id, read_seq, delivered_seq, version)
             VALUES (?1, ?2, 0, 0, 0)",
        )?
        .execute((sql(conv), sql(user)))?;
    }
    Ok(())
}
