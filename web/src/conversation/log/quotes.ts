/**
 * The messages that replies refer to, where they are not in the window.
 *
 * Promises: each is asked for once; at most {@link MOST_QUOTES} are remembered.
 */
import { untrack } from "solid-js";
import type { Conversation, Entry } from "@hongyan/client";
import { createCells } from "../../model/cells.ts";
import { entryAt } from "./pages.ts";
import type { PageSource } from "./pages.ts";
import { amendAll } from "./window.ts";

const MOST_QUOTES = 500;

/** A message that is quoted, or why there is none to show. */
export type Quoted = { kind: "found"; entry: Entry } | { kind: "loading" } | { kind: "missing" };

export class Quotes {
  private readonly source: PageSource;
  private readonly facts: () => Conversation | null;
  private readonly cells = createCells<number, Quoted>();
  private readonly asked = new Set<number>();

  constructor(source: PageSource, facts: () => Conversation | null) {
    this.source = source;
    this.facts = facts;
  }

  /** Reactive. */
  at(seq: number): Quoted {
    const known = this.cells.get(seq);
    if (known !== undefined) return known;
    void untrack(() => this.load(seq));
    return { kind: "loading" };
  }

  /** Edits and recalls came. */
  amend(entries: readonly Entry[]): void {
    for (const { target } of entries) {
      const quoted = target === undefined ? undefined : this.cells.peek(target);
      if (quoted?.kind !== "found") continue;
      const [entry] = amendAll([quoted.entry], entries);
      if (entry !== undefined && entry !== quoted.entry) this.cells.set(target!, { kind: "found", entry });
    }
  }

  private async load(seq: number): Promise<void> {
    const conv = this.facts()?.conv;
    if (conv === undefined || this.asked.has(seq)) return;
    if (this.asked.size >= MOST_QUOTES) this.forget();
    this.asked.add(seq);
    try {
      const entry = await entryAt(this.source, conv, seq);
      this.cells.set(seq, entry === null ? { kind: "missing" } : { kind: "found", entry });
    } catch {
      // Not now. It is asked for again when it is next drawn.
      this.asked.delete(seq);
      this.cells.set(seq, undefined);
    }
  }

  private forget(): void {
    this.asked.clear();
    for (const seq of this.cells.keys()) this.cells.set(seq, undefined);
  }
}
