//! Puts entries closer together, where many have become short.
//!
//! SQLite joins pages that have become empty in part only where it deletes rows: a row that is made shorter in its place
//! leaves its page. A page has messages of several conversations, and they do not become short at one time. So when all are
//! done, a walk in the order of ids deletes some neighbouring rows at a time, and inserts them anew.
//!
//! Promises: a step is one transaction of the caller's, which ends with the rows that there were. Where it is stands in the
//! counters `pack_next` and `pack_last`, so the next start goes on there.
//! Not here: giving back the pages that get free by it (`retain`).

use rusqlite::types::Value;
use rusqlite::{Connection, Result, params_from_iter};

use crate::read;

/// Rows that one step puts closer together: some ten pages.
const ROWS: i64 = 256;

/// The rows of these ids have become shorter.
pub(super) fn note(conn: &Connection, ids: Option<(i64, i64)>) -> Result<()> {
    let Some((first, last)) = ids else {
        return Ok(());
    };
    let stretch = match read::to_pack(conn)? {
        Some((next, until)) => (next.min(first), until.max(last)),
        None => (first, last),
    };
    put(conn, stretch)
}

fn put(conn: &Connection, (next, last): (i64, i64)) -> Result<()> {
    let mut put = conn.prepare_cached(
        "INSERT INTO counters (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?;
    put.execute(("pack_next", next))?;
    put.execute(("pack_last", last))?;
    Ok(())
}

/// Puts the next rows closer together. How many.
pub(in crate::writer) fn step(conn: &Connection) -> Result<u64> {
    let Some((next, last)) = read::to_pack(conn)? else {
        return Ok(0);
    };
    let mut select = conn
        .prepare_cached("SELECT * FROM entries WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3")?;
    let columns = select.column_count();
    let id = select.column_index("id")?;
    let insert = format!(
        "INSERT INTO entries ({}) VALUES ({})",
        select.column_names().collect::<Vec<_>>().join(", "),
        vec!["?"; columns].join(", ")
    );
    let mut rows = select.query((next, last, ROWS))?;
    let mut taken: Vec<Vec<Value>> = Vec::new();
    let mut until = last;
    while let Some(row) = rows.next()? {
        until = row.get(id)?;
        taken.push(
            (0..columns)
                .map(|column| row.get(column))
                .collect::<Result<_>>()?,
        );
    }
    drop(rows);
    if taken.len() < usize::try_from(ROWS).unwrap_or(usize::MAX) {
        until = last;
    }
    conn.prepare_cached("DELETE FROM entries WHERE id BETWEEN ?1 AND ?2")?
        .execute((next, until))?;
    let mut insert = conn.prepare_cached(&insert)?;
    for row in &taken {
        insert.execute(params_from_iter(row))?;
    }
    put(conn, (until + 1, last))?;
    Ok(taken.len() as u64)
}
