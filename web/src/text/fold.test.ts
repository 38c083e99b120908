import { expect, test } from "vitest";
import { foldAt } from "./fold.ts";
import { snippet } from "./snippet.ts";

test("short texts are shown whole, long ones are folded between words", () => {
  expect(foldAt("hello")).toBeNull();
  expect(foldAt("a\n".repeat(20))).toBeNull();
  expect(foldAt("a\n".repeat(60))).toBeLessThan(50);
  const long = "word ".repeat(2000);
  expect(long.slice(0, foldAt(long)!).endsWith("word")).toBe(true);
  expect(foldAt("x".repeat(1200))).toBeNull();
});

test("a sign of two halves is not cut", () => {
  for (const before of ["", "x"]) {
    const text = before + "👍".repeat(5000);
    expect(text.slice(0, foldAt(text)!)).not.toMatch(/\p{Surrogate}/u);
  }
});

test.each([
  ["**Bold** and\n\n- a\n- b", "Bold and a b"], ["> quoted\n\nanswer", "quoted answer"], ["```\ncode\n```", "code"],
  ["[here](https://a.example/)", "here"], ["   ", ""],
])("%j in one line is %j", (text, line) => expect(snippet(text)).toBe(line));

test("a line ends with an ellipsis when there is more", () => {
  expect(snippet("x".repeat(1000), 20)).toBe(`${"x".repeat(19)}…`);
  expect(snippet("👍".repeat(1000), 21)).not.toMatch(/\p{Surrogate}/u);
});
