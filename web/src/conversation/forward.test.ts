import { createRoot } from "solid-js";
import { expect, test } from "vitest";
import { forwardedOrigin, originOf } from "./forward.ts";
import { createSelection } from "./selection.ts";

test("a forwarded message names who wrote it first, however often it goes on", () => {
  const first = forwardedOrigin({ from: 1001, origin: null });
  expect(originOf(first)).toEqual({ user: 1001 });
  expect(forwardedOrigin({ from: 1002, origin: first })).toBe(first);
  expect(forwardedOrigin({ from: 1002, origin: "ci" })).toBe("forwarded:1002");
});

test.each(["ci", "forwarded:", "forwarded:0", "forwarded:-1", "forwarded:1e3", "forwarded:9999999999999999", "forwarded:12 "])("%j is no user", (origin) => {
  expect(originOf(origin)).toEqual({ name: origin });
});

test("messages are selected in the order of the log, up to a bound", () => {
  createRoot((dispose) => {
    const selection = createSelection(3);
    const row = (seq: number) => ({ seq, from: 1, at: seq, text: `m${seq}`, origin: null });
    expect(selection.isOn()).toBe(false);
    for (const seq of [5, 2, 9]) expect(selection.toggle(row(seq))).toBe(true);
    expect(selection.toggle(row(1))).toBe(false);
    expect(selection.all().map(({ seq }) => seq)).toEqual([2, 5, 9]);
    expect(selection.toggle(row(5))).toBe(true);
    expect([selection.has(5), selection.has(2), selection.isOn()]).toEqual([false, true, true]);
    selection.end();
    expect([selection.isOn(), selection.all()]).toEqual([false, []]);
    dispose();
  });
});
