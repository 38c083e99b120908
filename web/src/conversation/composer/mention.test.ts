import { expect, test } from "vitest";
import { mentionAt, mentionsIn } from "./mention.ts";

const query = (text: string, chosen: { user: number; name: string }[] = []) => mentionAt(text, text.length, chosen)?.query ?? null;

test.each([
  ["@", ""], ["hello @zs", "zs"], ["你好@张", "张"], ["（@zs", "zs"], ["line\n@li", "li"], ["@ann we", "ann we"], ["＠zs", "zs"],
])("a name is being written in %j", (text, expected) => {
  expect(query(text)).toBe(expected);
});

test.each([["me@example"], ["a@"], ["@ "], ["@zs "], ["@ann we go"], ["meet @ 5"], ["@a\nb"], ["no"]])("none is in %j", (text) => {
  expect(query(text)).toBeNull();
});

test("a mention that was chosen is not offered again, and a longer one is", () => {
  const chosen = [{ user: 1, name: "Ann Weber" }, { user: 2, name: "张三" }];
  expect([query("@Ann Weber", chosen), query("@张三 你", chosen), query("@Ann Webers", chosen)]).toEqual([null, null, "Ann Webers"]);
});

test("only whom the text still names is mentioned", () => {
  const chosen = [{ user: 1, name: "Ann" }, { user: 2, name: "张三" }, { user: 2, name: "张三" }, { user: 3, name: "Bob" }];
  expect(mentionsIn("@Anna and @张三你好", chosen, 64)).toEqual([2]);
  expect(mentionsIn("@Ann, @张三", chosen, 64)).toEqual([1, 2]);
  expect(mentionsIn("@Ann和@张三", chosen, 1)).toEqual([1]);
});
