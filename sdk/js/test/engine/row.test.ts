/** Unread numbers, against a model that knows the whole log. */
import { expect, test } from "vitest";
import { Row } from "../../src/engine/row.ts";
import type { Entry } from "../../src/wire.gen.ts";

const ME = 1;
const OTHER = 2;

/** A generator of numbers in [0, 1), the same for the same seed. Source: mulberry32, Tommy Ettinger. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A log with everything in it that matters to the number. */
class Log {
  readonly entries: Entry[] = [];
  read = 0;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  append(): Entry {
    const seq = this.entries.length + 1;
    const from = this.#random() < 0.7 ? OTHER : ME;
    const own = this.entries.filter((entry) => entry.kind === "message" && entry.from === from);
    const target = own[Math.floor(this.#random() * own.length)];
    const kind = target === undefined || this.#random() < 0.6 ? "message" : this.#random() < 0.5 ? "edit" : "recall";
    const entry: Entry = { conv: 9, seq, id: seq, kind, from, at: seq, client_id: `c${seq}`, ...(kind === "message" ? {} : { target: target!.seq }) };
    this.entries.push(entry);
    if (kind === "recall") target!.recalled_by ??= seq;
    if (kind === "message" && from === ME) this.read = seq;
    return { ...entry };
  }

  unread(upTo = this.entries.length, read = this.read): number {
    return this.entries.filter(
      ({ seq, kind, from, recalled_by }) =>
        seq <= upTo && seq > read && kind === "message" && from !== ME && (recalled_by ?? Infinity) > upTo,
    ).length;
  }
}

test("the number is the server's, whatever comes in between", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = seeded(seed);
  for (let round = 0; round < 300; round += 1) {
    const log = new Log(random);
    const row = new Row(9, ME);
    const steps = Math.floor(random() * 60);
    for (let step = 0; step < steps; step += 1) {
      const what = random();
      if (what < 0.6) row.deliver(log.append());
      else if (what < 0.75 && row.held > 0) {
        log.read = Math.max(log.read, Math.floor(random() * (row.held + 1)));
        row.move(ME, log.read, log.read);
      } else {
        // The connection breaks, more is said, and a sync tells of it before the entries come.
        const missed = Array.from({ length: Math.floor(random() * 5) }, () => log.append());
        const head = log.entries.length;
        const positions = { user: ME, read: log.read, delivered: log.read };
        row.view({ conv: 9, kind: "direct", head, unread: log.unread(), members: [positions], entries: [] });
        expect(row.toConversation().unread, `seed ${seed}, round ${round}, told`).toBe(log.unread());
        for (const entry of missed) row.deliver(entry);
      }
      expect(row.toConversation().unread, `seed ${seed}, round ${round}, step ${step}`).toBe(log.unread());
    }
  }
});

test("what the server counts below what is held stays in the number until it is read", () => {
  const row = new Row(9, ME);
  const message = (seq: number): Entry => ({ conv: 9, seq, id: seq, kind: "message", from: OTHER, at: 0, client_id: `${seq}` });
  row.view({ conv: 9, kind: "direct", head: 100, unread: 100, members: [{ user: ME, read: 0, delivered: 0 }], entries: [] });
  for (let seq = 91; seq <= 100; seq += 1) row.deliver(message(seq));
  expect(row.toConversation().unread).toBe(100);
  row.deliver(message(101));
  expect(row.toConversation().unread).toBe(101);
  row.deliver({ ...message(102), kind: "recall", target: 50 });
  expect(row.toConversation().unread).toBe(100);
  row.move(ME, 95, 95);
  expect(row.toConversation().unread).toBe(6);
});

test("a row survives being kept", () => {
  const random = seeded(7);
  const log = new Log(random);
  const row = new Row(9, ME);
  for (let step = 0; step < 30; step += 1) row.deliver(log.append());
  const again = Row.restore(9, ME, JSON.parse(JSON.stringify(row.store(false))));
  expect(again.toConversation()).toEqual(row.toConversation());
});
