import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Client, Conversation, Draft, ViewChange } from "@hongyan/client";
import { syncDrafts } from "./synced-drafts.ts";

type Listener = (event: never) => void;

/** One device: what it keeps, and what it tells the server. */
class Device {
  readonly listeners = new Map<string, Listener>();
  readonly sent: ViewChange[] = [];
  kept: Draft = { text: "" };
  isLeader = true;
  fails = false;

  constructor() {
    syncDrafts(this, () => ({ to: 2 }), ((name: string, listener: Listener) => this.listeners.set(name, listener)) as unknown as Client["on"], () => {});
  }
  direct = () => conversation();
  draft = () => this.kept;
  setDraft(key: string, draft: Draft): void {
    this.kept = draft;
    this.tell("draft", { key, ...draft });
  }
  setView(_conv: number, change: ViewChange): Promise<void> {
    this.sent.push(change);
    return this.fails ? Promise.reject(new Error("offline")) : Promise.resolve();
  }
  type(text: string, more: Partial<Draft> = {}): void {
    this.setDraft("to:2", { ...this.kept, text, ...more });
  }
  hears(text: string, reply_to?: number): void {
    const draft = { text, at: 1, ...(reply_to === undefined ? {} : { reply_to }) };
    this.tell("conversation", { ...conversation(), view: { rev: 1, ...(text === "" && reply_to === undefined ? {} : { draft }) } });
  }
  tell(name: string, event: unknown): void {
    this.listeners.get(name)?.(event as never);
  }
}

function conversation(): Conversation {
  return { conv: 7, kind: "direct", head: 1, held: 1, floor: 1, unread: 0, me: { read: 1, delivered: 1 }, size: 2, last: null };
}

const pause = () => vi.advanceTimersByTimeAsync(5000);
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a pause in the typing sends what stands there, once", async () => {
  const device = new Device();
  for (const text of ["h", "he", "hello"]) device.type(text, { replyTo: 4 });
  await pause();
  expect(device.sent).toEqual([{ draft: { text: "hello", reply_to: 4 } }]);
  // It comes back, and is not sent again.
  device.hears("hello", 4);
  await pause();
  expect(device.sent).toHaveLength(1);
  device.kept = { text: "hello", replyTo: 4 };
  device.setDraft("to:2", { text: "" });
  await pause();
  expect(device.sent.at(-1)).toEqual({ draft: { text: "" } });
});

test("what another device wrote shows here, and edits stay", async () => {
  const device = new Device();
  device.kept = { text: "", aside: [{ seq: 3, before: "a", text: "b" }] };
  device.hears("from the phone", 2);
  expect(device.kept).toEqual({ text: "from the phone", replyTo: 2, aside: [{ seq: 3, before: "a", text: "b" }] });
  device.hears("");
  expect(device.kept).toEqual({ text: "", aside: [{ seq: 3, before: "a", text: "b" }] });
  await pause();
  expect(device.sent).toEqual([]);
});

test("what is being written here is not overwritten", async () => {
  const device = new Device();
  device.type("mine");
  device.hears("theirs");
  expect(device.kept.text).toBe("mine");
  await pause();
  expect(device.sent).toEqual([{ draft: { text: "mine" } }]);
});

test("a tab beside the one that owns the connection sends nothing; nor does a text that is too long", async () => {
  const device = new Device();
  device.isLeader = false;
  device.type("hello");
  await pause();
  device.isLeader = true;
  device.type("x".repeat(20_000));
  await pause();
  expect(device.sent).toEqual([]);
});

test("what could not be sent is sent with the next letter", async () => {
  const device = new Device();
  device.fails = true;
  device.type("one");
  await pause();
  device.fails = false;
  device.type("one two");
  await pause();
  expect(device.sent.map(({ draft }) => draft?.text)).toEqual(["one", "one two"]);
});
