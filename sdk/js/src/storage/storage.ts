/**
 * The door to whatever keeps state on a device: a few tables of records, ordered by key.
 *
 * Promises (of every engine): a `write` is kept whole or not at all, and in the order of the calls.
 * Refuses: nothing; an engine that cannot keep its promise rejects, and the client goes on in memory
 * and says so.
 */

/** The tables. */
export const TABLES = ["meta", "outbox", "answered", "drafts", "conversations", "users", "entries", "reactions"] as const;
export type Table = (typeof TABLES)[number];

/** A record's place in its table. Numbers sort before strings, and those before lists, which sort by
 * their parts. */
export type Key = number | string | readonly [number, number];

/** A record. What it holds survives `structuredClone` and JSON alike. */
export interface StoredRecord {
  key: Key;
  value: unknown;
}

/** One change. */
export type Change =
  | { op: "put"; table: Table; key: Key; value: unknown }
  | { op: "delete"; table: Table; key: Key }
  /** Both ends included. */
  | { op: "deleteRange"; table: Table; from: Key; to: Key }
  | { op: "clear"; table: Table };

/** Which records to read. Both ends are included; absent, the range is open. One that ends before it
 * begins is empty. */
export interface Range {
  from?: Key;
  to?: Key;
  /** Records, at most. */
  limit?: number;
  /** Highest key first. */
  reverse?: boolean;
}

export interface Storage {
  /** `indexeddb`, `file`, `memory`, or an engine's own name. */
  readonly kind: string;
  /** Whether all tabs of one browser see the same records. */
  readonly isShared: boolean;
  /** Called once, before anything else. `name` separates accounts. */
  open(name: string): Promise<void>;
  /** All records of a range, in the order of their keys. */
  read(table: Table, range?: Range): Promise<StoredRecord[]>;
  /** Applies all changes, in order, or none. With `strict` it resolves when they would survive a loss
   * of power; without, when they would survive the end of the program. */
  write(changes: Change[], strict?: boolean): Promise<void>;
  close(): Promise<void>;
}

/** The order of keys. */
export function compareKeys(one: Key, other: Key): number {
  const rank = rankOf(one) - rankOf(other);
  if (rank !== 0) return rank;
  if (typeof one === "object" && typeof other === "object") return one[0] - other[0] || one[1] - other[1];
  return one < other ? -1 : one > other ? 1 : 0;
}

function rankOf(key: Key): number {
  return typeof key === "number" ? 0 : typeof key === "string" ? 1 : 2;
}
