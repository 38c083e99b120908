import { describe, expect, test } from "vitest";
import type { Entry } from "@hongyan/client";
import { stretches } from "./fold.ts";
import { hitOf, Newest, termsOf, textFound } from "./matcher.ts";
import { scan } from "./scan.ts";
import type { Scan } from "./scan.ts";
import { pieces } from "./snippet.ts";

function entry(seq: number, text: string, more: Partial<Entry> = {}): Entry {
  return { conv: 1, seq, id: seq, kind: "message", from: 1, at: seq, client_id: `${seq}`, body: { type: "text", text }, ...more };
}
const finds = (query: string, text: string): boolean => textFound(entry(1, text), termsOf(query)) !== null;
const marked = (query: string, text: string): string => pieces(text, termsOf(query)).map((one) => (one.found ? `[${one.text}]` : one.text)).join("");

test.each([
  ["hello", "Say HELLO", true], ["ＨＥＬＬＯ", "hello", true], ["hello", "ｈｅｌｌｏ", true], ["吃饭", "晚上一起吃饭吗", true],
  ["吃面", "晚上一起吃饭吗", false], ["one two", "two and one", true], ["one two", "only one", false], ["", "anything", false],
  ["café", "cafe\u0301", true], ["ﬁ", "file", true], ["각", "\u1100\u1161\u11a8", true], ["①", "1", true],
])("%j in %j: %s", (query, text, found) => expect(finds(query, text)).toBe(found));

test("edits, recalled messages and unknown bodies are not found", () => {
  const terms = termsOf("x");
  expect(textFound(entry(1, "x", { kind: "edit", target: 1 }), terms)).toBeNull();
  expect(textFound(entry(1, "x", { recalled_by: 2 }), terms)).toBeNull();
  expect(textFound(entry(1, "x", { body: { type: "poll", text: "x" } }), terms)).toBeNull();
});

describe("marks stand where the find is in the original text", () => {
  test.each([
    ["hello", "Say ＨＥＬＬＯ!", "Say [ＨＥＬＬＯ]!"],
    ["cafe\u0301", "un CAFÉ noir", "un [CAFÉ] noir"],
    ["吃饭", "晚上吃饭，吃饭", "晚上[吃饭]，[吃饭]"],
    ["ab bc", "xabcx", "x[abc]x"],
    ["i", "ﬁx", "[ﬁ]x"],
    ["bold", "**Bold** and\n\n```js\ncode\n```", "[Bold] and code"],
    ["a.example", "[here](https://a.example/)", "[here](https://[a.example]/)"],
    ["각", "가 \u1100\u1161\u11a8!", "가 [\u1100\u1161\u11a8]!"],
  ])("%j in %j", (query, text, drawn) => expect(marked(query, text)).toBe(drawn));

  test("a long text is cut around the first find, and never within a sign", () => {
    const drawn = marked("find", `${"👍".repeat(100)} find ${"中".repeat(300)}`);
    expect(drawn).toContain("[find]");
    expect(drawn.startsWith("…👍") && drawn.endsWith("中…") && drawn.length < 150).toBe(true);
    expect(drawn).not.toMatch(/\p{Surrogate}/u);
  });

  test("whatever the text, the marks join up to it", () => {
    const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
    console.info(`SEED=${seed}`);
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    const signs = ["a", "A", "ﬁ", "é", "e\u0301", "\u0301", "İ", "ß", "각", "\u1100", "\u1161", "中", "👍", "①", "㌔", " "];
    for (let round = 0; round < 3000; round += 1) {
      const text = Array.from({ length: 1 + random(12) }, () => signs[random(signs.length)]!).join("");
      const term = termsOf(Array.from({ length: 1 + random(2) }, () => signs[random(signs.length)]!).join(""));
      let at = 0;
      for (const [from, to] of stretches(text, term)) {
        expect(from >= at && to >= from && to <= text.length, `${JSON.stringify(text)} ${JSON.stringify(term)}`).toBe(true);
        at = to;
      }
    }
  });
});

test("the newest are kept, however they come, and the overflow is told", () => {
  const newest = new Newest(3);
  for (const at of [5, 1, 9, 7, 3, 8]) newest.add({ entry: entry(at, ""), text: "", isWhole: true });
  expect([newest.list().map((hit) => hit.entry.at), newest.overflowed]).toEqual([[9, 8, 7], true]);
});

test("words come before what stands within longer ones, however new", () => {
  const texts = ["a goose", "mongoose", "geese", "gooseberry", "Wolfeschlegelsteinhausenbergerdorff"];
  const newest = new Newest(9);
  for (const [at, text] of texts.entries()) {
    const hit = hitOf(entry(at + 1, text), termsOf("goose"));
    if (hit !== null) newest.add(hit);
  }
  expect(newest.list().map((hit) => hit.text)).toEqual(["gooseberry", "a goose", "mongoose"]);
  expect(hitOf(entry(1, "晚上一起吃饭"), termsOf("一起"))?.isWhole).toBe(true);
});

describe("a scan", () => {
  async function* batches(count: number, size: number): AsyncIterable<Entry[]> {
    for (let batch = count; batch > 0; batch -= 1) {
      yield Array.from({ length: size }, (_, at) => entry(batch * size - at, at % 10 === 0 ? "needle" : "hay"));
    }
  }

  test("tells what it finds on the way, and that it is done", async () => {
    const told: Scan[] = [];
    await scan({ cachedEntries: () => batches(5, 100) }, { query: "needle", most: 20, within: null }, new AbortController().signal, (next) => told.push(next));
    // The newest come first, so the later batches bring nothing that is shown.
    expect(told.map((one) => one.done)).toEqual([false, false, true]);
    expect([told.at(-1)!.hits.length, told.at(-1)!.more, told.at(-1)!.hits[0]!.entry.seq]).toEqual([20, true, 500]);
  });

  test("looks in one conversation alone where it is asked to", async () => {
    async function* mixed(): AsyncIterable<Entry[]> {
      yield [entry(1, "needle"), entry(2, "needle", { conv: 2 }), entry(3, "needle")];
    }
    const told: Scan[] = [];
    await scan({ cachedEntries: mixed }, { query: "needle", most: 9, within: 2 }, new AbortController().signal, (next) => told.push(next));
    expect(told.at(-1)!.hits.map((hit) => hit.entry.seq)).toEqual([2]);
  });

  test("lets others run, and stops when it is not wanted any more", async () => {
    const stop = new AbortController();
    let told = 0;
    let turns = 0;
    const beat = setInterval(() => {
      turns += 1;
      if (turns === 3) stop.abort();
    });
    await scan({ cachedEntries: () => batches(1000, 1000) }, { query: "needle", most: 20, within: null }, stop.signal, () => (told += 1));
    clearInterval(beat);
    expect([turns, told < 900]).toEqual([3, true]);
  });
});
