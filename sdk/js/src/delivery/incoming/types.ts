/** What goes into and comes out of `Incoming`, and its times and bounds. */
import { LIMITS } from "../../wire.gen.ts";
import type { ConversationView, Entry } from "../../wire.gen.ts";
import { BACKOFF } from "../backoff.ts";
import type { Backoff } from "../backoff.ts";
import type { Paging } from "./pages.ts";

/** What to do, in order. */
export type IncomingAction =
  /** Forget what was delivered, and what sync said: it is of another history than the one that the server has now,
   * which comes from here on. See `Outbox.historyReplaced`. */
  | { kind: "reset" }
  /** Give this entry to the application: the next one of its conversation. */
  | { kind: "deliver"; entry: Entry }
  /** What a sync says of a conversation. `entries` is empty: they come as `deliver`. */
  | { kind: "conversation"; view: ConversationView }
  /** Send `ack`. */
  | { kind: "ack"; conv: number; seq: number }
  /** Send `sync`, for at most `limit` conversations where it is there; answer with `synced`, `syncFailed` or
   * `syncRefused`. */
  | { kind: "sync"; cursor: string | null; list?: true; limit?: number; bytes?: number }
  /** Send `history`; answer with `fetched`, `fetchFailed` or `forget`. */
  | { kind: "fetch"; conv: number; after: number; limit: number; bytes?: number };

/** All times in ms. */
export interface IncomingPolicy {
  /** Where a log begins that the first sync shows: at its first entry, for archives and bots; or at the last
   * ones, for people, who scroll back. What begins after that begins at its first entry. */
  readonly start: "everything" | "recent";
  /** From the first entry that came too early to the fetch of those before it. */
  readonly reorderWait: number;
  /** Early entries of one conversation. Beyond it the highest are dropped, and fetched later. */
  readonly reorderEntries: number;
  /** The same over all conversations. */
  readonly reorderEntriesTotal: number;
  /** Fetches outstanding at a time. More wait their turn. */
  readonly fetches: number;
  /** Entries asked for by one fetch. */
  readonly fetchEntries: number;
  /** A sync or fetch that is not answered for this long counts as failed. */
  readonly answerTimeout: number;
  /** Between failed syncs and fetches. */
  readonly backoff: Backoff;
  /** From the end of one sync to the next on the same connection: it finds what a push that was lost
   * without a later one in the same conversation would hide. */
  readonly resync: number;
  /** How pages follow what the link takes; without, they are as large as the server makes them. */
  readonly paging?: Paging;
}

export const INCOMING_POLICY: IncomingPolicy = {
  start: "recent",
  reorderWait: 200,
  reorderEntries: 256,
  reorderEntriesTotal: 2048,
  fetches: 4,
  fetchEntries: LIMITS.HISTORY_ENTRIES,
  answerTimeout: 15_000,
  backoff: BACKOFF,
  resync: 15 * 60_000,
};

/** Where sync stands. */
export interface Cursors {
  /** The name of the history that all of this is of; absent where no server said it. */
  epoch?: string;
  /** The cursor of the last sync that came to its end. */
  cursor: string | null;
  /** The cursor within a sync that was cut off. */
  walk: string | null;
}

/** What a client keeps over a restart. The order of `held` means nothing. */
export interface Snapshot extends Cursors {
  held: Held[];
}

/** How far one conversation is held. */
export interface Held {
  conv: number;
  /** Everything up to here was delivered. */
  seq: number;
  /** The last entry known to exist. Kept because the cursor may already be beyond the change that
   * told of it. */
  head: number;
  /** Whether the server may not know that everything up to `seq` is held. */
  isAckOwed: boolean;
}
