/**
 * Time that goes on while the machine sleeps, and never back.
 *
 * A monotonic clock stands still in sleep, and the wall clock is set back now and then; so this one
 * follows the wall clock's steps forward.
 */
export class Clock {
  #wall: number;
  #now: number;

  constructor() {
    this.#wall = Date.now();
    this.#now = this.#wall;
  }

  /** In ms, near the epoch's. */
  now(): number {
    const wall = Date.now();
    this.#now += Math.max(0, wall - this.#wall);
    this.#wall = wall;
    return this.#now;
  }
}
