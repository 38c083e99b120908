import { expect, test } from "vitest";
import { hueOf, initials } from "./initials.ts";
import { nextItem } from "./menu-keys.ts";

test.each([
  ["张三", "张三"],
  ["欧阳修文", "修文"],
  ["Ada Lovelace", "AL"],
  ["ada", "A"],
  ["jean-luc picard", "JL"],
  ["  (bot) relay", "BR"],
  ["אבי לוי", "אל"],
  ["👍", "·"],
  ["", "·"],
  ["#1001", "1"],
])("the initials of %j are %j", (name, letters) => expect(initials(name)).toBe(letters));

test("neighbours have different colours", () => {
  for (let id = 1000; id < 1020; id++) expect(hueOf(id)).not.toBe(hueOf(id + 1));
});

test("keys move in a menu", () => {
  const labels = ["Reply", "Edit", "Recall", "Copy"];
  expect(nextItem("ArrowDown", labels, 3)).toBe(0);
  expect(nextItem("ArrowUp", labels, 0)).toBe(3);
  expect(nextItem("End", labels, 0)).toBe(3);
  expect(nextItem("r", labels, 0)).toBe(2);
  expect(nextItem("r", labels, 2)).toBe(0);
  expect(nextItem("x", labels, 0)).toBeNull();
  expect(nextItem("Enter", labels, 0)).toBeNull();
  expect(nextItem("ArrowDown", [], -1)).toBeNull();
});
