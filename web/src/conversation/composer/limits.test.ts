import { LIMITS } from "@hongyan/client";
import { expect, test } from "vitest";
import { composed, roomLeft } from "./limits.ts";

test.each([
  ["hello", "hello"], ["  indented", "  indented"], ["\n\n  code\n  more\n\n", "  code\n  more"], [" \n\t\n", ""], ["   ", ""],
  ["a\0b", "ab"], ["你好 ", "你好"],
])("%j is sent as %j", (typed, sent) => expect(composed(typed)).toBe(sent));

test("room is counted in characters, and told only when it gets short", () => {
  const left = (text: string) => {
    const room = roomLeft(text);
    return room === null ? null : room.characters;
  };
  expect(left("x".repeat(30_000))).toBeNull();
  expect(left("x".repeat(LIMITS.TEXT_BYTES))).toBe(0);
  expect(left("x".repeat(LIMITS.TEXT_BYTES - 100))).toBe(100);
  expect(left("x".repeat(LIMITS.TEXT_BYTES + 7))).toBe(-7);
  // Of three bytes each, and of four.
  expect(left("中".repeat(21_845 - 50))).toBe(50);
  expect(left("中".repeat(21_846))).toBe(-1);
  expect(left("👍".repeat(16_384) + "  \n")).toBe(0);
  expect(left("👍".repeat(16_386))).toBe(-2);
  expect(roomLeft("中".repeat(21_846))?.isOver).toBe(true);
});
