//! The keys that people are found by.

use hongyan_store::people::KEYS_RULE;
use hongyan_store::{Fault, User};
use rusqlite::{Result, Transaction, TransactionBehavior};

use super::Check;
use crate::people;
use crate::row::{self, USER_COLUMNS};

impl Check<'_> {
    /// Each user has the keys of the present rules, and there are no others. Users who have none yet get them when the
    /// database is next opened to be written to.
    pub(super) fn people(&mut self) -> Result<()> {
        let snapshot = Transaction::new_unchecked(self.conn, TransactionBehavior::Deferred)?;
        let mut expected = 0;
        let mut select = snapshot.prepare(&format!(
            "SELECT {USER_COLUMNS} FROM users WHERE keys_rule = ?1"
        ))?;
        let mut users = select.query([KEYS_RULE])?;
        while let Some(row) = users.next()? {
            let user: User = row::user(row)?;
            let (keys, missing) = people::count_missing(&snapshot, &user)?;
            expected += keys as u64;
            if missing > 0 {
                self.fault(Fault::Engine(format!(
                    "user {}: {missing} of {keys} keys that the user is found by are not there",
                    user.id
                )));
            }
        }
        let kept = snapshot.query_row(
            "SELECT count(*) FROM user_keys WHERE user_id IN (SELECT id FROM users WHERE keys_rule = ?1)",
            [KEYS_RULE],
            |row| row::count(row, 0),
        )?;
        if kept > expected {
            self.fault(Fault::Engine(format!(
                "{} keys find people by names that they do not have",
                kept - expected
            )));
        }
        drop(users);
        drop(select);
        snapshot.finish()
    }
}
