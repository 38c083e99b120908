import { describe, expect, test } from "vitest";
import { EnterGuard, GUARD_MS } from "./ime.ts";
import type { KeyFacts } from "./ime.ts";

const enter = (timeStamp: number, more: Partial<KeyFacts> = {}): KeyFacts => ({
  key: "Enter", keyCode: 13, isComposing: false, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, timeStamp, ...more,
});

test("plain Enter sends, Shift+Enter does not", () => {
  const guard = new EnterGuard();
  expect(guard.sends(enter(0), true)).toBe(true);
  expect(guard.sends(enter(1, { shiftKey: true }), true)).toBe(false);
  expect(guard.sends(enter(1, { key: "a", keyCode: 65 }), true)).toBe(false);
});

test("on a phone Enter is a new line, and Ctrl or Cmd with it sends", () => {
  const guard = new EnterGuard();
  expect(guard.sends(enter(0), false)).toBe(false);
  expect(guard.sends(enter(1, { ctrlKey: true }), false)).toBe(true);
  expect(guard.sends(enter(2, { metaKey: true }), false)).toBe(true);
});

describe("the Enter that ends a composition does not send, the next one does", () => {
  test("Chromium and Firefox: keydown, then the end", () => {
    const guard = new EnterGuard();
    guard.compositionStart();
    expect(guard.sends(enter(100, { isComposing: true, keyCode: 229 }), true)).toBe(false);
    guard.compositionEnd(101);
    expect(guard.sends(enter(300), true)).toBe(true);
  });

  test("Firefox without the flag on the event", () => {
    const guard = new EnterGuard();
    guard.compositionStart();
    expect(guard.sends(enter(100), true)).toBe(false);
  });

  test("Safari: the end, then keydown 229", () => {
    const guard = new EnterGuard();
    guard.compositionStart();
    guard.compositionEnd(100);
    expect(guard.sends(enter(101, { keyCode: 229 }), true)).toBe(false);
    expect(guard.sends(enter(300), true)).toBe(true);
  });

  test("Safari with an input method that says 13: the guard", () => {
    const guard = new EnterGuard();
    guard.compositionStart();
    guard.compositionEnd(100);
    expect(guard.sends(enter(102), true)).toBe(false);
    expect(guard.sends(enter(100 + GUARD_MS), true)).toBe(true);
  });

  test("a composition ended by a click: Enter after it sends", () => {
    const guard = new EnterGuard();
    guard.compositionStart();
    guard.compositionEnd(100);
    expect(guard.sends(enter(500), true)).toBe(true);
  });
});
