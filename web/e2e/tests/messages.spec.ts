// What is done with messages by mouse and by finger, and with what is no text.

import type { Locator, Page } from "@playwright/test";
import { faults } from "../harness/axe.ts";
import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";
import type { Person } from "../harness/person.ts";
import { Script } from "../harness/script.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

test("a message's toolbar takes the click, whatever has the focus", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const li = await Script.signIn(server, LI);
  const { id } = await Script.signIn(server, ZHANG);
  for (const text of ["one", "two", "click me"]) await li.send(id, text);
  await zhang.open(LI.name);
  const message = zhang.message("click me");
  await zhang.composer.focus();
  await reply(zhang, message);
  await message.getByText("click me").click();
  await reply(zhang, message);
  await zhang.list.getByRole("searchbox").fill("click");
  await zhang.list.getByRole("button", { name: /click me/ }).click();
  await expect(message).toBeFocused();
  await zhang.page.mouse.move(700, 100);
  await reply(zhang, message);
});

/** Presses Reply in the toolbar as a hand does, and cancels. */
async function reply({ page, w, composer }: Person, message: Locator): Promise<void> {
  await message.hover();
  const box = (await message.getByRole("button", { name: w.actions.reply }).boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 });
  await page.mouse.down();
  // As long as a click takes.
  await page.waitForTimeout(80);
  await page.mouse.up();
  await expect(page.getByRole("main").getByText("Replying to")).toBeVisible();
  await composer.press("Escape");
  await expect(page.getByRole("main").getByText("Replying to")).toHaveCount(0);
}

test("several messages are copied with who said what, and when", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  await zhang.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: new URL(zhang.url).origin });
  const [li, own] = [await Script.signIn(server, LI), await Script.signIn(server, ZHANG)];
  await li.send(own.id, "shall we?\n\n- one\n- two");
  await own.send(li.id, "yes, **gladly**");
  await li.send(own.id, "at seven");
  await zhang.open(LI.name);
  await zhang.sees("at seven");
  const copied = async (from: string, to: string): Promise<string> => {
    await select(zhang.page, from, to);
    await zhang.page.keyboard.press("ControlOrMeta+C");
    return zhang.page.evaluate(() => navigator.clipboard.readText());
  };
  const when = "\\w+ \\d+, \\d{4}, \\d+:\\d+\\s[AP]M:";
  expect(await copied("shall", "seven")).toMatch(
    new RegExp(`^Li Si, ${when}\nshall we\\?\none\ntwo\n\n张三, ${when}\nyes, gladly\n\nLi Si, ${when}\nat seven$`),
  );
  // From the middle of one to the middle of another.
  expect(await copied("gladly", "at")).toMatch(new RegExp(`^张三, ${when}\ngladly\n\nLi Si, ${when}\nat$`));
  // Of one message what is selected, and no more.
  expect(await copied("yes", "gladly")).toBe("yes, gladly");
});

/** Selects from the beginning of one text to the end of another. */
async function select(page: Page, from: string, to: string): Promise<void> {
  await page.evaluate(([from, to]) => {
    const walker = document.createTreeWalker(document.querySelector("main [role=feed]")!, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let node = walker.nextNode() as Text | null; node !== null; node = walker.nextNode() as Text | null) {
      if (node.parentElement?.closest("[aria-hidden]") !== null) continue;
      const [start, end] = [node.data.indexOf(from!), node.data.indexOf(to!)];
      if (start >= 0) range.setStart(node, start);
      if (end >= 0) range.setEnd(node, end + to!.length);
    }
    getSelection()!.removeAllRanges();
    getSelection()!.addRange(range);
  }, [from, to]);
}

test("on a phone a tap opens a message's menu, and a long press selects its text", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG, PHONE);
  const li = await Script.signIn(server, LI);
  await li.send((await Script.signIn(server, ZHANG)).id, "call 138 0013 8000 or see https://example.org/a");
  await zhang.row(LI.name).tap();
  const text = zhang.message("138 0013 8000").getByText("call 138");
  await expect(text).toBeVisible();
  const menu = zhang.page.getByRole("menu");
  await text.tap({ position: { x: 10, y: 10 } });
  await expect(menu).toBeVisible();
  await zhang.page.keyboard.press("Escape");
  await expect(menu).toHaveCount(0);

  // Chromium without a window selects nothing by touch: the press is a hand's, the selection the test's.
  expect(await text.evaluate((one) => getComputedStyle(one).userSelect)).not.toBe("none");
  const browser = await zhang.page.context().newCDPSession(zhang.page);
  const box = (await text.boundingBox())!;
  const finger = { touchPoints: [{ x: box.x + 12, y: box.y + 10 }] };
  await browser.send("Input.dispatchTouchEvent", { type: "touchStart", ...finger });
  await text.evaluate((one) => getSelection()!.selectAllChildren(one));
  await browser.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await zhang.page.evaluate(() => new Promise((next) => setTimeout(next)));
  await expect(menu).toHaveCount(0);
  expect(await zhang.page.evaluate(() => String(getSelection()))).toContain("138 0013 8000");
  // A touch beside it ends the selection, and the next one means the message again.
  await zhang.page.evaluate(() => getSelection()!.removeAllRanges());
  await text.tap({ position: { x: 10, y: 10 } });
  await expect(menu).toBeVisible();
});

test("a pasted picture and a dropped file are answered, and the draft stays", async ({ server, signedIn, browserFor }) => {
  const zhang = await signedIn(ZHANG);
  await (await Script.signIn(server, LI)).send((await Script.signIn(server, ZHANG)).id, "hi");
  const notice = zhang.page.getByText("Pictures and files cannot be sent yet.");
  await drop(zhang.page.locator("body"));
  await expect(notice).toBeVisible();
  await zhang.page.getByRole("button", { name: "Dismiss" }).click();
  await expect(notice).toHaveCount(0);

  await zhang.open(LI.name);
  await zhang.composer.fill("half a thought");
  for (const what of ["paste", "drop on the box", "drop on the log"] as const) {
    if (what === "paste") await zhang.composer.evaluate(pasteFile);
    else await drop(what === "drop on the box" ? zhang.composer : zhang.log);
    await expect(notice, what).toBeVisible();
    await expect(zhang.composer).toHaveValue("half a thought");
    await zhang.composer.press("End");
    await zhang.composer.pressSequentially("!");
    await expect(notice, what).toHaveCount(0);
    await zhang.composer.press("Backspace");
  }
  const guest = await browserFor(LI);
  await drop(guest.page.locator("body"));
});

function pasteFile(box: Element): void {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array([137, 80, 78, 71])], "shot.png", { type: "image/png" }));
  box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}

/** Drops a file, which the browser opens unless it is told not to. */
async function drop(on: Locator): Promise<void> {
  const isTaken = await on.evaluate((element) => {
    const data = new DataTransfer();
    data.items.add(new File(["x"], "x.txt"));
    return (["dragover", "drop"] as const).every((name) => {
      const event = new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true });
      element.dispatchEvent(event);
      return event.defaultPrevented;
    });
  });
  expect(isTaken).toBe(true);
}

test("messages are chosen and go on to others, who see whom they are from", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const li = await Script.signIn(server, LI);
  const wang = await signedIn(WANG);
  const script = await Script.signIn(server, ZHANG);
  for (const text of ["one", "two @张三", "three"]) await li.send(script.id, text);
  await zhang.open(LI.name);
  await zhang.act("three", "select");
  await zhang.message("one").click();
  await zhang.message("two").click();
  await zhang.message("two").click();
  await expect(zhang.message("one")).toHaveAccessibleName(/Selected/);
  const bar = zhang.page.getByRole("toolbar", { name: /Selecting/ });
  await expect(bar.getByRole("status")).toHaveText("2 selected");
  expect(await faults(zhang.page)).toEqual([]);
  await bar.getByRole("button", { name: "Forward" }).click();
  const dialog = zhang.page.getByRole("dialog", { name: "Forward to" });
  await dialog.getByRole("combobox").fill("wang");
  await dialog.getByRole("option", { name: WANG.name }).click();
  await dialog.getByRole("button", { name: "Forward" }).click();
  await expect(zhang.heading(WANG.name)).toBeVisible();
  await expect(zhang.log.getByRole("article")).toHaveCount(2);
  await expect(zhang.message("three")).toContainText(`Forwarded from${LI.name}`);

  // Once more from there: it stays whose it was.
  await wang.open(ZHANG.name);
  await wang.act("one", "forward");
  const again = wang.page.getByRole("dialog", { name: "Forward to" });
  await again.getByRole("combobox").fill("note");
  await again.getByRole("option").first().click();
  await wang.page.keyboard.press("ControlOrMeta+Enter");
  await expect(wang.heading("Notes to self")).toBeVisible();
  await expect(wang.message("one")).toContainText(`Forwarded from${LI.name}`);
  await wang.message("one").getByRole("button", { name: LI.name }).click();
  await expect(wang.page.getByRole("dialog", { name: "Profile" })).toContainText(LI.name);
  await wang.page.keyboard.press("Escape");

  // Esc ends choosing, and writing goes on.
  await wang.message("one").focus();
  await wang.page.keyboard.press("Enter");
  await wang.page.getByRole("menuitem", { name: "Select" }).click();
  await expect(wang.composer).toHaveCount(0);
  await wang.page.keyboard.press("Escape");
  await expect(wang.composer).toBeFocused();
});
