/** Unread numbers, against a model that knows the whole log. */
import { expect, test } from "vitest";
import { Row } from "../../src/engine/row.ts";
import { reach } from "../../src/log.ts";
import { LIMITS } from "../../src/wire.gen.ts";
import type { Entry } from "../../src/wire.gen.ts";
import { seeded, seedOf } from "../random.ts";

const ME = 1;
const OTHER = 2;
const OTHERS = [OTHER, 3, 4];

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
    const from = this.#random() < 0.7 ? OTHERS[Math.floor(this.#random() * OTHERS.length)]! : ME;
    // In a group, admins recall what others wrote, and oneself may be one.
    const isAdmin = this.#random() < 0.3;
    const theirs = this.entries.filter((entry) => entry.kind === "message" && (isAdmin || entry.from === from) && entry.recalled_by === undefined);
    const target = theirs[Math.floor(this.#random() * theirs.length)];
    const kind = target === undefined || this.#random() < 0.6 ? "message" : isAdmin || this.#random() < 0.5 ? "recall" : "edit";
    const draw = this.#random();
    const mentions = draw < 0.2 ? { mentions: [ME] } : draw < 0.3 ? { mentions_all: true } : draw < 0.4 ? { mentions: [ME], mentions_all: true } : {};
    const entry: Entry = { conv: 9, seq, id: seq, kind, from, at: seq, client_id: `c${seq}`, ...(kind === "message" ? mentions : { target: target!.seq }) };
    this.entries.push(entry);
    if (kind === "recall") target!.recalled_by ??= seq;
    if (kind === "message" && from === ME) this.read = seq;
    return { ...entry };
  }

  #unread(): Entry[] {
    return this.entries.filter(({ seq, kind, from, recalled_by }) => seq > this.read && kind === "message" && from !== ME && recalled_by === undefined);
  }

  get unread(): number {
    return this.#unread().length;
  }

  /** Unread messages that mention oneself. */
  get mentioned(): number[] {
    return this.#unread().filter(({ mentions, mentions_all }) => mentions?.includes(ME) || mentions_all).map(({ seq }) => seq);
  }
}

test.each([2, 4, 70])("the number is the server's among %i members, whatever comes in between", (size) => {
  const seed = seedOf();
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
        const me = { read: log.read, delivered: log.read };
        const members = [{ user: ME, ...me }, ...OTHERS.map((user) => ({ user, read: 0, delivered: 0 }))];
        const told = size > LIMITS.MEMBERS_TOLD ? {} : { members: members.slice(0, size) };
        row.view({ conv: 9, kind: "group", head, unread: log.unread, mentions: log.mentioned.length, me, size, ...told, entries: [] });
        expect(row.toConversation().members?.length).toBe(told.members?.length);
        expect(row.toConversation().unread, `seed ${seed}, round ${round}, told`).toBe(log.unread);
        expect(row.toConversation().mentions ?? 0, `seed ${seed}, round ${round}, told`).toBe(log.mentioned.length);
        for (const entry of missed) row.deliver(entry);
      }
      expect(row.toConversation().unread, `seed ${seed}, round ${round}, step ${step}`).toBe(log.unread);
      const { mentions, mentioned } = row.toConversation();
      const own = log.mentioned;
      expect([mentions, mentioned], `seed ${seed}, round ${round}, step ${step}`).toEqual(own.length === 0 ? [undefined, undefined] : [own.length, own]);
    }
  }
});

test("what the server counts below what is held stays in the number until it is read", () => {
  const row = new Row(9, ME);
  const message = (seq: number): Entry => ({ conv: 9, seq, id: seq, kind: "message", from: OTHER, at: 0, client_id: `${seq}` });
  row.view({ conv: 9, kind: "direct", head: 100, unread: 100, me: { read: 0, delivered: 0 }, size: 1, members: [{ user: ME, read: 0, delivered: 0 }], entries: [] });
  for (let seq = 91; seq <= 100; seq += 1) row.deliver(message(seq));
  expect(row.toConversation().unread).toBe(100);
  row.deliver(message(101));
  expect(row.toConversation().unread).toBe(101);
  row.deliver({ ...message(102), kind: "recall", target: 50 });
  expect(row.toConversation().unread).toBe(100);
  row.move(ME, 95, 95);
  expect(row.toConversation().unread).toBe(6);
});

test("mentions below what is held are counted until they are read, and are never more than what is unread", () => {
  const row = new Row(9, ME);
  const message = (seq: number, mentions?: number[]): Entry => ({ conv: 9, seq, id: seq, kind: "message", from: OTHER, at: 0, client_id: `${seq}`, ...(mentions && { mentions }) });
  const shown = () => ({ mentions: row.toConversation().mentions, mentioned: row.toConversation().mentioned });
  row.view({ conv: 9, kind: "group", head: 6, unread: 5, mentions: 3, me: { read: 1, delivered: 1 }, size: 3, entries: [] });
  row.deliver(message(5, [ME]));
  expect(shown()).toEqual({ mentions: 3, mentioned: [5] });
  row.deliver(message(6, [OTHER]));
  expect(shown()).toEqual({ mentions: 3, mentioned: [5] });
  const another = Row.restore(9, ME, JSON.parse(JSON.stringify(row.store(false))));
  expect(another.toConversation()).toEqual(row.toConversation());
  // What was asked for is known.
  another.look([message(1, [ME]), message(2, [ME]), { ...message(3, [ME]), recalled_by: 9 }, { ...message(4, [ME]), from: ME }, message(5, [ME])]);
  expect(another.toConversation()).toMatchObject({ mentions: 3, mentioned: [2, 5] });
  another.move(ME, 2, 2);
  expect(another.toConversation()).toMatchObject({ mentions: 2, mentioned: [5] });
  another.takeMentions([5]);
  expect(another.toConversation()).toMatchObject({ mentions: 1, mentioned: [5] });
  for (const [seq, target] of [[7, 2], [8, 3]]) row.deliver({ ...message(seq!), kind: "recall", target: target! });
  expect(row.toConversation()).toMatchObject({ unread: 3, mentions: 2 });
  row.move(ME, 4, 4);
  expect(shown()).toEqual({ mentions: 1, mentioned: [5] });
  row.deliver({ ...message(9), kind: "recall", target: 5 });
  expect(shown()).toEqual({ mentions: undefined, mentioned: undefined });
  row.deliver(message(10, [ME]));
  row.leave();
  expect(shown()).toEqual({ mentions: undefined, mentioned: undefined });
});

test("where members are not told, only one's own positions are known and move", () => {
  const row = new Row(9, ME);
  const message = (seq: number, from: number): Entry => ({ conv: 9, seq, id: seq, kind: "message", from, at: 0, client_id: `${seq}` });
  row.deliver(message(1, OTHER));
  expect(row.toConversation().members).toEqual([{ user: OTHER, read: 1, delivered: 1 }]);
  row.view({ conv: 9, kind: "group", head: 1, unread: 1, me: { read: 0, delivered: 0 }, size: 10_000, entries: [] });
  const shown = row.toConversation();
  expect([shown.size, "members" in shown, shown.unread, reach(shown, ME, 1)]).toEqual([10_000, false, 1, "sent"]);
  row.deliver(message(2, 3));
  expect(row.move(3, 2, 2)).toBe(false);
  expect(row.move(ME, 1, 0)).toBe(true);
  expect(row.toConversation()).toMatchObject({ me: { read: 1, delivered: 1 }, unread: 1 });
  row.deliver(message(3, ME));
  expect(row.toConversation()).toMatchObject({ me: { read: 3, delivered: 3 }, unread: 0 });
  const again = Row.restore(9, ME, JSON.parse(JSON.stringify(row.store(false))));
  expect(again.toConversation()).toEqual(row.toConversation());
  // Enough have left.
  row.view({ conv: 9, kind: "group", head: 3, unread: 0, me: { read: 3, delivered: 3 }, size: 1, members: [{ user: ME, read: 3, delivered: 3 }], entries: [] });
  expect(row.toConversation().members).toEqual([{ user: ME, read: 3, delivered: 3 }]);
});

test("members are copied when one of them moves, and whoever left is gone", () => {
  const row = new Row(9, ME);
  const at = (user: number, seq: number) => ({ user, read: seq, delivered: seq });
  const view = { conv: 9, kind: "group", head: 5, unread: 0, me: at(ME, 5), entries: [] };
  row.view({ ...view, size: 3, members: [at(ME, 5), at(OTHER, 1), at(3, 1)] });
  const before = row.toConversation().members;
  expect(row.move(OTHER, 1, 0)).toBe(false);
  expect(row.toConversation().members).toBe(before);
  expect(row.move(OTHER, 4, 4)).toBe(true);
  expect(before).toEqual([at(ME, 5), at(OTHER, 1), at(3, 1)]);
  row.view({ ...view, size: 2, members: [at(ME, 5), at(OTHER, 3)] });
  expect(row.toConversation()).toMatchObject({ size: 2, members: [at(ME, 5), at(OTHER, 4)] });
});

test("a row that an earlier version kept tells one's own position", () => {
  const kept = { kind: "direct", head: 3, seq: 3, isAckOwed: false, floor: 1, last: null, unread: [], older: 0 };
  const row = Row.restore(9, ME, { ...kept, members: [{ user: ME, read: 2, delivered: 3 }, { user: OTHER, read: 1, delivered: 1 }] });
  expect(row.toConversation()).toMatchObject({ me: { read: 2, delivered: 3 }, size: 2 });
});

test("a row survives being kept", () => {
  const random = seeded(7);
  const log = new Log(random);
  const row = new Row(9, ME);
  for (let step = 0; step < 30; step += 1) row.deliver(log.append());
  const again = Row.restore(9, ME, JSON.parse(JSON.stringify(row.store(false))));
  expect(again.toConversation()).toEqual(row.toConversation());
});
