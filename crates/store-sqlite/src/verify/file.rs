//! The file as a whole: what SQLite can say of it, and what holds across conversations.

use hongyan_store::Fault;
use rusqlite::Result;

use super::Check;
use crate::row;

impl Check<'_> {
    pub(super) fn file(&mut self) -> Result<()> {
        self.sqlite_checks()?;
        self.client_ids()?;
        self.changes()?;
        self.report.users = self
            .conn
            .query_row("SELECT count(*) FROM users", [], |row| row::count(row, 0))?;
        Ok(())
    }

    fn sqlite_checks(&mut self) -> Result<()> {
        let mut integrity = self.conn.prepare("PRAGMA integrity_check(100)")?;
        let mut rows = integrity.query([])?;
        while let Some(row) = rows.next()? {
            let line: String = row.get(0)?;
            if line != "ok" {
                self.fault(Fault::Engine(line));
            }
        }
        let mut foreign_keys = self.conn.prepare("PRAGMA foreign_key_check")?;
        let mut rows = foreign_keys.query([])?;
        while let Some(row) = rows.next()? {
            let (table, rowid, parent): (String, Option<i64>, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let row = rowid.map_or_else(String::new, |rowid| format!(" {rowid}"));
            self.fault(Fault::Engine(format!(
                "{table}{row} points to a row of {parent} that is not there"
            )));
        }
        Ok(())
    }

    fn client_ids(&mut self) -> Result<()> {
        let mut twice = self.conn.prepare(
            "SELECT sender_id, client_id FROM entries GROUP BY conv_id, sender_id, client_id
             HAVING count(*) > 1",
        )?;
        let mut rows = twice.query([])?;
        while let Some(row) = rows.next()? {
            self.fault(Fault::ClientIdTwice {
                user: row::id(row, 0)?,
                client_id: row::client_id(row, 1)?,
            });
        }
        Ok(())
    }

    /// Changes have numbers of their own, and a counter that lags would give one twice: a sync that
    /// turns its page between the two would miss the second.
    fn changes(&mut self) -> Result<()> {
        let (counter, given) = self.conn.query_row(
            "SELECT (SELECT value FROM counters WHERE name = 'version'),
                    max((SELECT coalesce(max(version), 0) FROM conversations),
                        (SELECT coalesce(max(version), 0) FROM members))",
            [],
            |row| Ok((row::count(row, 0)?, row::count(row, 1)?)),
        )?;
        if counter < given {
            self.fault(Fault::Engine(format!(
                "the change counter stands at {counter}, but change {given} was given"
            )));
        }
        let mut twice = self.conn.prepare(
            // All whom the end of a group puts out share its number.
            "SELECT version FROM (SELECT version, id AS conv_id FROM conversations
                                  UNION SELECT version, conv_id FROM members WHERE until_seq IS NOT NULL
                                  UNION ALL SELECT version, conv_id FROM members WHERE until_seq IS NULL)
             WHERE version > 0 GROUP BY version HAVING count(*) > 1",
        )?;
        let mut rows = twice.query([])?;
        while let Some(row) = rows.next()? {
            let version = row::count(row, 0)?;
            self.fault(Fault::Engine(format!(
                "change {version} was given more than once"
            )));
        }
        Ok(())
    }
}
