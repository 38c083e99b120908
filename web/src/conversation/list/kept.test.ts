import { afterAll, expect, test } from "vitest";
import { prefer } from "../../model/preferences.ts";
import { keptText } from "./kept.ts";

const group = { name: "g", post: "all", invite: "all", role: "member" } as const;

afterAll(() => prefer({ language: "auto" }));

test.each([
  ["there is more above", { gone: 3, since: 4 }, 9, null, null],
  ["all is kept", {}, 1, null, null],
  ["the reader came later", { gone: 3, since: 8 }, 8, null, null],
  ["it is the server's setting", { gone: 3, since: 4, group }, 4, "Earlier messages are not kept", "更早的消息已不再保留"],
  ["a group's days", { gone: 3, since: 4, group: { ...group, keep_days: 30 } }, 4, "This group keeps messages for 30 days. Earlier ones are gone", "本群的消息只保留 30 天，更早的已删除"],
  ["a group's number", { gone: 3, since: 4, group: { ...group, keep_entries: 1 } }, 1, "This group keeps its last message. Earlier ones are gone", "本群只保留最近 1 条消息，更早的已删除"],
])("%s", (_, conversation, first, english, chinese) => {
  prefer({ language: "en" });
  expect(keptText(conversation, first)).toBe(english);
  prefer({ language: "zh" });
  expect(keptText(conversation, first)).toBe(chinese);
});
