//! What each request costs its user, in units: one is what a short message costs.
//!
//! The table for operators is in `docs/OPERATIONS.md`; a test holds the two together.

use hongyan_protocol::ClientFrame;

/// An amount, in thousandths of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Price(u64);

/// Nothing, beside its bytes: acks and pings, of which a connection's pace takes care.
pub(crate) const FREE: Price = Price(0);

/// A message, a read position, or a change of one's own view.
pub(crate) const SEND: Price = units(1);

/// Each user whom a message mentions, beside the message: a row with an index.
pub(crate) const MENTION: Price = Price(250);

/// An edit or a recall. It rewrites earlier entries, wherever in the tables they are, and what it removes has to be
/// overwritten. Measured: three times the processor time of a message where many come at once, less than twice where
/// they come one by one.
pub(crate) const EDIT: Price = units(3);

/// A reaction to be set or taken back: three rows, each in a tree of its own.
pub(crate) const REACTION: Price = units(2);

/// Any change over HTTP: some make a user's keys anew, or end connections.
pub(crate) const CHANGE: Price = units(20);

/// That a client looks at a conversation: its membership is looked up.
pub(crate) const WATCH: Price = units(4);

/// A question who is there: up to a hundred users are looked up.
pub(crate) const PRESENCE: Price = units(4);

/// By how many messages were read: a page or more of the log, and a walk along all members.
pub(crate) const READ_BY: Price = units(16);

/// Who has read a message, beside the question: a walk along all members.
pub(crate) const READERS: Price = units(16);

/// That a user is writing: the same, but not each time.
pub(crate) const TYPING: Price = units(1);

/// A page of `sync` or `history`, or anything else that is asked for over HTTP.
pub(crate) const PAGE: Price = units(4);

/// A search for people, beside the question that it is: it looks through more than a page.
pub(crate) const SEARCH: Price = units(16);

/// A group to be made, beside the request: rows of its own, and an entry that all its members are told.
pub(crate) const GROUP: Price = units(20);

/// Each person who is brought into a group, beside the request: a row with two indexes, and a list that changes on all of
/// their devices.
pub(crate) const MEMBER: Price = units(1);

/// A request without a token: a file of the web app, a health check, the opening of a WebSocket.
pub(crate) const STRANGER: Price = units(1);

/// A sign-in, right or wrong, and a token that is none.
pub(crate) const SIGN_IN: Price = units(10);

/// For each KiB that comes in, in thousandths.
const KIB_IN: u64 = 1000;

/// For each KiB of what was asked for, in thousandths. Pushes are free: others caused them.
const KIB_OUT: u64 = 250;

/// For each KiB of the web app's files: nobody makes them, they are only copied.
const KIB_OF_FILES: u64 = 30;

const fn units(count: u64) -> Price {
    Price(count * 1000)
}

impl Price {
    /// In thousandths of a unit.
    pub(crate) const fn milliunits(self) -> u64 {
        self.0
    }

    /// So many times as much.
    pub(crate) const fn times(self, count: usize) -> Self {
        Self(self.0.saturating_mul(count as u64))
    }

    /// Both together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// What so many bytes from a user cost.
pub(crate) const fn bytes_in(bytes: usize) -> Price {
    per_kib(bytes, KIB_IN)
}

/// What so many bytes for a user cost.
pub(crate) const fn bytes_out(bytes: usize) -> Price {
    per_kib(bytes, KIB_OUT)
}

/// What so many bytes of the web app's files cost.
pub(crate) const fn bytes_of_files(bytes: usize) -> Price {
    per_kib(bytes, KIB_OF_FILES)
}

const fn per_kib(bytes: usize, milliunits: u64) -> Price {
    Price((bytes as u64).saturating_mul(milliunits) / 1024)
}

/// What a frame costs, beside its bytes.
pub(crate) fn of_frame(frame: &ClientFrame) -> Price {
    match frame {
        ClientFrame::Hello(_) | ClientFrame::Ping(_) | ClientFrame::Ack(_) => FREE,
        ClientFrame::Send(send) => SEND.and(MENTION.times(send.mentions.len())),
        ClientFrame::Read(_) | ClientFrame::SetView(_) => SEND,
        ClientFrame::Edit(_) | ClientFrame::Recall(_) => EDIT,
        ClientFrame::React(_) => REACTION,
        ClientFrame::Sync(_) | ClientFrame::History(_) | ClientFrame::Reactions(_) => PAGE,
        ClientFrame::Watch(_) => WATCH,
        ClientFrame::Typing(_) => TYPING,
        ClientFrame::Presence(_) => PRESENCE,
        ClientFrame::ReadBy(_) => READ_BY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table for operators.
    const TABLE: &str = include_str!("../../../docs/OPERATIONS.md");

    #[test]
    fn the_operators_table_has_these_prices() {
        let units = |Price(milliunits)| milliunits as f64 / 1000.0;
        let rows = [
            (
                "a message, a read position, a change of one's own view",
                units(SEND),
            ),
            (
                "each user whom a message mentions, beside that",
                units(MENTION),
            ),
            ("an edit, a recall", units(EDIT)),
            ("a reaction", units(REACTION)),
            ("a `PATCH`, `PUT` or `DELETE` over HTTP", units(CHANGE)),
            (
                "a page of `sync`, `history` or `reactions`, any other question over HTTP",
                units(PAGE),
            ),
            ("a `watch`", units(WATCH)),
            ("a `typing`", units(TYPING)),
            ("a `presence`", units(PRESENCE)),
            ("a `read_by`", units(READ_BY)),
            (
                "who has read a message, beside the question",
                units(READERS),
            ),
            ("a search for people, beside that", units(SEARCH)),
            ("a new group, beside the request", units(GROUP)),
            (
                "each person brought into a group, beside the request",
                units(MEMBER),
            ),
            ("each KiB that comes from the user", units(bytes_in(1024))),
            (
                "each KiB of what the user asked for",
                units(bytes_out(1024)),
            ),
            ("acks, pings, and what is pushed", units(FREE)),
            ("without a token: a request", units(STRANGER)),
            (
                "without a token: each KiB of the web app's files",
                units(bytes_of_files(1024)),
            ),
            ("a wrong password, a token that is none", units(SIGN_IN)),
        ];
        for (what, price) in rows {
            let row = format!("| {what} | {price} |");
            assert!(TABLE.contains(&row), "no row {row:?}");
        }
    }
}
