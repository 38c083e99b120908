// Reactions beside messages, by mouse and by keyboard, seen by others at once.

import { faults } from "../harness/axe.ts";
import { expect, LI, test, ZHANG } from "../harness/fixtures.ts";

test("reactions are set by mouse and keyboard, seen by others at once, and taken back", async ({ signedIn }) => {
  const [zhang, li] = [await signedIn(ZHANG), await signedIn(LI)];
  await zhang.open(LI.name);
  await zhang.say("雁来了");
  await li.open(ZHANG.name);
  const [sent, got] = [zhang.message("雁来了"), li.message("雁来了")];
  await got.hover();
  await got.getByRole("button", { name: "React", exact: true }).click();
  await li.page.getByRole("menuitemcheckbox", { name: "React with 🎉" }).click();
  await expect(sent.getByRole("button", { name: "🎉 1" })).toHaveAttribute("aria-pressed", "false");
  await expect(sent).toHaveAccessibleName(/Reactions: 🎉 1/);

  // By keyboard: the same one, and one that has to be looked for.
  await sent.focus();
  await zhang.page.keyboard.press("Tab");
  await expect(sent.getByRole("button", { name: "🎉 1" })).toBeFocused();
  await zhang.page.keyboard.press("Enter");
  await expect(got.getByRole("button", { name: "🎉 2" })).toHaveAttribute("aria-pressed", "true");
  await expect(sent.getByRole("button", { name: "🎉 2" }), "the button stays the same one").toBeFocused();
  await sent.focus();
  await zhang.page.keyboard.press("Enter");
  const quick = zhang.page.getByRole("menu").getByRole("menuitemcheckbox");
  await expect(quick.first()).toBeFocused();
  await zhang.page.keyboard.press("ArrowLeft");
  await zhang.page.getByRole("menuitem", { name: "React with another emoji" }).focus();
  await zhang.page.keyboard.press("Enter");
  await zhang.page.getByRole("combobox", { name: "Search emoji" }).fill("goose");
  await zhang.page.keyboard.press("Enter");
  await expect(got.getByRole("button", { name: "🪿 1" })).toBeVisible();
  expect(await faults(zhang.page)).toEqual([]);

  // Who it was; and back.
  await got.getByRole("button", { name: "🎉 2" }).click({ button: "right" });
  const dialog = li.page.getByRole("dialog", { name: "Reactions" });
  await expect(dialog.getByRole("list", { name: "Reacted with 🎉" }).getByRole("listitem")).toHaveText([/张三/, /Li Si/]);
  await dialog.getByRole("button", { name: "🪿 1" }).click();
  await expect(dialog.getByRole("list", { name: "Reacted with 🪿" }).getByRole("listitem")).toHaveText([/张三/]);
  await li.page.keyboard.press("Escape");
  await got.getByRole("button", { name: "🎉 2" }).click();
  await expect(sent.getByRole("button", { name: "🎉 1" })).toHaveAttribute("aria-pressed", "true");
  await zhang.page.reload();
  await expect(sent.getByRole("button", { name: "🪿 1" })).toHaveAttribute("aria-pressed", "true");
  await expect(sent.getByRole("button", { name: /🎉/ })).toHaveAccessibleName("🎉 1");
});
