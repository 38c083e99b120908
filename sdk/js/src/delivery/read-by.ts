/**
 * By how many others the messages on the screen were read, where the server tells no member's positions.
 *
 * Owns: which messages are shown, and what of that the server knows.
 * Promises: it is asked only once it knows that the conversation is looked at, for at most {@link MESSAGES} messages, and
 * while one scrolls at most every {@link EVERY}. Not here: who has read a message, which is asked over HTTP.
 */
import type { AskReadBy } from "../wire.gen.ts";

/** Named at a time, as the server has it. */
const MESSAGES = 50;

/** Between two questions, in ms. */
const EVERY = 400;

export class ReadBy {
  /** What is looked at, once the server has confirmed it. */
  #watched: number | null = null;
  #wish: AskReadBy | null = null;
  /** What the server was asked last on this connection. */
  #asked = "";
  #askedAt = -Infinity;

  /** These are on the screen: the newest of them where they are too many. */
  show(conv: number, seqs: readonly number[]): void {
    const ascending = [...new Set(seqs)].sort((one, other) => one - other);
    this.#wish = { conv, seqs: ascending.slice(-MESSAGES) };
  }

  /** The server knows that this is looked at; null: that nothing is, or what is not known. */
  watching(conv: number | null): void {
    this.#watched = conv;
    this.#asked = "";
  }

  /** What to ask now, counted as asked; null for nothing. */
  next(now: number): AskReadBy | null {
    if (!this.#isDue() || now < this.#askedAt + EVERY) return null;
    this.#asked = nameOf(this.#wish!);
    this.#askedAt = now;
    return this.#wish;
  }

  /** The server had too much to do: it is asked again. */
  failed(): void {
    this.#asked = "";
  }

  nextDeadline(): number | null {
    return this.#isDue() ? this.#askedAt + EVERY : null;
  }

  #isDue(): boolean {
    const wish = this.#wish;
    if (wish === null || wish.conv !== this.#watched) return false;
    // Nothing is asked for already.
    return nameOf(wish) !== this.#asked && (wish.seqs.length > 0 || this.#asked !== "");
  }
}

function nameOf({ seqs }: AskReadBy): string {
  return seqs.join();
}
