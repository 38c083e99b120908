/**
 * Keeps records in memory, sorted: for programs that need not remember, and under other engines.
 *
 * Promises: what {@link Storage} promises, as long as the program runs. Records are kept as they are
 * given; whoever changes one afterwards changes it here.
 */
import { compareKeys, TABLES } from "./storage.ts";
import type { Change, Key, Range, Storage, StoredRecord, Table } from "./storage.ts";

export class MemoryStorage implements Storage {
  readonly kind = "memory";
  readonly isShared = false;
  readonly #tables = new Map<Table, StoredRecord[]>(TABLES.map((table) => [table, []]));

  async open(): Promise<void> {}

  async read(table: Table, range: Range = {}): Promise<StoredRecord[]> {
    return this.readNow(table, range);
  }

  async write(changes: Change[]): Promise<void> {
    this.writeNow(changes);
  }

  async close(): Promise<void> {}

  /** {@link read}, without a promise. */
  readNow(table: Table, range: Range = {}): StoredRecord[] {
    const records = this.#records(table);
    const first = range.from === undefined ? 0 : place(records, range.from);
    const end = range.to === undefined ? records.length : after(records, range.to);
    const limit = range.limit ?? Infinity;
    if (range.reverse) return records.slice(Math.max(first, end - limit), end).reverse();
    return records.slice(first, Math.min(end, first + limit));
  }

  /** {@link write}, without a promise. */
  writeNow(changes: Change[]): void {
    this.check(changes);
    for (const change of changes) {
      const records = this.#records(change.table);
      switch (change.op) {
        case "put":
          put(records, change.key, change.value);
          break;
        case "delete":
          remove(records, change.key, change.key);
          break;
        case "deleteRange":
          remove(records, change.from, change.to);
          break;
        case "clear":
          records.length = 0;
      }
    }
  }

  /** Throws where a write of these would fail. */
  check(changes: Change[]): void {
    for (const { table } of changes) this.#records(table);
  }

  #records(table: Table): StoredRecord[] {
    const records = this.#tables.get(table);
    if (records === undefined) throw new TypeError(`no table ${table}`);
    return records;
  }
}

function put(records: StoredRecord[], key: Key, value: unknown): void {
  const index = place(records, key);
  const isThere = index < records.length && compareKeys(records[index]!.key, key) === 0;
  records.splice(index, isThere ? 1 : 0, { key, value });
}

function remove(records: StoredRecord[], from: Key, to: Key): void {
  const first = place(records, from);
  records.splice(first, Math.max(0, after(records, to) - first));
}

/** Where `key` is, or would be. */
function place(records: StoredRecord[], key: Key): number {
  let low = 0;
  let high = records.length;
  // Most records come in ascending order.
  if (high > 0 && compareKeys(records[high - 1]!.key, key) < 0) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(records[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Behind `key`, whether it is there or not. */
function after(records: StoredRecord[], key: Key): number {
  const index = place(records, key);
  return index < records.length && compareKeys(records[index]!.key, key) === 0 ? index + 1 : index;
}
