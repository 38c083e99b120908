//! Ways into groups as rows. How links and requests stand comes with the rows at the end of a settlement; here is what
//! an entry leaves.

use hongyan_protocol::{ConversationId, UserId};
use hongyan_store::Event;
use rusqlite::{Connection, Result};

use crate::row::sql;
use crate::writer::journal::Entry;

/// Who came in by which link.
pub(super) fn came(conn: &Connection, entry: &Entry) -> Result<()> {
    let Some(event) = entry.effects().map(|effects| &effects.event) else {
        return Ok(());
    };
    let user = match event {
        Event::Approved(user, _) => *user,
        _ => entry.from,
    };
    match event.link() {
        Some(link) => by(conn, entry, (entry.place.conv, link), user),
        None => Ok(()),
    }
}

fn by(
    conn: &Connection,
    entry: &Entry,
    (conv, link): (ConversationId, u64),
    user: UserId,
) -> Result<()> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO joiners (conv_id, link, seq, user_id) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((
        sql(conv),
        link.cast_signed(),
        sql(entry.place.seq),
        sql(user),
    ))?;
    Ok(())
}
