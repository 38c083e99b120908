/**
 * Emoji by their names: what is being named at the caret, and what fits.
 *
 * A name begins with a colon, of the narrow kind: the wide one is punctuation. Names are
 * English words or Chinese; those of Unicode's CLDR come first, then what people say.
 */
import { EMOJI } from "./emoji-names.ts";

/** A name that is being written. */
export interface Naming {
  /** Where the colon is. */
  start: number;
  end: number;
  /** Without the colon, in small letters. */
  query: string;
  /** Nobody writes this by chance: two Latin letters behind a colon that stands at the beginning or after a space. */
  isMeant: boolean;
}

/** Shown at a time. */
const SHOWN = 8;

/** A name begins at the beginning, after a space, or after a character that is no part of a word of
 * letters and digits: so neither in `10:30` nor in `https://`. */
const NAME = /(^|[\s\p{P}\p{Script=Han}])(:([\p{Script=Han}]{1,6}|[a-z][a-z0-9_+-]{1,20}))$/iu;
const MEANT = /^[a-z]{2}/u;

/** What is being named just before the caret; null when nothing is. */
export function namingAt(text: string, caret: number): Naming | null {
  // No name is longer, so a long text costs nothing.
  const found = NAME.exec(text.slice(Math.max(0, caret - 24), caret));
  const [, before, token, name] = found ?? [];
  if (before === undefined || token === undefined || name === undefined) return null;
  const query = name.toLowerCase();
  return { start: caret - token.length, end: caret, query, isMeant: before.trim() === "" && MEANT.test(query) };
}

/** One that fits. */
export interface Match {
  emoji: string;
  /** The name that fits, for showing. */
  name: string;
}

/** What fits a query: names that begin with it, then those with a word that does. */
export function matches(query: string): Match[] {
  const begin: Match[] = [];
  const within: Match[] = [];
  for (const [emoji, ...names] of EMOJI) {
    const first = names.find((name) => name.startsWith(query));
    const later = names.find((name) => name.includes(`_${query}`) || (isChinese(query) && name.includes(query)));
    if (first !== undefined) begin.push({ emoji, name: first });
    else if (later !== undefined) within.push({ emoji, name: later });
  }
  return [...begin, ...within].slice(0, SHOWN);
}

function isChinese(query: string): boolean {
  return /\p{Script=Han}/u.test(query);
}
