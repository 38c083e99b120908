//! Every bound that both sides must know, with its unit in its name.
//!
//! Bounds of the server alone (queues, rates, connections) are in `gateway::limits` and
//! `service::limits`, each beside its overflow policy.

use std::time::Duration;

/// The text of one message, in UTF-8 bytes.
pub const TEXT_BYTES: usize = 64 * 1024;

/// One frame from a client, in bytes. JSON may escape a byte into six (`\u0001`).
pub const CLIENT_FRAME_BYTES: usize = 512 * 1024;

/// A `client_id`, in bytes.
pub const CLIENT_ID_BYTES: usize = 64;

/// A session's token in `hello`, in bytes.
pub const TOKEN_BYTES: usize = 128;

/// The client's name and version in `hello`, in UTF-8 bytes.
pub const CLIENT_NAME_BYTES: usize = 128;

/// The message of a frame that could not be read, in UTF-8 bytes: it quotes the frame, and a frame
/// can be long. What is over is cut and marked with `…`.
pub const ERROR_MESSAGE_BYTES: usize = 256;

/// Users mentioned by one message.
pub const MENTIONS: usize = 64;

/// Messages of one group in 24 hours that mention all its members.
pub const ALLS_A_DAY: usize = 10;

/// Users whom one user may have blocked.
pub const BLOCKS: usize = 1000;

/// The `topic` of a message, in UTF-8 bytes.
pub const TOPIC_BYTES: usize = 64;

/// The `origin` of a message, in UTF-8 bytes.
pub const ORIGIN_BYTES: usize = 128;

/// Members of a conversation up to which each is told of all others: who they are, how far they have read, and how far it
/// is delivered to them. In a larger one a user hears of the own read position only, and `delivered` is not kept.
pub const MEMBERS_TOLD: usize = 64;

/// Users whom one request may bring into a group.
pub const GROUP_USERS: usize = 100;

/// Members of a group.
pub const GROUP_MEMBERS: usize = 10_000;

/// A group's name, in UTF-8 bytes.
pub const GROUP_NAME_BYTES: usize = 128;

/// A group's description, in UTF-8 bytes.
pub const GROUP_DESCRIPTION_BYTES: usize = 1024;

/// Days that a group may let those who come in read of what was said before, at most.
pub const WINDOW_DAYS: u64 = 365;

/// The most days of which a group may say that what was said is kept.
pub const KEEP_DAYS: u64 = 36_500;

/// The most entries of which a group may say that they are kept.
pub const KEEP_ENTRIES: u64 = 1_000_000_000;

/// Seconds that a group may have its members wait between two messages, at most.
pub const SLOW_S: u64 = 6 * 60 * 60;

/// Messages that may be pinned in one conversation.
pub const PINS: usize = 100;

/// Links into one group.
pub const LINKS: usize = 100;

/// A link's name, in UTF-8 bytes.
pub const LINK_NAME_BYTES: usize = 64;

/// People whom one link may let in, where it says how many, at most.
pub const LINK_USES: u64 = 10_000;

/// People who may wait at a time to be let into one group, those among them who were declined and may not ask again yet.
pub const REQUESTS: usize = 1_000;

/// Groups that one user may ask at a time to be let into.
pub const REQUESTS_A_USER: usize = 20;

/// People in one page of those who came by a link or who ask to be let in, at most and by default.
pub const JOINING_PAGE: usize = 200;

/// Members in one page of them, at most and by default.
pub const MEMBERS_PAGE: usize = 200;

/// A reaction, in UTF-8 bytes: the longest emoji that Unicode recommends has 35.
pub const REACTION_BYTES: usize = 48;

/// Different reactions to one message. Beyond them only those that are there already are taken.
pub const REACTIONS_A_MESSAGE: usize = 20;

/// Messages in one page of `reactions`, at most and by default.
pub const REACTIONS_PAGE: usize = 100;

/// Users in one page of those who set a reaction, at most and by default.
pub const REACTORS_PAGE: usize = 100;
/// How long somebody counts as writing who said so, unless they say it again or what they wrote.
pub const TYPING_LASTS: Duration = Duration::from_secs(6);

/// The least time between two times that a client says so of one conversation.
pub const TYPING_AGAIN: Duration = Duration::from_secs(3);

/// Messages of which a client wants to know by how many they are read, on one connection.
pub const READ_BY_MESSAGES: usize = 50;

/// Users in one page of those who have read a message, or have not, at most and by default.
pub const READERS_PAGE: usize = 100;

/// Users whose presence one request asks for.
pub const PRESENCE_USERS: usize = 100;

/// Members of a conversation up to which those who look at it are told who is there. In a larger one, how many.
pub const PRESENCE_MEMBERS: usize = 100;

/// Users whom a `typing` push names; the others are counted.
pub const TYPISTS_NAMED: usize = 3;
/// Conversations that one user may have pinned at a time.
pub const PINNED: usize = 100;

/// Conversations in which one user may have a draft at a time.
pub const DRAFTS: usize = 200;

/// The text of a draft, in UTF-8 bytes.
pub const DRAFT_BYTES: usize = 16 * 1024;

/// A sync cursor, in bytes. Opaque to clients.
pub const CURSOR_BYTES: usize = 128;

/// Conversations in one page of `sync`, at most and by default.
pub const SYNC_CONVERSATIONS: usize = 50;

/// Conversations in one page of `sync` that is only a list, at most; by default as in one that is not.
pub const LIST_CONVERSATIONS: usize = 200;

/// The last entries of each conversation in a page of `sync`.
pub const SYNC_ENTRIES: usize = 10;

/// Entries in one page of `history`, at most.
pub const HISTORY_ENTRIES: usize = 200;

/// Entries in one page of `history` where the request does not say.
pub const HISTORY_ENTRIES_DEFAULT: usize = 50;

/// Bytes of entries, as they are written, after which a page of `history` or `sync` ends early: so a page of
/// the longest messages stays a frame that a phone can hold, whatever JSON makes of them.
pub const PAGE_BYTES: usize = 1024 * 1024;

/// A page of anything, in bytes, at most: [`PAGE_BYTES`] of entries, and as much again for whatever else
/// stands in it, such as people's names and positions.
pub const PAGE_FRAME_BYTES: usize = 2 * PAGE_BYTES;

/// A frame from the server, in bytes: what a client must be ready to read.
pub const SERVER_FRAME_BYTES: usize = 4 * 1024 * 1024;

/// From the WebSocket's opening to `hello`.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// Un-acked for this long, an entry is pushed again.
pub const ACK_TIMEOUT: Duration = Duration::from_secs(5);

/// Between two re-pushes.
pub const REPUSH_INTERVAL: Duration = Duration::from_secs(2);

/// Re-pushes before the connection is closed with `ack_timeout`.
pub const REPUSHES: u32 = 2;

/// Un-acked entries on one connection, after which live pushes wait for acks.
pub const UNACKED_ENTRIES: usize = 256;

const _: () = assert!(
    CLIENT_FRAME_BYTES > 6 * TEXT_BYTES + 8 * 1024,
    "a legal message always fits a frame"
);
const _: () = assert!(
    PAGE_BYTES > 6 * TEXT_BYTES + 8 * 1024,
    "a page holds at least one message, however it is escaped"
);
const _: () = assert!(TYPING_LASTS.as_secs() >= 2 * TYPING_AGAIN.as_secs());
const _: () = assert!(SERVER_FRAME_BYTES > PAGE_FRAME_BYTES);
const _: () = assert!(
    REACTIONS_PAGE * (REACTIONS_A_MESSAGE * (REACTION_BYTES + 64) + 64) < PAGE_BYTES,
    "a page of reactions is no larger than any other"
);
const _: () = assert!(HISTORY_ENTRIES_DEFAULT <= HISTORY_ENTRIES);
const _: () = assert!(
    HISTORY_ENTRIES <= UNACKED_ENTRIES,
    "one page of history fits the window"
);
