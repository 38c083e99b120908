// Long conversations: where they open, how they scroll, and how something in them is found again.

import type { Locator } from "@playwright/test";
import { expect, LI, test, ZHANG } from "../harness/fixtures.ts";
import type { Person } from "../harness/person.ts";
import { Script } from "../harness/script.ts";
import type { Sent } from "../harness/script.ts";

const LINES = 300;
/** As long as a line is, no other begins with it. */
const line = (n: number) => `Line ${String(n).padStart(3, "0")}`;

async function write(from: Script, to: number): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let n = 1; n <= LINES; n += 1) sent.push(await from.send(to, line(n)));
  return sent;
}

test("opens at the first unread message, and one press leads to the latest", async ({ server, signedIn }) => {
  const li = await Script.signIn(server, LI);
  const script = await Script.signIn(server, ZHANG);
  const sent = await write(li, script.id);
  await script.read(sent[199]!);
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await expect(zhang.message(line(201))).toBeInViewport();
  await expect(zhang.log.getByText(zhang.w.newMessages)).toBeInViewport();
  await expect(zhang.message(line(300))).toHaveCount(0);
  // What is out of sight was not read.
  await expect(zhang.row(LI.name)).toHaveAccessibleName(/\d+ unread messages/);

  await zhang.page.getByRole("button", { name: /Go to the latest/ }).click();
  await expect(zhang.message(line(300))).toBeInViewport();
  await expect(zhang.row(LI.name)).not.toHaveAccessibleName(/unread/);
  await expect(zhang.page.getByRole("button", { name: /Go to the latest/ })).toHaveCount(0);
});

test("stays where it is looked at, whatever comes above and below", async ({ server, signedIn }) => {
  const li = await Script.signIn(server, LI);
  const script = await Script.signIn(server, ZHANG);
  await script.read((await write(li, script.id)).at(-1)!);
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await expect(zhang.message(line(300))).toBeInViewport();

  // To the top of what is there, again and again: older messages come in above it.
  for (let pages = 0; pages < 3; pages += 1) {
    const first = zhang.log.getByRole("article").first();
    // In one step: another message may be the first by the next one.
    const label = await first.evaluate((article) => {
      article.scrollIntoView({ block: "start" });
      return article.getAttribute("aria-label")!;
    });
    const text = label.match(/Line \d+/)![0];
    await expect(zhang.log.getByRole("article").first()).not.toHaveAccessibleName(new RegExp(text));
    await expect(zhang.message(text)).toBeInViewport();
  }

  const shown = zhang.message(await inSight(zhang));
  const before = await top(shown);
  await li.send(script.id, "something new");
  await expect(zhang.page.getByRole("button", { name: /Go to the latest message, 1 new/ })).toBeVisible();
  expect(Math.abs((await top(shown)) - before)).toBeLessThan(1);
  await zhang.page.setViewportSize({ width: 900, height: 700 });
  await expect(shown).toBeInViewport();
  await zhang.page.getByRole("button", { name: /Go to the latest/ }).click();
  await expect(zhang.message("something new")).toBeInViewport();
  // However far it was scrolled, a bounded part of it is on the page.
  expect(await zhang.log.getByRole("article").count()).toBeLessThan(LINES);
});

test("what was said long ago is found by a part of a word, from the keyboard, and shown in its context", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  await zhang.isOnline();
  const li = await Script.signIn(server, LI);
  const { id } = await Script.signIn(server, ZHANG);
  for (let n = 1; n <= LINES; n += 1) {
    await li.send(id, n === 20 ? "雁足传书，千里可达" : line(n));
    // A page that can't keep up is sent the end only, and searches what it has.
    if (n % 25 === 0) await expect(zhang.row(LI.name)).toHaveAccessibleName(new RegExp(line(n)));
  }

  const { keyboard } = zhang.page;
  const box = zhang.list.getByRole("searchbox");
  await box.fill("传书");
  const found = zhang.list.getByRole("button", { name: /雁足传书/ });
  await expect(found).toBeVisible();
  await box.focus();
  await keyboard.press("ArrowDown");
  await expect(found).toBeFocused();
  await keyboard.press("Enter");
  await expect(zhang.message("雁足传书")).toBeInViewport();
  await expect(zhang.message("雁足传书")).toBeFocused();
  for (const n of [19, 21]) await expect(zhang.message(line(n))).toBeInViewport();
  // Its address leads there again.
  await zhang.page.reload();
  await expect(zhang.message("雁足传书")).toBeInViewport();
  await box.fill("nobody ever wrote this");
  await expect(zhang.list.getByRole("status")).toContainText("Nothing found");
});

async function top(message: Locator): Promise<number> {
  return (await message.boundingBox())!.y;
}

/** The text of a message in the middle of the screen. */
async function inSight({ page }: Person): Promise<string> {
  const label = await page.evaluate(() => {
    const { left, width, top, height } = document.querySelector("main [role=feed]")!.parentElement!.getBoundingClientRect();
    for (let y = top + height / 2; y > top; y -= 8) {
      const article = document.elementFromPoint(left + width / 2, y)?.closest("article");
      if (article) return article.getAttribute("aria-label")!;
    }
    throw new Error("no message is in sight");
  });
  return label.match(/Line \d+/)![0];
}
