import { expect, test } from "vitest";
import type { Conversation, GroupView } from "@hongyan/client";
import { MadeUp, ME, message } from "../log/testing.ts";
import { freeAt } from "./slow.ts";

const group = (more: Partial<GroupView>): Conversation =>
  ({ ...new MadeUp([]).facts(), kind: "group", group: { name: "G", post: "all", invite: "all", role: "member", ...more } });

test("members wait for as long as the group says, after their own last message", () => {
  const messages = [message(1, { from: ME }), message(2, { from: ME }), message(3)];
  expect(freeAt(group({ slow_s: 30 }), messages, ME)).toBe(2_000 + 30_000);
  expect(freeAt(group({}), messages, ME)).toBe(0);
  expect(freeAt(group({ slow_s: 30, role: "admin" }), messages, ME)).toBe(0);
  expect(freeAt(group({ slow_s: 30 }), [message(3)], ME)).toBe(0);
  expect(freeAt(null, messages, ME)).toBe(0);
});
