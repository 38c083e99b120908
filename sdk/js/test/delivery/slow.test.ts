/** A link of so many bytes a second, and an account with much to bring. In virtual time. */
import { expect, test } from "vitest";
import { Incoming } from "../../src/delivery/incoming/incoming.ts";
import { Pages, PAGING } from "../../src/delivery/incoming/pages.ts";
import { INCOMING_POLICY } from "../../src/delivery/incoming/types.ts";
import type { IncomingAction } from "../../src/delivery/incoming/types.ts";
import { LIMITS } from "../../src/wire.gen.ts";
import type { Entry, HistoryPage, Listed, Synced } from "../../src/wire.gen.ts";

const CONVERSATIONS = 60;
const MESSAGES = 20;
const TEXT = "x".repeat(600);

function entry(conv: number, seq: number): Entry {
  const at = 1_795_424_401_200;
  return { conv, seq, id: conv * 100 + seq, kind: "message", from: 2000 + conv, at, client_id: `m${seq}`, body: { type: "text", text: TEXT } };
}

/** The pages of a server that follows `PROTOCOL.md`: the highest conversation first, and a cursor that counts. */
function sync({ cursor, list, limit = 50, bytes = Infinity }: IncomingAction & { kind: "sync" }): Synced {
  let shown = cursor === null ? 0 : Number(cursor);
  const page: Synced = { conversations: [], users: [], total_unread: 0, cursor: "", more: false };
  const rows: Listed[] = [];
  let room = bytes;
  for (let taken = 0; shown < CONVERSATIONS && taken < limit && room > 0; taken += 1, shown += 1) {
    const conv = CONVERSATIONS - shown;
    page.users.push({ id: 2000 + conv, login: `u${conv}`, name: `u${conv}` });
    if (list) {
      rows.push({ conv, head: MESSAGES, unread: MESSAGES, user: 2000 + conv, read: MESSAGES });
      continue;
    }
    const seqs = Array.from({ length: 10 }, (_, at) => MESSAGES - 9 + at);
    room -= seqs.length * TEXT.length;
    const members = [{ user: 1000, read: 0, delivered: 0 }];
    page.conversations.push({ conv, kind: "direct", head: MESSAGES, unread: 0, me: { read: 0, delivered: 0 }, size: 1, members, entries: seqs.map((seq) => entry(conv, seq)) });
  }
  return { ...page, ...(list ? { list: rows } : {}), cursor: String(shown), more: shown < CONVERSATIONS };
}

function history({ conv, after, limit, bytes = Infinity }: IncomingAction & { kind: "fetch" }): HistoryPage {
  const entries: Entry[] = [];
  for (let room = bytes, seq = after + 1; seq <= MESSAGES && entries.length < limit; seq += 1) {
    room -= TEXT.length + 150;
    if (room < 0 && entries.length > 0) break;
    entries.push(entry(conv, seq));
  }
  return { conv, entries, head: MESSAGES, more: false };
}

function run(rate: number, roundTrip: number, start: "recent" | "everything") {
  const incoming = new Incoming({ ...INCOMING_POLICY, start, paging: PAGING });
  let now = 2 * roundTrip + (600 / rate) * 1000;
  incoming.roundTrip(roundTrip + (400 / rate) * 1000);
  const way: { at: number; text: string; kind: "synced" | "history" }[] = [];
  const [listed, delivered] = [new Set<number>(), new Map<number, number>()];
  let [bytes, needed, requests, listAt, busyUntil] = [0, 0, 0, 0, now];
  const carryOut = (actions: IncomingAction[]): void => {
    for (const action of actions) {
      if (action.kind === "conversation") listed.add(action.view.conv);
      if (action.kind === "deliver") {
        const { conv, seq } = action.entry;
        expect(seq, "in order and once").toBe((delivered.get(conv) ?? seq - 1) + 1);
        delivered.set(conv, seq);
        needed += JSON.stringify(action.entry).length;
      }
      if (action.kind !== "sync" && action.kind !== "fetch") continue;
      const text = JSON.stringify(action.kind === "sync" ? sync(action) : history(action));
      requests += 1;
      bytes += text.length;
      busyUntil = Math.max(busyUntil, now + roundTrip / 2) + (text.length / rate) * 1000;
      way.push({ at: busyUntil + roundTrip / 2, text, kind: action.kind === "sync" ? "synced" : "history" });
    }
    if (listed.size === CONVERSATIONS && listAt === 0) listAt = now;
  };
  let out: IncomingAction[] = [];
  incoming.connected(1000, now, out);
  carryOut(out);
  while (!incoming.isCaughtUp) {
    out = [];
    const next = incoming.nextDeadline() ?? Infinity;
    const first = way[0];
    if (first === undefined || next < first.at) {
      now = Math.max(now, next);
      incoming.tick(now, out);
    } else {
      way.shift();
      now = Math.max(now, first.at);
      incoming.life(now);
      incoming.weigh(first.text.length);
      if (first.kind === "synced") incoming.synced(JSON.parse(first.text), now, out);
      else incoming.fetched(JSON.parse(first.text), now, out);
    }
    carryOut(out);
    expect(now, "it ends").toBeLessThan(3_600_000);
  }
  expect(delivered.size).toBe(CONVERSATIONS);
  expect([...delivered.values()].every((seq) => seq === MESSAGES)).toBe(true);
  return { listAt, bytes, needed, requests };
}

for (const start of ["recent", "everything"] as const) {
  test.each([[2000, 600], [8000, 300], [20_000, 100]])(`${start} at %i B/s, %i ms: the list first, then all of it once`, (rate, roundTrip) => {
    const { listAt, bytes, needed } = run(rate, roundTrip, start);
    expect(listAt).toBeLessThanOrEqual(5000);
    expect(bytes / needed).toBeLessThanOrEqual(1.2);
  });
}

test.each([1, 100, 600])("over a fast link with %i ms it takes few requests", (roundTrip) => {
  expect(run(5_000_000, roundTrip, "recent").requests).toBeLessThanOrEqual(6);
});

test("a page takes two seconds of a slow link and all of a fast one", () => {
  const sizes = (rate: number): number[] => {
    const pages = new Pages(PAGING);
    pages.roundTrip(600);
    let now = 0;
    return Array.from({ length: 6 }, () => {
      const [size, askedAt] = [pages.page, now];
      now += 600 + (size / rate) * 1000;
      pages.weigh(size);
      pages.answered(askedAt, now);
      return size;
    });
  };
  for (const size of sizes(2000).slice(1)) expect(Math.abs(size - 4000)).toBeLessThan(200);
  expect(sizes(10_000_000).at(-1)).toBe(LIMITS.PAGE_BYTES);
});
