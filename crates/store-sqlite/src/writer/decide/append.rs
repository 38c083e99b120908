//! One append: its facts, the verdict of the rules, and the place that it gets.
//!
//! Everything is judged before anything is decided, so a refusal needs no undoing.

use std::sync::Arc;

use hongyan_protocol::ConversationId;
use hongyan_store::rules::{self, Facts, Plan};
use hongyan_store::{Append, AppendError, Appended, Target};
use rusqlite::{Error, Result};

use super::{Batch, Begun, Entry, Place, Record};

impl Batch<'_> {
    pub(super) fn append(
        &mut self,
        append: &Append,
    ) -> Result<std::result::Result<Appended, AppendError>> {
        let log = self.log(append)?;
        let facts = Facts {
            earlier: match log.conv() {
                Some(conv) => self.earlier(append, conv)?,
                None => None,
            },
            log,
            subject: match (append.change.subject(), log.conv()) {
                (Some(seq), Some(conv)) => self.subject(conv, seq)?,
                (None, _) | (_, None) => None,
            },
        };
        let conv = match rules::decide(append, &facts) {
            Err(refused) => return Ok(Err(refused)),
            Ok(Plan::Repeat(conv, earlier)) => {
                let hot = self.state.cache.conversation(self.state.conn, conv)?;
                let hot = hot.ok_or(Error::QueryReturnedNoRows)?;
                return Ok(Ok(Appended {
                    conv,
                    seq: earlier.seq,
                    id: earlier.id,
                    at: earlier.at,
                    duplicate: true,
                    members: Arc::clone(&hot.members),
                }));
            }
            Ok(Plan::Append(conv)) => conv,
            Ok(Plan::Begin) => self.begin(append)?,
        };
        self.place(append, conv).map(Ok)
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
    fn place(&mut self, append: &Append, conv: ConversationId) -> Result<Appended> {
        let (conn, cache) = (self.state.conn, &mut *self.state.cache);
        let is_message = append.change.is_message();
        let id = cache.next_id(conn, conv)?;
        let hot = cache.append(conn, conv, append.from, is_message)?;
        let place = Place {
            conv,
            seq: hot.head,
            id,
            messages: hot.messages,
        };
        let members = Arc::clone(&hot.members);
        cache.fresh.is_used((conv, append.from), &append.client_id);
        self.decided.payload.entry(append, place);
        let entry = Arc::new(Entry {
            append: append.clone(),
            place,
        });
        self.state.pending.add(Arc::clone(&entry));
        self.decided.news.push(Record::Entry(entry));
        Ok(Appended {
            conv,
            seq: place.seq,
            id: place.id,
            at: append.at,
            duplicate: false,
            members,
        })
    }
}
