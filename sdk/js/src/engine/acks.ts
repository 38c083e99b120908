/**
 * When the acks that are owed go out.
 *
 * Each ack is a frame that wakes the server up, and none is urgent: the server gathers them itself, and pushes
 * again only after seconds. So they gather here as well, and go together.
 *
 * Owns: since when acks are owed, and for how many entries. Not here: which ones (`Incoming`).
 */

import type { Entry } from "../wire.gen.ts";

/** From the first entry that is kept without its ack to the ack, at most, in ms. */
const GATHER = 50;

/** Entries of one conversation whose ack does not wait: the server pushes only so many without one. */
const AT_ONCE = 32;

/**
 * What was delivered and is not in the storage yet, and may therefore not be acked. Entries may come for ever,
 * and one write follow the other: so it is known of each conversation how far it is kept.
 */
export class Unkept {
  #waiting = new Map<number, Stretch>();
  #writing = new Map<number, Stretch>();
  #hasNews = false;

  /** Whether more is kept than was told, or all. */
  get hasNews(): boolean {
    return this.#hasNews || (this.#waiting.size === 0 && this.#writing.size === 0);
  }

  /** The next entry of its conversation was delivered. */
  deliver({ conv, seq }: Entry): void {
    const stretch = this.#waiting.get(conv);
    if (stretch === undefined) this.#waiting.set(conv, { first: seq, entries: 1 });
    else stretch.entries += 1;
  }

  /** What was delivered by now is being written. */
  take(): void {
    this.#writing = this.#waiting;
    this.#waiting = new Map();
  }

  /** What was being written is in the storage: so many entries of each conversation. */
  written(): Map<number, number> {
    const kept = new Map([...this.#writing].map(([conv, { entries }]) => [conv, entries]));
    this.#hasNews ||= kept.size > 0;
    this.#writing = new Map();
    return kept;
  }

  /** The last entry of a conversation that is kept; without end where all is. */
  keptTo(conv: number): number {
    const stretch = this.#writing.get(conv) ?? this.#waiting.get(conv);
    return stretch === undefined ? Infinity : stretch.first - 1;
  }

  /** None of what was delivered counts any more. */
  clear(): void {
    this.#waiting.clear();
    this.#writing.clear();
  }

  /** What is kept was told to the server. */
  told(): void {
    this.#hasNews = false;
  }
}

/** Entries in a row. */
interface Stretch {
  first: number;
  entries: number;
}

export class Acks {
  #since: number | null = null;
  readonly #entries = new Map<number, number>();

  /** So many entries of these conversations are kept now. */
  count(kept: ReadonlyMap<number, number>): void {
    for (const [conv, entries] of kept) this.#entries.set(conv, (this.#entries.get(conv) ?? 0) + entries);
  }

  /** Acks are owed for what is kept by now; whether they are to go at once. */
  isDue(now: number): boolean {
    this.#since ??= now;
    if (now - this.#since >= GATHER) return true;
    return [...this.#entries.values()].some((entries) => entries >= AT_ONCE);
  }

  /** None is owed any more. */
  clear(): void {
    this.#since = null;
    this.#entries.clear();
  }

  nextDeadline(): number | null {
    return this.#since === null ? null : this.#since + GATHER;
  }
}
