//! The adapter's own bounds. Those of frames, rates, queues and times that it shares with native
//! connections are in `gateway::limits`.

use std::time::Duration;

/// One frame from a client, in bytes: large enough that a message far too long is still read, and
/// answered with an error frame. Overflow: the connection is closed, `frame_too_large`.
pub(super) const FRAME_BYTES: usize = 4 * 1024 * 1024;

/// Refused frames that are not made good for by accepted ones: each accepted frame forgives one.
/// Overflow: the connection is closed, `protocol_violation`. A client that writes its JSON by hand
/// breaks a frame now and then, over a long life; one that breaks every frame is no client.
pub(super) const STRIKES: u32 = 16;

/// The longest interval that a heartbeat is answered with. Clients of this protocol call a connection
/// quiet after this long of their own accord; no answer may make them wait longer than they know.
pub(super) const HEARTBEAT_CAP: Duration = Duration::from_secs(120);

/// How long a connection may stay silent. A client speaks after 120 s of quiet, and gives up 120 s
/// later: three times 120 s leaves it the first move, and one more interval for slow networks.
pub(super) const IDLE: Duration = Duration::from_secs(360);

/// Sockets of one session on which nobody speaks: not bound, or another of the same page has bound
/// since. They do not count among the user's connections. No browser holds more than 255 to one server.
/// Overflow: the one that was silent longest is closed, [a few at a time](QUIET_CLOSED_EVERY).
pub(super) const QUIET_A_SESSION: usize = 256;

/// The same, over all sessions of a user. Overflow: as there.
pub(super) const QUIET_A_USER: usize = 512;

/// Between two closes of such sockets. A page opens another for each, so this is how fast it does.
pub(super) const QUIET_CLOSED_EVERY: Duration = Duration::from_millis(600);

/// How long a new socket waits until another was closed for it. Overflow: the upgrade is answered 503, try
/// again.
pub(super) const ROOM_WITHIN: Duration = Duration::from_secs(10);

/// For the client's WebSocket to answer a ping on a socket where nobody speaks. Overflow: closed.
pub(super) const PONG_WITHIN: Duration = Duration::from_secs(60);

/// Sockets that were opened within this time of one another, or of the end of another, may be
/// one page's.
pub(super) const ONE_PAGE_WITHIN: Duration = Duration::from_secs(60);

/// A socket that stood back and is spoken on again for as long as this is a page of its own.
pub(super) const OWN_PAGE_AFTER: Duration = Duration::from_secs(1);

/// How long acks for what an earlier socket of the page was pushed are waited for before it is pushed again.
pub(super) const HANDOVER: Duration = Duration::from_millis(500);

/// Between two notices that a page's user has to wait. Overflow: an error frame, which the course's page does not show.
pub(super) const NOTICE_EVERY: Duration = Duration::from_secs(1);

/// The name that a page gives itself, in bytes. Overflow: the frame is refused.
pub(super) const PAGE_NAME_BYTES: usize = 64;

/// Positions that users were told of lately, until the store knows them. Overflow: not remembered; a
/// message may be pushed that was counted or acked just before.
pub(super) const TOLD: usize = 4096;

/// How long they are remembered: many times what the store needs.
pub(super) const TOLD_FOR: Duration = Duration::from_secs(10);

/// Sockets of pages that are not signed in any more, on this node, some 5 KiB each. Overflow: the upgrade is
/// answered 401, as to a program.
pub(super) const SIGNED_OUT: usize = 1024;

/// One frame on such a socket, in bytes. Overflow: the connection is closed, `frame_too_large`.
pub(super) const SIGNED_OUT_FRAME_BYTES: usize = 4 * 1024;

const _: () = assert!(
    QUIET_CLOSED_EVERY.as_millis() > 500,
    "under two connects a second"
);
const _: () = assert!(IDLE.as_secs() > 2 * HEARTBEAT_CAP.as_secs());
const _: () = assert!(FRAME_BYTES > hongyan_protocol::limits::CLIENT_FRAME_BYTES);

#[cfg(test)]
mod tests {
    use hongyan_delivery::server::Policy;
    use hongyan_service::limits::UNDELIVERED_CONVERSATIONS;

    #[test]
    fn whoever_comes_back_after_long_can_be_caught_up() {
        assert!(UNDELIVERED_CONVERSATIONS < Policy::default().tracked_conversations);
    }
}
