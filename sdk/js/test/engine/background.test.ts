/** A page that nobody looks at: its timers run once a minute, and its connection lives on all the same. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Engine } from "../../src/engine/engine.ts";
import type { WebSocketClass } from "../../src/engine/link.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { ClientFrame } from "../../src/wire.gen.ts";

const MINUTE = 60_000;
const FIRST = 25_000;
const TIMEOUT = 10_000;
/** What the server allows beyond the interval and the client's time-out. */
const GRACE = 15_000;

/** The server's half of one connection, reduced to the heartbeat: the interval grows by a quarter with each
 * ping, up to five minutes, and silence for longer is the end. */
class Line {
  static opened: Line[] = [];
  readyState = 1;
  onopen: () => void = () => {};
  onmessage: (event: { data: string }) => void = () => {};
  onclose: (event: { code: number; reason: string }) => void = () => {};
  onerror: () => void = () => {};
  interval = FIRST;
  heard = Date.now();
  /** The longest silence as a share of what was allowed. */
  worst = 0;
  pings = 0;

  constructor() {
    Line.opened.push(this);
    queueMicrotask(() => this.onopen());
  }

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    this.worst = Math.max(this.worst, (Date.now() - this.heard) / (this.interval + TIMEOUT + GRACE));
    this.heard = Date.now();
    const { req } = frame;
    if (frame.type === "hello") {
      this.#say({ type: "welcome", req, user: { id: 1, login: "a", name: "A" }, session: 1, server: "line/1", server_time: 0,
        heartbeat: { interval_ms: FIRST, timeout_ms: TIMEOUT },
        limits: { frame_bytes: 1, text_bytes: 1, requests: 1, unacked_entries: 1 } });
    } else if (frame.type === "sync") {
      this.#say({ type: "synced", req, conversations: [], users: [], total_unread: 0, cursor: "0", more: false });
    } else if (frame.type === "ping") {
      this.pings += 1;
      this.interval = Math.min(Math.floor(this.interval * 1.25), 5 * MINUTE);
      this.#say({ type: "pong", req, next_interval_ms: this.interval, server_time: 0 });
    }
  }

  close(): void {
    this.readyState = 3;
  }

  #say(frame: object): void {
    setImmediate(() => this.onmessage({ data: JSON.stringify(frame) }));
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_795_000_000_000, toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "Date"] });
  Line.opened = [];
});
afterEach(() => {
  vi.useRealTimers();
});

/** From `since` on, timers run at whole minutes only. */
function throttle(since: number): void {
  const prompt = globalThis.setTimeout;
  vi.stubGlobal("setTimeout", (run: () => void, delay = 0) => {
    const due = Date.now() + delay;
    const late = due < since ? due : Math.ceil(due / MINUTE) * MINUTE;
    return prompt(run, late - Date.now());
  });
}

async function online(): Promise<Engine> {
  const options = { server: "http://x", token: "t", start: "recent", keepEntries: 10, clientName: "test", network: "" } as const;
  const engine = await Engine.start({ ...options, WebSocket: Line as unknown as WebSocketClass }, new MemoryStorage(), () => {});
  await vi.waitFor(() => expect(engine.connection.kind).toBe("online"));
  return engine;
}

test("pings come in time although timers do not", async () => {
  const engine = await online();
  engine.setVisible(false);
  throttle(Date.now() + 5 * MINUTE);
  await vi.advanceTimersByTimeAsync(3 * 60 * MINUTE);
  expect(Line.opened).toHaveLength(1);
  expect(engine.connection).toEqual({ kind: "online", caughtUp: true });
  const [line] = Line.opened;
  expect(line?.worst).toBeLessThan(1);
  expect(line?.interval).toBe(5 * MINUTE);
  // Rarely all the same: about one for each interval, not one for each minute.
  expect(line?.pings).toBeLessThan(80);
  await engine.close();
  vi.unstubAllGlobals();
});

test("a page that is looked at again asks at once whether the connection lives", async () => {
  const engine = await online();
  engine.setVisible(false);
  await vi.advanceTimersByTimeAsync(60 * MINUTE);
  const [line] = Line.opened;
  const before = line?.pings ?? 0;
  engine.setVisible(true);
  await vi.advanceTimersByTimeAsync(10);
  expect(line?.pings).toBe(before + 1);
  // And one that stays silent is given up within two seconds.
  line!.send = () => {};
  engine.wake();
  await vi.advanceTimersByTimeAsync(1_900);
  expect(Line.opened).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(Line.opened).toHaveLength(2);
  await engine.close();
});
