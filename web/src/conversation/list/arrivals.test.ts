import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Arrivals, PAUSE_MS } from "./arrivals.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("one message is read as it is, a burst as a number", () => {
  const said: string[] = [];
  const arrivals = new Arrivals({ say: (text) => said.push(text), many: (count) => `${count} new` });
  arrivals.arrived("Ann: hello");
  expect(said).toEqual(["Ann: hello"]);
  for (let count = 0; count < 50; count += 1) arrivals.arrived(`Ann: ${count}`);
  expect(said).toHaveLength(1);
  vi.advanceTimersByTime(PAUSE_MS);
  expect(said.slice(1)).toEqual(["50 new"]);
  vi.advanceTimersByTime(PAUSE_MS * 3);
  expect([said.length, vi.getTimerCount()]).toEqual([2, 0]);
});
