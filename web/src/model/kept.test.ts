import { afterEach, expect, test, vi } from "vitest";
import { keep, kept, keptSet } from "./kept.ts";

afterEach(() => vi.unstubAllGlobals());

function stub(setItem: (key: string, value: string) => void, values: Map<string, string>): void {
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => values.get(key) ?? null,
    setItem,
    removeItem: (key: string) => values.delete(key),
  });
}

test("a value is kept under the app's own name", () => {
  const values = new Map<string, string>();
  stub((key, value) => values.set(key, value), values);
  keep("colour", { warm: true });
  expect(values.get("hongyan.colour")).toBe('{"warm":true}');
  expect(kept("colour")).toEqual({ warm: true });
  keep("colour", undefined);
  expect(kept("colour")).toBeUndefined();
});

test("where storage is full, a value lives as long as the page", () => {
  const values = new Map<string, string>();
  stub(() => { throw new Error("full"); }, values);
  keep("colour", "red");
  expect(kept("colour")).toBe("red");
  keep("colour", undefined);
  expect(kept("colour")).toBeUndefined();
});

test("what is no value of ours is none", () => {
  const values = new Map([["hongyan.broken", "{"], ["hongyan.muted", '{"a":1}'], ["hongyan.mixed", '["a",1]']]);
  stub((key, value) => values.set(key, value), values);
  expect(kept("broken")).toBeUndefined();
  expect([...keptSet("muted").all()]).toEqual([]);
  expect([...keptSet("mixed").all()]).toEqual(["a"]);
});
