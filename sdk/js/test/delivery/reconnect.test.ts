import { expect, test } from "vitest";
import { Reconnect, isTerminal } from "../../src/delivery/reconnect.ts";

const ALMOST_ONE = 1 - Number.EPSILON / 2;

function lost(reconnect: Reconnect, now: number) {
  return reconnect.lost(null, ALMOST_ONE, now);
}

test("waits double up to the cap and start anew after a stable connection", () => {
  const reconnect = new Reconnect();
  for (const ceiling of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    reconnect.attempt(0);
    expect(lost(reconnect, 0)).toEqual({ at: ceiling - 1 });
  }
  reconnect.attempt(0);
  reconnect.welcomed(100);
  expect(lost(reconnect, 10_099), "gone before it was stable").toEqual({ at: 10_099 + 29_999 });
  reconnect.attempt(50_000);
  reconnect.welcomed(50_000);
  expect(lost(reconnect, 60_000)).toEqual({ at: 60_499 });
});

test("a terminal code ends it, any other number does not", () => {
  expect(new Reconnect().lost(4004, 0, 0)).toEqual({ never: 4004 });
  expect(isTerminal(4099)).toBe(true);
  for (const code of [1006, 3999, 4100, 4999]) expect(new Reconnect().lost(code, 0, 7)).toEqual({ at: 7 });
});

test("a goodbye says when to come back, within reason", () => {
  const reconnect = new Reconnect();
  reconnect.attempt(0);
  reconnect.bye(3000);
  expect(lost(reconnect, 100)).toEqual({ at: 3100 });
  reconnect.attempt(3100);
  reconnect.bye(Number.MAX_SAFE_INTEGER);
  expect(lost(reconnect, 4000)).toEqual({ at: 4000 + 5 * 60_000 });
});

test("a wake-up cuts the wait short, but does not hammer", () => {
  const reconnect = new Reconnect();
  for (let n = 0; n < 5; n++) {
    reconnect.attempt(0);
    lost(reconnect, 0);
  }
  expect(reconnect.wake(100)).toEqual({ at: 500 });
  expect(reconnect.wake(900)).toEqual({ at: 500 });
  reconnect.attempt(900);
  expect(reconnect.wake(901), "the attempt is under way").toBeNull();
});
