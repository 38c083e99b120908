/**
 * Finding names by what somebody types of them, among those that this device knows.
 *
 * Promises: better matches first: the name, its beginning, a word, a word's beginning, the beginnings of
 * words in a row (`zhsa` for Zhang San), within a word; letters and accents compare as people expect.
 * Not here: how Chinese is spelled (`pinyin`).
 */

/** The letters that compare: without case, accents and width. */
export function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}

/** Within a word, which is the least that counts. */
export const INSIDE = 5;

/** How well a name fits; null: not at all. Smaller is better. */
export function rank(query: string, name: string): number | null {
  const wanted = fold(query.trim());
  const text = fold(name);
  if (wanted === "") return 0;
  const at = text.indexOf(wanted);
  if (at === 0) return text.length === wanted.length ? 0 : 1;
  const words = text.split(/[\s._\-@,]+/u);
  if (words.includes(wanted)) return 2;
  if (at > 0 && (words.some((word) => word.startsWith(wanted)) || beginsWord(text, bestPlace(wanted, text)))) return 3;
  if (beginsInRow(words, wanted.replace(/\s/gu, ""))) return 4;
  return at > 0 ? INSIDE : null;
}

/** The part of a name that fits best; none where none does. */
export function fits(query: string, name: string): [from: number, to: number][] {
  const wanted = fold(query.trim());
  let folded = "";
  const origin: number[] = [];
  for (const letter of name.matchAll(/\P{M}\p{M}*|\p{M}+/gu)) {
    const part = fold(letter[0]);
    for (let at = 0; at < part.length; at += 1) origin.push(letter.index);
    folded += part;
  }
  origin.push(name.length);
  const at = bestPlace(wanted, folded);
  if (at < 0 || wanted === "") return [];
  // A letter of which a part fits is marked whole.
  const end = origin.slice(at + wanted.length).find((place) => place > origin[at + wanted.length - 1]!);
  return [[origin[at]!, end ?? name.length]];
}

/** Where a folded text holds another: at the beginning of a word, if it does there. */
function bestPlace(wanted: string, text: string): number {
  const first = text.indexOf(wanted);
  for (let at = first; at >= 0; at = text.indexOf(wanted, at + 1)) if (beginsWord(text, at)) return at;
  return first;
}

/** Each Chinese character is a word. */
function beginsWord(text: string, at: number): boolean {
  return at === 0 || /[\s\p{P}]$/u.test(text.slice(0, at)) || /^\p{Script=Han}/u.test(text.slice(at));
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
