//! Answered messages, kept for a while so that the client can send them again.
//!
//! When an operator puts a backup back, messages acknowledged after it are gone from the server, and their senders
//! still have them. The outbox keeps a message as it is now: with its last edit, or after its recall without any of
//! its text.
//!
//! Owns: the kept messages, and the form in which each is sent again.
//! Promises: bounded; the order of the answers; a text that was recalled or edited away is not kept. It is plain
//! data and works by the inputs alone: an SDK that keeps the inputs gets the same list from them.
//! Refuses: edits and recalls of messages that are not kept, or were recalled before. The message that a kept one
//! replied to is kept beside it, because its seq may be another message's by then.

use std::collections::{BTreeMap, VecDeque};

use hongyan_protocol::{
    Body, ClientId, ConversationId, Edit, EntryId, Millis, Recall, Send, Sent, Seq, UserId,
};

use super::Append;

/// Messages kept, at most. Beyond it the one answered first goes.
pub const ANSWERED: usize = 1000;

/// Bytes of text kept, at most. Beyond it the one answered first goes.
pub const ANSWERED_BYTES: usize = 8 * 1024 * 1024;

/// How long a message is kept, in milliseconds of the server's clock, when later ones were answered.
pub const ANSWERED_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// A seq that no entry has: with a message's own client id, a recall of it asks whether the message is there.
const NOWHERE: Seq = Seq::from_trusted((1 << 53) - 1);

/// A message that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What to send again: the message as it was last, or a question whether it is there, once it was recalled.
    pub append: Append,
    /// Where it stood.
    pub conv: ConversationId,
    /// Where it stood.
    pub seq: Seq,
    /// When the server took it.
    pub at: Millis,
    /// Its last edit, or its recall.
    pub follow_up: Option<Append>,
    /// What it replies to.
    pub reply: Option<Reply>,
    /// The history was replaced since, and it is not known what became of this message.
    pub is_open: bool,
}

/// What a message replies to, by what another history may still have of it.
///
/// A history that was put back is the beginning of the one that was there, and an id is never given twice. So the entry at
/// this place is the one that was meant if its id is below that of the message which replied, and only then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Where it stood.
    pub conv: ConversationId,
    /// Where it stood.
    pub seq: Seq,
    /// The id of the message that replied, when it was answered first.
    pub before: EntryId,
    /// Its name, where it is one of these messages: it may have come to another place by being sent again.
    pub own: Option<ClientId>,
}

/// What a message that is sent again replies to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RepliesTo {
    /// Nothing that is there.
    Nothing,
    /// The message at this place.
    This(Seq),
    /// That at this place, if it is the same.
    Perhaps(ConversationId, Seq),
}

/// The answered messages that are kept, in the order of their answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnsweredList {
    messages: VecDeque<Answered>,
    bytes: usize,
}

/// What a message leads to that is there, although it was sent again in another form.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum There {
    /// Nothing more.
    AsItWas,
    /// This is to be sent again as well.
    FollowUp(Append),
}

impl AnsweredList {
    /// The messages, in the order of their answers.
    pub fn iter(&self) -> impl Iterator<Item = &Answered> {
        self.messages.iter()
    }

    /// Takes up one that was kept. They come in their order.
    pub fn restore(&mut self, message: Answered) {
        self.push(message);
    }

    /// A request was answered, for the first time or again.
    pub fn sent(&mut self, append: &Append, sent: &Sent) {
        match append {
            Append::Send(send) => {
                let mut send = send.clone();
                let reply = send.reply_to.take().map(|seq| Reply {
                    conv: sent.conv,
                    seq,
                    before: sent.id,
                    own: self.at(sent.conv, seq),
                });
                let message = Answered {
                    append: Append::Send(send),
                    conv: sent.conv,
                    seq: sent.seq,
                    at: sent.at,
                    follow_up: None,
                    reply,
                    is_open: false,
                };
                // One that was sent again keeps its place among the others, and what it replied to at first: they may all
                // have to go once more.
                let mut messages = self.messages.iter_mut();
                let known = messages.find(|known| *known.append.client_id() == sent.client_id);
                match known {
                    Some(known) => {
                        self.bytes = self.bytes + text(&message) - text(known);
                        let reply = known.reply.take();
                        *known = Answered { reply, ..message };
                    }
                    None => self.push(message),
                }
            }
            Append::Edit(edit) => {
                let follow_up = append.clone();
                self.change(edit.conv, edit.seq, |message| {
                    if let Append::Send(send) = &mut message.append {
                        send.body = edit.body.clone();
                        message.follow_up = Some(follow_up);
                    }
                    message.is_open = false;
                });
            }
            Append::Recall(recall) => {
                let follow_up = append.clone();
                self.change(recall.conv, recall.seq, |message| {
                    message.append = question(message);
                    message.follow_up = Some(follow_up);
                    message.is_open = false;
                });
            }
        }
    }

    /// What was sent again under this client id was refused because it is there in another form.
    pub fn is_there(&mut self, client_id: &ClientId) {
        let message = self.find(client_id);
        if let Some(message) = message.filter(|message| message.follow_up.is_none()) {
            message.is_open = false;
        }
    }

    /// What was sent again under this client id will not be: it is refused, or not worth it.
    pub fn forget(&mut self, client_id: &ClientId) {
        self.remove(client_id);
        for message in &mut self.messages {
            let follow_up = message.follow_up.as_ref();
            if follow_up.is_some_and(|append| append.client_id() == client_id) {
                message.follow_up = None;
                message.is_open = false;
            }
        }
    }

    /// The server has another history: what became of the messages is to be found out. `people` are the other users of
    /// the 1:1 conversations, whose ids may mean nothing any more.
    pub fn history_replaced(&mut self, people: &BTreeMap<ConversationId, UserId>) {
        for message in &mut self.messages {
            message.is_open = true;
            if let Some(append) = message.append.clone().in_another_history(people) {
                message.append = append;
            }
        }
    }

    /// What was sent again under this client id, or is to be.
    pub fn open_request(&self, client_id: &ClientId) -> Option<Append> {
        let requests = self.open().flat_map(|message| {
            let follow_up = message.follow_up.as_ref();
            std::iter::once(&message.append).chain(follow_up)
        });
        let mut requests = requests.filter(|append| append.client_id() == client_id);
        requests.next().cloned()
    }

    /// What is to be sent again, in this order.
    pub(super) fn open(&self) -> impl Iterator<Item = &Answered> {
        self.messages.iter().filter(|message| message.is_open)
    }

    /// What a message replies to that is sent again, as far as that is known here. It is sent after those before it.
    pub(super) fn replies_to(&self, reply: &Reply) -> RepliesTo {
        let Some(own) = &reply.own else {
            return RepliesTo::Perhaps(reply.conv, reply.seq);
        };
        let mut messages = self.messages.iter();
        match messages.find(|message| message.append.client_id() == own) {
            Some(message) if !message.is_open => RepliesTo::This(message.seq),
            Some(_) | None => RepliesTo::Nothing,
        }
    }

    /// The name of the message at this place, where it is one of these.
    fn at(&self, conv: ConversationId, seq: Seq) -> Option<ClientId> {
        let mut messages = self.messages.iter().rev();
        let found = messages.find(|message| (message.conv, message.seq) == (conv, seq));
        found.map(|message| message.append.client_id().clone())
    }

    /// What a message leads to that turned out to be there.
    pub(super) fn there(&mut self, client_id: &ClientId) -> There {
        let follow_up = self
            .find(client_id)
            .and_then(|message| message.follow_up.clone());
        self.is_there(client_id);
        follow_up.map_or(There::AsItWas, There::FollowUp)
    }

    fn push(&mut self, message: Answered) {
        self.bytes += text(&message);
        let newest = message.at.get();
        self.messages.push_back(message);
        while let Some(first) = self.messages.front()
            && (self.messages.len() > ANSWERED
                || self.bytes > ANSWERED_BYTES
                || first.at.get().saturating_add(ANSWERED_MS) < newest)
        {
            self.bytes -= self.messages.pop_front().as_ref().map_or(0, text);
        }
    }

    fn remove(&mut self, client_id: &ClientId) {
        let mut messages = self.messages.iter();
        if let Some(at) = messages.position(|message| message.append.client_id() == client_id) {
            self.bytes -= self.messages.remove(at).as_ref().map_or(0, text);
        }
    }

    fn find(&mut self, client_id: &ClientId) -> Option<&mut Answered> {
        let mut messages = self.messages.iter_mut();
        messages.find(|message| message.append.client_id() == client_id)
    }

    /// Changes the message at a place. The newest are the likeliest.
    fn change(&mut self, conv: ConversationId, seq: Seq, change: impl FnOnce(&mut Answered)) {
        let mut messages = self.messages.iter_mut().rev();
        let found = messages.find(|message| (message.conv, message.seq) == (conv, seq));
        if let Some(message) = found {
            self.bytes -= text(message);
            change(message);
            self.bytes += text(message);
        }
    }
}

/// Asks whether a message is there. The answer is `client_id_conflict` if it is, and else that there is no such entry.
fn question(message: &Answered) -> Append {
    Append::Recall(Recall {
        conv: message.conv,
        seq: NOWHERE,
        client_id: message.append.client_id().clone(),
    })
}

fn text(message: &Answered) -> usize {
    let of = |append: &Append| match append {
        Append::Send(Send { body, .. }) | Append::Edit(Edit { body, .. }) => match body {
            Body::Text { text } => text.len(),
            Body::Unknown => 0,
        },
        Append::Recall(_) => 0,
    };
    of(&message.append) + message.follow_up.as_ref().map_or(0, of)
}
