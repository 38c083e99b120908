import { expect, test } from "vitest";
import { EMOJI } from "./emoji-names.ts";
import { matches, namingAt } from "./emoji.ts";

test("a name begins with a colon that follows no word", () => {
  const at = (text: string) => namingAt(text, text.length)?.query ?? null;
  expect(at(":sm")).toBe("sm");
  expect(at("hello :SM")).toBe("sm");
  expect(at("好的:赞")).toBe("赞");
  expect(at("(:+1")).toBeNull();
  expect(at("see :thumbs_up")).toBe("thumbs_up");
  for (const none of ["", ":", ":s", "10:30", "https://example", "a:smile", ": smile", ":smile ", "::", "12:赞", "好的：赞", "：smile", "结论：好"]) {
    expect(at(none), none).toBeNull();
  }
  expect(namingAt("say :smi and more", 8)).toEqual({ start: 4, end: 8, query: "smi", isMeant: true });
  expect(namingAt("x".repeat(60_000) + " :fire", 60_006)?.query).toBe("fire");
});

test("only what nobody writes by chance is meant", () => {
  const isMeant = (text: string) => namingAt(text, text.length)?.isMeant ?? null;
  for (const text of [":sm", "hello :sm", "line\n:SM", "好的 :sm", "\u3000:sm"]) expect(isMeant(text), text).toBe(true);
  for (const text of ["好的:赞", "hello :赞", "好的:sm", "(:sm", ":a1", ":x_y"]) expect(isMeant(text), text).toBe(false);
});

test("what begins with the query comes first, in both languages", () => {
  expect(matches("smil")[0]).toEqual({ emoji: "😀", name: "smile" });
  expect(matches("thumbs").map(({ emoji }) => emoji)).toEqual(["👍", "👎"]);
  expect(matches("谢")[0]?.emoji).toBe("🙏");
  expect(matches("up").map(({ name }) => name)).toContain("thumbs_up");
  expect(matches("zzzz")).toEqual([]);
  expect(matches("s").length).toBeLessThanOrEqual(8);
});

test("every emoji is there once, and can be named in both languages", () => {
  const all = EMOJI.map(([emoji]) => emoji);
  expect(new Set(all).size).toBe(all.length);
  for (const [emoji, ...names] of EMOJI) {
    expect(names.some((name) => /^[a-z0-9_+-]+$/.test(name)), emoji).toBe(true);
    expect(names.some((name) => /^\p{Script=Han}+$/u.test(name)), emoji).toBe(true);
  }
});
