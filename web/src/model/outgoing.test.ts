import { expect, test } from "vitest";
import type { Client, Conversation, Outgoing } from "@hongyan/client";
import { createOutgoing } from "./outgoing.ts";

const one = (clientId: string, to: { conv: number } | { to: number }, at: number): Outgoing => ({
  clientId,
  at,
  state: "waiting",
  append: { type: "send", client_id: clientId, body: { type: "text", text: clientId }, ...to },
});
const client = (outgoing: Outgoing[]) => ({ outgoing: () => outgoing }) as unknown as Client;
const ids = (list: readonly Outgoing[]) => list.map((each) => each.clientId);

test("a 1:1 shows what was written to the person before the conversation existed, and after", () => {
  let conversation: Conversation | null = null;
  const outgoing = createOutgoing(client([one("b", { to: 7 }, 2), one("c", { conv: 3 }, 3), one("x", { conv: 4 }, 1)]), () => conversation);
  expect(ids(outgoing.of({ to: 7 }))).toEqual(["b"]);
  conversation = { conv: 3 } as Conversation;
  expect(ids(outgoing.of({ to: 7 }))).toEqual(["b", "c"]);
  outgoing.update({ outgoing: one("d", { to: 7 }, 4), state: "waiting" });
  expect(ids(outgoing.of({ to: 7 }))).toEqual(["b", "c", "d"]);
});

test("a request leaves when its entry has come, and an answer that comes later brings it not back", () => {
  const outgoing = createOutgoing(client([one("a", { conv: 1 }, 1)]), () => null);
  const sent = { conv: 1, seq: 1, id: 1, at: 1, client_id: "a" };
  outgoing.update({ outgoing: { ...one("a", { conv: 1 }, 1), state: "sent" }, state: "sent", sent });
  expect(outgoing.of({ conv: 1 })[0]?.state).toBe("sent");
  outgoing.update({ outgoing: one("a", { conv: 1 }, 1), state: "settled" });
  expect(outgoing.of({ conv: 1 })).toEqual([]);
  outgoing.update({ outgoing: one("a", { conv: 1 }, 1), state: "sent", sent });
  expect(outgoing.of({ conv: 1 })).toEqual([]);
});

test("a failed request stays where it was submitted", () => {
  const outgoing = createOutgoing(client([one("a", { conv: 1 }, 1), one("b", { conv: 1 }, 2)]), () => null);
  outgoing.update({ outgoing: { ...one("a", { conv: 1 }, 1), state: "failed" }, state: "failed" });
  expect(outgoing.of({ conv: 1 }).map(({ clientId, state }) => [clientId, state])).toEqual([["a", "failed"], ["b", "waiting"]]);
  outgoing.update({ outgoing: one("a", { conv: 1 }, 1), state: "discarded" });
  expect(ids(outgoing.of({ conv: 1 }))).toEqual(["b"]);
});
