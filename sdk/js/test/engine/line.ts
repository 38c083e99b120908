/** The server's half of one connection, as an engine's WebSocket: it welcomes, has nothing to sync, and answers
 * pings with an interval that grows by a quarter, up to five minutes. */
import { expect, vi } from "vitest";
import { Engine } from "../../src/engine/engine.ts";
import type { EngineOptions } from "../../src/engine/engine.ts";
import type { WebSocketClass } from "../../src/engine/link.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { Storage } from "../../src/storage/storage.ts";
import type { ClientFrame, ServerFrame } from "../../src/wire.gen.ts";

const MINUTE = 60_000;
const FIRST = 25_000;
const TIMEOUT = 10_000;
/** What the server allows beyond the interval and the client's time-out. */
const GRACE = 15_000;

export class Line {
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
  /** Everything that came, in its order. */
  readonly frames: ClientFrame[] = [];

  constructor() {
    Line.opened.push(this);
    queueMicrotask(() => this.onopen());
  }

  get pings(): number {
    return this.frames.filter(({ type }) => type === "ping").length;
  }

  /** Up to where each ack went, in their order. */
  get acks(): [conv: number, seq: number][] {
    return this.frames.flatMap((frame) => (frame.type === "ack" ? [[frame.conv, frame.seq] as [number, number]] : []));
  }

  send(text: string): void {
    if (this.readyState !== 1) return;
    const frame = JSON.parse(text) as ClientFrame;
    this.frames.push(frame);
    this.worst = Math.max(this.worst, (Date.now() - this.heard) / (this.interval + TIMEOUT + GRACE));
    this.heard = Date.now();
    const { req = 0 } = frame as { req?: number };
    if (frame.type === "hello") {
      this.answer({ type: "welcome", req, user: { id: 1, login: "a", name: "A" }, session: 1, server: "line/1", server_time: 0,
        heartbeat: { interval_ms: FIRST, timeout_ms: TIMEOUT },
        limits: { frame_bytes: 1, text_bytes: 1, requests: 1, unacked_entries: 1 } });
    } else if (frame.type === "sync") {
      this.answer({ type: "synced", req, conversations: [], users: [], total_unread: 0, cursor: "0", more: false });
    } else if (frame.type === "ping") {
      this.interval = Math.min(Math.floor(this.interval * 1.25), 5 * MINUTE);
      this.answer({ type: "pong", req, next_interval_ms: this.interval, server_time: 0 });
    }
  }

  /** The client closes. */
  close(): void {
    this.readyState = 3;
  }

  /** The server, or the network, does. */
  break(): void {
    this.readyState = 3;
    this.onclose({ code: 1006, reason: "" });
  }

  /** A message of somebody else's comes. */
  push(conv: number, seq: number): void {
    this.say({ type: "entry", conv, seq, id: seq, kind: "message", from: 2, at: 0, client_id: `${conv}/${seq}`, body: { type: "text", text: "x" } });
  }

  answer(frame: ServerFrame): void {
    setImmediate(() => this.say(frame));
  }

  say(frame: ServerFrame): void {
    this.onmessage({ data: JSON.stringify(frame) });
  }
}

/** An engine at the other end of a line, online and caught up. */
export async function online(storage: Storage = new MemoryStorage(), options: Partial<EngineOptions> = {}): Promise<Engine> {
  const defaults = { server: "http://x", token: "t", start: "recent", keepEntries: 100, clientName: "test", network: "" } as const;
  const engine = await Engine.start({ ...defaults, WebSocket: Line as unknown as WebSocketClass, ...options }, storage, () => {});
  await vi.waitFor(() => expect(engine.connection).toEqual({ kind: "online", caughtUp: true }));
  return engine;
}

/** From `since` on, timers run at whole minutes only. */
export function throttle(since: number): void {
  const prompt = globalThis.setTimeout;
  vi.stubGlobal("setTimeout", (run: () => void, delay = 0) => {
    const due = Date.now() + delay;
    const late = due < since ? due : Math.ceil(due / MINUTE) * MINUTE;
    return prompt(run, late - Date.now());
  });
}

/** Time that only goes on when a test says so. */
export function stopTime(): void {
  vi.useFakeTimers({ now: 1_795_000_000_000, toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "Date", "performance"] });
  Line.opened = [];
}
