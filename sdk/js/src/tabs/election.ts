/**
 * Which tab owns the connection: the one that holds a Web Lock.
 *
 * Promises: at most one tab of an account leads; when it closes or crashes, another leads at once. One
 * that does not answer can be deposed.
 */

export interface ElectionEvents {
  elected(): void;
  /** Another tab took over. */
  deposed(): void;
}

export class Election {
  readonly #name: string;
  readonly #events: ElectionEvents;
  /** Ends the wait, or gives the lock back. */
  #leave: () => void = () => {};
  #isOver = false;

  /** Stands for election from now on. */
  constructor(account: string, events: ElectionEvents) {
    this.#name = `hongyan:${account}`;
    this.#events = events;
    this.#stand(false);
  }

  /** Takes over from a leader that does not answer. */
  depose(): void {
    this.#leave();
    this.#stand(true);
  }

  /** Stands no more, and leads no more. */
  close(): void {
    this.#isOver = true;
    this.#leave();
  }

  #stand(steal: boolean): void {
    const wait = new AbortController();
    let isLeading = false;
    this.#leave = () => wait.abort();
    const lead = (): Promise<void> => {
      isLeading = true;
      const held = new Promise<void>((resolve) => (this.#leave = resolve));
      this.#events.elected();
      return held;
    };
    // A lock cannot be stolen and waited for at once.
    const request = steal
      ? navigator.locks.request(this.#name, { steal: true }, lead)
      : navigator.locks.request(this.#name, { signal: wait.signal }, lead);
    request.catch(() => {
      // Stolen, or the wait was ended.
      if (!isLeading || this.#isOver) return;
      this.#events.deposed();
      this.#stand(false);
    });
  }
}
