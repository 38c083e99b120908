// A finger on a phone: answering and going back by a swipe.

import type { Page } from "@playwright/test";
import { expect, LI, test, ZHANG } from "../harness/fixtures.ts";
import { Script } from "../harness/script.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

interface Point {
  x: number;
  y: number;
}

/** Moves a finger as a hand does, and lifts it when told. */
async function drag(page: Page, from: Point, to: Point): Promise<{ lift(): Promise<void> }> {
  const devtools = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", points: Point[]) =>
    devtools.send("Input.dispatchTouchEvent", { type, touchPoints: points });
  const steps = 12;
  await touch("touchStart", [from]);
  for (let step = 1; step <= steps; step += 1) {
    await touch("touchMove", [{ x: from.x + ((to.x - from.x) * step) / steps, y: from.y + ((to.y - from.y) * step) / steps }]);
  }
  return {
    async lift() {
      await touch("touchEnd", []);
      await devtools.detach();
    },
  };
}

test("a message is answered by swiping it", async ({ server, signedIn }) => {
  const li = await Script.signIn(server, LI);
  await li.send((await Script.signIn(server, ZHANG)).id, "Swipe me");
  const zhang = await signedIn(ZHANG, PHONE);
  await zhang.row(LI.name).tap();
  await zhang.sees("Swipe me");
  const box = (await zhang.message("Swipe me").boundingBox())!;
  const middle = { x: box.x + 200, y: box.y + box.height / 2 };

  // Too short: it shows, and nothing comes of it.
  const short = await drag(zhang.page, middle, { ...middle, x: middle.x - 40 });
  await expect(zhang.page.locator(".log-swipe")).toBeVisible();
  await expect(zhang.page.locator(".log-swipe-ready")).toHaveCount(0);
  await short.lift();
  await expect(zhang.page.locator(".log-swipe")).toBeHidden();
  await expect(zhang.page.getByText(/^Replying to/)).toHaveCount(0);

  const long = await drag(zhang.page, middle, { ...middle, x: middle.x - 100 });
  await expect(zhang.page.locator(".log-swipe-ready")).toBeVisible();
  await long.lift();
  await expect(zhang.page.getByText(/^Replying to/)).toBeVisible();
  expect((await zhang.message("Swipe me").boundingBox())!.x).toBe(box.x);
});

test("a swipe from the edge goes back to the list, which shows meanwhile", async ({ server, signedIn }) => {
  const li = await Script.signIn(server, LI);
  await li.send((await Script.signIn(server, ZHANG)).id, "Hello");
  const zhang = await signedIn(ZHANG, PHONE);
  await zhang.row(LI.name).tap();
  await zhang.sees("Hello");
  const short = await drag(zhang.page, { x: 8, y: 400 }, { x: 70, y: 404 });
  await expect(zhang.list).toBeVisible();
  await short.lift();
  await expect(zhang.list).toBeHidden();
  await expect(zhang.composer).toBeVisible();
  const long = await drag(zhang.page, { x: 8, y: 400 }, { x: 260, y: 404 });
  await long.lift();
  await expect(zhang.list).toBeVisible();
  await expect(zhang.composer).toBeHidden();
});
