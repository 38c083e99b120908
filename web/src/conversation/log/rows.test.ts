import { describe, expect, test } from "vitest";
import type { Outgoing } from "@hongyan/client";
import { makeRows } from "./rows.ts";
import type { MessageRow, Row, RowInput, Rows } from "./rows.ts";
import { ME, message } from "./testing.ts";

const MINUTE = 60_000;
const noon = new Date(2026, 4, 3, 12).getTime();
const DAY = 24 * 60 * MINUTE;

const input = (more: Partial<RowInput>): RowInput => ({ me: ME, messages: [], outgoing: [], atEnd: true, newFrom: null, ...more });
const make = (more: Partial<RowInput>, before: Rows = new Map()): Rows => makeRows(input(more), before);
const rowOf = (rows: Rows, key: string): MessageRow => rows.get(key) as MessageRow;

function outgoing(clientId: string, append: Partial<Outgoing["append"]> = {}, more: Partial<Outgoing> = {}): Outgoing {
  const send = { type: "send", conv: 1, client_id: clientId, body: { type: "text", text: clientId } };
  return { clientId, append: { ...send, ...append } as Outgoing["append"], at: noon + 9 * MINUTE, state: "sending", ...more };
}

describe("dividers and groups", () => {
  test("a day's first message has its day above, however the time zone turns", () => {
    const rows = make({ messages: [message(1, { at: noon }), message(2, { at: noon + DAY }), message(3, { at: noon + DAY })] });
    expect([...rows.values()].map((row) => row.kind)).toEqual(["day", "message", "day", "message", "message"]);
  });

  test("one person's messages within five minutes are one group", () => {
    const rows = make({
      messages: [
        message(1, { at: noon }), message(2, { at: noon + 4 * MINUTE }), message(3, { at: noon + 10 * MINUTE }),
        message(4, { at: noon + 10 * MINUTE, from: ME }), message(5, { at: noon + 10 * MINUTE, from: ME }),
      ],
    });
    expect([...rows.values()].filter((row): row is MessageRow => row.kind === "message").map((row) => row.begins))
      .toEqual([true, false, true, true, false]);
  });

  test("a change of a group stands between messages, which it parts", () => {
    const change = (seq: number, at: number) => message(seq, { at, kind: "event", event: { type: "left" } });
    const rows = [...make({ messages: [message(1, { at: noon }), change(2, noon), message(3, { at: noon }), change(4, noon + DAY)] }).values()];
    expect(rows.map((row) => row.kind)).toEqual(["day", "message", "event", "message", "day", "event"]);
    expect(rows.flatMap((row) => (row.kind === "message" ? [[row.begins, row.ends]] : []))).toEqual([[true, true], [true, true]]);
  });

  test("the last of a group ends it, and so says when", () => {
    const ends = (rows: Rows) => [...rows.values()].filter((row): row is MessageRow => row.kind === "message").map((row) => row.ends);
    const messages = [message(1, { at: noon }), message(2, { at: noon + MINUTE }), message(3, { at: noon + MINUTE, from: ME })];
    const rows = make({ messages });
    expect(ends(rows)).toEqual([false, true, true]);
    expect(ends(make({ messages, outgoing: [outgoing("a", {}, { at: noon + 2 * MINUTE })] }, rows))).toEqual([false, true, false, true]);
  });

  test("what is new from a day's first message on has one divider for both", () => {
    const messages = [message(1, { at: noon }), message(2, { at: noon + DAY }), message(3, { at: noon + DAY })];
    const rows = make({ messages, newFrom: 2 });
    expect([...rows.values()].map((row) => row.kind)).toEqual(["day", "message", "new", "message", "message"]);
    expect(rows.get("new")).toMatchObject({ at: noon + DAY });
    expect(make({ messages, newFrom: 3 }).get("new")).toMatchObject({ at: null });
  });

  test("the divider stands above the first unread message, and begins a group", () => {
    const rows = make({ messages: [message(1, { at: noon }), message(2, { at: noon })], newFrom: 2 });
    expect([...rows.keys()].slice(1)).toEqual(["seq:1", "new", "seq:2"]);
    expect(rowOf(rows, "seq:2").begins).toBe(true);
  });

  test("a clock that goes back does not double a day's divider", () => {
    const rows = make({ messages: [message(1, { at: noon }), message(2, { at: noon + DAY }), message(3, { at: noon })] });
    expect([...rows.values()].filter((row) => row.kind === "day")).toHaveLength(2);
    expect([...rows.values()].filter((row) => row.kind === "message")).toHaveLength(3);
  });
});

describe("one's own messages", () => {
  test("an echo has the key of the entry that it becomes", () => {
    const echo = make({ outgoing: [outgoing("a")] });
    const entry = make({ messages: [message(7, { from: ME, client_id: "a", at: noon })] }, echo);
    expect([...echo.keys()].at(-1)).toBe("own:a");
    expect([...entry.keys()].at(-1)).toBe("own:a");
    expect([rowOf(echo, "own:a").local, rowOf(entry, "own:a").local, rowOf(entry, "own:a").seq]).toEqual(["sending", null, 7]);
  });

  test("an echo beside its entry is not shown", () => {
    const rows = make({ messages: [message(7, { from: ME, client_id: "a" })], outgoing: [outgoing("a", {}, { state: "sent" })] });
    expect([...rows.values()].filter((row) => row.kind === "message")).toHaveLength(1);
  });

  test("another person's entry with the same client id is another message", () => {
    const rows = make({ messages: [message(7, { client_id: "a", at: noon })], outgoing: [outgoing("a")] });
    expect([...rows.keys()].slice(-2)).toEqual(["seq:7", "own:a"]);
  });

  test("echoes stand below the log in order of submission, and nowhere else", () => {
    const echoes = { messages: [message(1)], outgoing: [outgoing("b"), outgoing("a")] };
    expect([...make(echoes).keys()].slice(-2)).toEqual(["own:b", "own:a"]);
    expect([...make({ ...echoes, atEnd: false }).keys()].at(-1)).toBe("seq:1");
  });

  test("what the server took is sent, and why it refused is told", () => {
    const failure = { code: "too_large", message: "" };
    const sent = { conv: 1, seq: 7, id: 9, at: noon, client_id: "a" };
    const rows = make({ outgoing: [outgoing("a", {}, { state: "sent", sent }), outgoing("b", {}, { state: "failed", failure })] });
    // Its place is known, so it can be edited at once.
    expect([rowOf(rows, "own:a").local, rowOf(rows, "own:a").seq]).toEqual([null, 7]);
    expect([rowOf(rows, "own:b").local, rowOf(rows, "own:b").failure]).toEqual(["failed", failure]);
  });

  test("an edit on its way shows on its message", () => {
    const own = message(7, { from: ME, client_id: "a", at: noon });
    const rows = make({
      messages: [own],
      outgoing: [outgoing("e", { type: "edit", seq: 7, body: { type: "text", text: "new" } }), outgoing("r", { type: "recall", seq: 3 })],
    });
    expect(rowOf(rows, "own:a").change).toMatchObject({ kind: "edit", text: "new", state: "sending" });
    expect([...rows.values()].filter((row) => row.kind === "message")).toHaveLength(1);
  });
});

test("a recalled message has no text, and neither has one of an unknown kind", () => {
  const rows = make({ messages: [message(1, { recalled_by: 3 }), message(2, { body: { type: "poll" } })] });
  expect([rowOf(rows, "seq:1").recalled, rowOf(rows, "seq:1").text]).toEqual([true, null]);
  expect([rowOf(rows, "seq:2").recalled, rowOf(rows, "seq:2").text]).toEqual([false, null]);
});

test("rows that did not change are the same objects", () => {
  const messages = [message(1, { at: noon }), message(2, { at: noon })];
  const before = make({ messages, outgoing: [outgoing("a")] });
  const after = make({ messages: [messages[0]!, message(2, { at: noon, edited_by: 5 }), message(3, { at: noon })], outgoing: [outgoing("a")] }, before);
  const same = (key: string): boolean => (after.get(key) as Row) === before.get(key);
  expect([...before.keys()].map(same)).toEqual([true, true, false, true]);
});
