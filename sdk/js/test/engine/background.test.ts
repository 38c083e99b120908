/** A page that nobody looks at: its timers run once a minute, and its connection lives on all the same. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Line, online, stopTime, throttle } from "./line.ts";

const MINUTE = 60_000;

beforeEach(stopTime);
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("pings come in time although timers do not", async () => {
  const engine = await online();
  engine.setVisible(false);
  throttle(Date.now() + 5 * MINUTE);
  await vi.advanceTimersByTimeAsync(3 * 60 * MINUTE);
  expect(Line.opened).toHaveLength(1);
  expect(engine.connection).toEqual({ kind: "online", caughtUp: true });
  const [line] = Line.opened;
  expect(line?.worst).toBeLessThan(1);
  expect(line?.interval).toBe(5 * MINUTE);
  // Rarely all the same: about one for each interval, not one for each minute.
  expect(line?.pings).toBeLessThan(80);
  await engine.close();
});

test("a page that is looked at again asks at once whether the connection lives", async () => {
  const engine = await online();
  engine.setVisible(false);
  await vi.advanceTimersByTimeAsync(60 * MINUTE);
  const [line] = Line.opened;
  const before = line?.pings ?? 0;
  engine.setVisible(true);
  await vi.advanceTimersByTimeAsync(10);
  expect(line?.pings).toBe(before + 1);
  // And one that stays silent is given up within two seconds.
  line!.send = () => {};
  engine.wake();
  await vi.advanceTimersByTimeAsync(1_900);
  expect(Line.opened).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(Line.opened).toHaveLength(2);
  await engine.close();
});
