/** Which conversations are fetched now, and which wait for their turn. */

/**
 * A conversation is in one of both at most. Those that wait are served by the time they wait for, so
 * that a long gap, which queues again after every page, does not starve the others.
 */
export class Fetches {
  readonly #waiting = new Map<number, number>();
  /** With when it was asked for, what was asked for (the entries after), and the time until which the answer is
   * waited for. */
  readonly #outstanding = new Map<number, { askedAt: number; after: number; until: number }>();

  /** Fetch not before this time, whatever was planned. No effect while one is outstanding. */
  plan(conv: number, at: number): void {
    if (this.#outstanding.has(conv)) return;
    // Behind those that were planned before for the same time.
    this.#waiting.delete(conv);
    this.#waiting.set(conv, at);
  }

  /** Neither waits nor is outstanding. */
  isUnplanned(conv: number): boolean {
    return !this.#waiting.has(conv) && !this.#outstanding.has(conv);
  }

  /** The next one whose time has come, if there is a free slot, and the seq after which to fetch; it is outstanding from
   * now on. */
  start(slots: number, now: number, until: number, after: (conv: number) => number): { conv: number; after: number } | null {
    const first = this.#first();
    if (first === null || first.at > now || this.#outstanding.size >= slots) return null;
    this.#waiting.delete(first.conv);
    const next = { conv: first.conv, after: after(first.conv) };
    this.#outstanding.set(first.conv, { askedAt: now, after: next.after, until });
    return next;
  }

  /** The answer came to what was asked for then, after this seq. Null: it was not waited for. */
  answered(conv: number): { askedAt: number; after: number } | null {
    const found = this.#outstanding.get(conv);
    this.#outstanding.delete(conv);
    return found ?? null;
  }

  /** Every answer is waited for until then, or later. */
  putOff(until: number): void {
    for (const found of this.#outstanding.values()) found.until = Math.max(found.until, until);
  }

  /** One whose answer was waited for too long. */
  expire(now: number): number | null {
    for (const [conv, { until }] of this.#outstanding) {
      if (until <= now) {
        this.#outstanding.delete(conv);
        return conv;
      }
    }
    return null;
  }

  /** No need any more. An answer under way keeps its slot until it comes or expires. */
  cancel(conv: number): void {
    this.#waiting.delete(conv);
  }

  clear(): void {
    this.#waiting.clear();
    this.#outstanding.clear();
  }

  /** When the next one may start or expires. */
  nextDeadline(slots: number): number | null {
    const times = [...this.#outstanding.values()].map(({ until }) => until);
    const first = this.#first();
    if (first !== null && this.#outstanding.size < slots) times.push(first.at);
    return times.length === 0 ? null : Math.min(...times);
  }

  #first(): { at: number; conv: number } | null {
    let first: { at: number; conv: number } | null = null;
    for (const [conv, at] of this.#waiting) {
      if (first === null || at < first.at) first = { at, conv };
    }
    return first;
  }
}
