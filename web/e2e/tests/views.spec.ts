// What one makes of a conversation for oneself, on two devices of one person.

import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";
import type { Person } from "../harness/person.ts";

async function choose(person: Person, name: string, ...items: string[]): Promise<void> {
  await person.row(name).focus();
  await person.row(name).click({ button: "right" });
  for (const item of items) await person.page.getByRole("menuitem", { name: item }).click();
}

test("muted, pinned, archived, marked and drafts are the same on all devices", async ({ signedIn }) => {
  const [laptop, phone, li, wang] = [await signedIn(ZHANG), await signedIn(ZHANG), await signedIn(LI), await signedIn(WANG)];
  await wang.open(ZHANG.name);
  await wang.say("first");
  await li.open(ZHANG.name);
  await li.say("second");
  const lines = (person: Person) => person.list.getByRole("list", { name: "Conversations" }).getByRole("listitem");
  await expect(lines(phone)).toHaveText([/Li Si/, /Wang Wu/]);

  await choose(laptop, WANG.name, "Pin to the top");
  await expect(lines(phone)).toHaveText([/Wang Wu/, /Li Si/]);
  await choose(laptop, LI.name, "Mute notifications", "Until I unmute");
  await expect(phone.row(LI.name)).toHaveAccessibleName(/Muted/);
  await choose(phone, LI.name, "Mark as read");
  await expect(laptop.row(LI.name)).not.toHaveAccessibleName(/unread/);
  await choose(phone, LI.name, "Mark as unread");
  await expect(laptop.row(LI.name)).toHaveAccessibleName(/Marked as unread/);

  // Put away, it stays away while it is muted; by keyboard.
  await laptop.row(LI.name).focus();
  await laptop.page.keyboard.press("Shift+F10");
  await laptop.page.keyboard.type("a");
  await laptop.page.keyboard.press("Enter");
  await expect(lines(phone)).toHaveText([/Wang Wu/]);
  await li.say("third");
  const folder = phone.list.getByRole("button", { name: "Archived, 1 conversation" });
  await folder.click();
  await expect(phone.row(LI.name)).toHaveAccessibleName(/third/);
  await choose(phone, LI.name, "Take out of the archive");
  await expect(folder).toHaveCount(0);
  await expect(lines(laptop)).toHaveText([/Wang Wu/, /Li Si/]);

  // Begun on one device, ended on the other.
  await laptop.open(WANG.name);
  await laptop.composer.pressSequentially("See you");
  await expect(phone.row(WANG.name)).toHaveAccessibleName(/See you/);
  await phone.open(WANG.name);
  await expect(phone.composer).toHaveValue("See you");
  await phone.composer.pressSequentially(" at eight");
  await phone.composer.press("Enter");
  await wang.sees("See you at eight");
  await expect(laptop.composer).toHaveValue("");
});

test("what was said is cleared for oneself, on all devices", async ({ signedIn }) => {
  const [laptop, phone, li] = [await signedIn(ZHANG), await signedIn(ZHANG), await signedIn(LI)];
  await li.open(ZHANG.name);
  await li.say("to be forgotten");
  await laptop.open(LI.name);
  await phone.open(LI.name);
  await phone.sees("to be forgotten");
  await choose(laptop, LI.name, "Clear for me");
  await laptop.page.getByRole("dialog").getByRole("button", { name: "Clear" }).click();
  for (const device of [laptop, phone]) await expect(device.message("to be forgotten")).toHaveCount(0);
  await li.say("and now?");
  await phone.sees("and now?");
  await li.sees("to be forgotten");
  await laptop.page.reload();
  await laptop.sees("and now?");
  await expect(laptop.message("to be forgotten")).toHaveCount(0);
});
