import { expect, test } from "vitest";
import { breakTimes, connectionLog, note } from "./connections.ts";
import { noteInteraction, slowness } from "./longtasks.ts";
import { createRing, summary } from "./ring.ts";

test("a ring keeps the last few", () => {
  const ring = createRing<number>(3);
  for (const value of [1, 2, 3, 4]) ring.add(value);
  expect(ring.all()).toEqual([2, 3, 4]);
});

test("a summary is the middle and the most", () => {
  expect(summary([])).toBeNull();
  expect(summary([30, 10, 20])).toEqual({ median: 20, most: 30, count: 3 });
});

test("a break lasts from the first failure to being online, over every attempt between", () => {
  note({ kind: "online", caughtUp: true }, 0);
  const waiting = (attempt: number) => ({ kind: "waiting", reason: { kind: "broken" }, attempt, retryAt: 0, networkDown: false }) as const;
  note(waiting(1), 1000);
  note({ kind: "connecting", attempt: 1 }, 1500);
  note(waiting(2), 2000);
  note({ kind: "online", caughtUp: false }, 4000);
  expect(breakTimes()).toEqual([3000]);
  expect(connectionLog().at(-1)?.text).toBe("online");
});

test("the events of one interaction count as its slowest", () => {
  noteInteraction(1, 48);
  noteInteraction(1, 120);
  noteInteraction(2, 64);
  expect(slowness()).toMatchObject({ inp: 120, interactions: 2 });
});
