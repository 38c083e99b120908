/**
 * Mentions in a text: which is being written at the caret, and which stand in it.
 *
 * Promises: pure. An at sign begins a mention at the beginning, after a space or a mark, and after a Chinese character:
 * so not in an address. A name has one space at most while it is being written.
 */
import type { DraftMention } from "@hongyan/client";
import { isNamedAt } from "../../text/mention.ts";

/** A mention that is being written. */
export interface Mentioned {
  /** Where the at sign is. */
  start: number;
  end: number;
  /** Without the at sign; empty right behind it. */
  query: string;
}

/** No name is looked for by more, in UTF-16 units. */
const LONGEST = 40;

const MENTION = /(^|[\s\p{P}\p{S}\p{Script=Han}])([@\uff20]([^\s@\uff20]+(?: [^\s@\uff20]+)?|))$/u;

/** The mention just before the caret; null when there is none, or one that was chosen already. */
export function mentionAt(text: string, caret: number, chosen: readonly DraftMention[]): Mentioned | null {
  const [, , token, query] = MENTION.exec(text.slice(Math.max(0, caret - LONGEST), caret)) ?? [];
  if (token === undefined || query === undefined) return null;
  if (chosen.some(({ name }) => query === name || stands(name, token))) return null;
  return { start: caret - token.length, end: caret, query };
}

/** Of those that were chosen, whom the text still names; each once. */
export function mentionsIn(text: string, chosen: readonly DraftMention[], most: number): number[] {
  const users = chosen.filter(({ name }) => stands(name, text)).map(({ user }) => user);
  return [...new Set(users)].slice(0, most);
}

/** Whether a text has this name behind an at sign. */
function stands(name: string, text: string): boolean {
  for (let at = text.indexOf(`@${name}`); at >= 0; at = text.indexOf(`@${name}`, at + 1)) {
    if (isNamedAt(text, at, name)) return true;
  }
  return false;
}
