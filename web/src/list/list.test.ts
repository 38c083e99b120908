import { describe, expect, test } from "vitest";
import type { Entry, Outgoing } from "@hongyan/client";
import { prefer } from "../model/preferences.ts";
import { draftKey } from "../model/keys.ts";
import type { Candidate } from "./candidates.ts";
import { merge } from "./find.ts";
import { split } from "./found.ts";
import { fits, rank } from "./match.ts";
import { spelled } from "./pinyin.ts";
import { oneLine, previewOf } from "./preview.ts";
import type { Newest } from "./preview.ts";
import { spanOf, WHOLE } from "./window.ts";

describe("names", () => {
  const filter = (query: string, names: readonly string[]) =>
    names.filter((name) => rank(query, name) !== null).sort((a, b) => rank(query, a)! - rank(query, b)!);

  test("the better the match, the earlier it stands", () => {
    const names = ["Hanna Lin", "Linus", "Colin", "Lisa Mann", "Bob"];
    expect(filter("lin", names)).toEqual(["Linus", "Hanna Lin", "Colin"]);
    expect(filter("lin", ["Colin", "Linus", "Colin-Lin", "Lin"])).toEqual(["Lin", "Linus", "Colin-Lin", "Colin"]);
    expect(filter("goose", ["Wolfeschlegelstein Grosse", "Mongoose", "Goose Li", "Ann Goose"]))
      .toEqual(["Goose Li", "Ann Goose", "Mongoose"]);
    expect(filter("lm", names)).toEqual(["Lisa Mann"]);
    expect(filter("hanli", names)).toEqual(["Hanna Lin"]);
  });

  test("case, accents and width do not matter; Chinese does", () => {
    expect(rank("jurgen", "Jürgen")).toBe(0);
    expect(rank("ＡＤＡ", "ada")).toBe(0);
    expect(rank("四", "李四")).toBe(3);
    expect(rank("五", "李四")).toBeNull();
  });

  test.each([
    ["emile n", "Émile Nr5", "Émile N"], ["é", "E\u0301va", "E\u0301"], ["lin", "Colin-Lin", "Lin"], ["ｗｅ", "Ann Weber", "We"],
    ["fi", "ﬁsh", "ﬁ"], ["f", "ﬁsh", "ﬁ"], ["四", "李四", "四"], ["🎈", "a🎈b", "🎈"], ["x", "Ann", ""], ["", "Ann", ""], ["가", "각", "각"],
  ])("%j is found in %j", (query, name, part) => {
    expect(fits(query, name).map(([from, to]) => name.slice(from, to)).join("")).toBe(part);
  });

  test("nothing typed is everything, in its order", () => {
    expect(filter(" ", ["b", "a"])).toEqual(["b", "a"]);
  });
});

describe("whom this device knows and whom the server found", () => {
  const one = (id: number, title: string, marks: Candidate["marks"] = [], unread = 0): Candidate => {
    const place = { to: id };
    return { key: draftKey(place), place, id, title, detail: "", names: [title], marks, unread };
  };
  const drawn = (list: readonly Candidate[]) =>
    list.map(({ title, marks }) => split(title, marks).map(([text, found]) => (found ? `[${text}]` : text)).join(""));

  test("are found as they are spelled, where that is known, and better as they are written", () => {
    const known = [one(1, "张三"), one(2, "Bob Zs"), one(3, "Zs"), one(4, "李四")];
    expect(drawn(merge("zs", known, [], spelled))).toEqual(["[Zs]", "Bob [Zs]", "[张三]"]);
    expect(drawn(merge("zs", known, []))).toEqual(["[Zs]", "Bob [Zs]"]);
  });

  test("stand in one list, each once: who fits well, whom the server found, who fits within a word", () => {
    const known = [one(1, "Johanna"), one(2, "Ann Li", [], 3), one(3, "Bob")];
    const server = [one(2, "Ann Li", [[0, 3]]), one(4, "安娜", [[0, 1]]), one(1, "Johanna", [[3, 6]])];
    expect(drawn(merge("ann", known, server))).toEqual(["[Ann] Li", "[安]娜", "Joh[ann]a"]);
    expect(drawn(merge("ann", known, []))).toEqual(["[Ann] Li", "Joh[ann]a"]);
  });

  test("keep what is unread, also where only the server knows the spelling", () => {
    const found = merge("zs", [one(1, "张三", [], 2)], [one(1, "张三", [[0, 2]])]);
    expect([drawn(found), found[0]!.unread]).toEqual([["[张三]"], 2]);
  });

  test("are all that are known, in their order, when nothing is typed", () => {
    const known = [one(2, "b"), one(1, "a")];
    expect(merge(" ", known, [])).toEqual(known);
  });
});

describe("previews", () => {
  prefer({ language: "en" });
  const last: Entry = { conv: 1, seq: 1, id: 1, kind: "message", from: 7, at: 1, client_id: "c", body: { type: "text", text: "hi\n **there**" } };
  const newest: Newest = { draft: "", pending: null, last, me: 1, author: null, event: null, isOpen: false };
  const pending: Outgoing = { clientId: "p", at: 2, state: "failed", append: { type: "send", conv: 1, client_id: "p", body: { type: "text", text: "mine" } } };

  test("a message is one line, and says whose it is where that is not plain", () => {
    expect(previewOf(newest).text).toBe("hi there");
    expect(previewOf({ ...newest, me: 7 }).text).toBe("You: hi there");
    expect(previewOf({ ...newest, author: "Li" }).text).toBe("Li: hi there");
    expect(previewOf({ ...newest, author: "Li", event: "Li left" })).toMatchObject({ kind: "event", text: "Li left" });
  });

  test("recalled, edited and unknown messages show as such", () => {
    const { body: _, ...blank } = last;
    expect(previewOf({ ...newest, last: { ...blank, recalled_by: 2 } })).toMatchObject({ kind: "gone" });
    expect(previewOf({ ...newest, last: { ...last, edited_by: 2 } }).isEdited).toBe(true);
    expect(previewOf({ ...newest, last: { ...last, body: { type: "image" } } }).text).toBe("[Needs a newer app]");
  });

  test("what waits comes before what was said, a draft before both, unless it shows anyway", () => {
    expect(previewOf({ ...newest, pending })).toMatchObject({ kind: "failed", text: "You: mine" });
    expect(previewOf({ ...newest, pending, draft: "Dear" })).toMatchObject({ kind: "draft", text: "Dear" });
    expect(previewOf({ ...newest, draft: "Dear", isOpen: true }).kind).toBe("message");
    expect(previewOf({ ...newest, draft: " \n" }).kind).toBe("message");
  });

  test("a draft shows as it was typed", () => {
    expect(previewOf({ ...newest, draft: "so **it\nis" }).text).toBe("so **it is");
  });

  test("a message of a megabyte costs no more than a short one", () => {
    expect(oneLine("x ".repeat(500_000)).length).toBeLessThan(200);
  });
});

describe("the lines that are drawn", () => {
  test("all of a short list", () => {
    expect(spanOf(WHOLE, 64, 5000, 800)).toEqual({ start: 0, end: WHOLE });
  });

  test("of a long one those in sight, and a few more", () => {
    const { start, end } = spanOf(10_000, 64, 64 * 5000, 640);
    expect(start).toBeLessThan(5000);
    expect(start).toBeGreaterThan(4980);
    expect(end).toBeGreaterThan(5010);
    expect(end).toBeLessThan(5030);
  });

  test("never beyond the ends", () => {
    expect(spanOf(1000, 64, -50, 800).start).toBe(0);
    expect(spanOf(1000, 64, 64 * 1000, 800).end).toBe(1000);
    expect(spanOf(300, 64, 64 * 9000, 800).start).toBeLessThanOrEqual(300);
  });
});
