/**
 * What a test starts with: a server of its own, with users, and browsers for them.
 *
 * Promises: all that a test started is ended, and a complaint of any of its browsers fails it.
 */
import { test as base } from "@playwright/test";
import type { BrowserContextOptions } from "@playwright/test";
import { rmSync } from "node:fs";
import { Complaints } from "./complaints.ts";
import { Network } from "./network.ts";
import { Person } from "./person.ts";
import { Releases } from "./releases.ts";
import { prepare, Server } from "./server.ts";
import type { User } from "./server.ts";

export const ZHANG: User = { login: "zhang", name: "张三" };
export const LI: User = { login: "li", name: "Li Si" };
export const WANG: User = { login: "wang", name: "Wang Wu" };

interface OwnOptions extends BrowserContextOptions {
  /** The way to the server; straight without it. */
  through?: Network | Releases;
}

interface Fixtures {
  server: Server;
  /** A network to the server that the test can break. */
  network: Network;
  /** A way to the server on which the app gets new releases. */
  releases: Releases;
  complaints: Complaints;
  /** A browser of somebody's own, on the sign-in page. */
  browserFor(user: User, options?: OwnOptions): Promise<Person>;
  /** The same, signed in. */
  signedIn(user: User, options?: OwnOptions): Promise<Person>;
}

export const test = base.extend<Fixtures, { users: string }>({
  users: [
    async ({}, use) => {
      const folder = prepare([ZHANG, LI, WANG]);
      await use(folder);
      rmSync(folder, { recursive: true });
    },
    { scope: "worker" },
  ],
  server: async ({ users }, use) => {
    const server = await Server.start(users);
    await use(server);
    await server.end();
  },
  network: async ({ server }, use) => {
    const network = await Network.to(server.url);
    await use(network);
    network.end();
  },
  releases: async ({ server }, use) => {
    const releases = await Releases.of(server.url);
    await use(releases);
    releases.end();
  },
  complaints: async ({}, use) => {
    const complaints = new Complaints();
    await use(complaints);
    complaints.check();
  },
  browserFor: async ({ browser, server, complaints }, use) => {
    const people: Person[] = [];
    await use(async (user, { through, ...options } = {}) => {
      const context = await browser.newContext(options);
      context.on("page", (page) => complaints.listen(page));
      const language = options.locale?.startsWith("zh") ? "zh" : "en";
      const person = new Person(user, context, await context.newPage(), through?.url ?? server.url, language);
      people.push(person);
      await person.page.goto(person.url);
      return person;
    });
    for (const person of people) await person.context.close();
  },
  signedIn: async ({ browserFor }, use) => {
    await use(async (user, options) => {
      const person = await browserFor(user, options);
      await person.signIn();
      return person;
    });
  },
});

export { expect } from "@playwright/test";
