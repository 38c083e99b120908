/** Acks gather, and none is lost while it does. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { Change } from "../../src/storage/storage.ts";
import { Line, online, stopTime, throttle } from "./line.ts";

/** What the client may wait with an ack, in ms. */
const GATHER = 50;
/** From one write to the next, where nobody waits for it, in ms. */
const PAUSE = 40;
const MINUTE = 60_000;

beforeEach(stopTime);
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** The line of an engine that is online, and has acked the first entry of conversations 1 and 2. What it asks
 * about new ones it has asked. */
async function acquainted(): Promise<{ engine: Engine; line: Line }> {
  const engine = await online();
  const line = Line.opened[0]!;
  line.push(1, 1);
  line.push(2, 1);
  await pass(2_000);
  line.frames.length = 0;
  return { engine, line };
}

test("go together, one for each conversation, counted from the first that is owed", async () => {
  const { engine, line } = await acquainted();
  for (let seq = 2; seq <= 5; seq += 1) {
    line.push(1, seq);
    line.push(2, seq);
    await pass(10);
  }
  expect(line.acks).toEqual([]);
  await pass(GATHER - 40);
  expect(line.acks).toEqual([[1, 5], [2, 5]]);
  await pass(MINUTE);
  expect(line.acks).toHaveLength(2);
  await engine.close();
});

test("do not wait once many entries of one conversation are owed one", async () => {
  const { engine, line } = await acquainted();
  for (let seq = 2; seq <= 32; seq += 1) line.push(1, seq);
  for (let seq = 2; seq <= 32; seq += 1) line.push(2, seq);
  await pass(1);
  expect(line.acks).toEqual([]);
  line.push(1, 33);
  await pass(PAUSE);
  expect(line.acks).toEqual([[1, 33], [2, 32]]);
  await engine.close();
});

test("go along with what is sent anyway", async () => {
  const { engine, line } = await acquainted();
  line.push(1, 2);
  await pass(1);
  engine.read(1, 2);
  expect(line.frames).toMatchObject([{ type: "read", seq: 2 }, { type: "ack", seq: 2 }]);

  line.push(1, 3);
  await pass(PAUSE);
  engine.wake();
  expect(line.frames.slice(2)).toMatchObject([{ type: "ping" }, { type: "ack", seq: 3 }]);
  await engine.close();
});

test("an entry that comes again is acked again", async () => {
  const { engine, line } = await acquainted();
  line.push(1, 1);
  await pass(GATHER);
  expect(line.acks).toEqual([[1, 1]]);
  await engine.close();
});

test("tell of nothing that is not kept yet", async () => {
  const storage = new SlowStorage();
  const engine = await online(storage);
  const line = Line.opened[0]!;
  storage.isHeld = true;
  line.push(1, 1);
  await pass(2 * GATHER);
  engine.wake();
  await pass(1);
  expect(line.acks).toEqual([]);
  storage.release();
  await pass(GATHER);
  expect(line.acks).toEqual([[1, 1]]);
  await engine.close();
});

test("flow though entries never cease and each write takes its time", async () => {
  const engine = await online(new TakingStorage(30));
  const line = Line.opened[0]!;
  for (let seq = 1; seq <= 1000; seq += 1) {
    line.push(1, seq);
    await pass(10);
    // The server pushes only so many without an ack, and again what is not acked for 5 s.
    if (seq % 50 === 0) expect(line.acks.at(-1)?.[1], `after ${seq}`).toBeGreaterThan(seq - 50);
  }
  expect(line.acks.length).toBeLessThan(300);
  const closed = engine.close();
  await pass(100);
  await closed;
});

test("survive a connection that breaks, and go at once on the next", async () => {
  const { engine, line } = await acquainted();
  line.push(1, 2);
  await pass(1);
  line.break();
  expect(line.acks).toEqual([]);
  await vi.waitFor(() => expect(Line.opened[1]?.frames.map(({ type }) => type)).toEqual(["hello", "ack", "ack", "sync"]));
  // Those that may have been lost with the connection go with it.
  expect(Line.opened[1]?.acks).toEqual([[1, 2], [2, 1]]);
  await engine.close();
});

test("go before the end of the connection", async () => {
  const { engine, line } = await acquainted();
  line.push(1, 2);
  await pass(1);
  expect(line.acks).toEqual([]);
  await engine.close();
  expect(line.acks).toEqual([[1, 2]]);
});

test("survive the end of the program", async () => {
  const storage = new MemoryStorage();
  await online(storage);
  Line.opened[0]!.push(1, 1);
  await pass(PAUSE);
  // As a crash does: nobody says goodbye, and no time passes any more for the first one.
  Line.opened[0]!.readyState = 3;
  const engine = await online(storage);
  expect(Line.opened[1]!.acks).toEqual([[1, 1]]);
  await engine.close();
});

test("do not wait where timers come a minute late", async () => {
  const { engine, line } = await acquainted();
  engine.setVisible(false);
  throttle(Date.now() + 5 * MINUTE);
  await pass(6 * MINUTE);
  line.push(1, 2);
  await pass(1);
  expect(line.acks).toEqual([[1, 2]]);
  await engine.close();
});

test("a message is on its way soon, though entries never cease and each write takes its time", async () => {
  const engine = await online(new TakingStorage(30));
  const line = Line.opened[0]!;
  let submitted: Promise<void> | undefined;
  for (let seq = 1; seq <= 100; seq += 1) {
    line.push(1, seq);
    if (seq === 50) {
      const body = { type: "text", text: "hello" } as const;
      submitted = engine.submit({ clientId: "own", append: { type: "send", conv: 1, client_id: "own", body }, at: 0, state: "waiting" });
    }
    await pass(10);
  }
  expect(line.frames).toContainEqual(expect.objectContaining({ type: "send", client_id: "own" }));
  await submitted;
  const closed = engine.close();
  await pass(100);
  await closed;
});

test("and what is kept leaves the storage free in between, for those who read", async () => {
  const storage = new CountingStorage();
  const engine = await online(storage);
  const line = Line.opened[0]!;
  await pass(1_000);
  storage.writes = 0;
  for (let seq = 1; seq <= 100; seq += 1) {
    line.push(1, seq);
    await pass(10);
  }
  expect(storage.writes).toBeLessThanOrEqual(1_000 / PAUSE + 1);
  // Nobody looks: a timer could come a minute late.
  engine.setVisible(false);
  await pass(1_000);
  storage.writes = 0;
  for (let seq = 101; seq <= 110; seq += 1) {
    line.push(1, seq);
    await pass(1);
  }
  expect(storage.writes).toBeGreaterThanOrEqual(10);
  await engine.close();
});

/** Counts writes. */
class CountingStorage extends MemoryStorage {
  writes = 0;

  override async write(changes: Change[]): Promise<void> {
    this.writes += 1;
    await super.write(changes);
  }
}

/** Writes that take so many ms each. */
class TakingStorage extends MemoryStorage {
  readonly #ms: number;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  override async write(changes: Change[]): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#ms));
    await super.write(changes);
  }
}

/** Writes that can be made to wait. */
class SlowStorage extends MemoryStorage {
  isHeld = false;
  release: () => void = () => {};

  override async write(changes: Change[]): Promise<void> {
    if (this.isHeld) await new Promise<void>((resolve) => (this.release = resolve));
    this.isHeld = false;
    await super.write(changes);
  }
}
