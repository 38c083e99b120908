//! The edge's own bounds, each with its overflow policy.
//!
//! What clients must know of them is in `hongyan_protocol::limits`.

use std::time::Duration;

/// Connections on this node; fewer where the process may not open so many files. Overflow: the upgrade is answered 503, try
/// again.
pub const CONNECTIONS: usize = 100_000;

/// Connections that have not said `hello` yet, some 6 KiB each. Overflow: as with [`HTTP_CONNECTIONS`]; where none gives way
/// the upgrade is answered 503, try again. One core takes up to 15,000 connections a second; with half a second from there to
/// their `hello`, this many are on their way.
pub const HANDSHAKES: usize = 8192;

/// Before `hello`: the largest frame. A `hello` has less than 1 KiB. Overflow: closed, `frame_too_large`.
pub const HELLO_BYTES: usize = 4096;

/// Before `hello`: frames of WebSocket's own (pings, pongs). Overflow: closed, `protocol_violation`.
pub const SIGNS_BEFORE_HELLO: u32 = 16;

/// Connections of one user. Overflow: the one that was silent for longest is closed, `connection_limit`.
pub const CONNECTIONS_PER_USER: usize = 32;

/// When a connection that was closed for that limit may come back: so late that, where there are always more of
/// them than may be, they take turns slowly.
pub const RETRY_CONNECTION_LIMIT: Duration = Duration::from_secs(60);

/// How often it is looked whether sessions of connected clients have ended by themselves.
pub const EXPIRY_CHECK: Duration = Duration::from_secs(1);

/// Pushes waiting in one connection's outbox. Overflow: of a further one is only noted that there is one, and it is read
/// from the log in its turn.
pub const OUTBOX_PUSHES: usize = 1024;

/// Bytes of the frames waiting in one connection's outbox; a single larger one is let through.
/// Overflow: as for their number. Droppable frames stop at half of it.
pub const OUTBOX_BYTES: usize = 2 * 1024 * 1024;

/// Recipients from which on a push goes through the lane: about a millisecond of writing to their sockets.
pub const LANE_FROM: usize = 128;

/// Members to whom the lane pushes before everybody else gets a turn.
pub const LANE_STEP: usize = 32;

/// Pushes of one conversation that are on their way at a time. More wait.
pub const LANE_TOGETHER: usize = 64;

/// Pushes of one conversation in the lane. Overflow: all of them go out at once, and others wait for that.
pub const LANE_PUSHES: usize = 512;

/// Bytes of the frames in the lane. Overflow: as for their number, for the conversation in which the next one comes.
pub const LANE_BYTES: usize = 16 * 1024 * 1024;

/// Frames waiting in one connection's outbox beside which one of the moment (who is typing) still has room. Overflow: that
/// frame is dropped.
pub const LIVE_ITEMS: usize = 64;

/// Such frames stop at this part of the bytes.
pub const LIVE_PART: usize = 8;

/// Conversations of which that is noted, some 50 bytes each. Overflow: the connection is closed, `slow_reader`.
pub const OUTBOX_MISSED: usize = 16 * 1024;

/// How long a droppable frame waits for company before it is written by itself.
pub const DROPPABLE_WAIT: Duration = Duration::from_millis(30);

/// Requests of one connection without an answer. Overflow: the socket is not read until there is
/// one; TCP makes the client wait.
pub const REQUESTS_IN_FLIGHT: usize = 256;

/// Frames a second from one connection, over time. Overflow: the socket is read no faster.
pub const FRAMES_PER_SECOND: u64 = 2000;

/// Frames that may come at once before that rate counts.
pub const FRAMES_BURST: u64 = 4000;

/// Bytes a second from one connection, over time, if they were all of it; as many as [`FRAMES_BURST`] may come at once.
/// Overflow: the socket is read no faster.
pub const BYTES_PER_SECOND: u64 = 4_000_000;

/// Frames read in a row before what they caused is written.
pub const READ_SLICE: usize = 64;

/// Broken frames on one connection. Overflow: it is closed, `protocol_violation`. Frames of an
/// unknown type do not count: they are a newer client's.
pub const BROKEN_FRAMES: u32 = 64;

/// For the socket to take any byte of what was written, and the client to send none. Overflow: closed, `slow_reader`.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How often it is looked whether a client that does not take all takes anything.
pub const PROGRESS_LOOK: Duration = Duration::from_secs(1);

/// For the socket to take any byte of what was written, although the client sends: a proxy on the way may make room in
/// steps of 64 KiB, which is half a minute of a link of 2 kB/s. Overflow: closed, `slow_reader`.
pub const STUCK_TIMEOUT: Duration = Duration::from_secs(60);

/// A clock that is read so much later than it was to be says that this node stood still: what came meanwhile is looked
/// at before anything is judged by the time.
pub const STOOD_STILL: Duration = Duration::from_secs(1);

/// To look at it.
pub const LOOK: Duration = Duration::from_secs(2);

/// For the client to answer a close frame before the socket is dropped.
pub const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The WebSocket library's read buffer, allocated for each connection for as long as it lives. It grows for a larger frame;
/// two messages of 100 bytes fit.
pub const READ_BUFFER_BYTES: usize = 512;

/// Bytes read with one call, at most: what a connection may make the server keep before any of it is looked at. 32 messages
/// of 100 bytes are 7 KiB.
pub const READ_BYTES: usize = 8 * 1024;

/// Bytes that are read of a frame, or of pieces of one, before its connection's task looks at how fast they come.
pub const UNFRAMED_BYTES: usize = 64 * 1024;

/// Frames gathered before the library writes by itself; otherwise each round of work is one write.
pub const WRITE_BUFFER_BYTES: usize = 64 * 1024;

/// What the library may hold unwritten. Above the largest frame, so it is never the one that fails.
pub const MAX_WRITE_BUFFER_BYTES: usize = 2 * hongyan_protocol::limits::SERVER_FRAME_BYTES;

/// Connections that speak HTTP and are not upgraded; fewer where the process may not open so many files. Overflow: of the
/// source that has the most of them, the one that was silent longest is closed; where that is the newcomer's own, and where
/// all were heard within [`GIVES_WAY_AFTER`], the newcomer is closed.
pub const HTTP_CONNECTIONS: usize = 8192;

/// Of these, and of [`HANDSHAKES`], those from one source: an address, or 64 bits of one of IPv6. A setting; many people may
/// share an address. Overflow: its longest silent one is closed; where all were heard lately, the newcomer is.
pub const HTTP_CONNECTIONS_PER_SOURCE: usize = 512;

/// Of the sockets that the process may open, one in so many is for HTTP, and the others for WebSockets.
pub const HTTP_PART: usize = 4;

/// Of the places for HTTP and before `hello`, one in so many is only for sources from which somebody has signed in.
pub const RESERVED_PART: usize = 8;

/// How long a connection must have been silent before it can lose its place to another.
pub const GIVES_WAY_AFTER: Duration = Duration::from_secs(1);

/// Sources from which somebody has signed in lately. Overflow: those that signed in before are forgotten.
pub const KNOWN_SOURCES: usize = 8192;

/// Open files that are kept for the database, the log and the operator's socket.
pub const RESERVED_FILES: usize = 64;

/// Connections that wait in the system's backlog to be accepted; the system may allow fewer (`net.core.somaxconn`,
/// 4,096 by default). Overflow: the client's system tries again after a second or more.
pub const BACKLOG: u32 = 4096;

/// After a connection could not be accepted, before the next is tried.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// For a client to send a request's headers.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// For the answer to a request over HTTP, from its headers or from the last of its body on. Overflow: 503, try again.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the rest of a request's body, or the other side's taking of an answer, may move nothing. Overflow: the connection
/// is closed. Long enough for a link of 2 kB/s whose buffers hide what it takes.
pub const STALL: Duration = Duration::from_secs(40);

/// Bytes a second with which that time comes back.
pub const SLOWEST_BYTES_PER_SECOND: u32 = 256;

/// What may be written to a connection and not be sent yet, in bytes, before the system takes no more: so that one sees a slow
/// link take something every few seconds.
pub const UNSENT_BYTES: u32 = 64 * 1024;

/// A request's body from somebody who is not known yet, in bytes. Overflow: `too_large`.
pub const STRANGER_BODY_BYTES: usize = 4096;

/// Bytes of bodies on their way in, and of answers that are not taken yet, on this node. Overflow: 503, `overloaded`.
pub const HELD_BYTES: usize = 256 * 1024 * 1024;

/// Of these, those of one user. Overflow: 503, `overloaded`.
pub const HELD_BYTES_PER_USER: usize = 16 * 1024 * 1024;

/// Bodies and answers so small that they do not count among these.
pub const UNCOUNTED_BYTES: usize = 4096;

/// In what steps room is taken for a body that comes, in bytes.
pub const BODY_STEP_BYTES: usize = 64 * 1024;

/// Units that come back to a user in a second; `price.rs` says what costs how many. A setting. Overflow:
/// `rate_limited`.
pub const USER_UNITS_PER_SECOND: u32 = 1000;

/// Units that come back in a second to a source for what is asked without a token. A setting. Overflow: `rate_limited`.
pub const SOURCE_UNITS_PER_SECOND: u32 = 1000;

/// For how many seconds units may be spent in advance.
pub const BURST_SECONDS: u64 = 16;

/// Users, or sources, whose spending is on record, for each of 16 locks. Overflow: who owes nothing is forgotten; where all
/// owe something, a new one shares the record of another.
pub const BUDGETS_PER_SHARD: usize = 16 * 1024;

/// A request's headers, in bytes.
pub const HEADER_BYTES: usize = 16 * 1024;

/// Sessions that ended lately and are remembered, for a connection that authenticated just before
/// and registers just after. Overflow: the oldest are forgotten.
pub const ENDED_SESSIONS: usize = 4096;

/// Over how long clients are told to come back when this node goes down.
pub const RECONNECT_SPREAD: Duration = Duration::from_secs(5);

const _: () = assert!(REQUESTS_IN_FLIGHT < OUTBOX_PUSHES);
const _: () = assert!(LANE_TOGETHER <= LANE_PUSHES && LANE_PUSHES < OUTBOX_PUSHES);
const _: () = assert!(LIVE_ITEMS < OUTBOX_PUSHES && LIVE_PART > 2);
const _: () = assert!(WRITE_BUFFER_BYTES < MAX_WRITE_BUFFER_BYTES);
const _: () = assert!(WRITE_TIMEOUT.as_secs() < STUCK_TIMEOUT.as_secs());
const _: () = assert!(
    2 * OUTBOX_BYTES + hongyan_protocol::limits::SERVER_FRAME_BYTES <= MAX_WRITE_BUFFER_BYTES,
    "what one round writes has room, whatever the client takes"
);
const _: () = assert!(
    HELLO_BYTES
        > 2 * (hongyan_protocol::limits::TOKEN_BYTES
            + 6 * hongyan_protocol::limits::CLIENT_NAME_BYTES)
);
const _: () = assert!(HELD_BYTES_PER_USER > 2 * hongyan_protocol::limits::SERVER_FRAME_BYTES);
const _: () = assert!(UNCOUNTED_BYTES >= STRANGER_BODY_BYTES);
