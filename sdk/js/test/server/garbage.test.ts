/** A server that sends what is no frame: the client says so, and comes back. */
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { Person } from "./person.ts";

const WELCOME = {
  type: "welcome",
  user: { id: 1000, login: "zhangsan", name: "张三" },
  session: 1,
  heartbeat: { interval_ms: 25_000, timeout_ms: 10_000 },
  limits: { frame_bytes: 524_288, text_bytes: 65_536, requests: 256, unacked_entries: 256 },
  server_time: 0,
  server: "garbage/1",
};
const SYNCED = { type: "synced", conversations: [], users: [], total_unread: 0, cursor: "0", more: false };

/** What a server should never say after `welcome`. */
const GARBAGE: Record<string, (socket: WebSocket) => void> = {
  "no JSON": (socket) => socket.send("<html>502</html>"),
  "a binary message": (socket) => socket.send(Buffer.from([1, 2, 3])),
  "an entry without a seq": (socket) => socket.send('{"type":"entry","conv":1}'),
  "a seq beyond what a number holds": (socket) => socket.send('{"type":"receipt","conv":1e300,"user":1,"read":0,"delivered":0}'),
  "a prototype for an object": (socket) => socket.send('{"type":"synced","__proto__":{"conversations":[]}}'),
  "5 MB": (socket) => socket.send(JSON.stringify({ type: "x", text: "y".repeat(5_000_000) })),
};

let listener: WebSocketServer | null = null;
afterEach(() => listener?.close());

/** A server that misbehaves on its first connection only. */
async function start(misbehave: (socket: WebSocket) => void): Promise<string> {
  let connections = 0;
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  listener = server;
  server.on("connection", (socket) => {
    connections += 1;
    const isFirst = connections === 1;
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as { type: string; req?: number };
      if (frame.type === "hello") socket.send(JSON.stringify({ ...WELCOME, req: frame.req }));
      if (frame.type !== "sync") return;
      if (isFirst) misbehave(socket);
      else socket.send(JSON.stringify({ ...SYNCED, req: frame.req }));
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("asks for less where a page is too large", async () => {
  const limits: unknown[] = [];
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  listener = server;
  server.on("connection", (socket) => {
    socket.on("message", (data: Buffer) => {
      const { type, req, limit } = JSON.parse(data.toString()) as { type: string; req?: number; limit?: number };
      if (type === "hello") socket.send(JSON.stringify({ ...WELCOME, req }));
      if (type !== "sync") return;
      limits.push(limit);
      const isTooMuch = (limit ?? 50) > 6;
      socket.send(JSON.stringify({ ...SYNCED, req, ...(isTooMuch ? { padding: "x".repeat(5_000_000) } : {}) }));
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const person = await Person.open({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "hy_x" });
  await vi.waitFor(() => expect(person.isCaughtUp).toBe(true), { timeout: 30_000 });
  // Each is half of the one before, down to the first that can be taken.
  const [first, ...others] = limits as number[];
  expect(others).toEqual(limits.slice(0, -1).map((limit) => Math.floor((limit as number) / 2)));
  expect(first).toBeGreaterThan(6);
  expect(others.at(-1)).toBeLessThanOrEqual(6);
  await person.client.close();
}, 40_000);

for (const [name, misbehave] of Object.entries(GARBAGE)) {
  test(`survives ${name}`, async () => {
    const person = await Person.open({ server: await start(misbehave), token: "hy_x" });
    const problems: string[] = [];
    person.client.on("garbage", ({ problem }) => problems.push(problem));
    await vi.waitFor(() => expect(person.isCaughtUp).toBe(true), { timeout: 10_000 });
    expect(problems).toHaveLength(1);
    expect(person.states).toContainEqual(
      expect.objectContaining({ kind: "waiting", reason: { kind: "garbage", problem: problems[0] } }),
    );
    await person.client.close();
  });
}
