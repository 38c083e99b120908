/**
 * Writes what the engine learns to the storage, in batches.
 *
 * engine → pending changes → one write at a time → storage
 *
 * Owns: what is not written yet. While a write is under way the next batch gathers: no timer, and
 * under load many entries share a write.
 * Promises: one batch is a state of the engine between two inputs: entries and how far they are held
 * go together. An edit or a recall changes the kept message in the same write that keeps the entry.
 * Not here: what is worth keeping, and what happens when the storage fails (`OverlayStorage`).
 */
import { amended } from "../log.ts";
import type { Change, Storage } from "../storage/storage.ts";
import type { Entry } from "../wire.gen.ts";

/** One batch, as the engine describes it. */
export interface Batch {
  /** Entries to keep, in the order in which they came. */
  entries: Entry[];
  /** Everything else. */
  changes: Change[];
  /** Whether a loss of power must not undo it. */
  strict: boolean;
}

export class Keeper {
  readonly #storage: Storage;
  readonly #take: () => Batch | null;
  #writing: Promise<void> | null = null;

  /** `take` gives what is to be written by now, and forgets it; null when there is nothing. */
  constructor(storage: Storage, take: () => Batch | null) {
    this.#storage = storage;
    this.#take = take;
  }

  /** Whether a write is under way. */
  get isWriting(): boolean {
    return this.#writing !== null;
  }

  /** Writes all that there is, however often more comes meanwhile. Resolves when nothing is left. */
  keep(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    // What comes in the same turn of the event loop goes into one batch.
    await Promise.resolve();
    for (let batch = this.#take(); batch !== null; batch = this.#take()) {
      const entries = await this.#entryChanges(batch.entries);
      await this.#storage.write([...entries, ...batch.changes], batch.strict);
    }
  }

  async #entryChanges(entries: Entry[]): Promise<Change[]> {
    const changed = new Map<string, Entry>();
    const place = (conv: number, seq: number): string => `${conv}/${seq}`;
    for (const entry of entries) {
      changed.set(place(entry.conv, entry.seq), keepable(entry));
      if (entry.target === undefined) continue;
      const at = place(entry.conv, entry.target);
      const target = changed.get(at) ?? (await this.#read(entry.conv, entry.target));
      const result = target === null ? null : amended(target, entry);
      if (result !== null) changed.set(at, result);
    }
    return [...changed.values()].map((entry) => ({
      op: "put",
      table: "entries",
      key: [entry.conv, entry.seq],
      value: entry,
    }));
  }

  async #read(conv: number, seq: number): Promise<Entry | null> {
    const key = [conv, seq] as const;
    const [record] = await this.#storage.read("entries", { from: key, to: key });
    return (record?.value as Entry | undefined) ?? null;
  }
}

/** An entry as it is kept. An edit's text is in its message: kept twice, a recall would have to find
 * both. */
export function keepable(entry: Entry): Entry {
  if (entry.kind !== "edit" || entry.body === undefined) return entry;
  const { body: _, ...rest } = entry;
  return rest;
}
