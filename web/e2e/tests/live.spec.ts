// What is told while it happens.

import { faults } from "../harness/axe.ts";
import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";
import { Script } from "../harness/script.ts";

test("who is writing shows in the conversation and in the list", async ({ signedIn }) => {
  const [zhang, li] = [await signedIn(ZHANG), await signedIn(LI)];
  await zhang.open(LI.name);
  await zhang.say("hello");
  await li.open(ZHANG.name);
  await li.composer.pressSequentially("well");
  const header = zhang.page.getByRole("main").getByText("writing…", { exact: true });
  await expect(header).toBeVisible();
  await zhang.open(WANG.name);
  await li.composer.pressSequentially(" then");
  await expect(zhang.row(LI.name)).toContainText("writing…");
  await li.composer.press("Enter");
  await expect(zhang.row(LI.name)).toContainText("well then");
  await expect(zhang.row(LI.name)).not.toContainText("writing…");
});

test("who is there shows, unless they keep that to themselves", async ({ signedIn }) => {
  const [zhang, li] = [await signedIn(ZHANG), await signedIn(LI)];
  await zhang.open(LI.name);
  await zhang.say("hello");
  const header = (text: string | RegExp) => zhang.page.locator(".pane-header").getByText(text, { exact: true });
  await expect(header("online")).toBeVisible();
  await li.page.goto(`${li.url}/#/settings`);
  await li.page.getByRole("switch", { name: "Invisible" }).check();
  await expect(header("online")).toHaveCount(0, { timeout: 20_000 });
});

test("a dot says who is there: in the list, the header, the profile, and among the members", async ({ server, signedIn }) => {
  const [zhang, li] = [await Script.signIn(server, ZHANG), await Script.signIn(server, LI)];
  await zhang.send(li.id, "hello");
  const wang = await Script.signIn(server, WANG);
  await zhang.makeGroup("Geese", [li.id, wang.id]);
  const person = await signedIn(ZHANG);
  await expect(person.row(LI.name)).toHaveAccessibleName(/Delivered|Sent/);
  await expect(person.row(LI.name), "not there yet").not.toHaveAccessibleName(/online/);
  const other = await signedIn(LI);
  await person.open(LI.name);
  // In the conversation it is told at once; the list knows what the header knows.
  await expect(person.page.locator(".pane-header").getByText("online", { exact: true })).toBeVisible();
  await expect(person.row(LI.name)).toHaveAccessibleName(/online/);
  await expect(person.page.locator(".pane-header .avatar")).toHaveAttribute("data-presence", "online");
  await person.heading(LI.name).getByRole("button").click();
  await expect(person.page.getByRole("dialog", { name: "Profile" }).getByText("online", { exact: true })).toBeVisible();
  expect(await faults(person.page)).toEqual([]);
  await person.page.keyboard.press("Escape");

  await person.openGroup("Geese");
  await person.heading("Geese").getByRole("button").click();
  const members = person.page.getByRole("list", { name: "Members" });
  await expect(members.getByRole("button", { name: /Li Si.*online/ })).toBeVisible();
  await expect(members.getByRole("button", { name: WANG.name })).not.toHaveAccessibleName(/online/);
  await other.context.close();
  await expect(members.getByRole("button", { name: LI.name })).not.toHaveAccessibleName(/online/, { timeout: 30_000 });
});

test("in a group two are named as writing, more are counted", async ({ server, signedIn }) => {
  const [li, wang] = [await Script.signIn(server, LI), await Script.signIn(server, WANG)];
  const zhang = await Script.signIn(server, ZHANG);
  await zhang.makeGroup("Geese", [li.id, wang.id]);
  const [person, one, two] = [await signedIn(ZHANG), await signedIn(LI), await signedIn(WANG)];
  for (const each of [person, one, two]) await each.openGroup("Geese");
  await one.composer.pressSequentially("I");
  const header = person.page.locator(".pane-header");
  await expect(header.getByText("Li Si is writing…")).toBeVisible();
  await two.composer.pressSequentially("We");
  await one.composer.pressSequentially(" think");
  await expect(header.getByText(/^(Li Si and Wang Wu|Wang Wu and Li Si) are writing…$/)).toBeVisible();
});
