// The page of all components: in every width, theme and language it holds, and is clean.

import type { Page } from "@playwright/test";
import { faults } from "../harness/axe.ts";
import { expect, test, ZHANG } from "../harness/fixtures.ts";

const WIDTHS = [390, 768, 1280, 1440];

for (const colorScheme of ["light", "dark"] as const) {
  for (const locale of ["en-US", "zh-CN"]) {
    test(`every component holds in every width: ${colorScheme}, ${locale}`, async ({ signedIn }) => {
      test.slow();
      const { page, url } = await signedIn(ZHANG, { colorScheme, locale });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await page.goto(`${url}/#/debug/components`);
        await expect(page.getByRole("main").getByRole("feed")).toHaveCount(2);
        await expect(page.getByRole("main").locator("table")).toHaveCount(1);
        expect(await overflowing(page), `at ${width}`).toEqual([]);
        if (width === WIDTHS[0] || width === WIDTHS.at(-1)) expect(await faults(page), `at ${width}`).toEqual([]);
      }
    });
  }
}

test("nothing of that page is loaded before it is looked at", async ({ signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const loaded = () => zhang.page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("Gallery")).length);
  await zhang.isOnline();
  expect(await loaded()).toBe(0);
  await zhang.page.goto(`${zhang.url}/#/debug/components`);
  await expect.poll(loaded).toBeGreaterThan(0);
});

/** What reaches out of the window sideways, or makes its page scroll so. */
async function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide = [document.documentElement, ...document.querySelectorAll<HTMLElement>(".page-body, .log-scroller, .gallery-list")];
    return wide.filter((one) => one.scrollWidth > one.clientWidth).map((one) => `${one.className}: ${one.scrollWidth} > ${one.clientWidth}`);
  });
}
