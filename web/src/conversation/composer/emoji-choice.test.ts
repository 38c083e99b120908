import { beforeEach, expect, test, vi } from "vitest";
import { COLUMNS, groupsOf, nextOption } from "./emoji-choice.ts";
import { EMOJI } from "./emoji-names.ts";
import { quickReactions, remember } from "./emoji-recent.ts";

const all = (query: string, language: "en" | "zh" = "en") => groupsOf(query, language).flatMap((group) => group.choices);

beforeEach(() => {
  const values = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => values.get(key) ?? null, setItem: (key: string, value: string) => values.set(key, value),
    removeItem: (key: string) => values.delete(key),
  });
});

test("found by name in either language, and named in one's own", () => {
  expect(all("goose")[0]).toEqual({ emoji: "🪿", name: "goose" });
  expect(all("GOOSE", "zh")[0]!.name).toMatch(/\p{Script=Han}/u);
  expect(all("笑哭")[0]!.emoji).toBe("😂");
  expect(all("no such thing")).toEqual([]);
});

test("names that begin with it come first", () => {
  const names = all("heart").map(({ name }) => name);
  expect(names[0]).toMatch(/^heart/);
  expect(names.length).toBeGreaterThan(2);
});

test("what was used last stands first, once, and a few rows of it", () => {
  expect(groupsOf("", "en").map((group) => group.name)).toEqual(["allEmoji"]);
  for (const { emoji } of all("").slice(0, 20)) remember(emoji, "emoji");
  remember("🪿", "emoji");
  remember("🪿", "emoji");
  const [recent, rest] = groupsOf("", "en");
  expect(recent!.choices.slice(0, 2).map(({ emoji }) => emoji).filter((emoji) => emoji === "🪿")).toHaveLength(1);
  expect([recent!.choices.length, recent!.choices[0]!.emoji, rest!.from]).toEqual([16, "🪿", 16]);
  expect(groupsOf("goose", "en").map((group) => group.name)).toEqual(["allEmoji"]);
});

test("arrows move within what there is", () => {
  expect(nextOption("ArrowRight", 0, 20)).toBe(1);
  expect(nextOption("ArrowLeft", 0, 20)).toBe(0);
  expect(nextOption("ArrowDown", 1, 20)).toBe(1 + COLUMNS);
  expect(nextOption("ArrowDown", 18, 20)).toBe(19);
  expect(nextOption("a", 0, 20)).toBeNull();
  expect(nextOption("ArrowDown", 0, 0)).toBeNull();
});

test("all are in the form that the server takes as a reaction", () => {
  const taken = new RegExp("^\\p{RGI_Emoji}$", "v");
  for (const [emoji] of [...EMOJI, ...quickReactions().map((one) => [one] as const)]) expect(emoji).toMatch(taken);
});

test("what one reacts with is offered first the next time, a few at a time", () => {
  expect(quickReactions()[0]).toBe("👍");
  remember("🪿", "reactions");
  expect(quickReactions().slice(0, 2)).toEqual(["🪿", "👍"]);
  expect(quickReactions()).toHaveLength(6);
  expect(groupsOf("", "en")[0]!.name).toBe("allEmoji");
});
