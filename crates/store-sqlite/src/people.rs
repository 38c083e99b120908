//! The keys that people are found by.
//!
//! Owns: the table of keys: filling it, keeping it, looking through it.
//! Promises: each user has the keys of the present rules once the database is open, and a search reads a bounded number.
//! Not here: which keys somebody has, and what a query looks for ([`hongyan_store::people`]).

use std::collections::HashSet;

use foldhash::fast::RandomState;
use hongyan_protocol::UserId;
use hongyan_store::people::{KEYS_LOOKED_AT, KEYS_RULE, Look, PEOPLE_CHECKED, Query, keys};
use hongyan_store::{FoundUsers, User};
use rusqlite::{Connection, OptionalExtension, Result};

use crate::read;
use crate::row::{self, USER_COLUMNS, sql};

/// Users whose keys are made in one transaction when a database is opened.
const STEP: usize = 1000;

/// The last code point: no key has it, so those that begin alike stand before it.
const BEYOND: char = char::MAX;

/// Makes the keys of users who have none of the present rules, a step at a time: what a crash leaves undone the next
/// opening does.
pub(crate) fn fill(conn: &mut Connection) -> Result<()> {
    forget_other_rules(conn)?;
    let mut filled = 0;
    loop {
        let transaction = conn.transaction()?;
        let users: Vec<User> = transaction
            .prepare_cached(&format!(
                "SELECT {USER_COLUMNS} FROM users WHERE keys_rule = 0 LIMIT ?1"
            ))?
            .query_map([row::limit(STEP)], row::user)?
            .collect::<Result<_>>()?;
        for user in &users {
            add(&transaction, user)?;
        }
        transaction.commit()?;
        filled += users.len();
        if users.len() < STEP {
            break;
        }
        tracing::info!(users = filled, "making the keys that people are found by");
    }
    Ok(())
}

/// Drops all keys, where some were made by other rules.
fn forget_other_rules(conn: &mut Connection) -> Result<()> {
    let transaction = conn.transaction()?;
    let has_others = transaction
        .prepare(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM users WHERE keys_rule > ?1)
                 OR EXISTS (SELECT 1 FROM users WHERE keys_rule > 0 AND keys_rule < ?1)",
        )?
        .exists([KEYS_RULE])?;
    if has_others {
        transaction.execute("DELETE FROM user_keys", [])?;
        transaction.execute("UPDATE users SET keys_rule = 0 WHERE keys_rule <> 0", [])?;
    }
    transaction.commit()
}

/// Keeps the keys of a user who has none.
pub(crate) fn add(conn: &Connection, user: &User) -> Result<()> {
    let mut insert = conn.prepare_cached(
        "INSERT OR IGNORE INTO user_keys (class, key, user_id) VALUES (?1, ?2, ?3)",
    )?;
    for key in keys(&user.name, &user.login) {
        insert.execute((key.class.code(), &key.text, sql(user.id)))?;
    }
    conn.prepare_cached("UPDATE users SET keys_rule = ?2 WHERE id = ?1")?
        .execute((sql(user.id), KEYS_RULE))?;
    Ok(())
}

/// Removes the keys of a user, who is about to have another name.
pub(crate) fn remove(conn: &Connection, user: UserId) -> Result<()> {
    let user = conn
        .prepare_cached(&format!("SELECT {USER_COLUMNS} FROM users WHERE id = ?1"))?
        .query_row([sql(user)], row::user)
        .optional()?;
    let Some(user) = user else { return Ok(()) };
    let mut delete = conn
        .prepare_cached("DELETE FROM user_keys WHERE class = ?1 AND key = ?2 AND user_id = ?3")?;
    for key in keys(&user.name, &user.login) {
        delete.execute((key.class.code(), &key.text, sql(user.id)))?;
    }
    Ok(())
}

/// Whether the user has exactly the keys that the rules say, as far as that can be told by their number.
pub(crate) fn count_missing(conn: &Connection, user: &User) -> Result<(usize, usize)> {
    let mut find = conn
        .prepare_cached("SELECT 1 FROM user_keys WHERE class = ?1 AND key = ?2 AND user_id = ?3")?;
    let expected = keys(&user.name, &user.login);
    let mut missing = 0;
    for key in &expected {
        if !find.exists((key.class.code(), &key.text, sql(user.id)))? {
            missing += 1;
        }
    }
    Ok((expected.len(), missing))
}

/// See [`search_users`](hongyan_store::Accounts::search_users).
pub(crate) fn search(conn: &Connection, query: &Query, limit: usize) -> Result<FoundUsers> {
    let mut search = Search {
        conn,
        query,
        limit,
        keys: KEYS_LOOKED_AT,
        people: PEOPLE_CHECKED,
        found: Vec::new(),
        ids: HashSet::default(),
    };
    let mut more = false;
    for look in query.looks() {
        if !search.look(look)? {
            more = true;
            break;
        }
    }
    let users = read::users(conn, &search.found)?;
    Ok(FoundUsers { users, more })
}

struct Search<'a> {
    conn: &'a Connection,
    query: &'a Query,
    limit: usize,
    /// Keys that it may still read.
    keys: usize,
    /// People whose names it may still read.
    people: usize,
    /// In order.
    found: Vec<UserId>,
    /// The same.
    ids: HashSet<UserId, RandomState>,
}

impl Search<'_> {
    /// Takes those that are found here. Whether there may be more.
    fn look(&mut self, look: Look<'_>) -> Result<bool> {
        let mut refused = HashSet::<_, RandomState>::default();
        let mut select = self.conn.prepare_cached(
            "SELECT user_id FROM user_keys WHERE class = ?1 AND key >= ?2 AND key < ?3 ORDER BY key, user_id",
        )?;
        let beyond = format!("{}{BEYOND}", look.prefix);
        let mut rows = select.query((look.class.code(), look.prefix, beyond))?;
        while let Some(row) = rows.next()? {
            let Some(keys) = self.keys.checked_sub(1) else {
                return Ok(false);
            };
            self.keys = keys;
            let user: UserId = row::id(row, 0)?;
            if self.ids.contains(&user) || refused.contains(&user) {
                continue;
            }
            if look.needs_all_words {
                let Some(people) = self.people.checked_sub(1) else {
                    return Ok(false);
                };
                self.people = people;
                if !self.has_all_words(user)? {
                    refused.insert(user);
                    continue;
                }
            }
            if self.found.len() == self.limit {
                return Ok(false);
            }
            self.found.push(user);
            self.ids.insert(user);
        }
        Ok(true)
    }

    fn has_all_words(&self, user: UserId) -> Result<bool> {
        let found = read::users(self.conn, &[user])?;
        let fits = |user: &User| self.query.has_all_words(&user.name, &user.login);
        Ok(found.first().is_some_and(fits))
    }
}
