//! Identifiers and times, each a type of its own so that none can stand in for another.
//!
//! Every integer on the wire is below 2^53: a JavaScript number holds it exactly.

use std::fmt;
use std::sync::Arc;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The first integer that a JavaScript number cannot tell from its neighbour.
pub(crate) const EXACT_INTEGER_LIMIT: u64 = 1 << 53;

/// Says why a value cannot be an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Integers at or above 2^53 lose precision in JavaScript.
    #[error("integers on the wire are below 2^53")]
    TooLarge,
    /// A client id is 1 to 64 visible ASCII characters.
    #[error("a client_id is 1 to 64 visible ASCII characters")]
    ClientId,
}

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// Wraps an integer below 2^53.
            pub const fn new(value: u64) -> Result<Self, InvalidId> {
                if value < EXACT_INTEGER_LIMIT { Ok(Self(value)) } else { Err(InvalidId::TooLarge) }
            }

            /// Wraps an integer that the caller knows to be in range, such as one read back from a store.
            ///
            /// # Panics
            /// When it is not.
            pub const fn from_trusted(value: u64) -> Self {
                assert!(value < EXACT_INTEGER_LIMIT);
                Self(value)
            }

            /// The integer.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u64(self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::value::integer(deserializer).map(Self)
            }
        }
    };
}

integer_id!(
    /// A person or a program with an account.
    UserId
);
integer_id!(
    /// A conversation, 1:1 or group: one append-only log.
    ConversationId
);
integer_id!(
    /// An entry's position in its conversation's log: 1, 2, 3 … without holes. 0 stands before the first entry.
    Seq
);
integer_id!(
    /// An entry's id, unique in the whole system and ascending within a conversation.
    EntryId
);
integer_id!(
    /// One signed-in device of one user. Names it; does not authenticate it.
    SessionId
);
integer_id!(
    /// Milliseconds since the Unix epoch, UTC.
    Millis
);

impl Seq {
    /// The position before the first entry.
    pub const ZERO: Self = Self(0);

    /// The position after this one; after the last that the wire can carry it stays there.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 + 1 < EXACT_INTEGER_LIMIT {
            Self(self.0 + 1)
        } else {
            self
        }
    }

    /// The position before this one; before the first entry it stays there.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl Millis {
    /// This time moved on by `milliseconds`, no further than the wire can carry.
    #[must_use]
    pub const fn plus(self, milliseconds: u64) -> Self {
        let moved = self.0.saturating_add(milliseconds);
        if moved < EXACT_INTEGER_LIMIT {
            Self(moved)
        } else {
            Self(EXACT_INTEGER_LIMIT - 1)
        }
    }

    /// This time moved back by `milliseconds`, no further than the epoch.
    #[must_use]
    pub const fn minus(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_sub(milliseconds))
    }
}

/// The sender's own name for one attempt to append: with the sender it is unique for ever, so a
/// retry after a time-out finds the first attempt instead of making a second message.
///
/// 1 to 64 visible ASCII characters. Make it time-ordered (a UUIDv7, a ULID, a counter): the
/// store indexes it, and neighbours in time then share a page.
///
/// Copied, it is the same text: on its way from a frame to the store and out to everybody, nothing of it
/// is copied but a pointer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(Arc<str>);

impl ClientId {
    /// Checks and wraps a client id.
    pub fn new(value: impl Into<Arc<str>>) -> Result<Self, InvalidId> {
        let value = value.into();
        Self::check(&value)?;
        Ok(Self(value))
    }

    fn check(text: &str) -> Result<(), InvalidId> {
        let fits = (1..=crate::limits::CLIENT_ID_BYTES).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(())
        } else {
            Err(InvalidId::ClientId)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for ClientId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ClientId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ClientIdVisitor;

        impl Visitor<'_> for ClientIdVisitor {
            type Value = ClientId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a client_id")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ClientId, E> {
                ClientId::check(text).map_err(E::custom)?;
                Ok(ClientId(text.into()))
            }
        }

        deserializer.deserialize_str(ClientIdVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_stop_where_javascript_loses_count() {
        assert!(UserId::new((1 << 53) - 1).is_ok());
        assert_eq!(UserId::new(1 << 53), Err(InvalidId::TooLarge));
        assert!(serde_json::from_str::<Seq>("9007199254740992").is_err());
        assert!(serde_json::from_str::<Seq>("-1").is_err());
        assert!(serde_json::from_str::<Seq>("1.5").is_err());
        assert!(serde_json::from_str::<Seq>("\"1\"").is_err());
    }

    #[test]
    fn the_last_seq_has_no_next() {
        let last = Seq::from_trusted((1 << 53) - 1);
        assert_eq!(last.next(), last);
        assert_eq!(last.previous().next(), last);
        assert_eq!(Seq::ZERO.previous(), Seq::ZERO);
    }

    #[test]
    fn client_ids_are_short_visible_ascii() {
        assert!(ClientId::new("0198c0de-7a5e").is_ok());
        for bad in ["", "with space", "tab\t", "é", &"x".repeat(65)] {
            assert_eq!(ClientId::new(bad), Err(InvalidId::ClientId), "{bad:?}");
        }
    }
}
