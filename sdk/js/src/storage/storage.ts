/**
 * The door to whatever keeps state on a device: a few tables of records, ordered by key.
 *
 * Promises (of every engine): a `write` is kept whole or not at all, and is durable when its
 * promise resolves. Refuses: nothing; an engine that cannot keep its promise rejects, and the
 * client goes on in memory and says so.
 */

/** The tables. */
export const TABLES = ["meta", "outbox", "drafts", "conversations", "users", "entries"] as const;
export type Table = (typeof TABLES)[number];

/** A record's place in its table. Numbers sort before strings; lists sort by their parts. */
export type Key = number | string | readonly [number, number];

/** One change. */
export type Change =
  | { op: "put"; table: Table; key: Key; value: unknown }
  | { op: "delete"; table: Table; key: Key }
  /** Both ends included. */
  | { op: "deleteRange"; table: Table; from: Key; to: Key }
  | { op: "clear"; table: Table };

/** Which records to read. Both ends are included; absent, the range is open. */
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
  read(table: Table, range?: Range): Promise<{ key: Key; value: unknown }[]>;
  /** Applies all changes, in order, or none. */
  write(changes: Change[]): Promise<void>;
  close(): Promise<void>;
}
