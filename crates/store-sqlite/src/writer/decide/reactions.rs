//! One reaction: its facts, and the verdict of the rules.
//!
//! Owns: how the reactions of the messages lately reacted to stand.
//! Promises: what is remembered is ahead of the tables or equal to them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;
use hongyan_protocol::{ConversationId, Seq, UserId};
use hongyan_store::rules::{self, ReactFacts};
use hongyan_store::{React, ReactError, Reacted};
use rusqlite::{Connection, Result};

use super::Batch;
use crate::read;
use crate::row::sql;
use crate::writer::journal::{Reaction, Record};

/// Messages remembered at most. About 300 bytes each.
const MESSAGES: usize = 4096;

/// Changes remembered at most, over all messages. About 60 bytes each.
const CHANGES: usize = 64 * 1024;

/// How the reactions of the messages lately reacted to stand.
#[derive(Default)]
pub(super) struct Reactions {
    messages: HashMap<(ConversationId, Seq), Message, RandomState>,
    /// The number of each conversation's last change.
    numbers: HashMap<ConversationId, u64, RandomState>,
    changes: usize,
}

#[derive(Default)]
struct Message {
    counts: BTreeMap<Arc<str>, u64>,
    /// What was changed since it is remembered: the tables may not have it yet.
    set: HashMap<(UserId, Arc<str>), bool>,
}

impl Reactions {
    pub(super) fn is_overgrown(&self) -> bool {
        self.messages.len() >= MESSAGES || self.numbers.len() >= MESSAGES || self.changes >= CHANGES
    }

    /// Forgets all. Nothing may be ahead of the tables, or what is ahead was lost.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// A reaction that was decided counts.
    pub(super) fn add(&mut self, conn: &Connection, reaction: &Reaction) -> Result<()> {
        self.numbers.insert(reaction.conv, reaction.number);
        self.changes += 1;
        let message = self.message(conn, reaction.conv, reaction.seq)?;
        let value = Arc::clone(&reaction.value);
        match reaction.count {
            0 => message.counts.remove(&value),
            count => message.counts.insert(Arc::clone(&value), count),
        };
        message.set.insert((reaction.user, value), reaction.on);
        Ok(())
    }

    fn message(
        &mut self,
        conn: &Connection,
        conv: ConversationId,
        seq: Seq,
    ) -> Result<&mut Message> {
        use std::collections::hash_map::Entry;
        match self.messages.entry((conv, seq)) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(free) => {
                let counts = read::reaction_counts(conn, conv, seq)?;
                let counts = counts.into_iter().collect();
                Ok(free.insert(Message {
                    counts,
                    ..Message::default()
                }))
            }
        }
    }

    fn number(&mut self, conn: &Connection, conv: ConversationId) -> Result<u64> {
        if let Some(number) = self.numbers.get(&conv) {
            return Ok(*number);
        }
        let number = read::reaction_number(conn, conv)?;
        self.numbers.insert(conv, number);
        Ok(number)
    }
}

impl Message {
    fn is_set(&self, conn: &Connection, react: &React) -> Result<bool> {
        let key = (react.user, Arc::clone(&react.value));
        if let Some(on) = self.set.get(&key) {
            return Ok(*on);
        }
        conn.prepare_cached(
            "SELECT 1 FROM reactions
             WHERE conv_id = ?1 AND seq = ?2 AND value = ?3 AND user_id = ?4",
        )?
        .exists((
            sql(react.conv),
            sql(react.seq),
            &*react.value,
            sql(react.user),
        ))
    }
}

impl Batch<'_> {
    pub(super) fn react(
        &mut self,
        react: &React,
    ) -> Result<std::result::Result<Reacted, ReactError>> {
        let conn = self.state.conn;
        let hot = self.state.cache.conversation(conn, react.conv)?;
        let Some(hot) = hot.filter(|hot| hot.has(react.user)) else {
            return Ok(Err(ReactError::NotMember));
        };
        if react.seq < hot.since(react.user) {
            return Ok(Err(ReactError::NoSuchMessage));
        }
        let blind = hot.windows.blind(react.seq);
        let members = match blind.is_empty() {
            true => Arc::clone(&hot.members),
            false => {
                let members = hot.members.iter().copied();
                let is_blind = |user: &UserId| blind.binary_search(user).is_ok();
                members.filter(|user| !is_blind(user)).collect()
            }
        };
        let Some(subject) = self.subject(react.conv, react.seq)? else {
            return Ok(Err(ReactError::NoSuchMessage));
        };
        let is_blocked = self
            .state
            .cache
            .is_blocked_in(conn, react.conv, react.user)?;
        let reactions = &mut self.state.cache.reactions;
        let message = reactions.message(conn, react.conv, react.seq)?;
        let facts = ReactFacts {
            is_member: true,
            is_blocked,
            subject: Some(subject),
            is_set: message.is_set(conn, react)?,
            count: message.counts.get(&react.value).copied().unwrap_or(0),
            values: message.counts.len(),
        };
        let changed = match rules::decide_reaction(react.on, facts) {
            Ok(changed) => changed,
            Err(refused) => return Ok(Err(refused)),
        };
        if let Some(count) = changed {
            self.put(react, count)?;
        }
        let reactions = &mut self.state.cache.reactions;
        let number = reactions.number(conn, react.conv)?;
        let counts = &reactions.message(conn, react.conv, react.seq)?.counts;
        let counts = counts.iter();
        Ok(Ok(Reacted {
            conv: react.conv,
            seq: react.seq,
            changed: changed.is_some(),
            number,
            counts: counts
                .map(|(value, count)| (Arc::clone(value), *count))
                .collect(),
            members,
        }))
    }

    /// The reaction is set or taken back, and so many have set it then.
    fn put(&mut self, react: &React, count: u64) -> Result<()> {
        let conn = self.state.conn;
        let reactions = &mut self.state.cache.reactions;
        let reaction = Arc::new(Reaction {
            conv: react.conv,
            seq: react.seq,
            user: react.user,
            value: Arc::clone(&react.value),
            on: react.on,
            at: react.at,
            count,
            number: reactions.number(conn, react.conv)? + 1,
        });
        reactions.add(conn, &reaction)?;
        self.decided.payload.reaction(&reaction);
        self.state.pending.react(Arc::clone(&reaction));
        self.decided.news.push(Record::Reaction(reaction));
        Ok(())
    }
}
