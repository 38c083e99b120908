/** Where a name stands behind an at sign. Pure. */

/** In place of a user: all members of the group. */
export const ALL = 0;

/** What all members are called behind an at sign, in the languages that people write it in. */
export const ALL_NAMES: readonly string[] = ["all", "所有人"];

/** Whom an at sign names in a text. */
export interface Named {
  /** {@link ALL}: everybody. */
  user: number;
  name: string;
}

/** Before it, an at sign begins a mention, and is not of an address. */
const BEFORE = /[\s\p{P}\p{S}\p{Script=Han}]$/u;

/** Whether a text has this name behind the at sign at a place, and not a longer one: where letters have spaces between words. */
export function isNamedAt(text: string, at: number, name: string): boolean {
  if (name === "" || !text.startsWith(name, at + 1)) return false;
  const behind = text.slice(at + 1 + name.length, at + 3 + name.length);
  const isSpaced = /[\p{L}\p{N}]$/u.test(name) && !/\p{Script=Han}$/u.test(name);
  return !isSpaced || !/^[\p{L}\p{N}]/u.test(behind) || /^\p{Script=Han}/u.test(behind);
}

/** Whom the at sign at a place names: the one with the longest name that stands there. */
export function namedAt(text: string, at: number, all: readonly Named[]): Named | null {
  if (all.length === 0 || (at > 0 && !BEFORE.test(text.slice(Math.max(0, at - 2), at)))) return null;
  let found: Named | null = null;
  for (const one of all) {
    if (one.name.length > (found?.name.length ?? 0) && isNamedAt(text, at, one.name)) found = one;
  }
  return found;
}
