import { createEffect, createRoot, createSignal } from "solid-js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { clock, createCountdown } from "./countdown.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

test("it ticks by seconds near the moment, not before, and ends at it", () => {
  const told: number[] = [];
  const [until, setUntil] = createSignal(1_000_000 + 10_500);
  const end = createRoot((dispose) => {
    const left = createCountdown(until, 3_000);
    createEffect(() => told.push(left()));
    return dispose;
  });
  vi.advanceTimersByTime(20_000);
  expect(told.filter((ms, at) => at === 0 || ms !== told[at - 1])).toEqual([10_500, 3_000, 2_000, 1_000, 0]);
  expect(vi.getTimerCount()).toBe(0);
  setUntil(Number.MAX_SAFE_INTEGER);
  expect(vi.getTimerCount()).toBe(1);
  end();
  expect(vi.getTimerCount()).toBe(0);
});

test("a time that is left is as short as can be", () => {
  expect([1, 7_000, 60_000, 750_000, 3_723_000].map(clock)).toEqual(["0:01", "0:07", "1:00", "12:30", "1:02:03"]);
});
