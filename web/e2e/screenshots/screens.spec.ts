// Pictures of the app with a believable day in it, for whoever judges its looks, and for the README.

import { resolve } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { expect, test } from "../harness/fixtures.ts";
import { Person } from "../harness/person.ts";
import { Script } from "../harness/script.ts";
import { prepare, Server } from "../harness/server.ts";
import type { User } from "../harness/server.ts";
import { demos } from "./demo.ts";
import type { Demo } from "./demo.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const FOLDER = resolve(ROOT, "target/screenshots");
const README_PICTURE = resolve(ROOT, "docs/images/web.png");

/** The moment that the pictures show, in Shanghai. */
const NOW = Date.parse("2026-11-24T14:20:00+08:00");

/** What the server of the pictures does not take. */
const REFUSED = "🚫";

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const TABLET = { width: 768, height: 1024 };
const WIDE = { width: 1440, height: 900 };

for (const language of ["en", "zh"] as const) {
  test.describe(language, () => {
    const demo = demos[language];
    let server: Server;

    test.beforeAll(async () => {
      server = await Server.start(prepare([demo.me, demo.newcomer, ...demo.others]));
      await play(demo, server);
    });
    test.afterAll(() => server.end());

    for (const colorScheme of ["light", "dark"] as const) {
      for (const [device, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE, tablet: TABLET, wide: WIDE })) {
        test(`${device}, ${colorScheme}`, async ({ browser }) => {
          test.slow();
          const look = { language, colorScheme, viewport };
          const shoot: Shoot = (name, page) => picture(page, `${device}-${colorScheme}-${language}-${name}`);
          const { me, cut } = await open(browser, demo, server, look, shoot);
          await shoot(device === "phone" ? "list" : "home", me.page);
          await search(me, demo, shoot);
          await showConversation(me, demo);
          await shoot("conversation", me.page);
          if (device === "desktop" && colorScheme === "light" && language === "en") await me.page.screenshot({ path: README_PICTURE });
          await write(me, demo, shoot);
          await dialogs(me, shoot);
          await pages(me, shoot);
          await trouble(me, demo, cut, shoot);
          await me.context.close();
          const newcomer = await enter(browser, demo.newcomer, server, look);
          await newcomer.page.goto(server.url);
          await nothing(newcomer, shoot);
        });
      }
    }
  });
}

type Shoot = (name: string, page: Page) => Promise<void>;

/** What the search box finds. */
async function search(me: Person, demo: Demo, shoot: Shoot): Promise<void> {
  const box = me.list.getByRole("searchbox");
  await box.fill(demo.sought);
  await expect(me.list.locator("mark").first()).toBeVisible();
  await shoot("search", me.page);
  await box.fill("");
}

/** Answering, editing, and the actions of a message. */
async function write(me: Person, demo: Demo, shoot: Shoot): Promise<void> {
  const own = demo.lines.findLast((line) => line.with === demo.shown && line.from === "me")!;
  const theirs = demo.lines.findLast((line) => line.with === demo.shown && line.from === "them")!;
  await act(me, theirs.text, "reply");
  await me.composer.fill(demo.draft.text);
  await shoot("reply", me.page);
  await me.composer.fill("");
  await me.composer.press("Escape");
  await act(me, own.text, "edit");
  await shoot("edit", me.page);
  await me.composer.press("Escape");
  await me.composer.fill(":goo");
  await me.composer.press("End");
  await me.composer.pressSequentially("s");
  await expect(me.page.getByRole("listbox")).toBeVisible();
  await shoot("emoji", me.page);
  await me.composer.fill("");
  await me.composer.pressSequentially("@");
  await expect(me.page.getByRole("listbox")).toBeVisible();
  await shoot("mention", me.page);
  await me.composer.fill("");
  await me.message(theirs.text).focus();
  await me.page.keyboard.press("Enter");
  await expect(me.page.getByRole("menu")).toBeVisible();
  await shoot("menu", me.page);
  await me.page.keyboard.press("Escape");
}

/** Chooses from the menu of a message: where nothing hovers, there is no other way. */
async function act(me: Person, text: string, action: "reply" | "edit"): Promise<void> {
  await me.message(text).focus();
  await me.page.keyboard.press("Enter");
  await me.page.getByRole("menuitem", { name: me.w.actions[action] }).click();
}

async function dialogs(me: Person, shoot: Shoot): Promise<void> {
  const dialog = me.page.getByRole("dialog");
  for (const [key, name] of [["ControlOrMeta+K", "switcher"], ["ControlOrMeta+/", "shortcuts"]] as const) {
    await me.page.keyboard.press(key);
    await expect(dialog).toBeVisible();
    await shoot(name, me.page);
    await me.page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
  }
}

/** Settings and measurements, from top to bottom. */
async function pages(me: Person, shoot: Shoot): Promise<void> {
  for (const page of ["settings", "debug"]) {
    await me.page.goto(`${me.url}/#/${page}`);
    const heading = me.page.getByRole("main").getByRole("heading");
    await expect(heading.first()).toBeVisible();
    await shoot(page, me.page);
    await heading.last().scrollIntoViewIfNeeded();
    await me.page.getByRole("main").locator("section").last().evaluate((last) => last.scrollIntoView({ block: "end" }));
    await shoot(`${page}-end`, me.page);
  }
}

/** A message that the server refuses, and one that waits for a connection. */
async function trouble(me: Person, demo: Demo, cut: () => void, shoot: Shoot): Promise<void> {
  await me.page.goto(`${me.url}/#/`);
  await showConversation(me, demo);
  await me.say(REFUSED);
  await me.seesState(REFUSED, "failed");
  await shoot("failed", me.page);
  await me.context.setOffline(true);
  cut();
  await expect(me.banner).toBeVisible();
  await me.say(demo.late);
  await me.seesState(demo.late, "waiting");
  await shoot("offline", me.page);
}

/** Where somebody begins. */
async function nothing(newcomer: Person, shoot: Shoot): Promise<void> {
  await newcomer.signIn();
  await newcomer.isOnline();
  await shoot("empty", newcomer.page);
  await newcomer.list.getByRole("button", { name: newcomer.w.newConversation }).first().click();
  await expect(newcomer.page.getByRole("option").first()).toBeVisible();
  await shoot("new", newcomer.page);
  await newcomer.page.getByRole("option").first().click();
  await expect(newcomer.composer).toBeVisible();
  await shoot("first", newcomer.page);
  await newcomer.context.close();
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

/** A browser of somebody's own, on no page yet. */
async function enter(browser: Browser, user: User, server: Server, { language, colorScheme, viewport }: Look): Promise<Person> {
  const context = await browser.newContext({
    viewport,
    colorScheme,
    locale: language === "zh" ? "zh-CN" : "en-GB",
    ...(viewport.width < 600 && { hasTouch: true, isMobile: true, deviceScaleFactor: 2 }),
  });
  const page = await context.newPage();
  await page.clock.setFixedTime(NOW);
  return new Person(user, context, page, server.url, language);
}

async function open(browser: Browser, demo: Demo, server: Server, look: Look, shoot: Shoot): Promise<{ me: Person; cut(): void }> {
  const me = await enter(browser, demo.me, server, look);
  const cut = await stage(me.page, demo);
  await me.page.goto(server.url);
  await shoot("sign-in", me.page);
  await me.signIn();
  const drafted = demo.others.find(({ login }) => login === demo.draft.with)!;
  await expect(me.row(drafted.name)).toBeVisible();
  await me.open(drafted.name);
  await me.composer.fill(demo.draft.text);
  await me.page.goto(`${server.url}/#/`);
  await expect(me.list).toBeVisible();
  await me.page.mouse.move(0, 0);
  return { me, cut };
}

/** The server's clock says when a message was sent; the pictures need them spread over days. They also need
 * a server that refuses something, and a connection that ends when they want: what is given ends it. */
async function stage(page: Page, demo: Demo): Promise<() => void> {
  let cut = (): void => {};
  await page.routeWebSocket(/\/v1\/ws$/, (client) => {
    const server = client.connectToServer();
    cut = () => void client.close();
    client.onMessage((frame) => {
      const request = JSON.parse(frame.toString()) as { req?: number; body?: { text?: string } };
      if (request.body?.text !== REFUSED) return server.send(frame);
      client.send(JSON.stringify({ type: "error", req: request.req, code: "forbidden", message: "" }));
    });
    server.onMessage((frame) => {
      const text = frame.toString().replace(/"at":\d+,"client_id":"demo-(\d+)"/g, (_, index: string) => {
        const ago = demo.lines[Number(index)]?.ago ?? 0;
        return `"at":${NOW - ago * 60_000},"client_id":"demo-${index}"`;
      });
      client.send(text);
    });
  });
  return () => cut();
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
