import { afterAll, describe, expect, test } from "vitest";
import { prefer } from "../model/preferences.ts";
import { formatDay, formatShort, formatTime, negotiate, plural } from "./index.ts";
import type { Words } from "./index.ts";

const files = import.meta.glob<{ w?: Words<Record<string, unknown>> }>("../**/words.ts", { eager: true });
const dictionaries = Object.entries(files).filter(([path]) => path !== "./words.ts");

afterAll(() => prefer({ language: "auto" }));

/** What a key says in each language: a text, or what its function makes of any values. */
function said(dictionary: Words<Record<string, unknown>>, key: string, language: "en" | "zh"): string {
  prefer({ language });
  const value = dictionary[key] as string | ((...values: unknown[]) => string);
  if (typeof value === "string") return value;
  const call = (example: unknown) => value(...Array.from({ length: value.length }, () => example));
  try {
    return call(2);
  } catch {
    return call(["2"]);
  }
}

test("there are dictionaries", () => {
  expect(dictionaries.length).toBeGreaterThan(3);
});

describe.each(dictionaries)("%s", (_path, { w }) => {
  test("says everything in both languages", () => {
    if (w === undefined) throw new Error("a dictionary is exported as `w`");
    for (const key of Object.keys(w)) {
      const english = said(w, key, "en");
      const chinese = said(w, key, "zh");
      expect(english.trim(), key).not.toBe("");
      expect(chinese.trim(), key).not.toBe("");
      // A text that was forgotten would be the same in both.
      if (/[a-z]{4}/.test(english)) expect(chinese, key).not.toBe(english);
      expect(english, key).not.toMatch(/\p{Script=Han}/u);
    }
  });
});

test("the first language that is known wins", () => {
  expect(negotiate(["fr-FR", "zh-TW", "en"])).toBe("zh");
  expect(negotiate(["en-GB", "zh"])).toBe("en");
  expect(negotiate(["fr"])).toBe("en");
  expect(negotiate([])).toBe("en");
});

test("one is not two, where the language knows the difference", () => {
  prefer({ language: "en" });
  expect(plural(1, { one: "# message", other: "# messages" })).toBe("1 message");
  expect(plural(2, { one: "# message", other: "# messages" })).toBe("2 messages");
  prefer({ language: "zh" });
  expect(plural(1, { other: "# 条" })).toBe("1 条");
});

test("times and dates are as short as the region has them", () => {
  prefer({ language: "en" });
  const evening = new Date(2026, 4, 3, 19, 3).getTime();
  const later = new Date(2026, 6, 3, 19, 3).getTime();
  expect(formatTime(evening)).toMatch(/^(7:03\sPM|19:03)$/u);
  expect(formatShort(evening, later)).toMatch(/^(May 3|3 May)$/);
  expect(formatDay(evening, later).length).toBeLessThanOrEqual(12);
  prefer({ language: "zh" });
  expect(formatTime(evening)).toBe("19:03");
  expect(formatShort(evening, later)).toBe("5月3日");
});

test("days count by the calendar, not by 24 hours", () => {
  prefer({ language: "en" });
  const now = new Date(2026, 4, 3, 0, 30).getTime();
  const lateYesterday = new Date(2026, 4, 2, 23, 50).getTime();
  expect(formatDay(lateYesterday, now)).toBe("Yesterday");
  expect(formatDay(now, now)).toBe("Today");
  expect(formatShort(now, now)).toMatch(/30/);
  expect(formatDay(new Date(2024, 0, 5).getTime(), now)).toContain("2024");
});
