//! Stable codes: what went wrong, in words that programs compare.
//!
//! A code, once released, keeps its meaning for ever. Messages beside it are for people and may change.

use serde::Serialize;

macro_rules! codes {
    (
        $(#[$enum_doc:meta])*
        $name:ident {
            $($(#[$doc:meta])* $variant:ident = $text:literal, $retryable:literal, $http:literal;)*
        }
    ) => {
        $(#[$enum_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Whether the same request may succeed later, unchanged.
            pub const fn is_retryable(self) -> bool {
                match self { $(Self::$variant => $retryable,)* }
            }

            /// The HTTP status that carries this code.
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$variant => $http,)* }
            }
        }
    };
}

codes! {
    /// Why a request failed.
    ErrorCode {
        /// The frame or body is not the JSON it should be; the message says where.
        BadRequest = "bad_request", false, 400;
        /// The frame's `type`, or a body's, is not known to this server.
        Unsupported = "unsupported", false, 400;
        /// A text, list or frame is over its limit.
        TooLarge = "too_large", false, 413;
        /// No valid token, or a wrong login name or password: which of them is not told.
        Unauthenticated = "unauthenticated", false, 401;
        /// The caller may not do this: somebody else's message, or an origin that is not allowed.
        Forbidden = "forbidden", false, 403;
        /// No such user.
        UserNotFound = "user_not_found", false, 404;
        /// No such conversation, or not one of the caller's: which of them is not told.
        ConversationNotFound = "conversation_not_found", false, 404;
        /// No such entry, or one of a kind that cannot be the target.
        EntryNotFound = "entry_not_found", false, 404;
        /// A `seq` beyond the head of the log.
        SeqOutOfRange = "seq_out_of_range", false, 422;
        /// This `client_id` already stands for something else.
        ClientIdConflict = "client_id_conflict", false, 409;
        /// The message was recalled before.
        Recalled = "recalled", false, 409;
        /// A group has an owner: the owner makes another member the owner before going.
        OwnerStays = "owner_stays", false, 409;
        /// It is so already: everybody is a member, or the setting has that value.
        Unchanged = "unchanged", false, 409;
        /// The group has as many members as it may.
        GroupFull = "group_full", false, 409;
        /// The message has as many different reactions as it may.
        TooManyReactions = "too_many_reactions", false, 409;
        /// The group lets the caller read and not write, for a time.
        Muted = "muted", false, 403;
        /// The group lets somebody not in.
        Banned = "banned", false, 403;
        /// No link has this token, or it was revoked, is over, or used up: which of these is not told.
        DeadLink = "dead_link", false, 404;
        /// The group declined the caller, who may ask again later.
        Declined = "declined", false, 403;
        /// That user does not ask to be let in.
        RequestNotFound = "request_not_found", false, 404;
        /// There are as many of these as there may be: bans, mutes, pinned messages, groups of one user, pinned conversations, drafts, links, requests.
        LimitReached = "limit_reached", false, 409;
        /// The time in which a message may be edited or recalled is over.
        TooLate = "too_late", false, 409;
        /// No such path, method or session.
        NotFound = "not_found", false, 404;
        /// The request was sent to a host name that is not this server's. Its operator can add the name.
        HostNotAllowed = "host_not_allowed", false, 421;
        /// The caller sends faster than it may. Wait `retry_after_ms`.
        RateLimited = "rate_limited", true, 429;
        /// The server has more to do than it can queue. Wait `retry_after_ms`.
        Overloaded = "overloaded", true, 503;
        /// The store cannot write now (disk full, database away). Nothing was stored. Wait `retry_after_ms`.
        StoreUnavailable = "store_unavailable", true, 503;
        /// A fault of the server's own. It is logged there.
        Internal = "internal", true, 500;
    }
}

impl ErrorCode {
    /// The code behind a word on the wire; `None` for a word of a newer server.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

macro_rules! close_codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $text:literal;)*) => {
        /// Why the server closed a connection.
        ///
        /// 4000 to 4099 are **terminal**: reconnecting with the same token and behaviour ends the same way.
        /// Everything else means **reconnect**, with backoff; nothing that was acknowledged is lost.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum CloseCode {
            $($(#[$doc])* $variant,)*
        }

        impl CloseCode {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The number in the close frame.
            pub const fn number(self) -> u16 {
                match self { $(Self::$variant => $number,)* }
            }

            /// The word in the close frame's reason.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

close_codes! {
    /// The token is unknown or expired. Sign in again, and go on with what is kept.
    Unauthenticated = 4001, "unauthenticated";
    /// The frames break the protocol: binary, invalid UTF-8, something before `hello`, or too many bad ones.
    ProtocolViolation = 4002, "protocol_violation";
    /// A frame over the size limit.
    FrameTooLarge = 4003, "frame_too_large";
    /// This session was signed out, here or from another device.
    SessionRevoked = 4004, "session_revoked";
    /// The user opened more connections than allowed. Earlier servers closed the oldest with it.
    TooManyConnections = 4005, "too_many_connections";
    /// No `hello` in time.
    HelloTimeout = 4100, "hello_timeout";
    /// Pushes stayed without `ack` through every re-push.
    AckTimeout = 4101, "ack_timeout";
    /// The client reads slower than its messages come.
    SlowReader = 4102, "slow_reader";
    /// Nothing was heard for longer than the heartbeat allows.
    IdleTimeout = 4103, "idle_timeout";
    /// The server is going down or restarting.
    Shutdown = 4104, "shutdown";
    /// The server has no room for this connection now.
    Overloaded = 4105, "overloaded";
    /// A fault of the server's own.
    Internal = 4106, "internal";
    /// The user opened more connections than allowed; this one was silent for longest.
    ConnectionLimit = 4107, "connection_limit";
}

impl CloseCode {
    /// Whether a close with this number should be followed by a reconnect.
    ///
    /// Works for any number, those of WebSocket itself and of newer servers too.
    pub const fn means_reconnect(number: u16) -> bool {
        !(number >= 4000 && number < 4100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_reads_back() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), Some(*code));
        }
        for (index, code) in CloseCode::ALL.iter().enumerate() {
            let earlier = &CloseCode::ALL[..index];
            assert!(earlier.iter().all(|other| other.number() != code.number()));
        }
        assert_eq!(ErrorCode::parse("of_a_newer_server"), None);
    }

    #[test]
    fn the_range_says_reconnect_or_terminal() {
        assert!(!CloseCode::means_reconnect(
            CloseCode::SessionRevoked.number()
        ));
        assert!(CloseCode::means_reconnect(CloseCode::SlowReader.number()));
        assert!(
            CloseCode::means_reconnect(1006),
            "a connection that just broke"
        );
    }
}
