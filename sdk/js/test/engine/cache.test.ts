/** What is read while the storage still has another history. */
import { expect, test } from "vitest";
import { Cache } from "../../src/client/cache.ts";
import type { Conversation, Happening } from "../../src/client/events.ts";
import { Replica } from "../../src/client/replica.ts";
import type { Loaded } from "../../src/engine/load.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { Entry } from "../../src/wire.gen.ts";

function message(seq: number, id: number, text: string): Entry {
  return { conv: 1, seq, id, kind: "message", from: 2, at: 0, client_id: `c${id}`, body: { type: "text", text } };
}

const row = (held: number): Happening => ["conversation", { conv: 1, head: held, held, floor: 1, members: [] } as unknown as Conversation];

test("after a reset nothing of the other history is read, though the storage has it for a moment", async () => {
  const storage = new MemoryStorage();
  const old = [message(1, 1, "kept"), message(2, 2, "gone"), message(3, 3, "gone as well")];
  await storage.write(old.map((value) => ({ op: "put", table: "entries", key: [1, value.seq], value })));
  const replica = new Replica({ meta: {}, drafts: [], profiles: [], rows: [], outgoing: [] } as unknown as Loaded, "durable" as never);
  replica.apply([row(3)]);
  const cache = new Cache(storage, replica);
  const texts = async (): Promise<(string | undefined)[]> =>
    (await cache.read(1, { limit: 10 })).map(({ body }) => (body?.type === "text" ? body.text : undefined));
  const underWay = texts();
  replica.apply([["reset", null]]);
  expect(await underWay, "what was asked for before").toEqual([]);
  expect(await texts()).toEqual([]);
  replica.apply([row(2), ["entry", message(1, 1, "kept")], ["entry", message(2, 100, "written since")]]);
  expect(await texts()).toEqual(["kept", "written since"]);
  // The conversation tells of an entry that has not come yet.
  replica.apply([row(3)]);
  expect(await texts()).toEqual(["kept", "written since"]);
  replica.apply([["entry", message(3, 101, "and this")]]);
  expect(await texts()).toEqual(["kept", "written since", "and this"]);
});
