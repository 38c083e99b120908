// How fast the app stays with 100,000 messages kept and 50 a second coming in.

import { rmSync } from "node:fs";
import { expect, test as base } from "../harness/fixtures.ts";
import { Script } from "../harness/script.ts";
import { prepare } from "../harness/server.ts";
import type { Server, User } from "../harness/server.ts";
import { begin, percentile, results, switched } from "./measure.ts";
import type { Measured } from "./measure.ts";
import { fillBrowser, fillServer, sentence } from "./seed.ts";

const MESSAGES = Number(process.env["BENCH_MESSAGES"] ?? 100_000);
const CONVERSATIONS = 80;
const PER_SECOND = 50;
const SWITCHES = 100;

const SWITCH_BUDGET_MS = 100;
const TASK_BUDGET_MS = 50;
const INTERACTION_BUDGET_MS = 200;

const ME: User = { login: "me", name: "Me" };
const PEOPLE: User[] = Array.from({ length: CONVERSATIONS }, (_, n) => ({ login: `p${n}`, name: `Person ${n}` }));

const test = base.extend<object, { users: string }>({
  users: [
    async ({}, use) => {
      const folder = prepare([ME, ...PEOPLE]);
      await use(folder);
      rmSync(folder, { recursive: true });
    },
    { scope: "worker" },
  ],
});

test("stays fast", async ({ server, signedIn }) => {
  const { me, people } = await everybody(server);
  const large = Math.floor(MESSAGES * 0.6);
  const small = Math.floor((MESSAGES - large) / (CONVERSATIONS - 1));
  const began = Date.now();
  const sent = await fillServer(me, people, { large, small });
  const person = await signedIn(ME);
  await expect(person.row(PEOPLE[0]!.name).or(person.row(PEOPLE.at(-1)!.name)).first()).toBeVisible();
  await expect.poll(() => person.page.title()).toContain("(");
  const kept = await fillBrowser(person, me.id);
  expect(kept, "all that was sent is kept in the browser").toBe(sent);
  console.log(`${kept} messages in ${CONVERSATIONS} conversations, seeded in ${Math.round((Date.now() - began) / 1000)} s`);

  const arriving = arrive(me, people);
  await person.open(PEOPLE[0]!.name);
  await begin(person.page);
  const { keyboard } = person.page;
  for (let n = 1; n <= SWITCHES; n++) {
    await keyboard.press(n % 3 === 0 ? "Alt+ArrowUp" : "Alt+ArrowDown");
    await expect.poll(() => switched(person.page), { intervals: [20] }).toBe(n);
  }
  await person.composer.focus();
  await keyboard.type(sentence(20), { delay: 60 });
  const measured = await results(person.page);
  const rate = await arriving.stop();
  report(measured, rate);

  expect.soft(rate, "messages a second").toBeGreaterThan(PER_SECOND * 0.9);
  expect.soft(Math.max(...measured.switches), "slowest switch").toBeLessThan(SWITCH_BUDGET_MS);
  expect.soft(Math.max(0, ...measured.longTasks), "longest task").toBeLessThanOrEqual(TASK_BUDGET_MS);
  expect.soft(percentile(measured.interactions, 0.98), "interaction to next paint").toBeLessThan(INTERACTION_BUDGET_MS);
});

async function everybody(server: Server): Promise<{ me: Script; people: Script[] }> {
  const me = await Script.signIn(server, ME);
  const people: Script[] = [];
  for (const user of PEOPLE) people.push(await Script.signIn(server, user));
  return { me, people };
}

interface Arriving {
  /** Ends it; gives the rate that there was. */
  stop(): Promise<number>;
}

/** Messages for me, half of them in the largest conversation. */
function arrive(me: Script, people: readonly Script[]): Arriving {
  const began = Date.now();
  let count = 0;
  const sending = new Set<Promise<unknown>>();
  const timer = setInterval(() => {
    // A timer comes late now and then: what is due is sent.
    while (count < ((Date.now() - began) / 1000) * PER_SECOND) {
      const from = people[count % 2 === 0 ? 0 : count % people.length]!;
      const sent: Promise<unknown> = from.send(me.id, sentence(count)).finally(() => sending.delete(sent));
      sending.add(sent);
      count += 1;
    }
  }, 20);
  return {
    async stop() {
      clearInterval(timer);
      const seconds = (Date.now() - began) / 1000;
      await Promise.all(sending);
      return count / seconds;
    },
  };
}

function report({ switches, longTasks, interactions }: Measured, rate: number): void {
  const ms = (value: number) => `${value.toFixed(0).padStart(6)} ms`;
  const row = (name: string, values: readonly number[], budget: number) => {
    const times = [percentile(values, 0.5), percentile(values, 0.99), Math.max(0, ...values), budget];
    return `  ${name.padEnd(28)} ${String(values.length).padStart(5)}${times.map(ms).join("")}`;
  };
  console.log(
    [
      `${rate.toFixed(1)} messages a second arriving`,
      `  ${"".padEnd(28)} count      p50      p99      max   budget`,
      row("conversation switch", switches, SWITCH_BUDGET_MS),
      row("tasks over 50 ms", longTasks, TASK_BUDGET_MS),
      row("interaction to next paint", interactions, INTERACTION_BUDGET_MS),
    ].join("\n"),
  );
}
