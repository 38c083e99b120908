/**
 * Decides which messages a query finds, and keeps the best: whole words and beginnings first, then the newest.
 *
 * Promises: pure; holds no more hits than asked for. Not here: where the messages come from (`scan`).
 */
import type { Entry } from "@hongyan/client";
import { fold } from "./fold.ts";

/** A message that was found. */
export interface Hit {
  entry: Entry;
  text: string;
  /** Whether each term begins a word. Those that stand within one come after all others. */
  isWhole: boolean;
}

/** The words of a query, all of which a message has to hold. Chinese has no blanks: it is one word. */
export function termsOf(query: string): string[] {
  return [...new Set(fold(query).split(/\s+/u).filter((term) => term !== ""))];
}

/** The text of a message that holds all terms; null for any other entry. */
export function textFound(entry: Entry, terms: readonly string[]): string | null {
  if (entry.kind !== "message" || entry.recalled_by !== undefined || entry.body?.type !== "text") return null;
  const text = entry.body.text ?? "";
  const folded = fold(text);
  return terms.length > 0 && terms.every((term) => folded.includes(term)) ? text : null;
}

/** A message that was found; null: it was not. */
export function hitOf(entry: Entry, terms: readonly string[]): Hit | null {
  const text = textFound(entry, terms);
  if (text === null) return null;
  const folded = fold(text);
  return { entry, text, isWhole: terms.every((term) => beginsWord(folded, term)) };
}

/** Whether a term begins a word somewhere in a text. Scripts without blanks have no words
 * that could be told. */
function beginsWord(text: string, term: string): boolean {
  if (!/^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}]/u.test(term)) return true;
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    if (at === 0 || !/[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}\p{M}]/u.test(text[at - 1]!)) return true;
  }
  return false;
}

/** The best hits, at most `most`: the newest first, those within longer words last. */
export class Newest {
  /** Whether there were more. */
  overflowed = false;
  private readonly most: number;
  private readonly hits: Hit[] = [];

  constructor(most: number) {
    this.most = most;
  }

  /** Whether it is among the newest so far. */
  add(hit: Hit): boolean {
    const { hits } = this;
    if (hits.length === this.most) {
      this.overflowed = true;
      if (!isNewer(hit, hits.at(-1)!)) return false;
      hits.pop();
    }
    let at = hits.length;
    while (at > 0 && isNewer(hit, hits[at - 1]!)) at -= 1;
    hits.splice(at, 0, hit);
    return true;
  }

  list(): readonly Hit[] {
    return [...this.hits];
  }
}

function isNewer(a: Hit, b: Hit): boolean {
  if (a.isWhole !== b.isWhole) return a.isWhole;
  return a.entry.at === b.entry.at ? a.entry.id > b.entry.id : a.entry.at > b.entry.at;
}
