// Why one cannot write now, until when, and what becomes of what one has written.

import { faults } from "../harness/axe.ts";
import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";
import { Script } from "../harness/script.ts";

test("slow mode counts down, and what is sent before goes out by itself", async ({ server, signedIn }) => {
  const [zhang, li] = [await Script.signIn(server, ZHANG), await Script.signIn(server, LI)];
  const conv = await zhang.makeGroup("Geese", [li.id]);
  await zhang.setGroup(conv, { slow_s: 6 });
  const person = await signedIn(LI);
  await person.openGroup("Geese");
  const slow = person.page.locator(".composer-slow");
  await expect(slow).toHaveCount(0);
  await person.say("one");
  await expect(slow).toHaveText(/^Slow mode: your next message goes out in 0:0[1-6]$/);
  await person.say("two");
  await expect(slow).toHaveText(/^Slow mode: your message goes out by itself in 0:0[1-6]$/);
  expect(await faults(person.page)).toEqual([]);
  await expect.poll(async () => (await zhang.texts(conv)).filter(Boolean), { timeout: 30_000 }).toEqual(["one", "two"]);
  await expect(person.message("two")).toHaveAccessibleName(/Sent|Delivered|Read/);
  await expect(slow).toHaveCount(0, { timeout: 15_000 });
});

test("who is muted sees for how long, and writes again by the second that it ends", async ({ server, signedIn }) => {
  const [zhang, li] = [await Script.signIn(server, ZHANG), await Script.signIn(server, LI)];
  const conv = await zhang.makeGroup("Geese", [li.id]);
  const [owner, person] = [await signedIn(ZHANG), await signedIn(LI)];
  await person.openGroup("Geese");
  await owner.openGroup("Geese");
  await owner.heading("Geese").getByRole("button").click();
  const member = owner.page.getByRole("list", { name: "Members" }).getByRole("button", { name: LI.name });
  await expect(member).toBeVisible();
  await zhang.mute(conv, li.id, Date.now() + 25_000);
  await expect(member).toHaveAccessibleName(/Muted until/);
  await expect(person.page.getByText(/You may not write here before/)).toBeVisible();
  await expect(person.page.getByText(/^0:[012]\d left$/)).toBeVisible();
  await expect(person.composer).toBeVisible({ timeout: 40_000 });
  await person.say("At last");
  await owner.sees("At last");

  await zhang.mute(conv, li.id, Date.now() + 60_000);
  await expect(person.composer).toHaveCount(0);
  await member.click();
  await owner.page.getByRole("menuitem", { name: "Let write again" }).click();
  await expect(person.composer).toBeVisible();
  await expect(member).not.toHaveAccessibleName(/Muted/);
});

test("a muted member among three shows to admins alone", async ({ server, signedIn }) => {
  const [zhang, li, wang] = [await Script.signIn(server, ZHANG), await Script.signIn(server, LI), await Script.signIn(server, WANG)];
  const conv = await zhang.makeGroup("Geese", [li.id, wang.id]);
  await zhang.mute(conv, li.id, Number.MAX_SAFE_INTEGER);
  const [owner, member] = [await signedIn(ZHANG, { locale: "zh-CN" }), await signedIn(WANG)];
  await owner.openGroup("Geese");
  await owner.heading("Geese").getByRole("button").click();
  await expect(owner.page.getByRole("list", { name: "成员" }).getByRole("button", { name: /Li Si.*已禁言/ })).toBeVisible();
  await member.openGroup("Geese");
  await member.heading("Geese").getByRole("button").click();
  const line = member.page.getByRole("list", { name: "Members" }).getByRole("button", { name: LI.name });
  await expect(line).toBeVisible();
  await expect(line).not.toHaveAccessibleName(/Muted/);
});
