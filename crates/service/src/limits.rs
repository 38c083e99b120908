//! The service's own bounds, each with its overflow policy.

use std::time::Duration;

use hongyan_protocol::limits::{PAGE_BYTES, PAGE_FRAME_BYTES};

/// Writes waiting for a commit. Overflow: the new write is answered `overloaded`.
pub const QUEUED_WRITES: usize = 16 * 1024;

/// Text bytes of the writes waiting for a commit. Overflow: the new write is answered `overloaded`.
pub const QUEUED_BYTES: usize = 64 * 1024 * 1024;

/// Writes in one commit. More wait for the next.
///
/// Only overload fills it, and then what is more would wait as long in the queue. With 1,024 a message cost about a
/// tenth more processor time: more commits, and fewer messages for a connection in one go.
pub const BATCH_WRITES: usize = 4096;

/// How often all tasks that are ready get a turn to add to a batch before it is committed.
///
/// With 200 pairs and one message on its way in each, on one core, a batch had 62 messages without and 100 with.
pub const GATHER_ROUNDS: usize = 16;

/// Messages of the batch before for each of the rounds that are not cut short.
///
/// Between two looks at the sockets a thread of the runtime has some sixty tasks run, and for each message there are
/// two to be woken and one to be heard. With 200 pairs a batch had 100 messages before this, and all 200 with it.
pub const ANSWERED_A_ROUND: usize = 16;

/// Commits waiting for the dispatcher. Overflow: the committer waits, and writes queue up behind it.
pub const QUEUED_COMMITS: usize = 4;

/// Entries dispatched before other tasks get a turn.
pub const DISPATCH_SLICE: usize = 64;

/// Members whose delivered positions wait to be written. Overflow: the new position is dropped;
/// the member's next ack or sync brings a later one.
pub const PENDING_POSITIONS: usize = 64 * 1024;

/// Conversations that are remembered to be large, so that the store need not be told what is delivered there. Overflow: the
/// one with the lowest id is forgotten, and remembered again with its next write.
pub const LARGE_KNOWN: usize = 64 * 1024;

/// How long delivered positions gather before they are written and told to others.
pub const POSITION_DELAY: Duration = Duration::from_millis(100);

/// In how many steps as many are written as come within that time, where they are many.
pub const POSITION_STEPS: u32 = 10;

/// Delivered positions that are written at a time in any case, in one commit and with as many receipts: about
/// a millisecond's work.
pub const POSITIONS_A_STEP: usize = 64;

/// Users with a new name of whom nobody was told yet. Overflow: the new name shows to those who ask.
pub const PENDING_RENAMES: usize = 1024;

/// How long new names gather before others are told, and the least time from one such frame to the next on a
/// connection.
pub const RENAME_DELAY: Duration = Duration::from_secs(1);

/// Users of whose new names others are told at a time, and so in one frame. More wait for the next. Each costs a page of
/// that user's list.
pub const RENAMES_A_STEP: usize = 16;

/// Conversations of a user in which those are looked for who see the user's name. More: those that changed last.
pub const SEEN_CONVERSATIONS: usize = 1000;

/// Conversations with changed reactions of which nobody was told yet. Overflow: those of others show to those who ask.
pub const PENDING_REACTIONS: usize = 16 * 1024;

/// How long changed reactions gather before they are told.
pub const REACTION_DELAY: Duration = Duration::from_millis(100);

/// The same in a conversation with more members than are told of each other, and so the least time from one such frame to
/// the next on a connection.
pub const LARGE_REACTION_DELAY: Duration = Duration::from_secs(1);

/// Messages in one such frame. Overflow: the oldest is left out, and the frame's numbers show it.
pub const REACTION_MESSAGES: usize = 50;

/// Who changed what in one such frame. Overflow: the first are told, and the frame says that it is cut.
pub const REACTION_CHANGES: usize = 100;
/// Hints of the moment, such as that somebody is writing, that wait to be looked at. Overflow: the new one is dropped.
pub const LIVE_HINTS: usize = 1024;

/// The least time from one frame of what is live in a conversation to the next of its kind. What comes within is one
/// frame.
pub const LIVE_INTERVAL: Duration = Duration::from_secs(1);

/// Watchers who are told in one go, before others get a turn.
pub const LIVE_SLICE: usize = 256;

/// How long somebody whose last connection went, or who looks at none any more, is shown as before: a device that comes back
/// within it never went.
pub const PRESENCE_DAMPED: Duration = Duration::from_secs(10);

/// Users whose settings are looked up at a time.
pub const PRIVACY_LOOKUPS: usize = 100;

/// Members who may come and go while the members of a conversation are read for those who look at it. Overflow: it is told
/// to nobody who of them is there, until the next one looks.
pub const ROSTER_CHANGES: usize = 10_000;

/// Members who are counted in one go, before others get a turn.
pub const COUNT_SLICE: usize = 1000;

/// Who said to be writing so short a time ago is not looked up again: a client repeats it each
/// [`TYPING_AGAIN`](hongyan_protocol::limits::TYPING_AGAIN), and the network may bring that a little sooner.
pub const TYPING_RENEWED: Duration = Duration::from_secs(2);

/// Writing users of one conversation who are counted. Overflow: another one is not.
pub const TYPISTS: usize = 256;

/// Conversations of which it is known who is writing. Overflow: of another one nothing is told.
pub const TYPING_CONVERSATIONS: usize = 16 * 1024;

/// Password hashes computed at a time; each takes a core for tens of milliseconds and 19 MiB.
pub const PASSWORD_WORKERS: usize = 2;

/// Sign-ins waiting for a password worker, who takes them by turns of address and name: two or three seconds' work.
/// Overflow: of the address that waits most, and of its names the one that does, the last is told `overloaded`.
pub const PASSWORD_QUEUE: usize = 256;

/// Wrong passwords for one login name from one address before that address has to wait for it. As many has a device
/// that signed in before, wherever it is.
pub const LOGIN_FAILURES: u32 = 10;

/// The time in which one such failure is forgiven.
pub const LOGIN_FORGIVES: Duration = Duration::from_secs(30);

/// Wrong passwords from one address, for any login names, before stricter limits hold for its attempts. Higher: many
/// people share an address.
pub const ADDRESS_FAILURES: u32 = 50;

/// The time in which one failure of an address is forgiven.
pub const ADDRESS_FORGIVES: Duration = Duration::from_secs(6);

/// Wrong passwords for one login name, from anywhere, before stricter limits hold for attempts to sign in under it.
pub const NAME_FAILURES: u32 = 50;

/// The time in which one failure of a login name is forgiven.
pub const NAME_FORGIVES: Duration = Duration::from_secs(60);

/// Wrong passwords for one login name from one address where stricter limits hold.
pub const STRICT_FAILURES: u32 = 1;

/// The time in which one such failure is forgiven: about a hundred guesses a day.
pub const STRICT_FORGIVES: Duration = Duration::from_secs(15 * 60);

/// Login names, addresses or pairs of them with failures on record. Overflow: the records that end first go.
pub const THROTTLE_RECORDS: usize = 64 * 1024;

/// Groups that others may put one user into before they have to wait.
pub const PUT_IN: u32 = 100;

/// The time after which others may put that user into one more: a hundred an hour.
pub const PUT_IN_FORGIVES: Duration = Duration::from_secs(36);

/// Users on record whom others put into groups lately. Overflow: the records that end first go.
pub const PUT_IN_RECORDS: usize = 64 * 1024;

/// Looks at a link, and attempts to come in or to ask, of one user before waiting.
pub const JOIN_TRIES: u32 = 20;

/// The time after which that user may try once more: twenty a minute.
pub const JOIN_TRY_FORGIVES: Duration = Duration::from_secs(3);

/// Users on record who tried lately. Overflow: the records that end first go.
pub const JOIN_TRY_RECORDS: usize = 64 * 1024;

/// A login name, in bytes.
pub const LOGIN_BYTES: usize = 128;

/// A display name, in bytes.
pub const NAME_BYTES: usize = 128;

/// An avatar's file name or URL, in bytes.
pub const AVATAR_BYTES: usize = 512;

/// A device's name, in bytes.
pub const DEVICE_BYTES: usize = 128;

/// A password, in bytes: at least, and at most (longer ones only cost hashing time).
pub const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 8..=512;

/// Users in one page of the directory.
pub const USERS_PAGE: usize = 200;

/// Mentions in one page of them. More: the newest, and where to go on.
pub const MENTIONS_PAGE: usize = hongyan_store::MENTIONS_PAGE;

/// The same where the client does not say how many it wants.
pub const MENTIONS_PAGE_DEFAULT: usize = 50;

/// What is typed to find people, in bytes. More is refused.
pub const SEARCH_BYTES: usize = 512;

/// People in one answer to a search. More: the best matches, and it says that there are more.
pub const SEARCH_USERS: usize = 50;

/// The same where the client does not say how many it wants.
pub const SEARCH_USERS_DEFAULT: usize = 20;

/// Entries of a 1:1 conversation in one page for clients that ask by person. More: the newest, or the
/// oldest of those asked for.
pub const DIRECT_MESSAGES: usize = hongyan_store::HISTORY_LIMIT;

/// The newest entries, in which a client that polls finds what it does not have yet, nearly always.
pub const DIRECT_POLL: usize = 32;

/// Contacts in the list for clients that ask by person. More: those whose conversations changed last.
pub const DIRECT_CONTACTS: usize = 200;

/// A contact's last message where the list of contacts is full of long ones, in bytes. What is over is cut and
/// marked with `…`; the conversation has it whole.
pub const SHORTENED_BYTES: usize = 192;

/// Conversations in which undelivered messages are looked for when such a client comes online. More:
/// those that changed last; what is undelivered in others is found by reading them.
pub const UNDELIVERED_CONVERSATIONS: usize = 1000;

/// What a client is told to wait before it tries again what was refused for load.
pub const RETRY_OVERLOADED: Duration = Duration::from_millis(500);

/// What a client is told to wait before it tries again what the store could not take.
pub const RETRY_STORE: Duration = Duration::from_secs(2);

/// How long clients are asked to wait before they send again to a conversation of which a part cannot be read: until an
/// operator has looked.
pub const RETRY_DAMAGED: Duration = Duration::from_secs(60);

/// How long the answer of a health check stands. Anybody may ask, and each check is a commit.
pub const HEALTH_AGE: Duration = Duration::from_secs(1);

const _: () = assert!(BATCH_WRITES <= QUEUED_WRITES);
const _: () = assert!(TYPISTS > hongyan_protocol::limits::TYPISTS_NAMED);
const _: () =
    assert!(TYPING_RENEWED.as_millis() < hongyan_protocol::limits::TYPING_AGAIN.as_millis());

/// People and positions in one page of `sync`, in bytes as they are written. More: the page ends early, after one
/// conversation at least.
pub const PEOPLE_BYTES: usize = PAGE_FRAME_BYTES - PAGE_BYTES - 1024;

/// A user in a page, in bytes, the texts aside.
pub(crate) const PROFILE_BYTES: usize = 128;

/// A user in a page, in bytes: a login and a name may be all quotes, an avatar all control characters.
const USER_BYTES: usize = PROFILE_BYTES + 2 * LOGIN_BYTES + 2 * NAME_BYTES + 6 * AVATAR_BYTES;

/// A member's positions in a page, in bytes.
pub(crate) const MEMBER_BYTES: usize = 96;

/// What is said of a conversation in a page, in bytes, its members and entries aside.
pub(crate) const CONVERSATION_BYTES: usize = 512;

/// A pinned message in a page, in bytes.
pub(crate) const PIN_BYTES: usize = 17;

/// What a user made of a conversation for oneself, in bytes: a draft may be all control characters.
const VIEW_BYTES: usize = 256 + 6 * hongyan_protocol::limits::DRAFT_BYTES;

const _: () = {
    use hongyan_protocol::limits::{MEMBERS_TOLD, PINS, SYNC_ENTRIES};
    let largest = CONVERSATION_BYTES
        + VIEW_BYTES
        + PINS * PIN_BYTES
        + MEMBERS_TOLD * (MEMBER_BYTES + USER_BYTES)
        + SYNC_ENTRIES * USER_BYTES;
    assert!(largest < PEOPLE_BYTES, "a page holds any conversation");
    let contact = 2 * MEMBER_BYTES + USER_BYTES + 6 * SHORTENED_BYTES;
    let contacts = PAGE_BYTES + DIRECT_CONTACTS * contact;
    assert!(USERS_PAGE * USER_BYTES < PAGE_FRAME_BYTES);
    assert!(RENAMES_A_STEP * USER_BYTES < hongyan_protocol::limits::PAGE_BYTES);
    assert!(contacts < PAGE_FRAME_BYTES);
};
const _: () = assert!(QUEUED_BYTES > hongyan_protocol::limits::TEXT_BYTES);

/// Bodies that one step of retention takes away: some milliseconds in which nothing is committed. More wait for the next.
pub const RETAINED_A_STEP: usize = 256;

/// Between two such steps, so that what is sent meanwhile hardly waits: some 2,500 bodies a second.
pub const RETENTION_PAUSE: Duration = Duration::from_millis(100);

/// Between two steps that only looked.
pub const RETENTION_LOOK_PAUSE: Duration = Duration::from_millis(10);
