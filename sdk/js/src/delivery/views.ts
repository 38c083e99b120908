/**
 * What the user makes of a conversation for oneself, on its way to the server.
 *
 * Owns: the changes that the server has not confirmed.
 * Promises: one request of a conversation is on the wire at a time, with the latest of each part; it is sent again on every
 * connection until it is answered. Not here: how a view stands (`Row`).
 */
import type { Failure, ViewChange } from "../wire.gen.ts";
import { isRetryable } from "./answers.ts";

/** Conversations with a change on the wire at a time. */
const IN_FLIGHT = 8;

/** Conversations with a change that waits, at most. */
const WAITING = 256;

/** Before a refused change is tried again, where the server does not say, in ms. */
const RETRY = 1_000;

/** A change, and who waits for it. */
interface Part<W> {
  change: ViewChange;
  waiters: W[];
}

interface Pending<W> {
  waiting: Part<W> | null;
  inFlight: Part<W> | null;
  notBefore: number;
}

export class Views<W> {
  readonly #pending = new Map<number, Pending<W>>();

  /** Takes a change; false where too many wait. */
  set(conv: number, change: ViewChange, waiter: W): boolean {
    const pending = this.#pending.get(conv) ?? { waiting: null, inFlight: null, notBefore: 0 };
    if (!this.#pending.has(conv) && this.#pending.size >= WAITING) return false;
    this.#pending.set(conv, { ...pending, waiting: merged(pending.waiting, { change, waiters: [waiter] }) });
    return true;
  }

  /** What is not confirmed of a conversation; null where nothing is. */
  wish(conv: number): ViewChange | null {
    const pending = this.#pending.get(conv);
    return pending === undefined ? null : (merged(pending.inFlight, pending.waiting)?.change ?? null);
  }

  /** The next change to send, counted as sent. */
  next(now: number): { conv: number; change: ViewChange } | null {
    let inFlight = [...this.#pending.values()].filter((pending) => pending.inFlight !== null).length;
    for (const [conv, pending] of this.#pending) {
      if (inFlight >= IN_FLIGHT) return null;
      if (pending.inFlight !== null || pending.waiting === null || pending.notBefore > now) continue;
      inFlight += 1;
      const { change } = pending.waiting;
      this.#pending.set(conv, { waiting: null, inFlight: pending.waiting, notBefore: 0 });
      return { conv, change };
    }
    return null;
  }

  /** The server has answered; who waited for it, none where it is tried again. */
  answered(conv: number, failure: Failure | null, now: number): W[] {
    const pending = this.#pending.get(conv);
    if (pending === undefined || pending.inFlight === null) return [];
    const { inFlight, waiting } = pending;
    if (failure !== null && isRetryable(failure)) {
      const notBefore = now + (failure.retry_after_ms ?? RETRY);
      this.#pending.set(conv, { waiting: merged(inFlight, waiting), inFlight: null, notBefore });
      return [];
    }
    if (waiting === null) this.#pending.delete(conv);
    else this.#pending.set(conv, { ...pending, inFlight: null });
    return inFlight.waiters;
  }

  /** The connection is gone: what was on the wire waits again. */
  disconnected(): void {
    for (const [conv, { inFlight, waiting, notBefore }] of this.#pending) {
      this.#pending.set(conv, { waiting: merged(inFlight, waiting), inFlight: null, notBefore });
    }
  }

  /** None counts any more; who waited. */
  clear(): W[] {
    const waiters = [...this.#pending.values()].flatMap(({ inFlight, waiting }) => merged(inFlight, waiting)?.waiters ?? []);
    this.#pending.clear();
    return waiters;
  }

  nextDeadline(): number | null {
    const waiting = [...this.#pending.values()].filter((pending) => pending.waiting !== null && pending.inFlight === null);
    return waiting.length === 0 ? null : Math.min(...waiting.map(({ notBefore }) => notBefore));
  }
}

function merged<W>(before: Part<W> | null, after: Part<W> | null): Part<W> | null {
  if (before === null || after === null) return before ?? after;
  return { change: { ...before.change, ...after.change }, waiters: [...before.waiters, ...after.waiters] };
}
