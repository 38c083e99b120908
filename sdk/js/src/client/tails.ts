/**
 * The ends of the logs that were read last, in memory: opening a conversation waits for no storage.
 *
 * storage → cache → **tails** ← entries as they come
 *
 * Owns: a bounded number of stretches, each without holes up to the last entry that came. Promises: what is here
 * is what the storage has, or will have when what came is written. Not here: reading it (`Cache`).
 */
import { keepable } from "../engine/keeper.ts";
import { amended } from "../log.ts";
import type { Entry } from "../wire.gen.ts";

/** Logs; beyond that the one that was read longest ago is forgotten. */
const LOGS = 100;
/** Entries of each. As more come, up to as many again. */
const ENTRIES = 100;

export class Tails {
  /** By conversation, the one read last at the end. */
  readonly #tails = new Map<number, Entry[]>();

  /** The entries from one seq to another, if all of them are here. */
  read(conv: number, from: number, to: number): Entry[] | null {
    const tail = this.#tails.get(conv);
    const first = tail?.[0]?.seq ?? Infinity;
    if (tail === undefined || from < first || from > to || to >= first + tail.length) return null;
    this.#touch(conv, tail);
    return tail.slice(from - first, to - first + 1);
  }

  /** Remembers what was read, as far as it has no holes. It ends with the last entry that came. */
  put(conv: number, entries: readonly Entry[]): void {
    let from = entries.length - 1;
    while (from > 0 && entries[from - 1]!.seq === entries[from]!.seq - 1) from -= 1;
    const tail = entries.slice(Math.max(0, from, entries.length - ENTRIES));
    if (tail.length > 0) this.#touch(conv, tail);
    for (const oldest of this.#tails.keys()) {
      if (this.#tails.size <= LOGS) break;
      this.#tails.delete(oldest);
    }
  }

  /** The next entry of its conversation came. */
  add(entry: Entry): void {
    const tail = this.#tails.get(entry.conv);
    if (tail === undefined) return;
    const first = tail[0]!.seq;
    const next = first + tail.length;
    if (entry.seq > next) this.#tails.delete(entry.conv);
    if (entry.seq !== next) return;
    const at = (entry.target ?? 0) - first;
    const target = tail[at];
    if (target !== undefined) tail[at] = amended(target, entry) ?? target;
    tail.push(keepable(entry));
    if (tail.length > 2 * ENTRIES) tail.splice(0, tail.length - ENTRIES);
  }

  /** None is what the storage will have. */
  clear(): void {
    this.#tails.clear();
  }

  #touch(conv: number, tail: Entry[]): void {
    this.#tails.delete(conv);
    this.#tails.set(conv, tail);
  }
}
