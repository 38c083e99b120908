/** Which conversation is whose 1:1. */
import { expect, test } from "vitest";
import type { Conversation } from "../../src/client/events.ts";
import { Replica } from "../../src/client/replica.ts";
import type { Loaded } from "../../src/engine/load.ts";

const ME = 1;

function conversation(conv: number, kind: string, ...users: number[]): Conversation {
  const members = users.map((user) => ({ user, read: 0, delivered: 0 }));
  return { conv, kind, head: 1, held: 1, floor: 1, unread: 0, me: { read: 0, delivered: 0 }, size: users.length, members, last: null };
}

test("a conversation that a push began, and that turns out to be larger, is nobody's 1:1", () => {
  const meta = { me: { id: ME, login: "", name: "" } };
  const replica = new Replica({ meta, drafts: [], profiles: [], rows: [], outgoing: [] } as unknown as Loaded, "durable" as never);
  const tell = (...told: Conversation[]) => replica.apply(told.map((one) => ["conversation", one]));
  tell(conversation(1, "direct", ME, 2), conversation(2, "direct", 2));
  expect(replica.direct(2)?.conv).toBe(1);
  tell(conversation(2, "group", ME, 2, 3), conversation(3, "direct", 3));
  expect(replica.direct(2)?.conv).toBe(1);
  expect(replica.direct(3)?.conv).toBe(3);
  const { members: _, ...large } = conversation(3, "group", ME, 3);
  tell({ ...large, size: 10_000 });
  expect(replica.direct(3)).toBeNull();
  tell(conversation(4, "direct", ME, 3), conversation(5, "direct", ME));
  expect([replica.direct(3)?.conv, replica.direct(ME)?.conv]).toEqual([4, 5]);
});
