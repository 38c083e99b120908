/**
 * Keeps records in the browser's IndexedDB: one database for each account, one object store a table.
 *
 * Promises: what {@link Storage} promises, for all tabs together. A tab with an older version of this
 * library lets go of the database as soon as a newer one asks for it.
 */
import { compareKeys, TABLES } from "./storage.ts";
import type { Change, Range, Storage, StoredRecord, Table } from "./storage.ts";

/** Grows when the tables change. */
const VERSION = 1;

export class IndexedDbStorage implements Storage {
  readonly kind = "indexeddb";
  readonly isShared = true;
  #database: IDBDatabase | null = null;

  async open(name: string): Promise<void> {
    const request = indexedDB.open(`hongyan:${name}`, VERSION);
    request.onupgradeneeded = () => {
      for (const table of TABLES) request.result.createObjectStore(table);
    };
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
      // An older tab holds the database and does not let go.
      request.onblocked = () => reject(new Error("another tab of an older version holds the database"));
    });
    database.onversionchange = () => void this.close();
    this.#database = database;
  }

  async read(table: Table, range: Range = {}): Promise<StoredRecord[]> {
    if (isEmpty(range)) return [];
    const store = this.#transaction(table, "readonly").objectStore(table);
    return range.reverse ? readBackwards(store, range) : readForwards(store, range);
  }

  async write(changes: Change[], strict = false): Promise<void> {
    if (changes.length === 0) return;
    const tables = [...new Set(changes.map((change) => change.table))];
    const transaction = this.#transaction(tables, "readwrite", strict ? "strict" : "relaxed");
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was aborted"));
    });
    try {
      for (const change of changes) apply(transaction.objectStore(change.table), change);
      // At once, not when the requests have been answered: a page on its way out hears no answer.
      transaction.commit();
    } catch (problem) {
      transaction.abort();
      await done.catch(() => {});
      throw problem;
    }
    await done;
  }

  async close(): Promise<void> {
    this.#database?.close();
    this.#database = null;
  }

  #transaction(
    tables: Table | Table[],
    mode: IDBTransactionMode,
    durability: IDBTransactionDurability = "default",
  ): IDBTransaction {
    if (this.#database === null) throw new Error("the database is closed");
    return this.#database.transaction(tables, mode, { durability });
  }
}

function apply(store: IDBObjectStore, change: Change): void {
  switch (change.op) {
    case "put":
      store.put(change.value, change.key as IDBValidKey);
      break;
    case "delete":
      store.delete(change.key as IDBValidKey);
      break;
    case "deleteRange":
      if (!isEmpty(change)) store.delete(IDBKeyRange.bound(change.from, change.to));
      break;
    case "clear":
      store.clear();
  }
}

async function readForwards(store: IDBObjectStore, range: Range): Promise<StoredRecord[]> {
  const query = keyRange(range);
  const [keys, values] = await Promise.all([
    result(store.getAllKeys(query, range.limit)),
    result(store.getAll(query, range.limit)),
  ]);
  return keys.map((key, index) => ({ key: key as StoredRecord["key"], value: values[index] }));
}

/** Only a cursor goes backwards, at a turn of the event loop for each record. Where keys are dense, as
 * the entries of a log are, the last few stand in the last few places: those are read at once. */
async function readBackwards(store: IDBObjectStore, range: Range): Promise<StoredRecord[]> {
  const dense = denseTail(range);
  if (dense !== null) {
    const records = await readForwards(store, dense);
    if (records.length === range.limit) return records.reverse();
  }
  return new Promise((resolve, reject) => {
    const records: StoredRecord[] = [];
    const request = store.openCursor(keyRange(range), "prev");
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor === null || records.length >= (range.limit ?? Infinity)) return resolve(records);
      records.push({ key: cursor.key as StoredRecord["key"], value: cursor.value });
      cursor.continue();
    };
  });
}

/** The last `limit` places of a range of dense keys that begins and ends in the same log. */
function denseTail(range: Range): Range | null {
  const { from, to, limit } = range;
  if (typeof from !== "object" || typeof to !== "object" || limit === undefined) return null;
  if (from[0] !== to[0] || !Number.isSafeInteger(to[1])) return null;
  return { from: [to[0], Math.max(from[1], to[1] - limit + 1)], to, limit };
}

/** Whether it ends before it begins, which IndexedDB takes for a mistake. */
function isEmpty({ from, to }: Range): boolean {
  return from !== undefined && to !== undefined && compareKeys(from, to) > 0;
}

function keyRange(range: Range): IDBKeyRange | null {
  const { from, to } = range;
  if (from !== undefined && to !== undefined) return IDBKeyRange.bound(from, to);
  if (from !== undefined) return IDBKeyRange.lowerBound(from);
  return to === undefined ? null : IDBKeyRange.upperBound(to);
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
