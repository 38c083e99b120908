import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const tokens = readFileSync(new URL("tokens.css", import.meta.url), "utf8");
const sheets = Object.entries(import.meta.glob<string>("../**/*.css", { query: "?raw", import: "default", eager: true }))
  .filter(([path]) => !path.endsWith("/tokens.css"));

/** What a block of the style sheet sets. */
function block(selector: string): Map<string, string> {
  const from = tokens.indexOf(`${selector} {`);
  expect(from, selector).toBeGreaterThanOrEqual(0);
  const body = tokens.slice(from, tokens.indexOf("}", from));
  return new Map([...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!.replace(/\s+/g, " ")]));
}

const light = block(":root");
const dark = block(`:root[data-theme="dark"]`);

type Colour = readonly [red: number, green: number, blue: number, alpha: number];

function colour(text: string): Colour {
  const hex = /^#([0-9a-f]{6})$/.exec(text)?.[1];
  if (hex !== undefined) return [...[0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)), 1] as unknown as Colour;
  const [, red, green, blue, percent] = /^rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)$/.exec(text)!;
  return [Number(red), Number(green), Number(blue), Number(percent) / 100];
}

function over(top: Colour, below: Colour): Colour {
  const mix = (at: 0 | 1 | 2) => top[at] * top[3] + below[at] * (1 - top[3]);
  return [mix(0), mix(1), mix(2), 1];
}

/** WCAG 2's relative luminance. */
function luminance(of: Colour): number {
  const [red, green, blue] = [of[0], of[1], of[2]].map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: Colour, b: Colour): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Where any text may stand: a surface, and what may lie over it. */
const GROUNDS: Record<string, readonly (readonly string[])[]> = {
  // The list, and its lines under the pointer and chosen.
  bg: [[], ["hover"], ["selected"]],
  surface: [[], ["hover"], ["selected"], ["tint"]],
  raised: [[], ["hover"], ["selected"], ["tint"]],
  own: [[], ["tint"]],
  accent: [[]],
  "accent-strong": [[]],
  danger: [[]],
};
/** What is written in the plain colours alone: what a search found, chosen lines under the pointer, buttons within code. */
const PLAIN: Record<string, readonly (readonly string[])[]> = {
  bg: [["hover", "selected"]],
  raised: [["tint", "hover"]],
  own: [["tint", "hover"]],
};
const FOUND = ["bg", "surface", "raised"] as const;
/** What is written on which surfaces. */
const TEXTS: Record<string, readonly string[]> = {
  text: ["bg", "surface", "raised"],
  muted: ["bg", "surface", "raised"],
  accent: ["bg", "surface", "raised", "own"],
  danger: ["bg", "surface", "raised"],
  ok: ["bg", "surface", "raised"],
  warn: ["bg", "surface", "raised"],
  read: ["bg", "surface", "raised", "own"],
  "on-own": ["own"],
  "muted-on-own": ["own"],
  "on-accent": ["accent", "accent-strong"],
  "on-danger": ["danger"],
};

describe.each([["light", light], ["dark", new Map([...light, ...dark])]])("%s", (_theme, values) => {
  const of = (name: string): Colour => colour(values.get(name)!);
  const pairs = Object.entries(TEXTS).flatMap(([text, surfaces]) =>
    surfaces.flatMap((surface) => {
      const plain = /^(text|muted|on-own|muted-on-own)$/.test(text) ? (PLAIN[surface] ?? []) : [];
      return [...GROUNDS[surface]!, ...plain].map((layers) => [text, surface, layers] as const);
    }));

  test.each(pairs)("%s on %s under %j is readable (AA)", (text, surface, layers) => {
    const ground = layers.reduce((below, layer) => over(of(layer), below), of(surface));
    expect(contrast(of(text), ground)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(FOUND)("what was found stands out on %s, and is readable", (surface) => {
    expect(contrast(of("text"), over(of("found"), of(surface)))).toBeGreaterThanOrEqual(4.5);
  });

  // What one has to see to use it: the edge of a field, the focus.
  test.each(["bg", "surface", "raised", "own"])("edges and the focus show on %s", (surface) => {
    for (const edge of ["line-strong", "focus", "accent"]) expect(contrast(of(edge), of(surface)), edge).toBeGreaterThanOrEqual(3);
  });
});

test("the two dark blocks are the same, and change colours only", () => {
  expect(block(`:root:not([data-theme="light"])`)).toEqual(dark);
  for (const [name, value] of dark) {
    expect(light.has(name), name).toBe(true);
    if (!name.startsWith("shadow")) expect(() => colour(value), name).not.toThrow();
  }
});

test("no text is smaller than 12 px, and Han has room", () => {
  for (const [name, value] of light) {
    if (name.startsWith("text-")) expect(Number.parseFloat(value) * 16, name).toBeGreaterThanOrEqual(12);
  }
  expect(Number(light.get("line-han"))).toBeGreaterThanOrEqual(1.6);
});

test("the browser's own bars have the colour of the list", () => {
  const page = readFileSync(new URL("../../index.html", import.meta.url), "utf8");
  const bars = [...page.matchAll(/name="theme-color" content="(#\w+)"/g)].map(([, value]) => value);
  expect(bars).toEqual([light.get("bg"), dark.get("bg")]);
});

describe.each(sheets)("%s", (_path, css) => {
  const plain = css.replace(/\/\*[^]*?\*\//g, "");

  test("has no colour, size of text or round corner of its own", () => {
    expect(plain.match(/#[0-9a-f]{3,8}\b(?=[^{]*;)|\b(?:rgb|hsl)a?\(\s*\d[^)]*\)/gi) ?? []).toEqual([]);
    const sizes = [...plain.matchAll(/font-size:\s*([^;]+);/g)].map(([, value]) => value!);
    expect(sizes.filter((size) => !/^(var\(--text-[\w-]+\)|inherit|100%|[\d.]+em)$/.test(size))).toEqual([]);
    const corners = [...plain.matchAll(/border[\w-]*-radius:\s*([^;]+);/g)].map(([, value]) => value!);
    expect(corners.filter((corner) => !/^(var\(--radius-[\w-]+\)|inherit|50%|0)$/.test(corner))).toEqual([]);
  });

  test("uses only what there is", () => {
    const own = new Set([...plain.matchAll(/(?:^|[\s{;])--([\w-]+)\s*:/g)].map(([, name]) => name!));
    const used = [...plain.matchAll(/var\(--([\w-]+)/g)].map(([, name]) => name!);
    expect(used.filter((name) => !light.has(name) && !own.has(name))).toEqual([]);
  });

  test("writes only in the colours that the contrast is tested of", () => {
    const colours = [...plain.matchAll(/(?:^|[\s{;])color:\s*([^;]+);/g)].map(([, value]) => value!);
    const known = new RegExp(`^(var\\(--(${Object.keys(TEXTS).join("|")}|avatar-text)\\)|inherit|currentcolor|[A-Z][A-Za-z]+)$`);
    expect(colours.filter((value) => !known.test(value))).toEqual([]);
  });
});
