/** What is being written: what is kept of it, and what becomes of it in another history. */
import { expect, test } from "vitest";
import { Drafts } from "../../src/client/drafts.ts";
import type { Draft } from "../../src/client/events.ts";
import { Replica } from "../../src/client/replica.ts";
import { load } from "../../src/engine/load.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";

async function open(storage: MemoryStorage): Promise<{ replica: Replica; drafts: Drafts; told: [string, Draft][] }> {
  const replica = new Replica(await load(storage), { kind: "memory" });
  const told: [string, Draft][] = [];
  return { replica, told, drafts: new Drafts(storage, replica, (...one) => told.push(one)) };
}

const EDIT = { seq: 3, before: "teh", text: "the" };

test("a draft is kept whole, what a later version put into it included", async () => {
  const storage = new MemoryStorage();
  const { drafts } = await open(storage);
  drafts.set("to:1", { text: "", replyTo: 7 });
  drafts.set("to:2", { text: "", edit: EDIT });
  drafts.set("to:3", { text: "x", later: [1] } as Draft);
  drafts.set("to:4", { text: "never mind" });
  drafts.set("to:4", { text: "" });
  await drafts.flush();
  const { replica } = await open(storage);
  expect(new Map(replica.drafts())).toEqual(new Map<string, unknown>([
    ["to:1", { text: "", replyTo: 7 }], ["to:2", { text: "", edit: EDIT }], ["to:3", { text: "x", later: [1] }],
  ]));
});

test("what an earlier version kept is a text", async () => {
  const storage = new MemoryStorage();
  await storage.write([{ op: "put", table: "drafts", key: "to:1", value: "half a thought" }]);
  expect((await open(storage)).replica.draft("to:1")).toEqual({ text: "half a thought" });
});

test("the same draft is told once", async () => {
  const { drafts, told } = await open(new MemoryStorage());
  drafts.set("to:1", { text: "a", replyTo: 7 });
  drafts.set("to:1", { replyTo: 7, text: "a" });
  expect(told).toEqual([["to:1", { text: "a", replyTo: 7 }]]);
});

test("what changed while another tab opened is told again, once it is kept", async () => {
  const storage = new MemoryStorage();
  const { drafts, told } = await open(storage);
  drafts.set("to:1", { text: "", edit: EDIT });
  await drafts.flush();
  drafts.set("to:1", { text: "sent" });
  const other = await open(storage);
  expect(other.replica.draft("to:1")).toEqual({ text: "", edit: EDIT });
  told.length = 0;
  await drafts.flush();
  for (const [key, draft] of told) other.drafts.take(key, draft, false);
  expect(other.replica.draft("to:1")).toEqual({ text: "sent" });
});

test("in another history it answers and changes nothing, and no text is lost", async () => {
  const { replica, drafts } = await open(new MemoryStorage());
  drafts.set("to:1", { text: "a", replyTo: 7 });
  drafts.set("to:2", { text: "b", edit: EDIT });
  drafts.set("to:3", { text: "", edit: EDIT });
  drafts.set("to:4", { text: "", replyTo: 7 });
  drafts.set("to:5", { text: "c", aside: [EDIT, { ...EDIT, seq: 4, text: "then" }] });
  replica.apply([["reset", null]]);
  expect(replica.drafts()).toEqual([["to:1", { text: "a" }], ["to:2", { text: "b\nthe" }], ["to:3", { text: "the" }], ["to:5", { text: "c\nthe\nthen" }]]);
});
