// Pictures of the app with a believable day in it, for whoever judges its looks, and for the README.

import { resolve } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { expect, test } from "../harness/fixtures.ts";
import { Person } from "../harness/person.ts";
import { Script } from "../harness/script.ts";
import { prepare, Server } from "../harness/server.ts";
import { demos } from "./demo.ts";
import type { Demo } from "./demo.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const FOLDER = resolve(ROOT, "target/screenshots");
const README_PICTURE = resolve(ROOT, "docs/images/web.png");

/** The moment that the pictures show, in Shanghai. */
const NOW = Date.parse("2026-11-24T14:20:00+08:00");

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

for (const language of ["en", "zh"] as const) {
  test.describe(language, () => {
    const demo = demos[language];
    let server: Server;

    test.beforeAll(async () => {
      server = await Server.start(prepare([demo.me, ...demo.others]));
      await play(demo, server);
    });
    test.afterAll(() => server.end());

    for (const colorScheme of ["light", "dark"] as const) {
      test(`desktop, ${colorScheme}`, async ({ browser }) => {
        const me = await open(browser, demo, server, { language, colorScheme, viewport: DESKTOP });
        const shoot = (name: string) => picture(me.page, `desktop-${colorScheme}-${language}-${name}`);
        await shoot("home");
        await showConversation(me, demo);
        await shoot("conversation");
        if (colorScheme === "light" && language === "en") await me.page.screenshot({ path: README_PICTURE });
        await me.page.keyboard.press("ControlOrMeta+K");
        await expect(me.page.getByRole("dialog")).toBeVisible();
        await shoot("switcher");
        await me.page.keyboard.press("Escape");
        await me.page.goto(`${me.url}/#/settings`);
        await expect(me.page.getByRole("main").getByRole("heading").first()).toBeVisible();
        await shoot("settings");
        await me.context.close();
      });

      test(`phone, ${colorScheme}`, async ({ browser }) => {
        const me = await open(browser, demo, server, { language, colorScheme, viewport: PHONE });
        const shoot = (name: string) => picture(me.page, `phone-${colorScheme}-${language}-${name}`);
        await shoot("list");
        await showConversation(me, demo);
        await shoot("conversation");
        await me.page.goto(`${me.url}/#/settings`);
        await expect(me.page.getByRole("main").getByRole("heading").first()).toBeVisible();
        await shoot("settings");
        await me.context.close();
      });
    }
  });
}

/** Everybody writes their lines, and reads those of the conversation that will show. */
async function play(demo: Demo, server: Server): Promise<void> {
  const me = await Script.signIn(server, demo.me);
  const others = new Map<string, Script>();
  for (const other of demo.others) others.set(other.login, await Script.signIn(server, other));
  for (const [index, line] of demo.lines.entries()) {
    const other = others.get(line.with);
    if (other === undefined) throw new Error(`nobody is called ${line.with}`);
    const [from, to] = line.from === "me" ? [me, other] : [other, me];
    const sent = await from.send(to.id, line.text, { clientId: `demo-${index}`, ...(line.replyTo && { replyTo: line.replyTo }) });
    if (line.from === "them" && line.with !== demo.unread) await me.read(sent);
    if (line.with === demo.shown && line.ago > 3) await other.read(sent);
  }
}

interface Look {
  language: "en" | "zh";
  colorScheme: "light" | "dark";
  viewport: { width: number; height: number };
}

async function open(browser: Browser, demo: Demo, server: Server, look: Look): Promise<Person> {
  const isPhone = look.viewport.width < 600;
  const context = await browser.newContext({
    viewport: look.viewport,
    colorScheme: look.colorScheme,
    locale: look.language === "zh" ? "zh-CN" : "en-GB",
    ...(isPhone && { hasTouch: true, isMobile: true, deviceScaleFactor: 2 }),
  });
  const page = await context.newPage();
  await page.clock.setFixedTime(NOW);
  await tellTimes(page, demo);
  await page.goto(server.url);
  const person = new Person(demo.me, context, page, server.url, look.language);
  await picture(page, `${isPhone ? "phone" : "desktop"}-${look.colorScheme}-${look.language}-sign-in`);
  await person.signIn();
  const drafted = demo.others.find(({ login }) => login === demo.draft.with)!;
  await expect(person.row(drafted.name)).toBeVisible();
  await person.open(drafted.name);
  await person.composer.fill(demo.draft.text);
  await page.goto(`${server.url}/#/`);
  await expect(person.list).toBeVisible();
  await page.mouse.move(0, 0);
  return person;
}

/** The server's clock says when a message was sent; the pictures need them spread over days. */
async function tellTimes(page: Page, demo: Demo): Promise<void> {
  await page.routeWebSocket(/\/v1\/ws$/, (client) => {
    const server = client.connectToServer();
    server.onMessage((frame) => {
      const text = frame.toString().replace(/"at":\d+,"client_id":"demo-(\d+)"/g, (_, index: string) => {
        const ago = demo.lines[Number(index)]?.ago ?? 0;
        return `"at":${NOW - ago * 60_000},"client_id":"demo-${index}"`;
      });
      client.send(text);
    });
  });
}

async function showConversation(me: Person, demo: Demo): Promise<void> {
  const shown = demo.others.find(({ login }) => login === demo.shown)!;
  await me.open(shown.name);
  const last = demo.lines.findLast((line) => line.with === demo.shown)!;
  await expect(me.message(last.text)).toBeVisible();
  await me.page.mouse.move(0, 0);
}

async function picture(page: Page, name: string): Promise<void> {
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
  await page.screenshot({ path: resolve(FOLDER, `${name}.png`) });
}
