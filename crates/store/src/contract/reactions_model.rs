//! Reactions, as plainly as can be.

use std::collections::BTreeMap;
use std::sync::Arc;

use hongyan_protocol::{Seq, UserId};

use super::model::{Log, Model};
use crate::{
    Content, MessageReactions, React, ReactError, Reacted, Reaction, ReactionPage, ReactionRange,
};

impl Model {
    pub(super) fn react(&mut self, react: &React) -> Result<Reacted, ReactError> {
        let at = self.find(react.conv).ok_or(ReactError::NotMember)?;
        let is_blocked = self.is_blocked_in(&self.logs[at], react.user);
        let log = &mut self.logs[at];
        if !log.has(react.user) {
            return Err(ReactError::NotMember);
        }
        if react.seq < log.since(react.user) {
            return Err(ReactError::NoSuchMessage);
        }
        if !log.may_have_reactions(react.seq)? {
            return Err(ReactError::Recalled);
        }
        if is_blocked && react.on {
            return Err(ReactError::NotAllowed);
        }
        let key = (react.seq, Arc::clone(&react.value), react.user);
        let is_new = !log.counts(react.seq).contains_key(&react.value);
        let changed = react.on != log.reactions.contains(&key);
        if changed && react.on && is_new && log.counts(react.seq).len() == 20 {
            return Err(ReactError::TooMany);
        }
        if changed {
            match react.on {
                true => log.reactions.insert(key),
                false => log.reactions.remove(&key),
            };
            log.reacted.push(react.seq);
        }
        Ok(Reacted {
            conv: react.conv,
            seq: react.seq,
            changed,
            number: log.reacted.len() as u64,
            counts: log.counts(react.seq).into_iter().collect(),
            members: log.members_who_read(react.seq).into(),
        })
    }
}

impl Log {
    /// Whether the message is not recalled.
    fn may_have_reactions(&self, seq: Seq) -> Result<bool, ReactError> {
        let entry = self.entries.iter().find(|entry| entry.seq == seq);
        match entry.map(|entry| &entry.content) {
            Some(Content::Message { recalled_by, .. }) => Ok(recalled_by.is_none()),
            _ => Err(ReactError::NoSuchMessage),
        }
    }

    fn counts(&self, seq: Seq) -> BTreeMap<Arc<str>, u64> {
        let mut counts = BTreeMap::new();
        if self.may_have_reactions(seq) != Ok(true) {
            return counts;
        }
        for (at, value, _) in &self.reactions {
            if *at == seq {
                *counts.entry(Arc::clone(value)).or_default() += 1;
            }
        }
        counts
    }

    /// What this member is to be shown, in one page.
    pub(super) fn reactions_for(&self, user: UserId, range: ReactionRange) -> ReactionPage {
        let mut last_changes = BTreeMap::new();
        for (at, seq) in self.reacted.iter().enumerate() {
            last_changes.insert(*seq, at as u64 + 1);
        }
        let mut messages = Vec::new();
        for (seq, number) in last_changes {
            if seq < self.told_from(user) {
                continue;
            }
            let is_meant = match range {
                ReactionRange::After(after) => number > after,
                ReactionRange::Within(first, last) => (first..=last).contains(&seq),
            };
            let counts = self.counts(seq).into_iter();
            let reactions = counts.map(|(value, count)| Reaction {
                mine: self.reactions.contains(&(seq, Arc::clone(&value), user)),
                value,
                count,
            });
            if is_meant {
                messages.push(MessageReactions {
                    seq,
                    number,
                    reactions: reactions.collect(),
                });
            }
        }
        if matches!(range, ReactionRange::After(_)) {
            messages.sort_by_key(|message| message.number);
        }
        ReactionPage {
            messages,
            number: self.reacted.len() as u64,
            more: false,
        }
    }
}
