import { describe, expect, test } from "vitest";
import { commandOf, step } from "./shortcuts.ts";
import type { Key } from "./shortcuts.ts";

const key = (name: string, change: Partial<Key> = {}): Key => ({
  key: name,
  code: "",
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  keyCode: 0,
  defaultPrevented: false,
  ...change,
});

describe("keys", () => {
  test.each([
    [key("k", { ctrlKey: true }), "switcher"],
    [key("K", { ctrlKey: true }), "switcher"],
    [key("/", { ctrlKey: true }), "help"],
    [key("ArrowUp", { altKey: true }), "previous"],
    [key("ArrowDown", { altKey: true }), "next"],
    [key("ArrowUp", { altKey: true, shiftKey: true }), "previousUnread"],
    [key("ArrowDown", { altKey: true, shiftKey: true }), "nextUnread"],
    [key("Escape"), "escape"],
  ])("%o", (pressed, command) => expect(commandOf(pressed, false)).toBe(command));

  test("what is written is not taken", () => {
    for (const pressed of [key("k"), key("/"), key("ArrowUp"), key("k", { altKey: true }), key("ArrowUp", { shiftKey: true })]) {
      expect(commandOf(pressed, false)).toBeNull();
    }
  });

  test("an input method's keys are its own", () => {
    expect(commandOf(key("Escape", { isComposing: true }), false)).toBeNull();
    expect(commandOf(key("Escape", { keyCode: 229 }), false)).toBeNull();
    expect(commandOf(key("k", { ctrlKey: true, isComposing: true }), false)).toBeNull();
  });

  test("a key that something else took is passed over", () => {
    expect(commandOf(key("Escape", { defaultPrevented: true }), false)).toBeNull();
  });

  test("on a Mac it is Command, and Ctrl+K goes on deleting to the end of the line", () => {
    expect(commandOf(key("k", { metaKey: true }), true)).toBe("switcher");
    expect(commandOf(key("k", { ctrlKey: true }), true)).toBeNull();
  });
});

describe("steps", () => {
  const rows = ["a", "b", "c", "d"];

  test("go around the ends", () => {
    expect(step(rows, 1, 1)).toBe("c");
    expect(step(rows, 3, 1)).toBe("a");
    expect(step(rows, 0, -1)).toBe("d");
  });

  test("begin at the nearer end when nothing shows", () => {
    expect(step(rows, -1, 1)).toBe("a");
    expect(step(rows, -1, -1)).toBe("d");
  });

  test("pass over what is not wanted, and find nothing where there is nothing", () => {
    expect(step(rows, 1, 1, (row) => row === "a")).toBe("a");
    expect(step(rows, 1, -1, (row) => row === "z")).toBeNull();
    expect(step([], -1, 1)).toBeNull();
  });
});
