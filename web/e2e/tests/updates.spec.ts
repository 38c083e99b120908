// A new release of the app, while the old one is open.

import { expect, test, ZHANG } from "../harness/fixtures.ts";
import type { Person } from "../harness/person.ts";

test("a new release waits until the user wants it", async ({ releases, signedIn }) => {
  const zhang = await signedIn(ZHANG, { through: releases });
  await zhang.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller !== null) return;
    await new Promise((claimed) => navigator.serviceWorker.addEventListener("controllerchange", claimed, { once: true }));
  });
  const banner = zhang.page.getByRole("status").filter({ hasText: "A new version is ready." });
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

/** The release of the page that is shown; null while it is loaded. */
async function releaseOf({ page }: Person): Promise<string | null> {
  return page.evaluate(() => document.querySelector("meta[name=release]")?.getAttribute("content") ?? null).catch(() => null);
}
