//! The adapter's own bounds. Those of frames, rates, queues and times that it shares with native
//! connections are in `crate::limits`.

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
