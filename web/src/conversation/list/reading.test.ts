import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LOOK_MS, Reading } from "./reading.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(): { reading: Reading; state: { inSight: number | null; read: number }; told: number[] } {
  const state = { inSight: 5 as number | null, read: 0 };
  const told: number[] = [];
  const reading = new Reading({
    inSight: () => state.inSight,
    read: () => state.read,
    tell(seq) {
      told.push(seq);
      state.read = seq;
    },
  });
  return { reading, state, told };
}

test("what stood in sight for a while was read", () => {
  const { reading, told } = setUp();
  reading.look();
  vi.advanceTimersByTime(LOOK_MS - 1);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([5]);
});

test("what came into sight later takes its own time", () => {
  const { reading, state, told } = setUp();
  reading.look();
  vi.advanceTimersByTime(LOOK_MS - 50);
  state.inSight = 9;
  reading.look();
  vi.advanceTimersByTime(50);
  expect(told).toEqual([5]);
  vi.advanceTimersByTime(LOOK_MS);
  expect(told).toEqual([5, 9]);
});

test("what went out of sight too soon was not read", () => {
  const { reading, state, told } = setUp();
  state.inSight = 9;
  reading.look();
  vi.advanceTimersByTime(100);
  state.inSight = 3;
  reading.look();
  vi.advanceTimersByTime(LOOK_MS);
  expect(told).toEqual([3]);
});

test("nothing is read while nobody looks", () => {
  const { reading, state, told } = setUp();
  reading.look();
  state.inSight = null;
  reading.look();
  vi.advanceTimersByTime(LOOK_MS * 4);
  expect(told).toEqual([]);
});

test("what was read already is not told again", () => {
  const { reading, state, told } = setUp();
  state.read = 7;
  reading.look();
  vi.advanceTimersByTime(LOOK_MS * 4);
  expect([told, vi.getTimerCount()]).toEqual([[], 0]);
});
