import { expect, test } from "vitest";
import type { Conversation } from "@hongyan/client";
import { createMentionJumps } from "./mention-jumps.ts";

test("a press leads to the next mention, read or not yet, and around the end", async () => {
  let unread = [3, 8, 20];
  const went: number[] = [];
  const facts = () => ({ conv: 1, ...(unread.length > 0 && { mentions: unread.length }) }) as Conversation;
  const jumps = createMentionJumps({ unreadMentions: () => Promise.resolve(unread) }, facts, (seq) => went.push(seq));
  await jumps.next();
  await jumps.next();
  unread = [8, 20, 25];
  await jumps.next();
  await jumps.next();
  await jumps.next();
  expect([went, jumps.count()]).toEqual([[3, 8, 20, 25, 8], 3]);
  unread = [];
  expect([await jumps.next(), jumps.count()]).toEqual([false, 0]);
});
