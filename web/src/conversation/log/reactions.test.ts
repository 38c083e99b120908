import { expect, test } from "vitest";
import type { MessageReactions } from "@hongyan/client";
import { Reactions } from "./reactions.ts";

const state = (seq: number, number: number, count: number): MessageReactions => ({ seq, number, reactions: [{ value: "👍", count }] });

test("of what is read and what is told, the newer stays", async () => {
  let answer: (read: MessageReactions[]) => void = () => {};
  const reactions = new Reactions({ reactions: () => new Promise((resolve) => (answer = resolve)) }, () => 1);
  const reading = reactions.load(1, 9);
  reactions.put([state(1, 5, 3), state(2, 1, 1)]);
  answer([state(1, 4, 9), state(2, 2, 2), state(3, 3, 3)]);
  await reading;
  expect([1, 2, 3, 4].map((seq) => reactions.of(seq)[0]?.count)).toEqual([3, 2, 3, undefined]);
  // What the user sets has the number of the state before it.
  reactions.put([state(1, 5, 4)]);
  expect(reactions.of(1)[0]?.count).toBe(4);
});

test("what cannot be read keeps no message from showing", async () => {
  const reactions = new Reactions({ reactions: () => Promise.reject(new Error("gone")) }, () => 1);
  await expect(reactions.load(1, 9)).resolves.toBeUndefined();
  expect(reactions.of(1)).toEqual([]);
});

test("far from the window nothing is remembered", async () => {
  const reactions = new Reactions({ reactions: (_conv, { from, to }) => Promise.resolve([state(from, 1, 1), state(to, 1, 1)]) }, () => 1);
  for (let from = 1; from < 200_000; from += 100) await reactions.load(from, from + 99);
  expect(reactions.of(1)).toEqual([]);
  expect(reactions.of(200_000)[0]?.count).toBe(1);
});
