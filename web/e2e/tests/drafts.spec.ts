// What is written and not sent yet: it stays as it was meant.

import { expect, LI, test, ZHANG } from "../harness/fixtures.ts";
import { Script } from "../harness/script.ts";

test("an edit and an answer go on after a reload, and in another tab", async ({ server, signedIn }) => {
  const [li, own] = [await Script.signIn(server, LI), await Script.signIn(server, ZHANG)];
  await li.send(own.id, "a question");
  await own.send(li.id, "a long text with a typo");
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await zhang.act("a question", "reply");
  await zhang.composer.fill("my ans");
  await zhang.composer.fill("");
  await zhang.composer.press("ArrowUp");
  await expect(zhang.composer).toHaveValue("a long text with a typo");
  await zhang.composer.fill("a long text, corrected");

  await zhang.page.reload();
  await expect(zhang.composer).toHaveValue("a long text, corrected");
  const pane = zhang.page.getByRole("main");
  await expect(pane.getByText("Editing a message")).toBeVisible();
  await zhang.composer.press("Enter");
  await zhang.sees("a long text, corrected");
  // Beneath the edit the answer still waits, with what it answers.
  await expect(pane.getByText(`Replying to ${LI.name}`)).toBeVisible();
  await zhang.composer.fill("my answer");

  const other = await zhang.anotherTab();
  await other.open(LI.name);
  await expect(other.composer).toHaveValue("my answer");
  await expect(other.page.getByRole("main").getByText(`Replying to ${LI.name}`)).toBeVisible();
  await other.page.reload();
  await other.composer.press("Enter");
  await expect(other.message("my answer")).toContainText("a question");
  expect(await own.texts()).toContain("a long text, corrected");
});

test("an edit that goes on elsewhere is told in the list, and cancelled where it is", async ({ server, signedIn }) => {
  const [li, own] = [await Script.signIn(server, LI), await Script.signIn(server, ZHANG)];
  await own.send(li.id, "an old text");
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await zhang.composer.press("ArrowUp");
  await zhang.composer.fill("a new text");
  await zhang.page.goto(`${zhang.url}/#/settings`);
  await expect(zhang.row(LI.name)).toHaveAccessibleName(/\[Draft\] a new text/);
  await zhang.open(LI.name);
  await expect(zhang.composer).toHaveValue("a new text");
  await zhang.composer.press("Escape");
  await expect(zhang.composer).toHaveValue("");
  await zhang.page.goto(`${zhang.url}/#/settings`);
  await expect(zhang.row(LI.name)).toHaveAccessibleName(/an old text/);
});
