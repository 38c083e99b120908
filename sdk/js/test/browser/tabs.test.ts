/** What only a browser can show: IndexedDB, and tabs that share one connection. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Page as Tab } from "playwright-core";
import { login } from "../../src/index.ts";
import type { Draft } from "../../src/index.ts";
import { PASSWORD, Person } from "../server/person.ts";
import { Server } from "../server/server.ts";
import { Pages } from "./browser.ts";
import type { Page } from "./page.ts";

const until = (condition: () => Promise<void>): Promise<void> => vi.waitFor(condition, { timeout: 20_000, interval: 50 });

let server: Server;
let pages: Pages;

beforeAll(async () => {
  pages = await Pages.start();
  server = await Server.start();
}, 120_000);
afterAll(async () => {
  await pages.end();
  await server.end();
});

const view = (tab: Tab): Promise<ReturnType<Page["view"]>> => tab.evaluate(() => (globalThis as unknown as { page: Page }).page.view());
const draft = (tab: Tab): Promise<Draft> => tab.evaluate(() => (globalThis as unknown as { page: Page }).page.draft("conv:1"));
const send = (tab: Tab, to: number, text: string): Promise<void> =>
  tab.evaluate(([to, text]) => (globalThis as unknown as { page: Page }).page.send(to, text), [to, text] as const);
const texts = (tab: Tab, conv: number): Promise<string[]> =>
  tab.evaluate((conv) => (globalThis as unknown as { page: Page }).page.texts(conv), conv);
const open = (tab: Tab, token: string): Promise<void> =>
  tab.evaluate(([url, token]) => (globalThis as unknown as { page: Page }).page.open(url!, token!), [server.url, token]);

async function isOnline(tab: Tab): Promise<void> {
  await until(async () => expect((await view(tab)).connection).toEqual({ kind: "online", caughtUp: true }));
}

/** A new user with this many tabs in one browser, all online; and somebody to write to. */
async function tabs(name: string, count: number): Promise<{ tabs: Tab[]; other: Person; token: string }> {
  server.addUser(name, name, PASSWORD);
  server.addUser(`${name}-friend`, `${name}'s friend`, PASSWORD);
  const other = await Person.signIn(server.url, `${name}-friend`);
  await until(async () => expect(other.isCaughtUp).toBe(true));
  const { token } = await login({ server: server.url, login: name, password: PASSWORD });
  const profile = await pages.profile();
  const opened: Tab[] = [];
  for (let index = 0; index < count; index += 1) {
    const tab = await pages.tab(profile);
    await open(tab, token!);
    await isOnline(tab);
    opened.push(tab);
  }
  return { tabs: opened, other, token: token! };
}

async function leaders(among: Tab[]): Promise<number> {
  return (await Promise.all(among.map(view))).filter(({ isLeader }) => isLeader).length;
}

describe("IndexedDB", () => {
  test("keeps the contract", async () => {
    const tab = await pages.tab(await pages.profile());
    const names = await tab.evaluate(() => (globalThis as unknown as { page: Page }).page.checks());
    expect(names.length).toBeGreaterThan(4);
    for (const name of names) {
      await tab.evaluate((name) => (globalThis as unknown as { page: Page }).page.check(name), name);
    }
  });
});

describe("tabs", () => {
  test("share one connection, and show the same", async () => {
    const { tabs: [first, second], other, token } = await tabs("share", 2);
    expect(await leaders([first!, second!])).toBe(1);
    const connections = async (): Promise<number> => {
      const health = await fetch(`${server.url}/v1/health`, { headers: { Authorization: `Bearer ${token}` } });
      return ((await health.json()) as { connections: number }).connections;
    };
    // One of the tabs, one of the friend.
    expect(await connections()).toBe(2);
    await send(second!, other.id, "from the second tab");
    await send(first!, other.id, "from the first tab");
    await until(async () => expect(other.texts).toEqual(["from the second tab", "from the first tab"]));
    const { conv } = other.entries[0]!;
    for (const tab of [first!, second!]) {
      await until(async () => expect(await texts(tab, conv)).toEqual(["from the second tab", "from the first tab"]));
      await until(async () => expect((await view(tab)).outgoing).toEqual([]));
      expect((await view(tab)).told).toEqual([1, 2]);
      expect(await tab.evaluate(() => (globalThis as unknown as { page: Page }).page.all())).toEqual([2, 1]);
      expect((await view(tab)).storage).toEqual({ kind: "indexeddb" });
    }
    await second!.evaluate(() => (globalThis as unknown as { page: Page }).page.setDraft("conv:1", { text: "in both", replyTo: 1 }));
    await until(async () => expect(await draft(first!)).toEqual({ text: "in both", replyTo: 1 }));
    await other.client.close();
  });

  test("go on when the one that leads is closed, and lose nothing", async () => {
    const { tabs: all, other } = await tabs("close", 3);
    let left = all;
    for (let round = 0; round < 2; round += 1) {
      const states = await Promise.all(left.map(view));
      const leader = states.findIndex(({ isLeader }) => isLeader);
      const follower = left.find((_, index) => index !== leader)!;
      // In the moment of the change.
      const sent = send(follower, other.id, `before ${round}`);
      await left[leader]!.close();
      await sent;
      await send(follower, other.id, `after ${round}`);
      left = left.filter((_, index) => index !== leader);
      await until(async () => expect(await leaders(left)).toBe(1));
    }
    await until(async () => expect(other.texts).toEqual(["before 0", "after 0", "before 1", "after 1"]));
    await until(async () => expect((await view(left[0]!)).outgoing).toEqual([]));
    await other.client.close();
  });

  test("take over from one that hangs", async () => {
    const { tabs: all, other } = await tabs("hang", 2);
    const states = await Promise.all(all.map(view));
    const leader = all[states.findIndex(({ isLeader }) => isLeader)]!;
    const follower = all.find((tab) => tab !== leader)!;
    const debuggerOf = await leader.context().newCDPSession(leader);
    // The script stands still, but the page lives, and holds its lock.
    await debuggerOf.send("Debugger.enable");
    const paused = new Promise((resolve) => debuggerOf.once("Debugger.paused", resolve));
    await debuggerOf.send("Debugger.pause");
    void leader.evaluate(() => 0).catch(() => {});
    await paused;
    await send(follower, other.id, "is anybody there?");
    await until(async () => expect(other.texts).toEqual(["is anybody there?"]));
    expect((await view(follower)).isLeader).toBe(true);
    await debuggerOf.send("Debugger.resume");
    await until(async () => expect((await view(leader)).isLeader).toBe(false));
    await send(leader, other.id, "now in the second row");
    await until(async () => expect(other.texts).toEqual(["is anybody there?", "now in the second row"]));
    await other.client.close();
  });

  test("are back in time while one is looked at, though the leader is hidden and its timers stand still", async () => {
    const { tabs: all, other } = await tabs("hidden", 2);
    const states = await Promise.all(all.map(view));
    const leader = all[states.findIndex(({ isLeader }) => isLeader)]!;
    const follower = all.find((tab) => tab !== leader)!;
    await leader.evaluate(() => (globalThis.setTimeout = (() => 0) as unknown as typeof setTimeout));
    await server.stop("SIGKILL");
    await until(async () => expect((await view(follower)).connection.kind).not.toBe("online"));
    await server.run();
    await isOnline(follower);
    expect((await view(leader)).isLeader).toBe(true);
    await other.client.close();
  });

  test("a reload in the middle of sending loses and doubles nothing", async () => {
    const { tabs: [tab], other, token } = await tabs("reload", 1);
    for (let round = 0; round < 5; round += 1) {
      await send(tab!, other.id, `round ${round}`);
      if (round % 2 === 0) await until(async () => expect((await view(tab!)).outgoing[0]?.state).not.toBe("waiting"));
      await tab!.reload();
      await tab!.waitForFunction(() => "page" in globalThis);
      await open(tab!, token);
    }
    await until(async () => expect((await view(tab!)).outgoing).toEqual([]));
    await until(async () => expect(other.texts).toEqual([0, 1, 2, 3, 4].map((round) => `round ${round}`)));
    await other.client.close();
  });
});
