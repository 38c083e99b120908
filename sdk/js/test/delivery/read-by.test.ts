/** Which messages the server is asked about, and when. */
import { expect, test } from "vitest";
import { ReadBy } from "../../src/delivery/read-by.ts";

const CONV = 7;

test("it is asked once the conversation is looked at, again where others show, and not while one scrolls", () => {
  const readBy = new ReadBy();
  readBy.show(CONV, [3, 1, 3]);
  expect([readBy.next(0), readBy.nextDeadline()]).toEqual([null, null]);
  readBy.watching(8);
  expect(readBy.next(0)).toBeNull();
  readBy.watching(CONV);
  expect(readBy.next(0)).toEqual({ conv: CONV, seqs: [1, 3] });
  expect([readBy.next(1_000), readBy.nextDeadline()]).toEqual([null, null]);
  readBy.show(CONV, [1, 3]);
  expect(readBy.nextDeadline()).toBeNull();
  readBy.show(CONV, [3, 4]);
  expect([readBy.nextDeadline(), readBy.next(399)]).toEqual([400, null]);
  expect(readBy.next(400)).toEqual({ conv: CONV, seqs: [3, 4] });
  // Nothing shows any more: that is said once.
  readBy.show(CONV, []);
  expect(readBy.next(800)).toEqual({ conv: CONV, seqs: [] });
  expect([readBy.next(1_200), readBy.nextDeadline()]).toEqual([null, null]);
});

test("a new connection, and a server that was busy, are asked again; one that does not let ask is not", () => {
  const readBy = new ReadBy();
  readBy.show(CONV, [1]);
  readBy.watching(CONV);
  expect(readBy.next(0)).not.toBeNull();
  readBy.failed();
  expect([readBy.next(100), readBy.next(400)]).toEqual([null, { conv: CONV, seqs: [1] }]);
  readBy.watching(null);
  expect([readBy.next(9_000), readBy.nextDeadline()]).toEqual([null, null]);
  readBy.watching(CONV);
  expect(readBy.next(9_000)).toEqual({ conv: CONV, seqs: [1] });
});

test("of many the newest are asked about", () => {
  const readBy = new ReadBy();
  readBy.show(CONV, Array.from({ length: 200 }, (_, at) => at + 1));
  readBy.watching(CONV);
  const seqs = readBy.next(0)?.seqs;
  expect([seqs?.length, seqs?.[0], seqs?.at(-1)]).toEqual([50, 151, 200]);
});
