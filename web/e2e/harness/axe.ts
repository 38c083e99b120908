/** What axe has to say of a page. */
import axe from "axe-core";
import type { AxeResults } from "axe-core";
import type { Page } from "@playwright/test";

/** Every violation of any of its rules, with where it is. */
export async function faults(page: Page): Promise<string[]> {
  // What fades in has not its colours yet; what turns for ever never ends.
  await page.evaluate(() => Promise.allSettled(
    document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity).map((one) => one.finished),
  ));
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    () => (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes
      // A menu belongs to what has opened it, not to a part of the page.
      .filter(({ html }) => id !== "region" || !html.includes(`role="menu"`))
      .map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} — ${failureSummary ?? ""}`),
  );
}
