/**
 * Finding names by what somebody types of them.
 *
 * Promises: better matches first: the beginning of the name, of a word, anywhere, then letters in
 * the right order; letters and accents compare as people expect.
 */

/** The letters that compare: without case, accents and width. */
export function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}

/** How well a name fits; null: not at all. Smaller is better. */
export function rank(query: string, name: string): number | null {
  const wanted = fold(query.trim());
  const text = fold(name);
  if (wanted === "") return 0;
  const at = text.indexOf(wanted);
  if (at === 0) return text.length === wanted.length ? 0 : 1;
  if (at > 0) return /[\s._\-@]/.test(text[at - 1] ?? "") ? 2 : 3;
  return hasInOrder(text, wanted) ? 4 : null;
}

/** Those that fit by any of their names, the best first; among equals as they came. */
export function filter<T>(query: string, items: readonly T[], names: (item: T) => readonly string[]): T[] {
  if (query.trim() === "") return [...items];
  const ranked: { item: T; rank: number }[] = [];
  for (const item of items) {
    const ranks = names(item).map((name) => rank(query, name)).filter((one) => one !== null);
    if (ranks.length > 0) ranked.push({ item, rank: Math.min(...ranks) });
  }
  return ranked.sort((a, b) => a.rank - b.rank).map((one) => one.item);
}

function hasInOrder(text: string, letters: string): boolean {
  let at = 0;
  for (const letter of letters) {
    at = text.indexOf(letter, at);
    if (at < 0) return false;
    at += letter.length;
  }
  return true;
}
