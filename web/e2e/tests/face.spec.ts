// What can be pressed, and what stands where.

import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";
import { Script } from "../harness/script.ts";

test("whoever has nothing yet gets the button, and three colleagues", async ({ server, signedIn }) => {
  server.addUser({ login: "zhao", name: "Zhao Liu" });
  server.addUser({ login: "qian", name: "Qian Qi" });
  const zhang = await signedIn(ZHANG);
  const main = zhang.page.getByRole("main");
  await expect(main.getByRole("button", { name: "New conversation" })).toBeVisible();
  const people = main.getByRole("link", { name: /^Write to/ });
  await expect(people).toHaveCount(3);
  await main.getByRole("link", { name: `Write to ${LI.name}` }).click();
  await expect(zhang.heading(LI.name)).toBeVisible();
  await expect(zhang.composer).toBeFocused();
});

test("the header tells of the person, mutes, and searches in the conversation alone", async ({ server, signedIn }) => {
  const { id } = await Script.signIn(server, ZHANG);
  for (const user of [LI, WANG]) await (await Script.signIn(server, user)).send(id, `A goose of ${user.name}`);
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await zhang.heading(LI.name).getByRole("button").click();
  const profile = zhang.page.getByRole("dialog", { name: "Profile" });
  await expect(profile).toContainText(LI.name);
  await profile.getByRole("button", { name: "Mute" }).click();
  await expect(zhang.row(LI.name)).toHaveAccessibleName(/Muted/);
  await profile.getByRole("button", { name: "Search" }).click();
  const search = zhang.page.getByRole("dialog", { name: `Search in ${LI.name}` });
  await search.getByRole("searchbox").fill("goose");
  const found = search.getByRole("listitem");
  await expect(found).toHaveCount(1);
  await found.getByRole("button").click();
  await expect(search).toHaveCount(0);
  await expect(zhang.message(`A goose of ${LI.name}`)).toBeFocused();
});

test("a line of the list has a menu: read, muted, whose it is", async ({ server, signedIn }) => {
  const { id } = await Script.signIn(server, ZHANG);
  await (await Script.signIn(server, LI)).send(id, "Unread");
  const zhang = await signedIn(ZHANG);
  await expect(zhang.row(LI.name)).toHaveAccessibleName(/1 unread/);
  await zhang.row(LI.name).click({ button: "right" });
  await zhang.page.getByRole("menuitem", { name: "Mark as read" }).click();
  await expect(zhang.row(LI.name)).not.toHaveAccessibleName(/unread/);
  await zhang.row(LI.name).click({ button: "right" });
  await expect(zhang.page.getByRole("menuitem", { name: "Mark as read" })).toHaveCount(0);
  await zhang.page.getByRole("menuitem", { name: "Profile" }).click();
  await expect(zhang.page.getByRole("dialog", { name: "Profile" })).toContainText(LI.name);
});

test("oneself leads to the settings, and out", async ({ signedIn }) => {
  const zhang = await signedIn(ZHANG);
  await zhang.list.getByRole("button", { name: /^Your account/ }).click();
  await zhang.page.getByRole("menuitem", { name: "Settings" }).click();
  await expect(zhang.page.getByRole("main").getByRole("heading", { name: "Settings" })).toBeVisible();
  await zhang.list.getByRole("button", { name: /^Your account/ }).click();
  await zhang.page.getByRole("menuitem", { name: "Sign out" }).click();
  await zhang.page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await expect(zhang.page.getByRole("button", { name: zhang.w.signIn, exact: true })).toBeVisible();
});

test("an emoji is picked by its name, by keyboard alone, and stands first the next time", async ({ signedIn }) => {
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await zhang.composer.fill("Look: ");
  const button = zhang.page.getByRole("main").getByRole("button", { name: "Emoji" });
  await button.press("Enter");
  const picker = zhang.page.getByRole("dialog", { name: "Emoji" });
  await expect(picker.getByRole("combobox")).toBeFocused();
  await zhang.page.keyboard.type("goose");
  await expect(picker.getByRole("option")).toHaveCount(1);
  await zhang.page.keyboard.press("Enter");
  await expect(picker).toHaveCount(0);
  await expect(zhang.composer).toBeFocused();
  await expect(zhang.composer).toHaveValue("Look: 🪿");
  await button.click();
  await expect(picker.getByRole("option").first()).toHaveAccessibleName("goose");
  await button.click();
  await expect(picker).toHaveCount(0);
  await button.click();
  await zhang.page.keyboard.press("Escape");
  await expect(picker).toHaveCount(0);
});

test("files come later, and the button says so; @ offers who one writes to", async ({ signedIn }) => {
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await zhang.composer.fill("Here ");
  await zhang.page.getByRole("button", { name: "Attach a file" }).click();
  await expect(zhang.page.getByRole("main").getByRole("status").filter({ hasText: /cannot be sent yet/ })).toBeVisible();
  await expect(zhang.composer).toHaveValue("Here ");
  await zhang.page.getByRole("button", { name: "Mention somebody" }).click();
  await zhang.page.getByRole("listbox", { name: "Mention somebody" }).getByRole("option").first().click();
  await expect(zhang.composer).toHaveValue(`Here @${LI.name} `);
});

test("the time stands in the last bubble of a group, and the toolbar over neither it nor the text", async ({ server, signedIn }) => {
  const { id } = await Script.signIn(server, ZHANG);
  const li = await Script.signIn(server, LI);
  for (const text of ["first", "second", "a last one that is somewhat longer than the others"]) await li.send(id, text);
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await zhang.sees("a last one");
  await expect(zhang.log.locator("time")).toHaveCount(1);
  const last = zhang.message("a last one");
  await last.hover();
  const overlaps = await last.evaluate((message) => {
    const box = (one: string) => message.querySelector(one)!.getBoundingClientRect();
    const [bar, time, bubble] = [box(".message-toolbar"), box("time"), box(".message-bubble")];
    const text = document.createRange();
    text.selectNodeContents(message.querySelector(".text-paragraph")!.firstChild!);
    const meets = (a: DOMRect, b: DOMRect) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    const inside = time.left >= bubble.left && time.right <= bubble.right && time.top >= bubble.top && time.bottom <= bubble.bottom;
    return { time: meets(bar, time), text: [...text.getClientRects()].some((line) => meets(bar, line)), inside };
  });
  expect(overlaps).toEqual({ time: false, text: false, inside: true });
});

test("code is in the code font, with its language and a button that copies it, and turns no line", async ({ server, signedIn }) => {
  const { id } = await Script.signIn(server, ZHANG);
  await (await Script.signIn(server, LI)).send(id, "```js\nlet a = 1;\n```\nשלום `f(x)`");
  const zhang = await signedIn(ZHANG);
  await zhang.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: new URL(zhang.url).origin });
  await zhang.open(LI.name);
  const message = zhang.message("let a = 1;");
  await expect(message.getByText("js", { exact: true })).toBeVisible();
  const font = (selector: string) => message.locator(selector).evaluate((one) => getComputedStyle(one).fontFamily);
  expect(await font("pre code")).toContain("ui-monospace");
  await message.getByRole("button", { name: "Copy", exact: true }).click();
  await expect(message.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await zhang.page.evaluate(() => navigator.clipboard.readText())).toBe("let a = 1;");
  const inline = message.locator("p code");
  expect(await inline.evaluate((one) => [getComputedStyle(one).direction, getComputedStyle(one).unicodeBidi])).toEqual(["ltr", "isolate"]);
});

test("a connection that breaks moves nothing", async ({ server, network, signedIn }) => {
  const li = await Script.signIn(server, LI);
  await li.send((await Script.signIn(server, ZHANG)).id, "Hello");
  const zhang = await signedIn(ZHANG, { through: network });
  await zhang.open(LI.name);
  await zhang.sees("Hello");
  const places = () => zhang.page.evaluate(() => [".row", ".pane-header", ".composer-box", ".list-search"].map((one) => document.querySelector(one)!.getBoundingClientRect().toJSON()));
  const before = await places();
  network.cut();
  await expect(zhang.banner).toBeVisible();
  expect(await places()).toEqual(before);
  await expect(zhang.banner).not.toContainText(/in 0 s/);
});

test("the chosen line is told from the others where the system has its own colours", async ({ server, signedIn }) => {
  const { id } = await Script.signIn(server, ZHANG);
  for (const user of [LI, WANG]) await (await Script.signIn(server, user)).send(id, "Hello");
  const zhang = await signedIn(ZHANG, { forcedColors: "active" });
  await zhang.open(LI.name);
  const ground = (name: string) => zhang.row(name).evaluate((row) => getComputedStyle(row).backgroundColor);
  expect(await ground(LI.name)).not.toBe(await ground(WANG.name));
});

test("on a phone what begins something is where the thumb is", async ({ server, signedIn }) => {
  const li = await Script.signIn(server, LI);
  await li.send((await Script.signIn(server, ZHANG)).id, "Hello");
  const zhang = await signedIn(ZHANG, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await expect(zhang.row(LI.name)).toBeVisible();
  for (const control of [zhang.list.getByRole("button", { name: zhang.w.newConversation }), zhang.list.getByRole("searchbox")]) {
    const box = (await control.boundingBox())!;
    expect(box.y).toBeGreaterThan(844 * 0.75);
    expect(box.height).toBeGreaterThanOrEqual(44);
  }
  await zhang.list.getByRole("searchbox").fill("hello");
  await expect(zhang.list.locator("mark").first()).toBeVisible();
});

test("what is offered while writing stands over the messages, and moves none", async ({ server, signedIn }) => {
  const { id } = await Script.signIn(server, ZHANG);
  await (await Script.signIn(server, LI)).send(id, "the last one");
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  const before = await zhang.message("the last one").boundingBox();
  for (const typed of ["@", ":goos"]) {
    await zhang.composer.fill("");
    await zhang.composer.pressSequentially(typed);
    const list = zhang.page.getByRole("main").getByRole("listbox");
    await expect(list).toBeVisible();
    expect(await zhang.message("the last one").boundingBox()).toEqual(before);
    const [box, field] = [await list.boundingBox(), await zhang.composer.boundingBox()];
    expect(box!.y + box!.height, "above the field").toBeLessThanOrEqual(field!.y);
  }
});

test("on a phone the name stays beside a word about the connection", async ({ server, signedIn }) => {
  const { id } = await Script.signIn(server, ZHANG);
  await (await Script.signIn(server, LI)).send(id, "hello");
  const zhang = await signedIn(ZHANG, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await zhang.open(LI.name);
  await server.kill();
  const header = zhang.page.locator(".pane-header");
  const retry = header.getByRole("button", { name: "Retry now" });
  await expect(retry).toBeVisible();
  const name = header.getByRole("button", { name: LI.name });
  expect(await name.evaluate((button) => button.scrollWidth <= button.clientWidth && button.clientWidth > 0)).toBe(true);
  // Each takes its own press.
  await retry.click();
  await expect(zhang.page.getByRole("dialog")).toHaveCount(0);
  await name.click();
  await expect(zhang.page.getByRole("dialog")).toBeVisible();
});
