//! What an application hands over to be sent.

use std::sync::Arc;

use hongyan_delivery::client::outbox::Append;
use hongyan_protocol::{
    Body, ClientFrame, ClientId, ConversationId, Edit, Millis, Recall, Send, Seq, Target, UserId,
};

use crate::SubmitError;

/// A message to send. A string is one, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    body: Body,
    reply_to: Option<Seq>,
    mentions: Vec<UserId>,
    mentions_all: bool,
    topic: Option<Box<str>>,
    expires_at: Option<Millis>,
    origin: Option<Box<str>>,
    client_id: Option<ClientId>,
}

impl Message {
    /// A message of plain text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self {
            body: Body::text(text),
            reply_to: None,
            mentions: Vec::new(),
            mentions_all: false,
            topic: None,
            expires_at: None,
            origin: None,
            client_id: None,
        }
    }

    /// Answers this message of the same conversation.
    #[must_use]
    pub fn reply_to(mut self, seq: Seq) -> Self {
        self.reply_to = Some(seq);
        self
    }

    /// Asks these users to notice it; at most [`MENTIONS`](hongyan_protocol::limits::MENTIONS).
    #[must_use]
    pub fn mentions(mut self, users: impl Into<Vec<UserId>>) -> Self {
        self.mentions = users.into();
        self
    }

    /// Asks all members of the group to notice it. Only its admins can, and
    /// [`ALLS_A_DAY`](hongyan_protocol::limits::ALLS_A_DAY) times in 24 hours.
    #[must_use]
    pub fn mentions_all(mut self) -> Self {
        self.mentions_all = true;
        self
    }

    /// Says what it belongs to within the conversation; 1 to [`TOPIC_BYTES`](hongyan_protocol::limits::TOPIC_BYTES) bytes.
    #[must_use]
    pub fn topic(mut self, topic: impl Into<Box<str>>) -> Self {
        self.topic = Some(topic.into());
        self
    }

    /// Says when it loses its worth. The server keeps it all the same.
    #[must_use]
    pub fn expires_at(mut self, at: Millis) -> Self {
        self.expires_at = Some(at);
        self
    }

    /// Says where it comes from, if not from the sender's own hand; 1 to
    /// [`ORIGIN_BYTES`](hongyan_protocol::limits::ORIGIN_BYTES) bytes.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<Box<str>>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Names it, instead of leaving that to the client. A program that derives the name from what
    /// made it send, such as the id of an incoming webhook, sends each message once however often
    /// it is started over.
    #[must_use]
    pub fn client_id(mut self, client_id: ClientId) -> Self {
        self.client_id = Some(client_id);
        self
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<Arc<str>> for Message {
    fn from(text: Arc<str>) -> Self {
        Self::text(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// A request that has no name yet.
#[derive(Debug)]
pub(crate) enum Draft {
    Send(Target, Message),
    Edit(ConversationId, Seq, Body),
    Recall(ConversationId, Seq),
}

impl Draft {
    /// The name that the application chose.
    pub(crate) fn client_id(&self) -> Option<&ClientId> {
        match self {
            Self::Send(_, message) => message.client_id.as_ref(),
            Self::Edit(..) | Self::Recall(..) => None,
        }
    }

    /// The request under this name, unless the server would refuse it in any case.
    pub(crate) fn named(self, client_id: ClientId) -> Result<Append, SubmitError> {
        let append = match self {
            Self::Send(target, message) => Append::Send(Send {
                target,
                client_id,
                body: message.body,
                reply_to: message.reply_to,
                mentions: message.mentions,
                mentions_all: message.mentions_all,
                topic: message.topic,
                expires_at: message.expires_at,
                origin: message.origin,
            }),
            Self::Edit(conv, seq, body) => Append::Edit(Edit {
                conv,
                seq,
                client_id,
                body,
            }),
            Self::Recall(conv, seq) => Append::Recall(Recall {
                conv,
                seq,
                client_id,
            }),
        };
        // The server's own decoder knows every rule of a frame.
        let frame = ClientFrame::from(append.clone()).encode(None);
        match ClientFrame::decode(&frame) {
            Ok(_) => Ok(append),
            Err(error) => Err(SubmitError::Invalid {
                code: error.code,
                message: error.message.into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::{ErrorCode, limits};

    use super::*;

    #[test]
    fn what_the_server_would_refuse_is_refused_here() {
        let id = ClientId::new("c1").unwrap();
        let named = |text: &str| {
            Draft::Send(Target::User(UserId::from_trusted(1)), text.into()).named(id.clone())
        };
        assert!(named("hi").is_ok());
        assert!(named(&"x".repeat(limits::TEXT_BYTES)).is_ok());
        let too_long = "x".repeat(limits::TEXT_BYTES + 1);
        for (text, expected) in [
            ("", ErrorCode::BadRequest),
            ("\0", ErrorCode::BadRequest),
            (&too_long, ErrorCode::TooLarge),
        ] {
            let Err(SubmitError::Invalid { code, .. }) = named(text) else {
                panic!("taken");
            };
            assert_eq!(code, expected);
        }
    }
}
