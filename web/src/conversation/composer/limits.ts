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

/** Bytes left of a message's room, negative beyond it; null while there is plenty. */
export function roomLeft(typed: string): number | null {
  // A unit is three bytes at most, so most texts need no counting.
  if (typed.length * 3 <= LIMITS.TEXT_BYTES - SHOW_LEFT) return null;
  const left = LIMITS.TEXT_BYTES - utf8Length(composed(typed));
  return left <= SHOW_LEFT ? left : null;
}
