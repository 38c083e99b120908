import { expect, test } from "vitest";
import type { Entry } from "@hongyan/client";
import { isWorthNotice } from "./notify.ts";
import type { Circumstances } from "./notify.ts";

const NOW = 1_000_000_000;
const entry: Entry = { conv: 1, seq: 5, id: 5, kind: "message", from: 7, at: NOW - 1000, client_id: "c", body: { type: "text", text: "hi" } };
const usual: Circumstances = { me: 1, isLeader: true, isOn: true, isMuted: false, isLookedAt: false, isLive: false, read: 4, now: NOW };

test("a new message of somebody else's is worth a notice", () => {
  expect(isWorthNotice(entry, usual)).toBe(true);
});

test("what comes as it is written is news, by whatever clock", () => {
  expect(isWorthNotice({ ...entry, at: NOW - 3_600_000 }, { ...usual, isLive: true })).toBe(true);
});

test.each<[string, Partial<Entry>, Partial<Circumstances>]>([
  ["one's own, from another device", { from: 1 }, {}],
  ["an edit", { kind: "edit" }, {}],
  ["recalled already", { recalled_by: 6 }, {}],
  ["old news of a first sync", { at: NOW - 3_600_000 }, {}],
  ["read on another device", {}, { read: 5 }],
  ["another tab owns the connection", {}, { isLeader: false }],
  ["switched off", {}, { isOn: false }],
  ["muted", {}, { isMuted: true }],
  ["looked at", {}, { isLookedAt: true }],
])("not: %s", (_name, change, about) => {
  expect(isWorthNotice({ ...entry, ...change }, { ...usual, ...about })).toBe(false);
});
