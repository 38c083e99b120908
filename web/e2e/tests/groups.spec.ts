// Three people in a group, each in a browser of their own.

import type { Locator } from "@playwright/test";
import { faults } from "../harness/axe.ts";
import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";
import type { Person } from "../harness/person.ts";

/** Makes a group by what a person sees and presses. */
async function make(person: Person, name: string, people: readonly string[]): Promise<void> {
  await person.list.getByRole("button", { name: "New conversation" }).first().click();
  await person.page.getByRole("dialog").getByRole("button", { name: "New group" }).click();
  const dialog = person.page.getByRole("dialog", { name: "New group" });
  await choose(dialog, people);
  await dialog.getByRole("textbox", { name: "Name of the group" }).fill(name);
  await dialog.getByRole("button", { name: "Create group" }).click();
  await expect(person.heading(name)).toBeVisible();
}

async function choose(dialog: Locator, people: readonly string[]): Promise<void> {
  for (const one of people) {
    await dialog.getByRole("combobox").fill(one);
    await dialog.getByRole("option", { name: one }).click();
    await expect(dialog.getByRole("button", { name: `Take out ${one}` })).toBeVisible();
  }
}

const panelOf = (person: Person) => person.page.getByRole("complementary", { name: "Group info" });

async function openPanel(person: Person, name: string): Promise<Locator> {
  await person.heading(name).getByRole("button").click();
  const panel = panelOf(person);
  await expect(panel.getByRole("list", { name: "Members" }).getByRole("listitem").first()).toBeVisible();
  return panel;
}

async function actOn(person: Person, member: string, action: string): Promise<void> {
  await panelOf(person).getByRole("button", { name: member }).click();
  await person.page.getByRole("menuitem", { name: action }).click();
}

const line = (person: Person, text: string) => person.page.getByRole("main").getByText(text, { exact: true });

test("three people make a group, talk, and one is put out", async ({ signedIn }) => {
  const [zhang, li, wang] = [await signedIn(ZHANG), await signedIn(LI), await signedIn(WANG)];
  await make(zhang, "雁群", [LI.name]);
  await expect(line(zhang, "You made the group “雁群” with Li Si")).toBeVisible();
  await zhang.say("大家好");
  await expect(li.row("雁群")).toHaveAccessibleName(/张三: 大家好.*1 unread message/);
  await li.openGroup("雁群");
  await li.sees("大家好");
  await expect(line(li, "张三 made the group “雁群” with you")).toBeVisible();
  await expect(li.log.getByRole("button", { name: ZHANG.name }).first(), "who says it stands above").toBeVisible();
  await expect(zhang.message("大家好")).toHaveAccessibleName(/Read by all/);

  // A third, whom a member brings in.
  const panel = await openPanel(li, "雁群");
  await panel.getByRole("button", { name: "Add people" }).click();
  const dialog = li.page.getByRole("dialog", { name: "Add people" });
  await choose(dialog, [WANG.name]);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(panel.getByRole("list", { name: "Members" }).getByRole("listitem")).toHaveCount(3);
  await expect(panel.getByText("3 members")).toBeVisible();
  await expect(line(zhang, "Li Si added Wang Wu")).toBeVisible();
  await expect(zhang.page.getByRole("main").getByText("3 members")).toBeVisible();
  await expect(wang.row("雁群")).toHaveAccessibleName(/Li Si added you/);
  await wang.openGroup("雁群");
  await wang.say("谢谢");
  await zhang.sees("谢谢");
  await li.sees("谢谢");

  // The owner takes back what somebody else wrote.
  await wang.say("打错了");
  await zhang.act("打错了", "recall");
  await zhang.page.getByRole("dialog").getByRole("button", { name: zhang.w.actions.recall }).click();
  await expect(line(wang, "Your message was recalled")).toBeVisible();
  await expect(line(li, "A message of Wang Wu was recalled")).toBeVisible();

  // All as it was after a reload.
  await wang.page.reload();
  await wang.sees("谢谢");
  await expect(line(wang, "Li Si added you")).toBeVisible();
  await expect(wang.heading("雁群")).toBeVisible();

  await openPanel(zhang, "雁群");
  await actOn(zhang, WANG.name, "Remove from the group");
  await zhang.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(panelOf(zhang).getByRole("list", { name: "Members" }).getByRole("listitem")).toHaveCount(2);
  await expect(line(li, "张三 removed Wang Wu")).toBeVisible();
  await expect(line(wang, "You were removed from this group.")).toBeVisible();
  await expect(wang.composer).toHaveCount(0);
  await zhang.say("only two now");
  await li.sees("only two now");
  await wang.page.reload();
  await wang.sees("谢谢");
  await expect(line(wang, "You were removed from this group.")).toBeVisible();
  await expect(wang.message("only two now")).toHaveCount(0);
});

test("a group is renamed, told what it is for, and made one of announcements", async ({ signedIn }) => {
  const [zhang, li] = [await signedIn(ZHANG), await signedIn(LI)];
  await make(zhang, "Geese", [LI.name, WANG.name]);
  await li.openGroup("Geese");
  const panel = await openPanel(zhang, "Geese");
  await panel.getByRole("button", { name: "Change the name" }).click();
  await panel.getByRole("textbox", { name: "Name of the group" }).fill("Wild geese");
  await panel.getByRole("button", { name: "Save" }).click();
  await expect(li.heading("Wild geese")).toBeVisible();
  await expect(line(li, "张三 named the group “Wild geese”")).toBeVisible();
  await panel.getByRole("button", { name: "Add a description" }).click();
  await panel.getByRole("textbox", { name: "What the group is for" }).fill("Counting, on Saturdays");
  await panel.getByRole("button", { name: "Save" }).click();
  await openPanel(li, "Wild geese");
  await expect(panelOf(li).getByText("Counting, on Saturdays")).toBeVisible();
  await expect(panelOf(li).getByRole("button", { name: "Change the name" }), "a member changes nothing").toHaveCount(0);

  await panel.getByRole("radiogroup", { name: "Who may: Write" }).getByRole("radio", { name: "Admins" }).check();
  await expect(line(li, "Only admins can write here.")).toBeVisible();
  await expect(li.composer).toHaveCount(0);
  await zhang.say("News: they fly south");
  await li.sees("News: they fly south");
  await actOn(zhang, LI.name, "Make admin");
  await expect(li.composer).toBeVisible();
  await expect(line(li, "张三 made you an admin")).toBeVisible();
  await li.say("I saw them");
  await zhang.sees("I saw them");
  expect(await faults(zhang.page)).toEqual([]);
  await li.page.reload();
  await expect(li.composer).toBeVisible();
});

test("one leaves, the owner hands over, and it is disbanded", async ({ signedIn }) => {
  const [zhang, li, wang] = [await signedIn(ZHANG), await signedIn(LI), await signedIn(WANG)];
  await make(zhang, "Short", [LI.name, WANG.name]);
  await wang.openGroup("Short");
  await (await openPanel(wang, "Short")).getByRole("button", { name: "Leave the group" }).click();
  await wang.page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
  await expect(line(wang, "You left this group.").first()).toBeVisible();
  await expect(line(zhang, "Wang Wu left")).toBeVisible();

  await li.openGroup("Short");
  await openPanel(zhang, "Short");
  await actOn(zhang, LI.name, "Make owner");
  await zhang.page.getByRole("dialog").getByRole("button", { name: "Make owner" }).click();
  await expect(line(li, "张三 made you the owner")).toBeVisible();
  await (await openPanel(li, "Short")).getByRole("button", { name: "Disband the group" }).click();
  await li.page.getByRole("dialog").getByRole("button", { name: "Disband" }).click();
  await expect(line(zhang, "This group was disbanded.").first()).toBeVisible();
  await expect(line(li, "This group was disbanded.").first()).toBeVisible();
});

test("a group is found by its name, its members first behind an at sign, and by keys alone", async ({ signedIn }) => {
  const zhang = await signedIn(ZHANG);
  await zhang.isOnline();
  await zhang.list.getByRole("button", { name: "New conversation" }).first().click();
  await zhang.page.getByRole("button", { name: "New group" }).press("Enter");
  const field = zhang.page.getByRole("combobox");
  await expect(field).toBeFocused();
  await field.pressSequentially("wang");
  await expect(zhang.page.getByRole("option", { name: WANG.name })).toBeVisible();
  await field.press("Enter");
  await field.press("ControlOrMeta+Enter");
  // Who names no group gets the names of those in it.
  await expect(zhang.heading("张三, Wang Wu")).toBeVisible();
  await zhang.composer.pressSequentially("@");
  await expect(zhang.page.getByRole("option").first()).toHaveAccessibleName(/Wang Wu/);
  await zhang.composer.press("Escape");
  await zhang.composer.fill("");
  await zhang.page.goto(`${zhang.url}/#/`);
  await zhang.page.keyboard.press("ControlOrMeta+k");
  await zhang.page.getByRole("combobox").fill("张三, W");
  await zhang.page.getByRole("combobox").press("Enter");
  await expect(zhang.heading("张三, Wang Wu")).toBeVisible();
  await openPanel(zhang, "张三, Wang Wu");
  await zhang.page.keyboard.press("Escape");
  await expect(panelOf(zhang)).toHaveCount(0);
  await expect(zhang.heading("张三, Wang Wu").getByRole("button"), "the focus goes back").toBeFocused();
});

test("on a phone the members are a page", async ({ signedIn }) => {
  const zhang = await signedIn(ZHANG, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await make(zhang, "Geese", [LI.name]);
  const panel = await openPanel(zhang, "Geese");
  await expect(zhang.composer).toBeHidden();
  const box = await panel.boundingBox();
  expect([box?.x, box?.width]).toEqual([0, 390]);
  expect(await faults(zhang.page)).toEqual([]);
  await panel.getByRole("button", { name: "Close" }).click();
  await zhang.layoutHolds();
});

test("what new members may read of what was said before is the group's to say", async ({ signedIn }) => {
  const [zhang, wang] = [await signedIn(ZHANG), await signedIn(WANG)];
  await make(zhang, "Geese", [LI.name]);
  await zhang.say("said before");
  const panel = await openPanel(zhang, "Geese");
  const past = panel.getByRole("radiogroup", { name: "New members may read" });
  await past.getByRole("radio", { name: "Some days" }).check();
  await panel.getByRole("spinbutton").fill("7");
  await panel.getByRole("spinbutton").press("Tab");
  await expect(line(zhang, "You let new members read the last 7 days")).toBeVisible();
  await past.getByRole("radio", { name: "Nothing before" }).check();
  await expect(line(zhang, "You let new members read only what is said from then on")).toBeVisible();
  await panel.getByRole("button", { name: "Add people" }).click();
  const dialog = zhang.page.getByRole("dialog", { name: "Add people" });
  await choose(dialog, [WANG.name]);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await wang.openGroup("Geese");
  await zhang.say("said after");
  await wang.sees("said after");
  await expect(line(wang, "张三 added you")).toBeVisible();
  await expect(wang.message("said before")).toHaveCount(0);
});

test("order is kept: a pause between messages, muting, bans, and pinned messages", async ({ signedIn }) => {
  const [zhang, li] = [await signedIn(ZHANG), await signedIn(LI)];
  await make(zhang, "Geese", [LI.name, WANG.name]);
  await li.openGroup("Geese");
  await zhang.say("Meet at seven");
  const panel = await openPanel(zhang, "Geese");
  await panel.getByRole("combobox", { name: "Time between messages of a member" }).selectOption({ label: "30 seconds" });
  await expect(line(li, "张三 let members write every 30 seconds at most")).toBeVisible();

  await actOn(zhang, LI.name, "Mute");
  await zhang.page.getByRole("menuitem", { name: "Until unmuted" }).click();
  await expect(line(li, "You may not write here.")).toBeVisible();
  await expect(li.composer).toHaveCount(0);
  await actOn(zhang, WANG.name, "Ban");
  await zhang.page.getByRole("dialog").getByRole("button", { name: "Ban" }).click();
  await expect(line(li, "张三 banned Wang Wu")).toBeVisible();
  await panel.getByRole("button", { name: "Muted and banned" }).click();
  const dialog = zhang.page.getByRole("dialog", { name: "Muted and banned" });
  await expect(dialog.getByRole("list", { name: "Banned" }).getByRole("listitem")).toHaveText([/Wang Wu/]);
  expect(await faults(zhang.page)).toEqual([]);
  await dialog.getByRole("list", { name: "Muted" }).getByRole("button", { name: "Let write again" }).click();
  await expect(li.composer).toBeVisible();
  await dialog.getByRole("button", { name: "Lift the ban" }).click();
  await expect(dialog.getByText("Nobody is muted or banned.")).toBeVisible();
  await zhang.page.keyboard.press("Escape");

  await zhang.act("Meet at seven", "pin");
  const pinned = li.page.getByRole("navigation", { name: "Pinned messages" });
  await expect(pinned).toContainText("Meet at seven");
  await expect(line(li, "张三 pinned a message")).toBeVisible();
  await pinned.getByRole("button").click();
  await expect(li.message("Meet at seven")).toBeFocused();
  await zhang.act("Meet at seven", "unpin");
  await expect(pinned).toHaveCount(0);
});
