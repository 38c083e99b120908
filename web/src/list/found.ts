/** How what was found in a name is set off. */
import type { Candidate } from "./candidates.ts";

/** The pieces of a text, and whether each is marked. */
export function split(text: string, marks: Candidate["marks"]): [text: string, isFound: boolean][] {
  const pieces: [string, boolean][] = [];
  let at = 0;
  for (const [from, to] of marks) {
    pieces.push([text.slice(at, from), false], [text.slice(from, to), true]);
    at = to;
  }
  pieces.push([text.slice(at), false]);
  return pieces.filter(([piece]) => piece !== "");
}
