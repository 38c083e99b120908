import { expect, test } from "vitest";
import type { Key } from "./shortcuts.ts";
import { typingOf } from "./typing.ts";

const MESSAGE = { isField: false, isShortBox: false, isInLog: true };
const ROW = { isField: false, isShortBox: false, isInLog: false };
const SEARCH = { isField: true, isShortBox: false, isInLog: false };
const BOX = { isField: true, isShortBox: true, isInLog: false };

function press(key: string, at = MESSAGE, more: Partial<Key> = {}, hasAltGraph = false): string | null {
  const plain = { code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, keyCode: 0, defaultPrevented: false };
  return typingOf({ ...plain, key, ...more }, at, hasAltGraph, false);
}

test("what is typed at a message is written", () => {
  for (const key of ["a", "Z", "7", "?", "é", "好", "😀"]) expect(press(key), key).toBe("write");
  expect(press("a", ROW)).toBe("write");
  expect(press("@", MESSAGE, { ctrlKey: true, altKey: true }, true)).toBe("write");
  expect(press("v", MESSAGE, { ctrlKey: true })).toBe("write");
});

test("what has another meaning is left alone", () => {
  for (const key of [" ", "Enter", "Tab", "Escape", "ArrowUp", "Home", "Shift", "Process", "Dead"]) expect(press(key), key).toBeNull();
  for (const chord of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }]) expect(press("c", MESSAGE, chord)).toBeNull();
  expect(press("a", SEARCH)).toBeNull();
  expect(press("v", SEARCH, { ctrlKey: true })).toBeNull();
  expect(press("a", MESSAGE, { defaultPrevented: true })).toBeNull();
  expect(press("a", MESSAGE, { isComposing: true })).toBeNull();
});

test("pages are turned from the box and from beside the log, where nothing else turns them", () => {
  expect([press("PageUp", BOX), press("PageDown", ROW)]).toEqual(["pageUp", "pageDown"]);
  expect([press("PageUp", SEARCH), press("PageUp", MESSAGE), press("PageUp", BOX, { shiftKey: true })]).toEqual([null, null, null]);
});
