// Pictures of every component in every state, in each width, theme and language.

import { resolve } from "node:path";
import { expect, test, ZHANG } from "../harness/fixtures.ts";

const FOLDER = resolve(import.meta.dirname, "../../../target/screenshots");

for (const width of [390, 768, 1280, 1440]) {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [language, locale] of [["en", "en-GB"], ["zh", "zh-CN"]] as const) {
      test(`components, ${width}, ${colorScheme}, ${language}`, async ({ signedIn }) => {
        const isPhone = width < 600;
        const viewport = { width, height: 900 };
        const { page, url } = await signedIn(ZHANG, { colorScheme, locale, viewport, ...(isPhone && { hasTouch: true, isMobile: true, deviceScaleFactor: 2 }) });
        await page.goto(`${url}/#/debug/components`);
        await expect(page.getByRole("main").getByRole("feed")).toHaveCount(2);
        // A word about the connection comes after a moment.
        await expect(page.locator(".page-body .connection-notice")).toHaveCount(7);
        const height = await page.locator(".page-body").evaluate((body) => body.scrollHeight);
        await page.setViewportSize({ width, height: height + 80 });
        await page.screenshot({ path: resolve(FOLDER, `components-${width}-${colorScheme}-${language}.png`) });
      });
    }
  }
}
