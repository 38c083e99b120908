/**
 * What a forwarded message says of where it comes from.
 *
 * Promises: pure. It names who wrote it first, and no conversation: who gets it may not be in there. Nobody checks it.
 */

/** At a time: so much can be looked over, and waits in the outbox without a connection. */
export const MOST_MESSAGES = 50;
export const MOST_PLACES = 10;

const FORWARDED = /^forwarded:([1-9]\d{0,15})$/;

/** A message's origin: the user who wrote a forwarded one first; else what it says itself, such as the name of a program. */
export type Origin = { user: number } | { name: string };

export function originOf(origin: string | null): Origin | null {
  if (origin === null) return null;
  const [, digits] = FORWARDED.exec(origin) ?? [];
  const user = Number(digits);
  return digits !== undefined && Number.isSafeInteger(user) ? { user } : { name: origin };
}

/** The origin of a message when it is forwarded: that of one that was forwarded before stays. */
export function forwardedOrigin(message: { from: number; origin: string | null }): string {
  const before = originOf(message.origin);
  return `forwarded:${before !== null && "user" in before ? before.user : message.from}`;
}
