import { LIMITS } from "@hongyan/client";
import { expect, test } from "vitest";
import { composed, roomLeft } from "./limits.ts";

test.each([
  ["hello", "hello"], ["  indented", "  indented"], ["\n\n  code\n  more\n\n", "  code\n  more"], [" \n\t\n", ""], ["   ", ""],
  ["a\0b", "ab"], ["你好 ", "你好"],
])("%j is sent as %j", (typed, sent) => expect(composed(typed)).toBe(sent));

test("room is counted in bytes, and told only when it gets short", () => {
  expect(roomLeft("x".repeat(30_000))).toBeNull();
  expect(roomLeft("x".repeat(LIMITS.TEXT_BYTES))).toBe(0);
  expect(roomLeft("中".repeat(21_845))).toBe(1);
  expect(roomLeft("中".repeat(21_846))).toBe(-2);
  expect(roomLeft("👍".repeat(16_384) + "  \n")).toBe(0);
});
