/**
 * The wire: every frame, code and limit that both sides of a connection agree on.
 *
 * Generated from crates/protocol; do not edit. To write it anew:
 *     cargo run -p hongyan-protocol --example typescript
 */

/** Says that this device holds everything in `conv` up to `seq`. Not answered. */
export interface Ack {
  /** The conversation. */
  conv: number;
  /** The last entry held, with everything before it. */
  seq: number;
}

/** `POST /v1/groups/{conv}/members`: brings people in. */
export interface AddMembers {
  /** The caller's name for the entry. */
  client_id: string;
  /** Who; at most `LIMITS.GROUP_USERS`. */
  users: number[];
}

/** The limits that a client should respect before the server makes it. */
export interface AdvertisedLimits {
  /** One frame from the client, in bytes. */
  frame_bytes: number;
  /** The text of one message, in UTF-8 bytes. */
  text_bytes: number;
  /** Requests without an answer yet, on one connection. */
  requests: number;
  /** Pushed entries without an ack yet, after which live pushes wait. */
  unacked_entries: number;
}

/** Asks whether users are there. */
export interface AskPresence {
  /** Who; at most `PRESENCE_USERS`. */
  users: number[];
}

/** Says which messages of the conversation that it looks at a client shows, and wants to know by how many they are read. */
export interface AskReadBy {
  /** The conversation. */
  conv: number;
  /** The messages; at most `READ_BY_MESSAGES`, or none. */
  seqs: number[];
}

/** A push, the answer to `POST /v1/join`, and an item of `GET /v1/requests`: how the caller stands before a group. */
export interface Asked {
  /** The group. */
  conv: number;
  /** How the caller stands. */
  state: Standing;
  /** What the group is called; only in the list. */
  name?: string;
  /** With `declined`: when the caller may ask again. */
  again_at?: number;
}

/** The reader has blocked a user on another device, or blocks them no more. */
export interface Blocked {
  /** The user. */
  user: number;
  /** Whether the user is blocked now. */
  on: boolean;
}

/** What a message says. */
export interface Body {
  type: "text" | (string & {});
  /** The text. */
  text?: string;
}

/** Comes before a close that the server chose the time of. */
export interface Bye {
  /** The word of the close code that follows. */
  code: string;
  /** Reconnect after this long: every client is told another time, so that they do not come all at once. */
  retry_after_ms: number;
}

/** The kind of a conversation. */
export type ConversationKind = "direct" | "group" | (string & {});

/** A conversation as one of its members sees it. */
export interface ConversationView {
  /** The id. */
  conv: number;
  /** The kind. */
  kind: ConversationKind;
  /** The log's last seq. */
  head: number;
  /** The first seq that the caller may read; absent, 1. */
  since?: number;
  /** Nothing up to here is kept, for anybody; absent, all is. */
  floor?: number;
  /**
   * The messages that are pinned, as far as the caller may read, ascending: at most
   * `LIMITS.PINS`.
   */
  pins?: number[];
  /** Messages by others, not recalled, after the caller's read position. */
  unread: number;
  /** In how many of these the caller is mentioned. */
  mentions?: number;
  /** The caller's own positions. */
  me: Position;
  /** What the caller made of it for oneself; absent where that is nothing. */
  view?: View;
  /** How many members there are. */
  size: number;
  /** What a group is called, and what may be done there; absent in a conversation of two. */
  group?: GroupView;
  /** The caller is no member any more: the log ends with `head` here, and nothing of it can be asked for. */
  left?: boolean;
  /**
   * Every member's positions, the caller's own among them. Absent where there are more than
   * `LIMITS.MEMBERS_TOLD`.
   */
  members?: MemberPosition[];
  /** The last few entries, ascending. */
  entries: Entry[];
}

/** Answers a request that has nothing to tell but that it was carried out. */
export type Done = Record<never, never>;

/** A message that is not sent yet. */
export interface Draft {
  /** What it says so far. */
  text: string;
  /** The message it answers. */
  reply_to?: number;
  /** When the server took it. */
  at: number;
}

/** Replaces the body of a message of one's own. */
export interface Edit {
  /** The conversation. */
  conv: number;
  /** The message. */
  seq: number;
  /** The sender's name for this edit. */
  client_id: string;
  /** The new body. */
  body: Body;
}

/**
 * One line of a conversation's log.
 *
 * A push of it is the same bytes for every recipient, so nothing in it is of one reader's view.
 */
export interface Entry {
  /** The conversation. */
  conv: number;
  /** The position in its log. */
  seq: number;
  /** The id in the whole system. */
  id: number;
  /** What the entry does. */
  kind: EntryKind;
  /** Who appended it. */
  from: number;
  /** When the server took it. */
  at: number;
  /** The sender's name for it: how the sender's own devices match it to what they show as pending. */
  client_id: string;
  /** What it says. Absent once recalled. */
  body?: Body;
  /** The message that this one answers, in the same conversation. */
  reply_to?: number;
  /** The users that this message wants to notice it. */
  mentions?: number[];
  /** Whether this message wants all members of its group to notice it. */
  mentions_all?: boolean;
  /** What the message belongs to within the conversation, as its sender says. */
  topic?: string;
  /** When the message loses its worth, as its sender says. */
  expires_at?: number;
  /** Where the message comes from, if not from its sender's own hand, as its sender says. */
  origin?: string;
  /** What was changed of the group. */
  event?: GroupEvent;
  /** The message that an edit or a recall changes. */
  target?: number;
  /** The entry that last edited this message: `body` is already the edited one. */
  edited_by?: number;
  /** The entry that recalled this message, or the message that this edit changed. */
  recalled_by?: number;
}

/** What an entry does. */
export type EntryKind = "message" | "edit" | "recall" | "event" | (string & {});

/** Answers a request that failed, or a frame that could not be read. */
export interface Failure {
  /** What programs compare. */
  code: ErrorCode | (string & {});
  /** What people read. */
  message: string;
  /** When the same request may succeed. */
  retry_after_ms?: number;
}

/** A push: the retention of a conversation has taken away what was said in it up to a place. */
export interface Floor {
  /** The conversation. */
  conv: number;
  /** Nothing up to here is kept, for anybody. */
  floor: number;
}

/** What a change of a group was. It is in the entry of kind `event`; the entry's `from` did it. */
export interface GroupEvent {
  type: "created" | "added" | "removed" | "left" | "role" | "renamed" | "described" | "pictured" | "post_set" | "invite_set" | "history_set" | "slow_set" | "pin_set" | "keep_days_set" | "keep_entries_set" | "ask_set" | "joined" | "approved" | "banned" | "unbanned" | "muted" | "unmuted" | "pinned" | "unpinned" | "disbanded" | (string & {});
  /** Its name. */
  name?: string;
  /** The other members, ascending. */
  users?: number[];
  /** Who. */
  user?: number;
  /** Which. */
  role?: Role;
  /** The new one; empty for none. */
  description?: string;
  /** Its file name or URL; empty for none. */
  avatar?: string;
  /** Who. */
  post?: Who;
  /** Who. */
  invite?: Who;
  /** What. */
  history?: Window;
  /** Of how many days, where it is `days`. */
  history_days?: number;
  /** Seconds; 0 for not at all. */
  slow_s?: number;
  /** Who. */
  pin?: Who;
  /** Days; 0 for no bound. */
  keep_days?: number;
  /** Entries; 0 for no bound. */
  keep_entries?: number;
  /** Whether everybody may. */
  ask?: boolean;
  /** Which of the group's. */
  link?: number;
  /** How many of them were members. */
  out?: number;
  /** Until when. */
  until?: number;
  /** Its seq. */
  target?: number;
}

/** One member in a page of them. */
export interface GroupMember {
  /** Who. */
  user: number;
  /** What they may do. */
  role: Role;
}

/** What a group is called, and what its members may do. */
export interface GroupView {
  /** The name to show. */
  name: string;
  /** What it is for. */
  description?: string;
  /** The picture's file name or URL. */
  avatar?: string;
  /** Who may write. */
  post: Who;
  /** Who may bring others in. */
  invite: Who;
  /** What those who come in may read of what was said before; absent, all. */
  history?: Window;
  /** Of how many days, where it is `days`. */
  history_days?: number;
  /** How many seconds a member waits between two messages; absent, none. Admins never wait. */
  slow_s?: number;
  /** Who may pin messages; absent, admins. */
  pin?: Who;
  /** Only what is younger than so many days is kept; absent, all is, as far as the server keeps it. */
  keep_days?: number;
  /** Only the newest so many entries are kept; absent, all are, as far as the server keeps them. */
  keep_entries?: number;
  /** Whether everybody may ask to be let in, also without a link. */
  ask?: boolean;
  /** How many wait to be let in, for admins; absent, nobody. */
  requests?: number;
  /** Until when the reader may read and not write; perhaps a time that is over. */
  muted_until?: number;
  /** The reader's own role. */
  role: Role;
}

/** How a client keeps a quiet connection alive. */
export interface HeartbeatPlan {
  /**
   * Send `ping` after this many milliseconds without sending, or without receiving: each side
   * knows of the other's life only by what it hears.
   */
  interval_ms: number;
  /** Nothing heard for this many milliseconds after a `ping`: close and reconnect. */
  timeout_ms: number;
}

/** The first frame on a connection. */
export interface Hello {
  /**
   * The session's token. Absent when a session cookie came with the upgrade.
   * At most `LIMITS.TOKEN_BYTES`.
   */
  token?: string;
  /**
   * The client's name and version, for logs and the list of devices: so without control
   * characters, and at most `LIMITS.CLIENT_NAME_BYTES`.
   */
  client?: string;
}

/**
 * Asks for a stretch of a log: either the entries `before` a seq or those `after` one, or,
 * with neither, the newest. Always answered in ascending order.
 */
export interface History {
  /** The conversation. */
  conv: number;
  /** The newest entries below this seq. */
  before?: number;
  /** The oldest entries above this seq. */
  after?: number;
  /** Entries in the page, from 1; more than `LIMITS.HISTORY_ENTRIES` are read as that. */
  limit?: number;
  /** Bytes of entries after which the page is to end, from 1: a wish, for a slow link. One entry is always given. */
  bytes?: number;
}

/** Answers `history`: a stretch of a log, ascending and without holes. */
export interface HistoryPage {
  /** The conversation. */
  conv: number;
  /** The entries. */
  entries: Entry[];
  /** The log's last seq. */
  head: number;
  /** The first seq that the caller may read; absent, 1. */
  since?: number;
  /** Whether the log goes on in the direction asked for. */
  more: boolean;
}

/** What a client has learnt of one network, in milliseconds of quiet time. */
export interface Learnt {
  /** The longest quiet time after which the connection was still alive. */
  held_ms?: number;
  /** The shortest quiet time after which the connection turned out to be dead. */
  failed_ms?: number;
}

/** A conversation in a list: what is needed to show it, and no more. What is left out is 0, or as said. */
export interface Listed {
  /** The id. */
  conv: number;
  /** The log's last seq. */
  head: number;
  /** Messages by others, not recalled, after the caller's read position. */
  unread?: number;
  /** In how many of these the caller is mentioned. */
  mentions?: number;
  /** The other member of a conversation of two; absent in one with oneself. */
  user?: number;
  /** How far that member has read. */
  read?: number;
  /** How far it is delivered to that member; absent, as far as it is read. */
  delivered?: number;
  /** Nothing up to here is kept; absent, all is. */
  floor?: number;
  /** How far the caller has read. */
  own_read?: number;
  /** How far it is delivered to the caller; absent, as far as it is read. */
  own_delivered?: number;
  /** What the caller made of it for oneself; absent where that is nothing. */
  view?: View;
}

/** How far one member has come in a conversation that the frame already names. */
export interface MemberPosition {
  /** The member. */
  user: number;
  /** Everything up to here was read. */
  read: number;
  /** Everything up to here is on one of the member's devices. */
  delivered: number;
}

/** `GET /v1/mentions`: a page of the messages that mention the caller, newest first. */
export interface MentionsPage {
  /** The messages. */
  entries: Entry[];
  /** Their senders. */
  users: UserProfile[];
  /** What to say as `before` for the next page; absent where this was the last. */
  before?: string;
}

/** How the reactions of a message stand. */
export interface MessageReactions {
  /** The message. */
  seq: number;
  /** Which change of the conversation's reactions was the last of this message's. */
  number: number;
  /** All that stand there; none where all were taken back, or the message was recalled. */
  reactions: Reaction[];
}

/** `POST /v1/groups`: makes a group, whose owner is the caller. */
export interface NewGroup {
  /** The caller's name for the entry that begins it: a retry finds the group. */
  client_id: string;
  /** The name to show; at most `LIMITS.GROUP_NAME_BYTES`. */
  name: string;
  /** Other members, at most `LIMITS.GROUP_USERS`; more are added afterwards. */
  users?: number[];
}

/** Asks for a sign of life and for the next heartbeat interval. */
export interface Ping {
  /**
   * The quiet time, in milliseconds, that this ping ended: nothing had gone either way. 0 where
   * that shows nothing.
   */
  interval_ms: number;
  /** What the client has learnt of the network it is on. */
  learnt?: Learnt;
  /** Nobody is looking: a longer interval is worth a later notice of a break. */
  background?: boolean;
}

/** Answers `ping`. */
export interface Pong {
  /** The time without sending, or without receiving, after which to ping next. */
  next_interval_ms: number;
  /** The server's clock. */
  server_time: number;
}

/** How far the caller has come in a conversation that the frame already names. */
export interface Position {
  /** Everything up to here was read. */
  read: number;
  /**
   * Everything up to here is on one of the caller's devices. Where members are not told it may be too low: the
   * server keeps no more than that it was read.
   */
  delivered: number;
}

/** Answers `presence`; as a push, it tells of members of the conversation that the client looks at. */
export interface Presence {
  /** The conversation; absent in an answer. */
  conv?: number;
  /** Those who were asked for, or whose state is another one. */
  users?: UserPresence[];
  /**
   * How many members are online or away, in a conversation of more than
   * `PRESENCE_MEMBERS`.
   */
  online?: number;
}

/** Whether somebody is there. */
export type PresenceState = "offline" | "away" | "online" | (string & {});

/** What users are called now: they have other names than before. */
export interface Profiles {
  /** The users, as the reader may know them. */
  users: UserProfile[];
}

/** Sets a reaction of the caller's to a message, or takes it back. */
export interface React {
  /** The conversation. */
  conv: number;
  /** The message. */
  seq: number;
  /** One emoji. At most `LIMITS.REACTION_BYTES`. */
  value: string;
  /** Whether it is to be there afterwards. */
  on: boolean;
}

/** A push: reactions of a conversation changed. It may get lost: then `after` of the next one shows it. */
export interface Reacted {
  /** The conversation. */
  conv: number;
  /** The number before the first of these changes. */
  after: number;
  /** The number of the last of them. */
  number: number;
  /** The messages whose reactions changed, as they stand. */
  messages: MessageReactions[];
  /** Who changed what. */
  changes: ReactionChange[];
  /** There were more changes than are told, so a user's other devices do not learn from it what that user set. */
  cut?: boolean;
}

/** A reaction, and how often it stands beside a message. */
export interface Reaction {
  /** The emoji. */
  value: string;
  /** How many members set it. */
  count: number;
  /** Whether the reader did; never in a push. */
  mine?: boolean;
}

/** A reaction that somebody set or took back. */
export interface ReactionChange {
  /** The message. */
  seq: number;
  /** Who. */
  user: number;
  /** The emoji. */
  value: string;
  /** Whether it is there now. */
  on: boolean;
}

/**
 * Asks how the reactions of messages stand: of those whose reactions changed `after` a number, or of those at the places
 * from `from` to `to`. With neither, of all.
 */
export interface Reactions {
  /** The conversation. */
  conv: number;
  /** The number up to which the client knows all. */
  after?: number;
  /** The first place. */
  from?: number;
  /** The last place. */
  to?: number;
  /** Messages in the page, from 1; more than `LIMITS.REACTIONS_PAGE` are read as that. */
  limit?: number;
}

/** Answers `Reactions`. */
export interface ReactionsPage {
  /** The conversation. */
  conv: number;
  /** The messages: by `number` where `after` was said, by `seq` where `from` was. */
  messages: MessageReactions[];
  /** The number of the conversation's last change of reactions. */
  number: number;
  /** Whether there are others behind the last one. */
  more: boolean;
}

/** Says that the user has read `conv` up to `seq`. */
export interface Read {
  /** The conversation. */
  conv: number;
  /** The last entry read. */
  seq: number;
}

/** By how many a message was read. */
export interface ReadByCount {
  /** The message. */
  seq: number;
  /** Members who have read it, who were members when it was sent, without its sender. */
  count: number;
}

/** Answers `read_by`; as a push, it tells of those messages that were read by another number than before. */
export interface ReadByCounts {
  /** The conversation. */
  conv: number;
  /** The messages, ascending. */
  messages: ReadByCount[];
}

/** Blanks a message of one's own. */
export interface Recall {
  /** The conversation. */
  conv: number;
  /** The message. */
  seq: number;
  /** The sender's name for this recall. */
  client_id: string;
}

/**
 * How far one member has come. Both only ever grow. Of a conversation of more than
 * `LIMITS.MEMBERS_TOLD` members, only the member's own devices hear.
 */
export interface Receipt {
  /** The conversation. */
  conv: number;
  /** The member; the reader's own other devices get their own receipts too. */
  user: number;
  /** Everything up to here was read. */
  read: number;
  /** Everything up to here is on one of the member's devices. */
  delivered: number;
}

/** A push to admins: so many wait to be let into a group now. */
export interface Requests {
  /** The group. */
  conv: number;
  /** How many. */
  count: number;
}

/** What a member of a group may do. */
export type Role = "member" | "admin" | "owner" | (string & {});

/** Appends a message. */
export interface Send {
  conv?: number;
  to?: number;
  /** The sender's name for this message. */
  client_id: string;
  /** What it says. */
  body: Body;
  /** The message it answers. */
  reply_to?: number;
  /** Users who should notice it; at most `LIMITS.MENTIONS`. */
  mentions?: number[];
  /** Whether all members of the group should notice it; for its admins, `LIMITS.ALLS_A_DAY` times. */
  mentions_all?: boolean;
  /** What it belongs to within the conversation: 1 to `LIMITS.TOPIC_BYTES`. */
  topic?: string;
  /** When it loses its worth. */
  expires_at?: number;
  /** Where it comes from, if not from its sender's own hand: 1 to `LIMITS.ORIGIN_BYTES`. */
  origin?: string;
}

/** Answers `send`, `edit` and `recall`: the entry is on disk. */
export interface Sent {
  /** The conversation; news to a sender that said `to`. */
  conv: number;
  /** The entry's position. */
  seq: number;
  /** The entry's id. */
  id: number;
  /** When the server took it. */
  at: number;
  /** The sender's name for it. */
  client_id: string;
}

/** A draft to be kept. With an empty text and no `reply_to`: none. */
export interface SetDraft {
  /** What it says so far; at most `LIMITS.DRAFT_BYTES`. */
  text: string;
  /** The message it answers. */
  reply_to?: number;
}

/** `PATCH /v1/groups/{conv}`: changes one setting; exactly one of them is there. */
export interface SetGroup {
  /** The caller's name for the entry. */
  client_id: string;
  /** The new name; at most `LIMITS.GROUP_NAME_BYTES`. */
  name?: string;
  /** The new description, perhaps empty; at most `LIMITS.GROUP_DESCRIPTION_BYTES`. */
  description?: string;
  /** Who may write. */
  post?: Who;
  /** Who may bring others in. */
  invite?: Who;
  /** What those who come in may read of what was said before. */
  history?: Window;
  /** Of how many days, with `days`: 1 to `LIMITS.WINDOW_DAYS`. */
  history_days?: number;
  /** How many seconds a member waits between two messages: 0 for not at all, at most `LIMITS.SLOW_S`. */
  slow_s?: number;
  /** Who may pin messages. */
  pin?: Who;
  /** Of how many days what was said is kept: 0 for all, at most `LIMITS.KEEP_DAYS`. */
  keep_days?: number;
  /** How many entries are kept: 0 for all, at most `LIMITS.KEEP_ENTRIES`. */
  keep_entries?: number;
  /** Whether everybody may ask to be let in, also without a link. */
  ask?: boolean;
}

/** `PATCH /v1/groups/{conv}/members/{user}`: gives a member another role. */
export interface SetRole {
  /** The caller's name for the entry. */
  client_id: string;
  /** Which. */
  role: Role;
}

/** Changes the caller's view of a conversation. */
export interface SetView {
  /** The conversation. */
  conv: number;
  /** What to change. */
  view: ViewChange;
}

/** How a user stands before a group. */
export type Standing = "outside" | "member" | "waiting" | "ended" | "declined" | "banned" | (string & {});

/** Asks for the conversations that changed since `cursor`. */
export interface Sync {
  /** The cursor of the last `synced`; absent the first time. */
  cursor?: string;
  /**
   * Conversations in the page, from 1; more than `LIMITS.SYNC_CONVERSATIONS` are read as that, in a list more
   * than `LIMITS.LIST_CONVERSATIONS`.
   */
  limit?: number;
  /** Only what a list of conversations shows, without entries and as short as can be: see `Listed`. */
  list?: boolean;
  /** Bytes of entries after which the page is to have no more, from 1: a wish, for a slow link. */
  bytes?: number;
}

/** Answers `sync`: a page of the conversations that changed since the cursor, newest change first. */
export interface Synced {
  /** The conversations. */
  conversations: ConversationView[];
  /** The conversations, where only a list was asked for; those that a list cannot tell are among the others. */
  list?: Listed[];
  /** The members who are told, and the senders of the entries. */
  users: UserProfile[];
  /**
   * The unread messages of all the caller's conversations but the hidden ones, this page's or not. One that is
   * marked as unread, and has none, counts as one.
   */
  total_unread: number;
  /** How many of these are in conversations that are muted or archived. */
  total_muted?: number;
  /** What to say in the next `sync`: for the next page while `more`, from then on for what is new. */
  cursor: string;
  /** Whether this page was not the last. */
  more: boolean;
}

/** Says that the user is writing something. Not answered. */
export interface Typing {
  /** The conversation. */
  conv: number;
}

/** Who is writing something in a conversation now. */
export interface Typists {
  /** The conversation. */
  conv: number;
  /** Those who began first, at most `TYPISTS_NAMED`. Nobody, where nobody is any more. */
  users: number[];
  /** How many others. */
  others?: number;
}

/** Whether one user is there. */
export interface UserPresence {
  /** Who. */
  user: number;
  /** The state. */
  state: PresenceState;
  /** When somebody who is offline was last there, within a minute or so, where both of them let that be seen. */
  last_seen?: number;
}

/** What one user may know of another. */
export interface UserProfile {
  /** The id. */
  id: number;
  /** The name to sign in with. */
  login: string;
  /** The name to show. */
  name: string;
  /** The picture's file name or URL; absent, a client draws initials. */
  avatar?: string;
}

/** What the caller made of a conversation for oneself. An absent field is as nobody has set it. */
export interface View {
  /** How often it was changed: of two views of one conversation the higher one is the later. */
  rev: number;
  /** Muted until then. 2^53 − 1 stands for no end. */
  muted_until?: number;
  /** Among those at the top: the higher, the further up. 0: not there. */
  pinned?: number;
  /** Archived with the log up to here. A message above that comes at `muted_until` or later ends it. */
  archived?: number;
  /** Out of the list with the log up to here. A message above ends it. */
  hidden?: number;
  /** Marked as unread, for as long as the caller's `read` is this. */
  marked_unread?: number;
  /** What was begun to be written. */
  draft?: Draft;
  /** Nothing up to here is told to the caller. */
  cleared?: number;
}

/** What is to be changed of a view; what is absent stays. */
export interface ViewChange {
  /** Mutes until then; a time that has passed, such as 0, ends it. */
  muted_until?: number;
  /** Puts it to the top, the higher the further up; 0 takes it from there. At most `LIMITS.PINNED` at a time. */
  pinned?: number;
  /** Archives it, or takes it out. */
  archived?: boolean;
  /** Takes it out of the list until the next message, or puts it back. */
  hidden?: boolean;
  /** Marks it as unread, or ends that. */
  marked_unread?: boolean;
  /** Keeps a draft in place of the one before. */
  draft?: SetDraft;
  /** Clears everything up to here, for the caller alone and for good. */
  cleared?: number;
}

/** Answers `set_view`; and a push to the user's other connections: the view as it is now. */
export interface Viewed {
  /** The conversation. */
  conv: number;
  /** The caller's view of it, whole. */
  view: View;
}

/** Says which conversation the client shows. It holds until the next one, and as long as the connection. */
export interface Watch {
  /** The conversation; absent where the client shows none. */
  conv?: number;
}

/** Answers `hello`: the connection is live and registered for pushes. */
export interface Welcome {
  /** Who the token says the caller is. */
  user: UserProfile;
  /** The caller's session. */
  session: number;
  /**
   * The name of the server's history: positions, cursors and ids mean something within one. Older servers do not
   * say.
   */
  epoch?: string;
  /** How to keep the connection alive, to begin with. */
  heartbeat: HeartbeatPlan;
  /** What not to exceed. */
  limits: AdvertisedLimits;
  /** The server's clock. */
  server_time: number;
  /** The server's name and version. */
  server: string;
}

/** Whom a right in a group belongs to. */
export type Who = "all" | "admins" | (string & {});

/** What those who come into a group may read of what was said before. */
export type Window = "all" | "joining" | "days" | (string & {});

/** A frame, by its `type`. */
export type ClientFrame =
  | ({ type: "hello"; req?: number } & Hello)
  | ({ type: "ping"; req?: number } & Ping)
  | ({ type: "send"; req?: number } & Send)
  | ({ type: "edit"; req?: number } & Edit)
  | ({ type: "recall"; req?: number } & Recall)
  | ({ type: "ack"; req?: number } & Ack)
  | ({ type: "read"; req?: number } & Read)
  | ({ type: "set_view"; req?: number } & SetView)
  | ({ type: "sync"; req?: number } & Sync)
  | ({ type: "history"; req?: number } & History)
  | ({ type: "react"; req?: number } & React)
  | ({ type: "reactions"; req?: number } & Reactions)
  | ({ type: "watch"; req?: number } & Watch)
  | ({ type: "typing"; req?: number } & Typing)
  | ({ type: "presence"; req?: number } & AskPresence)
  | ({ type: "read_by"; req?: number } & AskReadBy);

/** A frame, by its `type`. */
export type ServerFrame =
  | ({ type: "welcome"; req?: number } & Welcome)
  | ({ type: "pong"; req?: number } & Pong)
  | ({ type: "sent"; req?: number } & Sent)
  | ({ type: "entry"; req?: number } & Entry)
  | ({ type: "receipt"; req?: number } & Receipt)
  | ({ type: "profiles"; req?: number } & Profiles)
  | ({ type: "blocked"; req?: number } & Blocked)
  | ({ type: "reacted"; req?: number } & Reacted)
  | ({ type: "typing"; req?: number } & Typists)
  | ({ type: "view"; req?: number } & Viewed)
  | ({ type: "asked"; req?: number } & Asked)
  | ({ type: "requests"; req?: number } & Requests)
  | ({ type: "presence"; req?: number } & Presence)
  | ({ type: "read_by"; req?: number } & ReadByCounts)
  | ({ type: "floor"; req?: number } & Floor)
  | ({ type: "done"; req?: number } & Done)
  | ({ type: "synced"; req?: number } & Synced)
  | ({ type: "history"; req?: number } & HistoryPage)
  | ({ type: "reactions"; req?: number } & ReactionsPage)
  | ({ type: "error"; req?: number } & Failure)
  | ({ type: "bye"; req?: number } & Bye);

/** What to check of each frame from the server: its `type`, and the shape behind it. */
export const SERVER_FRAMES: Readonly<Record<string, string>> = {
  welcome: "Welcome",
  pong: "Pong",
  sent: "Sent",
  entry: "Entry",
  receipt: "Receipt",
  profiles: "Profiles",
  blocked: "Blocked",
  reacted: "Reacted",
  typing: "Typists",
  view: "Viewed",
  asked: "Asked",
  requests: "Requests",
  presence: "Presence",
  read_by: "ReadByCounts",
  floor: "Floor",
  done: "Done",
  synced: "Synced",
  history: "HistoryPage",
  reactions: "ReactionsPage",
  error: "Failure",
  bye: "Bye",
};

/** Shapes: for each field what it holds; `[]` is a list, `?` may be absent or null. Where a key
 * begins with `type=`, the rest holds only for that type. */
export const SHAPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AdvertisedLimits: { frame_bytes: "integer", text_bytes: "integer", requests: "integer", unacked_entries: "integer" },
  Asked: { conv: "integer", state: "string", name: "string?", again_at: "integer?" },
  Blocked: { user: "integer", on: "boolean" },
  Body: { type: "string", "type=text.text": "string" },
  Bye: { code: "string", retry_after_ms: "integer" },
  ConversationView: { conv: "integer", kind: "string", head: "integer", since: "integer?", floor: "integer?", pins: "integer[]?", unread: "integer", mentions: "integer?", me: "Position", view: "View?", size: "integer", group: "GroupView?", left: "boolean?", members: "MemberPosition[]?", entries: "Entry[]" },
  Done: {},
  Draft: { text: "string", reply_to: "integer?", at: "integer" },
  Entry: { conv: "integer", seq: "integer", id: "integer", kind: "string", from: "integer", at: "integer", client_id: "string", body: "Body?", reply_to: "integer?", mentions: "integer[]?", mentions_all: "boolean?", topic: "string?", expires_at: "integer?", origin: "string?", event: "GroupEvent?", target: "integer?", edited_by: "integer?", recalled_by: "integer?" },
  Failure: { code: "string", message: "string", retry_after_ms: "integer?" },
  Floor: { conv: "integer", floor: "integer" },
  GroupEvent: { type: "string", "type=created.name": "string", "type=created.users": "integer[]", "type=added.users": "integer[]", "type=removed.users": "integer[]", "type=role.user": "integer", "type=role.role": "string", "type=renamed.name": "string", "type=described.description": "string", "type=pictured.avatar": "string", "type=post_set.post": "string", "type=invite_set.invite": "string", "type=history_set.history": "string", "type=history_set.history_days": "integer?", "type=slow_set.slow_s": "integer", "type=pin_set.pin": "string", "type=keep_days_set.keep_days": "integer", "type=keep_entries_set.keep_entries": "integer", "type=ask_set.ask": "boolean", "type=joined.link": "integer", "type=approved.user": "integer", "type=approved.link": "integer?", "type=banned.users": "integer[]", "type=banned.out": "integer", "type=unbanned.users": "integer[]", "type=muted.user": "integer", "type=muted.until": "integer", "type=unmuted.user": "integer", "type=pinned.target": "integer", "type=unpinned.target": "integer" },
  GroupView: { name: "string", description: "string?", avatar: "string?", post: "string", invite: "string", history: "string?", history_days: "integer?", slow_s: "integer?", pin: "string?", keep_days: "integer?", keep_entries: "integer?", ask: "boolean?", requests: "integer?", muted_until: "integer?", role: "string" },
  HeartbeatPlan: { interval_ms: "integer", timeout_ms: "integer" },
  HistoryPage: { conv: "integer", entries: "Entry[]", head: "integer", since: "integer?", more: "boolean" },
  Listed: { conv: "integer", head: "integer", unread: "integer?", mentions: "integer?", user: "integer?", read: "integer?", delivered: "integer?", floor: "integer?", own_read: "integer?", own_delivered: "integer?", view: "View?" },
  MemberPosition: { user: "integer", read: "integer", delivered: "integer" },
  MessageReactions: { seq: "integer", number: "integer", reactions: "Reaction[]" },
  Pong: { next_interval_ms: "integer", server_time: "integer" },
  Position: { read: "integer", delivered: "integer" },
  Presence: { conv: "integer?", users: "UserPresence[]?", online: "integer?" },
  Profiles: { users: "UserProfile[]" },
  Reacted: { conv: "integer", after: "integer", number: "integer", messages: "MessageReactions[]", changes: "ReactionChange[]", cut: "boolean?" },
  Reaction: { value: "string", count: "integer", mine: "boolean?" },
  ReactionChange: { seq: "integer", user: "integer", value: "string", on: "boolean" },
  ReactionsPage: { conv: "integer", messages: "MessageReactions[]", number: "integer", more: "boolean" },
  ReadByCount: { seq: "integer", count: "integer" },
  ReadByCounts: { conv: "integer", messages: "ReadByCount[]" },
  Receipt: { conv: "integer", user: "integer", read: "integer", delivered: "integer" },
  Requests: { conv: "integer", count: "integer" },
  Sent: { conv: "integer", seq: "integer", id: "integer", at: "integer", client_id: "string" },
  Synced: { conversations: "ConversationView[]", list: "Listed[]?", users: "UserProfile[]", total_unread: "integer", total_muted: "integer?", cursor: "string", more: "boolean" },
  Typists: { conv: "integer", users: "integer[]", others: "integer?" },
  UserPresence: { user: "integer", state: "string", last_seen: "integer?" },
  UserProfile: { id: "integer", login: "string", name: "string", avatar: "string?" },
  View: { rev: "integer", muted_until: "integer?", pinned: "integer?", archived: "integer?", hidden: "integer?", marked_unread: "integer?", draft: "Draft?", cleared: "integer?" },
  Viewed: { conv: "integer", view: "View" },
  Welcome: { user: "UserProfile", session: "integer", epoch: "string?", heartbeat: "HeartbeatPlan", limits: "AdvertisedLimits", server_time: "integer", server: "string" },
};

/** Why a request failed, and whether the same request may succeed later. */
export const ERROR_CODES = {
  bad_request: { retryable: false },
  unsupported: { retryable: false },
  too_large: { retryable: false },
  unauthenticated: { retryable: false },
  forbidden: { retryable: false },
  user_not_found: { retryable: false },
  conversation_not_found: { retryable: false },
  entry_not_found: { retryable: false },
  seq_out_of_range: { retryable: false },
  client_id_conflict: { retryable: false },
  recalled: { retryable: false },
  owner_stays: { retryable: false },
  unchanged: { retryable: false },
  group_full: { retryable: false },
  too_many_reactions: { retryable: false },
  muted: { retryable: false },
  banned: { retryable: false },
  dead_link: { retryable: false },
  declined: { retryable: false },
  request_not_found: { retryable: false },
  limit_reached: { retryable: false },
  too_late: { retryable: false },
  not_found: { retryable: false },
  host_not_allowed: { retryable: false },
  rate_limited: { retryable: true },
  overloaded: { retryable: true },
  store_unavailable: { retryable: true },
  internal: { retryable: true },
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

/** Why the server closed. 4000 to 4099 are terminal, everything else means reconnect. */
export const CLOSE_CODES = {
  unauthenticated: 4001,
  protocol_violation: 4002,
  frame_too_large: 4003,
  session_revoked: 4004,
  too_many_connections: 4005,
  hello_timeout: 4100,
  ack_timeout: 4101,
  slow_reader: 4102,
  idle_timeout: 4103,
  shutdown: 4104,
  overloaded: 4105,
  internal: 4106,
  connection_limit: 4107,
} as const;

/** Every bound that both sides know. */
export const LIMITS = {
  /** The text of one message, in UTF-8 bytes. */
  TEXT_BYTES: 65536,
  /** One frame from a client, in bytes. JSON may escape a byte into six (`\u0001`). */
  CLIENT_FRAME_BYTES: 524288,
  /** A frame from the server, in bytes: what a client must be ready to read. */
  SERVER_FRAME_BYTES: 4194304,
  /** A session's token in `hello`, in bytes. */
  TOKEN_BYTES: 128,
  /** The client's name and version in `hello`, in UTF-8 bytes. */
  CLIENT_NAME_BYTES: 128,
  /** A `client_id`, in bytes. */
  CLIENT_ID_BYTES: 64,
  /** Users mentioned by one message. */
  MENTIONS: 64,
  /** Messages of one group in 24 hours that mention all its members. */
  ALLS_A_DAY: 10,
  /** The `topic` of a message, in UTF-8 bytes. */
  TOPIC_BYTES: 64,
  /** The `origin` of a message, in UTF-8 bytes. */
  ORIGIN_BYTES: 128,
  /**
   * Members of a conversation up to which each is told of all others: who they are, how far they have read, and how far it
   * is delivered to them. In a larger one a user hears of the own read position only, and `delivered` is not kept.
   */
  MEMBERS_TOLD: 64,
  /** The text of a draft, in UTF-8 bytes. */
  DRAFT_BYTES: 16384,
  /** Conversations that one user may have pinned at a time. */
  PINNED: 100,
  /** Members in one page of them, at most and by default. */
  MEMBERS_PAGE: 200,
  /** Users whom one request may bring into a group. */
  GROUP_USERS: 100,
  /** Members of a group. */
  GROUP_MEMBERS: 10000,
  /** A group's name, in UTF-8 bytes. */
  GROUP_NAME_BYTES: 128,
  /** A group's description, in UTF-8 bytes. */
  GROUP_DESCRIPTION_BYTES: 1024,
  /** Conversations in one page of `sync`, at most and by default. */
  SYNC_CONVERSATIONS: 50,
  /** Conversations in one page of `sync` that is only a list, at most; by default as in one that is not. */
  LIST_CONVERSATIONS: 200,
  /**
   * Bytes of entries, as they are written, after which a page of `history` or `sync` ends early: so a page of
   * the longest messages stays a frame that a phone can hold, whatever JSON makes of them.
   */
  PAGE_BYTES: 1048576,
  /** The last entries of each conversation in a page of `sync`. */
  SYNC_ENTRIES: 10,
  /** Entries in one page of `history`, at most. */
  HISTORY_ENTRIES: 200,
  /** Entries in one page of `history` where the request does not say. */
  HISTORY_ENTRIES_DEFAULT: 50,
} as const;

/** The WebSocket subprotocol that names this wire format. */
export const SUBPROTOCOL = "hongyan.v1.json";

/** The path of the WebSocket. */
export const WEBSOCKET_PATH = "/v1/ws";
