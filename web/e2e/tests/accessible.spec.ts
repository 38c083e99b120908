// Everything that can show, in both themes and languages, against all of axe's rules.

import type { Page } from "@playwright/test";
import { faults } from "../harness/axe.ts";
import { expect, LI, test, ZHANG } from "../harness/fixtures.ts";
import type { Network } from "../harness/network.ts";
import type { Person } from "../harness/person.ts";
import { Script } from "../harness/script.ts";
import type { Server } from "../harness/server.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

for (const colorScheme of ["light", "dark"] as const) {
  for (const locale of ["en-US", "zh-CN"]) {
    test(`no page has a fault: ${colorScheme}, ${locale}`, async ({ server, network, browserFor }) => {
      test.slow();
      await walk(server, network, await browserFor(ZHANG, { colorScheme, locale, through: network }));
    });
  }
}

test("no page has a fault: on a phone", async ({ server, network, browserFor }) => {
  test.slow();
  await walk(server, network, await browserFor(ZHANG, { ...PHONE, through: network }));
});

/** Goes through the app, and checks what shows. */
async function walk(server: Server, network: Network, zhang: Person): Promise<void> {
  const { page } = zhang;
  await expect(page.getByRole("main").getByRole("heading")).toBeVisible();
  await check(page, "sign-in");
  await zhang.signIn();
  await zhang.isOnline();
  await check(page, "nothing yet");
  const li = await Script.signIn(server, LI);
  const { id } = await Script.signIn(server, ZHANG);
  await li.send(id, "**Bold**, `code`, https://example.com and a list:\n- one\n- two\n\n```\nfn main() {}\n```\n> quoted");
  await expect(zhang.row(LI.name)).toBeVisible();
  await check(page, "list");
  await zhang.list.getByRole("searchbox").fill("bold");
  await expect(zhang.list.locator("mark").first()).toBeVisible();
  await check(page, "search");
  await zhang.list.getByRole("searchbox").fill("");

  await zhang.open(LI.name);
  await zhang.say("An answer");
  await zhang.seesState("An answer", "sent");
  await check(page, "conversation");
  await zhang.message("An answer").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menu")).toBeVisible();
  await check(page, "menu");
  await page.getByRole("menuitem", { name: zhang.w.actions.reply }).click();
  await zhang.composer.fill("About this :goos");
  await zhang.composer.pressSequentially("e");
  await expect(page.getByRole("listbox")).toBeVisible();
  await check(page, "reply and completion");
  await zhang.composer.fill("");
  await page.keyboard.press("Escape");
  await dialogs(zhang);

  for (const name of ["settings", "debug"]) {
    await page.goto(`${zhang.url}/#/${name}`);
    await expect(page.getByRole("main").getByRole("heading").first()).toBeVisible();
    await check(page, name);
  }
  network.cut();
  await expect(zhang.banner).toBeVisible();
  await page.goto(`${zhang.url}/#/c/1`);
  await zhang.say("Later");
  await zhang.seesState("Later", "waiting");
  await check(page, "offline");
}

async function dialogs(zhang: Person): Promise<void> {
  for (const [key, name] of [["ControlOrMeta+K", "switcher"], ["ControlOrMeta+/", "help"]] as const) {
    await zhang.page.keyboard.press(key);
    await expect(zhang.page.getByRole("dialog")).toBeVisible();
    await check(zhang.page, name);
    await zhang.page.keyboard.press("Escape");
    await expect(zhang.page.getByRole("dialog")).toHaveCount(0);
  }
}

async function check(page: Page, where: string): Promise<void> {
  expect(await faults(page), where).toEqual([]);
}
