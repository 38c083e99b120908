import { createEffect, createRoot } from "solid-js";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Client, ClientEvents, Conversation, Draft, UserProfile } from "@hongyan/client";
import { createModel } from "./create.ts";
import type { Model } from "./model.ts";

const ME = 1000;

/** The SDK's handle, as far as the model reads it, with events to order. */
class FakeClient {
  readonly listeners = new Map<string, Set<(event: never) => void>>();
  readonly known = new Map<number, Conversation>();
  readonly written = new Map<string, Draft>();
  readonly directory = new Map<number, UserProfile>();
  me = profile(ME);
  connection = { kind: "online", caughtUp: true };
  storage = { kind: "memory" };
  isLeader = true;
  asked: number[] = [];

  on(name: string, listener: (event: never) => void): () => void {
    const all = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, all.add(listener));
    return () => all.delete(listener);
  }
  tell<K extends keyof ClientEvents>(name: K, event: ClientEvents[K]): void {
    for (const listener of this.listeners.get(name) ?? []) (listener as (event: ClientEvents[K]) => void)(event);
  }
  conversations = () => [...this.known.values()];
  outgoing = () => [];
  profile = () => null;
  direct = () => null;
  drafts = () => [...this.written];
  draft = (key: string): Draft => this.written.get(key) ?? { text: "" };
  users = async ({ after, limit }: { after: number; limit: number }) => {
    this.asked.push(after + 1);
    return [...this.directory.values()].filter(({ id }) => id > after).sort((a, b) => a.id - b.id).slice(0, limit);
  };
}

function profile(id: number): UserProfile {
  return { id, login: `u${id}`, name: `User ${id}` };
}

function direct(conv: number, other: number, at: number, unread = 0): Conversation {
  const member = (user: number) => ({ user, read: 0, delivered: 0 });
  const last = { conv, seq: 1, id: at, kind: "message", from: other, at, client_id: "c", body: { type: "text", text: "hi" } };
  return { conv, kind: "direct", head: 1, held: 1, floor: 1, unread, me: { read: 0, delivered: 0 }, size: 2, members: [member(ME), member(other)], last };
}

let dispose = () => {};
beforeAll(() => void vi.useFakeTimers());
afterEach(() => dispose());

function modelOf(fake: FakeClient): Model {
  return createRoot((end) => {
    dispose = end;
    return createModel(fake as unknown as Client, String(ME));
  });
}
const keys = (model: Model) => model.rows().map((row) => row.key);
/** Long enough for whatever gathers to be handed over. */
const frame = () => vi.advanceTimersByTimeAsync(1000);

test("the list is sorted by the last activity, and a line stays the same object", async () => {
  const fake = new FakeClient();
  fake.known.set(1, direct(1, 1001, 10)).set(2, direct(2, 1002, 20));
  const model = modelOf(fake);
  expect(keys(model)).toEqual(["to:1002", "to:1001"]);
  const [, row] = model.rows();
  fake.tell("conversation", direct(1, 1001, 30, 2));
  await frame();
  expect(keys(model)).toEqual(["to:1001", "to:1002"]);
  expect(model.rows()[0]).toBe(row);
  expect(row?.unread).toBe(2);
});

test("a burst is one change", async () => {
  const fake = new FakeClient();
  fake.known.set(1, direct(1, 1001, 10));
  const model = modelOf(fake);
  let changes = -1;
  const [row] = model.rows();
  createRoot((end) => {
    createEffect(() => {
      void row?.unread;
      changes++;
    });
    const before = dispose;
    dispose = () => (end(), before());
  });
  await frame();
  for (let i = 1; i <= 500; i++) fake.tell("conversation", direct(1, 1001, 10 + i, i));
  await frame();
  expect(row?.unread).toBe(500);
  expect(changes).toBe(1);
});

test("a 1:1 keeps its name when the conversation comes to exist", async () => {
  const fake = new FakeClient();
  const model = modelOf(fake);
  expect(model.conversation({ to: 1001 })).toBeNull();
  fake.tell("conversation", direct(7, 1001, 10));
  await frame();
  expect(model.conversation({ to: 1001 })?.conv).toBe(7);
  expect(model.canonical({ conv: 7 })).toEqual({ to: 1001 });
  expect(keys(model)).toEqual(["to:1001"]);
});

test("a conversation that a push began, and that turns out to be larger, is nobody's 1:1", async () => {
  const fake = new FakeClient();
  fake.known.set(1, direct(1, 1001, 10));
  const model = modelOf(fake);
  for (const [conv, other] of [[8, 1001], [9, 1002]] as const) {
    fake.tell("conversation", direct(conv, other, 20));
    const { members: _, ...large } = direct(conv, other, 20);
    fake.tell("conversation", { ...large, kind: "group", size: 10_000 });
  }
  await frame();
  expect(model.conversation({ to: 1001 })?.conv).toBe(1);
  expect(model.conversation({ to: 1002 })).toBeNull();
  expect(model.canonical({ conv: 8 })).toEqual({ conv: 8 });
  expect([model.others({ conv: 8 }), model.title({ conv: 8 })]).toEqual([[], "10,000 members"]);
  fake.tell("conversation", direct(10, 1002, 30));
  await frame();
  expect(model.conversation({ to: 1002 })?.conv).toBe(10);
});

test("whether there is somebody of an id is found out once", async () => {
  const fake = new FakeClient();
  fake.directory.set(1005, profile(1005));
  const model = modelOf(fake);
  expect([model.existence(1005), model.existence(1006)]).toEqual(["unknown", "unknown"]);
  await vi.waitFor(() => expect([model.existence(1005), model.existence(1006)]).toEqual(["somebody", "nobody"]));
  expect(fake.asked).toEqual([1005]);
});

test("a name that is looked at is asked for anew, but not again and again", async () => {
  const fake = new FakeClient();
  fake.directory.set(1005, profile(1005));
  const model = modelOf(fake);
  model.learn([{ ...profile(1005), name: "Once" }]);
  model.refresh(1005);
  await vi.waitFor(() => expect(model.profile(1005).name).toBe("User 1005"));
  fake.directory.set(1005, { ...profile(1005), name: "Now" });
  model.refresh(1005);
  vi.advanceTimersByTime(60_000);
  model.refresh(1005);
  expect(fake.asked).toEqual([1005]);
  vi.advanceTimersByTime(60_000);
  model.refresh(1005);
  await vi.waitFor(() => expect(model.profile(1005).name).toBe("Now"));
});

test("a draft to somebody new is a line, as long as there is one", () => {
  const fake = new FakeClient();
  const model = modelOf(fake);
  fake.written.set("to:1005", { text: "Dear" });
  fake.tell("draft", { key: "to:1005", text: "Dear" });
  expect(keys(model)).toEqual(["to:1005"]);
  fake.tell("draft", { key: "to:1005", text: "" });
  expect(keys(model)).toEqual([]);
});

test("a draft to somebody without a conversation is a line from the start", () => {
  const fake = new FakeClient();
  fake.known.set(1, direct(1, 1001, 10));
  fake.written.set("to:1005", { text: "Dear" }).set("conv:77", { text: "in nothing that is known" });
  expect(keys(modelOf(fake)).sort()).toEqual(["to:1001", "to:1005"]);
});

test("many unknown names are some questions, wherever their ids are", async () => {
  const fake = new FakeClient();
  for (const id of [5, 7, 9, 5000, 90_000]) fake.directory.set(id, profile(id));
  const model = modelOf(fake);
  for (const id of [90_000, 7, 8, 5, 9, 5000, 5001]) model.existence(id);
  await frame();
  const found = (ids: number[]) => ids.map((id) => model.existence(id));
  expect([found([5, 7, 9, 5000, 90_000]), found([8, 5001])]).toEqual([Array(5).fill("somebody"), ["nobody", "nobody"]]);
  expect(fake.asked.length).toBeLessThanOrEqual(3);
});

test("an unknown name is asked for once, and shows when it comes", async () => {
  const fake = new FakeClient();
  fake.directory.set(1009, { id: 1009, login: "nine", name: "Nine" });
  const model = modelOf(fake);
  expect(model.title({ to: 1009 })).toBe("#1009");
  expect(model.title({ to: 1009 })).toBe("#1009");
  await frame();
  expect(fake.asked).toEqual([1009]);
  expect(model.title({ to: 1009 })).toBe("Nine");
});

test("namesakes are told apart, however they spell the name", () => {
  const fake = new FakeClient();
  const model = modelOf(fake);
  fake.tell("profiles", [{ id: 1001, login: "", name: "Ann" }]);
  expect(model.title({ to: 1001 })).toBe("Ann");
  fake.tell("profiles", [{ id: 1002, login: "", name: "an\u200bn " }]);
  expect(model.title({ to: 1001 })).toBe("Ann #1001");
  expect(model.title({ to: 1002 })).toBe("an\u200bn  #1002");
  fake.tell("profiles", [{ id: 1002, login: "", name: "Bob" }]);
  expect(model.title({ to: 1001 })).toBe("Ann");
});

test("a conversation with oneself is called notes", async () => {
  const fake = new FakeClient();
  const model = modelOf(fake);
  const own = model.me()?.id ?? 0;
  const notes = direct(9, own, 10);
  fake.tell("conversation", { ...notes, size: 1, members: notes.members!.filter(({ user }) => user === own).slice(0, 1) });
  await frame();
  expect(model.title({ conv: 9 })).toBe("Notes to self");
  expect(model.canonical({ conv: 9 })).toEqual({ to: own });
});

test("the unread number passes over what is muted", async () => {
  const fake = new FakeClient();
  fake.known.set(1, direct(1, 1001, 10, 3)).set(2, direct(2, 1002, 20, 4));
  const model = modelOf(fake);
  expect(model.unread()).toBe(7);
  fake.tell("conversation", { ...direct(2, 1002, 20, 4), view: { rev: 1, muted_until: Number.MAX_SAFE_INTEGER } });
  await frame();
  expect([model.unread(), model.isMuted({ to: 1002 }), model.isMuted({ to: 1001 })]).toEqual([3, true, false]);
});

test("what is pinned stands at the top, what is archived apart, and what is hidden nowhere", async () => {
  const fake = new FakeClient();
  for (const conv of [1, 2, 3, 4]) fake.known.set(conv, direct(conv, 1000 + conv, 10 * conv));
  const model = modelOf(fake);
  const set = (conv: number, view: NonNullable<Conversation["view"]>) => fake.tell("conversation", { ...direct(conv, 1000 + conv, 10 * conv), view });
  const shown = () => [model.rows(), model.archived()].map((rows) => rows.map((row) => row.conversation!.conv));
  expect(shown()).toEqual([[4, 3, 2, 1], []]);
  set(1, { rev: 1, pinned: 5 });
  set(2, { rev: 1, pinned: 6 });
  set(3, { rev: 1, archived: 1 });
  set(4, { rev: 1, hidden: 1 });
  await frame();
  expect(shown()).toEqual([[2, 1], [3]]);
  for (const conv of [1, 2, 3, 4]) set(conv, { rev: 2 });
  await frame();
  expect(shown()).toEqual([[4, 3, 2, 1], []]);
});

test("after its owner is gone, the model listens to nothing", () => {
  const fake = new FakeClient();
  modelOf(fake);
  dispose();
  expect([...fake.listeners.values()].every((listeners) => listeners.size === 0)).toBe(true);
});
