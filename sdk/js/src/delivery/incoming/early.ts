/** Entries of one conversation that came too early. */
import type { Entry } from "../../wire.gen.ts";

/** Entries by their seq. They are few, so the ends are found by looking at all. */
export class Early {
  readonly #entries = new Map<number, Entry>();

  /** Keeps an entry until its turn comes. With no room left, the highest gives way: what is lost
   * here is fetched in its turn. */
  insert(entry: Entry, hasRoom: boolean): void {
    const isNew = !this.#entries.has(entry.seq);
    this.#entries.set(entry.seq, entry);
    if (isNew && !hasRoom) this.#entries.delete(this.last() ?? entry.seq);
  }

  /** The entry at `seq`. */
  take(seq: number): Entry | undefined {
    const entry = this.#entries.get(seq);
    this.#entries.delete(seq);
    return entry;
  }

  /** Drops what came in another way. */
  dropUpTo(seq: number): void {
    for (const known of this.#entries.keys()) {
      if (known <= seq) this.#entries.delete(known);
    }
  }

  /** The lowest position kept. */
  first(): number | null {
    return this.size === 0 ? null : Math.min(...this.#entries.keys());
  }

  /** The highest position kept. */
  last(): number | null {
    return this.size === 0 ? null : Math.max(...this.#entries.keys());
  }

  get size(): number {
    return this.#entries.size;
  }
}
