import { describe, expect, test } from "vitest";
import { edit, message, messages, recall } from "./testing.ts";
import { emptyWindow, messageAt, trimmed, trimmedAround, withNewer, withOlder } from "./window.ts";
import type { LogWindow } from "./window.ts";

const seqs = (window: LogWindow): number[] => window.messages.map((one) => one.seq);

describe("a window grows only by what joins on", () => {
  const window = withNewer(emptyWindow(10), messages(11, 13));

  test("newer", () => {
    expect(seqs(withNewer(window, messages(13, 15)))).toEqual([11, 12, 13, 14, 15]);
    expect(withNewer(window, messages(15, 16))).toBe(window);
    expect(withNewer(window, [])).toBe(window);
  });

  test("older", () => {
    expect(seqs(withOlder(window, messages(8, 11)))).toEqual([8, 9, 10, 11, 12, 13]);
    expect(withOlder(window, messages(5, 9))).toBe(window);
  });

  test("edits and recalls have no rows, but count", () => {
    const next = withNewer(window, [edit(14, 11, "new"), message(15)]);
    expect([next.last, seqs(next)]).toEqual([15, [11, 12, 13, 15]]);
    expect(messageAt(next, 11)?.body?.text).toBe("new");
  });

  test("a change far ahead still changes its target", () => {
    const next = withNewer(window, [recall(99, 12)]);
    expect([next.last, messageAt(next, 12)?.recalled_by]).toEqual([13, 99]);
  });

  test("a message and its edit in one batch", () => {
    const next = withNewer(window, [message(14), edit(15, 14, "better")]);
    expect(messageAt(next, 14)?.body?.text).toBe("better");
  });
});

test("trimming keeps one end, and the seqs say where it ends now", () => {
  const window = withNewer(emptyWindow(0), [...messages(1, 4), edit(5, 1, "x"), message(6)]);
  const older = trimmed(window, 2, "older");
  expect([older.first, older.last, seqs(older)]).toEqual([4, 6, [4, 6]]);
  const newer = trimmed(window, 2, "newer");
  expect([newer.first, newer.last, seqs(newer)]).toEqual([1, 2, [1, 2]]);
  expect(seqs(withNewer(newer, messages(3, 4)))).toEqual([1, 2, 3, 4]);
  expect(trimmed(window, 5, "older")).toBe(window);
});

test("trimming around a message keeps as much on both sides as there is", () => {
  const window = withNewer(emptyWindow(0), messages(1, 20));
  const around = (seq: number) => seqs(trimmedAround(window, (one) => one.seq === seq, 6));
  expect(around(10)).toEqual([8, 9, 10, 11, 12, 13]);
  expect(around(1)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(around(20)).toEqual([18, 19, 20]);
  expect(trimmedAround(window, () => false, 6)).toBe(window);
});
