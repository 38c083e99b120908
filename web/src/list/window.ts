/** Which lines of a long list are worth drawing. */

/** Shorter lists are drawn whole: then the browser's own search finds every line. */
export const WHOLE = 200;
const BEYOND = 8;

export interface Span {
  start: number;
  end: number;
}

/** The lines in sight, and some beyond: for lines of one height. */
export function spanOf(count: number, height: number, scrollTop: number, viewport: number): Span {
  if (count <= WHOLE || height <= 0) return { start: 0, end: count };
  const first = Math.floor(scrollTop / height) - BEYOND;
  const last = Math.ceil((scrollTop + viewport) / height) + BEYOND;
  return { start: Math.max(0, Math.min(first, count)), end: Math.max(0, Math.min(last, count)) };
}
