/** Who is writing, as time passes. */
import { expect, test } from "vitest";
import { Typing } from "../../src/delivery/typing.ts";

const [CONV, ME] = [7, 1];

test("who writes is shown until it is old, or until the message came, and oneself never", () => {
  const typing = new Typing();
  expect(typing.push({ conv: CONV, users: [ME, 2, 3], others: 4 }, ME, 0)).toEqual({ conv: CONV, users: [2, 3], others: 4 });
  expect(typing.message(CONV, 9)).toBeNull();
  expect(typing.message(CONV, 2)).toEqual({ conv: CONV, users: [3], others: 4 });
  expect(typing.nextDeadline()).toBe(6_000);
  expect(typing.tick(5_999)).toEqual([]);
  expect(typing.tick(6_000)).toEqual([{ conv: CONV, users: [], others: 0 }]);
  expect(typing.nextDeadline()).toBeNull();
  typing.push({ conv: CONV, users: [2] }, ME, 7_000);
  expect(typing.message(CONV, 2)).toEqual({ conv: CONV, users: [], others: 0 });
  typing.push({ conv: CONV, users: [2] }, ME, 8_000);
  expect(typing.push({ conv: CONV, users: [] }, ME, 8_100)).toEqual({ conv: CONV, users: [], others: 0 });
  expect(typing.push({ conv: CONV, users: [ME] }, ME, 8_200)).toBeNull();
});

test("one's own writing is told at once, and then every few seconds", () => {
  const typing = new Typing();
  const told = [0, 1, 2_999, 3_000, 3_001].map((now) => typing.write(CONV, now));
  expect(told).toEqual([true, false, false, true, false]);
  typing.sent(CONV);
  expect(typing.write(CONV, 3_002)).toBe(true);
  expect(typing.write(8, 3_003)).toBe(true);
});

test("what is shown is bounded", () => {
  const typing = new Typing();
  for (let conv = 1; conv <= 1000; conv += 1) typing.push({ conv, users: [2] }, ME, 0);
  expect(typing.clear().length).toBe(64);
});
