/**
 * The signed-in app's state, for components to read.
 *
 * SDK's events → **model** → components
 *
 * Owns: the translation of the SDK's events into reactive values. Promises: what did not change is
 * not told again; a burst of events is some changes a second. Not here: messages, which the
 * conversation pane reads through `client`, and anything that is drawn.
 */
import { createContext, useContext } from "solid-js";
import type { Accessor } from "solid-js";
import type { Client, ConnectionState, Conversation, Entry, Outgoing, Present, StorageState, UserPresence, UserProfile, Writing } from "@hongyan/client";
import type { Place } from "./keys.ts";
import type { Existence } from "./people.ts";
import type { Settings } from "./settings.ts";

/** One line of the conversation list. The same object as long as the place is; its fields are reactive. */
export interface Row {
  /** The place's key. */
  readonly key: string;
  readonly place: Place;
  /** Null: only a draft or unsent messages to a person so far. */
  readonly conversation: Conversation | null;
  /** The other person's name; a group's own, or its members' as long as that is not known. */
  readonly title: string;
  readonly unread: number;
  /** In how many of these the user is mentioned. */
  readonly mentions: number;
  /** The newest message, as it stands now. */
  readonly last: Entry | null;
  /** The newest of one's own that is not in the log yet. */
  readonly pending: Outgoing | null;
  readonly draft: string;
  readonly isMuted: boolean;
  /** At the top of the list. */
  readonly isPinned: boolean;
  /** Marked as unread, whatever was read. */
  readonly isMarked: boolean;
  /** The last activity, in ms since the epoch; 0 when there was none. */
  readonly at: number;
}

/** Everything here is reactive. */
export interface Model {
  readonly client: Client;
  /** What names all that is kept of the account; known before `me` is. */
  readonly account: string;
  me: Accessor<UserProfile | null>;
  connection: Accessor<ConnectionState>;
  storage: Accessor<StorageState>;
  isLeader: Accessor<boolean>;
  /** The list: those at the top, then the latest first. */
  rows: Accessor<readonly Row[]>;
  /** Those that were put away, in the same order. */
  archived: Accessor<readonly Row[]>;
  isMuted(place: Place): boolean;
  /** Unread messages over all conversations that are neither muted nor put away. */
  unread: Accessor<number>;
  /** In how many unread messages the user is mentioned, over all conversations that are not hidden. */
  mentions: Accessor<number>;
  /** A stand-in named `#1001` until the name is known. */
  profile(user: number): UserProfile;
  /** Somebody looks at this person: the name should be the present one. */
  refresh(user: number): void;
  /** Whether there is somebody of this id. */
  existence(user: number): Existence;
  /** Names that came with an answer, to show from now on. */
  learn(profiles: readonly UserProfile[]): void;
  /** Every person whose name is known. */
  people: Accessor<readonly UserProfile[]>;
  /** Null while a 1:1 does not exist yet. */
  conversation(place: Place): Conversation | null;
  /** A 1:1 named by its person, whatever it was named by before. */
  canonical(place: Place): Place;
  /** The name to show for a place. */
  title(place: Place): string;
  /** The name to show; with the id where somebody else here has the same. */
  shownName(person: UserProfile): string;
  /** The other members, where members are told. */
  others(place: Place): readonly UserProfile[];
  /** Requests whose entry has not come yet, in the order of submission. */
  outgoing(place: Place): readonly Outgoing[];
  draft(place: Place): string;
  /** Who is writing there now; null: nobody, as far as it is told. */
  writing(place: Place): Writing | null;
  /** Who is there, of the conversation that shows; null: nobody, as far as it is told. */
  present(place: Place): Present | null;
  /** Whether somebody is there, and since when not; null: not known. They are asked about as long as the caller's owner lives. */
  watchPresence(user: Accessor<number | null>): Accessor<UserPresence | null>;
  /** By how many others a message was read, where members are not told; null while the server has not said. */
  readBy(conv: number, seq: number): number | null;
  readonly settings: Settings;
  /** Ticks each minute, for "yesterday". */
  now: Accessor<number>;
}

export const ModelContext = createContext<Model>();

/** The model of the account that is signed in. */
export function useModel(): Model {
  const model = useContext(ModelContext);
  if (model === undefined) throw new Error("no account is signed in here");
  return model;
}
