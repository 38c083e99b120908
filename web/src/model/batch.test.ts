import { afterEach, beforeEach, expect, test, vi } from "vitest";

let batchByFrame: typeof import("./batch.ts").batchByFrame;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  // Nothing was handed over before.
  vi.resetModules();
  ({ batchByFrame } = await import("./batch.ts"));
});
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

test("all are handed theirs at the same time, in the order of making", () => {
  const order: string[] = [];
  const list = batchByFrame<number>((keys) => order.push(`list ${[...keys].join()}`));
  const view = batchByFrame<number>((keys) => order.push(`view ${[...keys].join()}`));
  list.mark(1);
  vi.advanceTimersByTime(1);
  view.mark(2);
  vi.advanceTimersByTime(50);
  list.mark(2);
  vi.advanceTimersByTime(60);
  expect(order).toEqual(["list 1", "list 2", "view 2"]);
});

test("who has stopped is handed nothing more", () => {
  const flushed: number[][] = [];
  const batch = batchByFrame<number>((keys) => flushed.push([...keys]));
  batch.mark(1);
  batch.stop();
  vi.advanceTimersByTime(1000);
  expect(flushed).toEqual([]);
});
