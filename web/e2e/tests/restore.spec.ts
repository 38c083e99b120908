// The operator puts a backup back while pages are open.

import { rmSync } from "node:fs";
import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";
import { Script } from "../harness/script.ts";

test("open pages show the history that was put back, and send again what is gone", async ({ server, signedIn }, info) => {
  // Two more programs run in it, and the server twice.
  test.slow();
  const zhang = await signedIn(ZHANG);
  const li = await signedIn(LI);
  await zhang.open(LI.name);
  await zhang.say("kept");
  await li.open(ZHANG.name);
  await li.sees("kept");
  const backup = info.outputPath("backup.db");
  server.backup(backup);

  await zhang.say("gone, from zhang");
  await zhang.seesState("gone, from zhang", "read");
  await li.say("gone, from li");
  await zhang.sees("gone, from li");
  // Nobody has this one any more who would send it again; a conversation began with it.
  const wang = await Script.signIn(server, WANG);
  await wang.send((await Script.signIn(server, ZHANG)).id, "gone for good");
  await expect(zhang.row(WANG.name)).toBeVisible();
  await zhang.open(WANG.name);
  await zhang.composer.fill("an answer to wang");
  await zhang.open(LI.name);
  // One tab has the connection, and tells the other.
  const tab = await zhang.anotherTab();
  await tab.open(LI.name);
  await tab.sees("gone, from li");

  await server.kill();
  await zhang.say("written meanwhile");
  server.putBack(backup);
  await server.restart();

  const texts = ["kept", "gone, from zhang", "gone, from li", "written meanwhile"];
  for (const person of [zhang, tab, li]) {
    for (const text of texts) await expect(person.message(text)).toHaveCount(1);
    await person.isOnline();
  }
  // The conversation with wang is gone; what was being written to wang is not.
  await expect(zhang.row(WANG.name)).toHaveAccessibleName(/\[Draft\] an answer to wang/);
  await zhang.say("goes on");
  for (const person of [li, tab]) await person.sees("goes on");
  await zhang.seesState("goes on", "read");

  // The same after a reload: what is kept in the browser is of this history.
  await zhang.page.reload();
  await zhang.sees("goes on");
  for (const text of texts) await expect(zhang.message(text)).toHaveCount(1);
  const script = await Script.signIn(server, ZHANG);
  expect((await script.texts()).sort()).toEqual([...texts, "goes on"].sort());
  rmSync(backup);
});
