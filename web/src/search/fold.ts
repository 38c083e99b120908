/**
 * Makes texts comparable: whoever types `cafe` in any width or case finds it.
 *
 * Owns: NFKC and case. Promises: a place found in a folded text can be told in the original one.
 */

/** Letters with the marks that compose with them; Korean letters compose among themselves. */
const PIECES = /[\u1100-\u11ff]+|\P{M}\p{M}*|\p{M}+/gu;

export function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

/** Where in `text` the folded `terms` stand: ascending stretches that do not overlap. */
export function stretches(text: string, terms: readonly string[]): [from: number, to: number][] {
  const { folded, origin } = foldWithOrigin(text);
  const found: [number, number][] = [];
  for (const term of terms) {
    for (let at = folded.indexOf(term); at >= 0 && term !== ""; at = folded.indexOf(term, at + term.length)) {
      found.push([origin[at]!, origin[at + term.length]!]);
    }
  }
  found.sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [from, to] of found) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

/** The folded text, and for each place in it the place it comes from, its end included. */
function foldWithOrigin(text: string): { folded: string; origin: number[] } {
  let folded = "";
  const origin: number[] = [];
  let end = 0;
  for (const piece of text.matchAll(PIECES)) {
    const part = fold(piece[0]);
    // What begins within a piece counts as its beginning, what ends within it as its end.
    for (let at = 0; at < part.length; at += 1) origin.push(at === 0 ? piece.index : end);
    end = piece.index + piece[0].length;
    folded += part;
  }
  origin.push(text.length);
  return { folded, origin };
}
