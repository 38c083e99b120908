/**
 * Writes what the engine learns to the storage, in batches.
 *
 * engine → pending changes → one write at a time → storage
 *
 * Owns: what is not written yet. While a write is under way, and for a moment after it, the next batch gathers:
 * under load many entries share a write, and reads find the storage free in between. Who waits for a write waits
 * for no such moment.
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
  /** Whether what is kept of conversations is to go first: it is of another history. */
  isReset: boolean;
}

/** What goes with another history. */
const CLEARS: Change[] = [
  { op: "clear", table: "entries" },
  { op: "clear", table: "conversations" },
  { op: "clear", table: "reactions" },
];

/** From the end of a write to the next that nobody waits for, in ms. */
const PAUSE = 40;

/** What the engine does for its keeper. */
export interface Kept {
  /** Gives what is to be written by now, and forgets it; null when there is nothing. */
  take(): Batch | null;
  /** What was taken last is written. */
  written(): void;
  /** Whether timers come when they should. */
  hasPromptTimers(): boolean;
}

interface Waiter {
  resolve(): void;
  reject(problem: unknown): void;
}

export class Keeper {
  readonly #storage: Storage;
  readonly #kept: Kept;
  /** Whoever waits for what the next batch takes. */
  #waiting: Waiter[] = [];
  #isWriting = false;
  /** Ends the moment after a write. */
  #hurry: (() => void) | null = null;
  #pausedAt = 0;

  constructor(storage: Storage, kept: Kept) {
    this.#storage = storage;
    this.#kept = kept;
  }

  /** Writes all that there is. Resolves when what there was at the call is written: more may come for ever. */
  keep(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#hurry?.();
      if (!this.#isWriting) void this.#write();
    });
  }

  /** Sees to it that what there is gets written soon. */
  soon(): void {
    // A timer may come late, where nobody looks.
    if (performance.now() - this.#pausedAt >= PAUSE) this.#hurry?.();
    if (!this.#isWriting) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    // What comes in the same turn of the event loop goes into one batch.
    await Promise.resolve();
    for (let isMore = true; isMore; ) {
      const waiting = this.#waiting;
      this.#waiting = [];
      const batch = this.#kept.take();
      isMore = batch !== null;
      // Told of what was written, the engine may find more to do; with nothing more, it must find the end.
      this.#isWriting = isMore;
      try {
        if (batch !== null) await this.#writeBatch(batch);
        for (const { resolve } of waiting) resolve();
      } catch (problem) {
        for (const { reject } of waiting) reject(problem);
      }
      if (isMore && this.#waiting.length === 0 && this.#kept.hasPromptTimers()) await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    this.#pausedAt = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PAUSE);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#hurry = null;
  }

  async #writeBatch(batch: Batch): Promise<void> {
    const entries = await this.#entryChanges(batch.entries, batch.isReset);
    const clears = batch.isReset ? CLEARS : [];
    await this.#storage.write([...clears, ...entries, ...batch.changes], batch.strict);
    this.#kept.written();
  }

  async #entryChanges(entries: Entry[], isReset: boolean): Promise<Change[]> {
    const changed = new Map<string, Entry>();
    const place = (conv: number, seq: number): string => `${conv}/${seq}`;
    for (const entry of entries) {
      changed.set(place(entry.conv, entry.seq), keepable(entry));
      if (entry.target === undefined) continue;
      const at = place(entry.conv, entry.target);
      const target = changed.get(at) ?? (isReset ? null : await this.#read(entry.conv, entry.target));
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
