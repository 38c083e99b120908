/**
 * Keeps records in the browser's IndexedDB: one database for each account, one object store a table.
 *
 * Promises: what {@link Storage} promises, for all tabs together. A tab with an older version of this
 * library lets go of the database as soon as a newer one asks for it.
 */
import { compareKeys, TABLES } from "./storage.ts";
import type { Change, Range, Storage, StoredRecord, Table } from "./storage.ts";

/** Records of a range that may be asked for as if all were there. */
const DENSE = 1000;

/** Grows when the tables change. */
const VERSION = 3;

export class IndexedDbStorage implements Storage {
  readonly kind = "indexeddb";
  readonly isShared = true;
  #database: IDBDatabase | null = null;

  async open(name: string): Promise<void> {
    const request = indexedDB.open(`hongyan:${name}`, VERSION);
    request.onupgradeneeded = () => {
      const { result } = request;
      for (const table of TABLES) if (!result.objectStoreNames.contains(table)) result.createObjectStore(table);
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
    return (await readDense(store, range)) ?? (range.reverse ? readBackwards(store, range) : readForwards(store, range));
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

/** Where keys are dense, as the entries of a log are, the ones of a page are known beforehand, and one request
 * for the values is enough. Null where some are missing, or the keys are of another kind. */
async function readDense(store: IDBObjectStore, range: Range): Promise<StoredRecord[] | null> {
  const { from, to, limit = Infinity, reverse = false } = range;
  if (typeof from !== "object" || typeof to !== "object" || from[0] !== to[0]) return null;
  const [first, last] = reverse ? [Math.max(from[1], to[1] - limit + 1), to[1]] : [from[1], Math.min(to[1], from[1] + limit - 1)];
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || last - first >= DENSE) return null;
  const values = await result(store.getAll(IDBKeyRange.bound([from[0], first], [to[0], last])));
  if (values.length !== last - first + 1) return null;
  const records = values.map((value, at): StoredRecord => ({ key: [from[0], first + at], value }));
  return reverse ? records.reverse() : records;
}

async function readForwards(store: IDBObjectStore, range: Range): Promise<StoredRecord[]> {
  const query = keyRange(range);
  const [keys, values] = await Promise.all([
    result(store.getAllKeys(query, range.limit)),
    result(store.getAll(query, range.limit)),
  ]);
  return keys.map((key, index) => ({ key: key as StoredRecord["key"], value: values[index] }));
}

/** Only a cursor goes backwards, at a turn of the event loop for each record. */
function readBackwards(store: IDBObjectStore, range: Range): Promise<StoredRecord[]> {
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
