import { expect, test } from "vitest";
import type { Conversation, Entry, HistoryPage } from "@hongyan/client";
import { bringOlder, isPartial } from "./older.ts";

/** Logs on a server, of which this device keeps what is from `floor` on. Each entry of a log is `step` ms after the last. */
class Logs {
  readonly floors = new Map<number, number>();
  readonly asked: number[] = [];
  keeps = Infinity;
  private readonly heads: Record<number, { head: number; step: number }>;

  constructor(heads: Record<number, { head: number; step: number }>, kept: number) {
    this.heads = heads;
    for (const [conv, { head }] of Object.entries(heads)) this.floors.set(Number(conv), Math.max(1, head - kept + 1));
  }
  entry(conv: number, seq: number): Entry {
    const { head, step } = this.heads[conv]!;
    const at = 1_000_000 - (head - seq) * step;
    return { conv, seq, id: seq, kind: seq % 10 === 0 ? "edit" : "message", from: 2, at, client_id: `${seq}` };
  }
  conversation = (conv: number): Conversation => {
    const { head } = this.heads[conv]!;
    return { conv, kind: "direct", head, held: head, floor: this.floors.get(conv)!, unread: 0, me: { read: 0, delivered: 0 }, size: 0, members: [], last: this.entry(conv, head) };
  };
  conversations = (): Conversation[] => [...this.floors.keys()].map(this.conversation);
  cached = async (conv: number, { after = 0 }: { after?: number }): Promise<Entry[]> => [this.entry(conv, after + 1)];
  history = async (conv: number, { before = 1, limit = 0 }: { before?: number; limit?: number }): Promise<HistoryPage> => {
    this.asked.push(conv);
    const first = Math.max(1, before - limit);
    const { head } = this.heads[conv]!;
    if (head - first < this.keeps) this.floors.set(conv, first);
    const entries = Array.from({ length: before - first }, (_, at) => this.entry(conv, first + at));
    return { conv, entries, head, more: first > 1 };
  };
}

const go = (logs: Logs, most = Infinity, signal = new AbortController().signal, tell = (_: number): void => {}) => bringOlder(logs, most, signal, tell);

test("brings everything, and says so", async () => {
  const logs = new Logs({ 1: { head: 1000, step: 1 }, 2: { head: 5, step: 1 } }, 10);
  expect(isPartial(logs)).toBe(true);
  const told: number[] = [];
  expect(await go(logs, Infinity, undefined, (messages) => told.push(messages))).toEqual({ messages: 891, since: null });
  expect([isPartial(logs), logs.asked.length, told.at(-1)]).toEqual([false, 5, 891]);
});

test("goes back through all conversations alike, as far as was asked", async () => {
  // In the second much less was said in the same time.
  const logs = new Logs({ 1: { head: 10_000, step: 1 }, 2: { head: 10_000, step: 20 } }, 10);
  const { messages, since } = await go(logs, 1000);
  expect(messages).toBeGreaterThanOrEqual(1000);
  expect(logs.asked.filter((conv) => conv === 1).length).toBeGreaterThan(logs.asked.filter((conv) => conv === 2).length);
  const beginnings = logs.conversations().map(({ conv, floor }) => logs.entry(conv, floor).at);
  expect(since).toBe(Math.max(...beginnings));
});

test("ends when it is not wanted any more", async () => {
  const logs = new Logs({ 1: { head: 10_000, step: 1 } }, 10);
  const stop = new AbortController();
  const { since } = await go(logs, Infinity, stop.signal, () => stop.abort());
  expect([logs.asked.length, since]).toEqual([1, logs.entry(1, 9791).at]);
});

test("does not ask again for what this device keeps no more of", async () => {
  const logs = new Logs({ 1: { head: 1000, step: 1 } }, 10);
  logs.keeps = 300;
  const { since } = await go(logs);
  expect([logs.asked.length, since !== null]).toEqual([2, true]);
});
