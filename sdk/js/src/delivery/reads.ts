/**
 * Read marks on their way to the server.
 *
 * Owns: the furthest mark of each conversation that the server has not confirmed.
 * Promises: a mark is sent again on every connection until it is answered; an older mark never
 * follows a newer one; few are on the wire at a time, and one for each conversation.
 */

/** Marks on the wire at a time. */
const IN_FLIGHT = 8;

interface Mark {
  seq: number;
  isInFlight: boolean;
}

export class Reads {
  readonly #marks = new Map<number, Mark>();
  #inFlight = 0;

  mark(conv: number, seq: number): void {
    const mark = this.#marks.get(conv);
    if (mark !== undefined) mark.seq = Math.max(mark.seq, seq);
    else this.#marks.set(conv, { seq, isInFlight: false });
  }

  /** The next mark to send, counted as sent. */
  next(): { conv: number; seq: number } | null {
    if (this.#inFlight >= IN_FLIGHT) return null;
    for (const [conv, mark] of this.#marks) {
      if (mark.isInFlight) continue;
      mark.isInFlight = true;
      this.#inFlight += 1;
      return { conv, seq: mark.seq };
    }
    return null;
  }

  /** The server has answered the mark, for good or bad. A further one, taken meanwhile, is next. */
  answered(conv: number, seq: number): void {
    const mark = this.#marks.get(conv);
    if (mark?.isInFlight !== true) return;
    this.#inFlight -= 1;
    mark.isInFlight = false;
    if (mark.seq <= seq) this.#marks.delete(conv);
  }

  /** The connection is gone: what was on the wire waits again. */
  disconnected(): void {
    this.#inFlight = 0;
    for (const mark of this.#marks.values()) mark.isInFlight = false;
  }

  /** None counts any more. */
  clear(): void {
    this.#marks.clear();
    this.#inFlight = 0;
  }

  /** What is not confirmed, for keeping. */
  waiting(): { conv: number; seq: number }[] {
    return [...this.#marks].map(([conv, { seq }]) => ({ conv, seq }));
  }
}
