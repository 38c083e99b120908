import { afterAll, expect, test } from "vitest";
import { prefer } from "../model/preferences.ts";
import { dotOf, onlineText, presenceText } from "./presence.ts";
import { writingText } from "./writing.ts";

const NAMES: Record<number, string> = { 1: "Ann", 2: "李思", 3: "Bob" };
const nameOf = (user: number) => NAMES[user]!;

afterAll(() => prefer({ language: "auto" }));

test.each([
  [[], 0, true, "", ""],
  [[1], 0, false, "writing…", "正在输入…"],
  [[1], 0, true, "Ann is writing…", "Ann 正在输入…"],
  [[1, 2], 0, true, "Ann and 李思 are writing…", "Ann、李思 正在输入…"],
  [[1, 2, 3], 0, true, "3 people are writing…", "3 人正在输入…"],
  [[1, 2, 3], 17, true, "20 people are writing…", "20 人正在输入…"],
])("%j and %i others", (users, others, isGroup, english, chinese) => {
  const said = (language: "en" | "zh") => {
    prefer({ language });
    return writingText({ users, others }, isGroup, nameOf).replace(/[\u2066-\u2069]/g, "");
  };
  expect([said("en"), said("zh")]).toEqual([english, chinese]);
});

test("whether somebody is there", () => {
  prefer({ language: "en" });
  const now = new Date(2026, 4, 3, 12, 0).getTime();
  const text = (state: string, last_seen?: number) => presenceText({ state, ...(last_seen === undefined ? {} : { last_seen }) }, now);
  expect([text("online"), text("away"), text("offline"), text("of_a_later_version")]).toEqual(["online", "away", "", ""]);
  expect(text("offline", new Date(2026, 4, 2, 9).getTime())).toBe("last seen Yesterday");
  expect(presenceText(null, now)).toBe("");
  expect(["online", "away", "offline", "of_a_later_version"].map((state) => dotOf({ state }))).toEqual(["online", "away", null, null]);
  expect([onlineText("3 members", 2), onlineText("3 members", 1)]).toEqual(["3 members, 2 online", "3 members"]);
});
