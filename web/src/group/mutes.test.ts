import { expect, test } from "vitest";
import type { Entry, GroupEvent } from "@hongyan/client";
import { afterChange } from "./mutes.ts";

const entry = (event: GroupEvent): Entry => ({ conv: 1, seq: 1, id: 1, kind: "event", from: 1, at: 0, client_id: "c", event });

test("who may not write follows the entries", () => {
  const events: GroupEvent[] = [
    { type: "muted", user: 2, until: 50 }, { type: "muted", user: 3, until: 60 }, { type: "renamed", name: "x" },
    { type: "unmuted", user: 3 }, { type: "muted", user: 2, until: 70 }, { type: "role", user: 2, role: "admin" },
  ];
  const after = events.reduce<ReadonlyMap<number, number>>((muted, event) => afterChange(muted, entry(event)), new Map([[4, 10]]));
  expect([...after]).toEqual([[4, 10], [2, 70]]);
});
