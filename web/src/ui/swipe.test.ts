import { expect, test } from "vitest";
import { Swipe } from "./swipe.ts";

test("a finger that goes its way swipes, and counts when it went far enough", () => {
  const swipe = new Swipe(-1, 60, 300, 100);
  expect(swipe.move(296, 101)).toBeNull();
  expect(swipe.move(280, 103)).toBe(20);
  expect(swipe.isReady(280)).toBe(false);
  expect(swipe.move(230, 130)).toBe(70);
  expect(swipe.isReady(230)).toBe(true);
  expect(swipe.isReady(250)).toBe(false);
  expect(swipe.move(320, 130)).toBe(0);
});

test.each([["down", 298, 130], ["the other way", 330, 100], ["slanting", 285, 118]])("one that goes %s first never swipes", (_, x, y) => {
  const swipe = new Swipe(-1, 60, 300, 100);
  expect(swipe.move(x, y)).toBeNull();
  expect(swipe.isOver).toBe(true);
  expect(swipe.move(100, 100)).toBeNull();
  expect(swipe.isReady(100)).toBe(false);
});
