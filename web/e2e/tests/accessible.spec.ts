// Every page in both themes and languages against axe's rules.

import axe from "axe-core";
import type { AxeResults } from "axe-core";
import type { Page } from "@playwright/test";
import { expect, LI, test, ZHANG } from "../harness/fixtures.ts";
import type { Person } from "../harness/person.ts";
import { Script } from "../harness/script.ts";

for (const colorScheme of ["light", "dark"] as const) {
  for (const locale of ["en-US", "zh-CN"]) {
    test(`no page has a serious fault: ${colorScheme}, ${locale}`, async ({ server, browserFor }) => {
      const li = await Script.signIn(server, LI);
      const { id } = await Script.signIn(server, ZHANG);
      await li.send(id, "**Bold**, `code`, https://example.com and a list:\n- one\n- two");
      const zhang = await browserFor(ZHANG, { colorScheme, locale });
      await check(zhang.page, "sign-in");
      await zhang.signIn();
      await zhang.isOnline();
      await check(zhang.page, "home");
      await zhang.open(LI.name);
      await zhang.say("An answer");
      await zhang.seesState("An answer", "sent");
      await check(zhang.page, "conversation");
      await dialogs(zhang);
      await zhang.page.goto(`${zhang.url}/#/settings`);
      await expect(zhang.page.getByRole("main").getByRole("heading").first()).toBeVisible();
      await check(zhang.page, "settings");
      await zhang.page.goto(`${zhang.url}/#/debug`);
      await expect(zhang.page.getByRole("main").getByRole("heading").first()).toBeVisible();
      await check(zhang.page, "debug");
    });
  }
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
  // What fades in has not its colours yet.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    () => (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  const found = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} — ${node.failureSummary ?? ""}`));
  expect(found, where).toEqual([]);
}
