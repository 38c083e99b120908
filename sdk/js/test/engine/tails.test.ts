/** What is remembered of logs, and what it is worth. */
import { expect, test } from "vitest";
import { Tails } from "../../src/client/tails.ts";
import type { Entry } from "../../src/wire.gen.ts";

function message(seq: number, conv = 1): Entry {
  return { conv, seq, id: seq, kind: "message", from: 2, at: 0, client_id: `${conv}/${seq}`, body: { type: "text", text: `m${seq}` } };
}
const messages = (from: number, to: number, conv = 1): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, at) => message(from + at, conv));
const seqs = (entries: Entry[] | null): number[] | undefined => entries?.map(({ seq }) => seq);

test("what is whole is given, and nothing else", () => {
  const tails = new Tails();
  expect(tails.read(1, 1, 1)).toBeNull();
  tails.put(1, [...messages(3, 4), ...messages(11, 20)]);
  expect(seqs(tails.read(1, 11, 13))).toEqual([11, 12, 13]);
  expect(seqs(tails.read(1, 20, 20))).toEqual([20]);
  for (const [from, to] of [[10, 12], [4, 4], [19, 21], [15, 14], [12, 3]] as const) expect(tails.read(1, from, to), `${from}-${to}`).toBeNull();
});

test("what comes joins on, and changes what it is about", () => {
  const tails = new Tails();
  tails.put(1, messages(1, 3));
  tails.add(message(4));
  tails.add(message(2));
  tails.add({ ...message(5), kind: "edit", target: 2, body: { type: "text", text: "better" } });
  tails.add({ ...message(6), kind: "recall", target: 3 });
  const [, second, third, , edit] = tails.read(1, 1, 6)!;
  expect(second).toMatchObject({ body: { text: "better" }, edited_by: 5 });
  expect(third).toMatchObject({ recalled_by: 6 });
  expect([third!.body, edit!.body], "as it is kept").toEqual([undefined, undefined]);
  tails.add(message(9));
  expect(tails.read(1, 1, 6), "there is a hole").toBeNull();
});

test("is bounded", () => {
  const tails = new Tails();
  for (let conv = 1; conv <= 101; conv += 1) {
    tails.put(conv, messages(1, 150, conv));
    expect(seqs(tails.read(1, 150, 150)), "read all the time").toEqual([150]);
  }
  expect(tails.read(2, 150, 150)).toBeNull();
  expect([tails.read(1, 50, 50), seqs(tails.read(1, 51, 51))]).toEqual([null, [51]]);
  for (let seq = 151; seq <= 1000; seq += 1) tails.add(message(seq));
  expect([tails.read(1, 800, 800), seqs(tails.read(1, 901, 902))]).toEqual([null, [901, 902]]);
});
