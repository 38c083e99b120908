/** What the composer sends, and how much. */
import { LIMITS } from "@hongyan/client";
import { sendable, utf8Length } from "../../text/bytes.ts";

/** The counter shows when less than this is left. */
const SHOW_LEFT = 4096;
/** A text of more units than this is not even put into the field. */
export const PASTE_UNITS = 262_144;

/** What is sent of what was typed: without blank lines around it; empty: nothing is. */
export function composed(typed: string): string {
  return sendable(typed).replace(/^(?:[^\S\n]*\n)+/u, "").trimEnd();
}

/** How much more may be written. */
export interface Room {
  /** Characters, as people count them: of as many bytes as those that are there. Negative: as many are too many. */
  characters: number;
  isOver: boolean;
}

/** The room that a message has left; null while there is plenty. */
export function roomLeft(typed: string): Room | null {
  // A unit is three bytes at most, so most texts need no counting.
  if (typed.length * 3 <= LIMITS.TEXT_BYTES - SHOW_LEFT) return null;
  const text = composed(typed);
  const bytes = utf8Length(text);
  const left = LIMITS.TEXT_BYTES - bytes;
  if (left < 0) return { characters: -excess(text, -left), isOver: true };
  // The server counts bytes. What comes next is most likely written as what is there.
  return left <= SHOW_LEFT ? { characters: Math.floor((left * [...text].length) / bytes), isOver: false } : null;
}

/** How many characters at the end of a text make up at least so many bytes. */
function excess(text: string, bytes: number): number {
  let characters = 0;
  let rest = bytes;
  for (let at = text.length; at > 0 && rest > 0; characters += 1) {
    const begin = at > 1 && /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(at - 2, at)) ? at - 2 : at - 1;
    rest -= utf8Length(text.slice(begin, at));
    at = begin;
  }
  return characters;
}
