/** The part of a message around what was found in it. */
import { plainLine } from "../text/snippet.ts";
import { stretches } from "./fold.ts";

/** Shown before the first find. */
const BEFORE = 24;
const LENGTH = 120;
/** A message may be 64 KB; a find further in is shown without the mark. */
const LOOKED_AT = 20_000;

export interface Piece {
  text: string;
  found: boolean;
}

/** One line, cut around the first find, with the finds marked. */
export function pieces(text: string, terms: readonly string[]): Piece[] {
  const typed = text.slice(0, LOOKED_AT);
  let line = plainLine(typed);
  let found = stretches(line, terms);
  if (found.length === 0) {
    // What was found is part of a mark, such as a link's address.
    line = typed.replace(/\s+/gu, " ").trim();
    found = stretches(line, terms);
  }
  const begin = cut(line, Math.max(0, (found[0]?.[0] ?? 0) - BEFORE));
  const end = cut(line, Math.min(line.length, begin + LENGTH));
  const made: Piece[] = [];
  const add = (from: number, to: number, isFound: boolean) => {
    if (to > from) made.push({ text: line.slice(from, to), found: isFound });
  };
  let at = begin;
  for (const [from, to] of found) {
    if (from >= end) break;
    add(at, from, false);
    add(from, Math.min(to, end), true);
    at = Math.min(to, end);
  }
  add(at, end, false);
  if (begin > 0) made.unshift({ text: "…", found: false });
  if (end < line.length) made.push({ text: "…", found: false });
  return made;
}

/** Never between the halves of one sign. */
function cut(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
