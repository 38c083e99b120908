import { afterEach, beforeEach, expect, test, vi } from "vitest";

let batchByFrame: typeof import("./batch.ts").batchByFrame;
let giveWay: typeof import("./batch.ts").giveWay;
let holdWhilePressed: typeof import("./batch.ts").holdWhilePressed;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  // Nothing was handed over before.
  vi.resetModules();
  ({ batchByFrame, giveWay, holdWhilePressed } = await import("./batch.ts"));
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

test("what the user asks for goes first, but nothing waits for ever", () => {
  const flushed: number[][] = [];
  const batch = batchByFrame<number>((keys) => flushed.push([...keys]));
  batch.mark(1);
  giveWay();
  vi.advanceTimersByTime(90);
  expect(flushed).toEqual([]);
  vi.advanceTimersByTime(20);
  expect(flushed).toEqual([[1]]);

  giveWay();
  batch.mark(2);
  vi.advanceTimersByTime(90);
  expect(flushed).toHaveLength(1);
  // A key that is held down.
  for (let ms = 0; ms < 700; ms += 30) {
    giveWay();
    vi.advanceTimersByTime(30);
  }
  expect(flushed).toEqual([[1], [2]]);
});

test("nothing moves between a press and its click, but for one that takes too long", () => {
  const page = new EventTarget();
  holdWhilePressed(page);
  const flushed: number[][] = [];
  const batch = batchByFrame<number>((keys) => flushed.push([...keys]));
  for (const end of ["pointerup", "pointercancel"]) {
    flushed.length = 0;
    page.dispatchEvent(new Event("pointerdown"));
    batch.mark(1);
    vi.advanceTimersByTime(400);
    batch.mark(2);
    page.dispatchEvent(new Event(end));
    expect(flushed).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(flushed).toEqual([[1, 2]]);
  }

  page.dispatchEvent(new Event("pointerdown"));
  batch.mark(3);
  vi.advanceTimersByTime(1100);
  expect(flushed).toEqual([[1, 2], [3]]);
  vi.advanceTimersByTime(5000);
  batch.mark(4);
  vi.advanceTimersByTime(200);
  expect(flushed).toEqual([[1, 2], [3], [4]]);
});
