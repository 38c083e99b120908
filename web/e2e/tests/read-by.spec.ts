// By how many a message was read in a group, and by whom.

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faults } from "../harness/axe.ts";
import { addCrowd } from "../harness/crowd.ts";
import { expect, LI, test as base, WANG, ZHANG } from "../harness/fixtures.ts";
import { Script } from "../harness/script.ts";
import { Server } from "../harness/server.ts";

/** More than a group tells its members of, and than a page of readers has. */
const CROWD = 150;

const test = base.extend<object, { crowd: string }>({
  crowd: [
    async ({ users }, use) => {
      const folder = mkdtempSync(join(tmpdir(), "hongyan-e2e-crowd-"));
      cpSync(users, folder, { recursive: true });
      addCrowd(folder, Array.from({ length: CROWD }, (_, at) => ({ login: `u${at}`, name: `Goose ${at}` })));
      await use(folder);
      rmSync(folder, { recursive: true });
    },
    { scope: "worker" },
  ],
  server: async ({ crowd }, use) => {
    const server = await Server.start(crowd);
    await use(server);
    await server.end();
  },
});

test("in a small group the readers show as they read", async ({ server, signedIn }) => {
  const [zhang, li, wang] = [await Script.signIn(server, ZHANG), await Script.signIn(server, LI), await Script.signIn(server, WANG)];
  const conv = await zhang.makeGroup("Geese", [li.id, wang.id]);
  const person = await signedIn(ZHANG);
  await person.openGroup("Geese");
  await person.say("Who is there?");
  await expect(person.message("Who is there?")).toHaveAccessibleName(/Sent/);
  const sent = { conv, seq: 2 };
  await li.read(sent);
  await person.page.getByRole("button", { name: "Read by 1 of 2" }).click();
  const dialog = person.page.getByRole("dialog", { name: "Who has read it" });
  await expect(dialog.getByRole("list", { name: "Read" }).getByRole("listitem")).toHaveText([LI.name]);
  await dialog.getByRole("radio", { name: "Not yet 1" }).check();
  await expect(dialog.getByRole("list", { name: "Not yet" }).getByRole("listitem")).toHaveText([WANG.name]);
  await wang.read(sent);
  await expect(dialog.getByText("All have read it.")).toBeVisible();
  expect(await faults(person.page)).toEqual([]);
  await person.page.keyboard.press("Escape");
  await expect(person.page.getByRole("button", { name: "Read by all" })).toBeVisible();
});

test("in a large one they are counted live, and named page by page, on a phone as well", async ({ server, signedIn }) => {
  const [zhang, li] = [await Script.signIn(server, ZHANG), await Script.signIn(server, LI)];
  const crowd = await zhang.idsOf("Goose");
  expect(crowd.length).toBe(CROWD);
  const conv = await zhang.makeGroup("Geese", [li.id, ...crowd]);
  const person = await signedIn(ZHANG, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await person.openGroup("Geese");
  await person.say("Everybody?");
  const seq = await zhang.headOf(conv);
  await expect(person.message("Everybody?")).toHaveAccessibleName(/Sent/);
  await li.read({ conv, seq });
  await expect(person.message("Everybody?")).toHaveAccessibleName(/Read by 1/);
  await person.page.getByRole("button", { name: "Read by 1", exact: true }).tap();
  const dialog = person.page.getByRole("dialog", { name: "Who has read it" });
  await expect(dialog.getByRole("list", { name: "Read" }).getByRole("listitem")).toHaveText([LI.name]);
  await dialog.getByRole("radio", { name: "Not yet" }).tap();
  const others = dialog.getByRole("list", { name: "Not yet" }).getByRole("listitem");
  await expect(others).toHaveCount(100);
  await dialog.getByRole("button", { name: "Show more" }).tap();
  await expect(others).toHaveCount(CROWD);
  expect(await faults(person.page)).toEqual([]);
});
