/**
 * When the acks that are owed go out.
 *
 * Each ack is a frame that wakes the server up, and none is urgent: the server gathers them itself, and pushes
 * again only after seconds. So they gather here as well, and go together.
 *
 * Owns: since when acks are owed, and for how many entries. Not here: which ones (`Incoming`).
 */

/** From the first entry that is kept without its ack to the ack, at most, in ms. */
const GATHER = 50;

/** Entries of one conversation whose ack does not wait: the server pushes only so many without one. */
const AT_ONCE = 32;

export class Acks {
  #since: number | null = null;
  readonly #entries = new Map<number, number>();

  /** An entry of this conversation came. */
  count(conv: number): void {
    this.#entries.set(conv, (this.#entries.get(conv) ?? 0) + 1);
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
