// Networks and servers that go away, and what is written meanwhile.

import { expect, LI, test, ZHANG } from "../harness/fixtures.ts";
import type { Person } from "../harness/person.ts";
import { Script } from "../harness/script.ts";

/** From the network's return to a message that got through. */
const BACK_WITHIN_MS = 3000;
/** After so many in vain, the pauses between attempts are as long as they get while somebody looks. */
const MANY_ATTEMPTS = 6;
const LONGER_THAN_A_TEST_MS = 290_000;
const CLOSED_FOR_SHUTDOWN = 4104;

test("what is written while the server is dead is delivered once when it is back", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const li = await signedIn(LI);
  await zhang.open(LI.name);
  await zhang.say("before");
  await li.open(ZHANG.name);
  await li.sees("before");

  await server.kill();
  await expect(zhang.banner).toBeVisible();
  for (const text of ["during, one", "during, two"]) {
    await zhang.say(text);
    await zhang.seesState(text, "waiting");
  }
  await li.say("also during");
  await server.restart();
  for (const [person, text] of [[li, "during, one"], [li, "during, two"], [zhang, "also during"]] as const) {
    await person.sees(text);
  }
  await zhang.seesState("during, two", "read");
  const script = await Script.signIn(server, ZHANG);
  expect((await script.texts()).sort()).toEqual(["also during", "before", "during, one", "during, two"]);
});

test("a server killed between storing and answering stores nothing twice", async ({ server, network, signedIn }) => {
  const zhang = await signedIn(ZHANG, { through: network });
  await zhang.open(LI.name);
  await zhang.isOnline();
  const script = await Script.signIn(server, ZHANG);
  // The answer is still on its way when the connection ends.
  network.delay(400);
  await zhang.say("once");
  await expect.poll(async () => (await script.conversations()) > 0).toBe(true);
  network.cut();
  await server.kill();
  network.delay(0);
  await server.restart();
  network.restore();
  await zhang.seesState("once", "sent");
  expect(await (await Script.signIn(server, ZHANG)).texts()).toEqual(["once"]);
});

test("a page that is reloaded in the middle of sending sends once", async ({ server, network, signedIn }) => {
  const zhang = await signedIn(ZHANG, { through: network });
  await zhang.open(LI.name);
  await zhang.isOnline();
  network.freeze();
  await zhang.say("not lost");
  await zhang.seesState("not lost", "sending");
  network.cut();
  network.restore();
  await zhang.page.reload();
  await zhang.seesState("not lost", "sent");
  const script = await Script.signIn(server, ZHANG);
  expect(await script.texts()).toEqual(["not lost"]);
});

test("back within three seconds of the network's return", async ({ network, signedIn }) => {
  const zhang = await signedIn(ZHANG, { through: network });
  await zhang.open(LI.name);
  await zhang.say("before");
  await zhang.seesState("before", "sent");

  network.cut();
  await zhang.context.setOffline(true);
  await expect(zhang.banner).toBeVisible();
  await zhang.say("while offline");
  await zhang.page.goto(`${zhang.url}/#/debug`);
  await expect.poll(() => attempts(zhang)).toBeGreaterThanOrEqual(MANY_ATTEMPTS);
  await zhang.page.goBack();
  await zhang.seesState("while offline", "waiting");

  network.restore();
  const returned = Date.now();
  await zhang.context.setOffline(false);
  await zhang.seesState("while offline", "sent");
  const took = Date.now() - returned;
  console.log(`sent ${took} ms after the network's return`);
  expect(took).toBeLessThan(BACK_WITHIN_MS);
});

test("a connection that died without a word is found out", async ({ network, signedIn }) => {
  test.slow();
  const zhang = await signedIn(ZHANG, { through: network });
  await zhang.open(LI.name);
  await zhang.say("before");
  await zhang.seesState("before", "sent");
  network.freeze();
  await zhang.say("into the void");
  await expect(zhang.banner).toBeVisible({ timeout: 45_000 });
  await zhang.seesState("into the void", "waiting");
  network.restore();
  await zhang.seesState("into the void", "sent");
});

test("who does not want to wait for as long as the server asked retries now", async ({ network, signedIn }) => {
  const zhang = await signedIn(ZHANG, { through: network });
  await zhang.open(LI.name);
  await zhang.say("before");
  await zhang.seesState("before", "sent");
  network.inject(`{"type":"bye","code":"shutdown","retry_after_ms":${LONGER_THAN_A_TEST_MS}}`);
  network.injectClose(CLOSED_FOR_SHUTDOWN);
  await expect(zhang.banner).toBeVisible();
  await zhang.say("impatient");
  await zhang.seesState("impatient", "waiting");
  await zhang.page.getByRole("button", { name: "Retry now" }).click();
  await zhang.seesState("impatient", "sent");
});

test("opens without a server: list, messages, draft; what is written then is delivered later", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const li = await signedIn(LI);
  await zhang.open(LI.name);
  await zhang.say("kept on this device");
  await zhang.seesState("kept on this device", "delivered");
  await zhang.composer.fill("half a thought");
  await zhang.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));

  await server.kill();
  await zhang.page.reload();
  await expect(zhang.row(LI.name)).toBeVisible();
  await zhang.open(LI.name);
  await zhang.sees("kept on this device");
  await expect(zhang.composer).toHaveValue("half a thought");
  await zhang.say("written without a server");
  await zhang.page.reload();
  await zhang.seesState("written without a server", "waiting");

  await server.restart();
  await li.open(ZHANG.name);
  await li.sees("written without a server");
  await zhang.seesState("written without a server", "read");
  const script = await Script.signIn(server, ZHANG);
  expect(await script.texts()).toEqual(["kept on this device", "written without a server"]);
});

test("a server that sends garbage is reported, and left for a better moment", async ({ network, signedIn }) => {
  const zhang = await signedIn(ZHANG, { through: network });
  await zhang.open(LI.name);
  await zhang.say("before");
  await zhang.seesState("before", "sent");
  const before = network.socketsEver;
  network.inject('{"type":"entry","conv":"garbage"}');
  await expect.poll(() => network.socketsEver, "connects anew").toBeGreaterThan(before);
  await zhang.say("after");
  await zhang.seesState("after", "sent");

  await expect.poll(() => network.sockets).toBe(1);
  network.inject("no JSON at all");
  await expect.poll(() => network.socketsEver, "connects anew again").toBeGreaterThan(before + 1);
  await zhang.say("after all");
  await zhang.seesState("after all", "sent");
  await zhang.page.goto(`${zhang.url}/#/debug`);
  await expect(zhang.page.getByRole("main")).toContainText(/no frame \(2\): .+/);
});

/** How often it tried to connect since the break, as the page of measurements says. */
async function attempts({ page }: Person): Promise<number> {
  const log = await page.getByRole("main").innerText();
  return Math.max(0, ...[...log.matchAll(/waiting, attempt (\d+)/g)].map(([, attempt]) => Number(attempt)));
}
