/** Logs made up for tests. */
import type { Conversation, Entry, HistoryPage } from "@hongyan/client";
import type { PageSource } from "./pages.ts";

export const ME = 1;
export const OTHER = 2;

export function message(seq: number, more: Partial<Entry> = {}): Entry {
  return {
    conv: 1, seq, id: seq, kind: "message", from: OTHER, at: seq * 1000, client_id: `c${seq}`, body: { type: "text", text: `m${seq}` }, ...more,
  };
}

export function edit(seq: number, target: number, text: string): Entry {
  return message(seq, { kind: "edit", target, body: { type: "text", text } });
}

export function recall(seq: number, target: number): Entry {
  const { body: _, ...rest } = message(seq, { kind: "recall", target });
  return rest;
}

export function messages(from: number, to: number): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, at) => message(from + at));
}

/** A conversation whose log is `log`; the device keeps what is from `floor` on. */
export class MadeUp implements PageSource {
  readonly log: Entry[];
  floor: number;
  /** The first that the server gives. */
  since = 1;
  offline = false;
  read = 0;
  /** Calls of `history`. */
  asked = 0;

  constructor(log: Entry[], floor = 1) {
    this.log = log;
    this.floor = floor;
  }

  facts(): Conversation {
    const head = this.log.length;
    const unread = this.log.filter((entry) => entry.seq > this.read && entry.from !== ME && entry.kind === "message").length;
    const me = { read: this.read, delivered: head };
    const members = [{ user: ME, ...me }, { user: OTHER, read: head, delivered: head }];
    return { conv: 1, kind: "direct", head, held: head, floor: this.floor, ...(this.since > 1 ? { since: this.since } : {}), unread, me, size: 2, members, last: this.log.at(-1) ?? null };
  }

  cached(_conv: number, range: { before?: number; after?: number; limit: number }): Promise<Entry[]> {
    return Promise.resolve(stretch(this.log.filter((entry) => entry.seq >= this.floor), range));
  }

  history(_conv: number, range: { before?: number; after?: number; limit?: number }): Promise<HistoryPage> {
    this.asked += 1;
    if (this.offline) return Promise.reject(new Error("offline"));
    const entries = stretch(this.log.filter(({ seq }) => seq >= this.since), { limit: 50, ...range });
    return Promise.resolve({ conv: 1, entries, head: this.log.length, more: false });
  }
}

function stretch(log: readonly Entry[], range: { before?: number; after?: number; limit: number }): Entry[] {
  const { before = Infinity, after = 0, limit } = range;
  const inside = log.filter((entry) => entry.seq < before && entry.seq > after);
  return range.after === undefined ? inside.slice(-limit) : inside.slice(0, limit);
}
