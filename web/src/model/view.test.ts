import { expect, test } from "vitest";
import type { Conversation } from "@hongyan/client";
import { countOf, FOREVER, isMuted } from "./view.ts";

const at = (unread: number, view: NonNullable<Conversation["view"]> = { rev: 1 }) => ({ unread, view });

test("only what draws attention is counted", () => {
  expect(countOf(at(3), 100)).toBe(3);
  expect(countOf(at(3, { rev: 1, muted_until: 101 }), 100)).toBe(0);
  expect(countOf(at(3, { rev: 1, muted_until: 100 }), 100)).toBe(3);
  expect(countOf(at(3, { rev: 1, archived: 7 }), 100)).toBe(0);
  expect(countOf(at(3, { rev: 1, hidden: 7 }), 100)).toBe(0);
  expect(countOf(at(0, { rev: 1, marked_unread: 0 }), 100)).toBe(1);
  expect(countOf(at(2, { rev: 1, marked_unread: 5 }), 100)).toBe(2);
  expect(countOf({ unread: 0 }, 100)).toBe(0);
});

test("a muting ends with its time, or never", () => {
  expect(isMuted(at(0, { rev: 1, muted_until: FOREVER }), 8e15)).toBe(true);
  expect(isMuted(null, 0)).toBe(false);
});
