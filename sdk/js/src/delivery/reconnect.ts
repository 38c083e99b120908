/**
 * When to connect again, or never.
 *
 * Owns: the time of the next attempt, over failures, goodbyes and wake-ups.
 * Promises: waits grow exponentially with full jitter; a terminal close code ends it; a network that
 * comes back is tried at once, but never within `spacing` of the last attempt.
 * Not here: sockets, and what made the connection break.
 */
import { BACKOFF, fullJitter } from "./backoff.ts";
import type { Backoff } from "./backoff.ts";

/** All times in ms. */
export interface ReconnectPolicy {
  readonly backoff: Backoff;
  /** The longest wait that the server's `bye` may ask for. */
  readonly byeCap: number;
  /** A connection that stayed welcome for this long is a success: the waits start anew. */
  readonly stable: number;
  /** From one attempt to the next that a wake-up may cause. */
  readonly spacing: number;
}

export const RECONNECT_POLICY: ReconnectPolicy = {
  backoff: BACKOFF,
  byeCap: 5 * 60_000,
  stable: 10_000,
  spacing: 500,
};

/** Connect at this time, or do not: the server closed with this terminal code. */
export type Next = { at: number } | { never: number };

/** Whether a close with this number means: do not come back like this. */
export function isTerminal(code: number): boolean {
  return code >= 4000 && code < 4100;
}

export class Reconnect {
  readonly #policy: ReconnectPolicy;
  #failures = 0;
  #lastAttempt: number | null = null;
  #welcomedAt: number | null = null;
  #bye: number | null = null;
  #waiting: number | null = null;

  constructor(policy: ReconnectPolicy = RECONNECT_POLICY) {
    this.#policy = policy;
  }

  /** An attempt begins. */
  attempt(now: number): void {
    this.#lastAttempt = now;
    this.#welcomedAt = null;
    this.#bye = null;
    this.#waiting = null;
  }

  /** The attempt came to `welcome`. */
  welcomed(now: number): void {
    this.#welcomedAt = now;
  }

  /** The server says when to come back; the close follows. */
  bye(retryAfterMs: number): void {
    this.#bye = Math.min(retryAfterMs, this.#policy.byeCap);
  }

  /** The attempt failed or the connection broke, with the close code if there was one. */
  lost(code: number | null, random: number, now: number): Next {
    this.#waiting = null;
    if (code !== null && isTerminal(code)) return { never: code };
    if (this.#welcomedAt !== null && now - this.#welcomedAt >= this.#policy.stable) this.#failures = 0;
    this.#welcomedAt = null;
    // What the server asked for it has spread already.
    const wait = this.#bye ?? fullJitter(this.#policy.backoff, this.#failures, random);
    this.#bye = null;
    this.#failures += 1;
    this.#waiting = now + wait;
    return { at: this.#waiting };
  }

  /** The network is back, the machine woke up, or the user is impatient: the wait is cut short.
   * Null when nothing waits. */
  wake(now: number): Next | null {
    if (this.#waiting === null) return null;
    const spaced = this.#lastAttempt === null ? now : this.#lastAttempt + this.#policy.spacing;
    this.#waiting = Math.min(this.#waiting, Math.max(spaced, now));
    return { at: this.#waiting };
  }

  /** Whether the server has said when to come back. */
  get isAsked(): boolean {
    return this.#bye !== null;
  }

  /** Failed attempts in a row, for showing. */
  get failures(): number {
    return this.#failures;
  }
}
