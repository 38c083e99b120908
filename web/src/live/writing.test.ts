import { afterAll, expect, test } from "vitest";
import { prefer } from "../model/preferences.ts";
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
