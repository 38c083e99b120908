/**
 * Looks through everything that is kept on this device.
 *
 * Promises: works in slices of {@link SLICE_MS}, so that the page stays quick; stops as soon as it is
 * not wanted any more. Not here: what matches (`matcher`).
 */
import type { Client } from "@hongyan/client";
import { hitOf, Newest, termsOf } from "./matcher.ts";
import type { Hit } from "./matcher.ts";

/** Half a frame. */
const SLICE_MS = 8;
/** Entries between two looks at the clock. */
const STEP = 20;

export interface Scan {
  /** What was looked for. */
  terms: readonly string[];
  hits: readonly Hit[];
  more: boolean;
  done: boolean;
}

/** What is looked for, where, and how many at most. */
export interface Sought {
  query: string;
  most: number;
  /** A conversation; null: all of them. */
  within: number | null;
}

/** Tells what was found so far after each batch that brought something to show, and at the end. */
export async function scan(
  source: Pick<Client, "cachedEntries">, { query, most, within }: Sought, signal: AbortSignal, tell: (scan: Scan) => void,
): Promise<void> {
  const terms = termsOf(query);
  const newest = new Newest(most);
  let sliceEnd = performance.now() + SLICE_MS;
  for await (const batch of source.cachedEntries()) {
    if (signal.aborted) return;
    let isNews = false;
    for (const [at, entry] of batch.entries()) {
      const found = within === null || entry.conv === within ? hitOf(entry, terms) : null;
      if (found !== null && newest.add(found)) isNews = true;
      if (at % STEP !== 0 || performance.now() < sliceEnd) continue;
      await pause();
      if (signal.aborted) return;
      sliceEnd = performance.now() + SLICE_MS;
    }
    if (isNews) tell({ terms, hits: newest.list(), more: newest.overflowed, done: false });
  }
  if (!signal.aborted) tell({ terms, hits: newest.list(), more: newest.overflowed, done: true });
}

/** Lets the browser draw and answer. */
function pause(): Promise<void> {
  return new Promise((resume) => setTimeout(resume));
}
