/**
 * Decides which messages a query finds, and keeps the newest.
 *
 * Promises: pure; holds no more hits than asked for. Not here: where the messages come from (`scan`).
 */
import type { Entry } from "@hongyan/client";
import { fold } from "./fold.ts";

/** A message that was found. */
export interface Hit {
  entry: Entry;
  text: string;
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

/** The newest hits, at most `most`, the newest first. */
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
  return a.entry.at === b.entry.at ? a.entry.id > b.entry.id : a.entry.at > b.entry.at;
}
