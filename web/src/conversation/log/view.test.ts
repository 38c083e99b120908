import { describe, expect, test, vi } from "vitest";
import type { Entry, Outgoing } from "@hongyan/client";
import { edit, MadeUp, ME, message, messages } from "./testing.ts";
import { LogView, MOST, PAGE, RESTING } from "./view.ts";

function viewOf(source: MadeUp): LogView {
  return new LogView(source, () => source.facts(), () => ME, []);
}
const range = (view: LogView): [number, number] => [view.window()!.first, view.window()!.last];

describe("opening", () => {
  test("at the end when everything is read", async () => {
    const source = new MadeUp(messages(1, 1000));
    source.read = 1000;
    const view = viewOf(source);
    await view.open();
    expect([range(view), view.atEnd(), view.newFrom(), view.spot]).toEqual([[1001 - PAGE, 1000], true, null, { kind: "end" }]);
  });

  test("at the first unread message, with the divider above it", async () => {
    const source = new MadeUp(messages(1, 1000).map((entry) => (entry.seq === 501 ? { ...entry, from: ME } : entry)));
    source.read = 500;
    const view = viewOf(source);
    await view.open();
    expect(view.newFrom()).toBe(502);
    expect(view.spot).toMatchObject({ kind: "row", key: "new" });
    expect([view.window()!.first < 501, view.atEnd()]).toEqual([true, false]);
  });

  test("at the end when the unread ones cannot be had", async () => {
    const source = new MadeUp(messages(1, 1000), 900);
    source.offline = true;
    const view = viewOf(source);
    await view.open();
    expect([range(view)[1], view.spot.kind, view.trouble()]).toEqual([1000, "end", null]);
  });

  test("at a message, loading what is around it", async () => {
    const source = new MadeUp(messages(1, 1000), 900);
    source.read = 1000;
    const view = viewOf(source);
    await view.open(200);
    const [first, last] = range(view);
    expect(first < 200 && last > 200 && !view.atEnd()).toBe(true);
    expect(view.wish()).toEqual({ kind: "seq", seq: 200 });
    await view.goToEnd();
    expect([range(view)[1], view.atEnd()]).toEqual([1000, true]);
  });

  test("at the end where it is asked for what is not there, and there when it is", async () => {
    const source = new MadeUp(messages(1, 100));
    source.read = 100;
    const view = viewOf(source);
    await view.open(101);
    expect([range(view)[1], view.atEnd(), view.spot, view.missing()]).toEqual([100, true, { kind: "end" }, 101]);
    view.arrive([message(101)], true);
    source.log.push(message(101));
    view.resume();
    await vi.waitFor(() => expect(view.wish()).toEqual({ kind: "seq", seq: 101 }));
    expect(view.missing()).toBeNull();
    await view.open(99_999);
    expect([range(view)[1], view.missing()]).toEqual([101, 99_999]);
    view.dismiss();
    expect(view.missing()).toBeNull();
  });

  test("where it was left, when nothing is unread", async () => {
    const source = new MadeUp(messages(1, 1000));
    source.read = 1000;
    const view = viewOf(source);
    await view.open(200);
    view.spot = { kind: "row", key: "seq:210", offset: 12 };
    const before = view.window();
    await view.open();
    expect([view.window(), view.wish()]).toEqual([before, { kind: "row", key: "seq:210", offset: 12 }]);
  });

  test("an empty log", async () => {
    const view = viewOf(new MadeUp([]));
    await view.open();
    expect([view.window()!.messages, view.atEnd()]).toEqual([[], true]);
  });
});

describe("growing", () => {
  test("upwards to the beginning, never beyond the bound; then down again to the end", async () => {
    const source = new MadeUp(messages(1, 1000));
    source.read = 1000;
    const view = viewOf(source);
    await view.open();
    for (let step = 0; step < 30; step += 1) {
      await view.older();
      expect(view.window()!.messages.length).toBeLessThanOrEqual(MOST);
    }
    expect([range(view)[0], view.atEnd()]).toEqual([1, false]);
    for (let step = 0; step < 30; step += 1) await view.newer();
    expect([range(view)[1], view.atEnd()]).toEqual([1000, true]);
    expect(view.window()!.messages.length).toBeLessThanOrEqual(MOST);
  });

  test("upwards as far as one may read, which is asked about once", async () => {
    const source = new MadeUp(messages(1, 100), 90);
    source.read = 100;
    source.since = 60;
    const view = viewOf(source);
    await view.open();
    for (let step = 0; step < 5; step += 1) await view.older();
    expect(range(view)[0]).toBe(60);
    const { asked } = source;
    await view.older();
    expect(source.asked).toBe(asked);
  });

  test("what was cleared goes from the window, and is not asked for again", async () => {
    const source = new MadeUp(messages(1, 100));
    source.read = 100;
    const view = viewOf(source);
    await view.open();
    source.since = 91;
    view.cut();
    await view.older();
    expect(view.window()!.messages.map(({ seq }) => seq)).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
    source.since = 101;
    view.cut();
    expect([view.window()!.messages, view.atEnd()]).toEqual([[], true]);
    view.arrive([message(101)], true);
    expect(range(view)).toEqual([101, 101]);
  });

  test("opened while it was read no further than what was cleared since", async () => {
    const source = new MadeUp(messages(1, 1));
    source.since = source.floor = 2;
    source.log.push(message(2));
    const view = viewOf(source);
    await view.open();
    expect([range(view), view.atEnd()]).toEqual([[2, 2], true]);
    expect(view.newFrom()).toBe(2);
  });

  test("what was cleared while the log was being got goes as well, and what comes next joins on", async () => {
    const source = new MadeUp([]);
    const view = viewOf(source);
    await view.open();
    source.log.push(message(1), message(2));
    source.since = source.floor = 3;
    view.cut();
    expect([range(view), view.atEnd()]).toEqual([[3, 2], true]);
    source.log.push(message(3));
    view.arrive([message(3)], true);
    expect(range(view)).toEqual([3, 3]);
  });

  test("what comes while something is being got is brought in after that, though nothing can be scrolled", async () => {
    const source = new MadeUp(messages(1, 1));
    source.read = 1;
    source.since = source.floor = 2;
    const view = viewOf(source);
    await view.open();
    // The list knows of more than the device has.
    let give = (_: Entry[]): void => {};
    const facts = source.facts.bind(source);
    source.facts = () => ({ ...facts(), head: 2, held: 2 });
    source.cached = () => new Promise((resolve) => (give = resolve));
    source.offline = true;
    view.resume();
    await vi.waitFor(() => expect(view.loading()).toBe("newer"));
    view.resume();
    source.cached = () => Promise.resolve([message(2)]);
    give([]);
    await vi.waitFor(() => expect(range(view)).toEqual([2, 2]));
  });

  test("over pages that hold nothing but edits", async () => {
    const edits = Array.from({ length: 3 * PAGE }, (_, at) => edit(11 + at, 1, `${at}`));
    const log = [...messages(1, 10), ...edits, ...messages(11 + edits.length, 10 + edits.length + PAGE)];
    const source = new MadeUp(log);
    source.read = log.length;
    const view = viewOf(source);
    await view.open();
    await view.older();
    expect(view.window()!.messages.some((one) => one.seq <= 10)).toBe(true);
  });

  test("a page that fails is told, and can be asked for again", async () => {
    const source = new MadeUp(messages(1, 100), 80);
    source.read = 100;
    source.offline = true;
    const view = viewOf(source);
    await view.open();
    await view.older();
    await view.older();
    expect([view.trouble(), range(view)[0]]).toEqual(["older", 80]);
    source.offline = false;
    await view.older();
    expect([view.trouble(), range(view)[0] < 80]).toEqual([null, true]);
  });

  test("a page that comes after the window began anew is dropped", async () => {
    const source = new MadeUp(messages(1, 1000));
    source.read = 1000;
    const view = viewOf(source);
    await view.open();
    const late = view.older();
    await view.open(100);
    await late;
    expect(range(view)[1]).toBeLessThan(200);
  });
});

describe("what arrives", () => {
  async function opened(): Promise<{ source: MadeUp; view: LogView }> {
    const source = new MadeUp(messages(1, 100));
    source.read = 100;
    const view = viewOf(source);
    await view.open();
    return { source, view };
  }

  test("joins on at the end, in bounds", async () => {
    const { source, view } = await opened();
    for (let seq = 101; seq <= 1000; seq += 1) {
      source.log.push(message(seq));
      view.arrive([message(seq)], true);
    }
    expect([range(view)[1], view.atEnd(), view.newFrom()]).toEqual([1000, true, null]);
    expect(view.window()!.messages.length).toBeLessThanOrEqual(MOST + PAGE);
  });

  test("is left out when the list stands elsewhere and is full, but for changes", async () => {
    const { source, view } = await opened();
    view.spot = { kind: "row", key: "seq:90", offset: 0 };
    for (let seq = 101; seq <= 400; seq += 1) {
      source.log.push(message(seq));
      view.arrive([message(seq)], true);
    }
    expect([view.window()!.messages.length <= MOST, view.atEnd()]).toEqual([true, false]);
    view.arrive([edit(401, 90, "changed")], true);
    expect(view.window()!.messages.find((one) => one.seq === 90)?.body?.text).toBe("changed");
  });

  test("gets the divider when nobody looks", async () => {
    const { view } = await opened();
    view.arrive([message(101, { from: ME }), message(102), message(103)], false);
    expect(view.newFrom()).toBe(102);
    view.arrive([message(104)], false);
    expect(view.newFrom()).toBe(102);
  });

  test("gets another divider at each absence, above the first that was not read", async () => {
    const { source, view } = await opened();
    const arrive = (seq: number, seen: boolean): void => {
      source.log.push(message(seq));
      view.arrive([message(seq)], seen);
    };
    arrive(101, false);
    arrive(102, true);
    source.read = 102;
    arrive(103, true);
    expect(view.newFrom(), "it stays while nobody answers").toBe(101);
    arrive(104, false);
    expect(view.newFrom()).toBe(103);
  });

  test("loses the divider when it is answered, here or elsewhere", async () => {
    const { view } = await opened();
    view.arrive([message(101)], false);
    view.submitted({ outgoing: { clientId: "a", state: "waiting", at: 0, append: { type: "recall", conv: 1, seq: 1, client_id: "a" } }, state: "waiting" });
    expect(view.newFrom()).toBe(101);
    const body = { type: "text", text: "x" };
    view.submitted({ outgoing: { clientId: "b", state: "waiting", at: 0, append: { type: "send", conv: 1, client_id: "b", body } }, state: "waiting" });
    expect(view.newFrom()).toBeNull();
    view.arrive([message(102)], false);
    view.arrive([message(103, { from: ME })], false);
    expect(view.newFrom()).toBeNull();
    view.arrive([message(104)], false);
    expect(view.newFrom()).toBe(104);
  });

  test("with a hole is not shown, and the hole is filled", async () => {
    const { source, view } = await opened();
    source.log.push(...messages(101, 105));
    view.arrive([message(105)], true);
    expect([range(view)[1], view.atEnd()]).toEqual([100, false]);
    await view.newer();
    expect([range(view)[1], view.atEnd()]).toEqual([105, true]);
  });
});

test("what the live entries left out is brought in, and echoes stay meanwhile", async () => {
  const source = new MadeUp(messages(1, 100));
  source.read = 100;
  const view = viewOf(source);
  await view.open();
  source.log.push(...messages(101, 103));
  source.read = 103;
  view.resume();
  expect([range(view)[1], view.atEnd()]).toEqual([100, true]);
  await vi.waitFor(() => expect([range(view)[1], view.atEnd()]).toEqual([103, true]));
});

test("the outbox of a place: updated, settled, discarded", () => {
  const view = viewOf(new MadeUp([]));
  const one = (clientId: string, state: Outgoing["state"]): Outgoing => ({
    clientId, state, at: 0, append: { type: "send", conv: 1, client_id: clientId, body: { type: "text", text: "x" } },
  });
  view.submitted({ outgoing: one("a", "waiting"), state: "waiting" });
  view.submitted({ outgoing: one("b", "waiting"), state: "waiting" });
  view.submitted({ outgoing: one("a", "sending"), state: "sending" });
  expect(view.outgoing().map(({ clientId, state }) => [clientId, state])).toEqual([["a", "sending"], ["b", "waiting"]]);
  view.submitted({ outgoing: one("a", "sent"), state: "settled" });
  view.submitted({ outgoing: one("b", "failed"), state: "discarded" });
  expect(view.outgoing()).toEqual([]);
});

describe("resting", () => {
  async function grown(): Promise<LogView> {
    const source = new MadeUp(messages(1, 1000));
    source.read = 1000;
    const view = viewOf(source);
    await view.open();
    while (view.window()!.messages.length < MOST) await view.older();
    return view;
  }

  test("at the end, the last messages stay", async () => {
    const view = await grown();
    view.rest();
    expect([range(view), view.atEnd()]).toEqual([[1001 - RESTING, 1000], true]);
    view.rest();
    expect(range(view)).toEqual([1001 - RESTING, 1000]);
  });

  test("elsewhere, what is around the place", async () => {
    const view = await grown();
    view.spot = { kind: "row", key: "seq:850", offset: 12 };
    view.rest();
    const [first, last] = range(view);
    expect([first < 850 && last > 850, view.window()!.messages.length, view.atEnd()]).toEqual([true, RESTING, false]);
    // And the rest is a page away.
    await view.newer();
    expect(range(view)[1]).toBe(last + PAGE);
  });
});
