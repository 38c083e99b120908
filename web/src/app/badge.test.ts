import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { iconOf, titleOf } from "./badge.ts";

test("every number has an icon that is there", () => {
  for (const unread of [0, 1, 5, 9, 10, 1234]) {
    const icon = iconOf(unread);
    expect(existsSync(new URL(`../../public${icon}`, import.meta.url)), icon).toBe(true);
  }
});

test("the title counts, up to a point", () => {
  expect(titleOf(0, "Hongyan")).toBe("Hongyan");
  expect(titleOf(3, "Hongyan")).toBe("(3) Hongyan");
  expect(titleOf(100, "Hongyan")).toBe("(99+) Hongyan");
});
