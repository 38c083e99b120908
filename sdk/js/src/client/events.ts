/**
 * What a client tells its application.
 *
 * Owns: the names and shapes of events. Promises: in every tab the same events in the same order.
 * Not here: what the application does with them.
 */
import type { Append } from "../delivery/outbox.ts";
import type { Present } from "../delivery/presence.ts";
import type { Writing } from "../delivery/typing.ts";
import type { Asked, ConversationKind, Entry, Failure, GroupView, MemberPosition, MessageReactions, Position, ReadByCounts, Receipt, Requests, Sent, UserProfile, View } from "../wire.gen.ts";

/** Where the connection stands. Show it as it is. */
export type ConnectionState =
  /** An attempt is under way; `attempt` 1 is the first since the last connection. */
  | { kind: "connecting"; attempt: number }
  /** Welcome. `caughtUp`: every conversation is held up to its head. */
  | { kind: "online"; caughtUp: boolean }
  /** The next attempt begins at `retryAt` (ms since the epoch), or at `Client.wake`. */
  | { kind: "waiting"; reason: BreakReason; attempt: number; retryAt: number; networkDown: boolean }
  /** For good. A new client is needed, perhaps after signing in again. */
  | { kind: "stopped"; reason: StopReason };

/** Why there is no connection now. */
export type BreakReason =
  /** No connection came about, or it broke without a word. */
  | { kind: "broken" }
  /** No `welcome` in time. */
  | { kind: "timeout" }
  /** The server closed, with this WebSocket close code. */
  | { kind: "closed"; code: number; text: string }
  /** Nothing came back within the heartbeat's time-out. */
  | { kind: "silent" }
  /** A request was not answered in time. */
  | { kind: "unanswered" }
  /** The server sent what is no frame of the protocol. */
  | { kind: "garbage"; problem: string };

/** Why a client stopped for good. */
export type StopReason =
  /** Sign in again: the session is over. Where it was signed out on purpose, from another device, what was kept
   * here is erased, and `erased` says how many requests were in it that had not been sent. */
  | { kind: "signed_out"; code: number; erased?: { unsent: number } }
  /** Another terminal close code: connecting again would end the same. */
  | { kind: "refused"; code: number }
  /** What is stored here belongs to another user than the token. */
  | { kind: "other_user"; stored: number; welcomed: number }
  /** `Client.close` was called. */
  | { kind: "closed" };

/** A member, and how far that one has come. */
export interface Member extends MemberPosition {
  /** The entry with which the member came into the group, where that is known and not its first: what was said before
   * was for others. */
  since?: number;
}

/** A conversation as this device knows it: a row of the list. */
export interface Conversation {
  conv: number;
  kind: ConversationKind;
  /** The last seq known to exist. */
  head: number;
  /** Everything up to here was received. */
  held: number;
  /** The first seq kept on this device; `held + 1` when none is. */
  floor: number;
  /** Messages by others, not recalled, after one's own read position. */
  unread: number;
  /** In how many of these the user is mentioned; absent for none. */
  mentions?: number;
  /** Those of them that are known here, by seq, ascending. For older ones ask `Client.unreadMentions`. */
  mentioned?: readonly number[];
  /** One's own positions. */
  me: Position;
  /** How many members there are, as far as is known. */
  size: number;
  /** Every member's positions, one's own among them. Absent where there are too many to be told of: above
   * `LIMITS.MEMBERS_TOLD`. The same list as before while no position in it has moved. */
  members?: readonly Member[];
  /** What a group is called, what its members may do, and one's own role. Absent in a conversation of two, and until a
   * sync has told of it. */
  group?: GroupView;
  /** One is no member of the group any more. What is held stays readable; nothing can be sent or asked for. */
  left?: true;
  /** What the user made of it: muted, pinned, archived, hidden, marked unread, a draft. It is the same on all devices. What has
   * ended by itself is left out; absent where nothing is left. */
  view?: View;
  /** The first seq that the user may read, where that is not 1: what stands before was said before they came into the group, or
   * they cleared it. Drop what is shown of it; it is not kept either. */
  since?: number;
  /** Nothing up to this seq is kept by the server, for anybody; absent where all is. Where `since` is the next one, say that
   * earlier messages are not kept. */
  gone?: number;
  /** The seqs of the messages that are pinned, ascending; absent where none is. */
  pins?: readonly number[];
  /** The newest message, as it stands now (edited, recalled), or the newest change of the group. */
  last: Entry | null;
}

/** A request of this device that the server has not taken yet: what a local echo shows. */
export interface Outgoing {
  /** The same as in the entry that it becomes. */
  clientId: string;
  append: Append;
  /** When the user submitted it, by this device's clock, in ms since the epoch. */
  at: number;
  /** `failed` stays until it is sent again or discarded; `sent` until its entry comes, a moment later. */
  state: "waiting" | "sending" | "sent" | "failed";
  /** Where the entry is that comes of it, when sent. */
  sent?: Sent;
  /** Why, when failed. */
  failure?: Failure;
}

/** What is being written at one place, and not sent: a message, and beside it perhaps the change of one. */
export interface Draft {
  /** The message's text. */
  text: string;
  /** The seq of the message that it answers. */
  replyTo?: number;
  /** The change of one's own message that goes on. */
  edit?: DraftEdit;
  /** Changes of other messages that were begun and left for something else, the last left at the end. */
  aside?: DraftEdit[];
  /** Who was chosen to be mentioned, whether the text still names them or not. */
  mentions?: DraftMention[];
}

/** Somebody to be mentioned, by the name that the text has behind an at sign. */
export interface DraftMention {
  user: number;
  name: string;
}

/** The change of a message, not sent: which, what it said before, and what it is to say. */
export interface DraftEdit {
  seq: number;
  before: string;
  text: string;
}

/** A request moved on. After `settled`, which is told with its entry, and `discarded` it is gone from
 * `Client.outgoing`. `sent` may come after `settled`, because the entry may come before the answer. */
export type SendUpdate =
  | { outgoing: Outgoing; state: "waiting" | "sending" | "failed" | "settled" | "discarded" }
  | { outgoing: Outgoing; state: "sent"; sent: Sent };

/** Where state is kept. */
export interface StorageState {
  /** `memory` forgets everything when the page or program ends. */
  kind: string;
  /** Why the storage asked for is not the one in use; absent when all is well. */
  problem?: string;
  /** It did not answer. After a restart of the program it may. */
  isSilent?: true;
}

/** One event with its name. */
export type Happening = { [K in keyof ClientEvents]: [K, ClientEvents[K]] }[keyof ClientEvents];

/** Every event, by name. */
export interface ClientEvents {
  /** The connection's state changed. */
  connection: ConnectionState;
  /** The next entry of its conversation: once each, in the order of the log, without holes. */
  entry: Entry;
  /** A conversation is new or changed: head, unread, positions, last message, or what is known of the group. */
  conversation: Conversation;
  /** The server has another history than the one that came until now: its operator has put a backup back. Forget what
   * is shown of conversations. What there is comes from here on, as if it were new; what this device had sent and what
   * is gone is sent again. Drafts and the outbox stay. */
  reset: null;
  /** A member's positions grew. `conversation` follows. */
  receipt: Receipt;
  /** Who is writing in a conversation now, as far as it is told: see `Client.watch`. The user is left out. Nobody, where
   * nobody does any more. */
  typing: Writing;
  /** Who is there now, of the members of the conversation that is watched: all of them. Nobody, after a break, until the
   * server tells. */
  presence: Present;
  /** By how many others messages were read, of those that `Client.show` names: those of which that is news. */
  readBy: ReadByCounts;
  /** The user has blocked somebody, on whatever device, or blocks them no more. A hint: ask `Client.blocked` for all. */
  blocked: { user: number; on: boolean };
  /** How one stands before a group that one asked to be let into: `waiting`, `declined` or `ended`. Who is let in gets an entry. */
  asked: Asked;
  /** How many wait to be let into a group of which one is an admin. */
  requests: Requests;
  /** How the reactions of messages stand now, in a conversation that is watched: see `Client.watch`. */
  reactions: { conv: number; messages: MessageReactions[] };
  /** Who is signed in, as the server says: at the first `welcome`, and when the name changes. */
  me: UserProfile;
  /** Names to show for ids. */
  profiles: UserProfile[];
  /** A request of the outbox moved on. */
  send: SendUpdate;
  /** A draft changed, perhaps in another tab. */
  draft: { key: string } & Draft;
  /** This tab does, or does no longer, own the connection: only the leader shows notifications. */
  leader: boolean;
  /** Another storage is in use than before. */
  storage: StorageState;
  /** The server sent something that is no frame. The connection is made anew. */
  garbage: { problem: string; count: number };
}
