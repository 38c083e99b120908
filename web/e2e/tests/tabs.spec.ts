// Several tabs of one browser: one client.

import type { Page } from "@playwright/test";
import { expect, LI, test, ZHANG } from "../harness/fixtures.ts";
import { Script } from "../harness/script.ts";

test("two tabs share one connection and show the same", async ({ network, server, signedIn }) => {
  const one = await signedIn(ZHANG, { through: network });
  const two = await one.anotherTab();
  await one.open(LI.name);
  await one.say("from the first");
  await two.open(LI.name);
  await two.sees("from the first");
  await two.say("from the second");
  await two.seesState("from the second", "sent");
  await one.seesState("from the second", "sent");
  expect(network.sockets).toBe(1);

  await look(two.page, "away");
  await one.composer.fill("a draft");
  await expect(two.composer).toHaveValue("a draft");
  await look(two.page, "here");

  // The one that has the connection goes; the other takes it over, nothing is lost or doubled.
  await one.page.close();
  await two.say("after the first was closed");
  await two.seesState("after the first was closed", "sent");
  await expect.poll(() => network.sockets).toBe(1);
  const li = await Script.signIn(server, LI);
  await li.send((await Script.signIn(server, ZHANG)).id, "an answer");
  await two.sees("an answer");
  expect(await li.texts()).toEqual(["from the first", "from the second", "after the first was closed", "an answer"]);
});

test("a message is notified of once, however many tabs there are", async ({ server, signedIn }) => {
  const one = await signedIn(ZHANG);
  const { origin } = new URL(one.url);
  await one.context.grantPermissions(["notifications"], { origin });
  await one.context.addInitScript(countNotifications);
  await one.page.evaluate(() => localStorage.setItem("hongyan.preferences", JSON.stringify({ notifications: true })));
  await one.page.reload();
  const two = await one.anotherTab();
  await one.isOnline();
  await two.isOnline();

  // Neither tab is looked at.
  for (const { page } of [one, two]) await look(page, "away");
  const li = await Script.signIn(server, LI);
  const { id } = await Script.signIn(server, ZHANG);
  await li.send(id, "ding");
  const shown = async () => (await notifications(one.page)) + (await notifications(two.page));
  await expect.poll(shown).toBe(1);
  // A second message is a second notice: had the first been doubled, there were more than two now.
  await li.send(id, "dong");
  await expect.poll(shown).toBe(2);
});

function countNotifications(): void {
  // The empty page that a tab begins with.
  if (!("ServiceWorkerRegistration" in window)) return;
  const counted = window as unknown as { notified: number };
  counted.notified = 0;
  window.Notification = class extends Notification {
    constructor(title: string, options?: NotificationOptions) {
      super(title, options);
      counted.notified += 1;
    }
  };
  const show = ServiceWorkerRegistration.prototype.showNotification;
  ServiceWorkerRegistration.prototype.showNotification = function (title, options) {
    counted.notified += 1;
    return show.call(this, title, options);
  };
}

function notifications(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { notified: number }).notified);
}

/** Playwright's pages all believe that they are in front. */
async function look(page: Page, where: "away" | "here"): Promise<void> {
  await page.evaluate((isAway) => {
    document.hasFocus = () => !isAway;
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (isAway ? "hidden" : "visible") });
    Object.defineProperty(document, "hidden", { configurable: true, get: () => isAway });
    document.dispatchEvent(new Event("visibilitychange"));
    window.dispatchEvent(new Event(isAway ? "blur" : "focus"));
  }, where === "away");
}
