/**
 * Finding names by what somebody types of them.
 *
 * Promises: better matches first: the name, its beginning, a word, a word's beginning, the beginnings of
 * words in a row (`zhsa` for Zhang San), within a word; letters and accents compare as people expect.
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
  const words = text.split(/[\s._\-@,]+/u);
  if (words.includes(wanted)) return 2;
  if (at > 0 && words.some((word) => word.startsWith(wanted))) return 3;
  if (beginsInRow(words, wanted.replace(/\s/gu, ""))) return 4;
  return at > 0 ? 5 : null;
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

/** Whether letters are the beginnings of words in a row, some letters of each. */
function beginsInRow(words: readonly string[], letters: string): boolean {
  // How many of the letters may be used up by a row of words that ends before the next one.
  let used = new Set<number>();
  for (const word of words) {
    const next = new Set<number>();
    for (const from of [0, ...used]) {
      for (let same = 0; same < word.length && word[same] === letters[from + same]; same += 1) next.add(from + same + 1);
    }
    if (next.has(letters.length)) return true;
    used = next;
  }
  return false;
}
