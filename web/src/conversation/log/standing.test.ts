import { expect, test } from "vitest";
import type { Conversation } from "@hongyan/client";
import { makeRows } from "./rows.ts";
import type { MessageRow } from "./rows.ts";
import { standingOf as standing } from "./standing.ts";
import { MadeUp, ME, message, OTHER } from "./testing.ts";

const standingOf = (one: MessageRow, facts: Conversation) => standing(one, facts, () => null);

function row(seq: number, from = ME): MessageRow {
  const rows = makeRows({ me: ME, messages: [message(seq, { from })], outgoing: [], atEnd: true, newFrom: null }, new Map());
  return [...rows.values()].find((one): one is MessageRow => one.kind === "message")!;
}
function conversation(kind: string, ...others: [read: number, delivered: number][]): Conversation {
  const members = others.map(([read, delivered], at) => ({ user: OTHER + at, read, delivered }));
  return { ...new MadeUp([]).facts(), kind, members: [{ user: ME, read: 9, delivered: 9 }, ...members] };
}

test("how far a message has come in a 1:1", () => {
  const direct = conversation("direct", [3, 5]);
  expect(standingOf(row(3), direct)).toEqual({ kind: "read", readers: null });
  expect(standingOf(row(5), direct)).toEqual({ kind: "delivered" });
  expect(standingOf(row(6), direct)).toEqual({ kind: "sent" });
  expect(standingOf(row(3, OTHER), direct)).toBeNull();
  expect(standingOf({ ...row(3), local: "failed" }, direct)).toEqual({ kind: "failed" });
  expect(standingOf({ ...row(3), recalled: true }, direct)).toBeNull();
});

test("where members are not told, a message is sent, and read by as many as the server says", () => {
  const { members: _, ...large } = conversation("group", [9, 9]);
  expect(standingOf(row(3), large)).toEqual({ kind: "sent" });
  const readBy = (conv: number, seq: number) => (conv === large.conv && seq === 3 ? 6204 : 0);
  expect(standing(row(3), large, readBy)).toEqual({ kind: "read", readers: 6204, of: null });
  expect(standing(row(4), large, readBy)).toEqual({ kind: "sent" });
});

test("a larger conversation counts its readers", () => {
  const group = conversation("group", [3, 5], [4, 5], [0, 2]);
  expect(standingOf(row(4), group)).toEqual({ kind: "read", readers: 1, of: 3 });
  expect(standingOf(row(3), group)).toEqual({ kind: "read", readers: 2, of: 3 });
  expect(standingOf(row(5), group)).toEqual({ kind: "sent" });
  const members = group.members!.map((member, at) => (at === 2 ? { ...member, since: 4 } : member));
  expect(standingOf(row(3), { ...group, members }), "who came later is none").toEqual({ kind: "read", readers: 1, of: 2 });
});
