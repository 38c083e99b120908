import { expect, test } from "vitest";
import { isolated } from "./bidi.ts";
import { sendable, utf8Length } from "./bytes.ts";
import { fewEmoji } from "./emoji.ts";

test.each([
  ["👍", 1], ["👍🏽", 1], ["👨‍👩‍👧‍👦", 1], ["🇨🇳", 1], ["🇨🇳🇨🇭", 2], ["❤️ 🎉", 2], ["1️⃣", 1], ["🏴󠁧󠁢󠁥󠁮󠁧󠁿", 1], ["😀😀😀", 3],
  ["😀😀😀😀", 0], ["hi 👍", 0], ["1", 0], ["", 0], ["©", 0], ["12", 0], ["👍".repeat(10_000), 0], ["\u200d", 0],
])("%j has %i emoji", (text, count) => expect(fewEmoji(text)).toBe(count));

test.each(["", "abc", "é", "中文", "👍🏽", "a中👍", "\u07ff\u0800\uffff"])("bytes of %j", (text) => {
  expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
});

test("a lone surrogate is counted and sent as the sign that replaces it", () => {
  expect(utf8Length("a\ud800b")).toBe(5);
  expect(sendable("a\ud800b\0c👍")).toBe("a\ufffdbc👍");
});

test("a name that turns the direction keeps it to itself; others stay as they are", () => {
  expect(isolated("\u202eAnn")).toBe("\u2068\u202eAnn\u2069");
  expect(isolated("דנה")).toBe("\u2068דנה\u2069");
  expect([isolated("Ann"), isolated("李四"), isolated("👍")]).toEqual(["Ann", "李四", "👍"]);
});
