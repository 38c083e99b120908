/**
 * Exponential backoff, with and without jitter. Times are in milliseconds; `random` is uniform
 * from 0 up to, not including, 1.
 *
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */

/** How long to wait before trying again: doubling from `base` up to `cap`. */
export interface Backoff {
  readonly base: number;
  readonly cap: number;
}

/** Half a second, doubling up to half a minute. */
export const BACKOFF: Backoff = { base: 500, cap: 30_000 };

/** The longest `retry_after_ms` that is believed: beyond it, a client would seem dead. */
export const RETRY_AFTER_CAP = 5 * 60_000;

/** The longest wait after this many earlier failures in a row. */
export function ceiling(backoff: Backoff, failures: number): number {
  return Math.min(backoff.base * 2 ** failures, backoff.cap);
}

/** A wait from zero to the ceiling, so that many who failed together do not come back together. */
export function fullJitter(backoff: Backoff, failures: number, random: number): number {
  return Math.floor(ceiling(backoff, failures) * random);
}

/** What the server asked for, and full jitter on top: it may have told many the same time. */
export function retryWait(
  backoff: Backoff,
  failures: number,
  retryAfterMs: number | undefined,
  random: number,
): number {
  return Math.min(retryAfterMs ?? 0, RETRY_AFTER_CAP) + fullJitter(backoff, failures, random);
}
