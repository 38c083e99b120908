/** A real server behind a link that brings few bytes a second, late: all arrives, the list first, and little twice. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { login } from "../../src/index.ts";
import { PASSWORD, Person } from "./person.ts";
import { Server, SlowLink } from "./server.ts";

const TEXT = "x".repeat(600);

/** What an entry is beside its text. */
const FRAME_BYTES = 170;

const ROUND_TRIP = 600;

let server: Server;

beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.end());

/** A new user's token and id, for over a slow link everybody has an account of their own. */
async function newUser(name: string): Promise<{ token: string; id: number }> {
  const { token, user } = await login({ server: server.url, login: server.addUser(name, name, PASSWORD), password: PASSWORD });
  return { token: token!, id: user.id };
}

async function send(token: string, to: number, number: number): Promise<void> {
  const answer = await fetch(`${server.url}/v1/messages`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ to, client_id: `m${number}`, body: { type: "text", text: TEXT } }),
  });
  expect(answer.status).toBe(200);
}

test.concurrent.each([
  { rate: 2000, conversations: 4, messages: 6 },
  { rate: 8000, conversations: 8, messages: 10 },
])(
  "over $rate bytes a second and 600 ms there and back everything arrives, and the list first",
  async ({ rate, conversations, messages }) => {
    const reader = await newUser(`reader-${rate}`);
    for (let writer = 0; writer < conversations; writer += 1) {
      const { token } = await newUser(`writer-${rate}-${writer}`);
      for (let number = 0; number < messages; number += 1) await send(token, reader.id, number);
    }
    const link = await SlowLink.to(server.url, rate, ROUND_TRIP);
    const began = performance.now();
    const person = await Person.open({ server: link.url, token: reader.token });
    const { client } = person;
    let [listAt, listBytes] = [Infinity, Infinity];
    client.on("conversation", () => {
      if (listAt === Infinity && client.conversations().length === conversations) {
        [listAt, listBytes] = [performance.now() - began, link.brought];
        expect(person.entries.length, "the list comes before the texts").toBe(0);
      }
    });
    await vi.waitFor(() => expect(person.isCaughtUp).toBe(true), { timeout: 80_000, interval: 50 });

    const all = new Set(person.entries.map(({ conv, seq }) => `${conv} ${seq}`));
    expect(all.size).toBe(conversations * messages);
    expect(person.entries.length, "each once").toBe(all.size);
    expect(person.states.map(({ kind }) => kind).filter((kind) => kind === "waiting" || kind === "stopped")).toEqual([]);
    // Two seconds of the link, and a few round trips: within five seconds, where the machine has nothing else to do.
    expect(listBytes).toBeLessThan(2 * rate);
    const needed = all.size * (TEXT.length + FRAME_BYTES);
    console.log(`${rate} B/s: list after ${Math.round(listAt)} ms and ${listBytes} bytes, all after ${Math.round(performance.now() - began)} ms, ${link.brought} bytes for ${needed}`);
    expect(link.brought).toBeLessThanOrEqual(1.2 * needed);
    await client.close();
    link.end();
  },
  120_000,
);
