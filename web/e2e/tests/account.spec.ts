// One's devices, and several people at one browser.

import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";
import { Person } from "../harness/person.ts";
import { Script } from "../harness/script.ts";
import type { Server } from "../harness/server.ts";

/** Signs in elsewhere under this browser's device name, so that the session here is replaced. */
async function replaceSession({ page, user }: Person, server: Server): Promise<void> {
  const id = await page.evaluate(() => JSON.parse(localStorage.getItem("hongyan.device")!) as string);
  await Script.signIn(server, user, `Chrome on Linux (${id})`);
}

/** From the settings of who is signed in. */
async function signOut({ page, url }: Person): Promise<void> {
  await page.goto(`${url}/#/settings`);
  await page.getByRole("main").getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out", exact: true }).click();
}

test("another device is seen and signed out, and nothing of the account stays there", async ({ signedIn }) => {
  const desk = await signedIn(ZHANG);
  const laptop = await signedIn(ZHANG);
  await laptop.open(LI.name);
  await laptop.say("a letter to Li");
  await laptop.seesState("a letter to Li", "sent");
  await laptop.composer.fill("half a thought");
  await expect.poll(() => laptop.page.evaluate(everythingKept)).toContain("half a thought");
  await desk.page.goto(`${desk.url}/#/settings`);
  const devices = desk.page.getByRole("region", { name: "Devices" }).getByRole("listitem");
  await expect(devices).toHaveCount(2);
  await expect(devices.filter({ hasText: "This device" })).toHaveCount(1);
  await devices.getByRole("button", { name: /^Sign out Chrome on Linux/ }).click();
  await desk.page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await expect(devices).toHaveCount(1);

  await expect(laptop.page.getByText("was signed out from another device")).toBeVisible();
  await expect(laptop.page.getByText("messages and drafts were removed")).toBeVisible();
  await expect(laptop.page.getByRole("textbox", { name: laptop.w.login })).toHaveValue("");
  await expect.poll(() => laptop.page.evaluate(everythingKept)).not.toMatch(/half a thought|a letter|zhangsan|张三/);
  await laptop.page.reload();
  await laptop.signIn();
  await laptop.open(LI.name);
  await laptop.sees("a letter to Li");
  await expect(laptop.composer).toHaveValue("");
});

test("a browser that was closed when it was signed out erases what it kept when it comes back", async ({ server, network, signedIn }) => {
  const lost = await signedIn(ZHANG, { through: network });
  await lost.open(LI.name);
  await lost.say("a letter to Li");
  await lost.seesState("a letter to Li", "sent");
  network.cut();
  await lost.say("not sent yet");
  await lost.seesState("not sent yet", "waiting");
  await expect.poll(() => lost.page.evaluate(everythingKept)).toContain("not sent yet");
  await (await Script.signIn(server, ZHANG)).endOtherSessions();
  network.restore();
  await expect(lost.page.getByText("with 1 message that had not been sent")).toBeVisible();
  await expect.poll(() => lost.page.evaluate(everythingKept)).not.toMatch(/not sent yet|a letter|zhangsan|张三/);
});

test("nothing of one user is seen by the next at the same browser", async ({ server, network, signedIn }) => {
  const zhang = await signedIn(ZHANG, { through: network });
  const elsewhere = await zhang.anotherTab();
  await zhang.open(WANG.name);
  await zhang.say("between Zhang and Wang");
  await zhang.seesState("between Zhang and Wang", "sent");
  await zhang.composer.fill("a secret draft");
  await zhang.page.goto(`${zhang.url}/#/`);
  await expect(zhang.row(WANG.name)).toHaveAccessibleName(/a secret draft/);
  // The session ends without a word from the user: what is kept here stays for them.
  await replaceSession(zhang, server);
  await expect(zhang.page.getByText("Your session has ended")).toBeVisible();

  await expect(elsewhere.page.getByText("Your session has ended")).toBeVisible();

  const li = new Person(LI, zhang.context, zhang.page, zhang.url);
  await li.signIn();
  await li.isOnline();
  expect(new URL(li.page.url()).hash, "no address of Zhang's").toBe("#/");
  // The other tab goes along: they share the cookie.
  await expect(elsewhere.list).toContainText(LI.name);
  await expect(elsewhere.list).not.toContainText(/secret|between|Wang/);
  const isClean = async (): Promise<void> => {
    await expect(li.list).not.toContainText(/secret|between|Wang/);
    await li.list.getByRole("searchbox").fill("e");
    await expect(li.list.getByRole("region", { name: "Messages found" }).getByRole("status")).toContainText("Nothing found");
    await li.list.getByRole("searchbox").fill("");
  };
  await isClean();
  await li.page.goto(`${li.url}/#/c/1`);
  await expect(li.page.getByRole("main")).not.toContainText(/secret|between/);
  await li.page.reload();
  await expect(li.list).toBeVisible();
  await isClean();
  await signOut(li);

  const again = new Person(ZHANG, zhang.context, zhang.page, zhang.url);
  await again.signIn();
  await again.page.goto(`${again.url}/#/`);
  await again.open(WANG.name);
  await expect(again.composer).toHaveValue("a secret draft");
  await again.sees("between Zhang and Wang");

  // Who signs out leaves nothing behind.
  await signOut(again);
  await expect(again.page.getByRole("textbox", { name: again.w.login })).toBeVisible();
  await expect.poll(() => again.page.evaluate(everythingKept)).not.toMatch(/secret|between/);
});

test("signing out says what is not sent yet, and does not happen behind the server's back", async ({ server, network, signedIn }) => {
  const zhang = await signedIn(ZHANG, { through: network });
  await zhang.open(LI.name);
  await zhang.isOnline();
  network.cut();
  await zhang.say("not sent yet");
  await zhang.seesState("not sent yet", "waiting");
  await zhang.page.goto(`${zhang.url}/#/settings`);
  await zhang.page.getByRole("main").getByRole("button", { name: "Sign out", exact: true }).click();
  const dialog = zhang.page.getByRole("dialog");
  await expect(dialog).toContainText("Messages are waiting here that have not been sent");
  await dialog.getByRole("button", { name: "Sign out", exact: true }).click();
  // Beside the button: the list of devices says so too, and sooner.
  await expect(zhang.page.getByRole("region", { name: "About" })).toContainText("The server cannot be reached");
  await expect(zhang.list, "still signed in").toBeVisible();

  network.restore();
  await zhang.open(LI.name);
  await zhang.seesState("not sent yet", "sent");
  expect(await (await Script.signIn(server, ZHANG)).texts()).toEqual(["not sent yet"]);
});

/** Runs in the page: all that the browser keeps for it, as text. */
async function everythingKept(): Promise<string> {
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const found: unknown[] = [Object.entries(localStorage)];
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name!));
    for (const table of database.objectStoreNames) found.push(await done(database.transaction(table).objectStore(table).getAll()));
    database.close();
  }
  return JSON.stringify(found);
}
