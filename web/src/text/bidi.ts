/** Keeps a name's direction to itself, where it stands within a sentence that is plain text. */

/** Letters written from right to left, and the signs that change the direction. */
const TURNS = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/;

/** The same text, unable to turn what stands around it. */
export function isolated(name: string): string {
  return TURNS.test(name) ? `\u2068${name}\u2069` : name;
}
