/** What entries and syncs make of a group's row. */
import { expect, test } from "vitest";
import { Incoming } from "../../src/delivery/incoming/incoming.ts";
import type { IncomingAction } from "../../src/delivery/incoming/types.ts";
import { Row } from "../../src/engine/row.ts";
import { reach, wasIn } from "../../src/log.ts";
import { LIMITS } from "../../src/wire.gen.ts";
import type { ConversationView, Entry, GroupEvent, Synced } from "../../src/wire.gen.ts";

const [ME, LI, WANG] = [1, 2, 3];
const at = (user: number, seq: number) => ({ user, read: seq, delivered: seq });

function said(seq: number, from: number, event?: GroupEvent): Entry {
  const common = { conv: 9, seq, id: seq, from, at: seq, client_id: `c${seq}` };
  return event === undefined ? { ...common, kind: "message", body: { type: "text", text: "x" } } : { ...common, kind: "event", event };
}

function view(head: number, more: Partial<ConversationView> = {}): ConversationView {
  const group = { name: "雁群", post: "all", invite: "all", role: "member" };
  const members = [at(ME, head), at(LI, head)];
  return { conv: 9, kind: "group", head, unread: 0, me: { read: head, delivered: head }, size: 2, group, members, entries: [], ...more };
}

test("a group that begins by a push is whole before any sync", () => {
  const row = new Row(9, ME);
  row.deliver(said(1, LI, { type: "created", name: "雁群", users: [ME, WANG] }));
  expect(row.toConversation()).toMatchObject({
    kind: "group", size: 3, unread: 0, members: [at(LI, 1), at(ME, 1), at(WANG, 1)],
    group: { name: "雁群", post: "all", invite: "all", role: "member" }, last: { kind: "event" },
  });
  row.deliver(said(2, LI));
  expect(row.toConversation().unread).toBe(1);
});

test("changes come as entries, and older ones undo nothing that a sync has told", () => {
  const row = new Row(9, ME);
  row.view(view(5));
  row.deliver(said(4, LI, { type: "renamed", name: "before" }));
  row.deliver(said(5, LI, { type: "removed", users: [ME] }));
  expect(row.toConversation()).toMatchObject({ size: 2, group: { name: "雁群" } });
  expect("left" in row.toConversation()).toBe(false);
  const events: GroupEvent[] = [
    { type: "renamed", name: "大雁" }, { type: "described", description: "南飞" }, { type: "post_set", post: "admins" },
    { type: "invite_set", invite: "admins" }, { type: "role", user: ME, role: "admin" }, { type: "added", users: [WANG] },
  ];
  events.forEach((event, index) => row.deliver(said(6 + index, LI, event)));
  const now = { name: "大雁", description: "南飞", post: "admins", invite: "admins", role: "admin" };
  expect(row.toConversation()).toMatchObject({ group: now, size: 3, members: [at(ME, 5), at(LI, 5), at(WANG, 11)] });
  row.deliver(said(12, LI, { type: "role", user: ME, role: "owner" }));
  row.deliver(said(13, ME, { type: "role", user: LI, role: "owner" }));
  row.deliver(said(14, WANG, { type: "left" }));
  row.deliver(said(15, LI, { type: "described", description: "" }));
  expect(row.toConversation()).toMatchObject({ size: 2, group: { role: "admin" } });
  expect("description" in row.toConversation().group!).toBe(false);
  // Of who has gone, a late receipt tells nothing.
  expect(row.move(WANG, 15, 15)).toBe(false);
  const again = Row.restore(9, ME, JSON.parse(JSON.stringify(row.store(false))));
  expect(again.toConversation()).toEqual(row.toConversation());
});

test("a page that was written before entries that have come undoes nothing of them", () => {
  const row = new Row(9, ME);
  row.deliver(said(1, LI, { type: "created", name: "雁群", users: [ME, WANG] }));
  row.deliver(said(2, LI, { type: "renamed", name: "大雁" }));
  row.deliver(said(3, LI, { type: "removed", users: [WANG] }));
  row.view(view(1, { size: 3, members: [at(ME, 1), at(LI, 1), at(WANG, 1)] }));
  expect(row.toConversation()).toMatchObject({ head: 3, size: 2, group: { name: "大雁" }, members: [{ user: LI }, { user: ME }] });
  row.deliver(said(4, LI, { type: "added", users: [WANG] }));
  row.view({ ...view(3), left: true });
  expect("left" in row.toConversation()).toBe(false);
});

test("pins follow the log, an older page undoes nothing, and a conversation of two stays one", () => {
  const row = new Row(9, ME);
  const { group: _, ...direct } = view(3, { kind: "direct", pins: [1, 2] });
  row.view(direct);
  for (let seq = 1; seq <= 3; seq += 1) row.deliver(said(seq, LI));
  row.deliver(said(4, LI, { type: "pinned", target: 3 }));
  row.deliver(said(5, LI, { type: "unpinned", target: 1 }));
  row.deliver({ ...said(6, LI), kind: "recall", target: 2 });
  row.view(direct);
  expect(row.toConversation()).toMatchObject({ kind: "direct", pins: [3] });
  const again = Row.restore(9, ME, JSON.parse(JSON.stringify(row.store(false))));
  expect(again.toConversation()).toEqual(row.toConversation());
  again.view({ ...direct, head: 9, pins: [7] });
  expect(again.toConversation().pins).toEqual([7]);
});

test.each<GroupEvent>([{ type: "removed", users: [ME] }, { type: "disbanded" }])("it ends with %o, and begins again", (event) => {
  const row = new Row(9, ME);
  row.view(view(5));
  for (let seq = 4; seq <= 5; seq += 1) row.deliver(said(seq, LI));
  row.deliver(said(6, LI));
  row.deliver(said(7, LI, event));
  expect(row.toConversation()).toMatchObject({ left: true, unread: 0, head: 7, group: { name: "雁群" } });
  const again = Row.restore(9, ME, JSON.parse(JSON.stringify(row.store(false))));
  expect(again.toConversation()).toEqual(row.toConversation());
  again.deliver(said(8, LI, { type: "added", users: [ME] }));
  again.deliver(said(9, LI));
  expect("left" in again.toConversation()).toBe(false);
  expect(again.toConversation()).toMatchObject({ unread: 1, group: { role: "member" } });
});

test("who leaves is out with the own entry, and a sync tells who was away", () => {
  const left = new Row(9, ME);
  left.view(view(1));
  left.deliver(said(2, ME, { type: "left" }));
  expect(left.toConversation()).toMatchObject({ left: true });
  const away = new Row(9, ME);
  away.view(view(3, { unread: 2 }));
  away.deliver(said(3, LI));
  away.view({ conv: 9, kind: "group", head: 8, unread: 0, me: { read: 8, delivered: 8 }, size: 0, left: true, members: [], entries: [] });
  expect(away.toConversation()).toMatchObject({ left: true, head: 3, unread: 0, group: { name: "雁群" }, size: 2 });
});

test("who came later is no reader of what was said before", () => {
  const row = new Row(9, ME);
  row.view(view(1));
  row.deliver(said(2, ME));
  // A sync tells of the newcomer before the entry does.
  row.view(view(3, { size: 3, members: [at(ME, 2), at(LI, 1), at(WANG, 3)] }));
  expect(reach(row.toConversation(), ME, 2)).toBe("sent");
  row.deliver(said(3, LI, { type: "added", users: [WANG] }));
  row.move(LI, 2, 2);
  const shown = row.toConversation();
  expect([shown.members!.map((member) => wasIn(member, 2)), reach(shown, ME, 2)]).toEqual([[true, true, false], "read"]);
  const again = Row.restore(9, ME, JSON.parse(JSON.stringify(row.store(false))));
  again.deliver(said(4, ME));
  expect(reach(again.toConversation(), ME, 4)).toBe("sent");
  again.view(view(4, { size: 3, members: [at(ME, 4), at(LI, 4), at(WANG, 4)] }));
  expect([reach(again.toConversation(), ME, 4), wasIn(again.toConversation().members![2]!, 2)]).toEqual(["read", false]);
});

test("a larger group counts who comes and goes, and tells its members as long as they are few", () => {
  const row = new Row(9, ME);
  const few = Array.from({ length: LIMITS.MEMBERS_TOLD }, (_, index) => at(index + 1, 0));
  row.view(view(1, { size: few.length, members: few }));
  row.deliver(said(2, LI, { type: "added", users: [900] }));
  expect(row.toConversation().size).toBe(LIMITS.MEMBERS_TOLD + 1);
  expect("members" in row.toConversation()).toBe(false);
  row.deliver(said(3, LI, { type: "removed", users: [900, 5] }));
  expect(row.toConversation().size).toBe(LIMITS.MEMBERS_TOLD - 1);
});

test("nothing is asked for of a group that one has left, nor all that was said before one came", () => {
  const out: IncomingAction[] = [];
  const incoming = new Incoming();
  const synced = (...conversations: ConversationView[]): Synced => ({ conversations, users: [], total_unread: 0, cursor: "c", more: false });
  incoming.connected(ME, 0, out);
  incoming.synced(synced(view(2, { entries: [said(1, LI), said(2, LI)] })), 1, out);
  expect(incoming.isCaughtUp).toBe(true);
  incoming.disconnected();
  incoming.connected(ME, 2, out);
  out.length = 0;
  const old = { ...view(5000), conv: 10, entries: [{ ...said(4999, LI), conv: 10 }, { ...said(5000, LI), conv: 10 }] };
  const never = { ...view(7, { left: true }), conv: 11 };
  incoming.synced(synced(view(6, { left: true }), old, never), 3, out);
  incoming.tick(10_000, out);
  expect(out.filter(({ kind }) => kind === "fetch")).toEqual([]);
  expect(incoming.isCaughtUp).toBe(true);
  expect(out.flatMap((one) => (one.kind === "conversation" ? [one.view.conv] : []))).toEqual([9, 10]);
  expect(incoming.held(10)).toBe(5000);
});
