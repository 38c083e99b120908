import { expect, test } from "vitest";
import { entryAt, keptAround, newerPage, olderPage } from "./pages.ts";
import { MadeUp, messages } from "./testing.ts";

const seqs = (page: { seq: number }[]): number[] => page.map((entry) => entry.seq);

test("pages come from the device where it has them, else from the server", async () => {
  const source = new MadeUp(messages(1, 100), 50);
  expect(seqs(await olderPage(source, 1, 60, 5))).toEqual([55, 56, 57, 58, 59]);
  expect(seqs(await newerPage(source, 1, 60, 3))).toEqual([61, 62, 63]);
  expect(source.asked).toBe(0);
  expect(seqs(await olderPage(source, 1, 50, 3))).toEqual([47, 48, 49]);
  expect(seqs(await newerPage(source, 1, 20, 2))).toEqual([21, 22]);
  expect(source.asked).toBe(2);
});

test("a page that reaches over the edge of what is kept ends there", async () => {
  const source = new MadeUp(messages(1, 100), 50);
  expect(seqs(await olderPage(source, 1, 53, 10))).toEqual([50, 51, 52]);
});

test("a hole in what is kept ends a page", async () => {
  const source = new MadeUp(messages(1, 20).filter((entry) => entry.seq !== 10));
  expect(seqs(await olderPage(source, 1, 15, 10))).toEqual([11, 12, 13, 14]);
  expect(seqs(await newerPage(source, 1, 5, 10))).toEqual([6, 7, 8, 9]);
});

test("what stands around an entry is one stretch, if all of it is kept", async () => {
  const source = new MadeUp(messages(1, 100), 50);
  const around = async (seq: number, held = 100) => seqs((await keptAround(source, 1, seq, 3, held)) ?? []);
  expect(await around(60)).toEqual([58, 59, 60, 61, 62, 63]);
  expect(await around(99)).toEqual([97, 98, 99, 100]);
  expect(await around(51), "it begins before what is kept").toEqual([]);
  expect(await around(99, 101), "more should be kept").toEqual([]);
  const whole = new MadeUp(messages(1, 9));
  expect(seqs((await keptAround(whole, 1, 1, 3, 9)) ?? [])).toEqual([1, 2, 3, 4]);
  const holed = new MadeUp(messages(1, 20).filter((entry) => entry.seq !== 10));
  expect(await keptAround(holed, 1, 9, 3, 20)).toBeNull();
  expect([source, whole, holed].map(({ asked }) => asked)).toEqual([0, 0, 0]);
});

test("there is nothing before the first entry, and nobody is asked", async () => {
  const source = new MadeUp([]);
  expect(await olderPage(source, 1, 1, 10)).toEqual([]);
  expect(source.asked).toBe(0);
});

test("one entry, or none", async () => {
  const source = new MadeUp(messages(1, 9), 5);
  expect((await entryAt(source, 1, 7))?.seq).toBe(7);
  expect((await entryAt(source, 1, 3))?.seq).toBe(3);
  expect(await entryAt(source, 1, 12)).toBeNull();
});
