//! The requests that add an entry to a log.

use std::collections::BTreeMap;

use hongyan_protocol::{
    Body, ClientFrame, ClientId, ConversationId, Edit, Entry, EntryKind, Recall, Send, Sent, Seq,
    Target, UserId,
};

/// A request that adds an entry to a log, under a name that makes repeating it harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Append {
    /// A message.
    Send(Send),
    /// A new body for an own message.
    Edit(Edit),
    /// The end of an own message.
    Recall(Recall),
}

impl Append {
    /// The sender's name for it.
    pub fn client_id(&self) -> &ClientId {
        match self {
            Self::Send(send) => &send.client_id,
            Self::Edit(edit) => &edit.client_id,
            Self::Recall(recall) => &recall.client_id,
        }
    }

    /// Which log it is for.
    pub fn target(&self) -> Target {
        match self {
            Self::Send(send) => send.target,
            Self::Edit(edit) => Target::Conversation(edit.conv),
            Self::Recall(recall) => Target::Conversation(recall.conv),
        }
    }

    /// The same for another history than the one that it was made in; `None` where that makes no sense, because it is
    /// about an entry of that one. `people` are the other users of 1:1 conversations.
    pub fn in_another_history(self, people: &BTreeMap<ConversationId, UserId>) -> Option<Self> {
        match self {
            Self::Send(mut send) => {
                send.reply_to = None;
                if let Target::Conversation(conv) = send.target
                    && let Some(&user) = people.get(&conv)
                {
                    send.target = Target::User(user);
                }
                Some(Self::Send(send))
            }
            Self::Edit(_) | Self::Recall(_) => None,
        }
    }

    /// A message replies to this from now on.
    pub(super) fn reply_to(&mut self, seq: Option<Seq>) {
        if let Self::Send(send) = self {
            send.reply_to = seq;
        }
    }

    /// The bytes of its text: what it weighs on a slow link.
    pub(super) fn text_bytes(&self) -> usize {
        match self {
            Self::Send(Send { body, .. }) | Self::Edit(Edit { body, .. }) => match body {
                Body::Text { text } => text.len(),
                Body::Unknown => 0,
            },
            Self::Recall(_) => 0,
        }
    }

    /// The entry that the server has made of it, by its answer to `from`.
    pub fn into_entry(self, sent: &Sent, from: UserId) -> Entry {
        let blank = Entry {
            conv: sent.conv,
            seq: sent.seq,
            id: sent.id,
            kind: EntryKind::Message,
            from,
            at: sent.at,
            client_id: sent.client_id.clone(),
            body: None,
            reply_to: None,
            mentions: Vec::new(),
            mentions_all: false,
            topic: None,
            expires_at: None,
            origin: None,
            event: None,
            target: None,
            edited_by: None,
            recalled_by: None,
        };
        match self {
            Self::Send(mut send) => {
                // As the server keeps them.
                send.mentions.sort_unstable();
                send.mentions.dedup();
                Entry {
                    body: Some(send.body),
                    reply_to: send.reply_to,
                    mentions: send.mentions,
                    mentions_all: send.mentions_all,
                    topic: send.topic,
                    expires_at: send.expires_at,
                    origin: send.origin,
                    ..blank
                }
            }
            Self::Edit(edit) => Entry {
                kind: EntryKind::Edit,
                body: Some(edit.body),
                target: Some(edit.seq),
                ..blank
            },
            Self::Recall(recall) => Entry {
                kind: EntryKind::Recall,
                target: Some(recall.seq),
                ..blank
            },
        }
    }
}

impl From<Append> for ClientFrame {
    fn from(append: Append) -> Self {
        match append {
            Append::Send(send) => Self::Send(send),
            Append::Edit(edit) => Self::Edit(edit),
            Append::Recall(recall) => Self::Recall(recall),
        }
    }
}
