/**
 * The walk through the pages of `sync`.
 *
 * A walk that was cut off goes on where it was on the next connection, so that a large account on a
 * poor network gets to the end at some time. What changed since it began is not in its later pages;
 * so a resumed walk is followed by another one at once.
 */

type State = { kind: "disconnected" } | { kind: "waiting"; at: number } | { kind: "outstanding"; until: number };

export class Walk {
  /** Of the last walk that came to its end. */
  cursor: string | null;
  /** Of the last page, while a walk is not at its end. */
  within: string | null;
  #state: State = { kind: "disconnected" };
  #failures = 0;
  #number = 0;
  #isResumed = false;
  #again = false;
  #isComplete = false;

  constructor(cursor: string | null, within: string | null) {
    this.cursor = cursor;
    this.within = within;
  }

  connected(now: number): void {
    this.#isResumed = this.within !== null;
    this.#isComplete = false;
    this.#state = { kind: "waiting", at: now };
  }

  disconnected(): void {
    this.#state = { kind: "disconnected" };
    this.#failures = 0;
  }

  /** What to ask for now, if its time has come. */
  ask(now: number, until: number): { cursor: string | null } | null {
    if (this.#state.kind !== "waiting" || this.#state.at > now) return null;
    this.#state = { kind: "outstanding", until };
    if (this.within !== null) return { cursor: this.within };
    this.#number += 1;
    this.#again = false;
    return { cursor: this.cursor };
  }

  /** Whether an answer is waited for. */
  get isOutstanding(): boolean {
    return this.#state.kind === "outstanding";
  }

  /** A page came. The number of the walk, if this was its end and it saw everything that was
   * committed before it began. */
  page(cursor: string, more: boolean, now: number, resync: number): number | null {
    this.#failures = 0;
    if (more) {
      this.within = cursor;
      this.#state = { kind: "waiting", at: now };
      return null;
    }
    this.within = null;
    this.cursor = cursor;
    if (this.#isResumed) {
      this.#isResumed = false;
      this.#state = { kind: "waiting", at: now };
      return null;
    }
    this.#isComplete = true;
    this.#state = { kind: "waiting", at: this.#again ? now : now + resync };
    return this.#number;
  }

  /** The page is waited for until then, or later. */
  putOff(until: number): void {
    if (this.#state.kind === "outstanding") this.#state.until = Math.max(this.#state.until, until);
  }

  /** The page that came is not counted: the walk begins anew. */
  restart(now: number): void {
    this.#failures = 0;
    this.#state = { kind: "waiting", at: now };
  }

  /** What `ask` will say. */
  get position(): string | null {
    return this.within ?? this.cursor;
  }

  /** No page came, and none is asked for until this time. */
  rest(until: number): void {
    this.#failures += 1;
    this.#state = { kind: "waiting", at: until };
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Begins the next walk now, unless one is under way. */
  hurry(now: number): void {
    if (this.#state.kind === "waiting" && this.within === null && this.#failures === 0) {
      this.#state = { kind: "waiting", at: Math.min(this.#state.at, now) };
    }
  }

  /** Begins the next walk now, or after the one under way. */
  wantAnother(now: number): void {
    this.#again = true;
    this.hurry(now);
  }

  /** Walks that began on a connection of which every push was seen, and so on, counted. An entry
   * seen now can rely on a walk with a higher number. */
  get number(): number {
    return this.#number;
  }

  /** Whether a walk came to its end on this connection. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Whether the answer was waited for too long. */
  isExpired(now: number): boolean {
    return this.#state.kind === "outstanding" && this.#state.until <= now;
  }

  nextDeadline(): number | null {
    switch (this.#state.kind) {
      case "waiting":
        return this.#state.at;
      case "outstanding":
        return this.#state.until;
      case "disconnected":
        return null;
    }
  }
}
