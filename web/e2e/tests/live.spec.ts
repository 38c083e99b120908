// What is told while it happens.

import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";

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
