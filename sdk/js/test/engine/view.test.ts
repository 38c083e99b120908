/** What becomes of one's own view of a conversation: by the log, by changes on their way, and by pages out of order. */
import { expect, test } from "vitest";
import { viewOf } from "../../src/delivery/incoming/listed.ts";
import { Views } from "../../src/delivery/views.ts";
import { Row } from "../../src/engine/row.ts";
import { changed, leftOf } from "../../src/engine/view.ts";
import { counted, isQuiet } from "../../src/log.ts";
import type { ConversationView, Entry } from "../../src/wire.gen.ts";

const [ME, LI] = [1, 2];

function said(seq: number, at = seq): Entry {
  return { conv: 9, seq, id: seq, kind: "message", from: LI, at, client_id: `c${seq}`, body: { type: "text", text: "x" } };
}

function page(head: number, view?: ConversationView["view"]): ConversationView {
  const members = [{ user: ME, read: 0, delivered: 0 }, { user: LI, read: 0, delivered: 0 }];
  const common = { conv: 9, kind: "direct", head, unread: 0, me: { read: head, delivered: head }, size: 2, members, entries: [] };
  return view === undefined ? common : { ...common, view };
}

test.each([
  ["nothing ends", { rev: 1, hidden: 5, archived: 5, marked_unread: 3 }, 3, { seq: 5, at: 50 }, { rev: 1, hidden: 5, archived: 5, marked_unread: 3 }],
  ["a message ends what it is above", { rev: 1, hidden: 5, archived: 5 }, 3, { seq: 6, at: 60 }, { rev: 1 }],
  ["but no archive of a muted one", { rev: 1, hidden: 5, archived: 5, muted_until: 61 }, 3, { seq: 6, at: 60 }, { rev: 1, archived: 5, muted_until: 61 }],
  ["once the muting is over it does", { rev: 1, archived: 5, muted_until: 60 }, 3, { seq: 6, at: 60 }, { rev: 1, muted_until: 60 }],
  ["reading ends the mark", { rev: 1, marked_unread: 3 }, 4, null, { rev: 1 }],
  ["a mark at nothing read", { rev: 1, marked_unread: 0 }, 0, null, { rev: 1, marked_unread: 0 }],
])("%s", (_, view, read, last, left) => {
  expect(leftOf(view, { head: 9, read, said: last })).toEqual(left);
});

test("a change on its way shows as it will be", () => {
  const standing = { head: 7, read: 4, said: null };
  const view = { rev: 2, pinned: 1, muted_until: 99, draft: { text: "a", at: 1 } };
  const on = { archived: true, hidden: true, marked_unread: true, pinned: 0, muted_until: 0, draft: { text: "", reply_to: 3 } };
  expect(changed(view, on, standing, 50)).toEqual({ rev: 2, archived: 7, hidden: 7, marked_unread: 4, draft: { text: "", reply_to: 3, at: 50 } });
  const off = { archived: false, hidden: false, marked_unread: false, draft: { text: "" } };
  expect(changed({ rev: 3, archived: 7, hidden: 7, marked_unread: 4, draft: { text: "a", at: 1 } }, off, standing, 50)).toEqual({ rev: 3 });
});

test("of two views the later stays, whatever comes first; the log ends parts of it; it survives the program", () => {
  const row = new Row(9, ME);
  row.view(page(3, { rev: 2, muted_until: 10 }));
  expect(row.takeView({ rev: 1, pinned: 1 })).toBe(false);
  expect(row.takeView({ rev: 3, hidden: 3, pinned: 4 })).toBe(true);
  row.view(page(3, { rev: 2, muted_until: 10 }));
  expect(row.toConversation().view).toEqual({ rev: 3, hidden: 3, pinned: 4 });
  for (let seq = 1; seq <= 3; seq += 1) row.deliver(said(seq));
  const again = Row.restore(9, ME, JSON.parse(JSON.stringify(row.store(false))));
  expect(again.toConversation()).toEqual(row.toConversation());
  again.deliver(said(4));
  expect(again.toConversation().view).toEqual({ rev: 3, pinned: 4 });
  // A page where nobody made anything of it is of before.
  again.view(page(4));
  expect(again.toConversation().view).toEqual({ rev: 3, pinned: 4 });
  again.setWish({ pinned: 0 });
  expect(again.toConversation().view).toBeUndefined();
});

test("what is cleared is nobody's to read here any more, and not unread", () => {
  const row = new Row(9, ME);
  row.view({ ...page(4), unread: 4, me: { read: 0, delivered: 0 } });
  for (let seq = 1; seq <= 4; seq += 1) row.deliver(said(seq));
  expect(row.toConversation()).toMatchObject({ unread: 4, floor: 1 });
  row.takeView({ rev: 1, cleared: 3 });
  expect(row.toConversation()).toMatchObject({ unread: 1, since: 4, last: { seq: 4 } });
  expect(row.outdated).toBe(4);
  row.setFloor(4);
  expect(row.outdated).toBeNull();
  row.takeView({ rev: 2, cleared: 4 });
  expect(row.toConversation()).toMatchObject({ unread: 0, since: 5, last: null });
  row.setFloor(row.outdated!);
  const again = Row.restore(9, ME, JSON.parse(JSON.stringify(row.store(false))));
  expect(again.toConversation()).toEqual(row.toConversation());
  again.deliver(said(5));
  expect(again.toConversation()).toMatchObject({ unread: 1, floor: 5, since: 5 });
});

test("what is not kept goes, whether a push or a page says so, and a late page brings nothing back", () => {
  const row = new Row(9, ME);
  row.view({ ...page(4), unread: 4, me: { read: 0, delivered: 0 }, pins: [1, 3] });
  for (let seq = 1; seq <= 4; seq += 1) row.deliver(said(seq));
  expect(row.takeFloor(2)).toBe(true);
  expect(row.takeFloor(1)).toBe(false);
  expect(row.toConversation()).toMatchObject({ unread: 2, since: 3, gone: 2, pins: [3] });
  expect(row.outdated).toBe(3);
  row.setFloor(3);
  row.view({ ...page(4), unread: 4, me: { read: 0, delivered: 0 } });
  expect(row.toConversation()).toMatchObject({ since: 3, gone: 2 });
  row.view({ ...page(4), unread: 0, floor: 4, since: 5, me: { read: 0, delivered: 0 } });
  expect(row.toConversation()).toMatchObject({ unread: 0, since: 5, gone: 4, last: null });
  row.setFloor(row.outdated!);
  const again = Row.restore(9, ME, JSON.parse(JSON.stringify(row.store(false))));
  expect(again.toConversation()).toEqual(row.toConversation());
});

test("a list tells of what is not kept, and of the view", () => {
  const row = { conv: 9, head: 7, user: LI, floor: 3 };
  expect(viewOf(row, ME)).toMatchObject({ floor: 3, since: 4 });
  expect(viewOf({ ...row, view: { rev: 2, cleared: 5 } }, ME)).toMatchObject({ floor: 3, since: 6, view: { rev: 2, cleared: 5 } });
  expect(viewOf({ conv: 9, head: 7, user: LI }, ME).since).toBeUndefined();
});

test("what counts, and what draws no attention", () => {
  expect(counted({ unread: 3, view: { rev: 1, hidden: 2 } })).toBe(0);
  expect(counted({ unread: 3, view: { rev: 1, muted_until: 9, archived: 1 } })).toBe(3);
  expect([counted({ unread: 0, view: { rev: 1, marked_unread: 0 } }), counted({ unread: 2, view: { rev: 1, marked_unread: 0 } }), counted({ unread: 0 })]).toEqual([1, 2, 0]);
  expect([isQuiet({ view: { rev: 1, muted_until: 9 } }, 8), isQuiet({ view: { rev: 1, muted_until: 9 } }, 9), isQuiet({ view: { rev: 1, archived: 9 } }, 9)]).toEqual([true, false, true]);
});

test("changes are sent one after another, merged, and again after a break", () => {
  const views = new Views<string>();
  expect(views.set(1, { pinned: 5 }, "a")).toBe(true);
  expect(views.next(0)).toEqual({ conv: 1, change: { pinned: 5 } });
  views.set(1, { muted_until: 7 }, "b");
  views.set(1, { pinned: 6 }, "c");
  expect(views.next(0)).toBeNull();
  expect(views.wish(1)).toEqual({ pinned: 6, muted_until: 7 });
  views.disconnected();
  expect(views.next(0)).toEqual({ conv: 1, change: { pinned: 6, muted_until: 7 } });
  views.set(1, { hidden: true }, "d");
  expect(views.answered(1, { code: "rate_limited", message: "", retry_after_ms: 30 }, 100)).toEqual([]);
  expect([views.nextDeadline(), views.next(129)]).toEqual([130, null]);
  expect(views.next(130)).toEqual({ conv: 1, change: { pinned: 6, muted_until: 7, hidden: true } });
  views.set(1, { hidden: false }, "e");
  expect(views.answered(1, { code: "limit_reached", message: "" }, 140)).toEqual(["a", "b", "c", "d"]);
  expect(views.next(140)).toEqual({ conv: 1, change: { hidden: false } });
  expect(views.answered(1, null, 150)).toEqual(["e"]);
  expect([views.wish(1), views.nextDeadline()]).toEqual([null, null]);
  for (let conv = 1; conv <= 256; conv += 1) views.set(conv, { pinned: 1 }, "x");
  expect(views.set(300, { pinned: 1 }, "y")).toBe(false);
  expect(views.clear().length).toBe(256);
});
