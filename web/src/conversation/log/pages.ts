/**
 * Gets pages of a log: from this device where it has them, else from the server.
 *
 * Promises: what it gives is gapless and joins on to what was asked about. Rejects when the server
 * is needed and cannot be asked. Not here: where pages go (`window`).
 */
import type { Client, Entry } from "@hongyan/client";

/** What is asked of the client. */
export type PageSource = Pick<Client, "cached" | "history">;

/** The entries just below `before`, ascending; none at the log's beginning. */
export async function olderPage(source: PageSource, conv: number, before: number, limit: number): Promise<Entry[]> {
  if (before <= 1) return [];
  const kept = gaplessEnd(await source.cached(conv, { before, limit }));
  if (kept.at(-1)?.seq === before - 1) return kept;
  return (await source.history(conv, { before, limit })).entries;
}

/** The entries just above `after`, ascending; none at the log's end. */
export async function newerPage(source: PageSource, conv: number, after: number, limit: number): Promise<Entry[]> {
  const kept = gaplessBeginning(await source.cached(conv, { after, limit }));
  if (kept[0]?.seq === after + 1) return kept;
  return (await source.history(conv, { after, limit })).entries;
}

/** The `half` entries up to `seq` and as many above it, where all of them are kept in a row, of a log that is kept up
 * to `held`; else null. */
export async function keptAround(source: PageSource, conv: number, seq: number, half: number, held: number): Promise<Entry[] | null> {
  const after = Math.max(0, seq - half);
  const kept = gaplessBeginning(await source.cached(conv, { after, limit: seq - after + half }));
  const isWhole = kept[0]?.seq === after + 1 && kept.at(-1)!.seq >= Math.min(seq + half, held);
  return isWhole ? kept : null;
}

/** One entry; null when there is none of that seq. */
export async function entryAt(source: PageSource, conv: number, seq: number): Promise<Entry | null> {
  const page = await olderPage(source, conv, seq + 1, 1);
  return page.find((entry) => entry.seq === seq) ?? null;
}

function gaplessEnd(entries: readonly Entry[]): Entry[] {
  let from = entries.length - 1;
  while (from > 0 && entries[from - 1]!.seq === entries[from]!.seq - 1) from -= 1;
  return entries.slice(Math.max(0, from));
}

function gaplessBeginning(entries: readonly Entry[]): Entry[] {
  let until = Math.min(1, entries.length);
  while (until < entries.length && entries[until]!.seq === entries[until - 1]!.seq + 1) until += 1;
  return entries.slice(0, until);
}
