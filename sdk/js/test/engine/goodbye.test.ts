/** A server that says when to come back. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Line, online, stopTime } from "./line.ts";

const MINUTE = 60_000;

beforeEach(stopTime);
afterEach(() => vi.useRealTimers());

const ENDS: [how: string, end: (line: Line) => void][] = [
  ["that closes", (line) => line.onclose({ code: 4104, reason: "shutdown" })],
  ["whose close never arrives", (line) => line.break()],
];

test.each(ENDS)("a server %s is left alone for as long as it asked, though somebody looks", async (_, end) => {
  const engine = await online();
  engine.setVisible(true);
  const [line] = Line.opened;
  const until = Date.now() + 4 * MINUTE;
  line!.say({ type: "bye", code: "shutdown", retry_after_ms: 4 * MINUTE });
  end(line!);
  const reason = { kind: "closed", code: 4104, text: "shutdown" };
  expect(engine.connection).toMatchObject({ kind: "waiting", reason, retryAt: until });
  await vi.advanceTimersByTimeAsync(4 * MINUTE - 1);
  expect(Line.opened).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(Line.opened).toHaveLength(2);
  await engine.close();
});

test("a goodbye that this version does not know is waited for all the same", async () => {
  const engine = await online();
  const [line] = Line.opened;
  line!.say({ type: "bye", code: "of_a_newer_server", retry_after_ms: MINUTE });
  line!.break();
  expect(engine.connection).toMatchObject({ kind: "waiting", reason: { kind: "broken" }, retryAt: Date.now() + MINUTE });
  await engine.close();
});

test("a connection that breaks without a goodbye is tried again soon", async () => {
  const engine = await online();
  Line.opened[0]!.break();
  expect(engine.connection).toMatchObject({ kind: "waiting", reason: { kind: "broken" } });
  await vi.advanceTimersByTimeAsync(2_500);
  expect(Line.opened.length).toBeGreaterThan(1);
  await engine.close();
});
