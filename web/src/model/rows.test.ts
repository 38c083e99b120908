import { expect, test } from "vitest";
import { reordered } from "./rows.ts";
import type { Line } from "./rows.ts";

const line = (key: string, at: number, isShown = true): Line => ({ row: { key } as Line["row"], at, conv: at, pinned: 0, isArchived: false, isShown });
const keys = (lines: readonly Line[]) => lines.map(({ row }) => row.key).join("");

test("what moved goes where it belongs", () => {
  const [a, b, c, d] = [line("a", 40), line("b", 30), line("c", 20), line("d", 10)];
  const ordered = [a, b, c, d];
  c.at = 50;
  expect(keys(reordered(ordered, [c]))).toBe("cabd");
  a.at = 5;
  expect(keys(reordered([c, a, b, d], [a]))).toBe("cbda");
  expect(keys(reordered([c, b, d, a], [line("e", 25), line("f", 1)]))).toBe("cbedaf");
});

test("what has nothing to show is left out", () => {
  const [a, b] = [line("a", 2), line("b", 1)];
  b.isShown = false;
  expect(keys(reordered([a, b], [b]))).toBe("a");
});

test("the same as sorting everything, whatever moves", () => {
  const seed = Date.now() % 1_000_000;
  let state = seed;
  const random = (below: number) => (state = (state * 48_271 + 11) % 2_147_483_647) % below;
  const lines = Array.from({ length: 60 }, (_, i) => line(`${i}`.padStart(2, "0"), 0));
  let ordered: readonly Line[] = [];
  for (let round = 0; round < 200; round++) {
    const moved = lines.filter(() => random(8) === 0);
    for (const one of moved) Object.assign(one, { at: random(30), conv: random(5), isShown: random(6) > 0 });
    ordered = reordered(ordered, moved);
    const expected = lines
      .filter((one) => ordered.includes(one))
      .sort((x, y) => y.at - x.at || y.conv - x.conv || (x.row.key < y.row.key ? -1 : 1));
    expect(keys(ordered), `SEED=${seed}, round ${round}`).toBe(keys(expected));
    expect(new Set(ordered).size).toBe(ordered.length);
    for (const one of moved) expect(ordered.includes(one), `SEED=${seed}`).toBe(one.isShown);
  }
});
