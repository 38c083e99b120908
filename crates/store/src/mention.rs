//! Where somebody was mentioned.

use hongyan_protocol::{ConversationId, Millis, Seq};

use crate::Entry;

/// A message that mentions somebody, as it stands among all that do: by time, then by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// When the server took the message.
    pub at: Millis,
    /// The conversation.
    pub conv: ConversationId,
    /// The message.
    pub seq: Seq,
}

/// A page of the messages that mention somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MentionPage {
    /// The messages, newest first.
    pub entries: Vec<Entry>,
    /// Where the next page begins, before this one; `None` where there is none.
    pub next: Option<Mention>,
}

impl Mention {
    /// Behind all there may be.
    pub const LAST: Self = Self {
        at: Millis::from_trusted((1 << 53) - 1),
        conv: ConversationId::from_trusted((1 << 53) - 1),
        seq: Seq::from_trusted((1 << 53) - 1),
    };

    /// The text for the wire, opaque to clients.
    pub fn to_text(self) -> String {
        format!("{}.{}.{}", self.at, self.conv, self.seq)
    }

    /// Reads it back; `None` for a text that no server made.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|part| part.parse::<u64>().ok());
        let found = Self {
            at: Millis::new(numbers.next()??).ok()?,
            conv: ConversationId::new(numbers.next()??).ok()?,
            seq: Seq::new(numbers.next()??).ok()?,
        };
        numbers.next().is_none().then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_the_wire_and_a_made_up_one_is_refused() {
        assert_eq!(
            Mention::parse(&Mention::LAST.to_text()),
            Some(Mention::LAST)
        );
        for text in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "1.2.x",
            "9007199254740992.1.1",
            "-1.2.3",
        ] {
            assert_eq!(Mention::parse(text), None, "{text:?}");
        }
    }
}
