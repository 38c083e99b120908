// Where somebody is mentioned: in the list, in the conversation, and on a page of its own.

import { faults } from "../harness/axe.ts";
import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";
import { Script } from "../harness/script.ts";

test("mentions are counted, also where it is muted, and one is led from one to the next", async ({ server, signedIn }) => {
  const [zhang, li] = [await Script.signIn(server, ZHANG), await Script.signIn(server, LI)];
  const person = await signedIn(LI);
  const conv = await zhang.makeGroup("Geese", [li.id]);
  for (let n = 1; n <= 90; n += 1) {
    const isMention = n === 30 || n === 60;
    await zhang.send({ conv }, isMention ? `@Li Si, number ${n}.` : `Number ${n}.`, isMention ? { mentions: [li.id] } : {});
  }
  const row = person.row("Geese");
  await expect(row).toHaveAccessibleName(/90 unread messages\. Mentions you 2 times/);
  await expect(person.list.getByRole("button", { name: "Mentions, 2 not read" })).toBeVisible();
  await row.click({ button: "right" });
  await person.page.getByRole("menuitem", { name: "Mute notifications" }).click();
  await person.page.getByRole("menuitem", { name: "Until I unmute" }).click();
  await expect(row).toHaveAccessibleName(/Mentions you 2 times\. Muted/);

  await row.click();
  await person.sees("Number 1.");
  const jump = person.page.getByRole("button", { name: "Go to the next of 2 messages that mention you" });
  await expect(jump).toBeVisible();
  expect(await faults(person.page)).toEqual([]);
  await jump.click();
  await expect(person.message("@Li Si, number 30.")).toBeFocused();
  await expect(row).toHaveAccessibleName(/Mentions you\. Muted/);
  await person.page.keyboard.press("Alt+m");
  await expect(person.message("@Li Si, number 60.")).toBeFocused();
  await expect(person.page.getByRole("button", { name: /mention you/ })).toHaveCount(0);
  await expect(row).not.toHaveAccessibleName(/Mentions you/);
  await expect(person.list.getByRole("button", { name: "Mentions", exact: true })).toBeVisible();
});

test("a page lists where one was mentioned, over all conversations, and leads there", async ({ server, signedIn }) => {
  const [zhang, li, wang] = [await Script.signIn(server, ZHANG), await Script.signIn(server, LI), await Script.signIn(server, WANG)];
  const person = await signedIn(LI);
  await person.isOnline();
  await person.page.keyboard.press("Alt+Shift+M");
  await expect(person.page.getByText("Nobody has mentioned you yet")).toBeVisible();
  expect(await faults(person.page)).toEqual([]);

  // What comes meanwhile shows at once.
  const conv = await zhang.makeGroup("Geese", [li.id, wang.id]);
  for (let n = 1; n <= 30; n += 1) await zhang.send({ conv }, `Line ${n}.`);
  const first = await zhang.send({ conv }, "@Li Si brings the tea", { mentions: [li.id] });
  for (let n = 31; n <= 60; n += 1) await zhang.send({ conv }, `Line ${n}.`);
  const second = await wang.send(li.id, "@Li Si, hello", { mentions: [li.id] });
  const lines = person.page.getByRole("list", { name: "Messages that mention you" }).getByRole("listitem");
  await expect(lines).toHaveText([/Wang Wu.*@Li Si, hello/, /张三.*Geese.*@Li Si brings the tea/]);
  await expect(lines.getByRole("img", { name: "Not read yet" })).toHaveCount(2);
  await person.page.reload();
  await expect(lines).toHaveText([/@Li Si, hello/, /@Li Si brings the tea/]);
  await wang.recall(second);
  await expect(lines).toHaveText([/@Li Si brings the tea/]);

  await lines.getByRole("link").focus();
  await person.page.keyboard.press("Enter");
  await expect(person.message("@Li Si brings the tea")).toBeFocused();
  await person.page.goBack();
  await expect(lines).toHaveText([/@Li Si brings the tea/]);
  await li.read(first);
  await expect(lines.getByRole("img", { name: "Not read yet" })).toHaveCount(0);
});

test("admins mention everybody in a group, and whom they mention finds it", async ({ server, signedIn }) => {
  const [zhang, li, wang] = [await Script.signIn(server, ZHANG), await Script.signIn(server, LI), await Script.signIn(server, WANG)];
  const conv = await zhang.makeGroup("Geese", [li.id, wang.id]);
  const [owner, member] = [await signedIn(ZHANG), await signedIn(LI, { locale: "zh-CN" })];
  await owner.openGroup("Geese");
  await owner.composer.pressSequentially("@al");
  const option = owner.page.getByRole("option", { name: /^all/ });
  await expect(option).toBeVisible();
  await owner.composer.press("Enter");
  await owner.composer.pressSequentially("we meet at seven");
  await owner.composer.press("Enter");
  await owner.sees("@all we meet at seven");
  await expect(owner.message("@all we meet at seven").locator(".mention-self")).toHaveText("@all");
  await expect(member.row("Geese")).toHaveAccessibleName(/提到你 1 次/);
  await member.page.goto(`${member.url}/#/mentions`);
  const lines = member.page.getByRole("list", { name: "提到我的消息" }).getByRole("listitem");
  await expect(lines.locator("mark")).toHaveText("@all");
  await member.openGroup("Geese");
  await expect(member.message("@all we meet at seven").locator(".mention-self")).toHaveText("@all");
  await member.composer.pressSequentially("@");
  await expect(member.page.getByRole("option", { name: /Wang Wu/ })).toBeVisible();
  await expect(member.page.getByRole("option", { name: /所有人/ }), "a member is not offered it").toHaveCount(0);
  await expect.poll(async () => (await zhang.mentions(conv)).at(-1)).toEqual([]);
});

test("older mentions come on demand, on a phone as well", async ({ server, signedIn }) => {
  const [zhang, li] = [await Script.signIn(server, ZHANG), await Script.signIn(server, LI)];
  for (let n = 1; n <= 60; n += 1) await zhang.send(li.id, `@李思，第 ${n} 条`, { mentions: [li.id] });
  const person = await signedIn(LI, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "zh-CN" });
  await person.list.getByRole("button", { name: "提到我的，60 条未读" }).tap();
  const lines = person.page.getByRole("list", { name: "提到我的消息" }).getByRole("listitem");
  await expect(lines).toHaveCount(50);
  await person.page.getByRole("button", { name: "显示更多" }).tap();
  await expect(lines).toHaveCount(60);
  expect(await faults(person.page)).toEqual([]);
  await lines.getByRole("link").nth(58).tap();
  await expect(person.message("@李思，第 2 条")).toBeFocused();
  await person.page.getByRole("button", { name: "返回列表" }).tap();
  await expect(lines.first()).toBeVisible();
  await person.page.getByRole("button", { name: "返回" }).tap();
  await expect(person.list).toBeVisible();
});
