/**
 * Brings older messages to this device, so that they are found.
 *
 * Owns: which come next. Promises: the newest of what is missing first, over all conversations, so that afterwards
 * everything since some day is here; one page at a time, at most so many messages, and no further once it is not
 * wanted. Rejects when the server cannot be asked; what came by then stays. Not here: that pages are kept (the client).
 */
import { LIMITS } from "@hongyan/client";
import type { Client, Conversation } from "@hongyan/client";

/** What is asked of the client. */
export type OlderSource = Pick<Client, "conversations" | "conversation" | "cached" | "history">;

/** What has come. */
export interface Brought {
  messages: number;
  /** From when on everything is here, in ms since the epoch; null: everything is. */
  since: number | null;
}

/** Where what is kept of a log begins. */
interface Beginning {
  conv: number;
  seq: number;
  at: number;
}

/** Whether a part of some log is not on this device. */
export function isPartial(source: Pick<Client, "conversations">): boolean {
  return source.conversations().some(isCut);
}

export async function bringOlder(
  source: OlderSource, most: number, signal: AbortSignal, tell: (messages: number) => void,
): Promise<Brought> {
  const cut: Beginning[] = [];
  for (const conversation of source.conversations().filter(isCut)) {
    if (signal.aborted) break;
    cut.push(await beginningOf(source, conversation));
  }
  // What this device keeps no more of stays cut.
  const full: Beginning[] = [];
  let messages = 0;
  while (cut.length > 0 && messages < most && !signal.aborted) {
    const next = cut.reduce((latest, one) => (one.at > latest.at ? one : latest));
    const { entries } = await source.history(next.conv, { before: next.seq, limit: LIMITS.HISTORY_ENTRIES });
    messages += entries.filter((entry) => entry.kind === "message").length;
    tell(messages);
    const first = entries[0];
    if (first !== undefined) Object.assign(next, { seq: first.seq, at: first.at });
    if (first !== undefined && first.seq > 1 && isKept(source, next)) continue;
    cut.splice(cut.indexOf(next), 1);
    if (first !== undefined && first.seq > 1) full.push(next);
  }
  const left = [...cut, ...full];
  return { messages, since: left.length === 0 ? null : Math.max(...left.map(({ at }) => at)) };
}

function isCut({ floor }: Conversation): boolean {
  return floor > 1;
}

async function beginningOf(source: OlderSource, { conv, floor, last }: Conversation): Promise<Beginning> {
  const [first] = await source.cached(conv, { after: floor - 1, limit: 1 });
  return { conv, seq: floor, at: first?.at ?? last?.at ?? 0 };
}

function isKept(source: OlderSource, { conv, seq }: Beginning): boolean {
  return (source.conversation(conv)?.floor ?? Infinity) <= seq;
}
