// Several tabs of one browser: one client.

import type { Page } from "@playwright/test";
import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";
import { look } from "../harness/person.ts";
import type { Person } from "../harness/person.ts";
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

for (const [clock, ahead] of [["", 0], [", by a clock that is an hour fast", 3_600_000]] as const) {
  test(`a message is notified of once, however many tabs there are${clock}`, async ({ server, browserFor }) => {
    const one = await notified(await browserFor(ZHANG), ahead);
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
}

test("a muted conversation neither rings nor counts", async ({ server, browserFor }) => {
  const zhang = await notified(await browserFor(ZHANG), 0);
  const [li, wang] = [await Script.signIn(server, LI), await Script.signIn(server, WANG)];
  const { id } = await Script.signIn(server, ZHANG);
  await zhang.open(LI.name);
  await zhang.say("before");
  await zhang.seesState("before", "sent");
  await zhang.page.getByRole("main").getByRole("button", { name: "More" }).click();
  await zhang.page.getByRole("menuitem", { name: "Mute notifications" }).click();
  await zhang.page.getByRole("menuitem", { name: "Until I unmute" }).click();
  await zhang.page.goto(`${zhang.url}/#/`);
  // Muting lives on the server: it holds once it is shown.
  await expect(zhang.row(LI.name)).toHaveAccessibleName(/Muted/);
  await look(zhang.page, "away");
  await li.send(id, "psst");
  await expect(zhang.row(LI.name)).toHaveAccessibleName(/1 unread message. Muted/);
  await wang.send(id, "ding");
  await expect.poll(() => notifications(zhang.page)).toBe(1);
  await expect(zhang.page).toHaveTitle(/^\(1\)/);
});

/** Signs in where notifications are allowed and counted, with the clock so far ahead. */
async function notified(person: Person, ahead: number): Promise<Person> {
  const { context, page, url } = person;
  await context.grantPermissions(["notifications"], { origin: new URL(url).origin });
  await context.addInitScript(countNotifications);
  await context.addInitScript((by) => {
    const now = Date.now;
    Date.now = () => now() + by;
  }, ahead);
  await page.evaluate(() => localStorage.setItem("hongyan.preferences", JSON.stringify({ notifications: true })));
  await page.reload();
  await person.signIn();
  await person.isOnline();
  return person;
}

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
