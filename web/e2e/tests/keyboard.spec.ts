// No mouse at all; and input methods, whose Enter is their own.

import type { Locator } from "@playwright/test";
import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";
import type { Person } from "../harness/person.ts";
import { Script } from "../harness/script.ts";
import { PASSWORD } from "../harness/server.ts";

test("where a dialog was left with Esc, writing goes on", async ({ signedIn }) => {
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await zhang.composer.pressSequentially("one ");
  for (const [keys, word] of [["ControlOrMeta+K", "two "], ["ControlOrMeta+/", "three"]] as const) {
    await zhang.page.keyboard.press(keys);
    await expect(zhang.page.getByRole("dialog")).toBeVisible();
    await zhang.page.keyboard.press("Escape");
    await expect(zhang.page.getByRole("dialog")).toHaveCount(0);
    await zhang.page.keyboard.type(word);
  }
  await expect(zhang.composer).toHaveValue("one two three");
});

test("everything is done from the keyboard", async ({ server, browserFor }) => {
  const zhang = await browserFor(ZHANG);
  const { keyboard } = zhang.page;
  await expect(zhang.page.getByRole("textbox", { name: zhang.w.login })).toBeFocused();
  await keyboard.type(ZHANG.login);
  await keyboard.press("Tab");
  await keyboard.type(PASSWORD);
  await keyboard.press("Enter");
  await expect(zhang.list).toBeVisible();
  await zhang.isOnline();

  // Somebody new: from the list's button to the message box.
  await tabTo(zhang.page.getByRole("button", { name: zhang.w.newConversation }).first());
  await keyboard.press("Enter");
  await expect(zhang.page.getByRole("combobox")).toBeFocused();
  await keyboard.type("Li");
  await expect(zhang.page.getByRole("option")).toHaveCount(1);
  await keyboard.press("Enter");
  await expect(zhang.composer).toBeFocused();
  await keyboard.type("first");
  await keyboard.press("Shift+Enter");
  await keyboard.type("second line");
  await expect(zhang.composer).toHaveValue("first\nsecond line");
  await keyboard.press("Enter");
  await zhang.seesState("second line", "sent");

  // The last message is edited from the empty box; Esc leaves it as it was.
  await keyboard.press("ArrowUp");
  await expect(zhang.composer).toHaveValue("first\nsecond line");
  await keyboard.press("Escape");
  await expect(zhang.composer).toHaveValue("");
  await keyboard.press("ArrowUp");
  await keyboard.press("ControlOrMeta+A");
  await keyboard.type("edited");
  await keyboard.press("Enter");
  await expect(zhang.message("edited")).toHaveAccessibleName(new RegExp(zhang.w.edited));

  // Another conversation through the switcher, then up and down the list.
  const wang = await Script.signIn(server, WANG);
  await wang.send((await Script.signIn(server, ZHANG)).id, "psst");
  await expect(zhang.row(WANG.name)).toHaveAccessibleName(/1 unread message/);
  await keyboard.press("ControlOrMeta+K");
  await expect(zhang.page.getByRole("combobox")).toBeFocused();
  await keyboard.type("wang");
  await keyboard.press("Enter");
  await zhang.sees("psst");
  await expect(zhang.composer).toBeFocused();
  await keyboard.press("Alt+ArrowDown");
  await expect(zhang.heading(LI.name)).toBeVisible();
  await keyboard.press("Alt+ArrowUp");
  await expect(zhang.heading(WANG.name)).toBeVisible();

  await keyboard.press("ControlOrMeta+/");
  await expect(zhang.page.getByRole("dialog")).toBeVisible();
  await keyboard.press("Escape");
  await expect(zhang.page.getByRole("dialog")).toHaveCount(0);
  await expect(zhang.composer).toBeFocused();
});

test("a message's actions are reached and left by keys", async ({ signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const { keyboard } = zhang.page;
  await zhang.open(LI.name);
  await zhang.say("one");
  await zhang.say("two");
  await zhang.seesState("two", "sent");
  await zhang.composer.focus();
  await keyboard.press("Shift+Tab");
  await expect(zhang.message("two")).toBeFocused();
  await keyboard.press("ArrowUp");
  await expect(zhang.message("one")).toBeFocused();
  await keyboard.press("Enter");
  await expect(zhang.page.getByRole("menu")).toBeVisible();
  await keyboard.press("Escape");
  await expect(zhang.message("one")).toBeFocused();
});

test("Tab goes through a message, its toolbar included, and never falls to the page", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const { keyboard } = zhang.page;
  const li = await Script.signIn(server, LI);
  const { id } = await Script.signIn(server, ZHANG);
  const { seq } = await li.send(id, "see https://example.org/a");
  await li.send(id, "```\ncode\n```");
  await li.send(id, "answer", { replyTo: seq });
  await zhang.open(LI.name);
  await zhang.sees("answer");
  await zhang.list.getByRole("link").first().focus();
  const stops: string[] = [];
  while (stops.length < 20 && stops.at(-1) !== "TEXTAREA") {
    await keyboard.press("Tab");
    stops.push(await zhang.page.evaluate(() => document.activeElement!.tagName));
  }
  expect(stops, stops.join(" → ")).not.toContain("BODY");
  expect(stops.at(-1)).toBe("TEXTAREA");

  await zhang.message("answer").focus();
  await keyboard.press("ArrowUp");
  await keyboard.press("ArrowUp");
  await expect(zhang.message("example.org")).toBeFocused();
  await keyboard.press("Tab");
  await expect(zhang.message("example.org").getByRole("link")).toBeFocused();
  await keyboard.press("Tab");
  await expect(zhang.message("example.org").getByRole("button", { name: "React" })).toBeFocused();
  await keyboard.press("Tab");
  await expect(zhang.message("example.org").getByRole("button", { name: zhang.w.actions.reply })).toBeFocused();
  await keyboard.press("Enter");
  await expect(zhang.page.getByRole("main").getByText(`Replying to ${LI.name}`)).toBeVisible();
  await expect(zhang.composer).toBeFocused();
});

test("what is typed at a message is written, and pages are turned from the message box", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const { keyboard } = zhang.page;
  const li = await Script.signIn(server, LI);
  const script = await Script.signIn(server, ZHANG);
  for (let n = 1; n <= 60; n += 1) await script.read(await li.send(script.id, `Line ${String(n).padStart(2, "0")}`));
  await zhang.open(LI.name);
  await expect(zhang.message("Line 60")).toBeInViewport();
  await zhang.message("Line 60").getByText("Line 60").click();
  await expect(zhang.message("Line 60")).toBeFocused();
  await keyboard.type("not lost");
  await expect(zhang.composer).toHaveValue("not lost");
  await expect(zhang.composer).toBeFocused();

  await keyboard.press("PageUp");
  await expect(zhang.message("Line 60")).not.toBeInViewport();
  await expect(zhang.composer).toBeFocused();
  await keyboard.press("PageDown");
  await expect(zhang.message("Line 60")).toBeInViewport();
  // In a text that is longer than the box they move in that.
  await zhang.composer.fill("line\n".repeat(60));
  await keyboard.press("PageUp");
  await expect(zhang.message("Line 60")).toBeInViewport();
  await zhang.composer.fill("");

  await zhang.message("Line 60").getByText("Line 60").click();
  await keyboard.press("PageUp");
  await expect(zhang.message("Line 60")).not.toBeInViewport();
  // What has a meaning of its own keeps it.
  await zhang.list.getByRole("searchbox").click();
  await keyboard.type("Line 0");
  await expect(zhang.list.getByRole("searchbox")).toHaveValue("Line 0");
  await expect(zhang.composer).toHaveValue("");
});

test("tab goes through the page in the order of reading, and stops once in each list", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const li = await Script.signIn(server, LI);
  await li.send((await Script.signIn(server, ZHANG)).id, "hello");
  await zhang.open(LI.name);
  // Around, until the page begins again.
  const names: string[] = [];
  for (let stops = 0; stops < 40 && (names.at(-1) !== "composer" || names.length < 5); stops++) {
    await zhang.page.keyboard.press("Tab");
    const name = await zhang.page.evaluate(focused);
    if (names.length > 0 || name.startsWith("Skip")) names.push(name);
  }
  const places = ["Skip", "Your account", "Search", "New conversation", LI.name, "composer"];
  const order = places.map((place) => names.findIndex((name) => name.startsWith(place)));
  expect(order, names.join(" → ")).not.toContain(-1);
  expect(order, names.join(" → ")).toEqual(order.toSorted((a, b) => a - b));

  function focused(): string {
    const at = document.activeElement;
    if (at instanceof HTMLTextAreaElement) return "composer";
    return at?.getAttribute("aria-label") ?? at?.textContent ?? "";
  }
});

/** The key events around an Enter that ends a composition, as each kind of browser has them. */
const ORDERS: Record<string, (box: HTMLTextAreaElement) => void> = {
  "Chromium's and Firefox's": (box) => {
    const enter = { key: "Enter", code: "Enter", keyCode: 229, isComposing: true, bubbles: true, cancelable: true };
    box.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
    box.dispatchEvent(new KeyboardEvent("keydown", enter));
    box.dispatchEvent(new CompositionEvent("compositionend", { data: "你好", bubbles: true }));
    box.dispatchEvent(new KeyboardEvent("keyup", { ...enter, keyCode: 13, isComposing: false }));
  },
  "Safari's": (box) => {
    const enter = { key: "Enter", code: "Enter", keyCode: 229, bubbles: true, cancelable: true };
    box.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
    box.dispatchEvent(new CompositionEvent("compositionend", { data: "你好", bubbles: true }));
    box.dispatchEvent(new KeyboardEvent("keydown", enter));
    box.dispatchEvent(new KeyboardEvent("keyup", { ...enter, keyCode: 13 }));
  },
};

for (const [name, enter] of Object.entries(ORDERS)) {
  test(`Enter in an input method sends nothing, in ${name} order of events`, async ({ server, signedIn }) => {
    const zhang = await signedIn(ZHANG);
    await zhang.open(LI.name);
    await zhang.composer.fill("你好");
    const at = await zhang.composer.evaluate(enter).then(() => zhang.page.evaluate(() => performance.now()));
    await expect(zhang.composer).toHaveValue("你好");
    // The Enter after it is the user's own. No hand is as quick as the guard after a composition.
    await zhang.page.waitForFunction((at) => performance.now() - at > 100, at);
    await zhang.composer.press("Enter");
    await expect(zhang.composer).toHaveValue("");
    await zhang.seesState("你好", "sent");
    const script = await Script.signIn(server, ZHANG);
    expect(await script.texts()).toEqual(["你好"]);
  });
}

async function tabTo(target: Locator): Promise<void> {
  for (let stops = 0; stops < 20; stops++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await target.page().keyboard.press("Tab");
  }
  await expect(target).toBeFocused();
}

test("an emoji is completed by its name, and Enter sends only when nothing is offered", async ({ signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const { keyboard } = zhang.page;
  await zhang.open(LI.name);
  await zhang.composer.focus();
  await keyboard.type("Well done :thumbs");
  const offered = zhang.page.getByRole("listbox").getByRole("option");
  await expect(offered).toHaveText([/thumbs up/, /thumbs down/]);
  await keyboard.press("ArrowDown");
  await expect(offered.nth(1)).toHaveAttribute("aria-selected", "true");
  await keyboard.press("ArrowUp");
  await keyboard.press("Enter");
  await expect(zhang.composer).toHaveValue("Well done 👍 ");
  await expect(offered).toHaveCount(0);
  await keyboard.type(":hea");
  await expect(offered.first()).toBeVisible();
  await keyboard.press("Escape");
  await expect(offered).toHaveCount(0);
  await keyboard.press("Enter");
  await zhang.seesState("Well done 👍 :hea", "sent");
});

/** Types as a Chinese input method does: punctuation at once, a word by its sounds. */
async function compose({ page }: Person, before: string, sounds: string, word: string): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  await browser.send("Input.insertText", { text: before });
  for (let end = 1; end <= sounds.length; end += 1) {
    await browser.send("Input.imeSetComposition", { text: sounds.slice(0, end), selectionStart: end, selectionEnd: end });
  }
  await browser.send("Input.insertText", { text: word });
  // Until a hand can press a key: an Enter that comes at once ends the composition and sends nothing, see `ime.ts`.
  await page.waitForTimeout(100);
}

test("a colon is punctuation, of either width: what was written is sent as it is", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG, { locale: "zh-CN" });
  await zhang.open(LI.name);
  const offered = zhang.page.getByRole("listbox");
  for (const [before, sounds, word] of [["结论：", "hao", "好"], ["原因：", "yu", "雨"]] as const) {
    await zhang.composer.focus();
    await compose(zhang, before, sounds, word);
    await expect(zhang.composer).toHaveValue(before + word);
    await zhang.composer.press("Enter");
    await expect(zhang.composer).toHaveValue("");
  }
  // Something fits, but nobody has chosen it.
  for (const text of ["天气:雨", "天气 :雨", "(:rain"]) {
    await zhang.composer.pressSequentially(text);
    await expect(offered.getByRole("option").first()).toBeVisible();
    await expect(offered.getByRole("option", { selected: true })).toHaveCount(0);
    await zhang.composer.press("Enter");
    await expect(zhang.composer).toHaveValue("");
    await expect(offered).toHaveCount(0);
  }
  await zhang.composer.pressSequentially("天气 :雨");
  await expect(offered.getByRole("option").first()).toBeVisible();
  await zhang.composer.press("ArrowDown");
  await zhang.composer.press("Enter");
  await expect(zhang.composer).toHaveValue(/^天气 \S+ $/);
  await zhang.composer.press("ControlOrMeta+Z");
  await expect(zhang.composer, "a chosen emoji is undone").toHaveValue(/雨$/);
  await zhang.composer.press("Escape");
  await zhang.composer.press("Enter");
  const script = await Script.signIn(server, ZHANG);
  await expect.poll(() => script.texts()).toEqual(["结论：好", "原因：雨", "天气:雨", "天气 :雨", "(:rain", "天气 :雨"]);
});
