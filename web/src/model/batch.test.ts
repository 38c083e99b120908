import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { batchByFrame } from "./batch.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

test("what comes alone is handed over at once, a burst a few times a second, each key once", () => {
  const flushed: number[][] = [];
  const batch = batchByFrame<number>((keys) => flushed.push([...keys]));
  batch.mark(1);
  vi.advanceTimersByTime(1);
  expect(flushed).toEqual([[1]]);
  for (let ms = 0; ms < 1000; ms += 10) {
    batch.mark(ms % 20);
    vi.advanceTimersByTime(10);
  }
  expect(flushed.length).toBeLessThan(12);
  expect(flushed.at(-1)).toHaveLength(2);
  vi.advanceTimersByTime(1000);
  const before = flushed.length;
  batch.mark(7);
  vi.advanceTimersByTime(1);
  expect(flushed.slice(before)).toEqual([[7]]);
});

test("what cannot wait is handed over now, and once", () => {
  const flushed: number[][] = [];
  const batch = batchByFrame<number>((keys) => flushed.push([...keys]));
  batch.mark(1);
  batch.now();
  batch.mark(2);
  batch.now();
  vi.advanceTimersByTime(1000);
  expect(flushed).toEqual([[1], [2]]);
});
