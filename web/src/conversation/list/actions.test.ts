import { expect, test } from "vitest";
import { makeRows } from "../log/rows.ts";
import type { MessageRow } from "../log/rows.ts";
import { ME, message } from "../log/testing.ts";
import { actionsFor, quickFor } from "./actions.ts";

const on = { canWrite: true, canRecall: true, canRecallOthers: false, reply() {}, copy() {}, forward() {}, select() {}, edit() {}, recall() {}, again() {}, isPinned: () => null, pin() {}, canReact: true, react() {}, otherReaction() {}, reactors() {}, readers: null, resend() {}, discard() {} };
const own = { from: ME, client_id: "a" };

function row(more: Parameters<typeof message>[1]): MessageRow {
  const rows = makeRows({ me: ME, messages: [message(1, more)], outgoing: [], atEnd: true, newFrom: null }, new Map());
  return [...rows.values()].find((one): one is MessageRow => one.kind === "message")!;
}
const offered = (of: MessageRow): string[] => actionsFor(of, on).map((action) => action.icon);

test("only what can succeed is offered", () => {
  expect(offered(row({}))).toEqual(["reply", "copy", "forward", "select"]);
  expect(offered(row(own))).toEqual(["reply", "copy", "forward", "edit", "select", "undo"]);
  expect(offered(row({ ...own, recalled_by: 2 }))).toEqual([]);
  expect(offered(row({ body: { type: "poll" } }))).toEqual([]);
  expect(offered({ ...row(own), seq: null, local: "sending" })).toEqual(["copy"]);
  expect(offered({ ...row(own), seq: null, local: "waiting" })).toEqual(["copy", "trash"]);
  expect(offered({ ...row(own), seq: null, local: "failed" })).toEqual(["copy", "retry", "trash"]);
});

test("where more than one can read, who did can be asked", () => {
  const asked: string[] = [];
  const inGroup = { ...on, readers: (of: MessageRow) => void asked.push(of.key) };
  expect(actionsFor(row({}), inGroup).map((one) => one.icon)).toEqual(["reply", "copy", "forward", "select"]);
  const actions = actionsFor(row(own), inGroup);
  expect(actions.map((one) => one.icon)).toEqual(["reply", "copy", "forward", "edit", "check-double", "select", "undo"]);
  actions[4]!.onSelect();
  expect(asked).toEqual(["own:a"]);
});

test("an admin of a group takes back what others wrote, and changes nothing of it", () => {
  const asAdmin = { ...on, canRecallOthers: true };
  expect(actionsFor(row({}), asAdmin).map((one) => one.icon)).toEqual(["reply", "copy", "forward", "select", "undo"]);
  expect(actionsFor(row({ recalled_by: 2 }), asAdmin)).toEqual([]);
});

test("a message that is about to change is not changed again", () => {
  const change = { kind: "edit", text: "x", clientId: "e", state: "sending", failure: null } as const;
  expect(offered({ ...row(own), change })).toEqual(["reply", "copy", "forward", "select"]);
});

test("where one may not write, nothing that would be said is offered; where one is no member, nothing is taken back", () => {
  const icons = (canRecall: boolean) => actionsFor(row(own), { ...on, canWrite: false, canRecall }).map((action) => action.icon);
  expect(icons(true)).toEqual(["copy", "forward", "select", "undo"]);
  expect(icons(false)).toEqual(["copy", "forward", "select"]);
});

test("what one reacted with is taken back by the same press; nothing is offered for what is not there", () => {
  const set: [string, boolean][] = [];
  const reacting = { ...on, react: (_row: MessageRow, value: string, isOn: boolean) => void set.push([value, isOn]) };
  const at = () => ({ x: 0, y: 0 });
  const quick = quickFor(row({}), reacting, [{ value: "👍", count: 2, mine: true }, { value: "🎉", count: 1 }], at)!;
  for (const sign of ["👍", "🎉"]) quick.find((one) => one.sign === sign)!.onSelect();
  expect(set).toEqual([["👍", false], ["🎉", true]]);
  expect(quickFor(row({ recalled_by: 2 }), reacting, [], at)).toBeUndefined();
  expect(quickFor({ ...row(own), seq: null, local: "sending" }, reacting, [], at)).toBeUndefined();
  expect(quickFor(row({}), { ...reacting, canReact: false }, [], at)).toBeUndefined();
  expect(actionsFor(row({}), on, [{ value: "👍", count: 2 }]).map((one) => one.icon)).toEqual(["reply", "copy", "forward", "smile", "select"]);
});

test("who may pin takes a pin away by the same entry", () => {
  const pinned: boolean[] = [];
  const pinning = (now: boolean) => ({ ...on, isPinned: () => now, pin: (_row: MessageRow, isOn: boolean) => void pinned.push(isOn) });
  for (const now of [false, true]) actionsFor(row({}), pinning(now)).find((one) => one.icon === "pin")!.onSelect();
  expect(pinned).toEqual([true, false]);
  expect(actionsFor(row({ recalled_by: 2 }), pinning(true))).toEqual([]);
});
