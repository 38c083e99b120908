import { expect, test } from "vitest";
import type { Entry } from "@hongyan/client";
import { joined } from "./source.ts";

const entry = (conv: number, seq: number, at: number): Entry => ({ conv, seq, id: seq, kind: "message", from: 2, at, client_id: `${conv}.${seq}` });
const names = (entries: readonly Entry[]) => entries.map(({ client_id }) => client_id);

test("mentions stand newest first, each once, whichever way they come", () => {
  const page = [entry(7, 9, 90), entry(5, 2, 50)];
  const live = joined(page, [entry(5, 3, 95), entry(7, 9, 90)]);
  expect(names(live)).toEqual(["5.3", "7.9", "5.2"]);
  expect(names(joined(live, [entry(4, 1, 50), entry(7, 1, 50)]))).toEqual(["5.3", "7.9", "7.1", "5.2", "4.1"]);
});
