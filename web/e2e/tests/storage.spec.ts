// Browsers that keep nothing, or no more.

import { expect, LI, test, ZHANG } from "../harness/fixtures.ts";
import type { Person } from "../harness/person.ts";
import { Script } from "../harness/script.ts";

const NOTICE = "Nothing can be kept here";

test("a browser that keeps nothing still chats, and says so", async ({ server, browserFor }) => {
  const zhang = await browserFor(ZHANG);
  await zhang.context.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("denied", "SecurityError");
    };
    Object.defineProperty(window, "localStorage", {
      get() {
        throw new DOMException("denied", "SecurityError");
      },
    });
  });
  await zhang.page.reload();
  await zhang.signIn();
  await expect(zhang.page.getByRole("status").filter({ hasText: NOTICE })).toBeVisible();
  await zhang.open(LI.name);
  await zhang.say("without a disk");
  await zhang.seesState("without a disk", "sent");
  const li = await Script.signIn(server, LI);
  await li.send((await Script.signIn(server, ZHANG)).id, "it arrives");
  await zhang.sees("it arrives");
  // The cookie is all that there is, and enough.
  await zhang.page.reload();
  await zhang.open(LI.name);
  await zhang.sees("without a disk");
});

test("a disk that becomes full costs no message", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await zhang.say("before");
  await zhang.seesState("before", "sent");
  await zhang.page.evaluate(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  for (const text of ["one", "two"]) {
    await zhang.say(text);
    await zhang.seesState(text, "sent");
  }
  await expect(zhang.page.getByRole("status").filter({ hasText: NOTICE })).toBeVisible();
  const li = await Script.signIn(server, LI);
  await li.send((await Script.signIn(server, ZHANG)).id, "an answer");
  await zhang.sees("an answer");
  expect(await li.texts()).toEqual(["before", "one", "two", "an answer"]);
});

/** As Safari does now and then, and Chromium over a broken disk. */
const silence = (): void => void (IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest);
/** Of the three seconds for which a storage is waited for, and what a busy machine takes beside them. */
const PATIENCE_MS = 8_000;

test("a storage that never answers is not waited for: the app opens, signs in, and says so", async ({ server, signedIn, browserFor }) => {
  const zhang = await signedIn(ZHANG);
  const notice = zhang.page.getByRole("status").filter({ hasText: "storage does not answer" });
  await zhang.open(LI.name);
  await zhang.say("before");
  await zhang.seesState("before", "sent");
  await zhang.context.addInitScript(silence);
  await zhang.page.reload();
  await expect(zhang.page.getByText("Opening…")).toBeVisible();
  await expect(notice).toBeVisible({ timeout: PATIENCE_MS });
  await zhang.sees("before");
  await zhang.say("from memory");
  await zhang.seesState("from memory", "sent");
  await notice.getByRole("button", { name: "Dismiss" }).click();
  await expect(notice).toHaveCount(0);

  const li = await browserFor(LI);
  await li.context.addInitScript(silence);
  await li.page.reload();
  await li.signIn();
  await li.open(ZHANG.name);
  await li.sees("from memory");
  await li.say("heard");
  await zhang.sees("heard");
  expect(await (await Script.signIn(server, LI)).texts()).toEqual(["before", "from memory", "heard"]);
});

test("a storage that falls silent later costs no message", async ({ server, signedIn }) => {
  test.slow();
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await zhang.say("before");
  await zhang.seesState("before", "sent");
  await zhang.page.evaluate(() => {
    IDBDatabase.prototype.transaction = () => ({ objectStore: () => new Proxy({}, { get: () => () => ({}) }), commit() {} }) as unknown as IDBTransaction;
  });
  await zhang.say("into the silence");
  await zhang.seesState("into the silence", "sent");
  await expect(zhang.page.getByRole("status").filter({ hasText: "storage does not answer" })).toBeVisible();
  const li = await Script.signIn(server, LI);
  await li.send((await Script.signIn(server, ZHANG)).id, "an answer");
  await zhang.sees("an answer");
});

/** The session's cookie of each sign-in is gone at once. */
async function dropCookies({ context, page }: Person): Promise<void> {
  await page.route("**/v1/login", async (route) => {
    const answer = await route.fetch();
    await context.clearCookies();
    const { "set-cookie": _, ...headers } = answer.headers();
    await route.fulfill({ response: answer, headers });
  });
}

test("a browser that drops the session's cookie is signed in as long as the page lives", async ({ browserFor }) => {
  const zhang = await browserFor(ZHANG);
  await dropCookies(zhang);
  await zhang.signIn();
  await expect(zhang.page.getByRole("status").filter({ hasText: "keeps no cookies" })).toBeVisible();
  await zhang.open(LI.name);
  await zhang.say("without a cookie");
  await zhang.seesState("without a cookie", "sent");
  // Once more, and no circle: the page takes the password again.
  await zhang.page.reload();
  await zhang.signIn();
  await zhang.sees("without a cookie");
});

test("a browser that blocks cookies and all storage is signed in as long as the page lives, and told so before", async ({ browserFor }) => {
  const zhang = await browserFor(ZHANG);
  await dropCookies(zhang);
  await zhang.context.addInitScript(() => {
    const deny = () => {
      throw new DOMException("denied", "SecurityError");
    };
    IDBFactory.prototype.open = deny;
    for (const name of ["localStorage", "sessionStorage", "caches"]) Object.defineProperty(window, name, { get: deny });
    Object.defineProperty(Navigator.prototype, "serviceWorker", { get: deny });
    Object.defineProperty(navigator, "cookieEnabled", { get: () => false });
  });
  await zhang.page.reload();
  await expect(zhang.page.getByText("keeps no cookies here. You can sign in")).toBeVisible();
  await zhang.signIn();
  await expect(zhang.page.getByRole("status").filter({ hasText: "keeps nothing here" })).toBeVisible();
  await zhang.open(LI.name);
  await zhang.say("without anything");
  await zhang.seesState("without anything", "sent");
});
