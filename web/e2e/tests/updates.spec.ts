// A new release of the app, while the old one is open.

import type { Locator } from "@playwright/test";
import { expect, test, ZHANG } from "../harness/fixtures.ts";
import type { Person } from "../harness/person.ts";

test("a new release waits until the user wants it", async ({ releases, signedIn }) => {
  const zhang = await signedIn(ZHANG, { through: releases });
  await hasWorker(zhang);
  const banner = bannerOf(zhang);
  await zhang.page.reload();
  await expect(zhang.list).toBeVisible();
  expect(await releaseOf(zhang)).toBe("1");
  await expect(banner).toHaveCount(0);

  releases.next();
  // The browser looks for a newer worker whenever the page is loaded; the page is still the old one's.
  await zhang.page.reload();
  await expect(banner).toBeVisible();
  expect(await releaseOf(zhang)).toBe("1");
  await zhang.page.reload();
  await expect(banner).toBeVisible();
  expect(await releaseOf(zhang)).toBe("1");

  await banner.getByRole("button", { name: "Reload" }).click();
  await expect.poll(() => releaseOf(zhang)).toBe("2");
  await expect(zhang.list).toBeVisible();
  await expect(banner).toHaveCount(0);
  await expect.poll(() => zhang.page.evaluate(() => caches.keys()), "the old release's files are gone").toHaveLength(1);
});

test("a release that another tab let in is offered here, and loaded", async ({ releases, signedIn }) => {
  const one = await signedIn(ZHANG, { through: releases });
  await hasWorker(one);
  await one.page.reload();
  const two = await one.anotherTab();
  // This one is told nothing before the other lets the release in.
  const three = await one.anotherTab();
  await three.page.evaluate(() => Object.defineProperty(ServiceWorkerRegistration.prototype, "waiting", { get: () => null }));
  releases.next();
  await one.page.reload();
  for (const tab of [one, two]) await expect(bannerOf(tab)).toBeVisible();
  await expect(bannerOf(three)).toHaveCount(0);

  await bannerOf(one).getByRole("button", { name: "Reload" }).click();
  await expect.poll(() => releaseOf(one)).toBe("2");
  for (const tab of [two, three]) {
    expect(await releaseOf(tab), "nothing changes under anybody's hands").toBe("1");
    await bannerOf(tab).getByRole("button", { name: "Reload" }).click();
    await expect.poll(() => releaseOf(tab)).toBe("2");
    await expect(tab.list).toBeVisible();
    await expect(bannerOf(tab)).toHaveCount(0);
  }
});

/** Waits until the worker answers for the page's files. */
async function hasWorker({ page }: Person): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller !== null) return;
    await new Promise((claimed) => navigator.serviceWorker.addEventListener("controllerchange", claimed, { once: true }));
  });
}

function bannerOf({ page }: Person): Locator {
  return page.getByRole("status").filter({ hasText: "A new version is ready." });
}

/** The release of the page that is shown; null while it is loaded. */
async function releaseOf({ page }: Person): Promise<string | null> {
  return page.evaluate(() => document.querySelector("meta[name=release]")?.getAttribute("content") ?? null).catch(() => null);
}
