//! What entries say of each other: answers, edits and recalls.

use hongyan_protocol::{ConversationId, Seq};
use hongyan_store::{Body, Content, Entry};
use rusqlite::{Connection, OptionalExtension, Result};

use super::Check;
use super::group::Present;
use crate::row::{self, ENTRY_COLUMNS, sql};

impl Check<'_> {
    /// Checks what this entry says of others, and what others should say of it. `present` are the
    /// members before it. `bare`: nothing up to there says anything.
    pub(super) fn links(&mut self, entry: &Entry, present: &Present, bare: Seq) -> Result<()> {
        let wrong = match &entry.content {
            Content::Message {
                body,
                reply_to,
                edited_by,
                recalled_by,
                mentions: _,
                header: _,
            } => [
                match entry.seq <= bare {
                    true => bareness(&entry.content),
                    false => blankness(body, *recalled_by),
                },
                self.reply(entry, *reply_to)?,
                self.editor(entry, *edited_by)?,
                self.recaller(entry, *recalled_by)?,
            ],
            Content::Edit {
                target,
                body,
                recalled_by,
            } => [
                self.edit(entry, *target, body, *recalled_by)?,
                (*target <= bare && body.is_some()).then_some(NOT_GONE),
                None,
                None,
            ],
            Content::Recall { target } => [self.recall(entry, *target, present)?, None, None, None],
            Content::Event(_) => [None; 4],
        };
        for what in wrong.into_iter().flatten() {
            self.broken(entry.conv, entry.seq, what);
        }
        Ok(())
    }

    fn reply(&self, entry: &Entry, reply_to: Option<Seq>) -> Result<Option<&'static str>> {
        let Some(seq) = reply_to else {
            return Ok(None);
        };
        let fits = seq < entry.seq && self.message(entry.conv, seq)?.is_some();
        Ok((!fits).then_some("what it answers is not an earlier message"))
    }

    fn editor(&self, entry: &Entry, edited_by: Option<Seq>) -> Result<Option<&'static str>> {
        let Some(seq) = edited_by else {
            return Ok(None);
        };
        let edit = find(self.conn, entry.conv, seq)?.map(|edit| edit.content);
        let fits = matches!(edit, Some(Content::Edit { target, .. }) if target == entry.seq);
        Ok((!fits).then_some("what it says edited it did not"))
    }

    fn recaller(&self, entry: &Entry, recalled_by: Option<Seq>) -> Result<Option<&'static str>> {
        let Some(seq) = recalled_by else {
            return Ok(None);
        };
        let recall = find(self.conn, entry.conv, seq)?.map(|recall| recall.content);
        let fits = recall == Some(Content::Recall { target: entry.seq });
        Ok((!fits).then_some("what it says recalled it did not"))
    }

    /// An edit's body is that of its message, or blank: because a later edit replaced it, or because
    /// the message was recalled.
    fn edit(
        &self,
        entry: &Entry,
        target: Seq,
        body: &Option<Body>,
        recalled_by: Option<Seq>,
    ) -> Result<Option<&'static str>> {
        let Some(message) = self.own_message(entry, target)? else {
            return Ok(Some(
                "what it edits is not an earlier message of its sender's",
            ));
        };
        let Content::Message {
            body: current,
            edited_by,
            recalled_by: message_recalled_by,
            ..
        } = message.content
        else {
            return Ok(None);
        };
        let expected = if edited_by == Some(entry.seq) {
            &current
        } else {
            &None
        };
        Ok(if edited_by < Some(entry.seq) {
            Some("the message does not know of this edit")
        } else if recalled_by != message_recalled_by {
            Some("it and its message do not name the same recall")
        } else if body != expected {
            Some("its body is neither its message's nor blank as it should be")
        } else {
            None
        })
    }

    /// One recalls one's own messages, and an admin of a group recalls anybody's.
    fn recall(
        &self,
        entry: &Entry,
        target: Seq,
        present: &Present,
    ) -> Result<Option<&'static str>> {
        let may_recall_all = present.is_led_by(entry.from);
        let message = self
            .message(entry.conv, target)?
            .filter(|message| message.seq < entry.seq)
            .filter(|message| may_recall_all || message.from == entry.from)
            .map(|message| message.content);
        Ok(match message {
            Some(Content::Message { recalled_by, .. }) if recalled_by == Some(entry.seq) => None,
            Some(_) => Some("the message does not know of this recall"),
            None => Some("what it recalls is not an earlier message that its sender could recall"),
        })
    }

    fn own_message(&self, entry: &Entry, target: Seq) -> Result<Option<Entry>> {
        let found = self.message(entry.conv, target)?;
        Ok(found.filter(|message| message.from == entry.from && message.seq < entry.seq))
    }

    fn message(&self, conv: ConversationId, seq: Seq) -> Result<Option<Entry>> {
        let found = find(self.conn, conv, seq)?;
        Ok(found.filter(|entry| matches!(entry.content, Content::Message { .. })))
    }
}

const NOT_GONE: &str = "it is not kept any more, and still says something";

/// What is not kept says nothing.
fn bareness(content: &Content) -> Option<&'static str> {
    let mut bare = content.clone();
    bare.take_away();
    (bare != *content).then_some(NOT_GONE)
}

/// A message's body is there until it is recalled, and then no more.
fn blankness(body: &Option<Body>, recalled_by: Option<Seq>) -> Option<&'static str> {
    match (body, recalled_by) {
        (Some(_), None) | (None, Some(_)) => None,
        (Some(_), Some(_)) => Some("it was recalled, and still has its body"),
        (None, None) => Some("it has no body, and was not recalled"),
    }
}

fn find(conn: &Connection, conv: ConversationId, seq: Seq) -> Result<Option<Entry>> {
    conn.prepare_cached(&format!(
        "SELECT {ENTRY_COLUMNS} FROM entries WHERE conv_id = ?1 AND seq = ?2"
    ))?
    .query_row((sql(conv), sql(seq)), row::entry)
    .optional()
}
