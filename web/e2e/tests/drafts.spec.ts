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

test("an edit that is left for an answer or another edit is kept, and goes on", async ({ server, signedIn }) => {
  const [li, own] = [await Script.signIn(server, LI), await Script.signIn(server, ZHANG)];
  await li.send(own.id, "a question");
  await own.send(li.id, "the first, with a tpyo");
  await own.send(li.id, "the second, with a tpyo");
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await zhang.act("the first", "edit");
  await zhang.composer.fill("the first, corrected");
  await zhang.act("a question", "reply");
  await expect(zhang.composer).toHaveValue("");
  await zhang.composer.fill("my answer");
  await expect(zhang.message("the first, with a tpyo")).toContainText("Your edit is not saved yet.");
  await zhang.act("the second", "edit");
  await zhang.composer.fill("the second, corrected");
  await zhang.act("the first", "edit");
  await expect(zhang.composer).toHaveValue("the first, corrected");

  await zhang.page.reload();
  await expect(zhang.composer).toHaveValue("the first, corrected");
  await zhang.composer.press("Enter");
  await zhang.sees("the first, corrected");
  await zhang.message("the second, with a tpyo").getByRole("button", { name: "Continue" }).click();
  await expect(zhang.composer).toHaveValue("the second, corrected");
  await zhang.composer.press("Enter");
  await zhang.sees("the second, corrected");
  await expect(zhang.composer).toHaveValue("my answer");
  await zhang.composer.press("Enter");
  await expect(zhang.message("my answer")).toContainText("a question");
  // What shows at once is on its way.
  await expect.poll(async () => new Set(await own.texts())).toEqual(new Set(["a question", "my answer", "the first, corrected", "the second, corrected"]));
});
