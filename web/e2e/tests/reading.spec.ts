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
  await expect(zhang.list.getByRole("region", { name: "Messages found" }).getByRole("status")).toContainText("Nothing found");
});

test("an address beyond the end shows the end and says so, and what comes still shows", async ({ server, signedIn }) => {
  const li = await Script.signIn(server, LI);
  const script = await Script.signIn(server, ZHANG);
  const sent: Sent[] = [];
  for (let n = 1; n <= 12; n += 1) sent.push(await li.send(script.id, line(n)));
  await script.read(sent.at(-1)!);
  const zhang = await signedIn(ZHANG);
  const notice = zhang.page.getByRole("main").getByText("There is no such message here");
  await zhang.page.goto(`${zhang.url}/#/c/1/99999`);
  await expect(zhang.message(line(12))).toBeInViewport();
  await expect(notice).toBeVisible();
  await zhang.open(LI.name);
  await expect(notice).toHaveCount(0);
  await zhang.sees(line(12));
  await li.send(script.id, "a new one");
  await zhang.sees("a new one");

  await zhang.page.goto(`${zhang.url}/#/c/1/99999`);
  await expect(notice).toBeVisible();
  await zhang.page.reload();
  await expect(notice).toBeVisible();
  await zhang.page.getByRole("main").getByRole("button", { name: "Dismiss" }).click();
  await expect(notice).toHaveCount(0);
  await li.send(script.id, "another one");
  await zhang.sees("another one");
});

test("an address of nobody's says so, and leads back", async ({ network, signedIn }) => {
  const zhang = await signedIn(ZHANG, { through: network, viewport: { width: 390, height: 844 } });
  const pane = zhang.page.getByRole("main");
  for (const [address, says] of [["#/u/999999", "no such person"], ["#/c/999999", "no such conversation"]] as const) {
    await zhang.page.goto(`${zhang.url}/${address}`);
    await expect(pane).toContainText(says);
    await expect(zhang.composer).toHaveCount(0);
    await pane.getByRole("button", { name: "Back to the list" }).click();
    await expect(zhang.list).toBeVisible();
  }
  // Whom the server cannot be asked about is not written to either.
  network.cut();
  await expect(zhang.banner).toBeVisible();
  await zhang.page.goto(`${zhang.url}/#/u/999998`);
  await expect(pane).toContainText("needs a connection");
  await expect(zhang.composer).toHaveCount(0);
});

test("a new device says that it has not all messages, and gets older ones to search", async ({ server, signedIn }) => {
  const li = await Script.signIn(server, LI);
  const script = await Script.signIn(server, ZHANG);
  await write(li, script.id);
  const zhang = await signedIn(ZHANG);
  await zhang.isOnline();
  await zhang.list.getByRole("searchbox").fill(line(7));
  await expect(zhang.list.getByRole("region", { name: "Messages found" }).getByRole("status")).toContainText("Nothing found");
  await expect(zhang.list).toContainText("only the latest messages of some conversations");
  await zhang.list.getByRole("button", { name: "Get older messages" }).click();
  const found = zhang.list.getByRole("button", { name: new RegExp(line(7)) });
  await expect(found).toBeVisible();
  // Everything is here now, and there is nothing more to say.
  await expect(zhang.list).not.toContainText("only the latest messages");
  await expect(zhang.list.getByRole("button", { name: "Get older messages" })).toHaveCount(0);
  await found.click();
  await expect(zhang.message(line(7))).toBeInViewport();
});

test("older messages cannot be had without a connection, which is said, and had when there is one", async ({ server, network, signedIn }) => {
  const li = await Script.signIn(server, LI);
  await write(li, (await Script.signIn(server, ZHANG)).id);
  const zhang = await signedIn(ZHANG, { through: network });
  await expect(zhang.row(LI.name)).toBeVisible();
  network.cut();
  await expect(zhang.banner).toBeVisible();
  await zhang.list.getByRole("searchbox").fill(line(7));
  const bring = zhang.list.getByRole("button", { name: "Get older messages" });
  await bring.click();
  await expect(zhang.list).toContainText("Older messages cannot be had now");
  network.restore();
  await zhang.isOnline();
  await bring.click();
  await expect(zhang.list.getByRole("button", { name: new RegExp(line(7)) })).toBeVisible();
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
