//! One append: its facts, the verdict of the rules, and the place that it gets.
//!
//! Everything is judged before anything is decided, so a refusal needs no undoing.

use std::sync::Arc;

use hongyan_protocol::ConversationId;
use hongyan_store::rules::{self, Facts, Plan};
use hongyan_store::{Append, AppendError, Appended, Change, Effects, Target};
use rusqlite::{Error, Result};

use super::{Batch, Begun, Entry, Place, Record, What};

impl Batch<'_> {
    pub(super) fn append(
        &mut self,
        append: &Append,
    ) -> Result<std::result::Result<Appended, AppendError>> {
        let log = self.log(append)?;
        let conv = log.conv();
        let facts = Facts {
            earlier: match conv {
                Some(conv) => self.earlier(append, conv)?,
                None => None,
            },
            log,
            subject: match (append.change.subject(), conv) {
                (Some(seq), Some(conv)) => self.subject(conv, seq)?,
                (None, _) | (_, None) => None,
            },
            named: self.named(append, conv)?,
            coming: self.coming(append, conv)?,
        };
        match rules::decide(append, &facts) {
            Err(refused) => Ok(Err(refused)),
            Ok(Plan::Repeat(conv, earlier)) => {
                let hot = self.state.cache.conversation(self.state.conn, conv)?;
                let hot = hot.ok_or(Error::QueryReturnedNoRows)?;
                Ok(Ok(Appended {
                    conv,
                    seq: earlier.seq,
                    id: earlier.id,
                    at: earlier.at,
                    duplicate: true,
                    members: Arc::clone(&hot.members),
                    blind: Arc::default(),
                    event: None,
                    asking: None,
                }))
            }
            Ok(Plan::Append(conv)) => {
                let what = What::Said(append.change.clone());
                self.place(append, conv, what).map(Ok)
            }
            Ok(Plan::Begin) => {
                let conv = self.begin(append)?;
                let what = What::Said(append.change.clone());
                self.place(append, conv, what).map(Ok)
            }
            Ok(Plan::BeginGroup(effects)) => {
                let cache = &mut *self.state.cache;
                let conv = cache.next_conversation(self.state.conn)?;
                cache.begin_group(conv, append.from, append.client_id.clone());
                self.change(append, conv, effects).map(Ok)
            }
            Ok(Plan::Change(conv, effects)) => self.change(append, conv, effects).map(Ok),
        }
    }

    /// The entry takes the next place of the log of its group, and changes the group.
    fn change(
        &mut self,
        append: &Append,
        conv: ConversationId,
        effects: Effects,
    ) -> Result<Appended> {
        let digest = append.change.digest();
        let what = What::Changed {
            effects: effects.clone(),
            digest,
        };
        let before = self.place(append, conv, what)?;
        let (conn, cache) = (self.state.conn, &mut *self.state.cache);
        let ended = cache.change_group(conn, conv, append.from, &effects, append.at)?;
        let after = cache.conversation(conn, conv)?;
        let after = after.ok_or(Error::QueryReturnedNoRows)?;
        // Who goes is told so, and who comes as well: a change has only one of both.
        let members = match before.members.len() > after.members.len() {
            true => before.members,
            false => Arc::clone(&after.members),
        };
        let asking = self.asking_after(conv, &ended, &effects)?;
        let event = Some(Arc::new(effects.event));
        Ok(Appended {
            members,
            event,
            asking,
            ..before
        })
    }

    /// The conversation of the two begins.
    fn begin(&mut self, append: &Append) -> Result<ConversationId> {
        let Target::Direct(other) = append.target else {
            return Err(Error::InvalidQuery);
        };
        let begun = Begun {
            conv: self.state.cache.next_conversation(self.state.conn)?,
            low: append.from.min(other),
            high: append.from.max(other),
        };
        self.state.cache.begin(begun);
        self.state.pending.begin(begun);
        self.decided.payload.begin(begun);
        self.decided.news.push(Record::Begin(begun));
        Ok(begun.conv)
    }

    /// The entry takes the next place of the log.
    fn place(&mut self, append: &Append, conv: ConversationId, what: What) -> Result<Appended> {
        let (conn, cache) = (self.state.conn, &mut *self.state.cache);
        let id = cache.next_id(conn, conv)?;
        if let Change::Recall { target, .. } = append.change {
            cache.recalled(conn, conv, target)?;
        }
        if append.change.mentions_all() {
            cache.mentioned_all(conn, conv, append.at)?;
        }
        let said_at = append.change.is_message().then_some(append.at);
        let hot = cache.append(conn, conv, append.from, said_at)?;
        let place = Place {
            conv,
            seq: hot.head,
            id,
            messages: hot.messages,
        };
        let members = Arc::clone(&hot.members);
        let blind = match &append.change {
            Change::Edit { target, .. } => hot.windows.blind(*target),
            Change::Message { .. } | Change::Recall { .. } | Change::Group(_) => Arc::default(),
        };
        cache.fresh.is_used((conv, append.from), &append.client_id);
        let entry = Arc::new(Entry {
            from: append.from,
            at: append.at,
            client_id: append.client_id.clone(),
            what,
            place,
        });
        self.decided.payload.entry(&entry);
        self.state.pending.add(Arc::clone(&entry));
        self.decided.news.push(Record::Entry(entry));
        Ok(Appended {
            conv,
            seq: place.seq,
            id: place.id,
            at: append.at,
            duplicate: false,
            members,
            blind,
            event: None,
            asking: None,
        })
    }
}
